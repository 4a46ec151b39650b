//! Files with image references below the paths that a command line names.

use super::exit::CliError;
use super::files;
use evidence::model::limits::{
    PINS_BYTES, PINS_ENTRIES, PINS_FILE_BYTES, PINS_FILES, PINS_FOLDERS,
};
use evidence::oci::pins::{self, FindError, Mention};
use std::ffi::OsStr;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// A file that was read.
#[cfg_attr(
    not(feature = "net"),
    allow(dead_code, reason = "path and bytes are for writing digests into it")
)]
pub(super) struct Manifest {
    /// As it is shown: as given, or below a folder that was.
    pub(super) name: String,
    /// Where it is; none for standard input.
    pub(super) path: Option<PathBuf>,
    /// Its bytes, where it has references.
    pub(super) bytes: Vec<u8>,
    /// Its references, or why they are not known.
    pub(super) mentions: Result<Vec<Mention>, Unread>,
}

/// Why a file's references are not known.
pub(super) struct Unread {
    /// Line and column, from 1.
    pub(super) position: Option<(u32, u32)>,
    /// What is wrong.
    pub(super) message: String,
}

impl Unread {
    fn new(message: String) -> Self {
        Self {
            position: None,
            message,
        }
    }
}

impl From<FindError> for Unread {
    fn from(error: FindError) -> Self {
        Self {
            position: error.position(),
            message: error.to_string(),
        }
    }
}

/// Finds the references of all files, in the order of the paths; in folders, of files whose names say that they may have
/// some, sorted. A link is followed where it is named itself, and nowhere else;
/// one that leads to what is not read anyway is said to be unread.
pub(super) fn read(paths: &[PathBuf]) -> Vec<Manifest> {
    let mut reader = Reader {
        found: Vec::new(),
        root: None,
        entries: 0,
        bytes: 0,
    };
    for path in paths {
        if path.as_os_str() == "-" {
            reader.stdin();
        } else if path.is_dir() {
            reader.root = path.canonicalize().ok();
            reader.folder(path, 0);
        } else {
            reader.file(path);
        }
    }
    reader.found
}

struct Reader {
    found: Vec<Manifest>,
    /// The folder that was named, without links.
    root: Option<PathBuf>,
    entries: usize,
    bytes: u64,
}

impl Reader {
    fn stdin(&mut self) {
        let mut bytes = Vec::new();
        let limit = PINS_FILE_BYTES + 1;
        let read = std::io::stdin().lock().take(limit).read_to_end(&mut bytes);
        let result = read.map(|_| bytes).map_err(|error| error.to_string());
        self.add("-".into(), None, result);
    }

    fn file(&mut self, path: &Path) {
        let name = shown(path);
        let result = match fs::metadata(path) {
            // A pipe or a device could go on for ever.
            Ok(metadata) if !metadata.is_file() => Err("it is no file".into()),
            Ok(_) => files::read(path, PINS_FILE_BYTES).map_err(|CliError { message, .. }| message),
            Err(error) => Err(error.to_string()),
        };
        self.add(name, Some(path.into()), result);
    }

    fn add(&mut self, name: String, path: Option<PathBuf>, bytes: Result<Vec<u8>, String>) {
        if self.found.len() >= PINS_FILES {
            return self.full(&name, &format!("more than {PINS_FILES} files"));
        }
        self.bytes += bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
        if self.bytes > PINS_BYTES {
            return self.full(&name, &format!("more than {} MiB in all", PINS_BYTES >> 20));
        }
        let (bytes, mentions) = match bytes {
            Ok(bytes) => {
                let mentions = pins::find(&name, &bytes).map_err(Unread::from);
                (bytes, mentions)
            }
            Err(message) => (Vec::new(), Err(Unread::new(message))),
        };
        let has_some = mentions.as_ref().is_ok_and(|found| !found.is_empty());
        self.found.push(Manifest {
            name,
            path,
            bytes: if has_some { bytes } else { Vec::new() },
            mentions,
        });
    }

    /// Says once that something is left out.
    fn full(&mut self, name: &str, why: &str) {
        let message = format!("not looked at, nor what follows: {why}");
        let said = self
            .found
            .last()
            .is_some_and(|last| matches!(&last.mentions, Err(unread) if unread.message == message));
        if !said {
            self.found.push(Manifest {
                name: name.into(),
                path: None,
                bytes: Vec::new(),
                mentions: Err(Unread::new(message)),
            });
        }
    }

    /// Whether what this link leads to is read under its own name.
    fn reads(&self, link: &Path) -> bool {
        let Some((root, target)) = self.root.as_ref().zip(link.canonicalize().ok()) else {
            return false;
        };
        let Ok(below) = target.strip_prefix(root) else {
            return false;
        };
        let aside = |part: &OsStr| is_aside(&part.to_string_lossy());
        if target.is_dir() {
            return !below.iter().any(aside);
        }
        let mut folders = below.parent().into_iter().flatten();
        !folders.any(aside) && pins::is_candidate(&shown(&target))
    }

    fn folder(&mut self, folder: &Path, depth: usize) {
        if depth > PINS_FOLDERS {
            return self.full(
                &shown(folder),
                &format!("more than {PINS_FOLDERS} folders deep"),
            );
        }
        let mut entries = Vec::new();
        let listed = fs::read_dir(folder).and_then(|listing| {
            for entry in listing {
                self.entries += 1;
                if self.entries > PINS_ENTRIES {
                    break;
                }
                let entry = entry?;
                entries.push((entry.file_name(), entry.file_type()?));
            }
            Ok(())
        });
        if let Err(error) = listed {
            let unread = Err(error.to_string());
            return self.add(shown(folder), None, unread);
        }
        entries.sort_by(|one, other| one.0.cmp(&other.0));
        for (name, kind) in entries {
            let path = folder.join(&name);
            let name = name.to_string_lossy();
            if kind.is_dir() && !is_aside(&name) {
                self.folder(&path, depth + 1);
            } else if kind.is_file() && pins::is_candidate(&shown(&path)) {
                self.file(&path);
            } else if kind.is_symlink() && may_lead_to_some(&path, &name) && !self.reads(&path) {
                let message =
                    "a link out of what is read, which is followed only where it is named itself";
                self.add(shown(&path), None, Err(message.into()));
            }
        }
        if self.entries > PINS_ENTRIES {
            self.full(
                &shown(folder),
                &format!("more than {PINS_ENTRIES} entries of folders"),
            );
        }
    }
}

/// Whether it would be read, were it no link.
fn may_lead_to_some(link: &Path, name: &str) -> bool {
    if link.is_dir() {
        !is_aside(name)
    } else {
        pins::is_candidate(&shown(link))
    }
}

/// Folders that hold what others wrote or what was built; of hidden ones only `.github` holds manifests.
fn is_aside(name: &str) -> bool {
    matches!(name, "node_modules" | "target") || (name.starts_with('.') && name != ".github")
}

fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    text.strip_prefix("./").unwrap_or(&text).to_owned()
}
