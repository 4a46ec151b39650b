//! How much may change: a gate over a drift.

use super::{Drift, Move, Part, with_version};
use crate::model::{DriftLimits, Need, Problem};
use std::collections::BTreeSet;

/// Packages that a problem names.
const NAMED: usize = 5;

/// Judges a drift: what is beyond the limits, in a fixed order.
pub fn judge(drift: &Drift, limits: &DriftLimits) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut limit = |max: Option<u64>, code: &str, what: &str, found: Vec<String>| {
        let Some(max) = max.filter(|max| found.len() as u64 > *max) else {
            return;
        };
        let count = counted(found.len());
        let message = format!("{count} {what}, the limit is {max}: {}", named(&found));
        problems.push(Problem::new(code, message));
    };
    let parts = |parts: &[Part]| -> Vec<String> { parts.iter().map(Part::title).collect() };
    let moves = |moves: &[Move]| -> Vec<String> { moves.iter().map(Move::title).collect() };
    let mut downgraded = moves(&drift.downgraded);
    let downgraded_what = match limits.max_changed {
        Some(_) => "downgraded",
        None => {
            downgraded.extend(moves(&drift.changed));
            "downgraded, or in another version that is not known to be newer"
        }
    };
    let relicensed = (drift.relicensed.iter())
        .map(|relicense| relicense.package.title())
        .collect();
    let rehashed = (drift.rehashed.iter())
        .map(|rehash| with_version(&rehash.name, Some(&rehash.version)))
        .collect();
    limit(
        limits.max_added,
        "drift-added",
        "added",
        parts(&drift.added),
    );
    limit(
        limits.max_removed,
        "drift-removed",
        "removed",
        parts(&drift.removed),
    );
    limit(
        limits.max_upgraded,
        "drift-upgraded",
        "upgraded",
        moves(&drift.upgraded),
    );
    limit(
        limits.max_downgraded,
        "drift-downgraded",
        downgraded_what,
        downgraded,
    );
    limit(
        limits.max_changed,
        "drift-changed",
        "in another version that is not known to be newer",
        moves(&drift.changed),
    );
    limit(
        limits.max_relicensed,
        "drift-relicensed",
        "under other licenses",
        relicensed,
    );
    limit(
        limits.max_rehashed,
        "drift-rehashed",
        "of the same version with other hashes",
        rehashed,
    );
    for need in BTreeSet::from_iter(&limits.new_packages_need) {
        let lacking = drift.added.iter().filter(|part| part.lacks.contains(need));
        let found: Vec<String> = lacking.map(Part::title).collect();
        if !found.is_empty() {
            let message = format!(
                "{} added without {}: {}",
                counted(found.len()),
                phrase(*need),
                named(&found)
            );
            problems.push(Problem::new(format!("drift-without-{need}"), message));
        }
    }
    problems
}

fn counted(count: usize) -> String {
    match count {
        1 => "1 package".into(),
        _ => format!("{count} packages"),
    }
}

/// The first few.
fn named(titles: &[String]) -> String {
    let first: Vec<&str> = titles.iter().take(NAMED).map(String::as_str).collect();
    let first = first.join(", ");
    match titles.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// As it reads after "without".
fn phrase(need: Need) -> &'static str {
    match need {
        Need::Purl => "a package URL",
        Need::Version => "a version",
        Need::License => "a license",
        Need::Supplier => "a supplier",
        Need::Hash => "a hash",
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::between;
    use super::*;

    #[test]
    fn limits_name_the_counts_and_the_first_packages() {
        let codes = |limits: &DriftLimits, drift: &Drift| {
            let problems = judge(drift, limits);
            problems
                .into_iter()
                .map(|problem| (problem.code, problem.message))
                .collect::<Vec<_>>()
        };
        let many: Vec<String> = (0..7).map(|n| format!("pkg:npm/n{n}@1.0.0")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let added = between(&[], &many);
        let moved = between(
            &["pkg:npm/a@2.0.0", "pkg:generic/b@x"],
            &["pkg:npm/a@1.0.0", "pkg:generic/b@y"],
        );
        let max = |max| DriftLimits {
            max_added: Some(max),
            ..DriftLimits::default()
        };
        let downgraded = DriftLimits {
            max_downgraded: Some(0),
            ..DriftLimits::default()
        };

        assert_eq!(codes(&max(7), &added), []);
        assert_eq!(codes(&DriftLimits::default(), &added), []);
        assert_eq!(
            codes(&max(6), &added),
            [(
                "drift-added".into(),
                "7 packages added, the limit is 6: n0 1.0.0, n1 1.0.0, n2 1.0.0, n3 1.0.0, n4 1.0.0 and 2 more".into(),
            )],
        );
        let needs = DriftLimits {
            new_packages_need: vec![Need::Hash, Need::Purl, Need::Hash],
            ..DriftLimits::default()
        };
        let needs = codes(&needs, &added);
        assert_eq!(needs.len(), 1);
        assert_eq!(needs[0].0, "drift-without-hash");
        assert!(
            needs[0]
                .1
                .starts_with("7 packages added without a hash: n0 1.0.0, "),
            "{}",
            needs[0].1
        );
        assert_eq!(
            codes(&downgraded, &moved),
            [(
                "drift-downgraded".into(),
                "2 packages downgraded, or in another version that is not known to be newer, the limit is 0: \
                 a 2.0.0 → 1.0.0, b x → y".into(),
            )],
        );
        let apart = DriftLimits {
            max_changed: Some(1),
            ..downgraded
        };
        assert_eq!(
            codes(&apart, &moved),
            [(
                "drift-downgraded".into(),
                "1 package downgraded, the limit is 0: a 2.0.0 → 1.0.0".into()
            )],
        );
    }

    #[test]
    fn limits_are_read_by_their_names_and_no_others() {
        let read = |text| serde_json::from_str::<DriftLimits>(text);

        let limits = read(r#"{"maxAdded":3,"newPackagesNeed":["purl","license"]}"#).unwrap();

        assert_eq!(limits.max_added, Some(3));
        assert_eq!(limits.new_packages_need, [Need::Purl, Need::License]);
        assert!(read(r#"{"maxAddded":3}"#).is_err());
    }
}
