//! Any bytes as a scanner's report, and as what a scanner says of itself: an answer, and a judgement of it.

#![no_main]

use evidence::vulns::{
    Inventory, MatchesInSbom, Scan, VulnLimits, VulnSummary, diff, judge, parse, scanner,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    drop(scanner::parse(bytes));
    let Ok(report) = parse(bytes) else { return };
    let inventory = Inventory::default();
    let limits = VulnLimits {
        max_database_age_ms: Some(1),
        matches_in_sbom: MatchesInSbom::Require,
        ..VulnLimits::default()
    };
    let (summary, _) = judge(&Scan {
        report: &report,
        vex: &[],
        images: &[],
        inventory: Some(&inventory),
        limits: &limits,
        at: evidence::model::Timestamp::UNIX_EPOCH,
    });
    assert_eq!(summary.counts.total(), summary.vulnerabilities.len() as u64);
    let listed = summary.vulnerabilities.len() + summary.suppressed.len();
    assert!(listed as u64 <= summary.matches);
    assert_eq!(
        diff::diff(&summary, &summary).still,
        summary.vulnerabilities
    );
    let json = serde_json::to_string(&summary).unwrap();
    assert_eq!(serde_json::from_str::<VulnSummary>(&json).unwrap(), summary);
});
