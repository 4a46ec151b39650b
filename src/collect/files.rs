//! Files of the working tree, with the trees that prove that they are the commit's.

use super::git::{self, GitError};
use crate::git::{GlobError, PathGlob, glob::Walk};
use crate::model::{Capture, CapturedFile, MemberPath, Timestamp, limits};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What to capture.
#[derive(Clone, Debug)]
pub struct FilesSource<'a> {
    /// Id of the item; members lie in `files/<id>/`.
    pub id: &'a str,
    /// Glob, relative to the repository's root; see [`PathGlob`].
    pub path: &'a str,
    /// RFC 6838 media type of each; guessed from the name when none is given.
    pub media_type: Option<&'a str>,
}

/// Why files were not captured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FilesError {
    /// The glob is malformed.
    #[error("malformed path")]
    Glob(#[from] GlobError),
    /// A file or folder could not be read.
    #[error("{path} cannot be read")]
    Read {
        /// Path in the repository.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// More files than are taken.
    #[error("more than {} files are {path}", limits::FILES)]
    TooMany {
        /// The glob.
        path: String,
    },
    /// A file, or all together, with more bytes than are taken.
    #[error("{path} has more than {limit} bytes")]
    TooLarge {
        /// Path in the repository, or the glob.
        path: String,
        /// Bytes.
        limit: u64,
    },
    /// A name that is no UTF-8, which no manifest can hold.
    #[error("{0:?} is no UTF-8")]
    Name(PathBuf),
    /// The id gives no member name.
    #[error("no member name")]
    Member(#[from] crate::model::MemberPathError),
    /// The trees could not be had.
    #[error("the commit's trees cannot be read")]
    Git(#[from] GitError),
}

/// Captures the files that a glob means, and the commit's trees on the way.
///
/// Symbolic links are not followed and no files. A file's member path is `files/<id>/<path>` where that is a
/// member name, else `files/<id>/<n>.<extension>`; its name is always its path in the repository. No file at
/// all is no error: the claim says it.
///
/// # Errors
/// When a file or tree cannot be read, or a limit is passed.
pub async fn capture(
    root: &Path,
    commit: &str,
    source: &FilesSource<'_>,
) -> Result<Capture, FilesError> {
    let glob = PathGlob::parse(source.path)?;
    let mut files = git::objects_for_paths(root, commit, std::slice::from_ref(&glob)).await?;
    files.extend(read(root, &glob, source)?);
    Ok(Capture {
        captured: Timestamp::now(),
        window: None,
        request: serde_json::json!({ "path": source.path }),
        files,
    })
}

/// The media type of a file of that name (IANA), `application/octet-stream` when it is not known.
pub fn media_type(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    match extension.unwrap_or_default().to_ascii_lowercase().as_str() {
        "json" => "application/json",
        "yaml" | "yml" => "application/yaml",
        "toml" => "application/toml",
        "xml" => "application/xml",
        "md" => "text/markdown",
        "html" | "htm" => "text/html",
        "csv" => "text/csv",
        "txt" | "log" | "rego" | "tf" | "sh" | "pub" => "text/plain",
        "sarif" => "application/sarif+json",
        "pem" | "crt" => "application/x-pem-file",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "svg" => "image/svg+xml",
        "pdf" => "application/pdf",
        "gz" | "tgz" => "application/gzip",
        "tar" => "application/x-tar",
        "zip" => "application/zip",
        _ => "application/octet-stream",
    }
}

fn read(
    root: &Path,
    glob: &PathGlob,
    source: &FilesSource<'_>,
) -> Result<Vec<CapturedFile>, FilesError> {
    let mut found = BTreeSet::new();
    find(root, "", &glob.walk(), &mut found)?;
    let mut members = Members::new(source.id, &found);
    let mut total: u64 = 0;
    let mut files = Vec::new();
    for path in &found {
        let bytes = bytes(root, path)?;
        total += bytes.len() as u64;
        if total > limits::FILES_BYTES {
            return Err(FilesError::TooLarge {
                path: source.path.into(),
                limit: limits::FILES_BYTES,
            });
        }
        files.push(CapturedFile {
            path: members.path(path)?,
            name: Some(path.clone()),
            media_type: source.media_type.unwrap_or_else(|| media_type(path)).into(),
            bytes: bytes.into(),
            digests: None,
            redactions: Vec::new(),
        });
    }
    Ok(files)
}

fn find(
    root: &Path,
    prefix: &str,
    walk: &Walk<'_>,
    found: &mut BTreeSet<String>,
) -> Result<(), FilesError> {
    let unreadable = |source| FilesError::Read {
        path: if prefix.is_empty() { "." } else { prefix }.into(),
        source,
    };
    for entry in std::fs::read_dir(root.join(prefix)).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let kind = entry.file_type().map_err(unreadable)?;
        let name = entry.file_name();
        let Some(next) = walk.enter(&name.to_string_lossy()) else {
            continue;
        };
        let Some(name) = name.to_str() else {
            return Err(FilesError::Name(Path::new(prefix).join(name)));
        };
        if kind.is_dir() && next.goes_on() {
            find(root, &format!("{prefix}{name}/"), &next, found)?;
        } else if kind.is_file() && next.is_match() {
            found.insert(format!("{prefix}{name}"));
            if found.len() > limits::FILES {
                let path = format!("{prefix}…");
                return Err(FilesError::TooMany { path });
            }
        }
    }
    Ok(())
}

fn bytes(root: &Path, path: &str) -> Result<Vec<u8>, FilesError> {
    let unreadable = |source| FilesError::Read {
        path: path.into(),
        source,
    };
    let file = File::open(root.join(path)).map_err(unreadable)?;
    let mut bytes = Vec::new();
    let mut bounded = file.take(limits::FILE_BYTES + 1);
    bounded.read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > limits::FILE_BYTES {
        return Err(FilesError::TooLarge {
            path: path.into(),
            limit: limits::FILE_BYTES,
        });
    }
    Ok(bytes)
}

/// Gives member paths: plain ones as they are, others by number, none twice: also where case makes no difference, since
/// a bundle is unpacked on such systems, too.
pub(super) struct Members<'a> {
    id: &'a str,
    /// In small letters: what has that name.
    plain: BTreeMap<String, String>,
    next: usize,
}

impl<'a> Members<'a> {
    pub(super) fn new(id: &'a str, paths: &BTreeSet<String>) -> Self {
        let mut plain = BTreeMap::new();
        // In small letters: how the first of its files writes a folder.
        let mut written: BTreeMap<String, &str> = BTreeMap::new();
        for path in paths {
            if MemberPath::try_from(format!("files/{id}/{path}")).is_err() {
                continue;
            }
            let name = path.to_ascii_lowercase();
            let is_as_written = path.match_indices('/').all(|(at, _)| {
                let own = path.get(..at).unwrap_or_default();
                *written.entry(own.to_ascii_lowercase()).or_insert(own) == own
            });
            if is_as_written {
                plain.entry(name).or_insert_with(|| path.clone());
            }
        }
        // A file in the place of what is a folder elsewhere: `A` beside `a/b`.
        let folders: BTreeSet<String> = (plain.keys())
            .flat_map(|name| {
                name.match_indices('/')
                    .map(|(at, _)| name.get(..at).unwrap_or_default())
            })
            .map(str::to_owned)
            .collect();
        plain.retain(|name, _| !folders.contains(name));
        Self { id, plain, next: 0 }
    }

    pub(super) fn path(&mut self, path: &str) -> Result<MemberPath, FilesError> {
        let id = self.id;
        if self
            .plain
            .get(&path.to_ascii_lowercase())
            .is_some_and(|own| own == path)
        {
            return Ok(MemberPath::try_from(format!("files/{id}/{path}"))?);
        }
        let extension = extension(path);
        loop {
            let name = format!("{}.{extension}", self.next);
            self.next += 1;
            if !self.plain.contains_key(&name.to_ascii_lowercase()) {
                return Ok(MemberPath::try_from(format!("files/{id}/{name}"))?);
            }
        }
    }
}

fn extension(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_plain = |text: &&str| {
        (1..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    extension.filter(is_plain).unwrap_or("bin")
}

#[cfg(test)]
mod tests {
    use super::super::git::tests::Sample;
    use super::*;
    use crate::appraise;
    use crate::model::Status;

    async fn captured(sample: &Sample, path: &str) -> (Capture, Vec<(String, String)>) {
        let commit = sample.git(&["rev-parse", "v1^{commit}"]);
        let source = FilesSource {
            id: "docs",
            path,
            media_type: None,
        };
        let capture = capture(sample.path(), &commit, &source).await.unwrap();
        let own = capture.files.iter().filter_map(|file| {
            let name = file.name.clone()?;
            Some((file.path.to_string(), name))
        });
        let own = own.collect();
        (capture, own)
    }

    fn pair(path: &str, name: &str) -> (String, String) {
        (path.into(), name.into())
    }

    #[tokio::test]
    async fn files_of_a_real_commit_are_captured_with_their_proof() {
        for format in ["sha1", "sha256"] {
            let sample = Sample::new(format);
            let release = sample.release("v1").await;

            let (capture, own) = captured(&sample, "**/*.md").await;
            let claim = appraise::file(&capture, "**/*.md", &release).claim;

            assert_eq!(own, [pair("files/docs/docs/one.md", "docs/one.md")]);
            assert_eq!(claim.status(), Status::Verified, "{:?}", claim.problems());
            let file = capture.files.last().unwrap();
            assert_eq!(file.media_type, "text/markdown");
        }
    }

    #[tokio::test]
    async fn a_changed_a_new_and_a_deleted_file_are_told_apart() {
        let sample = Sample::new("sha1");
        let release = sample.release("v1").await;
        let codes = async |path: &str| {
            let (capture, _) = captured(&sample, path).await;
            let claim = appraise::file(&capture, path, &release).claim;
            let codes = claim.problems().iter().map(|problem| problem.code.clone());
            codes.collect::<Vec<_>>()
        };
        sample.write("docs/one.md", b"changed");
        sample.write("docs/two.md", b"new");
        std::fs::remove_file(sample.path().join("a.txt")).unwrap();

        assert_eq!(codes("docs/one.md").await, ["file-differs"]);
        assert_eq!(codes("docs/two.md").await, ["file-untracked"]);
        assert_eq!(codes("a.txt").await, ["file-missing", "file-left-out"]);
        assert_eq!(codes("none/**").await, ["file-missing"]);
    }

    #[tokio::test]
    async fn hidden_files_come_only_when_named_and_the_repositorys_store_never() {
        let sample = Sample::new("sha1");
        sample.write("sub/.git/config", b"x");

        let (_, all) = captured(&sample, "**").await;
        let (_, hidden) = captured(&sample, "docs/.h*").await;

        let names: Vec<_> = all.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["a.txt", "docs/one.md"]);
        assert_eq!(hidden, [pair("files/docs/docs/.hidden", "docs/.hidden")]);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn symbolic_links_are_not_followed() {
        let sample = Sample::new("sha1");
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret.md"), "s").unwrap();
        let link = |target: &Path, name: &str| {
            std::os::unix::fs::symlink(target, sample.path().join(name)).unwrap();
        };
        link(outside.path(), "docs/out");
        link(&outside.path().join("secret.md"), "docs/link.md");

        let (_, own) = captured(&sample, "docs/**").await;

        assert_eq!(own, [pair("files/docs/docs/one.md", "docs/one.md")]);
    }

    #[test]
    fn names_that_differ_by_case_alone_are_told_apart_by_number() {
        let paths = [
            "docs/A",
            "docs/README.md",
            "docs/Sub/x",
            "docs/a/b.md",
            "docs/readme.MD",
            "docs/sub/y",
        ];
        let paths: BTreeSet<String> = paths.into_iter().map(str::to_owned).collect();
        let mut members = Members::new("docs", &paths);

        let own: Vec<String> = (paths.iter())
            .map(|path| members.path(path).unwrap().to_string())
            .collect();

        let expected = [
            "files/docs/0.bin",
            "files/docs/docs/README.md",
            "files/docs/docs/Sub/x",
            "files/docs/docs/a/b.md",
            "files/docs/1.MD",
            "files/docs/2.bin",
        ];
        assert_eq!(own, expected);
    }

    #[tokio::test]
    async fn a_path_that_is_no_member_name_is_numbered_and_keeps_its_name() {
        let sample = Sample::new("sha1");
        let long = format!("{}.yaml", "x".repeat(100));
        for name in ["1.md", "a b.txt", "c d.md", "\u{fc}.x-y", &long] {
            sample.write(name, b"x");
        }

        let (_, own) = captured(&sample, "*").await;

        let expected = [
            pair("files/docs/1.md", "1.md"),
            pair("files/docs/0.txt", "a b.txt"),
            pair("files/docs/a.txt", "a.txt"),
            // 1.md is taken.
            pair("files/docs/2.md", "c d.md"),
            pair("files/docs/3.yaml", &long),
            pair("files/docs/4.bin", "\u{fc}.x-y"),
        ];
        assert_eq!(own, expected);
    }
}
