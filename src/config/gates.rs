//! The section `gates`: rules over metrics, as they are written.

use super::derived::{Derived, SERIES};
use super::diagnostic::{Problems, Spot, quoted};
use super::fields::{self, Fields};
use super::formula::{self, FormulaSource, Scope};
use super::identity::check_known;
use super::metrics::{duration, percent};
use super::node::{Node, Value};
use super::phases;
use super::rule_source::RuleSource;
use super::rules;
use crate::model::limits::GATE_CHECKS;
use crate::model::{MissingPolicy, NanPolicy, OpenRun, Part, Series};
use std::collections::BTreeMap;

/// Rules over metrics.
#[derive(Clone, Debug)]
pub struct Gate {
    /// Id of its item.
    pub name: Spot<String>,
    /// For people.
    pub title: String,
    /// The phases in which it is judged; none when at no special moment.
    pub phases: Vec<Spot<String>>,
    /// What is judged, in the order of the text.
    pub checks: Vec<Check>,
}

/// What is judged of one metric or formula.
#[derive(Clone, Debug)]
pub struct Check {
    /// Unique in the gate.
    pub id: Spot<String>,
    /// Where the values come from.
    pub source: FormulaSource,
    /// Unit of the values.
    pub unit: String,
    /// The part of the window that is judged.
    pub part: Spot<Part>,
    /// How several series are treated; as the metric does when none is given.
    pub series: Option<Series>,
    /// What a NaN is.
    pub nan: NanPolicy,
    /// What a step without a sample is.
    pub missing: MissingPolicy,
    /// A metric that says at which steps the server had data.
    pub guard: Option<Spot<String>>,
    /// What a run is that the end of the window cuts off.
    pub open_run: OpenRun,
    /// Least share of valid steps, in percent; the metric's when none is given.
    pub min_coverage_percent: Option<u8>,
    /// Longest stretch without a valid step, in milliseconds; the metric's when none is given.
    pub max_gap_ms: Option<u64>,
    /// The rules, in the order of the text.
    pub rules: Vec<RuleSource>,
}

const KEYS: [&str; 17] = [
    "id",
    "metric",
    "derived",
    "unit",
    "from",
    "to",
    "series",
    "nan",
    "missing",
    "guard",
    "open-run",
    "min-coverage",
    "max-gap",
    "yellow",
    "red",
    "for",
    "rules",
];

/// Reads the gates: a list of checks by name, or a map with one.
pub(super) fn gates(node: &Node, scope: &Scope<'_>, problems: &mut Problems) -> Vec<Gate> {
    let mut gates = Vec::new();
    for (name, node) in fields::entries(node, problems).unwrap_or_default() {
        fields::check_id(name, problems);
        gates.extend(gate(name, node, scope, problems));
    }
    gates
}

fn gate(
    name: &Spot<String>,
    node: &Node,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Option<Gate> {
    let (title, phases, list) = match &node.value {
        Value::Map(_) => {
            let fields = Fields::of(node, &["title", "phases", "checks"], problems)?;
            let title = fields.text("title", problems);
            let phases = phases::of_item(&fields, scope.phases, problems);
            let list = fields.need("checks", problems)?;
            (title.map(|title| title.value), phases, list)
        }
        _ => (None, Vec::new(), node),
    };
    let nodes = fields::list(list, problems)?;
    if nodes.is_empty() {
        problems.add(list.at, "a gate without checks judges nothing");
    }
    if let Some(beyond) = nodes.get(GATE_CHECKS) {
        let message = format!("more than {GATE_CHECKS} checks in one gate");
        problems.add(beyond.at, message);
    }
    let nodes = nodes.iter().take(GATE_CHECKS);
    let checks: Vec<Check> = nodes
        .filter_map(|node| check(node, scope, problems))
        .collect();
    check_unique(&checks, problems);
    Some(Gate {
        title: title.unwrap_or_else(|| format!("Gate {}", name.value)),
        name: name.clone(),
        phases,
        checks,
    })
}

fn check_unique(checks: &[Check], problems: &mut Problems) {
    let mut ids: BTreeMap<&str, u32> = BTreeMap::new();
    for check in checks {
        if let Some(line) = ids.get(check.id.value.as_str()) {
            problems.hinted(
                check.id.at,
                format!("the check {} is there twice", quoted(&check.id.value)),
                format!("first on line {line}; give one an id of its own"),
            );
        }
        ids.entry(&check.id.value).or_insert(check.id.at.line);
    }
}

/// What a check judges, and what it takes over from there.
struct Judged<'c> {
    source: FormulaSource,
    unit: String,
    name: Option<Spot<String>>,
    derived: Option<&'c Derived>,
}

fn check(node: &Node, scope: &Scope<'_>, problems: &mut Problems) -> Option<Check> {
    let keys = [KEYS.as_slice(), formula::KEYS.as_slice()].concat();
    let fields = Fields::of(node, &keys, problems)?;
    let judged = judged(&fields, scope, problems);
    let id = id(&fields, judged.as_ref(), problems);
    let part = formula::part(&fields, problems);
    let series = fields.word("series", SERIES, problems);
    let nan = fields.word(
        "nan",
        &[
            ("missing", NanPolicy::Missing),
            ("breach", NanPolicy::Breach),
            ("ok", NanPolicy::Ok),
        ],
        problems,
    );
    let missing = missing(&fields, problems);
    let guard = match fields.get("guard") {
        Some(_) => scope.name(&fields, "guard", problems),
        None => None,
    };
    let open_run = fields.word(
        "open-run",
        &[
            ("so-far", OpenRun::SoFar),
            ("inconclusive", OpenRun::Inconclusive),
        ],
        problems,
    );
    let coverage = percent(&fields, "min-coverage", problems);
    let max_gap = duration(&fields, "max-gap", problems);
    let judged = judged?;
    let own = match &judged.source {
        FormulaSource::Metric(metric) => Some(metric),
        _ => None,
    };
    let rules = rules::rules(&fields, &judged.unit, own, scope, problems);
    let (id, part) = (id?, part?);
    let derived = judged.derived;
    Some(Check {
        id,
        unit: judged.unit,
        part: Spot {
            value: part,
            at: (fields.get("to").or_else(|| fields.get("from"))).map_or(fields.at, |node| node.at),
        },
        series: series.or(derived.map(|d| d.series)),
        nan: nan.unwrap_or_default(),
        missing,
        guard,
        open_run: open_run.unwrap_or_default(),
        min_coverage_percent: coverage.or(derived.and_then(|d| d.min_coverage_percent)),
        max_gap_ms: (max_gap.map(|gap| gap.value)).or(derived.and_then(|d| d.max_gap_ms)),
        rules,
        source: judged.source,
    })
}

fn judged<'c>(
    fields: &Fields<'_>,
    scope: &Scope<'c>,
    problems: &mut Problems,
) -> Option<Judged<'c>> {
    let mut kinds = ["metric", "derived"]
        .iter()
        .chain(&formula::KEYS)
        .filter(|key| fields.get(key).is_some());
    let Some(first) = kinds.next() else {
        problems.hinted(
            fields.at,
            "nothing says what is judged",
            format!(
                "give metric, derived or one of {}",
                formula::KEYS.join(", ")
            ),
        );
        return None;
    };
    if let Some(second) = kinds.next() {
        fields.exclude(first, second, problems);
        return None;
    }
    if let (Some(node), "metric" | "derived") = (fields.get("unit"), *first) {
        let message = format!("a {first} has its own unit");
        problems.hinted(node.at, message, "write it there");
    }
    match *first {
        "metric" => {
            let name = scope.name(fields, "metric", problems)?;
            Some(Judged {
                unit: scope.metric(&name)?.expectation.unit.clone(),
                source: FormulaSource::Metric(name.clone()),
                name: Some(name),
                derived: None,
            })
        }
        "derived" => {
            let name = fields.text("derived", problems)?;
            check_known(&name, "derived value", scope.derived_ids, problems);
            let mut all = scope.derived.iter();
            let derived = all.find(|derived| derived.id.value == name.value)?;
            Some(Judged {
                source: derived.source.clone(),
                unit: derived.unit.clone(),
                name: Some(name),
                derived: Some(derived),
            })
        }
        _ => Some(Judged {
            source: formula::formula(fields, scope, problems)?,
            unit: super::metrics::unit(fields, problems),
            name: None,
            derived: None,
        }),
    }
}

/// Its own, else that of what it judges.
fn id(
    fields: &Fields<'_>,
    judged: Option<&Judged<'_>>,
    problems: &mut Problems,
) -> Option<Spot<String>> {
    if fields.get("id").is_some() {
        let id = fields.text("id", problems)?;
        fields::check_id(&id, problems);
        return Some(id);
    }
    let judged = judged?;
    if judged.name.is_none() {
        problems.hinted(
            fields.at,
            "the key \"id\" is missing",
            "a check of a metric or derived value takes its id, one of a formula needs its own",
        );
    }
    judged.name.clone()
}

fn missing(fields: &Fields<'_>, problems: &mut Problems) -> MissingPolicy {
    let words = &[
        ("inconclusive", MissingPolicy::Inconclusive),
        ("breach", MissingPolicy::Breach),
        ("ok", MissingPolicy::Ok),
    ];
    let missing = fields.word("missing", words, problems).unwrap_or_default();
    match (missing, fields.get("guard"), fields.get("missing")) {
        (MissingPolicy::Ok, None, Some(node)) => problems.hinted(
            node.at,
            "without a guard nobody knows whether there was nothing or no server",
            "guard: METRIC, one that has a number whenever the server had data, such as sum(up)",
        ),
        (MissingPolicy::Inconclusive | MissingPolicy::Breach, Some(guard), _) => {
            problems.hinted(guard.at, "the guard is not asked", "it is for missing: ok");
        }
        _ => {}
    }
    missing
}
