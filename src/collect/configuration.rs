//! `evidence.yaml`, the files that it names, and the trees that prove where they lie in the commit.

use super::git::{self, GitError, ResolvedTag};
use super::store::StoredItem;
use crate::appraise::configuration::{CONFIGURATION, NAMED_FILES};
use crate::config::member_of;
use crate::git::{GlobError, PathGlob};
use crate::model::{Capture, CapturedFile, Digest, MemberPath, MemberPathError, Timestamp};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The configuration as it was read.
#[derive(Clone, Debug)]
pub struct ConfigurationSource {
    /// Its file.
    pub file: PathBuf,
    /// Its path in the repository; none when it lies outside.
    pub path: Option<String>,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Files that it names: path as written there, and bytes.
    pub named: Vec<(String, Vec<u8>)>,
}

impl ConfigurationSource {
    /// Whether the item holds exactly these bytes: a configuration that was edited since is captured again.
    pub fn is_in(&self, stored: &StoredItem) -> bool {
        let own = (CONFIGURATION.to_owned(), Digest::of(&self.bytes));
        let named = self.named.iter().filter_map(|(written, bytes)| {
            let path = member_of(written).ok()?;
            Some((path.to_string(), Digest::of(bytes)))
        });
        let wanted: BTreeSet<_> = named.chain([own]).collect();
        let found: BTreeSet<_> = stored
            .files
            .iter()
            .filter(|file| file.path.as_str() == CONFIGURATION || file.path.is_under(NAMED_FILES))
            .map(|file| (file.path.to_string(), file.sha256))
            .collect();
        wanted == found
    }
}

/// Why the configuration was not captured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigurationError {
    /// The repository.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A path that no commit has.
    #[error("a file of the configuration has no plain path")]
    Path(#[from] GlobError),
    /// A path that no member has.
    #[error("a file that the configuration names has no plain path")]
    Member(#[from] MemberPathError),
}

/// Captures the configuration, and the trees of the commit on the way to each of its files.
///
/// # Errors
/// When an object is missing, or a path fits no member.
pub async fn capture(
    root: &Path,
    tag: &ResolvedTag,
    source: &ConfigurationSource,
) -> Result<Capture, ConfigurationError> {
    let folder = source.file.parent().unwrap_or(Path::new("."));
    let mut files = Vec::new();
    let mut globs = Vec::new();
    let mut own = CapturedFile::new(
        MemberPath::try_from(CONFIGURATION)?,
        "application/yaml",
        source.bytes.clone(),
    );
    own.name.clone_from(&source.path);
    if let Some(path) = &source.path {
        globs.push(PathGlob::literal(path)?);
    }
    files.push(own);
    for (written, bytes) in &source.named {
        let mut file = CapturedFile::new(
            member_of(written)?,
            super::files::media_type(written),
            bytes.clone(),
        );
        file.name = git::path_in_repository(root, &folder.join(written));
        if let Some(path) = &file.name {
            globs.push(PathGlob::literal(path)?);
        }
        files.push(file);
    }
    files.extend(git::objects_for_paths(root, &tag.commit, &globs).await?);
    Ok(Capture {
        captured: Timestamp::now(),
        window: None,
        request: serde_json::json!({ "path": source.path }),
        files,
    })
}
