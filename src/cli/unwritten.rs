//! What could not be written or locked, and what to do about it.

#[cfg(feature = "net")]
use super::exit::Exit;
use super::exit::{CliError, chain};
#[cfg(feature = "net")]
use evidence::collect::store::StoreError;
#[cfg(feature = "net")]
use evidence::disk::LockError;
use evidence::disk::WriteError;
use std::io::{self, ErrorKind};
#[cfg(feature = "net")]
use std::path::Path;

/// A file that cannot be written, `elsewhere` being how to choose another place for it.
pub(crate) fn cannot_write(error: &WriteError, elsewhere: &str) -> CliError {
    advised(
        CliError::unreachable(chain(error)),
        &error.source,
        elsewhere,
    )
}

/// A capture store that cannot be used.
#[cfg(feature = "net")]
pub(crate) fn store_error(error: &StoreError) -> CliError {
    let undetermined = || CliError::from_error(Exit::Undetermined, error);
    match error {
        StoreError::OtherRelease { .. } => CliError::from_error(Exit::Usage, error)
            .hint("a store holds one release: name another with --store, or remove this one"),
        StoreError::Absent(_) => undetermined().hint("run `evidence collect` first"),
        StoreError::Write(error) => cannot_write(error, OTHER_STORE),
        StoreError::Lock { dir, source } => cannot_lock(
            source,
            &format!("the capture store in {}", dir.display()),
            OTHER_STORE,
        ),
        _ => undetermined(),
    }
}

/// What another run uses, or what cannot be locked.
#[cfg(feature = "net")]
pub(crate) fn cannot_lock(error: &LockError, what: &str, elsewhere: &str) -> CliError {
    match error {
        LockError::Held { path, last } => {
            let used = CliError::unreachable(format!("another run of evidence uses {what}"));
            let used = match last {
                Some(last) => used.detail(format!("{} was last taken by {last}", shown(path))),
                None => used,
            };
            used.hint(format!(
                "let it end and run the same command again; its lock ends with it, however that ends; or {elsewhere}"
            ))
        }
        LockError::Io { source, .. } => {
            let error = CliError::unreachable(chain(error));
            if source.kind() == ErrorKind::Unsupported {
                return error.hint(format!("its file system has no locks: {elsewhere}"));
            }
            advised(error, source, elsewhere)
        }
        _ => CliError::from_error(Exit::Undetermined, error),
    }
}

#[cfg(feature = "net")]
fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// The error with what to do about its cause.
fn advised(error: CliError, cause: &io::Error, elsewhere: &str) -> CliError {
    match cause.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => error.hint(
            "free some space and run the same command again: no half file was left, and what is whole is kept",
        ),
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
            error.hint(format!("{elsewhere}, and run it again"))
        }
        _ => error,
    }
}

/// How to choose another store.
#[cfg(feature = "net")]
const OTHER_STORE: &str = "name another store with --store DIR";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_and_a_folder_that_takes_nothing_have_their_advice() {
        for (kind, words) in [
            (ErrorKind::StorageFull, "free some space"),
            (ErrorKind::QuotaExceeded, "free some space"),
            (ErrorKind::ReadOnlyFilesystem, "elsewhere, and run it again"),
            (ErrorKind::PermissionDenied, "elsewhere, and run it again"),
        ] {
            let error = WriteError::new("out/b".as_ref(), kind.into());

            let error = cannot_write(&error, "elsewhere");

            assert_eq!(error.exit, Exit::Undetermined);
            assert!(error.message.starts_with("cannot write out/b: "));
            assert!(error.hint.unwrap().starts_with(words));
        }
        let other = WriteError::new("out/b".as_ref(), ErrorKind::IsADirectory.into());
        assert_eq!(cannot_write(&other, "elsewhere").hint, None);
    }
}
