use super::*;
use crate::model::{Chart, Shade, Threshold};

fn drawn_of(check: &GateCheck, inputs: &Inputs) -> Option<Chart> {
    let result = judged(check.clone(), inputs);
    chart(check, inputs, &result)
}

#[test]
fn a_chart_has_the_judged_samples_thresholds_and_bad_runs() {
    let check = GateCheck {
        part: Part {
            from_ms: Some(15_000),
            to_ms: None,
        },
        ..uncovered(vec![
            yellow(lasting(above("0.35"), 0, true)),
            red(lasting(above("0.35"), 60_000, true)),
            red(lasting(relative("2", None, constant("0.4")), 0, true)),
        ])
    };
    let inputs = inputs(&drawn("x..xx--n.xxxxx."));

    let chart = drawn_of(&check, &inputs).unwrap();

    let at = |index: i64| START + index * 15_000;
    let window = chart.window.unwrap();
    assert_eq!((window.start_ms, window.end_ms), (at(1), at(14)));
    assert_eq!((chart.step_ms, chart.unit.as_str()), (STEP, "s"));
    let times: Vec<i64> = chart.lines[0].points.iter().map(|(ms, _)| *ms).collect();
    let expected: Vec<i64> = (1..=14).filter(|n| ![6, 7].contains(n)).map(at).collect();
    assert_eq!(times, expected, "a gap is open once");
    assert!(chart.lines[0].points[4].1.is_nan());

    let threshold = |value, label: &str, level| Threshold {
        value,
        label: label.into(),
        level,
    };
    assert_eq!(
        chart.thresholds,
        [
            threshold(0.35, ">", Some(Level::Red)),
            threshold(0.8, "> 2x baseline", Some(Level::Red)),
            threshold(0.4, "baseline", None),
        ]
    );
    let shade = |from, to, level, label: &str| Shade {
        start_ms: at(from),
        end_ms: at(to),
        level,
        label: label.into(),
    };
    assert_eq!(
        chart.shades,
        [
            shade(3, 4, Level::Red, "15s > 0.8 s"),
            shade(9, 13, Level::Red, "1m > 0.35 s"),
        ]
    );
}

#[test]
fn a_short_run_is_yellow_and_a_quiet_rule_shades_nothing_but_what_is_open() {
    let of = |steps: &str, rules: Vec<Rule>| {
        let chart = drawn_of(&uncovered(rules), &inputs(&drawn(steps))).unwrap();
        let shades = chart.shades.into_iter();
        let shades: Vec<_> = shades.map(|shade| (shade.level, shade.label)).collect();
        shades
    };
    let long = || red(lasting(above("0.35"), 60_000, true));
    let any = || yellow(lasting(above("0.35"), 0, true));

    assert_eq!(
        of(".xx.", vec![any(), long()]),
        [(Level::Yellow, "15s > 0.35 s".into())]
    );
    assert_eq!(
        of(".x..", vec![any(), long()]),
        [(Level::Yellow, "> 0.35 s".into())]
    );
    assert_eq!(of(".xx.", vec![long()]), []);
    assert_eq!(
        of("..xx", vec![long()]),
        [(Level::Yellow, "15s > 0.35 s".into())]
    );
}

#[test]
fn at_most_twenty_series_are_drawn_the_worst_first() {
    let mut all: Vec<TimeSeries> = (0..30)
        .map(|name| series(&format!("{name:02}"), &drawn("....")))
        .collect();
    all[25] = series("25", &drawn(".xx."));
    let capture = Captured {
        series: all,
        ..captured(&drawn("...."))
    };
    let check = GateCheck {
        series: Series::All,
        ..check(vec![red(lasting(above("0.35"), 0, true))])
    };

    let chart = drawn_of(&check, &Inputs::from([("m".into(), Ok(capture))])).unwrap();

    assert_eq!(chart.lines.len(), 20);
    assert_eq!(chart.lines[0].name, "{instance=\"25\"}");
    assert_eq!(chart.lines[1].name, "{instance=\"00\"}");
}

#[test]
fn nothing_is_drawn_of_nothing() {
    let check = check(vec![red(lasting(above("0.35"), 0, true))]);
    let none = Captured {
        series: Vec::new(),
        ..captured(&drawn("...."))
    };

    assert_eq!(drawn_of(&check, &Inputs::new()), None);
    assert_eq!(
        drawn_of(&check, &Inputs::from([("m".into(), Ok(none))])),
        None
    );
}
