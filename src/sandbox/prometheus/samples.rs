//! The demo's metrics: pure functions of time, scraped every fifteen seconds, the same in every run.

use super::super::Clock;
use crate::metrics;
use crate::metrics::promql::RawSeries;
use crate::model::Window;
use std::collections::BTreeMap;
use std::f64::consts::TAU;

/// Labels of a series, the name as `__name__`.
pub(in super::super) type Labels = BTreeMap<String, String>;

/// A sample: milliseconds since 1970, and the value.
pub(in super::super) type Sample = (i64, f64);

const SCRAPE_MS: i64 = 15_000;
/// When the counters began: 2025-01-01T00:00:00Z.
const ORIGIN_MS: i64 = 1_735_689_600_000;
/// The load swings by this share, once in this many seconds.
const SWING: f64 = 0.3;
const PERIOD_S: f64 = 7_200.0;
const SLOW_SHARE: f64 = 0.01;
const ERROR_SHARE: f64 = 0.0005;
const UNAUTHORIZED_SHARE: f64 = 0.001;
/// Upper bounds of the histogram, and the share of fast and of slow requests below each.
const BUCKETS: &[(&str, f64, f64)] = &[
    ("0.05", 0.35, 0.0),
    ("0.1", 0.8, 0.0),
    ("0.2", 0.985, 0.02),
    ("0.35", 0.999, 0.15),
    ("0.5", 1.0, 0.4),
    ("0.7", 1.0, 0.7),
    ("1", 1.0, 0.9),
    ("2.5", 1.0, 1.0),
    ("+Inf", 1.0, 1.0),
];
const FAST_MEAN_S: f64 = 0.08;
const SLOW_MEAN_S: f64 = 0.6;

/// Name, requests in a second, and when in each interval it is scraped.
const JOBS: &[(&str, f64, i64)] = &[("api", 20.0, 3_217), ("gateway", 35.0, 9_871)];
const QUEUE_OFFSET_MS: i64 = 6_004;

/// What the demo's service lived through; nothing by default, which is all healthy.
#[derive(Clone, Debug, Default)]
pub struct MetricsOptions {
    /// Times in which something was wrong.
    pub incidents: Vec<Incident>,
    /// Times in which nothing was scraped.
    pub gaps: Vec<Window>,
}

/// A time in which something was wrong.
#[derive(Clone, Debug)]
pub struct Incident {
    /// When.
    pub window: Window,
    /// Share of requests that are slow (around 0.6 s), 0.0 to 0.9.
    pub slow_share: f64,
    /// Share of requests that fail with 500, 0.0 to 0.9.
    pub error_share: f64,
    /// Messages more in the queue.
    pub lag: f64,
}

/// What a series shows.
#[derive(Clone, Copy, Debug)]
enum Shape {
    Up,
    Requests(Code),
    /// Share of the fast and of the slow requests.
    Bucket(f64, f64),
    Count,
    Sum,
    Lag,
}

#[derive(Clone, Copy, Debug)]
enum Code {
    Ok,
    Unauthorized,
    Failed,
}

/// All series, and the world that they show.
#[derive(Clone, Debug)]
pub(in super::super) struct Store {
    options: MetricsOptions,
    clock: Clock,
    series: Vec<Series>,
}

#[derive(Clone, Debug)]
struct Series {
    labels: Labels,
    shape: Shape,
    per_second: f64,
    offset_ms: i64,
}

impl Store {
    pub(in super::super) fn new(options: MetricsOptions, clock: Clock) -> Self {
        let mut series = vec![Series {
            labels: labels(&[("__name__", "queue_lag"), ("queue", "orders")]),
            shape: Shape::Lag,
            per_second: 0.0,
            offset_ms: QUEUE_OFFSET_MS,
        }];
        for (job, per_second, offset_ms) in JOBS {
            let mut add = |name: &str, more: &[(&str, &str)], shape| {
                let mut all = labels(more);
                all.extend(labels(&[
                    ("__name__", name),
                    ("job", job),
                    ("instance", "demo:8080"),
                ]));
                series.push(Series {
                    labels: all,
                    shape,
                    per_second: *per_second,
                    offset_ms: *offset_ms,
                });
            };
            add("up", &[], Shape::Up);
            for (code, which) in [
                ("200", Code::Ok),
                ("401", Code::Unauthorized),
                ("500", Code::Failed),
            ] {
                add(
                    "http_requests_total",
                    &[("code", code)],
                    Shape::Requests(which),
                );
            }
            for (bound, fast, slow) in BUCKETS {
                let shape = Shape::Bucket(*fast, *slow);
                add(
                    "http_request_duration_seconds_bucket",
                    &[("le", bound)],
                    shape,
                );
            }
            add("http_request_duration_seconds_count", &[], Shape::Count);
            add("http_request_duration_seconds_sum", &[], Shape::Sum);
        }
        Self {
            options,
            clock,
            series,
        }
    }

    pub(in super::super) fn clock(&self) -> Clock {
        self.clock
    }

    /// The samples from `from_ms` to `to_ms`, both included, of the series that `wanted` takes. None lies in the
    /// future, before the counters began, or in a gap.
    pub(super) fn select(
        &self,
        wanted: impl Fn(&metrics::Labels) -> bool,
        from_ms: i64,
        to_ms: i64,
    ) -> Vec<RawSeries> {
        let from = from_ms.max(ORIGIN_MS);
        let to = to_ms.min(self.clock.now().as_millisecond());
        let gaps = &self.options.gaps;
        let scraped = |time: &i64| {
            !gaps
                .iter()
                .any(|gap| (gap.start_ms..=gap.end_ms).contains(time))
        };
        self.series
            .iter()
            .map(|series| (metrics::Labels(series.labels.clone()), series))
            .filter(|(labels, _)| wanted(labels))
            .map(|(labels, series)| {
                let first = series.first_scrape(from);
                let times = (0..)
                    .map(|n| first + n * SCRAPE_MS)
                    .take_while(|time| *time <= to);
                let samples = times
                    .filter(scraped)
                    .map(|ms| metrics::Sample {
                        ms,
                        value: self.value(series, ms),
                    })
                    .collect();
                RawSeries { labels, samples }
            })
            .collect()
    }

    fn value(&self, series: &Series, time_ms: i64) -> f64 {
        let all = requests(series.per_second, time_ms);
        let during = |share: fn(&Incident) -> f64| -> f64 {
            let incidents = self.options.incidents.iter();
            incidents
                .map(|incident| {
                    let Window { start_ms, end_ms } = incident.window;
                    let end = requests(
                        series.per_second,
                        time_ms.clamp(start_ms, end_ms.max(start_ms)),
                    );
                    share(incident).clamp(0.0, 0.9) * (end - requests(series.per_second, start_ms))
                })
                .sum()
        };
        let slow = all * SLOW_SHARE + during(|incident| incident.slow_share);
        let fast = (all - slow).max(0.0);
        match series.shape {
            Shape::Up => 1.0,
            Shape::Lag => self.lag(time_ms),
            Shape::Sum => fast * FAST_MEAN_S + slow * SLOW_MEAN_S,
            Shape::Count => fast.floor() + slow.floor(),
            Shape::Bucket(of_fast, of_slow) => (of_fast * fast).floor() + (of_slow * slow).floor(),
            Shape::Requests(code) => {
                let failed = (all * ERROR_SHARE + during(|incident| incident.error_share)).floor();
                let unauthorized = (all * UNAUTHORIZED_SHARE).floor();
                match code {
                    Code::Failed => failed,
                    Code::Unauthorized => unauthorized,
                    Code::Ok => all.floor() - failed - unauthorized,
                }
            }
        }
    }

    fn lag(&self, time_ms: i64) -> f64 {
        let more: f64 = self
            .options
            .incidents
            .iter()
            .filter(|incident| {
                (incident.window.start_ms..=incident.window.end_ms).contains(&time_ms)
            })
            .map(|incident| incident.lag)
            .sum();
        (40.0 + 25.0 * (TAU * seconds(time_ms) / 1_800.0).sin() + more).floor()
    }
}

impl Series {
    /// The first scrape at or after this time.
    fn first_scrape(&self, from_ms: i64) -> i64 {
        let behind = (from_ms - self.offset_ms).rem_euclid(SCRAPE_MS);
        match behind {
            0 => from_ms,
            behind => from_ms + SCRAPE_MS - behind,
        }
    }
}

/// Requests since the counters began, at a load that swings around `per_second`.
fn requests(per_second: f64, time_ms: i64) -> f64 {
    let time = seconds(time_ms);
    per_second * (time + SWING * PERIOD_S / TAU * (1.0 - (TAU * time / PERIOD_S).cos()))
}

/// Since the counters began.
fn seconds(time_ms: i64) -> f64 {
    time_ms.saturating_sub(ORIGIN_MS).max(0) as f64 / 1_000.0
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn counters_never_fall_and_buckets_never_exceed_the_next() {
        let now = now().as_millisecond();
        let incident = Incident {
            window: Window {
                start_ms: now - 1_800_000,
                end_ms: now - 900_000,
            },
            slow_share: 0.9,
            error_share: 0.9,
            lag: 0.0,
        };
        let options = MetricsOptions {
            incidents: vec![incident],
            gaps: Vec::new(),
        };
        let store = Store::new(options, Clock::Fixed(super::tests::now()));

        let counters = store.select(
            |labels| labels.0["__name__"].starts_with("http"),
            now - 3_600_000,
            now,
        );

        assert!(counters.len() > 20);
        for one in &counters {
            let mut pairs = one.samples.windows(2);
            assert!(
                pairs.all(|pair| pair[0].value <= pair[1].value),
                "{}",
                one.labels
            );
        }
        for pair in counters.windows(2) {
            let [low, high] = pair else { continue };
            let bucket = |one: &RawSeries| one.labels.0.contains_key("le");
            if bucket(low) && bucket(high) {
                let mut pairs = low.samples.iter().zip(&high.samples);
                assert!(pairs.all(|(low, high)| low.value <= high.value));
            }
        }
    }

    #[test]
    fn nothing_is_scraped_in_a_gap_or_in_the_future() {
        let now = now().as_millisecond();
        let gap = Window {
            start_ms: now - 120_000,
            end_ms: now - 60_000,
        };
        let options = MetricsOptions {
            incidents: Vec::new(),
            gaps: vec![gap],
        };
        let store = Store::new(options, Clock::Fixed(super::tests::now()));

        let lag = store.select(
            |labels| labels.0["__name__"] == "queue_lag",
            now - 240_000,
            now + 600_000,
        );

        let times: Vec<i64> = lag[0].samples.iter().map(|sample| sample.ms).collect();
        assert_eq!(times.len(), 12);
        assert!(
            times
                .iter()
                .all(|time| *time <= now && !(gap.start_ms..=gap.end_ms).contains(time))
        );
    }
}
