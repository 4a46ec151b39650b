use super::*;
use RuleOutcome::{Fired, Quiet};

#[test]
fn a_value_at_the_bound_is_good_for_above_and_bad_for_at_least() {
    use Operator::{AtLeast, AtMost, Equal, Greater, Less, NotEqual};
    for (operator, below, at, over) in [
        (Greater, Quiet, Quiet, Fired),
        (AtLeast, Quiet, Fired, Fired),
        (Less, Fired, Quiet, Quiet),
        (AtMost, Fired, Fired, Quiet),
        (Equal, Quiet, Fired, Quiet),
        (NotEqual, Fired, Quiet, Fired),
    ] {
        let of =
            |value: f64| outcome(check(any_bad(fixed(operator, "0.350"))), &[Some(value)]).outcome;
        let next = f64::from_bits(0.35_f64.to_bits() + 1);
        let before = f64::from_bits(0.35_f64.to_bits() - 1);

        assert_eq!(
            (of(before), of(0.35), of(next)),
            (below, at, over),
            "{operator}"
        );
    }
}

#[test]
fn infinite_values_compare_as_numbers() {
    let of = |value| outcome(check(any_bad(above("0.35"))), &[Some(value)]).outcome;

    assert_eq!(of(f64::INFINITY), Fired);
    assert_eq!(of(f64::NEG_INFINITY), Quiet);
}

#[test]
fn coverage_is_compared_without_rounding_and_a_gap_may_be_just_as_long() {
    let of = |steps: &str, max_gap_ms| {
        let check = GateCheck {
            max_gap_ms,
            ..check(any_bad(above("0.35")))
        };
        judged(check, &inputs(&drawn(steps)))
    };

    assert_eq!(of(".........-", 300_000).verdict, GateVerdict::Green);
    assert_eq!(codes(&of("........--", 300_000)), ["gate-coverage"]);
    let gap = format!("{}--", ".".repeat(20));
    assert_eq!(of(&gap, 30_000).verdict, GateVerdict::Green);
    assert_eq!(of(&gap, 29_999).verdict, GateVerdict::Inconclusive);
    assert_eq!(
        of(&gap, 29_999).reasons[0].message,
        "there is no value for 30s in a row, at most 29s999ms may be without"
    );
    // A gap at the start counts, and a NaN is part of it.
    let edge = format!("-n{}", ".".repeat(20));
    assert_eq!(of(&edge, 29_999).verdict, GateVerdict::Inconclusive);
}

#[test]
fn a_red_stands_though_data_is_missing_and_a_yellow_does_not() {
    let of = |rule| judged(check(vec![rule]), &inputs(&drawn("x---"))).verdict;

    assert_eq!(of(red(lasting(above("0.35"), 0, true))), GateVerdict::Red);
    assert_eq!(
        of(yellow(lasting(above("0.35"), 0, true))),
        GateVerdict::Inconclusive
    );
}

#[test]
fn a_nan_and_a_missing_step_are_what_the_check_says() {
    let of = |steps: &str, nan, missing| {
        let check = GateCheck {
            nan,
            missing,
            ..check(any_bad(above("0.35")))
        };
        judged(check, &inputs(&drawn(steps))).verdict
    };
    use GateVerdict::{Green, Inconclusive, Red};

    assert_eq!(
        of("nnnn", NanPolicy::Missing, MissingPolicy::Inconclusive),
        Inconclusive
    );
    assert_eq!(of("nnnn", NanPolicy::Missing, MissingPolicy::Breach), Red);
    assert_eq!(
        of("nnnn", NanPolicy::Breach, MissingPolicy::Inconclusive),
        Red
    );
    assert_eq!(
        of("nnnn", NanPolicy::Ok, MissingPolicy::Inconclusive),
        Green
    );
    assert_eq!(
        of("----", NanPolicy::Ok, MissingPolicy::Inconclusive),
        Inconclusive
    );
    assert_eq!(of("----", NanPolicy::Ok, MissingPolicy::Breach), Red);
    assert_eq!(
        of("....", NanPolicy::Ok, MissingPolicy::Ok),
        Inconclusive,
        "no guard"
    );
}

#[test]
fn a_missing_step_is_good_only_where_the_guard_has_a_number() {
    let of = |steps: &str, guard: Captured| {
        let check = GateCheck {
            missing: MissingPolicy::Ok,
            guard: Some(metric("up")),
            ..check(any_bad(above("0.35")))
        };
        let mut inputs = inputs(&drawn(steps));
        inputs.insert("up".into(), Ok(guard));
        judged(check, &inputs)
    };
    use GateVerdict::{Green, Inconclusive, Red};

    assert_eq!(of("----", captured(&drawn("...."))).verdict, Green);
    assert_eq!(of("----", captured(&drawn("...-"))).verdict, Inconclusive);
    assert_eq!(of("----", captured(&drawn("...n"))).verdict, Inconclusive);
    assert_eq!(of("...x", captured(&drawn("----"))).verdict, Red);
    let either = Captured {
        series: vec![series("a", &drawn("..--")), series("b", &drawn("--.."))],
        ..captured(&drawn("...."))
    };
    assert_eq!(of("----", either).verdict, Green);
    let doubtful = Captured {
        doubt: Some(crate::model::Problem::new(
            "x",
            "its samples do not give its answer",
        )),
        ..captured(&drawn("...."))
    };
    assert_eq!(codes(&of("....", doubtful)), ["gate-guard"]);
}

#[test]
fn only_the_part_is_judged_and_both_its_ends_belong_to_it() {
    let of = |from_ms, to_ms| {
        let check = GateCheck {
            part: Part { from_ms, to_ms },
            ..check(any_bad(above("0.35")))
        };
        judged(check, &inputs(&drawn("x...x...x")))
    };
    use GateVerdict::{Green, Inconclusive, Red};

    let inner = of(Some(15_000), Some(45_000));
    assert_eq!((inner.verdict, inner.series[0].points), (Green, 3));
    let window = inner.window.unwrap();
    assert_eq!(
        (window.start_ms, window.end_ms),
        (START + 15_000, START + 45_000)
    );
    assert_eq!(of(Some(1), Some(59_999)).verdict, Green);
    assert_eq!(of(Some(0), Some(59_999)).verdict, Red);
    assert_eq!(of(Some(1), Some(60_000)).verdict, Red);
    assert_eq!(
        codes(&of(Some(16_000), Some(29_000))),
        ["gate-coverage"],
        "no step"
    );
    // The window was captured to its end, which may lie up to a step behind the last step.
    assert_eq!(of(Some(75_000), Some(134_999)).verdict, Red);
    assert_eq!(of(Some(75_000), Some(119_999)).verdict, Green);
    let beyond = of(Some(75_000), Some(135_000));
    assert_eq!(codes(&beyond), ["gate-red", "gate-window"]);
    assert_eq!(of(Some(135_000), None).verdict, Inconclusive);
}

#[test]
fn of_several_series_the_worst_counts_and_comes_first() {
    let check = GateCheck {
        series: Series::All,
        ..check(any_bad(above("0.35")))
    };
    let capture = Captured {
        series: vec![
            series("a", &drawn("....")),
            series("b", &drawn("---x")),
            series("c", &drawn("....")),
            series("d", &drawn(".xxx")),
        ],
        ..captured(&drawn("...."))
    };
    let result = judged(check, &Inputs::from([("m".into(), Ok(capture))]));

    assert_eq!(result.verdict, GateVerdict::Red);
    let order: Vec<&str> = (result.series.iter())
        .map(|one| one.labels["instance"].as_str())
        .collect();
    assert_eq!(order, ["d", "b", "a", "c"]);
    assert_eq!(codes(&result), ["gate-red", "gate-coverage"]);
    assert_eq!(
        result.reasons[0].message,
        "{instance=\"d\"} and 1 more series: > 0.35 s at any step: 30s from 15:00:15 to 15:00:45 UTC, worst 0.9 s at \
         15:00:15 UTC, still so at the end of the window"
    );
}
