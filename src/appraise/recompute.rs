//! Do the captured samples behind a query give the very answer that the server gave?

use super::metric_answer::MetricAnswer;
use crate::metrics::chunks::decimal_seconds;
use crate::metrics::promql::{self, Agreement, RawError, RecomputeError, Recorded, Semantics};
use crate::metrics::{RawRecord, RawVia, ServerRecord, TimeSeries};
use crate::model::limits::DOCUMENT_BYTES;
use crate::model::{Capture, MetricExpectation, Problem};
use serde::Serialize;
use std::collections::BTreeMap;

/// How the answer and what follows from the samples behind it compare.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Recomputed {
    /// The samples were not asked for.
    NotAsked,
    /// The same, bit for bit.
    Equal,
    /// It cannot be told; why.
    Open(String),
    /// Another answer follows, or the samples are none of that query.
    Differs(Problem),
}

/// The comparison as facts.
#[derive(Clone, Debug, Serialize)]
pub(super) struct RecomputedFacts {
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Recomputed {
    /// In words, for a summary; none where there is nothing to say, or a problem says it.
    pub(super) fn words(&self) -> Option<String> {
        match self {
            Self::NotAsked | Self::Differs(_) => None,
            Self::Equal => Some("the same from its samples, bit for bit".into()),
            Self::Open(why) => Some(format!("not computed from its samples: {why}")),
        }
    }

    /// As facts; none where the samples were not asked for.
    pub(super) fn facts(&self) -> Option<RecomputedFacts> {
        let (outcome, reason) = match self {
            Self::NotAsked => return None,
            Self::Equal => ("equal", None),
            Self::Open(why) => ("open", Some(why.clone())),
            Self::Differs(problem) => ("differs", Some(problem.message.clone())),
        };
        Some(RecomputedFacts { outcome, reason })
    }
}

/// Computes the query again from the captured samples and compares with the answer.
pub(super) fn recompute(
    capture: &Capture,
    expectation: &MetricExpectation,
    answer: &MetricAnswer,
) -> Recomputed {
    if !expectation.raw {
        return Recomputed::NotAsked;
    }
    let Some(server) = &answer.server else {
        return Recomputed::Open("no server is known".into());
    };
    let build = server.build();
    let Some(semantics) = Semantics::of(server.kind, &build.version) else {
        return Recomputed::Open(format!(
            "how {:?} {:?} computes is not known here",
            server.kind, build.version
        ));
    };
    let expr = match promql::parse(&expectation.expr) {
        Ok(expr) => expr,
        Err(error) => return Recomputed::Open(error.to_string()),
    };
    let raw = match record(capture) {
        Ok(raw) => raw,
        Err(text) => return wrong("metric-raw", text),
    };
    let none = BTreeMap::new();
    let recorded = Recorded {
        expr: &expr,
        grid: &answer.grid,
        semantics,
        raw: &raw,
        external_labels: server.external_labels.as_ref().unwrap_or(&none),
    };
    let bytes = |name: &str| capture.file(name).map(|file| &*file.bytes);
    let series: Vec<TimeSeries> = (answer.series.iter())
        .map(|series| series.to_series(&answer.grid))
        .collect();
    match promql::recompute(&recorded, bytes, &series) {
        Ok(Agreement::Equal) => Recomputed::Equal,
        Ok(Agreement::Rounded { worst_relative }) => Recomputed::Open(format!(
            "they give it but for rounding ({worst_relative:e}): a server adds up series in an order of its own"
        )),
        Ok(Agreement::Differs {
            labels,
            ms,
            found,
            recomputed,
        }) => match excuse(server, &raw) {
            Some(why) => Recomputed::Open(why),
            None => wrong(
                "metric-recomputed",
                format!(
                    "{labels} at {} s: the server answered {}, its samples give {}",
                    decimal_seconds(ms),
                    shown(found),
                    shown(recomputed)
                ),
            ),
        },
        Err(RecomputeError::Raw(
            error @ (RawError::StaleMarkers { .. } | RawError::External { .. }),
        )) => Recomputed::Open(error.to_string()),
        Err(error @ (RecomputeError::Order | RecomputeError::ZeroSigns)) => {
            Recomputed::Open(error.to_string())
        }
        Err(error) => wrong("metric-raw", chain(&error)),
    }
}

/// Why an honest server may answer something else than follows here.
fn excuse(server: &ServerRecord, raw: &RawRecord) -> Option<String> {
    let adds_labels = raw
        .selectors
        .iter()
        .any(|one| one.via == RawVia::RemoteRead);
    if adds_labels && server.external_labels.is_none() {
        return Some("which labels the server adds in remote read is not known".into());
    }
    let features = server.features.iter().flatten();
    let changes = |name: &&String| name.starts_with("promql-") || name.contains("timestamp");
    let changing: Vec<&str> = features.filter(changes).map(String::as_str).collect();
    (!changing.is_empty()).then(|| {
        format!(
            "the server computes with features that are not known here: {}",
            changing.join(", ")
        )
    })
}

fn shown(value: Option<f64>) -> String {
    value.map_or_else(|| "nothing".into(), |value| value.to_string())
}

fn wrong(code: &str, text: String) -> Recomputed {
    Recomputed::Differs(Problem::new(code, text))
}

/// Where the samples are. Were it open when they are gone, taking samples out that contradict the answer would mend it.
fn record(capture: &Capture) -> Result<RawRecord, String> {
    let file = (capture.file("raw.json")).ok_or("the samples behind the query are not there")?;
    if file.bytes.len() as u64 > DOCUMENT_BYTES {
        return Err("raw.json is too large".into());
    }
    serde_json::from_slice(&file.bytes).map_err(|error| format!("raw.json does not parse: {error}"))
}

/// An error and its causes on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.join(": ").chars().take(400).collect()
}

#[cfg(test)]
mod tests;
