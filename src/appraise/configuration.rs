//! `evidence.yaml`, and the files that it names, are those of the release's commit.

use super::file::{FileFact, compared, fact, unproven};
use super::{Appraised, Claim};
use crate::git::{ObjectId, ProofError, Repository};
use crate::model::{Capture, CapturedFile, Problem, Release, Status};
use serde::Serialize;

/// Member path of the configuration itself.
pub const CONFIGURATION: &str = "evidence.yaml";
/// Folder of the files that it names.
pub const NAMED_FILES: &str = "config";

/// What follows about the configuration.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigurationFacts {
    /// `evidence.yaml` first, then the files that it names, in the order of the capture.
    pub files: Vec<FileFact>,
    /// Whether all of them are the commit's.
    pub proven: bool,
}

/// Appraises that `evidence.yaml` is the file at `path` in the release's commit; none when it lies outside.
///
/// Files below `config/` are compared too: [`CapturedFile::name`] is their path in the repository, none when
/// they lie outside of it. Verified when all are blobs of the commit.
///
/// A file that is named lies beside `evidence.yaml`, by the path as it is written there; from elsewhere (a link) it is
/// recorded.
///
/// Problems: `configuration-missing`, `configuration-outside`, `configuration-file-elsewhere` and
/// `configuration-file-untracked` (none of the three fails the expectation), `configuration-untracked`, `configuration-differs`, `configuration-file-differs`,
/// `configuration-tree-missing`, `configuration-object`.
pub fn configuration(capture: &Capture, path: Option<&str>, release: &Release) -> Appraised {
    let own = capture
        .files
        .iter()
        .find(|file| file.path.as_str() == CONFIGURATION);
    let Some(own) = own else {
        let message = "evidence.yaml is not there";
        let problem = Problem::new("configuration-missing", message);
        let facts = ConfigurationFacts {
            files: vec![],
            proven: false,
        };
        let claim = Claim::new(Status::Missing, Some(false), facts, vec![problem]);
        return Appraised::new(claim, message);
    };
    let mut problems = Vec::new();
    let mut facts = Vec::new();
    // Once for all files: every object is hashed.
    let repository = Repository::from_files(&capture.files);
    let repository = repository.as_ref();
    judge(
        repository,
        release,
        own,
        path,
        "configuration",
        &mut facts,
        &mut problems,
    );
    let named = capture
        .files
        .iter()
        .filter(|file| file.path.is_under(NAMED_FILES));
    for file in named {
        let (name, kind) = (file.name.as_deref(), "configuration-file");
        if let (Some(path), Some(name)) = (path, name)
            && name != beside(path, file)
        {
            let message = format!(
                "{} is {name} of the repository, not the file that is named",
                file.path
            );
            problems.push(Problem::new("configuration-file-elsewhere", message));
        }
        judge(
            repository,
            release,
            file,
            name,
            kind,
            &mut facts,
            &mut problems,
        );
    }
    let proven = problems.is_empty();
    let is_harmless = |problem: &Problem| {
        matches!(
            problem.code.as_str(),
            "configuration-outside"
                | "configuration-file-elsewhere"
                | "configuration-file-untracked"
        )
    };
    let met = problems.iter().all(is_harmless);
    let (status, summary) = match problems.first() {
        None => {
            let path = path.unwrap_or_default();
            (
                Status::Verified,
                format!("the configuration is {path} of the commit"),
            )
        }
        Some(problem) => (Status::Recorded, problem.message.clone()),
    };
    let facts = ConfigurationFacts {
        files: facts,
        proven,
    };
    Appraised::new(Claim::new(status, Some(met), facts, problems), summary)
}

/// Where a file that the configuration at `path` names lies.
fn beside(path: &str, file: &CapturedFile) -> String {
    let written = file
        .path
        .as_str()
        .split_once('/')
        .map_or("", |(_, rest)| rest);
    match path.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{written}"),
        None => written.into(),
    }
}

fn judge(
    repository: Result<&Repository, &ProofError>,
    release: &Release,
    file: &CapturedFile,
    path: Option<&str>,
    kind: &str,
    facts: &mut Vec<FileFact>,
    problems: &mut Vec<Problem>,
) {
    let Some(path) = path else {
        facts.push(fact(file.path.as_str(), file, None));
        let message = format!("{} lies outside of the repository", file.path);
        problems.push(Problem::new("configuration-outside", message));
        return;
    };
    match blob(repository, release, path) {
        Ok(blob) => {
            let fact = fact(path, file, blob.as_ref());
            problems.extend(compared(kind, &fact));
            facts.push(fact);
        }
        Err(problem) => {
            facts.push(fact(path, file, None));
            problems.push(problem);
        }
    }
}

fn blob(
    repository: Result<&Repository, &ProofError>,
    release: &Release,
    path: &str,
) -> Result<Option<ObjectId>, Problem> {
    let commit = release.commit.parse().map_err(|_| {
        Problem::new(
            "configuration-object",
            "the release's commit is no object id",
        )
    })?;
    repository
        .map_err(|error| unproven("configuration", error))?
        .blob_at(&commit, path)
        .map_err(|error| unproven("configuration", &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::appraise::file::tests::Sample;

    const OWN: (&str, Option<&str>, &[u8]) = ("evidence.yaml", None, b"version: 1");
    const KEY: (&str, Option<&str>, &[u8]) = ("config/keys/a.pub", Some("ci/keys/a.pub"), b"key");

    fn sample() -> Sample {
        Sample::new(&[
            ("ci/evidence.yaml", b"version: 1"),
            ("ci/keys/a.pub", b"key"),
            ("tests/throw-away.pub", b"another"),
        ])
    }

    fn judge(capture: &Capture, path: Option<&str>) -> (Status, Option<bool>, Vec<String>) {
        let claim = configuration(capture, path, &sample().release()).claim;
        let codes = claim.problems().iter().map(|problem| problem.code.clone());
        (claim.status(), claim.met(), codes.collect())
    }

    #[test]
    fn a_configuration_whose_files_are_all_the_commits_is_verified() {
        let capture = sample().capture(&[OWN, KEY]);

        let judged = judge(&capture, Some("ci/evidence.yaml"));

        assert_eq!(judged, (Status::Verified, Some(true), vec![]));
    }

    #[test]
    fn what_lies_outside_of_the_repository_is_recorded_and_met() {
        let outside_key = ("config/keys/b.pub", None, &b"key"[..]);
        let untracked_key = ("config/keys/b.pub", Some("ci/keys/b.pub"), &b"key"[..]);
        let other_key = (KEY.0, Some("tests/throw-away.pub"), &b"another"[..]);
        let path = Some("ci/evidence.yaml");
        let recorded = |code: &str| (Status::Recorded, Some(true), vec![code.to_owned()]);

        assert_eq!(
            judge(&sample().capture(&[OWN, KEY]), None),
            recorded("configuration-outside")
        );
        assert_eq!(
            judge(&sample().capture(&[OWN, outside_key]), path),
            recorded("configuration-outside")
        );
        assert_eq!(
            judge(&sample().capture(&[OWN, untracked_key]), path),
            recorded("configuration-file-untracked")
        );
        assert_eq!(
            judge(&sample().capture(&[OWN, other_key]), path),
            recorded("configuration-file-elsewhere")
        );
    }

    #[test]
    fn each_defect_has_its_own_code_and_none_is_met() {
        let good = Some("ci/evidence.yaml");
        let changed = (OWN.0, None, &b"version: 2"[..]);
        let changed_key = (KEY.0, KEY.1, &b"yek"[..]);
        let mut treeless = sample().capture(&[OWN]);
        treeless
            .files
            .retain(|file| !file.path.as_str().contains("tree-"));
        let mut broken = sample().capture(&[OWN]);
        broken.files[0].bytes = b"x".to_vec().into();

        for (capture, path, code, status) in [
            (
                sample().capture(&[]),
                good,
                "configuration-missing",
                Status::Missing,
            ),
            (
                sample().capture(&[OWN]),
                Some("evidence.yaml"),
                "configuration-untracked",
                Status::Recorded,
            ),
            (
                sample().capture(&[changed]),
                good,
                "configuration-differs",
                Status::Recorded,
            ),
            (
                sample().capture(&[OWN, changed_key]),
                good,
                "configuration-file-differs",
                Status::Recorded,
            ),
            (
                treeless,
                good,
                "configuration-tree-missing",
                Status::Recorded,
            ),
            (broken, good, "configuration-object", Status::Recorded),
        ] {
            let judged = judge(&capture, path);

            assert_eq!(judged, (status, Some(false), vec![code.to_owned()]));
        }
    }
}
