//! Each problem of an answer or a series, alone.

use super::*;

#[test]
fn a_gap_within_the_window_and_a_stale_end_are_told_apart() {
    let gap: Vec<_> = (0..60)
        .map(|n| if (20..26).contains(&n) { "" } else { "0.1" })
        .collect();
    assert_eq!(Sample::values(&gap).codes(), ["metric-gap"]);
    let start: Vec<_> = (0..61).map(|n| if n < 6 { "" } else { "0.1" }).collect();
    assert_eq!(Sample::values(&start).codes(), ["metric-gap"]);
    let end: Vec<_> = (0..61).map(|n| if n > 54 { "" } else { "0.1" }).collect();
    assert_eq!(Sample::values(&end).codes(), ["metric-stale"]);
    let short: Vec<_> = (0..60)
        .map(|n| if (20..25).contains(&n) { "" } else { "0.1" })
        .collect();
    assert!(Sample::values(&short).codes().is_empty());
}

#[test]
fn a_recorded_gap_of_eight_minutes_is_a_problem() {
    let sample = Sample::range(
        body(include_bytes!(
            "../../../../fixtures/prometheus/http/prometheus-3.15/range-gap.resp"
        )),
        1_758_471_300_000,
        1_200_000,
        15_000,
    );

    let codes = sample.codes();

    assert!(codes.contains(&"metric-coverage".into()), "{codes:?}");
}

#[test]
fn too_few_numbers_are_a_problem_of_coverage() {
    let every_fifth: Vec<_> = (0..60)
        .map(|n| if n % 5 == 1 { "" } else { "0.1" })
        .collect();

    assert_eq!(Sample::values(&every_fifth).codes(), ["metric-coverage"]);
}

#[test]
fn a_window_that_was_not_over_when_it_was_captured_is_stale() {
    let mut local = Sample::values(&["0.1", "0.1"]);
    local.captured_ms = 59_999;
    assert_eq!(local.codes(), ["metric-stale"]);

    let mut server = Sample::values(&["0.1", "0.1"]);
    server.exchange.chunks[0].date = Some("Thu, 01 Jan 1970 00:00:59 GMT".into());
    assert_eq!(server.codes(), ["metric-stale"]);
    server.exchange.chunks[0].date = Some("Thu, 01 Jan 1970 00:01:00 GMT".into());
    assert!(server.codes().is_empty());
}

#[test]
fn what_the_server_warns_of_is_not_a_pass() {
    let mut sample = Sample::range(
        body(include_bytes!(
            "../../../../fixtures/prometheus/http/prometheus-3.15/warnings-remote-read-down-range.resp"
        )),
        1_758_466_800_000,
        300_000,
        60_000,
    );
    sample.expectation.limit.as_mut().unwrap().bound = "1000".into();

    assert_eq!(sample.codes(), ["metric-warnings"]);
}

#[test]
fn a_restart_between_two_requests_is_a_warning() {
    let mut sample = Sample::values(&["0.1", "0.1"]);
    sample.request.chunk_points = Some(1);
    sample.exchange.chunks = vec![exchange(), exchange()];
    let piece =
        |second: u32| matrix(&[format!(r#"{{"metric":{{}},"values":[[{second},"0.1"]]}}"#)]);
    sample.bodies = vec![piece(0), piece(60)];
    assert!(sample.codes().is_empty());

    sample.server.start_after = Some("b".into());

    assert_eq!(sample.codes(), ["metric-warnings"]);
}

#[test]
fn a_server_that_moves_the_range_is_caught() {
    let thanos = Sample::range(
        body(include_bytes!(
            "../../../../fixtures/prometheus/http/thanos-query-frontend-0.42/range-unaligned-fraction.resp"
        )),
        1_758_466_807_500,
        351_500,
        60_000,
    );
    let victoria = Sample::range(
        body(include_bytes!(
            "../../../../fixtures/prometheus/http/victoriametrics-1.79/range-unaligned-cached.resp"
        )),
        1_758_466_807_000,
        3_600_000,
        60_000,
    );

    assert_eq!(thanos.codes(), ["metric-grid-moved"]);
    assert_eq!(victoria.codes(), ["metric-grid-moved"]);
}

#[test]
fn native_histograms_are_named() {
    let mut sample = Sample::instant(
        body(include_bytes!(
            "../../../../fixtures/prometheus/http/prometheus-3.15/native-histogram-instant.resp"
        )),
        1_758_463_230_000,
    );
    sample.expectation.series = Series::All;

    let codes = sample.codes();

    assert!(
        codes.contains(&"metric-native-histogram".into()),
        "{codes:?}"
    );
}

#[test]
fn an_answer_that_is_none_has_no_value() {
    let good = || Sample::values(&["0.1", "0.1"]);
    let with_body = |body: Vec<u8>| {
        let mut sample = good();
        sample.bodies = vec![body];
        sample
    };
    let mut status = good();
    status.exchange.chunks[0].status = 502;
    let mut html = good();
    html.exchange.chunks[0].content_type = Some("text/html".into());
    let mut missing = good();
    missing.bodies.clear();
    let mut more = good();
    more.bodies.push(more.bodies[0].clone());
    let instant = Sample::instant(
        body(include_bytes!(
            "../../../../fixtures/prometheus/http/prometheus-3.15/instant-matrix-range-selector.resp"
        )),
        1_758_468_600_000,
    );
    let text = Sample::instant(
        body(include_bytes!(
            "../../../../fixtures/prometheus/http/prometheus-3.15/instant-string.resp"
        )),
        1_758_468_600_000,
    );
    let whole = good().bodies[0].clone();
    for sample in [
        status,
        html,
        missing,
        more,
        instant,
        text,
        with_body(whole[..whole.len() - 1].to_vec()),
        with_body(b"<html>login</html>".to_vec()),
        with_body(br#"{"status":"error","errorType":"timeout","error":"x"}"#.to_vec()),
        with_body(Vec::new()),
    ] {
        assert_eq!(sample.codes(), ["metric-error"]);
        assert_eq!(sample.appraise().claim.status(), Status::Missing);
    }
}

#[test]
fn the_answer_to_another_question_has_no_value() {
    type Change = fn(&mut Sample);
    let changes: [Change; 8] = [
        |s| s.request.expr = "vector(0)".into(),
        |s| s.request.step_ms = Some(30_000),
        |s| s.request.start_ms = Some(60_000),
        |s| s.request.end_ms = Some(0),
        |s| s.request.time_ms = Some(60_000),
        |s| s.expectation.range.as_mut().unwrap().window_ms = 120_000,
        |s| s.expectation.range.as_mut().unwrap().step_ms = 1,
        |s| s.window.end_ms = 0,
    ];
    for (index, change) in changes.iter().enumerate() {
        let mut sample = Sample::values(&["0.1", "0.1"]);
        change(&mut sample);
        assert_eq!(sample.codes(), ["metric-request"], "change {index}");
    }
    let sample = Sample::values(&["0.1", "0.1"]);
    let mut capture = sample.capture();
    capture.request["expr"] = "up".into();
    let found = metric(&capture, &sample.expectation);
    assert_eq!(found.claim.problems()[0].code, "metric-request");
}

#[test]
fn a_share_within_the_limit_is_judged_by_its_percent() {
    let mut values = ["0.1"; 20];
    values[3] = "2";
    let mut sample = Sample::values(&values);
    sample.expectation.statistic = Statistic::Within(95);
    assert!(sample.codes().is_empty());
    assert_eq!(
        sample.appraise().summary,
        "within-95 0.95, limit <= 0.9 s for at least 95 % of the values, 20 of 20 steps"
    );

    sample.expectation.statistic = Statistic::Within(96);
    assert_eq!(sample.codes(), ["metric-limit"]);
    sample.expectation.limit = None;
    assert!(sample.codes().contains(&"metric-limit".into()));
}

#[test]
fn a_limit_that_is_no_number_is_never_kept() {
    for bound in ["", "x", "NaN", "inf"] {
        let mut sample = Sample::values(&["0.1", "0.1"]);
        sample.expectation.limit.as_mut().unwrap().bound = bound.into();
        assert_eq!(sample.codes(), ["metric-limit"], "{bound}");
    }
}

#[test]
fn scalars_and_fractions_of_a_second_are_read() {
    let mut scalar = Sample::instant(
        body(include_bytes!(
            "../../../../fixtures/prometheus/http/prometheus-3.15/instant-scalar.resp"
        )),
        1_758_468_600_000,
    );
    scalar.expectation.limit.as_mut().unwrap().bound = "2".into();
    let mut fraction = Sample::instant(
        body(include_bytes!(
            "../../../../fixtures/prometheus/http/prometheus-3.15/instant-time-milliseconds.resp"
        )),
        1_758_468_600_250,
    );
    fraction.expectation.limit.as_mut().unwrap().bound = "80".into();

    assert!(scalar.codes().is_empty());
    assert!(fraction.codes().is_empty());
    assert_eq!(fraction.appraise().claim.to_stated().facts["value"], "80");
}

#[test]
fn no_prefix_of_an_answer_passes() {
    let whole = Sample::values(&["0.1", "0.1"]);
    let body = whole.bodies[0].clone();
    for length in 0..body.len() {
        let mut sample = Sample::values(&["0.1", "0.1"]);
        sample.bodies = vec![body[..length].to_vec()];
        assert_eq!(sample.appraise().claim.met(), Some(false), "{length}");
    }
}

#[test]
fn the_sentence_never_hides_on_which_side_of_the_limit_a_value_lies() {
    let mut sample = Sample::values(&["0.90000000001"]);

    assert_eq!(sample.codes(), ["metric-limit"]);
    sample.expectation.range = sample.expectation.range.take();
    assert!(
        sample.appraise().summary.starts_with("p95 0.90000000001 s"),
        "{}",
        sample.appraise().summary
    );
    assert!(recorded().appraise().summary.len() < 60);
}
