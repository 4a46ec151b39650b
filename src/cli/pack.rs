//! `evidence pack`: the capture store as one deterministic file.

use super::bundle_files::{BundleFiles, unwritten};
use super::exit::{CliError, Exit};
use super::files;
use super::project::{Project, ProjectFlags};
use super::reading_flags::ThreadFlags;
use super::runtime;
use super::secrets;
use super::trust_flags::warn;
use evidence::bundle::{self, Packed, pack as bundle_pack};
use evidence::collect::assemble::assemble;
use evidence::collect::store::Store;
use evidence::disk::{self, Part, WriteError};
use evidence::model::{Digest, limits};
use evidence::seal::checksum_line;
use std::fs::File;
use std::io::{self, BufWriter, Cursor, ErrorKind, Read};
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
    #[command(flatten)]
    threads: ThreadFlags,
}

pub(crate) fn run(args: &Args) -> Result<Exit, CliError> {
    let project = runtime::block_on(Project::load(&args.project))??;
    let store = project.filled_store()?;
    let folder = project.configuration.file.parent();
    secrets::learn_servers(&project.config, folder.unwrap_or(&project.repository));
    let (files, packed) = pack(&project, &store, &args.out_dir, args.threads)?;
    warn_of_others(&files, &packed.digest);
    let bundle = files.bundle().display();
    files::print(&format!("{}  {bundle}\n", packed.digest.hex()))?;
    Ok(Exit::Verified)
}

/// Says what lies beside the bundle and is about other bytes: nobody but its owner may remove it.
fn warn_of_others(files: &BundleFiles, digest: &Digest) {
    let bundle = files.bundle().display();
    let mut warnings = Vec::new();
    let seal = files.seal();
    if seal.exists() && files.sealed() != Some(*digest) {
        warnings.push(format!(
            "{} does not seal this bundle: `evidence seal {bundle}` makes a seal that does, in its place",
            seal.display()
        ));
    }
    let page = files.page();
    let is_other = |page: Vec<u8>| !String::from_utf8_lossy(&page).contains(&digest.hex());
    if files::read(&page, limits::DOCUMENT_BYTES).is_ok_and(is_other) {
        warnings.push(format!(
            "{} is not about this bundle: `evidence report {bundle} --output html={}` writes one that is",
            page.display(),
            page.display()
        ));
    }
    warn(&warnings);
}

/// Writes the bundle and its `.sha256`.
pub(crate) fn pack(
    project: &Project,
    store: &Store,
    out_dir: &Path,
    threads: ThreadFlags,
) -> Result<(BundleFiles, Packed), CliError> {
    let error = |error: &dyn std::error::Error| CliError::from_error(Exit::Undetermined, error);
    let mut assembled = assemble(store, &project.plan.items, &project.configuration, 0, None)
        .map_err(|source| {
            error(&source).hint("run `evidence collect` to capture what is missing, with --phase NAME for what belongs to a phase")
        })?;
    secrets::refuse(project, store, &assembled)?;
    bundle_pack::sort_files(&mut assembled.manifest).map_err(|source| error(&source))?;
    let files = BundleFiles::make(out_dir, &store.head().package)?;
    let path = files.bundle();
    let mut part = Part::new(path).map_err(|error| unwritten(&error))?;
    let open = |file: &evidence::model::FileEntry| -> io::Result<Source> {
        Ok(match assembled.made.get(&file.sha256) {
            Some(bytes) => Source::Made(Cursor::new(bytes.clone())),
            None => Source::Blob(store.blob(&file.sha256)?),
        })
    };
    let packed = bundle::pack_with(
        &assembled.manifest,
        mtime(store)?,
        threads.count(),
        open,
        BufWriter::new(part.file()),
    )
    .map_err(|source| match failed_write(&source) {
        Some(cause) => unwritten(&WriteError::new(path, cause)),
        None => error(&source),
    })?;
    put(&files, part, &packed.digest)?;
    Ok((files, packed))
}

/// Gives the bundle its name, and its digest to the `.sha256`: at no time is there one of another bundle.
fn put(files: &BundleFiles, part: Part, digest: &Digest) -> Result<(), CliError> {
    let checksum = files.checksum();
    let line = checksum_line(&files::name(files.bundle()), digest);
    let is_there =
        files::read(&checksum, line.len() as u64).is_ok_and(|found| found == line.as_bytes());
    // Nothing goes before it is known that there is room for what comes.
    part.sync().map_err(|error| unwritten(&error))?;
    if !is_there {
        disk::remove(&checksum).map_err(|error| unwritten(&error))?;
    }
    part.finish().map_err(|error| unwritten(&error))?;
    if is_there {
        return Ok(());
    }
    files::write(&checksum, line.as_bytes())
}

/// That the disk took no more, or takes nothing; other failures of reading and writing say nothing of the bundle's file.
fn failed_write(error: &dyn std::error::Error) -> Option<io::Error> {
    let mut causes = std::iter::successors(error.source(), |error| error.source());
    let cause = causes.find_map(|cause| cause.downcast_ref::<io::Error>())?;
    let of_disk = [
        ErrorKind::StorageFull,
        ErrorKind::QuotaExceeded,
        ErrorKind::FileTooLarge,
        ErrorKind::ReadOnlyFilesystem,
    ];
    let same = |code| Some(io::Error::from_raw_os_error(code));
    of_disk.contains(&cause.kind()).then(|| {
        cause
            .raw_os_error()
            .and_then(same)
            .unwrap_or_else(|| cause.kind().into())
    })
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
