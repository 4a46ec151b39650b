use super::*;
use crate::appraise::cutover::{
    ERROR_RATIO, add, capture, error_ratio, http_requests, metric, with_samples,
};
use crate::appraise::{Appraised, metric as appraise};
use crate::model::{MetricRef, Status};

fn asked() -> MetricRef {
    let mut metric = metric("errors", ERROR_RATIO);
    metric.expectation.raw = true;
    metric
}

fn honest() -> Capture {
    with_samples(capture(&asked(), error_ratio()), "errors", &http_requests())
}

fn found(capture: &Capture) -> Appraised {
    appraise(capture, &asked().expectation)
}

fn outcome(found: &Appraised) -> String {
    let facts = found.claim.to_stated().facts;
    facts["recomputed"]["outcome"]
        .as_str()
        .unwrap_or("none")
        .into()
}

#[test]
fn an_answer_that_follows_from_its_samples_is_verified() {
    let found = found(&honest());

    assert_eq!(outcome(&found), "equal", "{found:#?}");
    assert_eq!(found.claim.status(), Status::Verified);
    assert!(found.summary.contains("bit for bit"), "{}", found.summary);
}

#[test]
fn one_value_that_does_not_follow_is_named_with_its_time() {
    let mut capture = honest();
    let mut answer: serde_json::Value = serde_json::from_slice(&error_ratio()).unwrap();
    let value = &mut answer["data"]["result"][0]["values"][300];
    let time = value[0].clone();
    value[1] = "0.0123".into();
    add(
        &mut capture,
        "errors",
        "chunk-000.json",
        serde_json::to_vec(&answer).unwrap(),
    );

    let found = found(&capture);

    assert_eq!(outcome(&found), "differs");
    assert_eq!(found.claim.met(), Some(false));
    assert_eq!(found.claim.status(), Status::Recorded);
    let problem = &found.claim.problems()[0];
    assert_eq!(problem.code, "metric-recomputed");
    assert!(
        problem.message.contains(&time.to_string()),
        "{}",
        problem.message
    );
}

#[test]
fn without_its_samples_an_answer_is_not_better_off() {
    for left_out in ["raw.json", "raw-000-000.json", "raw-001-000.json"] {
        let mut capture = honest();
        capture
            .files
            .retain(|file| !file.path.as_str().ends_with(left_out));

        let found = found(&capture);

        assert_eq!(found.claim.met(), Some(false), "{left_out}");
        assert_eq!(found.claim.problems()[0].code, "metric-raw", "{left_out}");
    }
}

#[test]
fn what_cannot_be_computed_is_recorded_and_says_why() {
    let mut thanos = honest();
    let server = r#"{"kind":"thanos","buildinfo":null,"startBefore":null,"startAfter":null}"#;
    add(&mut thanos, "errors", "server.json", server.into());

    let found = found(&thanos);

    assert_eq!(outcome(&found), "open");
    assert_eq!(found.claim.status(), Status::Recorded);
    assert!(
        found.summary.contains("not computed from its samples"),
        "{}",
        found.summary
    );

    let mut outside = asked();
    outside.expectation.expr = "topk(1, up)".into();
    let capture = capture(&outside, error_ratio());
    let found = appraise(&capture, &outside.expectation);
    assert_eq!(outcome(&found), "open", "{found:#?}");
    assert!(found.summary.contains("topk"), "{}", found.summary);
}
