//! What holds for every text, every expression and all samples.

use super::super::*;
use crate::metrics::{Grid, Sample, chunks::merge};
use proptest::prelude::*;

/// Numbers of every kind, stale markers among them.
fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => (-1_000..100_000_i32).prop_map(f64::from),
        4 => any::<f64>(),
        1 => Just(f64::NAN),
        1 => Just(f64::from_bits(0x7ff0_0000_0000_0002)),
        1 => Just(f64::INFINITY),
        1 => Just(-0.0),
        1 => any::<u64>().prop_map(f64::from_bits),
    ]
}

/// Series of `x` and `y` with labels `a` and `le`, each pair at most once.
fn any_series() -> impl Strategy<Value = Vec<RawSeries>> {
    let one = (
        prop_oneof!["x", "y"],
        prop_oneof!["1", "2", "3"],
        prop_oneof!["0.1", "1", "1.0", "NaN", "\\+Inf", "no"],
        proptest::collection::btree_map(-400_000_i64..400_000, any_value(), 0..40),
    );
    proptest::collection::vec(one, 0..12).prop_map(|all| {
        let mut series: Vec<RawSeries> = all
            .into_iter()
            .map(|(name, a, le, samples)| RawSeries {
                labels: super::rules::labels(&format!("__name__={name},a={a},le={le}")),
                samples: samples
                    .into_iter()
                    .map(|(ms, value)| Sample { ms, value })
                    .collect(),
            })
            .collect();
        series.sort_by(|a, b| a.labels.cmp(&b.labels));
        series.dedup_by(|a, b| a.labels == b.labels);
        series
    })
}

fn any_scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{1,3}(\\.[0-9]{1,2})?",
        "-1",
        "NaN",
        "Inf",
        "0x1f",
        "1e3"
    ]
}

/// Texts of vectors, of every operator and function.
fn any_vector() -> impl Strategy<Value = String> {
    let selector = prop_oneof![
        "[xy]",
        "[xy]\\{a=\"[12]\"\\}",
        "[xy]\\{a(=~|!~)\"[12]\\|3\"\\}",
        "[xy] offset -?[12]m",
        "\\{a=\"[12]\"\\}",
    ];
    let over_time = prop_oneof![
        "rate",
        "increase",
        "delta",
        "avg_over_time",
        "min_over_time",
        "max_over_time",
        "sum_over_time",
        "count_over_time",
        "last_over_time",
    ];
    let leaf = prop_oneof![
        selector,
        (
            over_time,
            "[xy](\\{a!=\"2\"\\})?\\[[1-9][sm]\\]( offset [1-9]s)?"
        )
            .prop_map(|(name, range)| format!("{name}({range})")),
        any_scalar().prop_map(|scalar| format!("vector({scalar})")),
    ];
    leaf.prop_recursive(4, 24, 2, |inner| {
        let aggregate = "(sum|avg|min|max|count)( by \\((le|a|a, le)?\\)| without \\((a)?\\))?";
        let operator = "(\\+|-|\\*|/|==|!=|<|<=|>|>=)";
        let matching = "( on \\((a|le|a, le)\\)| ignoring \\((le|a)?\\))?";
        prop_oneof![
            (aggregate, inner.clone()).prop_map(|(a, of)| format!("{a} ({of})")),
            inner.clone().prop_map(|of| format!("-({of})")),
            (any_scalar(), inner.clone())
                .prop_map(|(q, of)| format!("histogram_quantile({q}, {of})")),
            (any_scalar(), operator, inner.clone())
                .prop_map(|(s, o, of)| format!("{s} {o} ({of})")),
            (inner.clone(), "(>|<=|!=) bool", any_scalar())
                .prop_map(|(of, o, s)| format!("({of}) {o} {s}")),
            (inner.clone(), operator, matching, inner.clone())
                .prop_map(|(a, o, m, b)| format!("({a}) {o}{m} ({b})")),
            (inner.clone(), "(and|or|unless)", matching, inner)
                .prop_map(|(a, o, m, b)| format!("{a} {o}{m} ({b})")),
        ]
    })
}

fn selected(expr: &Expr, grid: &Grid, all: &[RawSeries]) -> RawSamples {
    let mut samples = RawSamples::new();
    for need in needs(expr, grid) {
        let mine = all.iter().filter(|one| need.selector.matches(&one.labels));
        samples.insert(&need.selector, mine.cloned().collect());
    }
    samples
}

fn any_semantics() -> impl Strategy<Value = Semantics> {
    let of = |version: &'static str| {
        Semantics::of(crate::metrics::ServerKind::Prometheus, version).unwrap()
    };
    prop_oneof![
        Just(Semantics::V2),
        Just(of("2.51.0")),
        Just(of("2.54.1")),
        Just(of("2.55.0")),
        Just(of("3.0.0")),
        Just(of("3.6.0")),
        Just(Semantics::V3)
    ]
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,80}") {
        let _ = parse(&text);
    }

    #[test]
    fn no_text_that_looks_like_promql_makes_it_panic(
        text in "([xy(){}\\[\\],=!~<>+*/%^@#:\"'`\\\\ .0-9eE_-]|sum|by|offset|5m|rate|or|bool|on|\n){0,40}"
    ) {
        if let Ok(expr) = parse(&text) {
            let printed = expr.to_string();
            prop_assert_eq!(parse(&printed).unwrap().to_string(), printed);
        }
    }

    #[test]
    fn an_expression_is_read_back_from_its_text(text in any_vector()) {
        let expr = parse(&text).unwrap();
        let printed = expr.to_string();

        let again = parse(&printed).unwrap();

        prop_assert_eq!(again.to_string(), printed);
        // A NaN is not the same as itself.
        prop_assert!(text.contains("NaN") || again == expr);
    }

    #[test]
    fn the_pieces_of_a_grid_give_what_the_whole_gives(
        text in any_vector(),
        all in any_series(),
        start in -300_000_i64..0,
        step in 1_000_u64..60_000,
        size in 1_u64..20,
        semantics in any_semantics(),
    ) {
        let expr = parse(&text).unwrap();
        let grid = Grid::new(start, 300_000, step).unwrap();
        let samples = selected(&expr, &grid, &all);
        let whole = evaluate(&expr, &grid, semantics, &samples);

        let pieces: Result<Vec<_>, EvalError> = grid
            .chunks(size, &text)
            .unwrap()
            .into_iter()
            .map(|piece| Ok((piece, evaluate(&expr, &piece, semantics, &samples)?)))
            .collect();

        // Some duplicates are refused over a whole range and not in a piece that has one of them only.
        match (whole, pieces) {
            (Ok(whole), Ok(pieces)) => {
                let merged = merge(pieces).unwrap();
                prop_assert_eq!(compare(&whole, &merged), Agreement::Equal);
            }
            (Ok(_), Err(error)) => prop_assert!(false, "a piece alone is refused: {}", error),
            (Err(_), _) => {}
        }
    }

    #[test]
    fn no_sample_beyond_the_needs_counts(
        text in any_vector(),
        all in any_series(),
        semantics in any_semantics(),
    ) {
        let expr = parse(&text).unwrap();
        let grid = Grid::new(-100_000, 100_000, 20_000).unwrap();
        let mut fewer = RawSamples::new();
        for need in needs(&expr, &grid) {
            let mine = all.iter().filter(|one| need.selector.matches(&one.labels)).cloned();
            let within = |mut one: RawSeries| {
                one.samples.retain(|sample| (need.from_ms..=need.to_ms).contains(&sample.ms));
                one
            };
            fewer.insert(&need.selector, mine.map(within).collect());
        }

        let whole = evaluate(&expr, &grid, semantics, &selected(&expr, &grid, &all));
        let needed = evaluate(&expr, &grid, semantics, &fewer);

        match (whole, needed) {
            (Ok(whole), Ok(needed)) => prop_assert_eq!(compare(&whole, &needed), Agreement::Equal),
            (whole, needed) => prop_assert_eq!(whole.is_err(), needed.is_err()),
        }
    }
}
