//! Reads the rules of a gate's check.

use super::diagnostic::{Problems, Spot, quoted};
use super::fields::{self, Fields};
use super::formula::{self, Scope};
use super::limit::{self, LimitError};
use super::metrics::{duration, length_of};
use super::node::Node;
use super::phases::offset_ms;
use super::rule_source::{BadSource, Checkpoint, RuleSource, TestSource};
use crate::model::Level;
use crate::model::limits::{GATE_CHECKPOINTS, GATE_RULES};
use crate::model::time::parse_duration_ms;

const KEYS: &[&str] = &[
    "level",
    "when",
    "for",
    "checkpoints",
    "consecutive",
    "max-age",
    "baseline",
    "min-delta",
    "growth",
    "ok-ratio",
    "reduce",
];
const TESTS: [&str; 5] = ["for", "checkpoints", "growth", "ok-ratio", "reduce"];
const LEVELS: &[(&str, Level)] = &[("yellow", Level::Yellow), ("red", Level::Red)];

/// What a check's rules are about.
struct About<'c> {
    unit: &'c str,
    /// The metric itself, where it is no formula.
    own: Option<&'c Spot<String>>,
    scope: &'c Scope<'c>,
}

/// Reads `yellow`, `red` with `for`, and `rules`.
pub(super) fn rules(
    check: &Fields<'_>,
    unit: &str,
    own: Option<&Spot<String>>,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Vec<RuleSource> {
    let about = About { unit, own, scope };
    let mut rules = Vec::new();
    if let Some(when) = check.get("yellow") {
        rules.extend(short(Level::Yellow, when, None, &about, problems));
    }
    let run = check.get("for");
    if let Some(when) = check.get("red") {
        rules.extend(short(Level::Red, when, run, &about, problems));
    } else if let Some(run) = run {
        problems.hinted(run.at, "\"for\" belongs to \"red\"", "give red, or rules");
    }
    if let Some(node) = check.get("rules") {
        let nodes = fields::one_or_more(node, problems);
        if let Some(beyond) = nodes.get(GATE_RULES) {
            problems.add(
                beyond.at,
                format!("more than {GATE_RULES} rules in one check"),
            );
        }
        let nodes = nodes.iter().take(GATE_RULES);
        rules.extend(nodes.filter_map(|node| rule(node, &about, problems)));
    }
    if ["yellow", "red", "rules"]
        .iter()
        .all(|key| check.get(key).is_none())
    {
        problems.hinted(
            check.at,
            "a check without rules judges nothing",
            "give yellow, red or rules, each with what is bad: red: \"> 350ms\"",
        );
    }
    rules
}

fn short(
    level: Level,
    when: &Node,
    run: Option<&Node>,
    about: &About<'_>,
    problems: &mut Problems,
) -> Option<RuleSource> {
    let text = fields::text(when, problems)?;
    if limit::multiple(&text.value).is_some() {
        problems.hinted(
            text.at,
            "a multiple needs a baseline",
            "rules: [{level: …, when: \"> 1.2x\", baseline: …}]",
        );
        return None;
    }
    let when = fixed(&text, about, problems);
    let (length, inclusive) = run_length(run, text.at, problems)?;
    Some(RuleSource {
        level,
        test: TestSource::For {
            when: when?,
            length,
            inclusive,
        },
    })
}

fn rule(node: &Node, about: &About<'_>, problems: &mut Problems) -> Option<RuleSource> {
    let fields = Fields::of(node, KEYS, problems)?;
    let level = fields.need("level", problems);
    let level = level.and_then(|node| fields::word(node, LEVELS, problems));
    let mut tests = TESTS.iter().filter(|key| fields.get(key).is_some());
    let test = tests.next().copied().unwrap_or("for");
    if let Some(second) = tests.next() {
        fields.exclude(test, second, problems);
        return None;
    }
    if let (Some(node), true) = (
        fields.get("consecutive").or_else(|| fields.get("max-age")),
        test != "checkpoints",
    ) {
        problems.add(node.at, "this is for checkpoints, and there are none");
    }
    let test = match test {
        "growth" => growth(&fields, about, problems),
        _ => {
            let when = fields.need("when", problems);
            let when = when.and_then(|node| bad(node, &fields, about, problems));
            with_when(test, when, &fields, problems)
        }
    };
    Some(RuleSource {
        level: level?,
        test: test?,
    })
}

fn with_when(
    test: &str,
    when: Option<BadSource>,
    fields: &Fields<'_>,
    problems: &mut Problems,
) -> Option<TestSource> {
    match test {
        "checkpoints" => {
            let at = checkpoints(fields.get(test)?, problems);
            let most = i64::try_from(GATE_CHECKPOINTS).unwrap_or(i64::MAX);
            let consecutive = fields.number("consecutive", (1, most), problems);
            let max_age = duration(fields, "max-age", problems);
            let at = at?;
            if let Some(n) = (consecutive.as_ref())
                .filter(|n| usize::try_from(n.value).is_ok_and(|n| n > at.len()))
            {
                problems.add(n.at, "the rule can never fire: there are fewer checkpoints");
            }
            let consecutive = consecutive.and_then(|n| u32::try_from(n.value).ok());
            Some(TestSource::Checkpoints {
                when: when?,
                at,
                consecutive: consecutive.unwrap_or(1),
                max_age_ms: max_age.map(|age| age.value),
            })
        }
        "ok-ratio" => {
            let min = share(fields, test, limit::share, problems)?;
            if let ("0", Some(node)) = (min.as_str(), fields.get(test)) {
                problems.add(node.at, "the rule can never fire: no share is below 0%");
            }
            Some(TestSource::OkRatio { when: when?, min })
        }
        "reduce" => {
            let node = fields.get(test)?;
            let value = formula::statistic(node, problems)?;
            let statistic = Spot { value, at: node.at };
            Some(TestSource::Reduce {
                when: when?,
                statistic,
            })
        }
        _ => {
            let (length, inclusive) = run_length(fields.get(test), fields.at, problems)?;
            Some(TestSource::For {
                when: when?,
                length,
                inclusive,
            })
        }
    }
}

/// Reads `15m` (at least that long), `>= 15m` or `> 15m`; without it any bad step is enough.
fn run_length(
    node: Option<&Node>,
    at: super::diagnostic::Position,
    problems: &mut Problems,
) -> Option<(Spot<u64>, bool)> {
    let Some(node) = node else {
        return Some((Spot { value: 0, at }, true));
    };
    let text = fields::text(node, problems)?;
    let (inclusive, length) = match (text.value.strip_prefix(">="), text.value.strip_prefix('>')) {
        (Some(length), _) => (true, length),
        (None, Some(length)) => (false, length),
        (None, None) => (true, text.value.as_str()),
    };
    let length = parse_duration_ms(length.trim_start());
    Some((length_of(&text, length, problems)?, inclusive))
}

fn checkpoints(node: &Node, problems: &mut Problems) -> Option<Vec<Spot<Checkpoint>>> {
    let nodes = fields::list(node, problems)?;
    if nodes.is_empty() {
        problems.add(node.at, "the list is empty");
        return None;
    }
    if let Some(beyond) = nodes.get(GATE_CHECKPOINTS) {
        let message = format!("more than {GATE_CHECKPOINTS} checkpoints");
        problems.add(beyond.at, message);
        return None;
    }
    let texts = fields::texts(nodes, problems);
    let mut all = Vec::new();
    for text in &texts {
        let moment = offset_ms(&text.value).map(Checkpoint::Moment);
        let found = moment.or_else(|| parse_duration_ms(&text.value).map(Checkpoint::Elapsed));
        match found {
            Some(value) => all.push(Spot { value, at: text.at }),
            None => problems.hinted(
                text.at,
                format!("{} is no checkpoint", quoted(&text.value)),
                "15m from the window's start, or T+15m where the gate has phases with a time",
            ),
        }
    }
    (all.len() == nodes.len()).then_some(all)
}

fn growth(fields: &Fields<'_>, about: &About<'_>, problems: &mut Problems) -> Option<TestSource> {
    for key in ["when", "baseline", "min-delta"] {
        fields.exclude("growth", key, problems);
    }
    let fields = Fields::of(fields.get("growth")?, &["relative", "absolute"], problems)?;
    if fields.get("relative").is_none() && fields.get("absolute").is_none() {
        problems.add(fields.at, "give relative, absolute or both");
        return None;
    }
    let relative = match fields.get("relative") {
        Some(_) => share(&fields, "relative", limit::percent, problems)?,
        None => "0".into(),
    };
    let absolute = match fields.get("absolute") {
        Some(node) => positive(node, about, problems)?,
        None => "0".into(),
    };
    Some(TestSource::Growth {
        relative,
        absolute,
        at: fields.at,
    })
}

/// A number that is not below 0, in the check's unit.
fn positive(node: &Node, about: &About<'_>, problems: &mut Problems) -> Option<String> {
    let number = formula::number(node, about.unit, problems)?;
    if number.starts_with('-') {
        problems.add(node.at, "the number is below 0");
        return None;
    }
    Some(number)
}

fn share(
    fields: &Fields<'_>,
    key: &str,
    read: fn(&str) -> Result<String, LimitError>,
    problems: &mut Problems,
) -> Option<String> {
    let text = fields.text(key, problems)?;
    match read(&text.value) {
        Ok(share) => Some(share),
        Err(error) => {
            problems.add(text.at, format!("{}: {error}", quoted(&text.value)));
            None
        }
    }
}

/// What is bad: a number, or a multiple of a baseline.
fn bad(
    node: &Node,
    fields: &Fields<'_>,
    about: &About<'_>,
    problems: &mut Problems,
) -> Option<BadSource> {
    let text = fields::text(node, problems)?;
    let Some(multiple) = limit::multiple(&text.value) else {
        if let Some(node) = fields.get("baseline").or_else(|| fields.get("min-delta")) {
            problems.hinted(
                node.at,
                "only a multiple is compared with a baseline",
                "when: \"> 1.2x\"",
            );
        }
        return fixed(&text, about, problems);
    };
    let multiple = multiple.map_err(|error| say(&text, &error, problems)).ok();
    let baseline = match fields.get("baseline") {
        Some(node) => formula::baseline(node, Some(about.unit), about.own, about.scope, problems),
        None => {
            problems.hinted(
                text.at,
                "a multiple needs a baseline",
                "baseline: {phase: …, statistic: median}, or a number",
            );
            None
        }
    };
    let min_delta = match fields.get("min-delta") {
        Some(node) => Some(positive(node, about, problems)?),
        None => None,
    };
    let (operator, factor) = multiple?;
    Some(BadSource::Relative {
        operator,
        factor,
        min_delta,
        baseline: baseline?,
    })
}

fn fixed(text: &Spot<String>, about: &About<'_>, problems: &mut Problems) -> Option<BadSource> {
    match limit::limit(&text.value, about.unit) {
        Ok(limit) => Some(BadSource::Fixed {
            operator: limit.operator,
            bound: limit.bound,
        }),
        Err(error) => {
            say(text, &error, problems);
            None
        }
    }
}

fn say(text: &Spot<String>, error: &LimitError, problems: &mut Problems) {
    let hint = "what is bad: \"> 350ms\", \">= 2%\", or \"> 1.2x\" with a baseline";
    problems.hinted(text.at, format!("{}: {error}", quoted(&text.value)), hint);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::diagnostic::Position;
    use crate::config::node::Value;

    #[test]
    fn a_run_is_at_least_or_more_than_so_long() {
        let read = |text: &str| {
            let node = Spot {
                value: Value::Text(text.into()),
                at: Position::default(),
            };
            let mut problems = Problems::of("f");
            let found = run_length(Some(&node), Position::default(), &mut problems);
            found.map(|(length, inclusive)| (length.value, inclusive))
        };

        assert_eq!(read("15m"), Some((900_000, true)));
        assert_eq!(read(">= 15m"), Some((900_000, true)));
        assert_eq!(read("> 15m"), Some((900_000, false)));
        assert_eq!(read(">0s"), Some((0, false)));
        assert_eq!(read("< 15m"), None);
        assert_eq!(read("15"), None);
    }
}
