//! Reports and VEX documents, against counts that an independent script made of them.

use crate::index;
use evidence::vulns::{ScanError, ScanFormat, Severity, parse, vex};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Scan {
    file: String,
    format: String,
    #[serde(default)]
    severities: BTreeMap<String, u64>,
    #[serde(default)]
    ignored: u64,
    database_date: Option<String>,
}

#[derive(Deserialize)]
struct Vex {
    file: String,
    statements: Vec<Statement>,
}

/// One vulnerability in one product.
#[derive(Deserialize)]
struct Statement {
    vulnerability: String,
    status: String,
}

#[test]
fn counts_of_real_reports_are_those_of_an_independent_script() {
    let mut read = 0;
    for scan in index::json::<Vec<Scan>>("scans/INDEX.json") {
        let bytes = index::bytes(&format!("scans/{}", scan.file));
        let report = match parse(&bytes) {
            Ok(report) => report,
            // A scanner's CycloneDX is an SBOM with vulnerabilities.
            Err(_) if scan.format == "CycloneDX" => continue,
            Err(error) => panic!("{}: {error}", scan.file),
        };
        read += 1;

        let (suppressed, counted): (Vec<_>, Vec<_>) = report
            .matches
            .iter()
            .partition(|one| one.suppressed.is_some());
        let mut counts = BTreeMap::new();
        for one in counted {
            *counts.entry(one.severity).or_insert(0) += 1;
        }
        // Scores of 0.0, and levels where there is no score, rate nothing.
        let mut expected = BTreeMap::new();
        for (word, count) in &scan.severities {
            let word = if word == "none" || word.starts_with("level:") {
                "unknown"
            } else {
                word
            };
            let severity = Severity::ALL
                .into_iter()
                .find(|one| one.to_string() == word)
                .unwrap();
            *expected.entry(severity).or_insert(0) += count;
        }
        assert_eq!(counts, expected, "{}", scan.file);
        assert_eq!(suppressed.len() as u64, scan.ignored, "{}", scan.file);
        if report.format == ScanFormat::Grype {
            let date = report.database.map(|one| one.updated.into_owned());
            assert_eq!(date, scan.database_date, "{}", scan.file);
        }
    }
    assert!(read >= 25, "{read}");
}

#[test]
fn real_vex_documents_say_of_products_what_an_independent_script_finds() {
    for entry in index::json::<Vec<Vex>>("vex/INDEX.json") {
        let bytes = index::bytes(&format!("vex/{}", entry.file));
        if entry.file.ends_with(".xml") {
            assert!(matches!(vex::parse(&bytes), Err(ScanError::Json(_))));
            continue;
        }

        let document = vex::parse(&bytes).unwrap_or_else(|error| panic!("{}: {error}", entry.file));

        let mut expected = BTreeMap::new();
        for one in &entry.statements {
            // CSAF's words for the same.
            let status = one.status.replace("known_", "");
            *expected
                .entry((one.vulnerability.as_str(), status))
                .or_insert(0) += 1;
        }
        for ((vulnerability, status), count) in expected {
            let statements = (document.statements.iter()).filter(|one| {
                one.vulnerabilities.iter().any(|name| name == vulnerability)
                    && one.status.to_string() == status
            });
            let products: usize = statements.map(|one| one.products.len()).sum();
            assert_eq!(products, count, "{} {vulnerability}", entry.file);
        }
        let products = document.statements.iter().map(|one| one.products.len());
        assert_eq!(
            products.sum::<usize>(),
            entry.statements.len(),
            "{}",
            entry.file
        );
        assert_eq!(document.unread, 0, "{}", entry.file);
    }
}
