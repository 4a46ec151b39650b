//! `evidence gate NAME`: captures the gate's metrics and judges them.

use super::shown::{self, GateFormat, Judged};
use super::watch;
use crate::cli::collect::{CaptureFlags, MomentFlags, capture};
use crate::cli::exit::{CliError, Exit};
use crate::cli::format::Output;
use crate::cli::phases::{self, Chosen};
use crate::cli::project::{Project, ProjectFlags};
use crate::cli::runtime;
use crate::cli::unwritten::store_error;
use evidence::collect::judged::together;
use evidence::collect::run::Fared;
use evidence::collect::store::{Store, StoredItem};
use evidence::config::PlannedItem;
use evidence::model::Kind;
use std::collections::{BTreeMap, BTreeSet};

/// Which gate, and when.
#[derive(Debug, clap::Args)]
// That any of it is there is told by this group, which has no members of itself where structs are flattened into it.
#[group(id = "live", arg = "name")]
pub(crate) struct Args {
    /// The gate's name in evidence.yaml.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) project: ProjectFlags,
    /// In which phase, for a gate that has phases; what is captured of it stays captured.
    #[arg(long, value_name = "NAME", env = "EVIDENCE_PHASE")]
    pub(crate) phase: Option<String>,
    /// Waits for each of the gate's phases in turn and judges it; stops at RED.
    #[arg(long, conflicts_with = "phase")]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) moment: MomentFlags,
    #[command(flatten)]
    pub(crate) capture: CaptureFlags,
    /// Format of the result: text, json, markdown, junit or svg, each with `=PATH` to write a file (svg: a folder);
    /// repeatable [default: text].
    #[arg(
        long,
        short,
        value_name = "FORMAT[=PATH]",
        env = "EVIDENCE_OUTPUT",
        value_delimiter = ','
    )]
    pub(crate) output: Vec<Output<GateFormat>>,
}

pub(crate) fn run(args: &Args) -> Result<Exit, CliError> {
    let outputs = Output::all(&args.output, GateFormat::Text)?;
    let judged = runtime::block_on(async {
        let project = Project::load(&args.project).await?;
        if args.watch {
            let on_the_way = outputs.iter().any(is_text);
            return watch::watch(&project, args, on_the_way).await;
        }
        let gate = chosen(&project, args)?;
        Ok(vec![judge(&project, &gate, args).await?])
    })??;
    // What was printed on the way is not printed again.
    let rest = outputs
        .into_iter()
        .filter(|output| !args.watch || !is_text(output));
    shown::write(&rest.collect::<Vec<_>>(), &judged)?;
    Ok(shown::exit(&judged))
}

/// Text for standard output.
fn is_text(output: &Output<GateFormat>) -> bool {
    output.format == GateFormat::Text && output.path.is_none()
}

/// The gate of that name in that phase.
fn chosen(project: &Project, args: &Args) -> Result<PlannedItem, CliError> {
    let named = named(project, &args.name)?;
    let in_phase = (named.iter()).find(|gate| gate.phase == args.phase);
    in_phase.map(|gate| (*gate).clone()).ok_or_else(|| {
        let phases: Vec<&str> = named
            .iter()
            .filter_map(|gate| gate.phase.as_deref())
            .collect();
        let error = match &args.phase {
            Some(phase) => format!("the gate {} is not judged in the phase {phase}", args.name),
            None => format!("the gate {} is judged in phases", args.name),
        };
        let known = match phases.as_slice() {
            [] => "it has no phases: leave --phase out".to_owned(),
            _ => format!(
                "say which with --phase ({}), or wait for all with --watch",
                phases.join(", ")
            ),
        };
        CliError::usage(error).hint(known)
    })
}

/// The gates of that name, one for each of its phases.
pub(super) fn named<'p>(
    project: &'p Project,
    name: &str,
) -> Result<Vec<&'p PlannedItem>, CliError> {
    let gates = || (project.plan.items.iter()).filter(|item| item.expectation.kind() == Kind::Gate);
    let bare = |item: &PlannedItem| match &item.phase {
        Some(phase) => item
            .id
            .strip_suffix(&format!(".{phase}"))
            .unwrap_or(&item.id)
            .to_owned(),
        None => item.id.clone(),
    };
    let found: Vec<_> = gates()
        .filter(|item| bare(item) == name || item.id == name)
        .collect();
    if found.is_empty() {
        let known: BTreeSet<String> = gates().map(bare).collect();
        let known: Vec<String> = known.into_iter().collect();
        return Err(CliError::usage(format!("there is no gate {name:?}")).hint(
            match known.as_slice() {
                [] => "evidence.yaml has no section gates".into(),
                _ => format!("known: {}", known.join(", ")),
            },
        ));
    }
    Ok(found)
}

/// Captures what the gate reads and judges it. A source that fails leaves the verdict INCONCLUSIVE.
pub(super) async fn judge(
    project: &Project,
    gate: &PlannedItem,
    args: &Args,
) -> Result<Judged, CliError> {
    // A look at how it is now must not take the place of what a release is made of.
    let live = project.live();
    let project = match gate.phase {
        Some(_) => project,
        None => &live,
    };
    let inputs = gate.expectation.inputs();
    let items: Vec<PlannedItem> = (project.plan.items.iter())
        .filter(|item| item.id == gate.id || inputs.contains(&item.id.as_str()))
        .cloned()
        .collect();
    let choose = |store: &Store| {
        phases::settle_known(project, store, &items, args.moment.t0)?;
        if let Some(phase) = &gate.phase {
            phases::settle(project, store, phase, args.moment, args.capture.at)?;
        }
        Ok(Chosen {
            items: items.clone(),
            // Without a phase the question is how it is now.
            afresh: gate.phase.is_none(),
        })
    };
    let (store, results) = capture(project, &args.capture, &choose).await?;
    let lacks =
        (results.iter()).any(|(id, fared)| *id != gate.id && matches!(fared, Fared::Failed(_)));
    let causes: BTreeMap<String, String> = (results.iter())
        .filter_map(|(id, fared)| match fared {
            Fared::Failed(why) if *id != gate.id => Some((id.clone(), why.clone())),
            _ => None,
        })
        .collect();
    let captured: Vec<StoredItem> = (results.into_iter())
        .filter(|(id, _)| *id != gate.id)
        .filter_map(|(_, fared)| match fared {
            Fared::Kept(stored) | Fared::Captured(stored) => Some(stored),
            Fared::Failed(_) => None,
        })
        .collect();
    let capture = together(&store, &captured).map_err(CliError::unreachable)?;
    let phase = gate.phase.as_deref();
    let moments = store.moments().map_err(|error| store_error(&error))?;
    let mut judged = Judged::of(
        &gate.id,
        &gate.title,
        phase,
        &gate.expectation,
        &capture,
        &moments,
    );
    judged.explain(&causes);
    Ok(Judged { lacks, ..judged })
}
