//! Documents made to harm: an error or a report, never a panic, in bounded memory and time.

use super::tests::{found, grype, openvex};
use super::*;

type Reader = fn(&[u8]) -> Result<(), ScanError>;

const READERS: [Reader; 3] = [
    |bytes| parse(bytes).map(drop),
    |bytes| vex::parse(bytes).map(drop),
    |bytes| scanner::parse(bytes).map(drop),
];

/// A document of each format.
pub(super) fn documents() -> Vec<String> {
    vec![
        grype::tests::REPORT.into(),
        trivy::tests::REPORT.into(),
        r#"{"results":[{"packages":[{"package":{"name":"a","version":"1","ecosystem":"npm"},"vulnerabilities":[
            {"id":"GHSA-a","aliases":["CVE-1"]}],"groups":[{"ids":["GHSA-a"],"max_severity":"9.8"}]}]}]}"#.into(),
        r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"Trivy","version":"1","rules":[{"id":"CVE-1",
            "properties":{"tags":["vulnerability","security","HIGH"]}}]}},"results":[{"ruleId":"CVE-1"}]}]}"#.into(),
        r#"{"predicateType":"https://in-toto.io/attestation/vulns/v0.2","predicate":{"scanner":{"uri":"x","version":"1",
            "db":{"lastUpdate":"2025-01-01T00:00:00Z"},"result":[{"id":"CVE-1","severity":[{"score":"high"}]}]}}}"#.into(),
        openvex("CVE-1", r#"{"@id":"pkg:npm/a"}"#, tests::NOT_AFFECTED, "2025-01-01T00:00:00Z"),
        r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"bom-ref":"a","purl":"pkg:npm/a"}],"vulnerabilities":
            [{"id":"CVE-1","analysis":{"state":"resolved"},"affects":[{"ref":"a"}]}]}"#.into(),
        r#"{"document":{"csaf_version":"2.0"},"product_tree":{"full_product_names":[{"product_id":"a",
            "product_identification_helper":{"purl":"pkg:npm/a"}}]},"vulnerabilities":[{"cve":"CVE-1",
            "product_status":{"fixed":["a"]}}]}"#.into(),
    ]
}

fn is_read(bytes: &[u8]) -> bool {
    READERS.iter().any(|read| read(bytes).is_ok())
}

#[test]
fn every_document_that_is_cut_off_is_malformed() {
    for text in documents() {
        assert!(is_read(text.as_bytes()), "{text}");
        for end in 0..text.len() {
            assert!(!is_read(&text.as_bytes()[..end]), "{}", &text[..end]);
        }
    }
}

#[test]
fn values_of_other_types_give_an_error_or_a_report() {
    for text in documents() {
        let marks: Vec<usize> = text
            .match_indices(['"', '[', '{'])
            .map(|(at, _)| at)
            .collect();
        for at in marks {
            for value in ["1", "null,", "{}", "[[]]", "\"\\ud800\"", "true"] {
                let changed = format!("{}{value}{}", &text[..at], &text[at + 1..]);
                for read in READERS {
                    drop(read(changed.as_bytes()));
                }
            }
        }
    }
}

#[test]
fn a_key_that_is_there_twice_is_an_error() {
    for (text, key) in [
        (0, r#""matches":[],"#),
        (0, r#""descriptor":{},"#),
        (1, r#""Results":[],"#),
        (2, r#""results":[],"#),
        (3, r#""runs":[],"#),
        (4, r#""predicate":{},"#),
        (5, r#""statements":[],"#),
        (6, r#""vulnerabilities":[],"#),
        (7, r#""document":{},"#),
    ] {
        let doubled = documents()[text].replacen('{', &format!("{{{key}"), 1);

        assert!(
            READERS.iter().all(
                |read| matches!(read(doubled.as_bytes()), Err(ScanError::Json(_)))
                    || matches!(
                        read(doubled.as_bytes()),
                        Err(ScanError::Unknown | ScanError::UnknownVex)
                    )
            ),
            "{doubled}"
        );
        assert!(!is_read(doubled.as_bytes()));
    }
}

#[test]
fn a_million_matches_are_too_many() {
    let one = r#"{"vulnerability":{"id":"a"},"artifact":{}}"#;
    let many = |count: usize, one: &str| vec![one; count].join(",");
    let matches = grype(&many(250_000, one));
    let results = format!(r#"{{"results":[],"x":[{}]}}"#, many(2_100_000, "{}"));
    let texts = format!(r#"{{"SchemaVersion":2,"x":[{}]}}"#, many(10_100_000, "1"));

    for (text, expected) in [
        (matches, "matches"),
        (results, "objects"),
        (texts, "values"),
    ] {
        let error = parse(text.as_bytes()).unwrap_err();
        assert!(
            matches!(error, ScanError::TooMany { what, .. } if what == expected),
            "{error:?}"
        );
    }
}

#[test]
fn deep_nesting_is_refused_wherever_it_stands() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let branches = format!(
        "{}{}",
        r#"{"branches":["#.repeat(100_000),
        "]}".repeat(100_000)
    );
    for text in [
        deep.clone(),
        format!(r#"{{"matches":{deep},"descriptor":{{}}}}"#),
        format!(r#"{{"document":{{"csaf_version":"2.0"}},"product_tree":{branches}}}"#),
    ] {
        for read in READERS.iter().take(2) {
            assert!(matches!(read(text.as_bytes()), Err(ScanError::TooDeep)));
        }
    }
}

#[test]
fn bytes_that_are_no_utf_8_are_refused() {
    for read in READERS {
        assert!(matches!(
            read(b"{\"matches\":\"\xff\"}"),
            Err(ScanError::Encoding(_))
        ));
    }
}

#[test]
fn a_document_over_the_limit_is_not_parsed() {
    let bytes = vec![b' '; usize::try_from(limits::SCAN_BYTES).unwrap() + 1];

    for read in READERS {
        assert!(matches!(read(&bytes), Err(ScanError::TooLarge { .. })));
    }
}

#[test]
fn huge_texts_are_borrowed_and_cut_in_messages() {
    let huge = "x".repeat(10_000_000);
    let report = grype(&found("CVE-1", &huge, &huge, "pkg:npm/a@1"));

    let (summary, problems) = tests::judged(&report, &[], &VulnLimits::default());

    assert_eq!(summary.vulnerabilities[0].aliases[0].len(), huge.len());
    assert!(problems.iter().all(|one| one.message.len() < 2_000));
}

#[test]
fn statements_that_cost_too_much_to_compare_hide_nothing() {
    let parts = vec![r#""pkg:npm/a""#; 4_000].join(",");
    let one = r#""pkg:npm/a""#;
    let other = format!(r#"{{"@id":"pkg:npm/a?x=1","subcomponents":[{parts}]}}"#);
    let matches: Vec<String> = (0..3_000)
        .map(|at| found("CVE-1", "", "High", &format!("pkg:npm/a@{at}")))
        .collect();
    let products = format!("{one},{other}");
    let status = r#""status":"fixed""#;
    let vex = openvex("CVE-1", &products, status, "2025-01-01T00:00:00Z");

    let judged = |matches: &[String]| {
        let report = grype(&matches.join(","));
        tests::judged(&report, &[&vex], &VulnLimits::default())
    };
    let (few, no_problems) = judged(&matches[..1_000]);
    let (all, problems) = judged(&matches);

    assert_eq!((few.counts.total(), no_problems.len()), (0, 0));
    assert_eq!(all.counts.total(), 3_000);
    assert_eq!(problems[0].code, "vex-too-many");
}

#[test]
fn products_times_names_are_bounded() {
    let products = vec![r#""pkg:npm/a""#; 2_000].join(",");
    let aliases = vec![r#""CVE-1""#; 1_000].join(",");
    let text = openvex(
        "CVE-1",
        &products,
        r#""status":"fixed""#,
        "2025-01-01T00:00:00Z",
    )
    .replace(
        r#"{"name":"CVE-1"}"#,
        &format!(r#"{{"name":"CVE-1","aliases":[{aliases}]}}"#),
    );

    let error = vex::parse(text.as_bytes()).unwrap_err();

    assert!(matches!(error, ScanError::TooMany { .. }), "{error:?}");
}
