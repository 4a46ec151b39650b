use super::*;
use crate::git::ObjectFormat;
use crate::model::MemberPath;

/// A commit made in memory with these files, under the annotated tag `v1`.
pub(in crate::appraise) struct Sample {
    repository: Repository,
    root: ObjectId,
    commit: String,
    tag: String,
}

const SHA1: ObjectFormat = ObjectFormat::Sha1;

impl Sample {
    pub(in crate::appraise) fn new(files: &[(&str, &[u8])]) -> Self {
        let mut repository = Repository::new();
        let files: BTreeMap<_, _> = files.iter().copied().collect();
        let root = tree(&mut repository, &files, "");
        let commit = commit(&mut repository, root, 1);
        let mut sample = Self {
            repository,
            root,
            commit,
            tag: String::new(),
        };
        sample.tag = sample.annotate("v1");
        sample
    }

    /// A second commit of the same tree.
    pub(in crate::appraise) fn commit_again(&mut self) -> String {
        commit(&mut self.repository, self.root, 2)
    }

    pub(in crate::appraise) fn annotate(&mut self, name: &str) -> String {
        let commit = &self.commit;
        let text = format!("object {commit}\ntype commit\ntag {name}\ntagger T <t> 1 +0000\n\n");
        let id = self
            .repository
            .insert(SHA1, ObjectKind::Tag, text.into_bytes());
        id.to_string()
    }

    pub(in crate::appraise) fn release(&self) -> Release {
        Release {
            repository: "github.com/example/shop".into(),
            tag: "v1".into(),
            tag_object: Some(self.tag.clone()),
            commit: self.commit.clone(),
            version: "1".into(),
            previous: None,
        }
    }

    /// These files (member path, own name, bytes) and all objects.
    pub(in crate::appraise) fn capture(&self, files: &[(&str, Option<&str>, &[u8])]) -> Capture {
        let mut all = self.repository.to_files().unwrap();
        all.extend(files.iter().map(|(path, name, bytes)| CapturedFile {
            path: MemberPath::try_from(*path).unwrap(),
            name: name.map(String::from),
            media_type: "text/plain".into(),
            bytes: bytes.to_vec().into(),
            digests: None,
            redactions: Vec::new(),
        }));
        Capture {
            captured: crate::model::Timestamp::UNIX_EPOCH,
            window: None,
            request: serde_json::json!({}),
            files: all,
        }
    }
}

fn commit(repository: &mut Repository, root: ObjectId, seconds: u8) -> String {
    let text = format!(
        "tree {root}\nauthor A <a> {seconds} +0000\ncommitter A <a> {seconds} +0000\n\nm\n"
    );
    let id = repository.insert(SHA1, ObjectKind::Commit, text.into_bytes());
    id.to_string()
}

fn tree(repository: &mut Repository, files: &BTreeMap<&str, &[u8]>, prefix: &str) -> ObjectId {
    let below = files.iter().filter_map(|(path, bytes)| {
        let rest = path.strip_prefix(prefix)?;
        Some((
            rest.split_once('/').map_or(rest, |(first, _)| first),
            rest,
            bytes,
        ))
    });
    let mut entries = BTreeMap::new();
    for (name, rest, bytes) in below.collect::<Vec<_>>() {
        let (key, mode, id) = if name == rest {
            (
                name.into(),
                "100644",
                ObjectId::of(SHA1, ObjectKind::Blob, bytes),
            )
        } else {
            let id = tree(repository, files, &format!("{prefix}{name}/"));
            (format!("{name}/"), "40000", id)
        };
        let mut entry = format!("{mode} {name}\0").into_bytes();
        entry.extend(hex::decode(id.to_string()).unwrap());
        entries.insert(key, entry);
    }
    let bytes = entries.into_values().collect::<Vec<_>>().concat();
    repository.insert(SHA1, ObjectKind::Tree, bytes)
}

const ONE: (&str, Option<&str>, &[u8]) = ("files/docs/docs/one.md", Some("docs/one.md"), b"one");
const TWO: (&str, Option<&str>, &[u8]) =
    ("files/docs/docs/a/two.md", Some("docs/a/two.md"), b"two");

fn committed() -> Sample {
    Sample::new(&[
        ("docs/one.md", b"one"),
        ("docs/a/two.md", b"two"),
        ("b", b"b"),
    ])
}

fn codes(claim: &Claim) -> Vec<&str> {
    claim
        .problems()
        .iter()
        .map(|problem| problem.code.as_str())
        .collect()
}

#[test]
fn files_that_are_exactly_those_of_the_commit_are_verified() {
    let sample = committed();

    let claim = file(&sample.capture(&[TWO, ONE]), "docs/**", &sample.release()).claim;

    assert_eq!(
        (claim.status(), claim.met()),
        (Status::Verified, Some(true))
    );
    let facts = claim.to_stated().facts;
    assert_eq!(facts["proven"], true);
    assert_eq!(facts["files"][1]["path"], "docs/one.md");
    assert_eq!(facts["files"][1]["size"], 3);
}

#[test]
fn a_file_kept_in_git_lfs_is_proven_by_its_pointer() {
    let pointer = lfs_pointer(&Digest::of(b"large"), 5);
    let sample = Sample::new(&[("big.bin", &pointer)]);
    let capture = sample.capture(&[("files/big/big.bin", Some("big.bin"), b"large")]);

    let claim = file(&capture, "big.bin", &sample.release()).claim;

    assert_eq!(claim.status(), Status::Verified);
}

#[test]
fn a_file_that_the_commit_does_not_have_is_recorded_and_meets_the_expectation() {
    let sample = committed();
    let made: (&str, _, &[u8]) = ("files/docs/docs/made.md", Some("docs/made.md"), b"made");

    let claim = file(
        &sample.capture(&[ONE, TWO, made]),
        "docs/**",
        &sample.release(),
    )
    .claim;

    assert_eq!(
        (claim.status(), claim.met()),
        (Status::Recorded, Some(true))
    );
    assert_eq!(codes(&claim), ["file-untracked"]);
}

#[test]
fn each_defect_has_its_own_code_and_none_is_met() {
    let sample = committed();
    let other: (&str, _, &[u8]) = ("files/docs/b", Some("b"), b"b");
    let changed = (ONE.0, ONE.1, &b"One"[..]);
    let unnamed = (ONE.0, None, ONE.2);
    let doubled = ("files/docs/1.md", ONE.1, ONE.2);

    for (files, code, status) in [
        (vec![changed, TWO], "file-differs", Status::Recorded),
        (vec![ONE], "file-left-out", Status::Recorded),
        (vec![ONE, TWO, other], "file-other", Status::Recorded),
        (vec![unnamed, TWO], "file-unnamed", Status::Recorded),
        (vec![ONE, TWO, doubled], "file-doubled", Status::Recorded),
        (vec![], "file-missing", Status::Missing),
    ] {
        let claim = file(&sample.capture(&files), "docs/**", &sample.release()).claim;

        assert_eq!(codes(&claim)[0], code);
        assert_eq!(
            (claim.status(), claim.met()),
            (status, Some(false)),
            "{code}"
        );
    }
}

#[test]
fn without_the_objects_nothing_is_proven_and_nothing_is_met() {
    let sample = committed();
    let whole = sample.capture(&[ONE, TWO]);
    let objects = whole.files.len() - 2;
    for left_out in 0..objects {
        let mut capture = whole.clone();
        let gone = capture.files.remove(left_out);
        // The tag is not on this way.
        if gone.path.as_str().contains("tag-") {
            continue;
        }

        let claim = file(&capture, "docs/**", &sample.release()).claim;

        assert_eq!(codes(&claim), ["file-tree-missing"], "{}", gone.path);
        assert_eq!(
            (claim.status(), claim.met()),
            (Status::Recorded, Some(false))
        );
    }
}

#[test]
fn a_changed_object_and_a_bad_glob_have_their_codes() {
    let sample = committed();
    let mut capture = sample.capture(&[ONE, TWO]);
    capture.files[0].bytes = b"x".to_vec().into();

    let broken = file(&capture, "docs/**", &sample.release()).claim;
    let escaping = file(&sample.capture(&[ONE]), "../docs", &sample.release()).claim;

    assert_eq!(codes(&broken), ["file-object"]);
    assert_eq!(codes(&escaping), ["file-glob"]);
}
