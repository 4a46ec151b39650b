//! Raw samples from the answers that a bundle holds.

use super::needs::Need;
use super::samples::{RawSamples, RawSeries, is_stale_marker};
use crate::metrics::remote_read::{RemoteReadError, decode_response};
use crate::metrics::{
    Answer, AnswerError, Data, Labels, RawPiece, RawRecord, RawSelector, RawVia, Sample,
};
use crate::model::limits::{POINTS, RAW_REQUESTS, SERIES};
use std::collections::{BTreeMap, BTreeSet};

/// Why answers are not the raw samples that a query needs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RawError {
    /// A selector of the query was not asked for.
    #[error("there are no raw samples of {selector}")]
    Unasked {
        /// The selector.
        selector: String,
    },
    /// A selector stands twice in the record.
    #[error("raw samples of {selector} are recorded twice")]
    Twice {
        /// The selector.
        selector: String,
    },
    /// The way that it was asked loses the ends of series.
    #[error("the raw samples of {selector} were asked for by a query, which loses stale markers")]
    StaleMarkers {
        /// The selector.
        selector: String,
    },
    /// A label of the selector is one that the server adds in remote read, whether a series has it or not.
    #[error("{selector} asks for the label {label}, which remote read adds to every series")]
    External {
        /// The selector.
        selector: String,
        /// The label's name.
        label: String,
    },
    /// An answer without success.
    #[error("{file} has HTTP status {status}")]
    Status {
        /// The answer's file.
        file: String,
        /// HTTP status.
        status: u16,
    },
    /// An answer that is not there.
    #[error("{file} is missing")]
    Missing {
        /// The answer's file.
        file: String,
    },
    /// An answer that is not the API's.
    #[error("{file} is no answer of a metrics server")]
    Answer {
        /// The answer's file.
        file: String,
        /// What is wrong with it.
        #[source]
        source: AnswerError,
    },
    /// An answer that is not of remote read.
    #[error("{file} is no answer of remote read")]
    RemoteRead {
        /// The answer's file.
        file: String,
        /// What is wrong with it.
        #[source]
        source: RemoteReadError,
    },
    /// An answer with a warning: it may lack samples.
    #[error("{file} has the warning {warning:?}")]
    Warning {
        /// The answer's file.
        file: String,
        /// The first warning.
        warning: String,
    },
    /// An answer that is no matrix.
    #[error("{file} has no range of samples")]
    Type {
        /// The answer's file.
        file: String,
    },
    /// Native histograms, which are not recomputed.
    #[error("{file} has native histograms of {labels}")]
    Histograms {
        /// The answer's file.
        file: String,
        /// The series.
        labels: Labels,
    },
    /// A piece that ends before it begins, or begins before the one before it.
    #[error("the pieces of {selector} do not ascend at {file}")]
    Order {
        /// The selector.
        selector: String,
        /// The piece's file.
        file: String,
    },
    /// A time that is needed and lies in no piece.
    #[error("the raw samples of {selector} have no piece at {ms} ms")]
    Gap {
        /// The selector.
        selector: String,
        /// The first such time, in milliseconds since 1970.
        ms: i64,
    },
    /// A series that was not asked for.
    #[error("{file} has the series {labels}, which {selector} does not select")]
    Unselected {
        /// The answer's file.
        file: String,
        /// The series.
        labels: Labels,
        /// The selector.
        selector: String,
    },
    /// Two answers say different things about one moment.
    #[error("{labels} has two values at {ms} ms")]
    Contradiction {
        /// The series.
        labels: Labels,
        /// When, in milliseconds since 1970.
        ms: i64,
    },
    /// More answers than are asked for.
    #[error("{pieces} raw answers are recorded, at most {RAW_REQUESTS} are read")]
    Pieces {
        /// Answers recorded.
        pieces: usize,
    },
    /// An answer that stands for several.
    #[error("{file} is recorded as two answers")]
    Again {
        /// The answer's file.
        file: String,
    },
    /// More series or samples than are read.
    #[error(
        "there are {series} raw series and {points} raw samples, at most {SERIES} and {POINTS} are read"
    )]
    TooMany {
        /// Series found so far.
        series: usize,
        /// Samples found so far.
        points: usize,
    },
}

/// What has been read of all selectors.
#[derive(Default)]
struct Counts {
    series: usize,
    points: usize,
}

impl RawSamples {
    /// Reads the samples of all needs; `file` gives the bytes of an answer by its name.
    ///
    /// `external` are the server's external labels: remote read adds them to every series that has none of that name, an
    /// answer to a query does not, so they are taken away again. What an answer holds outside of its piece does not count. Pieces may overlap where they agree. A selector of the
    /// record that nothing needs is not read.
    ///
    /// # Errors
    /// When a need is not covered without a gap, or an answer is not whole, successful and about its selector.
    pub fn read<'a>(
        record: &RawRecord,
        file: impl Fn(&str) -> Option<&'a [u8]>,
        needs: &[Need],
        external: &BTreeMap<String, String>,
    ) -> Result<Self, RawError> {
        let mut samples = Self::new();
        let mut counts = Counts::default();
        let pieces: usize = record.selectors.iter().map(|one| one.pieces.len()).sum();
        if pieces > RAW_REQUESTS || record.selectors.len() > RAW_REQUESTS {
            return Err(RawError::Pieces { pieces });
        }
        let mut read: BTreeSet<&str> = BTreeSet::new();
        for need in needs {
            let selector = need.selector.to_string();
            let mut recorded = record
                .selectors
                .iter()
                .filter(|one| is_same(&one.selector, &selector));
            let Some(found) = recorded.next() else {
                return Err(RawError::Unasked { selector });
            };
            if recorded.next().is_some() {
                return Err(RawError::Twice { selector });
            }
            // First of all: what is not there excuses nothing.
            covers(found, need, &selector)?;
            if let Some(piece) = found
                .pieces
                .iter()
                .find(|piece| file(&piece.file).is_none())
            {
                return Err(RawError::Missing {
                    file: piece.file.clone(),
                });
            }
            if need.stale_markers && found.via == RawVia::Query {
                return Err(RawError::StaleMarkers { selector });
            }
            if found.via == RawVia::RemoteRead {
                is_apart(need, external, &selector)?;
            }
            let mut merged = BTreeMap::new();
            for piece in &found.pieces {
                if !read.insert(&piece.file) {
                    return Err(RawError::Again {
                        file: piece.file.clone(),
                    });
                }
                let series = series_of(found.via, piece, &file)?;
                for mut one in series {
                    if found.via == RawVia::RemoteRead {
                        let added = |name: &str, value: &str| {
                            external.get(name).is_some_and(|external| external == value)
                        };
                        one.labels.0.retain(|name, value| !added(name, value));
                    }
                    if !need.selector.matches(&one.labels) {
                        return Err(RawError::Unselected {
                            file: piece.file.clone(),
                            labels: one.labels,
                            selector,
                        });
                    }
                    merge(&mut merged, one, piece, &mut counts)?;
                }
            }
            samples.insert(&need.selector, series(merged));
            if found.via == RawVia::RemoteRead {
                samples.lack_zero_signs(&need.selector);
            }
        }
        Ok(samples)
    }
}

/// Whether a recorded text is the selector, in whatever order its matchers were written.
fn is_same(recorded: &str, canonical: &str) -> bool {
    recorded == canonical || super::parse(recorded).is_ok_and(|expr| expr.to_string() == canonical)
}

/// Whether the selector asks for none of the labels that the server adds.
fn is_apart(
    need: &Need,
    external: &BTreeMap<String, String>,
    selector: &str,
) -> Result<(), RawError> {
    let mut matchers = need.selector.matchers().iter();
    match matchers.find(|matcher| external.contains_key(&matcher.label)) {
        None => Ok(()),
        Some(matcher) => Err(RawError::External {
            selector: selector.into(),
            label: matcher.label.clone(),
        }),
    }
}

/// Whether the pieces ascend and leave no gap in the need.
fn covers(found: &RawSelector, need: &Need, selector: &str) -> Result<(), RawError> {
    let mut next = need.from_ms;
    let mut before = i64::MIN;
    for piece in &found.pieces {
        if piece.to_ms < piece.from_ms || piece.from_ms < before {
            return Err(RawError::Order {
                selector: selector.into(),
                file: piece.file.clone(),
            });
        }
        before = piece.from_ms;
        if piece.from_ms <= next && piece.to_ms >= next {
            next = piece.to_ms.saturating_add(1);
        }
    }
    if next <= need.to_ms {
        return Err(RawError::Gap {
            selector: selector.into(),
            ms: next,
        });
    }
    Ok(())
}

fn series_of<'a>(
    via: RawVia,
    piece: &RawPiece,
    file: &impl Fn(&str) -> Option<&'a [u8]>,
) -> Result<Vec<RawSeries>, RawError> {
    let name = || piece.file.clone();
    let bytes = file(&piece.file).ok_or_else(|| RawError::Missing { file: name() })?;
    if piece.exchange.status != 200 {
        return Err(RawError::Status {
            file: name(),
            status: piece.exchange.status,
        });
    }
    let found = match via {
        RawVia::Query => {
            let answer = Answer::parse(bytes).map_err(|source| RawError::Answer {
                file: name(),
                source,
            })?;
            if let Some(warning) = answer.warnings.into_iter().next() {
                return Err(RawError::Warning {
                    file: name(),
                    warning,
                });
            }
            let Data::Matrix(all) = answer.data else {
                return Err(RawError::Type { file: name() });
            };
            all
        }
        RawVia::RemoteRead => decode_response(bytes).map_err(|source| RawError::RemoteRead {
            file: name(),
            source,
        })?,
    };
    let plain = |one: crate::metrics::TimeSeries| {
        if one.histograms > 0 {
            return Err(RawError::Histograms {
                file: name(),
                labels: one.labels,
            });
        }
        Ok(RawSeries {
            labels: one.labels,
            samples: one.samples,
        })
    };
    found.into_iter().map(plain).collect()
}

type Merged = BTreeMap<Labels, BTreeMap<i64, f64>>;

fn merge(
    merged: &mut Merged,
    series: RawSeries,
    piece: &RawPiece,
    counts: &mut Counts,
) -> Result<(), RawError> {
    let known = merged.len();
    let samples = merged.entry(series.labels.clone()).or_default();
    for Sample { ms, value } in series.samples {
        if ms < piece.from_ms || ms > piece.to_ms {
            continue;
        }
        match samples.insert(ms, value) {
            None => counts.points += 1,
            Some(other) if is_equal(other, value) => {}
            Some(_) => {
                return Err(RawError::Contradiction {
                    labels: series.labels,
                    ms,
                });
            }
        }
    }
    counts.series += merged.len() - known;
    if counts.series > SERIES || counts.points > POINTS {
        return Err(RawError::TooMany {
            series: counts.series,
            points: counts.points,
        });
    }
    Ok(())
}

/// The same bits, or both a NaN that is no stale marker.
fn is_equal(a: f64, b: f64) -> bool {
    let nan = |value: f64| value.is_nan() && !is_stale_marker(value);
    a.to_bits() == b.to_bits() || (nan(a) && nan(b))
}

fn series(merged: Merged) -> Vec<RawSeries> {
    let series = merged.into_iter().map(|(labels, samples)| {
        let samples = samples.into_iter();
        RawSeries {
            labels,
            samples: samples.map(|(ms, value)| Sample { ms, value }).collect(),
        }
    });
    series.collect()
}
