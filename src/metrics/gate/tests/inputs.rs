use super::*;
use crate::model::Problem;

fn green() -> GateCheck {
    check(vec![yellow(lasting(above("0.35"), 0, true))])
}

/// Changes a capture that is GREEN as it is.
fn defect(change: impl FnOnce(&mut Captured)) -> CheckResult {
    let mut capture = captured(&drawn("...."));
    assert_eq!(
        judged(green(), &inputs(&drawn("...."))).verdict,
        GateVerdict::Green
    );
    change(&mut capture);
    judged(green(), &Inputs::from([("m".into(), Ok(capture))]))
}

#[test]
fn values_that_are_not_what_was_asked_for_are_not_judged() {
    let cases: [(&str, CheckResult); 10] = [
        (
            "gate-doubt",
            defect(|m| m.doubt = Some(Problem::new("x", "y"))),
        ),
        ("gate-histogram", defect(|m| m.series[0].histograms = 1)),
        ("gate-capture", defect(|m| m.series[0].samples[1].ms += 1)),
        (
            "gate-capture",
            defect(|m| m.series[0].samples[3].ms += STEP as i64),
        ),
        ("gate-capture", defect(|m| m.series[0].samples.reverse())),
        (
            "gate-capture",
            defect(|m| m.series.push(m.series[0].clone())),
        ),
        ("gate-capture", defect(|m| m.grid.points = 0)),
        ("gate-capture", defect(|m| m.grid.points = u64::MAX)),
        ("gate-capture", defect(|m| m.grid.step_ms = 0)),
        (
            "gate-several-series",
            defect(|m| m.series.push(series("b", &drawn("....")))),
        ),
    ];
    for (code, result) in cases {
        assert_eq!(result.verdict, GateVerdict::Inconclusive, "{code}");
        assert_eq!(codes(&result), [code]);
        assert!(result.series.is_empty());
    }
}

#[test]
fn a_warning_is_inconclusive_unless_it_is_accepted_and_a_red_stands_beside_it() {
    let partial = defect(|m| m.warnings.push("a store did not answer".into()));
    assert_eq!(partial.verdict, GateVerdict::Inconclusive);
    assert_eq!(
        partial.reasons,
        [Problem::new(
            "gate-warnings",
            "the server warns about metric m: a store did not answer"
        )]
    );

    let of = |accept_warnings, steps: &str| {
        let mut metric = metric("m");
        metric.expectation.accept_warnings = accept_warnings;
        let check = GateCheck {
            source: Formula::Metric { metric },
            ..check(vec![red(lasting(above("0.35"), 0, true))])
        };
        let mut capture = captured(&drawn(steps));
        capture.warnings.push("partial".into());
        judged(check, &Inputs::from([("m".into(), Ok(capture))])).verdict
    };
    assert_eq!(of(true, "...."), GateVerdict::Green);
    assert_eq!(of(false, "...x"), GateVerdict::Red);
}

#[test]
fn a_capture_that_could_not_be_read_gives_its_own_problem() {
    let problem = Problem::new("metric-truncated", "the answer ends too early");
    let result = judged(green(), &Inputs::from([("m".into(), Err(problem.clone()))]));

    assert_eq!(result.reasons, [problem]);
    assert_eq!(result.verdict, GateVerdict::Inconclusive);
    assert_eq!(result.window, None);
}

#[test]
fn a_warning_about_a_baseline_is_inconclusive_for_its_rule() {
    let of = Baseline::Of {
        metric: metric("b"),
        part: Part::default(),
        statistic: Statistic::Median,
    };
    let mut inputs = inputs(&drawn("...."));
    let mut baseline = captured(&drawn("...."));
    baseline.warnings.push("partial".into());
    inputs.insert("b".into(), Ok(baseline));
    let rule = red(lasting(relative("2", None, of), 0, true));

    let result = judged(check(vec![rule]), &inputs);

    assert_eq!(codes(&result), ["gate-warnings"]);
    assert_eq!(result.verdict, GateVerdict::Inconclusive);
}

#[test]
fn nothing_to_judge_is_inconclusive() {
    let empty = GateExpectation { checks: Vec::new() };
    assert_eq!(
        judge(&empty, &Inputs::new()).verdict,
        GateVerdict::Inconclusive
    );

    let result = judged(check(Vec::new()), &inputs(&drawn("....")));
    assert_eq!(codes(&result), ["gate-rule"]);
    assert_eq!(result.verdict, GateVerdict::Inconclusive);
}

#[test]
fn a_bound_that_is_no_decimal_number_is_inconclusive() {
    for bound in ["", "NaN", "inf", "1e9", "350ms"] {
        let rule = red(lasting(above(bound), 0, true));
        let result = judged(check(vec![rule]), &inputs(&drawn("....")));
        assert_eq!(codes(&result), ["gate-rule"], "{bound}");
        assert_eq!(result.verdict, GateVerdict::Inconclusive);
    }
}

#[test]
fn the_worst_check_is_the_gate_s_verdict() {
    let yellow = check(vec![yellow(lasting(above("0.35"), 0, true))]);
    let red = check(vec![red(lasting(above("0.35"), 0, true))]);
    let verdict = |checks: &[&GateCheck], steps: &str| {
        let checks = checks.iter().copied().cloned().collect();
        judge(&GateExpectation { checks }, &inputs(&drawn(steps))).verdict
    };

    assert_eq!(verdict(&[&yellow, &red], "...x"), GateVerdict::Red);
    assert_eq!(verdict(&[&yellow, &yellow], "...x"), GateVerdict::Yellow);
    assert_eq!(verdict(&[&yellow, &red], "...."), GateVerdict::Green);
}

#[test]
fn more_work_than_a_gate_may_make_is_inconclusive() {
    let capture = Captured {
        grid: Grid {
            points: 5_000_000,
            ..grid(1)
        },
        series: Vec::new(),
        ..captured(&[])
    };
    let many = vec![yellow(lasting(above("0.35"), 0, true)); 400];

    let result = judged(check(many), &Inputs::from([("m".into(), Ok(capture))]));

    assert_eq!(codes(&result), ["gate-rule"]);
    assert_eq!(result.verdict, GateVerdict::Inconclusive);
}
