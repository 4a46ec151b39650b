//! The files of one bundle, and the lock under which they are written.

use super::exit::CliError;
use super::files;
use super::unwritten::{cannot_lock, cannot_write};
use evidence::disk::{self, Lock, WriteError};
use evidence::model::{Digest, limits};
use evidence::sigstore::trust::Roots;
use evidence::sigstore::{Options, judge_attestation, seal_statement};
use std::path::{Path, PathBuf};

/// A bundle's files, which no other run writes while this lives.
#[derive(Debug)]
pub(crate) struct BundleFiles {
    bundle: PathBuf,
    _lock: Lock,
}

impl BundleFiles {
    /// Takes them, in a folder that is there; what a killed run of this bundle left half done is removed.
    pub(crate) fn take(bundle: &Path) -> Result<Self, CliError> {
        let name = files::name(bundle);
        let lock = Lock::passing(&bundle.with_file_name(format!(".{name}.lock")))
            .map_err(|error| cannot_lock(&error, &bundle.display().to_string(), ELSEWHERE))?;
        let this = Self {
            bundle: bundle.into(),
            _lock: lock,
        };
        let all = [bundle, &this.checksum(), &this.seal(), &this.page()];
        disk::remove_parts(bundle.parent().unwrap_or(Path::new("")), Some(&all));
        Ok(this)
    }

    /// The same in a folder that is made.
    pub(crate) fn make(folder: &Path, name: &str) -> Result<Self, CliError> {
        disk::make_folder(folder).map_err(|error| unwritten(&error))?;
        Self::take(&folder.join(name))
    }

    /// The bundle.
    pub(crate) fn bundle(&self) -> &Path {
        &self.bundle
    }

    /// Its digest, as `sha256sum -c` takes it.
    pub(crate) fn checksum(&self) -> PathBuf {
        files::sidecar(&self.bundle, ".sha256")
    }

    /// Its seal.
    pub(crate) fn seal(&self) -> PathBuf {
        files::sidecar(&self.bundle, ".sigstore.json")
    }

    /// Its page.
    pub(crate) fn page(&self) -> PathBuf {
        page(&self.bundle)
    }

    /// What the seal that is there says of which bundle it seals; not verified. None when there is no seal that says so.
    pub(crate) fn sealed(&self) -> Option<Digest> {
        let seal = files::read(&self.seal(), limits::SIGNATURE_BYTES).ok()?;
        let judged = judge_attestation(&seal, &Roots::none(), &[], &Options::STRICT);
        let statement = seal_statement::parse(&judged.statement?).ok()?;
        Some(statement.bundle)
    }
}

/// `B.report.html` for `B.tar.gz`.
pub(crate) fn page(bundle: &Path) -> PathBuf {
    let name = files::name(bundle);
    bundle.with_file_name(format!(
        "{}.report.html",
        name.strip_suffix(".tar.gz").unwrap_or(&name)
    ))
}

/// A file of a bundle that cannot be written.
pub(crate) fn unwritten(error: &WriteError) -> CliError {
    cannot_write(error, ELSEWHERE)
}

/// How to choose another folder for a bundle.
const ELSEWHERE: &str =
    "name another folder with --out-dir DIR (`seal` writes beside the bundle: copy it to one)";
