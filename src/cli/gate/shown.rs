//! What a gate came to, as it is printed.

use crate::cli::exit::{CliError, Exit};
use crate::cli::files;
use crate::cli::format::{Formats, Output};
use crate::cli::pictures::{self, Picture};
use evidence::appraise;
use evidence::model::{Capture, Chart, Exhibit, Expectation, GateResult, GateVerdict, Moments};
use evidence::report;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// A judged gate.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) phase: Option<String>,
    pub(crate) result: GateResult,
    pub(crate) charts: Vec<Chart>,
    /// Whether a source failed: asked again, the gate may come to something else.
    pub(crate) lacks: bool,
}

/// The gate as JSON: the same bytes whenever the same captures are judged.
#[derive(Serialize)]
struct Json<'a> {
    id: &'a str,
    title: &'a str,
    phase: Option<&'a str>,
    #[serde(flatten)]
    result: &'a GateResult,
}

/// Formats of what gates came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum GateFormat {
    Text,
    Json,
    Markdown,
    Junit,
    Svg,
}

impl Formats for GateFormat {
    const NAMED: &'static [(&'static str, Self)] = &[
        ("text", Self::Text),
        ("json", Self::Json),
        ("markdown", Self::Markdown),
        ("junit", Self::Junit),
        ("svg", Self::Svg),
    ];
}

impl Judged {
    /// Judges the captures; an expectation that is no gate's is INCONCLUSIVE for lack of checks.
    pub(crate) fn of(
        id: &str,
        title: &str,
        phase: Option<&str>,
        expectation: &Expectation,
        capture: &Capture,
        moments: &Moments,
    ) -> Self {
        let (result, charts) = match expectation {
            Expectation::Gate(gate) => {
                let appraised = appraise::gate(capture, gate);
                let facts = appraised.claim.to_stated().facts;
                let charts = appraised
                    .exhibits
                    .into_iter()
                    .filter_map(|exhibit| match exhibit {
                        Exhibit::Chart(mut chart) => {
                            chart.mark(moments);
                            Some(chart)
                        }
                        Exhibit::Picture { .. } => None,
                    });
                (serde_json::from_value(facts).ok(), charts.collect())
            }
            _ => (None, Vec::new()),
        };
        Self {
            id: id.into(),
            title: title.into(),
            phase: phase.map(str::to_owned),
            result: result.unwrap_or_else(|| GateResult {
                verdict: GateVerdict::Inconclusive,
                checks: Vec::new(),
            }),
            charts,
            lacks: false,
        }
    }
}

impl Judged {
    /// Why a metric is not there, in its server's words; there is no capture that these would be replayed from.
    pub(super) fn explain(&mut self, causes: &BTreeMap<String, String>) {
        for reason in (self.result.checks.iter_mut()).flat_map(|check| &mut check.reasons) {
            let lacking = causes.iter().find(|(id, _)| {
                reason.code == "metric-request" && reason.message.starts_with(&format!("{id}: "))
            });
            if let Some((id, cause)) = lacking {
                reason.message = format!("{id}: {cause}");
            }
        }
    }
}

/// The exit code of the worst.
pub(crate) fn exit(gates: &[Judged]) -> Exit {
    match gates.iter().map(|gate| gate.result.verdict).max() {
        Some(GateVerdict::Green) => Exit::Verified,
        Some(GateVerdict::Yellow) => Exit::Conditional,
        Some(GateVerdict::Red) => Exit::Unmet,
        Some(GateVerdict::Inconclusive) | None => Exit::Undetermined,
    }
}

/// Writes them in each format that was asked for.
pub(crate) fn write(outputs: &[Output<GateFormat>], gates: &[Judged]) -> Result<(), CliError> {
    for output in outputs {
        match output.format {
            GateFormat::Text => output.put(&text(gates))?,
            GateFormat::Json => output.put(&json(gates)?)?,
            GateFormat::Junit => {
                let suites = gates.iter().map(|gate| (gate.id.as_str(), &gate.result));
                output.put(&report::gate_junit(&suites.collect::<Vec<_>>()))?;
            }
            GateFormat::Markdown => output.put(&markdown(output.path.as_deref(), gates)?)?,
            GateFormat::Svg => {
                let folder = output.path.as_deref().ok_or_else(|| {
                    CliError::usage("pictures are several files")
                        .hint("name a folder: --output svg=DIR")
                })?;
                pictures::write(&drawn(gates), folder)?;
            }
        }
    }
    Ok(())
}

/// The gates as Markdown; the pictures go to a folder beside the file.
fn markdown(path: Option<&Path>, gates: &[Judged]) -> Result<String, CliError> {
    let path = path.filter(|path| !files::is_special(path));
    let folder = path.map(|path| path.with_extension("charts"));
    let names = match &folder {
        Some(folder) => pictures::write(&drawn(gates), folder)?,
        None => BTreeMap::new(),
    };
    let inside = folder.map_or_else(String::new, |folder| files::name(&folder));
    let texts: Vec<String> = (gates.iter())
        .map(|gate| {
            let own = names.get(&gate.id).into_iter().flatten();
            let linked: Vec<(String, String)> = own
                .zip(&gate.charts)
                .map(|(name, chart)| (chart.title.clone(), format!("{inside}/{name}")))
                .collect();
            report::gate_markdown(&gate.id, &gate.result, &linked)
        })
        .collect();
    Ok(texts.join("\n"))
}

fn text(gates: &[Judged]) -> String {
    let parts: Vec<String> = (gates.iter())
        .map(|gate| report::gate_text(&gate.id, &gate.result))
        .collect();
    parts.join("\n")
}

fn json(gates: &[Judged]) -> Result<String, CliError> {
    #[derive(Serialize)]
    struct All<'a> {
        gates: Vec<Json<'a>>,
    }
    let all = All {
        gates: (gates.iter())
            .map(|gate| Json {
                id: &gate.id,
                title: &gate.title,
                phase: gate.phase.as_deref(),
                result: &gate.result,
            })
            .collect(),
    };
    let mut text = serde_json::to_string_pretty(&all)
        .map_err(|error| CliError::unreachable(format!("cannot write JSON: {error}")))?;
    text.push('\n');
    Ok(text)
}

/// The charts, each with a name of its own.
fn drawn(gates: &[Judged]) -> Vec<Picture<'_>> {
    pictures::named((gates.iter()).map(|gate| {
        (
            gate.id.as_str(),
            gate.title.as_str(),
            gate.charts.iter().collect(),
        )
    }))
}
