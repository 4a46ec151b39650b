//! `evidence extract BUNDLE --to DIR`: members as files, in a new folder, whole or not at all.

use super::columns::size;
use super::exit::{CliError, Exit};
use super::files;
use super::output::plain;
use super::unjudged::{Chosen, Source};
use evidence::bundle::{ArchiveError, Contents, Defect, Member};
use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Unpacks a bundle, or a part of it, into a new folder. Judges nothing: that is `evidence verify`.
///
/// Each member is compared with its listed digest; where one differs, no folder is left. Plain files only, nothing outside
/// of the folder.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The bundle; - is standard input.
    bundle: PathBuf,
    /// The folder: one that is not there yet, or empty.
    #[arg(long, short = 'C', value_name = "DIR")]
    to: PathBuf,
    /// Unpack only the members of this item; repeatable.
    #[arg(long, value_name = "ID")]
    item: Vec<String>,
    /// Unpack only these members, or those below these folders.
    #[arg(value_name = "PATH")]
    paths: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result<Exit, CliError> {
    let target = Target::new(&args.to)?;
    let source = Source::new(&args.bundle);
    let mut contents = Contents::open(source.open()?).map_err(|error| source.error(&error))?;
    let chosen = Chosen::of(contents.manifest(), &args.item, &args.paths)?;
    let folder = target.make()?;
    let read_error = |error: &ArchiveError| source.archive_error(error);
    let (mut count, mut bytes) = (0_u64, 0_u64);
    while let Some(member) = contents.next_member().map_err(|error| read_error(&error))? {
        as_listed(contents.defects())?;
        if chosen.has(&member.path) {
            unpack(&mut contents, &member, &folder, &source)?;
            count += 1;
            bytes += member.size;
        }
    }
    let summary = contents.finish().map_err(|error| read_error(&error))?;
    as_listed(&summary.defects)?;
    target.put(folder)?;
    let line = format!("{count} files, {}: {}\n", size(bytes), args.to.display());
    files::print(&plain(&line))?;
    eprintln!("not verified: `evidence verify` judges the bundle");
    Ok(Exit::Verified)
}

/// Writes one member and compares it with its digest.
fn unpack(
    contents: &mut Contents<Box<dyn Read>>,
    member: &Member,
    folder: &TempDir,
    source: &Source,
) -> Result<(), CliError> {
    // A member path has no part that leaves the folder, and nothing in the folder is a link.
    let path = folder.path().join(member.path.as_str());
    let mut file = create(&path).map_err(|error| cannot_write(&path, &error))?;
    let mut written = Ok(());
    let read = contents.read(member, &mut |piece| {
        if written.is_ok() {
            written = file.write_all(piece);
        }
    });
    written.map_err(|error| cannot_write(&path, &error))?;
    read.map_err(|error| source.archive_error(&error))?;
    Ok(())
}

/// A new file, 0644 but for the umask.
fn create(path: &Path) -> io::Result<File> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o644);
    }
    options.open(path)
}

fn as_listed(defects: &[Defect]) -> Result<(), CliError> {
    let Some(first) = defects.first() else {
        return Ok(());
    };
    let message = "the bundle is not what its manifest lists; nothing was unpacked";
    Err(CliError::new(Exit::Refused, message)
        .detail(format!("{}: {}", first.subject, first.problem.message))
        .hint(
            "`evidence inspect BUNDLE` lists all that is wrong; its --member prints a single one",
        ))
}

/// Where the folder comes.
struct Target {
    path: PathBuf,
    /// Rights of the empty folder that is there.
    rights: Option<fs::Permissions>,
}

impl Target {
    fn new(path: &Path) -> Result<Self, CliError> {
        let refused = |why: &str| {
            let message = format!("{} {why}", path.display());
            CliError::usage(message).hint("name a folder that is not there yet, or an empty one")
        };
        let found = match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self {
                    path: path.into(),
                    rights: None,
                });
            }
            Err(error) => return Err(cannot_write(path, &error)),
            Ok(found) => found,
        };
        if !found.is_dir() {
            return Err(refused("is there, and no folder"));
        }
        let mut entries = fs::read_dir(path).map_err(|error| cannot_write(path, &error))?;
        if entries.next().is_some() {
            return Err(refused("is not empty"));
        }
        // The name must be its own: a rename does not replace `.`.
        let real = fs::canonicalize(path).map_err(|error| cannot_write(path, &error))?;
        if std::env::current_dir().is_ok_and(|here| here == real) {
            return Err(refused("is the folder that you are in"));
        }
        Ok(Self {
            path: real,
            rights: Some(found.permissions()),
        })
    }

    /// A folder beside it, which goes away unless it is put there.
    fn make(&self) -> Result<TempDir, CliError> {
        let beside = (self.path.parent())
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let error = |error: &io::Error| cannot_write(&self.path, error);
        fs::create_dir_all(beside).map_err(|found| error(&found))?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".part-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // As any other folder: the umask applies.
            builder.permissions(fs::Permissions::from_mode(0o777));
        }
        builder.tempdir_in(beside).map_err(|found| error(&found))
    }

    /// Gives the folder its name, at once.
    fn put(self, folder: TempDir) -> Result<(), CliError> {
        let error = |error: &io::Error| cannot_write(&self.path, error);
        if let Some(rights) = self.rights.clone() {
            fs::set_permissions(folder.path(), rights).map_err(|found| error(&found))?;
        }
        // Replaces an empty folder, and nothing else.
        fs::rename(folder.path(), &self.path).map_err(|found| error(&found))?;
        // What is named now is no longer there to be taken away.
        let _ = folder.keep();
        Ok(())
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> CliError {
    CliError::unreachable(format!("cannot write {}: {error}", path.display()))
}
