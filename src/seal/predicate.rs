//! The statement that seals an evidence bundle.

use crate::model::Digest;
use crate::model::limits::SEAL_SUBJECTS;
use crate::model::predicate::{SEAL_PREDICATE_TYPE, SealPredicate};
use serde::Serialize;
use std::collections::BTreeSet;

/// Type of a statement (in-toto attestation v1).
pub(super) const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// Why there is no statement.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    /// More subjects than a seal has.
    #[error("{found} subjects are more than the {SEAL_SUBJECTS} of a seal")]
    Subjects {
        /// How many there are, the tarball included.
        found: usize,
    },
    /// A name that does not tell subjects apart.
    #[error("{0:?} names no subject or two")]
    Name(String),
    /// The predicate does not serialise.
    #[error("the predicate cannot be written")]
    Predicate(#[source] serde_json::Error),
}

#[derive(Serialize)]
struct Statement<'a> {
    #[serde(rename = "_type")]
    kind: &'a str,
    subject: Vec<Subject<'a>>,
    #[serde(rename = "predicateType")]
    predicate_type: &'a str,
    predicate: &'a SealPredicate,
}

/// Name and sha256 only: verifiers refuse digests of names that they do not know.
#[derive(Serialize)]
struct Subject<'a> {
    name: &'a str,
    digest: Sha256,
}

#[derive(Serialize)]
struct Sha256 {
    sha256: String,
}

/// The in-toto statement over the tarball (first subject) and the images of a bundle, the same bytes for the same
/// values.
///
/// # Errors
/// When there are more than 1,024 subjects, or a name is empty or not unique.
pub fn seal_statement(
    tarball: (&str, &Digest),
    images: &[(String, Digest)],
    predicate: &SealPredicate,
) -> Result<Vec<u8>, StatementError> {
    let found = images.len().saturating_add(1);
    if found > SEAL_SUBJECTS {
        return Err(StatementError::Subjects { found });
    }
    let images = images.iter().map(|(name, digest)| (name.as_str(), digest));
    let mut names = BTreeSet::new();
    let mut subject = Vec::new();
    for (name, digest) in std::iter::once(tarball).chain(images) {
        if name.is_empty() || !names.insert(name) {
            return Err(StatementError::Name(name.into()));
        }
        let sha256 = digest.hex();
        subject.push(Subject {
            name,
            digest: Sha256 { sha256 },
        });
    }
    serde_json::to_vec(&Statement {
        kind: STATEMENT_TYPE,
        subject,
        predicate_type: SEAL_PREDICATE_TYPE,
        predicate,
    })
    .map_err(StatementError::Predicate)
}

/// The line of a `.sha256` file that `sha256sum -c` takes, for a plain file name.
pub fn checksum_line(name: &str, digest: &Digest) -> String {
    format!("{}  {name}\n", digest.hex())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::predicate::{ResourceDescriptor, SealedRelease};

    fn predicate() -> SealPredicate {
        let digest = Digest::of(b"");
        SealPredicate {
            release: SealedRelease {
                repository: "github.com/example-org/shop".into(),
                tag: "v1.0.0".into(),
                version: "1.0.0".into(),
                commit: ResourceDescriptor::with("commit", "gitCommit", &"a".repeat(40)),
                tag_object: None,
            },
            stage: "tag".into(),
            sequence: 0,
            previous: None,
            manifest: ResourceDescriptor::sha256("manifest.json", &digest),
            tar: ResourceDescriptor::sha256("bundle.tar", &digest),
            compressor: "zlib-rs 0.6".into(),
            gates: "none".into(),
            items: vec![],
        }
    }

    #[test]
    fn a_statement_has_the_tarball_first_and_sha256_only() {
        let digest = Digest::of(b"");
        let images = [("shop/api".to_owned(), digest)];

        let bytes = seal_statement(("b.tar.gz", &digest), &images, &predicate()).unwrap();

        let text = String::from_utf8(bytes).unwrap();
        let hex = digest.hex();
        let head = format!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"name":"b.tar.gz","digest":{{"sha256":"{hex}"}}}},{{"name":"shop/api","digest":{{"sha256":"{hex}"}}}}],"predicateType":"https://intelgraph.github.io/evidence/bundle/v1","predicate":{{"#
        );
        assert!(text.starts_with(&head), "{text}");
    }

    #[test]
    fn too_many_subjects_and_names_that_say_nothing_are_refused() {
        let digest = Digest::of(b"");
        let image = |n: usize| (format!("image-{n}"), digest);
        let seal = |images: &[_]| seal_statement(("b.tar.gz", &digest), images, &predicate());

        assert!(seal(&(1..SEAL_SUBJECTS).map(image).collect::<Vec<_>>()).is_ok());
        let many = seal(&(0..SEAL_SUBJECTS).map(image).collect::<Vec<_>>());
        assert!(matches!(
            many,
            Err(StatementError::Subjects { found: 1_025 })
        ));
        assert!(seal(&[image(1), image(1)]).is_err());
        assert!(seal(&[("b.tar.gz".into(), digest)]).is_err());
        assert!(seal(&[(String::new(), digest)]).is_err());
    }

    #[test]
    fn a_checksum_line_is_that_of_sha256sum() {
        let line = checksum_line("b.tar.gz", &Digest::of(b""));
        assert_eq!(
            line,
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  b.tar.gz\n"
        );
    }
}
