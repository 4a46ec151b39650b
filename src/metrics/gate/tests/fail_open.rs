//! Each way in which the script of a go-live document said GREEN without having seen anything.

use super::*;
use crate::metrics::fixture::body;
use crate::metrics::{Answer, Data};
use crate::model::Problem;

/// What is known after the answer to an instant query.
fn answered(answer: &[u8]) -> Inputs {
    let grid = Grid::instant(1_758_470_400_000);
    let known = Answer::parse(answer)
        .map_err(|error| Problem::new("metric-answer", error.to_string()))
        .and_then(|answer| match answer.data {
            Data::Vector(series) => Ok(Captured {
                grid: series
                    .first()
                    .map_or(grid, |one| Grid::instant(one.samples[0].ms)),
                series,
                warnings: answer.warnings,
                doubt: None,
            }),
            _ => Err(Problem::new("metric-type", "no vector")),
        });
    Inputs::from([("m".into(), known)])
}

/// The document's gate: p95 above 350 ms stops.
fn gate() -> GateCheck {
    check(vec![red(lasting(above("0.35"), 0, true))])
}

macro_rules! recorded {
    ($name:literal) => {
        body(include_bytes!(concat!(
            "../../../../fixtures/prometheus/http/prometheus-3.15/",
            $name,
            ".resp"
        )))
    };
}

#[test]
fn an_empty_answer_is_inconclusive() {
    let result = judged(gate(), &answered(&recorded!("instant-empty-vector")));

    assert_eq!(result.verdict, GateVerdict::Inconclusive);
    assert_eq!(codes(&result), ["gate-coverage"]);
    assert_eq!(result.series_count, 0);
}

#[test]
fn a_null_is_no_answer_and_inconclusive() {
    let null = br#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1758470400,null]}]}}"#;

    assert_eq!(codes(&judged(gate(), &answered(null))), ["metric-answer"]);
    let nothing = judged(gate(), &answered(b"null"));
    assert_eq!(nothing.verdict, GateVerdict::Inconclusive);
}

#[test]
fn a_nan_is_inconclusive() {
    let known = answered(&recorded!("instant-checklist-p95-nan"));
    let several = GateCheck {
        series: Series::All,
        ..gate()
    };

    let result = judged(several, &known);

    assert!(result.series.iter().any(|one| one.nan == 1));
    assert_eq!(result.verdict, GateVerdict::Inconclusive);
}

#[test]
fn an_infinite_value_is_red() {
    let mut known = answered(&recorded!("instant-inf"));
    if let Some(Ok(capture)) = known.get_mut("m") {
        capture.series.retain(|one| one.labels.0["k"] == "pinf");
    }

    assert_eq!(judged(gate(), &known).verdict, GateVerdict::Red);
}

#[test]
fn a_refused_query_is_inconclusive_with_the_server_s_words() {
    let result = judged(gate(), &answered(&recorded!("error-bad-promql")));

    assert_eq!(result.verdict, GateVerdict::Inconclusive);
    assert!(result.reasons[0].message.contains("bad_data"), "{result:?}");
}

#[test]
fn an_error_of_the_server_and_an_html_page_are_inconclusive() {
    for answer in [
        recorded!("error-timeout-param"),
        b"<html>".to_vec(),
        Vec::new(),
    ] {
        let result = judged(gate(), &answered(&answer));
        assert_eq!(result.verdict, GateVerdict::Inconclusive);
    }
}

#[test]
fn a_query_that_was_never_sent_is_inconclusive() {
    let result = judged(gate(), &Inputs::new());

    assert_eq!(codes(&result), ["gate-capture"]);
    assert_eq!(result.verdict, GateVerdict::Inconclusive);
}

#[test]
fn the_first_of_several_series_is_never_taken() {
    let known = answered(&recorded!("instant-checklist-p95-three-series"));
    let result = judged(gate(), &known);

    assert_eq!(result.verdict, GateVerdict::Inconclusive);
    assert_eq!(codes(&result), ["gate-several-series"]);
    assert_eq!(result.series_count, 3);
}
