//! Steps and lengths of time as Grafana computes and prints them.

use crate::model::time::parse_duration_ms;

/// Most points of a query: a shorter step is made longer.
const SAFE_POINTS: u64 = 11_000;

/// The step of a query and what `$__rate_interval` stands for, in milliseconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Interval {
    pub(super) step_ms: u64,
    pub(super) rate_ms: u64,
}

/// What a step follows from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// Length of the window in milliseconds.
    pub(super) range_ms: u64,
    /// Points that a panel draws at most.
    pub(super) points: u64,
    /// How often the server scrapes, in milliseconds.
    pub(super) scrape_ms: u64,
    /// The panel's least interval.
    pub(super) panel: Option<&'a str>,
    /// The query's least step, variables of the dashboard filled in.
    pub(super) min_step: Option<&'a str>,
    /// The query's resolution: 10 for 1/10.
    pub(super) factor: u64,
}

impl Interval {
    /// The step: the window by its points, rounded, no shorter than panel, query and server want it.
    pub(super) fn of(wanted: &Wanted<'_>) -> Result<Self, String> {
        let least = match wanted.panel.map(own) {
            None | Some(Own::Unset | Own::Step | Own::Rate) => wanted.scrape_ms,
            Some(Own::Length(ms)) => ms,
            Some(Own::Wrong) => return Err(no_length("least interval of the panel", wanted.panel)),
        };
        // The browser rounds first; where its bounds are met exactly, it takes the longer one.
        let drawn = rounded(wanted.range_ms, wanted.points, false).max(least);
        let min_step = wanted.min_step.map_or(Own::Unset, own);
        let floor = match min_step {
            Own::Length(ms) => ms,
            Own::Wrong => return Err(no_length("least step", wanted.min_step)),
            _ => drawn,
        };
        let safe = rounded(wanted.range_ms, SAFE_POINTS, true);
        let step_ms = rounded(wanted.range_ms, wanted.points, true)
            .max(floor)
            .max(safe);
        let rate =
            |step: u64, scrape: u64| step.saturating_add(scrape).max(scrape.saturating_mul(4));
        Ok(match min_step {
            // The step is the rate's own length then, whatever the resolution.
            Own::Rate => {
                let step_ms = rate(step_ms, wanted.scrape_ms);
                Self {
                    step_ms,
                    rate_ms: step_ms,
                }
            }
            _ => {
                let step_ms = step_ms.saturating_mul(wanted.factor.max(1));
                let scrape = match min_step {
                    Own::Length(ms) => ms,
                    Own::Step => step_ms,
                    _ => wanted.scrape_ms,
                };
                Self {
                    step_ms,
                    rate_ms: rate(drawn, scrape),
                }
            }
        })
    }
}

/// What a field for a least interval holds.
#[derive(Clone, Copy)]
enum Own {
    Unset,
    Length(u64),
    /// `$__interval`
    Step,
    /// `$__rate_interval`
    Rate,
    Wrong,
}

fn own(text: &str) -> Own {
    match text.trim() {
        "" | "0" | "0s" => Own::Unset,
        "$__interval" | "${__interval}" => Own::Step,
        "$__rate_interval" | "${__rate_interval}" => Own::Rate,
        text => {
            // `>10s` was "at least", before that was all it could mean.
            let bare = text.trim_start_matches(['>', '<']);
            let seconds = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit());
            let length = match seconds {
                true => parse_duration_ms(&format!("{bare}s")),
                false => parse_duration_ms(bare),
            };
            length.filter(|ms| *ms > 0).map_or(Own::Wrong, Own::Length)
        }
    }
}

fn no_length(what: &str, text: Option<&str>) -> String {
    let text: String = text.unwrap_or_default().chars().take(60).collect();
    format!("its {what} {text:?} is no length of time")
}

/// The nice length near `range_ms / points`; `inclusive` bounds belong to the shorter one.
fn rounded(range_ms: u64, points: u64, inclusive: bool) -> u64 {
    let points = u128::from(points.max(1));
    let range = u128::from(range_ms);
    NICE.iter()
        .find(|(bound, _)| {
            let bound = u128::from(*bound) * points;
            range < bound || inclusive && range == bound
        })
        .map_or(YEAR, |(_, nice)| *nice)
}

const YEAR: u64 = 31_536_000_000;

/// Up to which length, in milliseconds, and the nice one.
const NICE: &[(u64, u64)] = &[
    (10, 1),
    (15, 10),
    (35, 20),
    (75, 50),
    (150, 100),
    (350, 200),
    (750, 500),
    (1_500, 1_000),
    (3_500, 2_000),
    (7_500, 5_000),
    (12_500, 10_000),
    (17_500, 15_000),
    (25_000, 20_000),
    (45_000, 30_000),
    (90_000, 60_000),
    (210_000, 120_000),
    (450_000, 300_000),
    (750_000, 600_000),
    (1_050_000, 900_000),
    (1_500_000, 1_200_000),
    (2_700_000, 1_800_000),
    (5_400_000, 3_600_000),
    (9_000_000, 7_200_000),
    (16_200_000, 10_800_000),
    (32_400_000, 21_600_000),
    (86_400_000, 43_200_000),
    (604_800_000, 86_400_000),
    (1_814_400_000, 604_800_000),
    (3_628_800_000, 2_592_000_000),
];

/// A length as `$__interval` prints it: its largest unit alone, the rest cut off (90 s is `1m`).
pub(super) fn short(ms: u64) -> String {
    const UNITS: &[(u64, &str)] = &[
        (YEAR, "y"),
        (86_400_000, "d"),
        (3_600_000, "h"),
        (60_000, "m"),
        (1_000, "s"),
    ];
    match UNITS.iter().find(|(unit, _)| ms >= *unit) {
        Some((unit, name)) => format!("{}{name}", ms / unit),
        None => format!("{}ms", ms.max(1)),
    }
}

/// A length in whole seconds, else in milliseconds: nothing is cut off.
pub(super) fn exact(ms: u64) -> String {
    match ms % 1_000 {
        0 => format!("{}s", ms / 1_000),
        _ => format!("{ms}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: Wanted<'static> = Wanted {
        range_ms: 7_200_000,
        points: 1_000,
        scrape_ms: 15_000,
        panel: None,
        min_step: None,
        factor: 1,
    };

    fn of(wanted: Wanted<'_>) -> (u64, u64) {
        let found = Interval::of(&wanted).unwrap();
        (found.step_ms, found.rate_ms)
    }

    #[test]
    fn a_step_is_the_window_by_its_points_rounded_and_no_shorter_than_the_scrape_interval() {
        assert_eq!(of(WANTED), (15_000, 60_000));
        assert_eq!(
            of(Wanted {
                points: 100,
                ..WANTED
            }),
            (60_000, 75_000)
        );
        let day = Wanted {
            range_ms: 86_400_000,
            ..WANTED
        };
        assert_eq!(of(day), (60_000, 75_000));
        assert_eq!(of(Wanted { points: 1, ..day }), (86_400_000, 86_415_000));
    }

    #[test]
    fn panel_and_query_may_ask_for_longer_steps() {
        assert_eq!(
            of(Wanted {
                panel: Some("1m"),
                ..WANTED
            }),
            (60_000, 75_000)
        );
        assert_eq!(
            of(Wanted {
                panel: Some(">30s"),
                ..WANTED
            }),
            (30_000, 60_000)
        );
        assert_eq!(
            of(Wanted {
                panel: Some("5s"),
                ..WANTED
            }),
            (5_000, 60_000)
        );
        assert_eq!(
            of(Wanted {
                min_step: Some("2m"),
                ..WANTED
            }),
            (120_000, 480_000)
        );
        assert_eq!(
            of(Wanted {
                min_step: Some("30"),
                ..WANTED
            }),
            (30_000, 120_000)
        );
        let rate = Wanted {
            min_step: Some("$__rate_interval"),
            ..WANTED
        };
        assert_eq!(of(rate), (60_000, 60_000));
        assert_eq!(
            of(Wanted {
                factor: 10,
                ..WANTED
            }),
            (150_000, 60_000)
        );
        assert!(
            Interval::of(&Wanted {
                min_step: Some("soon"),
                ..WANTED
            })
            .is_err()
        );
    }

    #[test]
    fn a_step_is_long_enough_for_eleven_thousand_points() {
        let many = Wanted {
            range_ms: 864_000_000,
            points: 1_000_000,
            min_step: Some("1s"),
            ..WANTED
        };
        assert_eq!(of(many).0, 60_000);
    }

    #[test]
    fn lengths_are_printed_as_grafana_prints_them() {
        assert_eq!(short(15_000), "15s");
        assert_eq!(short(90_000), "1m");
        assert_eq!(short(0), "1ms");
        assert_eq!(short(86_400_000), "1d");
        assert_eq!(exact(75_000), "75s");
        assert_eq!(exact(1_500), "1500ms");
    }
}
