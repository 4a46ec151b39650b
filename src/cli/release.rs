//! `evidence release`: collect what is left, pack, seal, verify, report: the one line in CI.

use super::collect::{CaptureFlags, collect};
use super::exit::{CliError, Exit};
use super::files;
use super::pack::pack;
use super::phases;
use super::project::{Project, ProjectFlags};
use super::reading_flags::ThreadFlags;
use super::runtime;
use super::seal::{SealFlags, Sealed, Sealer, seal};
use evidence::collect::store::Store;
use evidence::model::Timestamp;
use evidence::report;
use evidence::sigstore::Options;
use evidence::verify::{AskedRelease, ReadOptions, Trust, verify_with};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Collects, packs, seals and verifies the evidence of a tag. Run again after a failure: it goes on where it ended.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) project: ProjectFlags,
    /// What the phases' times count from (T0), RFC 3339; not needed where an earlier run was told.
    #[arg(long, value_name = "TIME", env = "EVIDENCE_T0")]
    pub(crate) t0: Option<Timestamp>,
    #[command(flatten)]
    pub(crate) capture: CaptureFlags,
    #[command(flatten)]
    pub(crate) seal: SealFlags,
    /// Folder that the bundle and its sidecars are written to.
    #[arg(
        long,
        value_name = "DIR",
        default_value = ".",
        env = "EVIDENCE_OUT_DIR"
    )]
    pub(crate) out_dir: PathBuf,
    #[command(flatten)]
    pub(crate) threads: ThreadFlags,
}

/// What a release wrote.
#[derive(Debug)]
pub(crate) struct Released {
    pub(crate) bundle: PathBuf,
    pub(crate) exit: Exit,
}

pub(crate) fn run(args: &Args) -> Result<Exit, CliError> {
    runtime::block_on(release(args))?.map(|released| released.exit)
}

pub(crate) async fn release(args: &Args) -> Result<Released, CliError> {
    let project = Project::load(&args.project).await?;
    // Who seals is settled before the first capture: a wrong password must not cost an hour.
    let sealer = Sealer::new(&args.seal)?;
    let choose = |store: &Store| phases::all(&project, store, args.t0);
    let collected = collect(&project, &args.capture, &choose).await?;
    if collected.failed > 0 {
        return Err(CliError::unreachable(format!(
            "{} source(s) failed, so nothing was packed or sealed",
            collected.failed
        ))
        .hint("run the same command again: it captures only what is missing"));
    }
    let store = project.filled_store()?;
    let (bundle, _) = pack(&project, &store, &args.out_dir, args.threads)?;
    let sealed = seal(&bundle, sealer).await?;
    let exit = own_verification(&project, &bundle, &sealed, args.threads)?;
    Ok(Released { bundle, exit })
}

/// What was sealed is verified as a stranger would who accepts this signer; the page is made from that.
fn own_verification(
    project: &Project,
    bundle: &Path,
    sealed: &Sealed,
    threads: ThreadFlags,
) -> Result<Exit, CliError> {
    let mut roots = project.roots.clone();
    roots.merge(sealed.roots.clone());
    let trust = Trust {
        roots,
        seal: vec![sealed.signer.clone()],
        keys: sealed.key.iter().cloned().collect(),
        options: Options::STRICT,
        policy: None,
        asked: AskedRelease {
            tag: Some(project.tag.tag.clone()),
            repository: Some(project.plan.repository.clone()),
            commit: Some(project.tag.commit.clone()),
        },
    };
    let file = File::open(bundle).map_err(|error| {
        CliError::unreachable(format!("cannot open {}: {error}", bundle.display()))
    })?;
    let seal = files::read(&sealed.path, evidence::model::limits::SIGNATURE_BYTES)?;
    let options = ReadOptions {
        threads: threads.count(),
        ..ReadOptions::default()
    };
    let found = verify_with(file, &files::name(bundle), Some(&seal), &trust, &options);
    files::write(&page(bundle), report::html(&found).as_bytes())?;
    eprint!("\n{}", report::text(&found));
    Ok(Exit::from_report(&found))
}

/// `B.report.html` for `B.tar.gz`.
pub(crate) fn page(bundle: &Path) -> PathBuf {
    let name = files::name(bundle);
    bundle.with_file_name(format!(
        "{}.report.html",
        name.strip_suffix(".tar.gz").unwrap_or(&name)
    ))
}
