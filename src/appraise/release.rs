//! A tag names a commit.

use super::{Appraised, Claim};
use crate::git::{Commit, ObjectId, ProofError, Repository, TagChain};
use crate::model::{Capture, Problem, Release, Status, Timestamp};
use serde::Serialize;

/// What follows about a release's tag and commit.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseFacts {
    /// The tag's name.
    pub tag: String,
    /// Id of the tag object; none for a lightweight tag.
    pub tag_object: Option<String>,
    /// Id of the commit, as the release names it.
    pub commit: String,
    /// The committer's time; none when the commit is not there.
    pub committed: Option<Timestamp>,
    /// Whether the tag carries a signature. Present, not verified.
    pub tag_signed: bool,
    /// Whether the commit carries a signature. Present, not verified.
    pub commit_signed: bool,
}

/// Appraises that the tag named `tag` names the release's commit.
///
/// Verified when the tag object, whose own name is `tag`, leads to the commit; a lightweight tag is only a
/// reference in a repository, so that it is the producer's word and recorded.
///
/// Problems: `release-tag-name`, `release-tag-object`, `release-commit`, `release-object-missing`,
/// `release-object`.
pub fn release(capture: &Capture, tag: &str, release: &Release) -> Appraised {
    let mut facts = ReleaseFacts {
        tag: tag.into(),
        tag_object: release.tag_object.clone(),
        commit: release.commit.clone(),
        committed: None,
        tag_signed: false,
        commit_signed: false,
    };
    let proof = prove(capture, tag, release);
    match proof {
        Err(problem) => {
            let status = match problem.code.as_str() {
                "release-object-missing" => Status::Missing,
                _ => Status::Recorded,
            };
            let summary = problem.message.clone();
            let claim = Claim::new(status, Some(false), facts, vec![problem]);
            Appraised::new(claim, summary)
        }
        Ok((commit, chain)) => {
            facts.committed = Some(commit.committer.when);
            facts.commit_signed = commit.signed;
            let short = release.commit.get(..12).unwrap_or(&release.commit);
            let (status, summary) = match chain {
                Some(chain) => {
                    facts.tag_signed = chain.tags.iter().any(|tag| tag.signed);
                    (
                        Status::Verified,
                        format!("tag object {tag} names commit {short}"),
                    )
                }
                None => (
                    Status::Recorded,
                    format!(
                        "lightweight tag {tag}: that it names commit {short} is the producer's word"
                    ),
                ),
            };
            Appraised::new(Claim::new(status, Some(true), facts, vec![]), summary)
        }
    }
}

fn prove(
    capture: &Capture,
    tag: &str,
    release: &Release,
) -> Result<(Commit, Option<TagChain>), Problem> {
    if release.tag != tag {
        return Err(Problem::new(
            "release-tag-name",
            format!("the release's tag is {}, expected {tag}", release.tag),
        ));
    }
    let repository = Repository::from_files(&capture.files).map_err(broken)?;
    let commit_id = id(&release.commit)?;
    let commit = repository.commit(&commit_id).map_err(broken)?;
    let Some(tag_object) = &release.tag_object else {
        return Ok((commit, None));
    };
    let chain = repository
        .tag_names_commit(tag, &id(tag_object)?)
        .map_err(broken)?;
    if chain.commit != commit_id {
        return Err(Problem::new(
            "release-commit",
            format!(
                "tag {tag} names commit {}, expected {commit_id}",
                chain.commit
            ),
        ));
    }
    Ok((commit, Some(chain)))
}

fn id(text: &str) -> Result<ObjectId, Problem> {
    text.parse().map_err(|error: crate::git::ObjectIdError| {
        Problem::new("release-object", error.to_string())
    })
}

fn broken(error: ProofError) -> Problem {
    let code = match error {
        ProofError::Missing { .. } => "release-object-missing",
        ProofError::TagName { .. } => "release-tag-name",
        _ => "release-object",
    };
    Problem::new(code, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::appraise::file::tests::Sample;
    use crate::git::{ObjectFormat, ObjectKind};

    fn judge(sample: &Sample, release: &Release) -> Claim {
        super::release(&sample.capture(&[]), "v1", release).claim
    }

    #[test]
    fn an_annotated_tag_that_leads_to_the_commit_is_verified() {
        let sample = Sample::new(&[]);

        let claim = judge(&sample, &sample.release());

        assert_eq!(
            (claim.status(), claim.met()),
            (Status::Verified, Some(true))
        );
        let facts = claim.to_stated().facts;
        assert_eq!(facts["committed"], "1970-01-01T00:00:01Z");
        assert_eq!(facts["tagSigned"], false);
    }

    #[test]
    fn a_lightweight_tag_is_the_producers_word() {
        let sample = Sample::new(&[]);
        let mut release = sample.release();
        release.tag_object = None;

        let claim = judge(&sample, &release);

        assert_eq!(
            (claim.status(), claim.met()),
            (Status::Recorded, Some(true))
        );
    }

    #[test]
    fn each_mismatch_has_its_own_code_and_none_is_met() {
        let mut sample = Sample::new(&[]);
        let good = sample.release();
        let other = sample.commit_again();
        let foreign = sample.annotate("v2");
        let blob = ObjectId::of(ObjectFormat::Sha1, ObjectKind::Blob, b"").to_string();
        let with = |change: &dyn Fn(&mut Release)| {
            let mut release = good.clone();
            change(&mut release);
            release
        };

        for (release, code) in [
            (
                with(&|release| release.tag = "v2".into()),
                "release-tag-name",
            ),
            (
                with(&|release| release.tag_object = Some(foreign.clone())),
                "release-tag-name",
            ),
            (
                with(&|release| release.commit = other.clone()),
                "release-commit",
            ),
            (
                with(&|release| release.commit = blob.clone()),
                "release-object-missing",
            ),
            (
                with(&|release| release.tag_object = Some(blob.clone())),
                "release-object-missing",
            ),
            (
                with(&|release| release.commit = "HEAD".into()),
                "release-object",
            ),
            (
                with(&|release| release.tag_object = Some(good.commit.clone())),
                "release-object",
            ),
        ] {
            let claim = judge(&sample, &release);

            assert_eq!(claim.problems()[0].code, code);
            assert_eq!(claim.met(), Some(false), "{code}");
            assert_ne!(claim.status(), Status::Verified, "{code}");
        }
    }
}
