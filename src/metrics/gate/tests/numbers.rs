use super::*;
use RuleOutcome::{Fired, Inconclusive, Quiet};

fn grows(values: &[f64], relative: &str, absolute: &str) -> RuleResult {
    let values: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
    let test = Test::Growth {
        relative: relative.into(),
        absolute: absolute.into(),
    };
    outcome(uncovered(vec![red(test)]), &values)
}

#[test]
fn growth_compares_the_medians_of_thirds_whose_ends_belong_to_them() {
    // 7 steps over 90 s: thirds end at 30 s and begin at 60 s.
    let found = grows(&[1.0, 9.0, 10.0, 0.0, 20.0, 11.0, 30.0], "0", "10");
    assert_eq!(found.outcome, Fired);
    assert_eq!(
        found.found,
        "median 9 s in the first third, 20 s in the last: more by 11 s, at most 10 s"
    );
}

#[test]
fn growth_must_exceed_both_the_share_and_the_number() {
    let of =
        |last, relative, absolute| grows(&[10.0, 10.0, last, last], relative, absolute).outcome;

    assert_eq!(of(12.0, "0.2", "1"), Quiet, "just the share");
    assert_eq!(of(12.1, "0.2", "1"), Fired);
    assert_eq!(of(12.1, "0.2", "3"), Quiet);
    assert_eq!(of(13.0, "0.2", "3"), Quiet, "just the number");
    assert_eq!(of(5.0, "0.2", "3"), Quiet, "less is no growth");
    assert_eq!(
        grows(&[-10.0, -10.0, -7.5, -7.5], "0.2", "1").outcome,
        Fired
    );
}

#[test]
fn growth_without_two_medians_is_inconclusive() {
    assert_eq!(grows(&[1.0], "0", "0").outcome, Inconclusive);
    assert_eq!(
        grows(&[f64::NAN, f64::NAN, 1.0, 1.0], "0", "0").outcome,
        Inconclusive
    );
    let infinite = [f64::INFINITY; 4];
    assert_eq!(grows(&infinite, "0", "0").outcome, Inconclusive);
    assert_eq!(grows(&[1.0, 1.0, 1.0], "x", "0").outcome, Inconclusive);
}

fn share(steps: &str, min: &str) -> RuleResult {
    let test = Test::OkRatio {
        when: above("0.35"),
        min: min.into(),
    };
    outcome(uncovered(vec![red(test)]), &drawn(steps))
}

#[test]
fn the_share_of_good_steps_is_compared_without_rounding() {
    let steps = format!("{}x", ".".repeat(99));
    assert_eq!(share(&steps, "0.99").outcome, Quiet);
    assert_eq!(share(&steps, "0.99000000000000000000001").outcome, Fired);
    assert_eq!(share(&format!("{steps}x"), "0.99").outcome, Fired);
    assert_eq!(share("..x", "0.6666666666666666666").outcome, Quiet);
    assert_eq!(share("..x", "0.6666666666666666667").outcome, Fired);
    assert_eq!(
        share(&format!("{steps}x"), "0.99").found,
        "99 of 101 steps are good (98 %), at least 99 % must"
    );
}

#[test]
fn the_share_is_of_valid_steps_and_nothing_has_none() {
    assert_eq!(share("..--n.", "1").outcome, Quiet);
    assert_eq!(share("------", "0").outcome, Inconclusive);
    assert_eq!(share("......", "most").outcome, Inconclusive);
}

fn reduces(values: &[f64], statistic: Statistic, bound: &str) -> RuleResult {
    let values: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
    let test = Test::Reduce {
        when: above(bound),
        statistic,
    };
    outcome(uncovered(vec![red(test)]), &values)
}

#[test]
fn one_number_of_the_values_is_compared() {
    let values: Vec<f64> = (1..=20).map(f64::from).collect();
    for (statistic, value) in [
        (Statistic::Mean, "10.5"),
        (Statistic::Median, "10"),
        (Statistic::Quantile(95), "19"),
        (Statistic::Quantile(96), "20"),
        (Statistic::Max, "20"),
        (Statistic::Min, "1"),
        (Statistic::Last, "20"),
    ] {
        assert_eq!(
            reduces(&values, statistic, value).outcome,
            Quiet,
            "{statistic:?}"
        );
        let less = format!("{}", value.parse::<f64>().unwrap() - 0.25);
        let fired = reduces(&values, statistic, &less);
        assert_eq!(fired.outcome, Fired, "{statistic:?}");
        assert!(
            fired.found.ends_with(&format!(" {value} s")),
            "{}",
            fired.found
        );
    }
    assert_eq!(
        reduces(&[f64::NAN], Statistic::Mean, "1").outcome,
        Inconclusive
    );
    let opposite = [f64::INFINITY, f64::NEG_INFINITY];
    assert_eq!(
        reduces(&opposite, Statistic::Mean, "1").outcome,
        Inconclusive
    );
}

#[test]
fn a_bad_step_without_a_number_is_never_lost_in_a_statistic() {
    let of = |steps: &str, nan| {
        let test = Test::Reduce {
            when: above("0.35"),
            statistic: Statistic::Mean,
        };
        let check = GateCheck {
            nan,
            ..uncovered(vec![red(test)])
        };
        outcome(check, &drawn(steps)).outcome
    };

    assert_eq!(of("...n", NanPolicy::Breach), Inconclusive);
    assert_eq!(of("nnnn", NanPolicy::Breach), Inconclusive);
    assert_eq!(of("xxxn", NanPolicy::Breach), Fired);
    assert_eq!(of("...n", NanPolicy::Ok), Quiet);
    assert_eq!(of("nnnn", NanPolicy::Ok), Quiet);
}

#[test]
fn a_relative_bound_is_the_product_or_the_least_difference() {
    for (operator, delta, value) in [
        (Operator::Greater, None, 0.36),
        (Operator::Greater, Some("0.05"), 0.36),
        (Operator::Greater, Some("0.07"), 0.37),
        (Operator::AtLeast, Some("0.07"), 0.37),
        (Operator::Less, None, 0.36),
        (Operator::Less, Some("0.07"), 0.3 - 0.07),
        (Operator::AtMost, Some("0.07"), 0.3 - 0.07),
        (Operator::Equal, Some("0.07"), 0.36),
    ] {
        let when = Bad::Relative {
            operator,
            factor: "1.2".into(),
            min_delta: delta.map(Into::into),
            baseline: constant("0.3"),
        };
        let found = outcome(check(any_bad(when)), &[Some(0.3)]);
        assert_eq!(found.baseline.as_deref(), Some("0.3"));
        assert_eq!(
            found.threshold,
            Some(value.to_string()),
            "{operator} {delta:?}"
        );
    }
}

#[test]
fn a_baseline_that_is_no_positive_number_is_inconclusive_and_another_rule_s_red_stands() {
    for value in ["0", "-1", "much"] {
        let unsure = red(lasting(relative("1.2", None, constant(value)), 0, true));
        let result = judged(check(vec![unsure.clone()]), &inputs(&drawn("....")));
        assert_eq!(result.verdict, GateVerdict::Inconclusive);
        assert_eq!(codes(&result), ["gate-baseline"]);

        let sure = red(lasting(above("0.35"), 0, true));
        let result = judged(check(vec![unsure, sure]), &inputs(&drawn("x...")));
        assert_eq!(result.verdict, GateVerdict::Red);
        assert_eq!(codes(&result), ["gate-red", "gate-baseline"]);
    }
}

fn against(baseline: Captured, statistic: Statistic, part: Part) -> CheckResult {
    let of = Baseline::Of {
        metric: metric("b"),
        part,
        statistic,
    };
    let mut inputs = inputs(&drawn("...x"));
    inputs.insert("b".into(), Ok(baseline));
    judged(check(any_bad(relative("2", None, of))), &inputs)
}

#[test]
fn a_baseline_is_a_statistic_of_a_covered_part_of_one_series() {
    let whole = Part::default();
    let fine = against(captured(&drawn("....")), Statistic::Median, whole);
    assert_eq!(fine.verdict, GateVerdict::Red);
    assert_eq!(fine.series[0].rules[0].threshold.as_deref(), Some("0.2"));

    let part = Part {
        from_ms: Some(30_000),
        to_ms: Some(45_000),
    };
    let steps = captured(&drawn("--xx"));
    let later = against(steps.clone(), Statistic::Median, part);
    assert_eq!(later.series[0].rules[0].threshold.as_deref(), Some("1.8"));

    let two = Captured {
        series: vec![series("a", &drawn("....")), series("b", &drawn("...."))],
        ..captured(&drawn("...."))
    };
    let none = Captured {
        series: Vec::new(),
        ..captured(&drawn("...."))
    };
    let beyond = Part {
        from_ms: None,
        to_ms: Some(60_000),
    };
    for (capture, part) in [
        (steps, whole),
        (two, whole),
        (none, whole),
        (captured(&[Some(f64::INFINITY)]), whole),
        (captured(&drawn("....")), beyond),
    ] {
        let found = against(capture.clone(), Statistic::Median, part);
        assert_eq!(found.verdict, GateVerdict::Inconclusive, "{capture:?}");
        assert_eq!(codes(&found), ["gate-baseline"], "{capture:?}");
    }
}
