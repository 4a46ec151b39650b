//! Paths: of files that become members, and globs over the repository.

use super::diagnostic::{Position, Problems, Spot, quoted};
use crate::model::{MemberPath, MemberPathError};
use globset::GlobBuilder;

/// The member under which a file that the configuration names is stored.
///
/// # Errors
/// When the path holds what no member name holds.
pub fn member_of(path: &str) -> Result<MemberPath, MemberPathError> {
    MemberPath::try_from(format!("config/{path}").as_str())
}

/// A problem when the path cannot become a member.
pub(super) fn check_member(path: &Spot<String>, problems: &mut Problems) -> Option<()> {
    if member_of(&path.value).is_ok() {
        return Some(());
    }
    problems.hinted(
        path.at,
        format!("{} cannot be a member of the bundle", quoted(&path.value)),
        "a path of at most 93 bytes below the configuration's folder: letters, digits and . _ + - between slashes",
    );
    None
}

/// A problem when the text is no glob that stays inside the repository.
pub(super) fn check_glob(path: &str, at: Position, problems: &mut Problems) -> Option<()> {
    let leaves = path.starts_with('/')
        || path.contains('\\')
        || path.split('/').any(|part| matches!(part, "" | "." | ".."));
    if leaves {
        problems.hinted(
            at,
            format!("{} is no path inside the repository", quoted(path)),
            "relative to the repository's root, without empty parts, . and ..",
        );
        return None;
    }
    if path.split('/').next() == Some(".git") {
        problems.add(at, "git's own folder is no file of the repository");
        return None;
    }
    if let Err(error) = GlobBuilder::new(path).literal_separator(true).build() {
        let reason = error.kind();
        problems.add(at, format!("{} is no glob: {reason}", quoted(path)));
        return None;
    }
    Some(())
}
