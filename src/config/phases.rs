//! The sections `phases` and `stages`, and where an item names its phases.

use super::diagnostic::{Problems, Spot, quoted};
use super::fields::{self, Fields};
use super::identity::check_known;
use super::metrics::duration;
use super::node::{Node, Value};
use crate::model::Phase;
use crate::model::limits::PHASES;
use crate::model::time::parse_duration_ms;
use std::collections::{BTreeMap, BTreeSet};

const KEYS: &[&str] = &["at", "window", "change", "settle"];
/// Ten years: what is farther from T0 than that is a slip of the pen.
const FARTHEST_MS: i64 = 3_653 * 86_400_000;
/// What stands for a phase in an id.
const PLACE: &str = "{phase}";

/// Reads the named moments.
pub(super) fn phases(node: &Node, problems: &mut Problems) -> BTreeMap<String, Phase> {
    let mut phases = BTreeMap::new();
    let entries = fields::entries(node, problems).unwrap_or_default();
    check_count(entries.get(PHASES).map(|(name, _)| name), problems);
    for (name, node) in entries.iter().take(PHASES) {
        if !is_name(&name.value, 20) {
            problems.hinted(
                name.at,
                format!("{} is no name of a phase", quoted(&name.value)),
                "1 to 20 lower-case letters, digits and _ . - +, the first a letter or digit",
            );
        }
        if let Some(phase) = phase(node, problems) {
            phases.insert(name.value.clone(), phase);
        }
    }
    phases
}

fn check_count(beyond: Option<&Spot<String>>, problems: &mut Problems) {
    if let Some(beyond) = beyond {
        problems.add(beyond.at, format!("more than {PHASES} are named here"));
    }
}

fn is_name(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.-+".contains(&b))
}

fn phase(node: &Node, problems: &mut Problems) -> Option<Phase> {
    let fields = Fields::of(node, KEYS, problems)?;
    let at = moment(&fields, "at", problems);
    let window = duration(&fields, "window", problems);
    let change = moment(&fields, "change", problems);
    let settle = duration(&fields, "settle", problems);
    let phase = Phase {
        at_ms: at.as_ref().map(|at| at.value),
        window_ms: window.as_ref().map(|window| window.value),
        change_ms: change.as_ref().map(|change| change.value),
        settle_ms: settle.map_or(0, |settle| settle.value),
    };
    let Some(change) = change else {
        return Some(phase);
    };
    let Some(at) = at else {
        if fields.get("at").is_none() {
            problems.hinted(
                change.at,
                "\"change\" needs \"at\"",
                "without both, who collects says when they are",
            );
        }
        return Some(phase);
    };
    let settle = i64::try_from(phase.settle_ms).unwrap_or(i64::MAX);
    let begins = change.value.saturating_add(settle);
    let room = at.value.saturating_sub(begins);
    match (window, u64::try_from(room)) {
        (None, Ok(room)) if room > 0 => {}
        (Some(window), Ok(room)) if window.value <= room => {}
        (Some(window), Ok(_)) => problems.hinted(
            window.at,
            "the window begins before the change has settled",
            "it begins at change + settle at the earliest",
        ),
        _ => problems.hinted(
            at.at,
            "the phase is over before the change has settled",
            "its window runs from change + settle to at",
        ),
    }
    Some(phase)
}

fn moment(fields: &Fields<'_>, key: &str, problems: &mut Problems) -> Option<Spot<i64>> {
    let text = fields.text(key, problems)?;
    match offset_ms(&text.value) {
        Some(value) => Some(Spot { value, at: text.at }),
        None => {
            let message = format!("{} is no moment", quoted(&text.value));
            problems.hinted(
                text.at,
                message,
                "such as T-30m, T+0m, T+15m, T+1h30m, T+3d",
            );
            None
        }
    }
}

/// Milliseconds after T0 of a text such as `T-30m` or `T+1h30m`; `T` is T0 itself.
pub(super) fn offset_ms(text: &str) -> Option<i64> {
    let rest = text.strip_prefix('T')?;
    if rest.is_empty() {
        return Some(0);
    }
    let (is_before, length) = match rest.strip_prefix('-') {
        Some(length) => (true, length),
        None => (false, rest.strip_prefix('+')?),
    };
    let length = i64::try_from(parse_duration_ms(length)?).ok()?;
    let length = (length <= FARTHEST_MS).then_some(length)?;
    Some(if is_before { -length } else { length })
}

/// Reads which phases the bundle of a stage holds.
pub(super) fn stages(
    node: &Node,
    known: &[&str],
    problems: &mut Problems,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut stages = BTreeMap::new();
    let entries = fields::entries(node, problems).unwrap_or_default();
    check_count(entries.get(PHASES).map(|(name, _)| name), problems);
    for (name, node) in entries.iter().take(PHASES) {
        if !is_name(&name.value, 40) {
            problems.hinted(
                name.at,
                format!("{} is no name of a stage", quoted(&name.value)),
                "1 to 40 lower-case letters, digits and _ . - +, the first a letter or digit",
            );
        }
        let listed = listed(node, known, problems);
        let listed = listed.into_iter().map(|phase| phase.value).collect();
        stages.insert(name.value.clone(), listed);
    }
    stages
}

/// The phases that an item names, in its order; none when it is captured at no special moment.
pub(super) fn of_item(
    fields: &Fields<'_>,
    known: &[&str],
    problems: &mut Problems,
) -> Vec<Spot<String>> {
    let Some(node) = fields.get("phases") else {
        return Vec::new();
    };
    if matches!(&node.value, Value::List(list) if list.is_empty()) {
        problems.hinted(
            node.at,
            "the list is empty",
            "without \"phases\" it is captured once, at no special moment",
        );
    }
    listed(node, known, problems)
}

fn listed(node: &Node, known: &[&str], problems: &mut Problems) -> Vec<Spot<String>> {
    let nodes = fields::list(node, problems).unwrap_or_default();
    let mut phases: Vec<Spot<String>> = Vec::new();
    for phase in fields::texts(nodes, problems) {
        check_known(&phase, "phase", known, problems);
        if phases.iter().any(|other| other.value == phase.value) {
            let message = format!("the phase {} is listed twice", quoted(&phase.value));
            problems.add(phase.at, message);
        } else if phases.len() < PHASES {
            phases.push(phase);
        }
    }
    phases
}

/// Id of an item in a phase: the phase stands where the id has `{phase}`, else behind it.
pub(super) fn planned_id(id: &str, phase: &str) -> String {
    if id.contains(PLACE) {
        id.replace(PLACE, phase)
    } else {
        format!("{id}.{phase}")
    }
}

/// A text of an item with what stands for its phase filled in.
pub(super) fn filled(text: &str, phase: Option<&str>) -> String {
    match phase {
        Some(phase) => text.replace(PLACE, phase),
        None => text.into(),
    }
}

/// A problem when `{phase}` stands in the text of an item that has none.
pub(super) fn check_place(
    text: &Spot<String>,
    phases: &[Spot<String>],
    problems: &mut Problems,
) -> Option<()> {
    if phases.is_empty() && text.value.contains(PLACE) {
        let message = format!("nothing fills in {PLACE} here");
        problems.hinted(text.at, message, "give phases: […]");
        return None;
    }
    Some(())
}

/// The ids under which an item is planned, one per phase; a problem for each that is none.
pub(super) fn check_item_id(
    id: &Spot<String>,
    phases: &[Spot<String>],
    problems: &mut Problems,
) -> Vec<Spot<String>> {
    if phases.is_empty() {
        if check_place(id, phases, problems).is_some() {
            fields::check_id(id, problems);
        }
        return vec![id.clone()];
    }
    let bare = id.value.replace(PLACE, "x");
    if !fields::is_id(&bare) {
        fields::check_id(id, problems);
    }
    let mut ids = Vec::new();
    for phase in phases {
        let planned = Spot {
            value: planned_id(&id.value, &phase.value),
            at: id.at,
        };
        // A name of a phase that is none was a problem already.
        if fields::is_id(&bare) && is_name(&phase.value, 20) {
            fields::check_planned_id(&planned, problems);
        }
        ids.push(planned);
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_counts_from_t0() {
        for (text, expected) in [
            ("T", Some(0)),
            ("T-0s", Some(0)),
            ("T+15m", Some(900_000)),
            ("T-1h30m", Some(-5_400_000)),
            ("T+3653d", Some(FARTHEST_MS)),
            ("T+3654d", None),
            ("T+99999999999999999999d", None),
            ("T15m", None),
            ("T+-15m", None),
            ("T+15", None),
            ("T0", None),
            ("t+15m", None),
            ("15m", None),
        ] {
            assert_eq!(offset_ms(text), expected, "{text}");
        }
    }
}
