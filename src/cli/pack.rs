//! `evidence pack`: the capture store as one deterministic file.

use super::exit::{CliError, Exit};
use super::files::{self, Part};
use super::project::{Project, ProjectFlags};
use super::runtime;
use super::secrets;
use evidence::bundle::{self, Packed, pack as bundle_pack};
use evidence::collect::assemble::assemble;
use evidence::collect::store::Store;
use std::fs::File;
use std::io::{self, BufWriter, Cursor, Read};
use std::path::{Path, PathBuf};

/// Packs the captured evidence into a bundle; the same store gives the same bytes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    project: ProjectFlags,
    /// Folder that the bundle is written to.
    #[arg(
        long,
        value_name = "DIR",
        default_value = ".",
        env = "EVIDENCE_OUT_DIR"
    )]
    out_dir: PathBuf,
}

pub(crate) fn run(args: &Args) -> Result<Exit, CliError> {
    let project = runtime::block_on(Project::load(&args.project))??;
    let store = project.filled_store()?;
    let folder = project.configuration.file.parent();
    secrets::learn_servers(&project.config, folder.unwrap_or(&project.repository));
    let (path, packed) = pack(&project, &store, &args.out_dir)?;
    files::print(&format!("{}  {}\n", packed.digest.hex(), path.display()))?;
    Ok(Exit::Verified)
}

/// Writes the bundle and its `.sha256`.
pub(crate) fn pack(
    project: &Project,
    store: &Store,
    out_dir: &Path,
) -> Result<(PathBuf, Packed), CliError> {
    let error = |error: &dyn std::error::Error| CliError::from_error(Exit::Undetermined, error);
    let mut assembled = assemble(store, &project.plan.items, &project.configuration, 0, None)
        .map_err(|source| {
            error(&source).hint("run `evidence collect` to capture what is missing, with --phase NAME for what belongs to a phase")
        })?;
    secrets::refuse(project, store, &assembled)?;
    bundle_pack::sort_files(&mut assembled.manifest.files).map_err(|source| error(&source))?;
    std::fs::create_dir_all(out_dir).map_err(|source| {
        CliError::unreachable(format!("cannot make {}: {source}", out_dir.display()))
    })?;
    let path = out_dir.join(&store.head().package);
    let mut part = Part::new(&path)?;
    let open = |file: &evidence::model::FileEntry| -> io::Result<Source> {
        Ok(match assembled.made.get(&file.sha256) {
            Some(bytes) => Source::Made(Cursor::new(bytes.clone())),
            None => Source::Blob(store.blob(&file.sha256)?),
        })
    };
    let packed = bundle::pack(
        &assembled.manifest,
        mtime(store)?,
        open,
        BufWriter::new(part.file()),
    )
    .map_err(|source| error(&source))?;
    part.finish()?;
    let name = files::name(&path);
    files::write(
        &files::sidecar(&path, ".sha256"),
        evidence::seal::checksum_line(&name, &packed.digest).as_bytes(),
    )?;
    Ok((path, packed))
}

/// `SOURCE_DATE_EPOCH` (reproducible-builds.org), else the time of the release's commit.
fn mtime(store: &Store) -> Result<u64, CliError> {
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => text.parse().map_err(|_| {
            CliError::usage(format!(
                "SOURCE_DATE_EPOCH is {text:?}, not seconds since 1970"
            ))
        }),
        Err(_) => Ok(store.head().commit_time.try_into().unwrap_or_default()),
    }
}

enum Source {
    Made(Cursor<std::sync::Arc<[u8]>>),
    Blob(File),
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Made(bytes) => bytes.read(buffer),
            Self::Blob(file) => file.read(buffer),
        }
    }
}
