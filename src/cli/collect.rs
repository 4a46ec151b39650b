//! `evidence collect`: captures what is planned and not captured yet.

use super::exit::{CliError, Exit};
use super::output::plain;
use super::project::{Project, ProjectFlags};
use super::registry_flags::{DEFAULT_CONCURRENCY, RegistryFlags};
use super::runtime;
use evidence::collect::run::{self, Fared, Run};
use evidence::collect::servers::Servers;
use evidence::model::{StatedClaim, Status, Timestamp};
use std::sync::Arc;

/// Captures the evidence of a release into the store; a second run fetches only what is missing.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    project: ProjectFlags,
    #[command(flatten)]
    capture: CaptureFlags,
}

/// How captures are taken.
#[derive(Debug, clap::Args)]
pub(crate) struct CaptureFlags {
    /// End of every window of metrics and dashboards, RFC 3339, rounded down to the step [default: a minute ago].
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
}

pub(crate) fn run(args: &Args) -> Result<Exit, CliError> {
    let collected = runtime::block_on(async {
        let project = Project::load(&args.project).await?;
        collect(&project, &args.capture).await
    })??;
    if collected.failed > 0 {
        eprintln!(
            "{} source(s) failed: run again to capture only what is missing",
            collected.failed
        );
        return Ok(Exit::Undetermined);
    }
    Ok(if collected.unmet > 0 {
        Exit::Unmet
    } else {
        Exit::Verified
    })
}

/// Captures all that is missing, and says on stderr how each item fared.
pub(crate) async fn collect(
    project: &Project,
    flags: &CaptureFlags,
) -> Result<Collected, CliError> {
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
    let job = Run {
        // Last of all: a wrong command line leaves nothing behind.
        store: project.open_store()?,
        config: project.config.clone(),
        items: project.plan.items.clone(),
        repository: project.repository.clone(),
        configuration: project.configuration.clone(),
        tag: project.tag.clone(),
        registry,
        servers,
        roots: project.roots.clone(),
        at: flags.at,
    };
    let results = run::run(Arc::new(job), say)
        .await
        .map_err(|source| CliError::from_error(Exit::Undetermined, &source))?;
    let mut collected = Collected::default();
    for (_, fared) in &results {
        match fared {
            Fared::Failed(_) => collected.failed += 1,
            Fared::Kept(stored) | Fared::Captured(stored) => {
                collected.unmet += usize::from(stored.item.claim.met == Some(false));
            }
        }
    }
    Ok(collected)
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
