use super::*;
use crate::appraise::cutover::{
    ERROR_RATIO, WINDOW, add, capture, error_ratio, http_requests, metric, with_samples,
};
use crate::model::{Limit, MetricRef, Operator, Series, Statistic};

/// The share of a month's budget that the recorded three hours used.
fn budget(errors: MetricRef, limit: &str) -> DerivedExpectation {
    DerivedExpectation {
        source: Formula::BudgetUsed {
            errors,
            objective: "0.99".into(),
            period_ms: 30 * 86_400_000,
        },
        unit: String::new(),
        series: Series::Single,
        statistic: Statistic::Last,
        limit: Some(Limit {
            operator: Operator::AtMost,
            bound: limit.into(),
        }),
        min_coverage_percent: 90,
        max_gap_ms: 300_000,
    }
}

#[test]
fn a_budget_is_computed_over_the_window_of_its_metric() {
    let errors = metric("errors", ERROR_RATIO);
    let whole = capture(&errors, error_ratio());

    let kept = derived(&whole, &budget(errors.clone(), "0.2"));
    let used = derived(&whole, &budget(errors, "0.000001"));

    assert_eq!(kept.claim.met(), Some(true), "{kept:#?}");
    assert_eq!(kept.claim.status(), Status::Verified);
    let facts = kept.claim.to_stated().facts;
    assert_eq!(facts["window"]["startMs"], WINDOW.start_ms);
    assert_eq!(used.claim.met(), Some(false));
    assert_eq!(used.claim.problems()[0].code, "metric-limit");
}

#[test]
fn a_warning_that_the_metric_does_not_accept_stands_against_what_is_computed_of_it() {
    let mut errors = metric("errors", ERROR_RATIO);
    let mut warned = capture(&errors, error_ratio());
    let text = String::from_utf8(error_ratio()).unwrap();
    let text = text.replacen('{', r#"{"warnings":["a store is down"],"#, 1);
    add(&mut warned, "errors", "chunk-000.json", text.into_bytes());

    let found = derived(&warned, &budget(errors.clone(), "0.2"));
    errors.expectation.accept_warnings = true;
    let accepted = derived(&warned, &budget(errors, "0.2"));

    assert_eq!(found.claim.met(), Some(false), "{found:#?}");
    assert_eq!(found.claim.problems()[0].code, "metric-warnings");
    assert_eq!(accepted.claim.met(), Some(true), "{accepted:#?}");
}

#[test]
fn what_is_computed_of_an_open_answer_is_recorded_at_most() {
    let mut errors = metric("errors", ERROR_RATIO);
    errors.expectation.raw = true;
    let whole = with_samples(capture(&errors, error_ratio()), "errors", &http_requests());
    let mut unknown = whole.clone();
    let server = r#"{"kind":"thanos","buildinfo":null,"startBefore":null,"startAfter":null}"#;
    add(&mut unknown, "errors", "server.json", server.into());

    let proven = derived(&whole, &budget(errors.clone(), "0.2"));
    let open = derived(&unknown, &budget(errors, "0.2"));

    assert_eq!(proven.claim.status(), Status::Verified);
    assert_eq!(open.claim.status(), Status::Recorded, "{open:#?}");
}

#[test]
fn what_is_computed_of_a_redacted_metric_neither_meets_nor_breaks_its_limit() {
    let errors = metric("errors", ERROR_RATIO);
    let mut redacted = capture(&errors, error_ratio());
    redacted.files[0].redactions = vec![crate::model::Redaction {
        pointer: "metrics/errors/chunk-000.json#/data".into(),
        rule: "r".into(),
        salted: crate::model::Digest::of(b""),
    }];
    for limit in ["0.2", "0.000001"] {
        let found = derived(&redacted, &budget(errors.clone(), limit));

        assert_eq!(found.claim.met(), None, "{found:#?}");
        assert_ne!(found.claim.status(), Status::Verified);
    }
}
