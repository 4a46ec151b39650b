//! SARIF by each of the tools.

use super::*;

fn run(driver: &str, results: &str) -> String {
    format!(
        r#"{{"version":"2.1.0","runs":[{{"tool":{{"driver":{{{driver}}}}},"results":[{results}]}}]}}"#
    )
}

#[test]
fn results_of_grype_have_the_package_of_their_rule() {
    let text = run(
        r#""name":"grype","version":"0.90.0","rules":[
          {"id":"CVE-1-lib-a","shortDescription":{"text":"CVE-1 high vulnerability for lib-a package"},
           "properties":{"security-severity":"9.1","purls":["pkg:deb/debian/lib-a@1?arch=amd64"]}},
          {"id":"CVE-2-lib-a","shortDescription":{"text":"CVE-2 low vulnerability for lib-a package"},
           "properties":{"security-severity":"0.0","purls":["pkg:deb/debian/lib-a@1"]}}]"#,
        r#"{"ruleId":"CVE-1-lib-a","level":"note"},{"ruleId":"CVE-2-lib-a"},{"ruleId":"CVE-2-lib-a"}"#,
    );

    let report = parse(&text).unwrap();

    assert_eq!(report.scanner.to_string(), "grype 0.90.0");
    let [one, first, second] = report.matches.as_slice() else {
        panic!()
    };
    assert_eq!(
        (one.id.as_ref(), one.severity),
        ("CVE-1", Severity::Critical)
    );
    assert_eq!(one.package.name.as_deref(), Some("lib-a"));
    assert_eq!(one.package.version.as_deref(), Some("1"));
    assert_eq!(
        (first.severity, &first.package),
        (Severity::Unknown, &second.package)
    );
    assert_eq!(first.package.version, None);
    assert_eq!(first.package.purl.as_deref(), Some("pkg:deb/debian/lib-a"));
}

#[test]
fn results_of_trivy_have_its_word_and_those_of_other_kinds_are_counted() {
    let text = run(
        r#""name":"Trivy","version":"0.69.3","rules":[
          {"id":"CVE-1","properties":{"tags":["vulnerability","security","HIGH"],"security-severity":"9.8"}},
          {"id":"CVE-2","properties":{"tags":["vulnerability","security","H1GH"],"security-severity":"9.8"}},
          {"id":"DS001","properties":{"tags":["misconfiguration","security","HIGH"]}}]"#,
        r#"{"ruleId":"CVE-1"},{"ruleId":"CVE-2"},{"ruleId":"DS001"}"#,
    );

    let report = parse(&text).unwrap();

    let severities: Vec<_> = report.matches.iter().map(|one| one.severity).collect();
    assert_eq!(severities, [Severity::High, Severity::Unknown]);
    assert_eq!(report.matches[1].odd_severity.as_deref(), Some("H1GH"));
    assert_eq!(report.others, 1);
}

#[test]
fn results_of_osv_scanner_have_aliases_and_no_severity_from_their_level() {
    let text = run(
        r#""name":"osv-scanner","version":"2.0.0","rules":[{"id":"CVE-1","deprecatedIds":["CVE-1","GHSA-a"]}]"#,
        r#"{"ruleId":"CVE-1","ruleIndex":0,"level":"warning"}"#,
    );

    let report = parse(&text).unwrap();

    assert_eq!(report.matches[0].aliases, ["GHSA-a"]);
    assert_eq!(report.matches[0].severity, Severity::Unknown);
}

#[test]
fn without_a_rule_the_level_counts_and_error_is_critical() {
    for (level, severity) in [
        (r#","level":"error""#, Severity::Critical),
        (r#","level":"warning""#, Severity::Medium),
        ("", Severity::Medium),
        (r#","level":"note""#, Severity::Low),
        (r#","level":"none""#, Severity::Unknown),
    ] {
        let text = run(
            r#""name":"Trivy""#,
            &format!(r#"{{"ruleId":"CVE-1"{level}}}"#),
        );

        assert_eq!(
            parse(&text).unwrap().matches[0].severity,
            severity,
            "{level}"
        );
    }
}

#[test]
fn a_result_is_suppressed_when_no_suppression_is_open_or_refused() {
    for (extra, suppressed) in [
        (r#""suppressions":[]"#, false),
        (
            r#""suppressions":[{"kind":"external","justification":"why"}]"#,
            true,
        ),
        (
            r#""suppressions":[{"kind":"external","status":"accepted"}]"#,
            true,
        ),
        (
            r#""suppressions":[{"status":"accepted"},{"status":"rejected"}]"#,
            false,
        ),
        (r#""suppressions":[{"status":"underReview"}]"#, false),
        (r#""kind":"fail""#, false),
        (r#""kind":"pass""#, true),
        (r#""baselineState":"absent""#, true),
        (r#""baselineState":"unchanged""#, false),
    ] {
        let text = run(
            r#""name":"grype""#,
            &format!(r#"{{"ruleId":"CVE-1",{extra}}}"#),
        );

        let found = parse(&text).unwrap().matches[0].suppressed.is_some();

        assert_eq!(found, suppressed, "{extra}");
    }
}

#[test]
fn other_tools_and_versions_and_missing_results_are_refused() {
    let other = run(r#""name":"CodeQL""#, "");
    let version = other.replace("2.1.0", "2.2.0");
    let without = run(r#""name":"grype""#, "").replace(r#","results":[]"#, "");
    let none = r#"{"version":"2.1.0","runs":[]}"#;

    assert!(matches!(parse(&other), Err(ScanError::Tool { .. })));
    assert!(matches!(parse(&version), Err(ScanError::Version { .. })));
    assert!(matches!(
        parse(&without),
        Err(ScanError::Lacks {
            what: "results",
            ..
        })
    ));
    assert!(matches!(
        parse(none),
        Err(ScanError::Lacks { what: "runs", .. })
    ));
}

#[test]
fn runs_of_different_scanners_have_none() {
    let text = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"grype","version":"1"}},"results":[]},
        {"tool":{"driver":{"name":"Trivy","version":"1"}},"results":[{"ruleId":"CVE-1"}]}]}"#;

    let report = parse(text).unwrap();

    assert_eq!(
        (report.scanner, report.matches.len()),
        (Scanner::default(), 1)
    );
}
