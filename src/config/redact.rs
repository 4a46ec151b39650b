//! The sections `redact` and `secrets`: what is blanked before it is hashed, and what only looks like a secret.

use super::consistency::{RESERVED, drift_id, sbom_id};
use super::diagnostic::{Problems, Spot, quoted};
use super::fields::{self, Fields};
use super::identity::check_known;
use super::model::Config;
use super::node::Node;
use super::phases::planned_id;
use crate::model::limits::{REDACT_RULES, REDACT_TEXT_BYTES, SECRET_ALLOWANCES};
use crate::model::{Blank, RedactRule};
use crate::redact::{Pattern, pattern};
use crate::secrets::SHAPES;
use std::collections::BTreeSet;

/// A rule, and the items that it is for.
#[derive(Clone, Debug)]
pub struct Redact {
    /// The rule.
    pub rule: RedactRule,
    /// Ids of items, as the configuration writes them.
    pub items: Vec<Spot<String>>,
    /// Where its id stands.
    pub(super) id: Spot<String>,
}

/// Something of an item that has the shape of a secret and is none.
#[derive(Clone, Debug)]
pub struct Allowance {
    /// Id of the item.
    pub item: Spot<String>,
    /// Name of the shape.
    pub shape: String,
    /// Why it is none.
    pub reason: String,
}

impl Config {
    /// The rules for a planned item, in the order of the text.
    pub fn redact_rules(&self, id: &str, phase: Option<&str>) -> Vec<RedactRule> {
        (self.redact.iter())
            .filter(|redact| {
                redact
                    .items
                    .iter()
                    .any(|item| is_meant(&item.value, id, phase))
            })
            .map(|redact| redact.rule.clone())
            .collect()
    }

    /// Whether something of this shape is no secret in a planned item.
    pub fn allows(&self, id: &str, phase: Option<&str>, shape: &str) -> bool {
        let mut allowed = self.allowed.iter();
        allowed.any(|one| one.shape == shape && is_meant(&one.item.value, id, phase))
    }
}

/// An item with phases is meant in each of them.
fn is_meant(written: &str, id: &str, phase: Option<&str>) -> bool {
    written == id || phase.is_some_and(|phase| planned_id(written, phase) == id)
}

/// Reads one rule.
pub(super) fn redact(node: &Node, problems: &mut Problems) -> Option<Redact> {
    const WHAT: [&str; 3] = ["pointer", "column", "pattern"];
    let fields = Fields::of(node, &["id", "items", WHAT[0], WHAT[1], WHAT[2]], problems)?;
    let id = fields.need_text("id", problems);
    if let Some(id) = &id {
        fields::check_id(id, problems);
    }
    let items = fields.need("items", problems);
    let items = items.map(|node| fields::texts(fields::one_or_more(node, problems), problems));
    if let Some(beyond) = items.iter().flatten().nth(REDACT_RULES) {
        problems.add(
            beyond.at,
            format!("more than {REDACT_RULES} items of one rule"),
        );
    }
    let mut given = WHAT.iter().filter(|key| fields.get(key).is_some());
    let Some(what) = given.next() else {
        problems.hinted(
            fields.at,
            "the rule does not say what it blanks",
            "give pointer: /items/*/value (JSON), column: NAME (CSV), or pattern: REGULAR EXPRESSION",
        );
        return None;
    };
    if let Some(second) = given.next() {
        fields.exclude(what, second, problems);
        return None;
    }
    let text = fields.text(what, problems)?;
    let what = blank(what, &text, problems)?;
    let (id, items) = (id?, items?);
    Some(Redact {
        rule: RedactRule {
            id: id.value.clone(),
            what,
        },
        items,
        id,
    })
}

fn blank(what: &str, text: &Spot<String>, problems: &mut Problems) -> Option<Blank> {
    let value = text.value.clone();
    if value.len() > REDACT_TEXT_BYTES {
        problems.add(
            text.at,
            format!("it has more than {REDACT_TEXT_BYTES} bytes"),
        );
        return None;
    }
    let checked = match what {
        "pointer" => Pattern::parse(&value)
            .map(|_| Blank::Pointer(value))
            .map_err(|error| error.to_string()),
        "column" => Ok(Blank::Column(value)),
        _ => pattern(&value)
            .map(|_| Blank::Pattern(value))
            .map_err(|error| error.to_string()),
    };
    // The text itself is not repeated: it may name what it is to hide.
    checked
        .map_err(|message| problems.add(text.at, message))
        .ok()
}

/// Reads `secrets`.
pub(super) fn allowed(node: &Node, problems: &mut Problems) -> Vec<Allowance> {
    let Some(fields) = Fields::of(node, &["allow"], problems) else {
        return Vec::new();
    };
    let nodes = fields.need("allow", problems);
    let nodes = nodes.and_then(|node| fields::list(node, problems));
    let nodes = nodes.unwrap_or_default();
    nodes
        .iter()
        .filter_map(|node| allowance(node, problems))
        .collect()
}

fn allowance(node: &Node, problems: &mut Problems) -> Option<Allowance> {
    let fields = Fields::of(node, &["item", "shape", "reason"], problems)?;
    let item = fields.need_text("item", problems);
    let shape = fields.need_text("shape", problems);
    let reason = fields.need_text("reason", problems);
    let names: Vec<&str> = SHAPES.iter().map(|shape| shape.name).collect();
    let shape = shape?;
    check_known(&shape, "shape", &names, problems);
    Some(Allowance {
        item: item?,
        shape: shape.value,
        reason: reason?.value,
    })
}

/// Rules are for items that are there and that nobody else signed or addressed by content.
pub(super) fn check(config: &Config, problems: &mut Problems) {
    let images = config.images.iter().map(|image| &image.name);
    let signed: BTreeSet<&str> = images.map(|id| id.value.as_str()).collect();
    let derived = config.derived.iter().map(|item| &item.id);
    let gates = config.gates.iter().map(|gate| &gate.name);
    let judged: BTreeSet<&str> = derived.chain(gates).map(|id| id.value.as_str()).collect();
    let metrics = config.metrics.iter().map(|item| &item.id);
    let own: Vec<&str> = metrics
        .chain(config.dashboards.iter().map(|item| &item.id))
        .chain(config.files.iter().map(|item| &item.id))
        .chain(config.scans.iter().map(|item| &item.id))
        .chain(config.commands.iter().map(|item| &item.id))
        .map(|id| id.value.as_str())
        .collect();
    if let Some(beyond) = config.redact.get(REDACT_RULES) {
        problems.add(
            beyond.id.at,
            format!("more than {REDACT_RULES} redact rules"),
        );
    }
    let mut seen = BTreeSet::new();
    for redact in &config.redact {
        let id = &redact.id;
        if !seen.insert(id.value.as_str()) {
            problems.add(
                id.at,
                format!("the redact rule {} is there twice", quoted(&id.value)),
            );
        }
        for item in &redact.items {
            let name = item.value.as_str();
            if signed.contains(name) || RESERVED.contains(&name) || name.contains(".sbom") {
                problems.hinted(
                    item.at,
                    format!("nothing of {} is ever redacted", quoted(name)),
                    "it is signed or addressed by its content: what is not to be seen must not be in it",
                );
            } else if judged.contains(name) {
                problems.hinted(
                    item.at,
                    format!(
                        "{} is computed from metrics and has no files of its own",
                        quoted(name)
                    ),
                    "name the metrics that it reads",
                );
            } else {
                check_known(item, "item", &own, problems);
            }
        }
    }
    check_allowed(config, &own, &judged, problems);
}

fn check_allowed(config: &Config, own: &[&str], judged: &BTreeSet<&str>, problems: &mut Problems) {
    if let Some(beyond) = config.allowed.get(SECRET_ALLOWANCES) {
        let message = format!("more than {SECRET_ALLOWANCES} allowances");
        problems.add(beyond.item.at, message);
    }
    let images = config.images.iter().flat_map(|image| {
        let sboms = image.sboms.iter().flat_map(|sbom| {
            let drift = sbom.drift.as_ref().map(|_| drift_id(image, sbom.format));
            [Some(sbom_id(image, sbom.format)), drift]
        });
        sboms.flatten().chain([image.name.value.clone()])
    });
    let images: Vec<String> = images.collect();
    let known: Vec<&str> = own
        .iter()
        .copied()
        .chain(judged.iter().copied())
        .chain(images.iter().map(String::as_str))
        .chain(RESERVED)
        .collect();
    for allowance in &config.allowed {
        check_known(&allowance.item, "item", &known, problems);
    }
}
