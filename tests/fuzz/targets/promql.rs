//! Any text as PromQL: what is read is printed so that it is read the same again, and has a value or none.

#![no_main]

use evidence::metrics::promql::{RawSamples, RawSeries, Semantics, evaluate, needs, parse};
use evidence::metrics::{Grid, Labels, Sample};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(expr) = parse(text) else { return };
    let printed = expr.to_string();
    let again = parse(&printed).unwrap_or_else(|error| panic!("{printed}: {error}"));
    // A NaN is not equal to itself.
    assert_eq!(format!("{again:?}"), format!("{expr:?}"), "{printed}");
    assert_eq!(again.expr_type(), expr.expr_type());

    let grid = Grid {
        start_ms: 1_000_000,
        step_ms: 60_000,
        points: 3,
    };
    let mut samples = RawSamples::new();
    for need in needs(&expr, &grid) {
        let all = (0..2).map(|series| RawSeries {
            labels: Labels(
                [("le", series.to_string()), ("a", "b".into())]
                    .map(|(name, value)| (name.to_owned(), value))
                    .into(),
            ),
            samples: (0..12)
                .map(|at| Sample {
                    ms: 760_000 + at * 30_000,
                    value: (at * (series + 1) % 17) as f64,
                })
                .collect(),
        });
        samples.insert(&need.selector, all.collect());
    }
    for semantics in [Semantics::V2, Semantics::V3] {
        let one = evaluate(&expr, &grid, semantics, &samples);
        let other = evaluate(&again, &grid, semantics, &samples);
        assert_eq!(format!("{one:?}"), format!("{other:?}"), "{printed}");
        for series in one.unwrap_or_default() {
            let on_grid = |sample: &Sample| grid.index_of(sample.ms).is_some();
            assert!(series.samples.iter().all(on_grid), "{printed}");
        }
    }
});
