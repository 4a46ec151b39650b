//! Any bytes as a VEX document, applied to a fixed report: vulnerabilities move and none is lost.

#![no_main]

use evidence::model::{Digest, Timestamp};
use evidence::vulns::{Scan, VulnLimits, judge, parse, vex};
use libfuzzer_sys::fuzz_target;

const REPORT: &[u8] = br#"{"matches":[
    {"vulnerability":{"id":"CVE-1","severity":"High"},"artifact":{"name":"a","version":"1","purl":"pkg:npm/a@1"}},
    {"vulnerability":{"id":"CVE-2","severity":"Low"},"relatedVulnerabilities":[{"id":"GHSA-a"}],
     "artifact":{"name":"b","version":"2"}}],"descriptor":{"name":"grype","version":"1"}}"#;

fuzz_target!(|bytes: &[u8]| {
    let Ok(document) = vex::parse(bytes) else {
        return;
    };
    let report = parse(REPORT).unwrap();
    let limits = VulnLimits::default();
    let (summary, _) = judge(&Scan {
        report: &report,
        vex: &[document],
        images: &[Digest::of(b"")],
        inventory: None,
        limits: &limits,
        at: Timestamp::MAX,
    });
    assert_eq!(
        summary.counts.total() + summary.suppressed_counts.total(),
        2
    );
});
