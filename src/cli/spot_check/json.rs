//! Answers as JSON, by `schemas/evidence-spot-check-v1.schema.json`.

use super::SpotCheck;
use evidence::report::json::FindingPage;
use evidence::report::verdict_word;
use serde_json::{Value, json};

/// All answers under the name of their list, with a closing line feed.
pub(super) fn json(list: &str, checks: &[SpotCheck]) -> String {
    let all: Vec<_> = checks.iter().map(page).collect();
    format!("{:#}\n", json!({ "version": 1, list: all }))
}

fn page(check: &SpotCheck) -> Value {
    let listed = check.listed.iter().map(|one| {
        json!({
            "platform": one.platform.as_ref().map(ToString::to_string),
            "digest": one.digest,
        })
    });
    json!({
        "reference": check.reference,
        "platform": check.platform,
        "digest": check.digest,
        "verdict": verdict_word(check.verdict()),
        "findings": check.findings.iter().map(FindingPage::from).collect::<Vec<_>>(),
        "notes": check.notes,
        "mentions": check.mentions,
        "platforms": listed.collect::<Vec<_>>(),
    })
}
