//! Captured files are the files of the release's commit.

use super::{Appraised, Claim};
use crate::git::{ObjectId, ObjectKind, PathGlob, ProofError, Repository};
use crate::model::{Capture, CapturedFile, Digest, Problem, Release, Status};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What follows about captured files.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileFacts {
    /// The files, ascending by path.
    pub files: Vec<FileFact>,
    /// Whether they are exactly what the glob means in the release's commit.
    pub proven: bool,
}

/// What follows about one captured file.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileFact {
    /// Path in the repository.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Of the bytes.
    pub sha256: Digest,
    /// Id of the blob at that path in the commit; none when there is none.
    pub blob: Option<ObjectId>,
    /// Whether the content is the blob's, itself or through its git LFS pointer.
    pub same: bool,
}

/// Appraises that the captured files are those that the glob `path` means in the release's commit.
///
/// A file's path in the repository is its [`CapturedFile::name`], which is always set here; members below
/// `git/` are the proof. Verified when each file is the blob at its path (for git LFS: when its digest and size
/// make the pointer that is the blob) and no other file of the commit matches. A file that the commit does not
/// have is recorded, and the expectation is met.
///
/// Problems: `file-missing`, `file-untracked` (does not fail the expectation), `file-differs`,
/// `file-left-out`, `file-unnamed`, `file-doubled`, `file-other`, `file-tree-missing`, `file-object`,
/// `file-glob`.
pub fn file(capture: &Capture, path: &str, release: &Release) -> Appraised {
    let mut problems = Vec::new();
    let files = by_name(capture, &mut problems);
    let blobs = match blobs(&capture.files, path, release) {
        Ok((glob, blobs)) => {
            for name in files.keys().filter(|name| !glob.is_match(name)) {
                let message = format!("{name} is not what {path} means");
                problems.push(Problem::new("file-other", message));
            }
            blobs
        }
        Err(problem) => {
            problems.push(problem);
            BTreeMap::new()
        }
    };
    let is_proof_there = problems.is_empty();
    let facts: Vec<_> = files
        .iter()
        .map(|(name, file)| fact(name, file, blobs.get(*name)))
        .collect();
    if is_proof_there {
        problems.extend(facts.iter().filter_map(|fact| compared("file", fact)));
        let left_out = blobs
            .keys()
            .filter(|name| !files.contains_key(name.as_str()));
        problems.extend(left_out.map(|name| {
            let message = format!("{name} is in the commit and was not captured");
            Problem::new("file-left-out", message)
        }));
    }
    if files.is_empty() {
        problems.insert(
            0,
            Problem::new("file-missing", format!("no file is {path}")),
        );
    }
    let proven = problems.is_empty();
    let status = match (files.is_empty(), proven) {
        (true, _) => Status::Missing,
        (false, true) => Status::Verified,
        (false, false) => Status::Recorded,
    };
    let met = problems
        .iter()
        .all(|problem| problem.code == "file-untracked");
    let summary = summary(facts.len(), &problems);
    let facts = FileFacts {
        files: facts,
        proven,
    };
    Appraised::new(Claim::new(status, Some(met), facts, problems), summary)
}

fn summary(files: usize, problems: &[Problem]) -> String {
    let noun = if files == 1 { "file" } else { "files" };
    match problems {
        [] => format!("{files} {noun}, as in the commit"),
        [one] => format!("{files} {noun}; {}", one.message),
        [first, rest @ ..] => {
            format!("{files} {noun}; {}, and {} more", first.message, rest.len())
        }
    }
}

fn by_name<'a>(
    capture: &'a Capture,
    problems: &mut Vec<Problem>,
) -> BTreeMap<&'a str, &'a CapturedFile> {
    let mut files = BTreeMap::new();
    let own = |file: &&CapturedFile| !file.path.is_under(crate::git::repository::FOLDER);
    for file in capture.files.iter().filter(own) {
        let Some(name) = file.name.as_deref() else {
            let message = format!("{} does not say which path it had", file.path);
            problems.push(Problem::new("file-unnamed", message));
            continue;
        };
        if files.insert(name, file).is_some() {
            problems.push(Problem::new(
                "file-doubled",
                format!("{name} is there twice"),
            ));
        }
    }
    files
}

/// Paths below the glob that the release's commit has, by the git objects among the files; none when they do not show it.
pub(crate) fn in_commit<'a>(
    files: impl IntoIterator<Item = &'a CapturedFile>,
    path: &str,
    release: &Release,
) -> Option<BTreeSet<String>> {
    let files: Vec<CapturedFile> = files.into_iter().cloned().collect();
    let (_, blobs) = blobs(&files, path, release).ok()?;
    Some(blobs.into_keys().collect())
}

fn blobs(
    files: &[CapturedFile],
    path: &str,
    release: &Release,
) -> Result<(PathGlob, BTreeMap<String, ObjectId>), Problem> {
    let glob =
        PathGlob::parse(path).map_err(|error| Problem::new("file-glob", error.to_string()))?;
    let commit = release
        .commit
        .parse()
        .map_err(|_| Problem::new("file-object", "the release's commit is no object id"))?;
    let blobs = Repository::from_files(files)
        .and_then(|repository| repository.files_matching(&commit, &glob))
        .map_err(|error| unproven("file", &error))?;
    Ok((glob, blobs))
}

/// A problem with the proof itself, `<kind>-tree-missing` or `<kind>-object`.
pub(super) fn unproven(kind: &str, error: &ProofError) -> Problem {
    let code = match error {
        ProofError::Missing { .. } => "tree-missing",
        _ => "object",
    };
    Problem::new(format!("{kind}-{code}"), error.to_string())
}

/// What keeps a file from being the commit's, `<kind>-untracked` or `<kind>-differs`.
pub(super) fn compared(kind: &str, fact: &FileFact) -> Option<Problem> {
    let (code, message) = match (fact.blob, fact.same) {
        (Some(_), true) => return None,
        (Some(_), false) => ("differs", "is not as it is in the commit"),
        (None, _) => ("untracked", "is not in the commit"),
    };
    Some(Problem::new(
        format!("{kind}-{code}"),
        format!("{} {message}", fact.path),
    ))
}

/// A file beside the blob that should be its content.
pub(super) fn fact(name: &str, file: &CapturedFile, blob: Option<&ObjectId>) -> FileFact {
    let (sha256, size) = (file.sha256(), file.size());
    let same = blob.is_some_and(|blob| {
        let of = |bytes: &[u8]| ObjectId::of(blob.format(), ObjectKind::Blob, bytes);
        let known =
            (file.digests.as_ref()).and_then(|digests| ObjectId::from_raw(digests.git_blob()?));
        *blob == known.unwrap_or_else(|| of(&file.bytes))
            || *blob == of(&lfs_pointer(&sha256, size))
    });
    FileFact {
        path: name.into(),
        size,
        sha256,
        blob: blob.copied(),
        same,
    }
}

/// What git LFS commits instead of a file with this digest and size (LFS specification, "The Pointer").
fn lfs_pointer(sha256: &Digest, size: u64) -> Vec<u8> {
    let oid = sha256.hex();
    format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n")
        .into_bytes()
}

#[cfg(test)]
pub(in crate::appraise) mod tests;
