//! `evidence collect`: captures what is planned and not captured yet.

use super::exit::{CliError, Exit};
use super::output::plain;
use super::phases::{self, Choose};
use super::project::{Project, ProjectFlags};
use super::registry_flags::{DEFAULT_CONCURRENCY, RegistryFlags};
use super::runtime;
use super::secrets;
use super::unwritten::store_error;
use evidence::collect::run::{self, Fared, Run};
use evidence::collect::servers::Servers;
use evidence::collect::settled;
use evidence::collect::store::Store;
use evidence::model::{GateVerdict, Kind, StatedClaim, Status, Timestamp};
use std::sync::Arc;

/// Captures the evidence of a release into the store; a second run fetches only what is missing.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    project: ProjectFlags,
    /// Captures this phase's items, at its moment; without it those that have no phase.
    #[arg(long, value_name = "NAME", env = "EVIDENCE_PHASE")]
    phase: Option<String>,
    #[command(flatten)]
    moment: MomentFlags,
    #[command(flatten)]
    capture: CaptureFlags,
}

/// When a phase is.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(crate) struct MomentFlags {
    /// What the phases' times count from (T0), RFC 3339; said once, later runs know it.
    #[arg(long, value_name = "TIME", env = "EVIDENCE_T0")]
    pub(crate) t0: Option<Timestamp>,
    /// When the change took place whose effect the phase looks at, RFC 3339; for phases without a time of their own.
    #[arg(long, value_name = "TIME", env = "EVIDENCE_CHANGE")]
    pub(crate) change: Option<Timestamp>,
}

/// How captures are taken.
#[derive(Debug, clap::Args)]
pub(crate) struct CaptureFlags {
    /// End of every window of metrics and dashboards, RFC 3339, rounded down to the step [default: a minute ago]. With
    /// a phase that has no time of its own, when that phase is.
    #[arg(long, value_name = "TIME", env = "EVIDENCE_AT")]
    pub(crate) at: Option<Timestamp>,
    #[command(flatten)]
    pub(crate) registry: RegistryFlags,
}

/// How a collection ended.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Collected {
    /// Sources that failed.
    pub(crate) failed: usize,
    /// Requirements that are not met.
    pub(crate) unmet: usize,
    /// Gates that are YELLOW.
    pub(crate) yellow: usize,
    /// Gates that are INCONCLUSIVE.
    pub(crate) inconclusive: usize,
}

pub(crate) fn run(args: &Args) -> Result<Exit, CliError> {
    let collected = runtime::block_on(async {
        let project = Project::load(&args.project).await?;
        let choose = |store: &Store| match &args.phase {
            None => {
                phases::remember_t0(store, args.moment.t0)?;
                Ok(phases::without(&project))
            }
            Some(name) => phases::one(&project, store, name, args.moment, args.capture.at),
        };
        let (_, collected) = collect(&project, &args.capture, &choose).await?;
        Ok(collected)
    })??;
    if collected.failed > 0 {
        eprintln!(
            "{} source(s) failed: run again to capture only what is missing",
            collected.failed
        );
        return Ok(Exit::Undetermined);
    }
    Ok(match collected {
        Collected { unmet: 1.., .. } => Exit::Unmet,
        Collected {
            inconclusive: 1.., ..
        } => Exit::Undetermined,
        Collected { yellow: 1.., .. } => Exit::Conditional,
        _ => Exit::Verified,
    })
}

/// Captures what is missing of the chosen items, and says on stderr how each fared. The store is still this run's alone.
pub(crate) async fn collect(
    project: &Project,
    flags: &CaptureFlags,
    choose: &Choose<'_>,
) -> Result<(Store, Collected), CliError> {
    let (store, results) = capture(project, flags, choose).await?;
    let same_pictures = run::same_pictures(&results);
    let mut collected = Collected::default();
    for (id, fared) in &results {
        match fared {
            Fared::Failed(_) => collected.failed += 1,
            Fared::Kept(stored) | Fared::Captured(stored) => {
                let twin = same_pictures.get(id);
                if let Some(problem) = twin {
                    eprintln!("{}", plain(&format!("NOT MET   {id}: {}", problem.message)));
                }
                let unmet = stored.item.claim.met == Some(false) || twin.is_some();
                collected.unmet += usize::from(unmet);
                if stored.item.expectation.kind() == Kind::Gate {
                    let verdict = stored.item.claim.gate_verdict();
                    collected.yellow += usize::from(verdict == GateVerdict::Yellow);
                    collected.inconclusive += usize::from(verdict == GateVerdict::Inconclusive);
                }
            }
        }
    }
    Ok((store, collected))
}

/// The same, and what became of each.
pub(crate) async fn capture(
    project: &Project,
    flags: &CaptureFlags,
    choose: &Choose<'_>,
) -> Result<(Store, Vec<(String, Fared)>), CliError> {
    if let Some(at) = flags.at.filter(|at| *at > Timestamp::now()) {
        return Err(CliError::usage(format!("--at {at} lies in the future"))
            .hint("no server has samples of it yet"));
    }
    let error = |error: &dyn std::error::Error| CliError::from_error(Exit::Usage, error);
    let environment = |name: &str| std::env::var(name).ok();
    let folder = project
        .configuration
        .file
        .parent()
        .unwrap_or(&project.repository);
    let servers =
        Servers::load(&project.config, folder, &environment).map_err(|source| error(&source))?;
    let registry = flags.registry.registry(DEFAULT_CONCURRENCY)?;
    let secrets = secrets::ours();
    secrets.learn(servers.known());
    // Last of all: a wrong command line leaves nothing behind.
    let store = project.open_store()?;
    let before = store.moments().map_err(|error| store_error(&error))?;
    let chosen = choose(&store)?;
    let now = match flags.at {
        Some(_) => None,
        None => settled::settled(&servers, &chosen.items).await,
    };
    let moments = store.moments().map_err(|error| store_error(&error))?;
    let job = Run {
        store: store.clone(),
        config: project.config.clone(),
        items: chosen.items,
        repository: project.repository.clone(),
        configuration: project.configuration.clone(),
        tag: project.tag.clone(),
        registry,
        servers,
        secrets,
        roots: project.roots.clone(),
        at: flags.at,
        phases: project.plan.phases.clone(),
        moments,
        afresh: chosen.afresh,
        now,
    };
    let results = run::run(Arc::new(job), say).await;
    let forgotten = phases::forget_unused(project, &store, &before);
    let results = results.map_err(|error| store_error(&error))?;
    forgotten?;
    Ok((store, results))
}

fn say(id: &str, fared: &Fared) {
    let line = match fared {
        Fared::Kept(stored) => format!("kept      {id}: {}", words(&stored.item.claim)),
        Fared::Captured(stored) => format!("captured  {id}: {}", words(&stored.item.claim)),
        Fared::Failed(message) => format!("failed    {id}: {message}"),
    };
    eprintln!("{}", plain(&line));
}

fn words(claim: &StatedClaim) -> String {
    match (claim.met, claim.problems.first()) {
        (Some(false), Some(problem)) => format!("NOT MET, {}", problem.message),
        (_, Some(problem)) => format!("{}, {}", claim.status, problem.message),
        (Some(true), None) if claim.status == Status::Verified => "verified".into(),
        (_, None) => claim.status.to_string(),
    }
}
