//! What gates and derived values come to in a plan.

use super::phases::{check, expectation, planned};
use crate::model::{
    Bad, Baseline, Expectation, Formula, MissingPolicy, NanPolicy, OpenRun, Operator, Statistic,
    Test,
};

#[test]
fn a_derived_value_names_items_of_its_own_phase_and_takes_over_what_it_does_not_say() {
    let plan = planned("t60");
    let of = |id: &str| match expectation(&plan, id) {
        Expectation::Derived(derived) => derived,
        _ => panic!(),
    };

    let share = of("dlq_share");
    let Formula::Ratio {
        numerator,
        denominator,
    } = &share.source
    else {
        panic!()
    };
    assert_eq!(
        (numerator.item.as_str(), denominator.item.as_str()),
        ("dlq_rate", "main_rate")
    );
    assert_eq!(share.limit.as_ref().unwrap().bound, "0.001");
    let burn = of("burn_1h");
    assert!(matches!(&burn.source, Formula::BurnRate { objective, .. } if objective == "0.999"));
    assert_eq!((burn.min_coverage_percent, burn.max_gap_ms), (95, 120_000));
    let budget = of("budget");
    assert_eq!(budget.statistic, Statistic::Last);
    assert_eq!(
        (budget.min_coverage_percent, budget.max_gap_ms),
        (80, 60_000)
    );
    assert!(
        matches!(&budget.source, Formula::BudgetUsed { period_ms, .. } if *period_ms == 2_592_000_000)
    );
    let Formula::Change { metric, baseline } = &of("p95_change.t15").source else {
        panic!()
    };
    assert_eq!(metric.item, "api_p95.t15");
    assert_eq!(baseline.metric().unwrap().item, "api_p95.baseline");
    let constant = &of("cost_change").source;
    assert!(
        matches!(constant, Formula::Change { baseline: Baseline::Constant { value }, .. } if value == "22.5")
    );
}

#[test]
fn a_check_takes_over_from_its_metric_what_it_does_not_say() {
    let plan = planned("tag");

    let alerts = check(&plan, "health", "alerts");
    assert_eq!(alerts.missing, MissingPolicy::Ok);
    assert_eq!(alerts.nan, NanPolicy::Breach);
    assert_eq!(alerts.open_run, OpenRun::Inconclusive);
    assert_eq!(alerts.guard.as_ref().unwrap().item, "up");
    assert_eq!(
        (alerts.min_coverage_percent, alerts.max_gap_ms),
        (90, 300_000)
    );
    let errors = check(&plan, "health", "errors");
    assert_eq!(
        (errors.part.from_ms, errors.part.to_ms),
        (Some(0), Some(1_800_000))
    );
    assert_eq!(
        (errors.min_coverage_percent, errors.max_gap_ms),
        (80, 180_000)
    );
    let trend = check(&plan, "health", "errors-trend");
    assert_eq!(
        (trend.min_coverage_percent, trend.max_gap_ms),
        (95, 120_000)
    );
    assert_eq!(trend.series, crate::model::Series::All);
    assert_eq!(check(&plan, "health", "dlq_share").unit, "ratio");
    assert_eq!(check(&plan, "health", "dlq-now").unit, "%");
}

#[test]
fn each_form_of_a_rule_is_planned_in_the_check_s_unit() {
    let plan = planned("t60");
    let tests = |gate, id| -> Vec<&Test> {
        let rules = check(&plan, gate, id).rules.iter();
        rules.map(|rule| &rule.test).collect()
    };

    let errors = tests("health", "errors");
    assert_eq!(*errors[0], run(Operator::Greater, "0.01", 0, true));
    assert_eq!(*errors[1], run(Operator::AtLeast, "0.02", 300_000, false));
    let trend = tests("health", "errors-trend");
    assert!(
        matches!(trend[0], Test::Growth { relative, absolute } if relative == "0.2" && absolute == "0.01")
    );
    assert!(matches!(trend[1], Test::OkRatio { min, .. } if min == "0.99"));
    assert!(matches!(
        trend[2],
        Test::Reduce {
            statistic: Statistic::Quantile(95),
            ..
        }
    ));
    let Test::For {
        when:
            Bad::Relative {
                factor,
                min_delta,
                baseline:
                    Baseline::Of {
                        metric,
                        part,
                        statistic,
                    },
                ..
            },
        length_ms,
        inclusive,
    } = trend[3]
    else {
        panic!()
    };
    assert_eq!(
        (factor.as_str(), min_delta.as_deref()),
        ("1.5", Some("0.001"))
    );
    assert_eq!(
        (metric.item.as_str(), part.to_ms),
        ("errors", Some(900_000))
    );
    assert_eq!(
        (*statistic, *length_ms, *inclusive),
        (Statistic::Mean, 600_000, true)
    );
    let Test::Checkpoints {
        at_ms,
        consecutive,
        max_age_ms,
        ..
    } = trend[4]
    else {
        panic!()
    };
    assert_eq!(*at_ms, [900_000, 1_800_000, 2_700_000, 3_600_000]);
    assert_eq!((*consecutive, *max_age_ms), (2, 60_000));
}

fn run(operator: Operator, bound: &str, length_ms: u64, inclusive: bool) -> Test {
    Test::For {
        when: Bad::Fixed {
            operator,
            bound: bound.into(),
        },
        length_ms,
        inclusive,
    }
}

#[test]
fn a_moment_of_a_checkpoint_is_counted_from_where_the_phase_s_window_begins() {
    let plan = planned("t60");

    let rules = &check(&plan, "bake.t+60", "p99-t+60").rules;
    let Test::Checkpoints {
        at_ms, max_age_ms, ..
    } = &rules[1].test
    else {
        panic!()
    };
    // The window is T+0m to T+60m.
    assert_eq!(*at_ms, [900_000, 1_800_000, 2_700_000, 3_600_000]);
    assert_eq!(*max_age_ms, 90_000);
}

#[test]
fn a_baseline_in_another_phase_is_that_phase_s_item() {
    let plan = planned("t60");

    let p95 = check(&plan, "cutover.t15", "api_p95");
    let items: Vec<&str> = p95
        .metrics()
        .iter()
        .map(|metric| metric.item.as_str())
        .collect();
    assert_eq!(items, ["api_p95.t15", "api_p95.baseline"]);
    let Test::For {
        when:
            Bad::Relative {
                baseline: Baseline::Constant { value },
                ..
            },
        ..
    } = &p95.rules[2].test
    else {
        panic!()
    };
    assert_eq!(value, "0.3");
    let baseline = p95.rules[1].test.when().unwrap();
    let Bad::Relative {
        baseline: Baseline::Of { statistic, .. },
        min_delta,
        ..
    } = baseline
    else {
        panic!()
    };
    assert_eq!(
        (*statistic, min_delta.as_deref()),
        (Statistic::Median, Some("0.05"))
    );
}
