//! Whether signatures are by all who were asked for.

use super::identity::matches;
use super::signature::Signature;
use crate::model::repository::plain_repository;
use crate::model::{Identity, IdentityRule, Signers};

impl Signers {
    /// The groups for which there is no signer of their own among those who made these signatures.
    ///
    /// A signer counts for one group only: who is asked for twice is asked for two people. Empty when all are
    /// there, also when nobody is asked for.
    pub fn unmet(&self, signatures: &[&Signature]) -> Vec<&[IdentityRule]> {
        self.unmet_in(signatures, None)
    }

    /// The same for an image of a release: a CI's certificate counts only when it carries that repository, or one
    /// that the accepting rule names.
    pub fn unmet_in(
        &self,
        signatures: &[&Signature],
        repository: Option<&str>,
    ) -> Vec<&[IdentityRule]> {
        let mut signers: Vec<&Identity> = Vec::new();
        for signature in signatures {
            if !signers.contains(&&signature.identity) {
                signers.push(&signature.identity);
            }
        }
        let candidates: Vec<Vec<usize>> = self
            .groups()
            .iter()
            .map(|group| {
                let accepted = |signer: &&Identity| {
                    signatures.iter().any(|signature| {
                        signature.identity == **signer && accepts(group, signature, repository)
                    })
                };
                (signers.iter().enumerate())
                    .filter(|(_, signer)| accepted(signer))
                    .map(|(at, _)| at)
                    .collect()
            })
            .collect();
        let mut taken: Vec<Option<usize>> = vec![None; signers.len()];
        (self.groups().iter().enumerate())
            .filter(|(group, _)| {
                let mut tried = vec![false; taken.len()];
                !assign(*group, &candidates, &mut taken, &mut tried)
            })
            .map(|(_, group)| group.as_slice())
            .collect()
    }

    /// Whether somebody is asked for, and all of them are there.
    pub fn are_met(&self, signatures: &[&Signature], repository: Option<&str>) -> bool {
        !self.is_empty() && self.unmet_in(signatures, repository).is_empty()
    }

    /// Whether the signature is by one of those who are asked for.
    pub fn accept(&self, signature: &Signature) -> bool {
        self.accept_in(signature, None)
    }

    /// The same for an image of a release, as [`Self::unmet_in`] has it.
    pub fn accept_in(&self, signature: &Signature, repository: Option<&str>) -> bool {
        self.groups()
            .iter()
            .any(|group| accepts(group, signature, repository))
    }
}

/// Gives the group a signer, moving groups before it to another of theirs where that is needed: with few signers and
/// groups, the plain way to a maximum matching.
fn assign(
    group: usize,
    candidates: &[Vec<usize>],
    taken: &mut [Option<usize>],
    tried: &mut [bool],
) -> bool {
    for &signer in candidates.get(group).map(Vec::as_slice).unwrap_or_default() {
        let Some(tried_before) = tried.get_mut(signer) else {
            continue;
        };
        if std::mem::replace(tried_before, true) {
            continue;
        }
        let holder = taken.get(signer).copied().flatten();
        let is_free = holder.is_none_or(|holder| assign(holder, candidates, taken, tried));
        if is_free && let Some(place) = taken.get_mut(signer) {
            *place = Some(group);
            return true;
        }
    }
    false
}

fn accepts(rules: &[IdentityRule], signature: &Signature, repository: Option<&str>) -> bool {
    let foreign = repository.is_some_and(|repository| is_foreign(signature, repository));
    rules
        .iter()
        .any(|rule| matches(rule, signature) && (!foreign || rule.names_repository()))
}

/// Whether a CI made the signature, and not that of this repository. A key and a person are of no repository.
pub fn is_foreign(signature: &Signature, repository: &str) -> bool {
    let claims = signature.certificate.as_ref();
    claims
        .filter(|claims| !claims.is_empty())
        .is_some_and(|claims| {
            claims.source_repository.as_deref().map(plain_repository)
                != Some(plain_repository(repository))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::identity::{CertificateClaim, Pattern};
    use crate::sigstore::CertificateClaims;
    use std::collections::BTreeMap;

    const ISSUER: &str = "https://issuer.example";

    fn by(subject: &str) -> Signature {
        Signature {
            identity: Identity::Certificate {
                subject: subject.into(),
                issuer: ISSUER.into(),
            },
            certificate: Some(CertificateClaims::default()),
            log: None,
            unlogged: None,
            times: Vec::new(),
            root: None,
        }
    }

    fn by_ci(repository: Option<&str>) -> Signature {
        let claims = CertificateClaims {
            source_repository: repository.map(Into::into),
            trigger: Some("push".into()),
            ..CertificateClaims::default()
        };
        Signature {
            certificate: Some(claims),
            ..by("ci")
        }
    }

    fn rule(subject: &str) -> IdentityRule {
        IdentityRule::certificate(
            Pattern::Regexp(subject.into()),
            Pattern::Exact(ISSUER.into()),
        )
    }

    fn all_of(groups: &[&[&str]]) -> Signers {
        let group = |subjects: &&[&str]| subjects.iter().map(|one| rule(one)).collect();
        Signers::all_of(groups.iter().map(group).collect())
    }

    #[test]
    fn any_of_is_met_by_one_and_not_by_another() {
        let signers = Signers::any_of(vec![rule("a"), rule("b")]);

        assert!(signers.are_met(&[&by("b")], None));
        assert!(signers.are_met(&[&by("x"), &by("a")], None));
        assert!(!signers.are_met(&[&by("x")], None));
        assert!(!signers.are_met(&[], None));
    }

    #[test]
    fn all_of_names_the_groups_that_nobody_signed_for() {
        let signers = all_of(&[&["a"], &["b", "c"]]);

        assert!(signers.are_met(&[&by("c"), &by("a")], None));
        assert_eq!(signers.unmet(&[&by("a")]), [&[rule("b"), rule("c")][..]]);
        assert_eq!(signers.unmet(&[&by("b"), &by("c")]), [&[rule("a")][..]]);
        assert_eq!(signers.unmet(&[]).len(), 2);
    }

    #[test]
    fn one_signer_does_not_stand_for_two() {
        let two_people = all_of(&[&[".*@example.org"], &[".*@example.org"]]);
        let (alice, bob) = (by("alice@example.org"), by("bob@example.org"));

        assert!(!two_people.are_met(&[&alice, &alice], None));
        assert!(two_people.are_met(&[&alice, &bob], None));
    }

    #[test]
    fn a_signer_for_two_groups_is_left_to_the_one_that_has_no_other() {
        let signers = all_of(&[&["a", "b"], &["a"]]);
        let three = all_of(&[&["a", "b"], &["b", "c"], &["a"]]);

        assert!(signers.are_met(&[&by("a"), &by("b")], None));
        assert!(three.are_met(&[&by("a"), &by("b"), &by("c")], None));
        assert_eq!(three.unmet(&[&by("a"), &by("b")]).len(), 1);
    }

    #[test]
    fn nobody_and_an_empty_group_are_met_by_nobody() {
        assert!(!Signers::NOBODY.are_met(&[&by("a")], None));
        assert!(!all_of(&[&["a"], &[]]).are_met(&[&by("a")], None));
        assert!(Signers::any_of(Vec::new()).is_empty());
    }

    #[test]
    fn the_ci_of_another_repository_counts_only_when_the_rule_names_it() {
        let own = "github.com/o/r";
        let plain = Signers::any_of(vec![rule("ci")]);
        let naming = Signers::any_of(vec![IdentityRule::Certificate {
            subject: Some(Pattern::Exact("ci".into())),
            issuer: Pattern::Exact(ISSUER.into()),
            claims: BTreeMap::from([(
                CertificateClaim::Repository,
                Pattern::Exact("github.com/o/other".into()),
            )]),
        }]);
        let (ours, other) = (
            by_ci(Some("https://github.com/o/r")),
            by_ci(Some("https://github.com/o/other")),
        );

        assert!(plain.are_met(&[&ours], Some(own)));
        assert!(!plain.are_met(&[&other], Some(own)));
        assert!(!plain.are_met(&[&by_ci(None)], Some(own)));
        assert!(plain.are_met(&[&other], None));
        assert!(naming.are_met(&[&other], Some(own)));
        assert!(!naming.are_met(&[&ours], Some(own)));
        // A person is of no repository.
        assert!(Signers::any_of(vec![rule("a")]).are_met(&[&by("a")], Some(own)));
    }
}
