//! Quality, against what an independent script counts (`fixtures/sbom/quality_count.py`).

use crate::index;
use evidence::sbom::parse;
use evidence::sbom::quality::{Profile, quality};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Counted {
    file: String,
    packages: usize,
    #[serde(rename = "ntia-2021")]
    ntia: OfProfile,
    #[serde(rename = "cisa-2026")]
    cisa: OfProfile,
}

#[derive(Debug, Deserialize, PartialEq)]
struct OfProfile {
    present: u64,
    answered: u64,
    cells: u64,
    /// Cells that are present, explicitly unknown and missing.
    elements: BTreeMap<String, [usize; 3]>,
}

#[test]
fn every_element_of_both_profiles_is_counted_as_an_independent_script_counts_it() {
    let all: Vec<Counted> = String::from_utf8(index::bytes("quality.jsonl"))
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();

    for counted in &all {
        let bytes = index::bytes(&counted.file);
        let sbom = parse(&bytes).unwrap();
        for (profile, expected) in [
            (Profile::Ntia2021, &counted.ntia),
            (Profile::Cisa2026, &counted.cisa),
        ] {
            let found = quality(&sbom, profile);

            assert_eq!(found.packages, counted.packages, "{}", counted.file);
            assert_eq!(of(&found), *expected, "{} {profile}", counted.file);
        }
    }
    assert!(all.len() >= 100, "{}", all.len());
}

fn of(quality: &evidence::sbom::quality::Quality) -> OfProfile {
    let elements = quality.elements.iter().map(|one| {
        let counts = [one.present, one.unknown, one.missing];
        (one.element.to_string(), counts)
    });
    OfProfile {
        present: quality.score.part,
        answered: quality.answered.part,
        cells: quality.score.whole,
        elements: elements.collect(),
    }
}
