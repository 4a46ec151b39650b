//! Whether a CI certificate was issued for this very release, so that a bundle cannot be moved to another tag.

use super::signature::CertificateClaims;
use crate::model::repository::plain_repository;
use crate::model::{Problem, Release};

/// Whether the signer's certificate is the release's own.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TagBinding {
    /// Repository, ref and commit are the release's.
    Bound,
    /// A key or a person signed: nothing binds the signature to repository, ref and commit.
    NotApplicable,
    /// The certificate is for something else, each difference its own problem.
    Broken(Vec<Problem>),
}

/// Compares the certificate's repository, ref and commit with the release's.
pub fn check(claims: Option<&CertificateClaims>, release: &Release) -> TagBinding {
    let Some(claims) = claims.filter(|claims| !claims.is_empty()) else {
        return TagBinding::NotApplicable;
    };
    let compared = [
        (
            "binding-repository",
            "repository",
            (claims.source_repository.as_deref()).map(|found| plain_repository(found).to_owned()),
            plain_repository(&release.repository).to_owned(),
        ),
        (
            "binding-ref",
            "ref",
            claims.source_ref.clone(),
            format!("refs/tags/{}", release.tag),
        ),
        (
            "binding-commit",
            "commit",
            claims.source_digest.clone(),
            release.commit.clone(),
        ),
    ];
    let problems: Vec<_> = compared
        .into_iter()
        .filter(|(_, _, found, wanted)| found.as_ref() != Some(wanted))
        .map(|(code, word, found, wanted)| {
            let found = found.map_or("no".into(), |found| format!("{found:?} as"));
            Problem::new(
                code,
                format!("the certificate states {found} {word}, the release is {wanted:?}"),
            )
        })
        .collect();
    if problems.is_empty() {
        TagBinding::Bound
    } else {
        TagBinding::Broken(problems)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release() -> Release {
        Release {
            repository: "github.com/example-org/widget".into(),
            tag: "v1.4.0".into(),
            tag_object: None,
            commit: "4f2a9c0d8e7b6a5f4e3d2c1b0a9f8e7d6c5b4a39".into(),
            version: "1.4.0".into(),
            previous: None,
        }
    }

    fn claims() -> CertificateClaims {
        CertificateClaims {
            source_repository: Some("https://github.com/example-org/widget".into()),
            source_ref: Some("refs/tags/v1.4.0".into()),
            source_digest: Some("4f2a9c0d8e7b6a5f4e3d2c1b0a9f8e7d6c5b4a39".into()),
            ..CertificateClaims::default()
        }
    }

    fn codes(claims: &CertificateClaims, release: &Release) -> Vec<String> {
        match check(Some(claims), release) {
            TagBinding::Broken(problems) => problems.into_iter().map(|one| one.code).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_releases_own_certificate_is_bound() {
        assert_eq!(check(Some(&claims()), &release()), TagBinding::Bound);
    }

    #[test]
    fn each_difference_is_its_own_problem() {
        let mut other = claims();
        other.source_repository = Some("https://github.com/fork/widget".into());
        assert_eq!(codes(&other, &release()), ["binding-repository"]);

        let mut other = claims();
        other.source_ref = Some("refs/heads/v1.4.0".into());
        assert_eq!(codes(&other, &release()), ["binding-ref"]);

        let mut other = claims();
        other.source_digest = None;
        assert_eq!(codes(&other, &release()), ["binding-commit"]);

        let mut moved = release();
        moved.tag = "v9.9.9".into();
        assert_eq!(codes(&claims(), &moved), ["binding-ref"]);
    }

    #[test]
    fn keys_and_people_are_not_bound() {
        let person = CertificateClaims::default();

        assert_eq!(check(None, &release()), TagBinding::NotApplicable);
        assert_eq!(check(Some(&person), &release()), TagBinding::NotApplicable);
    }
}
