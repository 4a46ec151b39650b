use super::*;
use crate::appraise;
use crate::model::{Release, Status};
use std::process::Command as Program;

/// A repository in a temporary folder: one commit with `docs/one.md`, `docs/.hidden`, `a.txt`,
/// the annotated tag `v1`, a tag `v1-GA` of that tag, and the lightweight tag `light`.
pub(in crate::collect) struct Sample {
    pub(in crate::collect) dir: tempfile::TempDir,
}

impl Sample {
    pub(in crate::collect) fn new(format: &str) -> Self {
        let sample = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        sample.git(&["init", "-q", &format!("--object-format={format}")]);
        sample.write("docs/one.md", b"one");
        sample.write("docs/.hidden", b"hidden");
        sample.write("a.txt", b"a");
        sample.git(&["add", "."]);
        sample.git(&["commit", "-q", "-m", "first"]);
        sample.git(&["tag", "-a", "-m", "release", "v1"]);
        sample.git(&["tag", "-a", "-m", "again", "v1-GA", "v1"]);
        sample.git(&["tag", "light"]);
        sample
    }

    pub(in crate::collect) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(in crate::collect) fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    pub(in crate::collect) fn git(&self, arguments: &[&str]) -> String {
        let output = Program::new("git")
            .arg("-C")
            .arg(self.path())
            .args(["-c", "user.name=T", "-c", "user.email=t@example.org"])
            .args(["-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"])
            .args(arguments)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_COMMITTER_DATE", "1700000000 +0000")
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().into()
    }

    pub(in crate::collect) async fn release(&self, tag: &str) -> Release {
        let resolved = resolve(self.path(), tag).await.unwrap();
        Release {
            repository: "github.com/example/shop".into(),
            tag: resolved.tag,
            tag_object: resolved.tag_object,
            commit: resolved.commit,
            version: "1".into(),
            previous: None,
        }
    }
}

#[tokio::test]
async fn a_real_tag_is_captured_and_proven_in_both_formats_also_through_another_tag() {
    for format in ["sha1", "sha256"] {
        let sample = Sample::new(format);
        for tag in ["v1", "v1-GA"] {
            let resolved = resolve(sample.path(), tag).await.unwrap();
            let capture = capture_release(sample.path(), &resolved).await.unwrap();
            let release = sample.release(tag).await;

            let claim = appraise::release(&capture, tag, &release).claim;

            assert_eq!(resolved.commit, sample.git(&["rev-parse", "HEAD"]));
            assert_eq!(
                resolved.tag_object.unwrap(),
                sample.git(&["rev-parse", tag])
            );
            assert_eq!(claim.status(), Status::Verified, "{format} {tag}");
            let committed = &claim.to_stated().facts["committed"];
            assert_eq!(committed, "2023-11-14T22:13:20Z");
        }
    }
}

#[tokio::test]
async fn a_lightweight_tag_has_no_tag_object() {
    let sample = Sample::new("sha1");

    let resolved = resolve(sample.path(), "light").await.unwrap();
    let capture = capture_release(sample.path(), &resolved).await.unwrap();

    assert_eq!(resolved.tag_object, None);
    assert_eq!(capture.files.len(), 1);
}

#[tokio::test]
async fn a_tag_that_is_absent_no_name_or_no_commit_is_refused() {
    let sample = Sample::new("sha1");
    sample.git(&["tag", "tree", "HEAD^{tree}"]);

    let absent = resolve(sample.path(), "v9").await.unwrap_err();
    let tree = resolve(sample.path(), "tree").await.unwrap_err();

    assert!(matches!(absent, GitError::TagAbsent(_)), "{absent}");
    assert!(matches!(tree, GitError::NoCommit { .. }), "{tree}");
    for name in [
        "", "-v", "v1~1", "v1^{}", "a..b", "@{1}", "a b", "v1.lock", "a//b",
    ] {
        let error = resolve(sample.path(), name).await.unwrap_err();
        assert!(matches!(error, GitError::TagName(_)), "{name}: {error}");
    }
}

#[tokio::test]
async fn a_folder_without_a_repository_is_said_by_git() {
    let dir = tempfile::tempdir().unwrap();

    let error = resolve(dir.path(), "v1").await.unwrap_err();

    assert!(
        error.to_string().contains("not a git repository"),
        "{error}"
    );
}

#[tokio::test]
async fn a_replaced_object_does_not_get_in() {
    let sample = Sample::new("sha1");
    let first = sample.git(&["rev-parse", "HEAD"]);
    sample.git(&["commit", "-q", "--allow-empty", "-m", "second"]);
    sample.git(&["replace", &first, "HEAD"]);

    let resolved = resolve(sample.path(), "light").await.unwrap();
    let capture = capture_release(sample.path(), &resolved).await.unwrap();

    assert!(Repository::from_files(&capture.files).is_ok());
    assert_eq!(resolved.commit, first);
}

#[tokio::test]
async fn a_remote_gives_the_repositorys_name_and_no_password() {
    let sample = Sample::new("sha1");
    assert_eq!(repository_name(sample.path()).await.unwrap(), None);
    sample.git(&["remote", "add", "origin", "https://u:pw@github.com/o/r.git"]);

    let name = repository_name(sample.path()).await.unwrap();

    assert_eq!(name.as_deref(), Some("github.com/o/r"));
}

#[test]
fn every_form_of_remote_gives_host_and_path() {
    for (url, name) in [
        ("https://github.com/o/r", Some("github.com/o/r")),
        ("https://token@GitHub.com/o/r.git/", Some("github.com/o/r")),
        (
            "https://git.example.org:8443/g/s/r.git",
            Some("git.example.org:8443/g/s/r"),
        ),
        ("git@github.com:o/r.git", Some("github.com/o/r")),
        ("ssh://git@github.com:22/o/r.git", Some("github.com/o/r")),
        ("https://github.com/o/r?token=x#y", Some("github.com/o/r")),
        ("/srv/git/r.git", None),
        ("./up:stream", None),
        ("C:/repos/r", None),
        ("file:///srv/git/r.git", None),
        ("https://github.com", None),
    ] {
        assert_eq!(name_of_remote(url).as_deref(), name, "{url}");
    }
}

#[test]
fn a_path_inside_the_repository_is_relative_and_one_outside_is_none() {
    let sample = Sample::new("sha1");
    let other = tempfile::tempdir().unwrap();

    let inside = path_in_repository(sample.path(), &sample.path().join("docs/one.md"));

    assert_eq!(inside.as_deref(), Some("docs/one.md"));
    assert_eq!(path_in_repository(sample.path(), other.path()), None);
}
