//! `evidence gate replay`: the same verdicts, by the captures of a bundle or a store.

use super::shown::{self, GateFormat, Judged};
use crate::cli::exit::{CliError, Exit};
use crate::cli::format::Output;
use crate::cli::output::plain;
use crate::cli::unwritten::store_error;
use evidence::appraise::{self, Comparison};
use evidence::collect::judged_gates::{self, JudgedGate, JudgedGates};
use evidence::collect::store::Store;
use evidence::model::Expectation;
use std::path::PathBuf;

/// Judges gates again by what a bundle or a capture store holds; no server is asked, no seal is looked at.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A bundle, or the folder of a capture store.
    #[arg(value_name = "BUNDLE|STORE")]
    path: PathBuf,
    /// Only this gate, by its name or by NAME.PHASE; repeatable.
    #[arg(long, value_name = "NAME")]
    gate: Vec<String>,
    /// Format of the result: text, json, markdown, junit or svg, each with `=PATH` to write a file (svg: a folder).
    #[arg(
        long,
        short,
        value_name = "FORMAT[=PATH]",
        env = "EVIDENCE_OUTPUT",
        value_delimiter = ','
    )]
    output: Vec<Output<GateFormat>>,
}

pub(crate) fn run(args: &Args) -> Result<Exit, CliError> {
    let outputs = Output::all(&args.output, GateFormat::Text)?;
    let wrong = |error: &dyn std::error::Error| CliError::from_error(Exit::Undetermined, error);
    let mut found: JudgedGates = if args.path.is_dir() {
        let store = Store::open_any(&args.path).map_err(|error| store_error(&error))?;
        judged_gates::of_store(&store).map_err(|error| wrong(&error))?
    } else {
        let found = judged_gates::of_bundle(&args.path).map_err(|error| wrong(&error))?;
        eprintln!("not verified: who sealed these captures, `evidence verify` says");
        found
    };
    let known: Vec<String> = found
        .gates
        .iter()
        .map(|gate| gate.item.id.clone())
        .collect();
    if !args.gate.is_empty() {
        found
            .gates
            .retain(|gate| args.gate.iter().any(|name| is_named(gate, name)));
    }
    if found.gates.is_empty() && !known.is_empty() {
        return Err(CliError::usage(format!(
            "{} holds no gate {}",
            args.path.display(),
            args.gate.join(", ")
        ))
        .hint(format!("known: {}", plain(&known.join(", ")))));
    }
    if found.gates.is_empty() {
        return Err(
            CliError::unreachable(format!("{} holds no gate", args.path.display())).hint(
                "gates are the section `gates` of evidence.yaml; `evidence collect` judges them",
            ),
        );
    }
    let mut exit = Exit::Verified;
    for gate in &found.gates {
        if let Some(place) = contradiction(gate) {
            let line = format!(
                "{}: the stated verdict does not follow: {place}",
                gate.item.id
            );
            eprintln!("{}", plain(&line));
            exit = Exit::Refused;
        }
    }
    let judged: Vec<Judged> = (found.gates.iter())
        .map(|gate| {
            let item = &gate.item;
            let phase = item.phase.as_deref();
            Judged::of(
                &item.id,
                &item.title,
                phase,
                &item.expectation,
                &gate.capture,
                &found.moments,
            )
        })
        .collect();
    shown::write(&outputs, &judged)?;
    Ok(exit.worse(shown::exit(&judged)))
}

fn is_named(gate: &JudgedGate, name: &str) -> bool {
    let in_phase = (gate.item.phase.as_deref()).map(|phase| format!("{name}.{phase}"));
    gate.item.id == *name || in_phase.as_deref() == Some(gate.item.id.as_str())
}

/// Where the claim that was stated is another than the one that follows.
fn contradiction(gate: &JudgedGate) -> Option<String> {
    let Expectation::Gate(expectation) = &gate.item.expectation else {
        return None;
    };
    let found = appraise::gate(&gate.capture, expectation);
    match appraise::compare(&gate.item.claim, &found.claim) {
        Comparison::Differs(place) => Some(place),
        Comparison::Follows | Comparison::Undetermined(_) => None,
    }
}
