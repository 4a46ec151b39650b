//! Raw objects from the repository, through the `git` program.

use super::process;
use crate::git::{GlobError, ObjectId, ObjectKind, PathGlob, ProofError, Repository, Tag};
use crate::model::{Capture, CapturedFile, Timestamp, limits};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process::Command;

/// A tag as the repository has it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ResolvedTag {
    /// Its name, without `refs/tags/`.
    pub tag: String,
    /// Id of the annotated tag; none for a lightweight one.
    pub tag_object: Option<String>,
    /// Id of the commit.
    pub commit: String,
}

/// Why the repository did not give something.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GitError {
    /// The program could not be run.
    #[error("git cannot be run")]
    Run(#[source] std::io::Error),
    /// It did not end in time.
    #[error("git {command} took longer than {limit_s} s")]
    Time {
        /// The subcommand.
        command: String,
        /// Seconds that it may take.
        limit_s: u64,
    },
    /// It failed.
    #[error("git {command} failed: {message}")]
    Failed {
        /// The subcommand.
        command: String,
        /// The first line that it wrote to standard error.
        message: String,
    },
    /// It said something unexpected.
    #[error("git {0} gave an answer that is not understood")]
    Answer(String),
    /// More bytes than are taken.
    #[error("the git objects have more than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// Not a tag's name.
    #[error("{0:?} is no name of a tag")]
    TagName(String),
    /// The repository has no such tag.
    #[error("the repository has no tag {0}")]
    TagAbsent(String),
    /// The tag names something else than a commit.
    #[error("tag {tag} names a {kind}, expected a commit")]
    NoCommit {
        /// The tag.
        tag: String,
        /// What it names.
        kind: ObjectKind,
    },
    /// An object is not in the clone.
    #[error("git object {0} is not in this clone")]
    ObjectAbsent(ObjectId),
    /// No object id.
    #[error("no object id")]
    Id(#[from] crate::git::ObjectIdError),
    /// No path in a repository.
    #[error("no path in a repository")]
    Path(#[from] GlobError),
    /// The objects do not prove what they should.
    #[error("the repository's objects are not as they should be")]
    Proof(#[from] ProofError),
    /// A member name that does not fit.
    #[error("no member name")]
    Member(#[from] crate::model::MemberPathError),
}

/// Longest time that one call of `git` may take.
const TIME: Duration = Duration::from_secs(120);
/// Bytes of an answer that is one line.
const LINE_BYTES: u64 = 64 << 10;

/// The root folder of the working tree that holds `dir`.
///
/// # Errors
/// When there is no repository, or git refuses to use it.
pub async fn root(dir: &Path) -> Result<PathBuf, GitError> {
    let line = line(dir, &["rev-parse", "--show-toplevel"]).await?;
    Ok(PathBuf::from(line))
}

/// What the tag of that name is in the repository.
///
/// # Errors
/// When there is no such tag or repository, or the tag names no commit.
pub async fn resolve(dir: &Path, tag: &str) -> Result<ResolvedTag, GitError> {
    if !is_tag_name(tag) {
        return Err(GitError::TagName(tag.chars().take(100).collect()));
    }
    root(dir).await?;
    let reference = format!("refs/tags/{tag}");
    // Unlike rev-parse this reads nothing but exactly that reference.
    let shown = line(dir, &["show-ref", "--verify", &reference]).await;
    let shown = shown.map_err(|error| match error {
        GitError::Failed { .. } => GitError::TagAbsent(tag.into()),
        other => other,
    })?;
    let first: ObjectId = shown.split(' ').next().unwrap_or_default().parse()?;
    let mut repository = Repository::new();
    let mut id = first;
    let mut kind = fetch(dir, &mut repository, &[id]).await?;
    for _ in 0..5 {
        if kind != ObjectKind::Tag {
            break;
        }
        id = parse_tag(&repository, &id)?.object;
        kind = fetch(dir, &mut repository, &[id]).await?;
    }
    if kind != ObjectKind::Commit {
        let tag = tag.into();
        return Err(GitError::NoCommit { tag, kind });
    }
    Ok(ResolvedTag {
        tag: tag.into(),
        tag_object: (id != first).then(|| first.to_string()),
        commit: id.to_string(),
    })
}

/// The tag's objects and its commit.
///
/// # Errors
/// When an object is missing, too large, or not what it should be.
pub async fn capture_release(dir: &Path, tag: &ResolvedTag) -> Result<Capture, GitError> {
    let mut repository = Repository::new();
    let commit = tag.commit.parse()?;
    let mut next = tag.tag_object.as_deref().map(str::parse).transpose()?;
    while let Some(id) = next {
        fetch(dir, &mut repository, &[id]).await?;
        let found = parse_tag(&repository, &id)?;
        next = (found.kind == ObjectKind::Tag).then_some(found.object);
    }
    fetch(dir, &mut repository, &[commit]).await?;
    Ok(Capture {
        captured: Timestamp::now(),
        window: None,
        request: serde_json::json!({ "tag": tag.tag }),
        files: repository.to_files()?,
    })
}

/// The commit and the trees that prove which files of it the globs mean.
///
/// # Errors
/// When an object is missing or malformed, or there are more bytes than are taken.
pub async fn objects_for_paths(
    dir: &Path,
    commit: &str,
    globs: &[PathGlob],
) -> Result<Vec<CapturedFile>, GitError> {
    let commit: ObjectId = commit.parse()?;
    let mut repository = Repository::new();
    fetch(dir, &mut repository, &[commit]).await?;
    let mut total: u64 = 0;
    loop {
        // Each round knows one level of directories more.
        let missing: Vec<_> = repository
            .missing_trees(&commit, globs)?
            .into_iter()
            .collect();
        if missing.is_empty() {
            return Ok(repository.to_files()?);
        }
        fetch(dir, &mut repository, &missing).await?;
        let sizes = missing.iter().filter_map(|id| repository.contents(id));
        total += sizes.map(|(_, bytes)| bytes.len() as u64).sum::<u64>();
        if total > limits::GIT_BYTES {
            let limit = limits::GIT_BYTES;
            return Err(GitError::TooLarge { limit });
        }
    }
}

/// Host and path of `remote.origin.url`, such as `github.com/OWNER/REPO`; none when there is no such remote.
///
/// # Errors
/// When git cannot be run.
pub async fn repository_name(dir: &Path) -> Result<Option<String>, GitError> {
    match line(dir, &["config", "--get", "remote.origin.url"]).await {
        Ok(url) => Ok(name_of_remote(&url)),
        Err(GitError::Failed { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The path of a file in the repository with that root, with `/` between parts; none when it lies outside.
pub fn path_in_repository(root: &Path, file: &Path) -> Option<String> {
    let root = root.canonicalize().ok()?;
    let file = file.canonicalize().ok()?;
    let parts = file.strip_prefix(root).ok()?.components();
    let parts: Option<Vec<_>> = parts.map(|part| part.as_os_str().to_str()).collect();
    Some(parts?.join("/")).filter(|path| !path.is_empty())
}

/// Host and path of a remote's URL, without user, password, port of ssh and `.git`; none for a local path.
pub fn name_of_remote(url: &str) -> Option<String> {
    let (is_web, rest) = match url.split_once("://") {
        Some(("https" | "http", rest)) => (true, rest.to_owned()),
        Some(("ssh" | "git" | "git+ssh" | "ssh+git", rest)) => (false, rest.to_owned()),
        Some(_) => return None,
        // `git@host:path`; a slash before the colon makes it a local path.
        None => {
            let (host, path) = url.split_once(':')?;
            if host.contains('/') || host.len() < 2 {
                return None;
            }
            (false, format!("{host}/{path}"))
        }
    };
    let (authority, path) = rest.split_once('/')?;
    let host = authority.rsplit('@').next()?;
    let host = match host.split_once(':') {
        Some((name, _)) if !is_web => name,
        _ => host,
    };
    let path = path.split(['?', '#']).next()?.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    (!host.is_empty() && !path.is_empty()).then(|| format!("{}/{path}", host.to_lowercase()))
}

/// Reads the objects into the repository and returns the kind of the last.
async fn fetch(
    dir: &Path,
    repository: &mut Repository,
    ids: &[ObjectId],
) -> Result<ObjectKind, GitError> {
    let asked: String = ids.iter().map(|id| format!("{id}\n")).collect();
    let limit = limits::GIT_BYTES;
    let answer = git(dir, &["cat-file", "--batch"], asked.as_bytes(), limit).await?;
    let mut rest = answer.as_slice();
    let mut last = ObjectKind::Blob;
    for id in ids {
        let (kind, contents, next) = object(rest, id)?;
        if contents.len() as u64 > limits::GIT_OBJECT_BYTES {
            let limit = limits::GIT_OBJECT_BYTES;
            return Err(GitError::TooLarge { limit });
        }
        let computed = repository.insert(id.format(), kind, contents);
        if computed != *id {
            return Err(GitError::Answer("cat-file".into()));
        }
        (last, rest) = (kind, next);
    }
    Ok(last)
}

/// One answer of `git cat-file --batch`: `<id> <kind> <size>\n<contents>\n`, or `<id> missing\n`.
fn object<'a>(
    answer: &'a [u8],
    id: &ObjectId,
) -> Result<(ObjectKind, &'a [u8], &'a [u8]), GitError> {
    let strange = || GitError::Answer("cat-file".into());
    let end = answer
        .iter()
        .position(|byte| *byte == b'\n')
        .ok_or_else(strange)?;
    let (head, rest) = answer.split_at_checked(end).ok_or_else(strange)?;
    let head = std::str::from_utf8(head).map_err(|_| strange())?;
    let mut words = head.split(' ').skip(1);
    let kind = match words.next() {
        Some("missing") => return Err(GitError::ObjectAbsent(*id)),
        Some(name) => ObjectKind::from_name(name).ok_or_else(strange)?,
        None => return Err(strange()),
    };
    let size = words.next().and_then(|size| size.parse::<usize>().ok());
    let body = rest.get(1..).ok_or_else(strange)?;
    let (contents, rest) = body
        .split_at_checked(size.ok_or_else(strange)?)
        .ok_or_else(strange)?;
    Ok((
        kind,
        contents,
        rest.strip_prefix(b"\n").ok_or_else(strange)?,
    ))
}

fn parse_tag(repository: &Repository, id: &ObjectId) -> Result<Tag, GitError> {
    match repository.contents(id) {
        Some((ObjectKind::Tag, contents)) => {
            let tag = Tag::parse(contents);
            tag.map_err(|source| ProofError::Malformed { id: *id, source }.into())
        }
        _ => Err(GitError::ObjectAbsent(*id)),
    }
}

async fn line(dir: &Path, arguments: &[&str]) -> Result<String, GitError> {
    let answer = git(dir, arguments, b"", LINE_BYTES).await?;
    let text = String::from_utf8(answer);
    let text = text.map_err(|_| GitError::Answer(subcommand(arguments)))?;
    Ok(text.trim_end_matches('\n').into())
}

async fn git(
    dir: &Path,
    arguments: &[&str],
    stdin: &[u8],
    limit: u64,
) -> Result<Vec<u8>, GitError> {
    let mut command = Command::new("git");
    // Variables such as GIT_DIR would point it elsewhere: only what finds program and user configuration stays.
    let kept = ["PATH", "HOME", "XDG_CONFIG_HOME", "SYSTEMROOT"];
    process::keep_variables(&mut command, kept.into_iter());
    command
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_OPTIONAL_LOCKS", "0")
        // A replaced object would come under an id that its bytes do not have.
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .env("LC_ALL", "C")
        .arg("-C")
        .arg(dir)
        .args(arguments);
    let finished = process::run(command, stdin, limit, TIME).await;
    let finished = finished.map_err(GitError::Run)?;
    if finished.timed_out {
        return Err(GitError::Time {
            command: subcommand(arguments),
            limit_s: TIME.as_secs(),
        });
    }
    if finished.exit_code != Some(0) {
        let message = String::from_utf8_lossy(&finished.stderr.bytes);
        let first = message.lines().next().unwrap_or("no message");
        return Err(GitError::Failed {
            command: subcommand(arguments),
            message: first.chars().take(300).collect(),
        });
    }
    if finished.stdout.truncated {
        return Err(GitError::TooLarge { limit });
    }
    Ok(finished.stdout.bytes)
}

fn subcommand(arguments: &[&str]) -> String {
    arguments.first().copied().unwrap_or_default().into()
}

/// What git-check-ref-format(1) allows as a tag.
fn is_tag_name(tag: &str) -> bool {
    let is_part =
        |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    let is_strange = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
    !tag.starts_with('-')
        && !tag.contains(is_strange)
        && !tag.contains("..")
        && !tag.contains("@{")
        && !tag.ends_with('.')
        && tag.len() <= 200
        && tag.split('/').all(is_part)
}

#[cfg(test)]
pub(in crate::collect) mod tests;
