//! What no loss, order or cut can do to a verdict.
//!
//! A verdict is a function of the steps that are there, and coverage lets some of them lack. So "removing data never makes a
//! verdict greener" is meant, and proved here, as follows; GREEN < YELLOW < INCONCLUSIVE < RED.
//!
//! 1. Losing good steps (no sample, or NaN) never makes a rule of runs, checkpoints or shares of good steps against a fixed
//!    bound better: quiet, inconclusive, fired. So it never makes a verdict better, and a RED stays RED; but a yellow rule
//!    that could not be judged may fire, which is YELLOW after INCONCLUSIVE.
//! 2. The same holds for a good step that turns bad.
//! 3. Losing any steps, bad ones too, gives INCONCLUSIVE or RED as soon as the coverage asked for is not reached: with 100 %
//!    after the first step. Below that, what is lost may hide only as many bad steps as the coverage leaves, by design.
//! 4. Losing all of a series that is the only one, or the capture, gives INCONCLUSIVE or RED. Of `series: all`, a label set
//!    that is gone cannot be told from one that never was.
//!
//! Growth, statistics and baselines compare numbers with numbers: a loss can move them both ways, within 3.

use super::*;
use crate::metrics::chunks::merge;
use crate::model::Problem;
use proptest::prelude::*;
use proptest::sample::select;

const GOOD: Option<f64> = Some(0.1);
const BAD: Option<f64> = Some(0.9);

fn steps(values: &'static [Option<f64>]) -> impl Strategy<Value = Vec<Option<f64>>> {
    // Stretches, so that there are runs and gaps.
    prop::collection::vec((select(values), 1..9_usize), 1..14).prop_map(|all| {
        all.into_iter()
            .flat_map(|(value, n)| vec![value; n])
            .collect()
    })
}

fn any_steps() -> impl Strategy<Value = Vec<Option<f64>>> {
    steps(&[GOOD, GOOD, BAD, GONE, Some(f64::NAN), Some(f64::INFINITY)])
}

fn counting_test() -> impl Strategy<Value = Test> {
    prop_oneof![
        (0..20_u64, any::<bool>()).prop_map(|(steps, inclusive)| lasting(
            above("0.35"),
            steps * STEP,
            inclusive
        )),
        (prop::collection::vec(0..80_u64, 1..6), 1..4_u32, 1..6_u64).prop_map(
            |(at, consecutive, age)| {
                let mut at_ms: Vec<u64> = at.into_iter().map(|step| step * STEP).collect();
                at_ms.sort_unstable();
                Test::Checkpoints {
                    when: above("0.35"),
                    at_ms,
                    consecutive,
                    max_age_ms: age * STEP,
                }
            }
        ),
        select(vec!["0", "0.5", "0.9", "0.99", "1"]).prop_map(|min| Test::OkRatio {
            when: above("0.35"),
            min: min.into(),
        }),
    ]
}

fn any_test() -> impl Strategy<Value = Test> {
    let decimal = || select(vec!["0", "0.2", "1", "-1", "x", "0.35"]);
    prop_oneof![
        counting_test(),
        (decimal(), decimal()).prop_map(|(relative, absolute)| Test::Growth {
            relative: relative.into(),
            absolute: absolute.into(),
        }),
        (0..101_u8, decimal()).prop_map(|(percent, bound)| Test::Reduce {
            when: above(bound),
            statistic: Statistic::Quantile(percent),
        }),
        (decimal(), decimal(), decimal()).prop_map(|(factor, delta, base)| lasting(
            relative(factor, Some(delta), constant(base)),
            STEP,
            false
        )),
    ]
}

fn rules(test: impl Strategy<Value = Test>) -> impl Strategy<Value = Vec<Rule>> {
    let rule = (any::<bool>(), test)
        .prop_map(|(is_red, test)| if is_red { red(test) } else { yellow(test) });
    prop::collection::vec(rule, 1..4)
}

fn counting() -> impl Strategy<Value = GateCheck> {
    check_of(rules(counting_test()))
}

fn check_of(rules: impl Strategy<Value = Vec<Rule>>) -> impl Strategy<Value = GateCheck> {
    let part = (0..10_u64, 20..80_u64);
    let coverage = select(vec![0_u8, 50, 90, 100]);
    (rules, part, coverage, any::<bool>(), any::<bool>()).prop_map(
        |(rules, (from, to), min_coverage_percent, cut, open)| GateCheck {
            min_coverage_percent,
            max_gap_ms: 10 * STEP,
            open_run: if open {
                OpenRun::Inconclusive
            } else {
                OpenRun::SoFar
            },
            part: Part {
                from_ms: cut.then_some(from * STEP),
                to_ms: cut.then_some(to * STEP),
            },
            ..check(rules)
        },
    )
}

/// Changes the steps that the bits choose, where `which` holds.
fn changed(
    steps: &[Option<f64>],
    bits: &[bool],
    which: impl Fn(f64) -> bool,
    to: Option<f64>,
) -> Vec<Option<f64>> {
    (steps.iter().zip(bits.iter().cycle()))
        .map(|(step, chosen)| match step {
            Some(value) if *chosen && which(*value) => to,
            _ => *step,
        })
        .collect()
}

fn is_no_better(after: &CheckResult, before: &CheckResult) -> bool {
    let rank = |rule: &RuleResult| match rule.outcome {
        RuleOutcome::Quiet => 0,
        RuleOutcome::Inconclusive => 1,
        RuleOutcome::Fired => 2,
    };
    let pairs = || before.series[0].rules.iter().zip(&after.series[0].rules);
    let settled = pairs().any(|(before, after)| {
        after.level == Level::Yellow && rank(after) == 2 && rank(before) == 1
    });
    let turned = (before.verdict, after.verdict);
    pairs().all(|(before, after)| rank(after) >= rank(before))
        && (after.verdict >= before.verdict
            || settled && turned == (GateVerdict::Inconclusive, GateVerdict::Yellow))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn losing_good_steps_never_makes_a_verdict_better(
        check in counting(),
        steps in any_steps(),
        bits in prop::collection::vec(any::<bool>(), 1..40),
        lost in select(&[GONE, Some(f64::NAN)]),
    ) {
        let less = changed(&steps, &bits, |value| value == 0.1, lost);

        let before = judged(check.clone(), &inputs(&steps));
        let after = judged(check, &inputs(&less));

        prop_assert!(is_no_better(&after, &before), "{before:?} became {after:?}");
    }

    #[test]
    fn a_good_step_that_turns_bad_never_makes_a_verdict_better(
        check in counting(),
        steps in any_steps(),
        bits in prop::collection::vec(any::<bool>(), 1..40),
    ) {
        let worse = changed(&steps, &bits, |value| value == 0.1, BAD);

        let before = judged(check.clone(), &inputs(&steps));
        let after = judged(check, &inputs(&worse));

        prop_assert!(is_no_better(&after, &before), "{before:?} became {after:?}");
    }

    #[test]
    fn losing_more_than_the_coverage_leaves_is_inconclusive_or_red(
        check in check_of(rules(any_test())),
        steps in any_steps(),
        bits in prop::collection::vec(any::<bool>(), 1..40),
        lost in select(&[GONE, Some(f64::NAN)]),
    ) {
        let less = changed(&steps, &bits, |_| true, lost);

        let result = judged(check.clone(), &inputs(&less));

        let one = &result.series[0];
        let covers = one.valid * 100 >= u64::from(check.min_coverage_percent) * one.points;
        if !covers || one.valid == 0 || one.longest_gap_ms > check.max_gap_ms {
            prop_assert!(result.verdict >= GateVerdict::Inconclusive, "{:?}", result.verdict);
        }
    }

    #[test]
    fn with_full_coverage_losing_any_judged_step_is_inconclusive_or_red(
        check in check_of(rules(any_test())),
        steps in any_steps(),
        at in any::<prop::sample::Index>(),
    ) {
        let check = GateCheck { min_coverage_percent: 100, part: Part::default(), ..check };
        let mut less = steps.clone();
        less[at.index(steps.len())] = GONE;

        let after = judged(check, &inputs(&less)).verdict;

        prop_assert!(after >= GateVerdict::Inconclusive, "{after}");
    }

    #[test]
    fn losing_everything_is_inconclusive_or_red(
        check in check_of(rules(any_test())),
        points in 1..90_usize,
        lost in select(&[GONE, Some(f64::NAN)]),
    ) {
        let empty = captured(&vec![lost; points]);
        let none = Captured { series: Vec::new(), ..empty.clone() };
        for known in [Ok(empty), Ok(none), Err(Problem::new("x", "y"))] {
            let after = judged(check.clone(), &Inputs::from([("m".into(), known)])).verdict;
            prop_assert!(after >= GateVerdict::Inconclusive, "{after}");
        }
        prop_assert_eq!(judged(check, &Inputs::new()).verdict, GateVerdict::Inconclusive);
    }

    #[test]
    fn the_order_of_series_does_not_matter(
        check in check_of(rules(any_test())),
        all in prop::collection::vec(any_steps(), 0..6).prop_shuffle(),
        is_single in any::<bool>(),
    ) {
        let check = GateCheck {
            series: if is_single { Series::Single } else { Series::All },
            ..check
        };
        let series: Vec<TimeSeries> = (0..)
            .zip(&all)
            .map(|(name, values): (u32, _)| {
                let mut one = series(&name.to_string(), values);
                one.samples.retain(|sample| grid(20).index_of(sample.ms).is_some());
                one
            })
            .collect();
        let of = |series: Vec<TimeSeries>| {
            let capture = Captured { grid: grid(20), series, warnings: Vec::new(), doubt: None };
            let inputs = Inputs::from([("m".into(), Ok(capture))]);
            let result = judged(check.clone(), &inputs);
            (chart(&check, &inputs, &result).map(|drawn| format!("{drawn:?}")), result)
        };
        let mut turned = series.clone();
        turned.reverse();

        prop_assert_eq!(of(series), of(turned));
    }

    #[test]
    fn cutting_the_range_into_pieces_changes_nothing(
        check in check_of(rules(any_test())),
        steps in any_steps(),
        size in 1..50_u64,
    ) {
        let whole = captured(&steps);
        let pieces = whole.grid.chunks(size, "m").unwrap();
        let parts = pieces.into_iter().map(|piece| {
            let mut part = whole.series.clone();
            part[0].samples.retain(|sample| piece.index_of(sample.ms).is_some());
            (piece, part)
        });
        let merged = Captured { series: merge(parts).unwrap(), ..whole.clone() };
        let of = |capture| serde_json::to_string(
            &judged(check.clone(), &Inputs::from([("m".into(), Ok(capture))]))
        ).unwrap();

        prop_assert_eq!(of(merged), of(whole));
    }

    #[test]
    fn any_grid_and_values_give_a_result(
        check in check_of(rules(any_test())),
        start_ms in select(vec![i64::MIN, -1, 0, START, i64::MAX - 60_000, i64::MAX]),
        step_ms in select(vec![0, 1, STEP, i64::MAX as u64, u64::MAX]),
        points in select(vec![0, 1, 2, 5, 100, u64::MAX]),
        values in prop::collection::vec(any::<f64>(), 0..6),
        at in select(vec![i64::MIN, -1, 0, START, i64::MAX]),
        max_gap_ms in any::<u64>(),
        from_ms in any::<Option<u64>>(),
        to_ms in any::<Option<u64>>(),
    ) {
        let grid = Grid { start_ms, step_ms, points };
        let samples = |base: i64| (0..).zip(&values).map(move |(index, value)| Sample {
            ms: base.saturating_add_unsigned(step_ms.saturating_mul(index)),
            value: *value,
        });
        for base in [start_ms, at] {
            let series = vec![TimeSeries {
                labels: labels("a"),
                samples: samples(base).collect(),
                histograms: 0,
            }];
            let capture = Captured { grid, series, warnings: Vec::new(), doubt: None };
            let inputs = Inputs::from([("m".into(), Ok(capture))]);
            let check = GateCheck { max_gap_ms, part: Part { from_ms, to_ms }, ..check.clone() };

            let result = judged(check.clone(), &inputs);
            chart(&check, &inputs, &result);

            let text = serde_json::to_string(&result).unwrap();
            prop_assert_eq!(serde_json::from_str::<CheckResult>(&text).unwrap(), result);
        }
    }
}

/// As it is defined: some stretch from a bad step to a bad one, long enough and at least half of it bad.
fn bears(steps: &[Option<f64>], needed: usize) -> bool {
    let is_bad = |index: usize| steps[index] == BAD;
    let all = 0..steps.len();
    let pairs = all
        .clone()
        .flat_map(|first| all.clone().map(move |last| (first, last)));
    pairs
        .filter(|(first, last)| *last >= first + needed && is_bad(*first) && is_bad(*last))
        .any(|(first, last)| {
            let inside = &steps[first..=last];
            let bad = inside.iter().filter(|step| **step == BAD).count();
            !inside.contains(&GOOD) && 2 * bad >= inside.len()
        })
}

proptest! {
    #[test]
    fn a_run_fires_just_where_some_stretch_of_it_is_long_and_half_bad(
        steps in prop::collection::vec(select(&[GOOD, BAD, BAD, BAD, GONE, GONE, GONE]), 1..40),
        needed in 0..20_usize,
    ) {
        let rule = red(lasting(above("0.35"), needed as u64 * STEP, true));

        let found = outcome(uncovered(vec![rule]), &steps);

        prop_assert_eq!(found.outcome == RuleOutcome::Fired, bears(&steps, needed));
        let is_long = found.runs.iter().any(|run| run.length_ms() >= needed as u64 * STEP);
        prop_assert_eq!(found.outcome != RuleOutcome::Quiet, is_long);
    }
}
