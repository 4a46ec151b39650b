//! What a picture must show, whatever the samples are.

use super::*;
use crate::model::{Level, Line, Mark, Shade, Threshold, Window};
use proptest::prelude::*;

const START: i64 = 1_758_466_800_000;

/// Two hours at 15 s: an outage from +30 min to +45 min, a spike of one step, three minutes without samples.
fn outage() -> Chart {
    let value = |step: i64| match step {
        120..=180 => 0.031,
        300 => 0.09,
        _ => 0.004 + (step % 7) as f64 / 10_000.0,
    };
    let points = (0..=480)
        .filter(|step| !(400..412).contains(step))
        .map(|step| (START + step * 15_000, value(step)));
    Chart {
        title: "error_ratio".into(),
        unit: "%".into(),
        window: Some(Window {
            start_ms: START,
            end_ms: START + 7_200_000,
        }),
        step_ms: 15_000,
        lines: vec![Line {
            name: "{}".into(),
            points: points.collect(),
        }],
        thresholds: [Level::Yellow, Level::Red]
            .map(|level| Threshold {
                value: 0.02,
                label: "limit".into(),
                level: Some(level),
            })
            .into(),
        shades: vec![Shade {
            start_ms: START + 1_800_000,
            end_ms: START + 2_700_000,
            level: Level::Red,
            label: "15m > 0.02 %".into(),
        }],
        marks: vec![Mark {
            ms: START + 900_000,
            label: "canary-25".into(),
        }],
    }
}

fn of(points: &[(i64, f64)]) -> Chart {
    Chart {
        step_ms: 1_000,
        lines: vec![Line {
            name: String::new(),
            points: points.to_vec(),
        }],
        ..Chart::default()
    }
}

/// The first series' path, dots and triangles.
fn drawn(chart: &Chart) -> trace::Trace {
    layout(chart, &WIDE, 0.0).unwrap().traces.remove(0)
}

/// Heights of all points of a path.
fn heights(path: &str) -> Vec<f64> {
    path.split(['M', ' '])
        .filter(|number| !number.is_empty())
        .map(|number| number.trim_end_matches("h0").parse().unwrap())
        .skip(1)
        .step_by(2)
        .collect()
}

#[test]
fn an_outage_is_drawn_as_it_always_was() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!("outage.svg", svg("Gate cutover", &outage())));
}

#[test]
fn a_file_is_well_formed_and_says_what_it_shows_without_being_seen() {
    let text = svg("Gate cutover", &outage());

    let document = roxmltree::Document::parse(&text).unwrap();

    let root = document.root_element();
    assert_eq!(
        root.tag_name().namespace(),
        Some("http://www.w3.org/2000/svg")
    );
    assert_eq!(root.attribute("width"), Some("880"));
    let words = |name: &str| {
        let mut found = root
            .children()
            .filter(|node| node.tag_name().name() == name);
        found
            .next()
            .and_then(|node| node.text())
            .unwrap()
            .to_owned()
    };
    assert_eq!(words("title"), "Gate cutover: error_ratio");
    assert_eq!(
        words("desc"),
        "1 series over time; 2025-09-21 15:00:00 to 17:00:00 UTC; highest 0.09 % at 16:15:00; \
         1 gap without samples, 3m15s from 16:39:45 to 16:43:00; YELLOW limit 0.02 %; RED limit 0.02 %; \
         RED from 15:30:00 to 15:45:00 UTC: 15m > 0.02 %; canary-25 at 2025-09-21 15:15:00 UTC"
    );
}

#[test]
fn what_a_stretch_and_a_limit_are_is_said_in_words() {
    let text = svg("", &outage());

    assert!(text.contains(">RED 15m &gt; 0.02 %</text>"), "{text}");
    assert!(text.contains(">YELLOW, RED limit 0.02 %</text>"));
    assert!(text.contains(">canary-25</text>"));
}

#[test]
fn the_way_over_missing_steps_and_over_nan_is_left_open() {
    let stretches = |points: &[(i64, f64)]| drawn(&of(points)).path.matches('M').count();

    let whole = [(0, 1.0), (1_000, 2.0), (2_500, 1.0), (3_500, 2.0)];
    assert_eq!(stretches(&whole), 1);
    let missing = [(0, 1.0), (1_000, 2.0), (2_501, 1.0), (3_501, 2.0)];
    assert_eq!(stretches(&missing), 2);
    let nan = [
        (0, 1.0),
        (500, 1.0),
        (1_000, f64::NAN),
        (1_500, 1.0),
        (2_000, 2.0),
    ];
    assert_eq!(stretches(&nan), 2);
}

#[test]
fn a_lone_sample_is_a_dot() {
    let found = drawn(&of(&[(0, 1.0), (1_000, 1.0), (9_000, 2.0), (60_000, 1.0)]));

    assert_eq!(found.dots.matches("h0").count(), 2);
    assert!(!drawn(&of(&[(5, 1.0)])).dots.is_empty());
}

#[test]
fn infinite_values_are_marked_at_the_edges_and_counted() {
    let chart = of(&[(0, 1.0), (1_000, f64::INFINITY), (2_000, f64::NEG_INFINITY)]);

    let (found, text) = (drawn(&chart), svg("", &chart));

    assert_eq!(found.infinite.matches('z').count(), 2);
    assert!(text.contains("2 infinite values, at the edge (▲)"));
}

#[test]
fn hostile_texts_are_escaped_everywhere() {
    let hostile = "</svg><script>\"'&\u{0}\u{1b}\u{202e}\u{ffff}";
    let mut chart = outage();
    chart.title = hostile.into();
    chart.unit = hostile.into();
    chart.lines[0].name = hostile.into();
    chart.thresholds[0].label = hostile.into();
    chart.shades[0].label = hostile.into();
    chart.marks[0].label = hostile.into();

    let file = svg(hostile, &chart);
    let page = super::chart(hostile, &chart).into_string();

    let document = roxmltree::Document::parse(&file).unwrap();
    assert!(
        document
            .descendants()
            .all(|node| !node.has_tag_name("script"))
    );
    for text in [file, page] {
        assert!(!text.contains("<script>"));
        assert!(!text.contains(['\u{0}', '\u{1b}', '\u{202e}', '\u{ffff}']));
    }
}

#[test]
fn twenty_series_have_patterns_of_their_own_and_the_others_are_counted() {
    let mut chart = of(&[(0, 1.0), (1_000, 2.0)]);
    chart.lines = vec![chart.lines[0].clone(); 23];

    let text = svg("", &chart);

    let patterns: std::collections::BTreeSet<&str> = (0..20).map(legend::dash).collect();
    assert_eq!(patterns.len(), 20);
    assert!(text.contains("3 more series are not drawn"));
}

#[test]
fn a_yellow_stretch_within_a_red_one_is_not_drawn_over_it() {
    let mut chart = outage();
    let mut yellow = chart.shades[0].clone();
    yellow.level = Level::Yellow;
    chart.shades.insert(0, yellow.clone());
    assert_eq!(layout(&chart, &WIDE, 0.0).unwrap().bands.len(), 1);

    yellow.end_ms += 1;
    chart.shades[0] = yellow;
    assert_eq!(layout(&chart, &WIDE, 0.0).unwrap().bands.len(), 2);
}

#[test]
fn without_samples_the_window_and_its_limits_are_drawn_and_without_a_window_nothing() {
    for points in [vec![], vec![(START, f64::NAN)]] {
        let mut chart = outage();
        chart.lines[0].points = points;
        assert!(svg("", &chart).contains("no samples in this window"));

        chart.window = None;
        assert!(svg("", &chart).contains("no samples to draw"));
        assert!(!super::chart("", &chart).into_string().contains("<svg"));
    }
}

#[test]
fn samples_outside_of_the_window_are_counted() {
    let mut chart = outage();
    chart.lines[0].points.push((START + 7_200_001, 5.0));

    let text = svg("", &chart);

    assert!(text.contains("1 sample outside of this window") && !text.contains("highest 5"));
}

#[test]
fn numbers_at_the_ends_of_what_a_float_holds_are_no_panic() {
    for points in [
        [(i64::MIN, f64::MIN), (i64::MAX, f64::MAX)],
        [(0, 0.0), (1, 1e-320)],
    ] {
        assert!(svg("t", &of(&points)).contains("too far apart"));
    }
}

#[test]
fn a_million_samples_are_a_small_file() {
    let points: Vec<(i64, f64)> = (0..1_000_000)
        .map(|step| (step * 1_000, ((step * 7_919) % 97) as f64))
        .collect();

    assert!(svg("", &of(&points)).len() < 32_000);
}

fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        -1e6..1e6_f64,
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::MIN_POSITIVE),
    ]
}

fn any_time() -> impl Strategy<Value = i64> {
    prop_oneof![any::<i64>(), START..START + 10_000_000]
}

fn any_chart() -> impl Strategy<Value = Chart> {
    let points = prop::collection::vec((any_time(), any_number()), 0..40);
    let lines = prop::collection::vec((any::<String>(), points), 0..4);
    let level = prop_oneof![Just(Level::Yellow), Just(Level::Red)];
    let thresholds = prop::collection::vec((any_number(), any::<String>()), 0..12);
    let shades = prop::collection::vec((any_time(), any_time(), level, any::<String>()), 0..12);
    let marks = prop::collection::vec((any_time(), any::<String>()), 0..12);
    let window = prop::option::of((any_time(), any_time()));
    let texts = (any::<String>(), any::<String>());
    (
        texts,
        window,
        any::<u64>(),
        lines,
        thresholds,
        shades,
        marks,
    )
        .prop_map(
            |((title, unit), window, step_ms, lines, thresholds, shades, marks)| Chart {
                title,
                unit,
                window: window.map(|(start_ms, end_ms)| Window { start_ms, end_ms }),
                step_ms,
                lines: (lines.into_iter())
                    .map(|(name, points)| Line { name, points })
                    .collect(),
                thresholds: (thresholds.into_iter())
                    .map(|(value, label)| Threshold {
                        value,
                        label,
                        level: None,
                    })
                    .collect(),
                shades: (shades.into_iter())
                    .map(|(start_ms, end_ms, level, label)| Shade {
                        start_ms,
                        end_ms,
                        level,
                        label,
                    })
                    .collect(),
                marks: (marks.into_iter())
                    .map(|(ms, label)| Mark { ms, label })
                    .collect(),
            },
        )
}

proptest! {
    #[test]
    fn whatever_the_numbers_the_picture_is_well_formed_and_the_same_again(chart in any_chart()) {
        let text = svg("t", &chart);

        let document = roxmltree::Document::parse(&text);

        prop_assert!(document.is_ok(), "{:?} {text}", document.err());
        for node in document.iter().flat_map(|document| document.descendants()) {
            for attribute in node.attributes() {
                let (name, value) = (attribute.name(), attribute.value());
                let is_path = name == "d" && !value.contains("NaN") && !value.contains("inf");
                let is_number = value.parse().is_ok_and(|number: f64| (-10.0..10_000.0).contains(&number));
                let is_word = ["class", "role", "aria-label", "viewBox", "text-anchor", "stroke-dasharray"].contains(&name);
                prop_assert!(is_path || is_number || is_word || value == "100%", "{name} {value}");
            }
        }
        prop_assert_eq!(&text, &svg("t", &chart));
    }

    #[test]
    fn no_spike_and_no_dip_disappears(
        at in prop::collection::btree_map(0_i64..20_000, 100.0..1000.0_f64, 1..20),
        dip in 0_i64..20_000,
    ) {
        let mut points: Vec<(i64, f64)> = (0..20_000).map(|step| (step * 1_000, 50.0)).collect();
        for (step, value) in &at {
            points[*step as usize].1 = *value;
        }
        points[dip as usize].1 = 1.0;
        let chart = of(&points);
        let shown = layout(&chart, &WIDE, 0.0).unwrap();
        let (plane, trace) = (shown.plane, &shown.traces[0]);

        let heights = heights(&trace.path);

        let has = |value: f64| {
            let wanted = plane.y(value);
            heights.iter().any(|height| (height - wanted).abs() <= 0.06)
        };
        let width = 20_000.0 / (plane.right - plane.left);
        let highest = |step: i64| {
            let near = at.iter().filter(|(other, _)| ((**other - step) as f64).abs() <= width);
            near.map(|(_, value)| *value).fold(0.0, f64::max)
        };
        for (step, value) in at.iter().filter(|(step, _)| **step != dip) {
            prop_assert!(*value < highest(*step) || has(*value), "{step} {value}");
        }
        prop_assert!(has(1.0));
    }
}
