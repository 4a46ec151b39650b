use super::*;
use crate::appraise::cutover::{
    ERROR_RATIO, T0, WINDOW, add, capture, error_ratio, http_requests, metric, with_samples,
};
use crate::model::{
    Bad, Formula, GateCheck, Level, MissingPolicy, NanPolicy, OpenRun, Operator, Part, Rule,
    Series, Test,
};
use proptest::prelude::*;

const MINUTE: u64 = 60_000;

fn rule(level: Level, length_ms: u64) -> Rule {
    Rule {
        level,
        test: Test::For {
            when: Bad::Fixed {
                operator: Operator::Greater,
                bound: "0.01".into(),
            },
            length_ms,
            inclusive: length_ms == 0,
        },
    }
}

/// Document 002's rule for errors, from T0 on.
fn expectation(metric: MetricRef) -> GateExpectation {
    GateExpectation {
        checks: vec![GateCheck {
            id: "errors".into(),
            source: Formula::Metric { metric },
            unit: "ratio".into(),
            part: Part {
                from_ms: Some(T0.abs_diff(WINDOW.start_ms)),
                to_ms: None,
            },
            series: Series::Single,
            nan: NanPolicy::Missing,
            missing: MissingPolicy::Inconclusive,
            guard: None,
            min_coverage_percent: 90,
            max_gap_ms: 5 * MINUTE,
            open_run: OpenRun::SoFar,
            rules: vec![rule(Level::Yellow, 0), rule(Level::Red, 15 * MINUTE)],
        }],
    }
}

fn verdict(found: &Appraised) -> GateVerdict {
    found.claim.to_stated().gate_verdict()
}

#[test]
fn the_recorded_outage_is_red_whatever_else_is_in_the_capture() {
    let metric = metric("errors", ERROR_RATIO);
    let mut capture = capture(&metric, error_ratio());
    add(&mut capture, "another", "chunk-000.json", b"{}".to_vec());

    let found = gate(&capture, &expectation(metric));

    assert_eq!(verdict(&found), GateVerdict::Red, "{found:#?}");
    assert_eq!(found.claim.met(), Some(false));
    assert_eq!(found.claim.problems()[0].code, "gate-red");
    let [Exhibit::Chart(chart)] = &found.exhibits[..] else {
        panic!("one chart");
    };
    assert!(chart.shades.iter().any(|shade| shade.level == Level::Red));
}

#[test]
fn without_any_one_of_its_files_a_gate_is_inconclusive() {
    let metric = metric("errors", ERROR_RATIO);
    let whole = capture(&metric, error_ratio());
    for left_out in &whole.files {
        let mut capture = whole.clone();
        capture.files.retain(|file| file.path != left_out.path);

        let found = gate(&capture, &expectation(metric.clone()));

        let name = left_out.path.as_str();
        assert_eq!(verdict(&found), GateVerdict::Inconclusive, "{name}");
        assert_eq!(found.claim.met(), None, "{name}");
    }
}

#[test]
fn samples_that_give_another_answer_make_it_inconclusive() {
    let mut metric = metric("errors", ERROR_RATIO);
    metric.expectation.raw = true;
    let honest = capture(&metric, error_ratio());
    let honest = with_samples(honest, "errors", &http_requests());
    assert_eq!(
        verdict(&gate(&honest, &expectation(metric.clone()))),
        GateVerdict::Red
    );

    // The outage is taken out of the answer; what the server counted stays.
    let calm = String::from_utf8(error_ratio())
        .unwrap()
        .replace("\"0.03", "\"0.00");
    let mut edited = honest;
    add(&mut edited, "errors", "chunk-000.json", calm.into_bytes());

    let found = gate(&edited, &expectation(metric));

    assert_eq!(verdict(&found), GateVerdict::Inconclusive, "{found:#?}");
}

#[test]
fn a_window_that_ended_after_its_capture_is_in_doubt() {
    let metric = metric("errors", ERROR_RATIO);
    let mut capture = capture(&metric, error_ratio());
    capture.captured = crate::model::Timestamp::from_millisecond(WINDOW.end_ms - 1).unwrap();

    let found = gate(&capture, &expectation(metric));

    // What is RED stays RED; nothing else would be said of it.
    assert!(verdict(&found) >= GateVerdict::Inconclusive, "{found:#?}");
}

/// The windows of the recorded day that come to each verdict, in milliseconds from its start.
const WINDOWS: [(u64, u64, GateVerdict); 3] = [
    (10 * MINUTE, 50 * MINUTE, GateVerdict::Green),
    (60 * MINUTE, 114 * MINUTE, GateVerdict::Yellow),
    (60 * MINUTE, 180 * MINUTE, GateVerdict::Red),
];

fn over(metric: MetricRef, from: u64, to: u64) -> GateExpectation {
    let mut expectation = expectation(metric);
    expectation.checks[0].part = Part {
        from_ms: Some(from),
        to_ms: Some(to),
    };
    expectation
}

#[test]
fn each_recorded_window_comes_to_its_verdict() {
    let metric = metric("errors", ERROR_RATIO);
    let capture = capture(&metric, error_ratio());

    for (from, to, wanted) in WINDOWS {
        let found = gate(&capture, &over(metric.clone(), from, to));

        assert_eq!(verdict(&found), wanted, "{from} to {to}: {}", found.summary);
    }
}

/// What becomes of a file.
#[derive(Clone, Copy, Debug)]
enum Harm {
    Removed,
    Emptied,
    CutAt(usize),
    /// At this place, another byte.
    Byte(usize, u8),
    /// A stretch of this length, taken out at this place.
    Without(usize, usize),
    /// The bytes of the next file in its place.
    Swapped,
}

fn harm() -> impl Strategy<Value = Harm> {
    let place = 0usize..1_000_000;
    prop_oneof![
        Just(Harm::Removed),
        Just(Harm::Emptied),
        Just(Harm::Swapped),
        place.clone().prop_map(Harm::CutAt),
        (
            place.clone(),
            proptest::sample::select(b"0123456789.,\"[]{}:-eN".to_vec())
        )
            .prop_map(|(place, byte)| Harm::Byte(place, byte)),
        (place, 1usize..3_000).prop_map(|(place, length)| Harm::Without(place, length)),
    ]
}

fn harmed(capture: &Capture, file: usize, harm: Harm) -> Capture {
    let mut capture = capture.clone();
    let count = capture.files.len();
    let at = file % count;
    let next = capture.files[(at + 1) % count].bytes.clone();
    let mut bytes = capture.files[at].bytes.to_vec();
    let size = bytes.len().max(1);
    match harm {
        Harm::Removed => {
            capture.files.remove(at);
            return capture;
        }
        Harm::Emptied => bytes.clear(),
        Harm::CutAt(place) => bytes.truncate(place % size),
        Harm::Byte(place, byte) => bytes[place % size] = byte,
        Harm::Without(place, length) => {
            let from = place % size;
            bytes.drain(from..(from + length).min(size));
        }
        Harm::Swapped => bytes = next.to_vec(),
    }
    capture.files[at].bytes = bytes.into();
    capture
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_harm_to_a_capture_with_its_samples_makes_a_verdict_greener(
        file in 0usize..100,
        harm in harm(),
        window in 0usize..3,
    ) {
        let mut metric = metric("errors", ERROR_RATIO);
        metric.expectation.raw = true;
        let whole = with_samples(capture(&metric, error_ratio()), "errors", &http_requests());
        let (from, to, before) = WINDOWS[window];

        let found = gate(&harmed(&whole, file, harm), &over(metric, from, to));

        let after = verdict(&found);
        prop_assert!(
            after >= before || after == GateVerdict::Inconclusive,
            "{before} became {after}: {}", found.summary
        );
    }

    #[test]
    fn the_order_of_files_changes_nothing(seed in any::<u64>()) {
        let metric = metric("errors", ERROR_RATIO);
        let whole = capture(&metric, error_ratio());
        let mut turned = whole.clone();
        let count = turned.files.len() as u64;
        turned.files.rotate_left((seed % count) as usize);
        if seed % 2 == 0 {
            turned.files.reverse();
        }
        let (from, to, _) = WINDOWS[(seed % 3) as usize];

        let expectation = over(metric, from, to);

        prop_assert_eq!(gate(&whole, &expectation).claim, gate(&turned, &expectation).claim);
    }
}

#[test]
fn a_gate_over_an_answer_that_cannot_be_computed_again_is_recorded_at_most() {
    let mut metric = metric("errors", ERROR_RATIO);
    metric.expectation.raw = true;
    let mut whole = with_samples(capture(&metric, error_ratio()), "errors", &http_requests());
    let server = r#"{"kind":"thanos","buildinfo":null,"startBefore":null,"startAfter":null}"#;
    add(&mut whole, "errors", "server.json", server.into());

    let found = gate(&whole, &expectation(metric));

    assert_eq!(verdict(&found), GateVerdict::Red);
    assert_eq!(found.claim.status(), Status::Recorded);
}

#[test]
fn a_gate_over_a_redacted_metric_comes_to_no_verdict_and_one_over_others_stays() {
    let metric = metric("errors", ERROR_RATIO);
    let mut capture = capture(&metric, error_ratio());
    let place = crate::model::Redaction {
        pointer: "metrics/errors/chunk-000.json#/data".into(),
        rule: "r".into(),
        salted: crate::model::Digest::of(b""),
    };
    let mut other = capture.clone();
    add(&mut other, "another", "chunk-000.json", b"{}".to_vec());
    capture.files[0].redactions = vec![place.clone()];
    other.files.last_mut().unwrap().redactions = vec![place];
    let mut green = expectation(metric.clone());
    green.checks[0].rules.clear();

    let red = gate(&capture, &expectation(metric.clone()));
    let passing = gate(&capture, &green);
    let beside = gate(&other, &expectation(metric));

    for found in [red, passing] {
        assert_eq!(verdict(&found), GateVerdict::Inconclusive, "{found:#?}");
        assert_eq!(found.claim.met(), None);
        assert_eq!(found.claim.problems()[0].code, "redacted");
    }
    assert_eq!(verdict(&beside), GateVerdict::Red);
    assert_eq!(beside.claim.problems()[0].code, "gate-red");
}
