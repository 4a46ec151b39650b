//! Who validly signed what an item is about, and whether that is whom somebody asks for.

use crate::model::{Identity, Signers};
use crate::sigstore::{Content, Object, Signature, docker_reference};

/// Valid signatures on what an item is about, accepted by anybody or not.
#[derive(Clone, Debug, Default)]
pub struct Signed {
    /// On the whole: the image, or its index.
    pub whole: Vec<Vouched>,
    /// On each platform of an index, where those have attestations of their own.
    pub platforms: Vec<Vec<Vouched>>,
}

/// One valid signature.
#[derive(Clone, Debug)]
pub struct Vouched {
    /// Who, when, where it was logged.
    pub signature: Signature,
    /// Where the signer met the image, as signed; proves nothing.
    pub docker_reference: Option<String>,
}

impl Vouched {
    /// The object's signature, if it holds.
    pub(in crate::appraise) fn of(object: &Object) -> Option<Self> {
        Some(Self {
            signature: object.judgement.valid()?.clone(),
            docker_reference: match &object.content {
                Content::Signature {
                    docker_reference, ..
                } => docker_reference.clone(),
                _ => None,
            },
        })
    }
}

impl Signed {
    /// The valid signatures among an image's judged objects.
    pub fn image(objects: &[Object]) -> Self {
        let signatures =
            (objects.iter()).filter(|object| matches!(object.content, Content::Signature { .. }));
        Self {
            whole: signatures.filter_map(Vouched::of).collect(),
            platforms: Vec::new(),
        }
    }

    /// Whether all who are asked for signed the whole, or each platform. Nobody asked for is nobody there.
    ///
    /// `repository` is that of the release, where the CI of another one does not count.
    pub fn meets(&self, signers: &Signers, repository: Option<&str>) -> bool {
        self.covers(|signatures| signers.are_met(signatures, repository))
    }

    /// Whether this signer signed the whole, or each platform.
    pub fn is_by(&self, signer: &Identity) -> bool {
        self.covers(|signatures| signatures.iter().any(|one| one.identity == *signer))
    }

    /// Without the signatures that say their signer met the image elsewhere than at this reference.
    ///
    /// One that names no place is kept: cosign's newer format has none. Of an image on disk nothing can be compared.
    #[must_use]
    pub fn met_at(&self, reference: &str) -> Self {
        let is_met = |one: &&Vouched| match one.docker_reference.as_deref() {
            None | Some("") => true,
            Some(found) => docker_reference::fits(found, reference) == Some(true),
        };
        let kept = |all: &[Vouched]| all.iter().filter(is_met).cloned().collect();
        Self {
            whole: kept(&self.whole),
            platforms: self.platforms.iter().map(|all| kept(all)).collect(),
        }
    }

    /// What is signed as a whole is signed for each platform, too.
    fn covers(&self, is_met: impl Fn(&[&Signature]) -> bool) -> bool {
        let whole: Vec<&Signature> = self.whole.iter().map(|one| &one.signature).collect();
        let is_platform_met = |platform: &Vec<Vouched>| {
            let own = platform.iter().map(|one| &one.signature);
            is_met(&whole.iter().copied().chain(own).collect::<Vec<_>>())
        };
        is_met(&whole) || (!self.platforms.is_empty() && self.platforms.iter().all(is_platform_met))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::IdentityRule;
    use crate::model::identity::Pattern;

    fn by(subject: &str, docker_reference: Option<&str>) -> Vouched {
        Vouched {
            signature: Signature {
                identity: identity(subject),
                certificate: None,
                log: None,
                unlogged: None,
                times: Vec::new(),
                root: None,
            },
            docker_reference: docker_reference.map(Into::into),
        }
    }

    fn identity(subject: &str) -> Identity {
        Identity::Certificate {
            subject: subject.into(),
            issuer: "i".into(),
        }
    }

    fn rule(subject: &str) -> IdentityRule {
        IdentityRule::certificate(Pattern::Exact(subject.into()), Pattern::Exact("i".into()))
    }

    #[test]
    fn every_platform_must_be_covered_by_itself_or_by_the_whole() {
        let (a, both) = (
            Signers::any_of(vec![rule("a")]),
            Signers::all_of(vec![vec![rule("a")], vec![rule("b")]]),
        );
        let platforms = Signed {
            whole: vec![by("b", None)],
            platforms: vec![vec![by("a", None)], vec![by("a", None), by("c", None)]],
        };
        let mut bare = platforms.clone();
        bare.platforms.push(vec![by("c", None)]);

        assert!(platforms.meets(&a, None));
        assert!(platforms.meets(&both, None));
        assert!(platforms.is_by(&identity("a")) && platforms.is_by(&identity("b")));
        assert!(!platforms.is_by(&identity("c")));
        assert!(!bare.meets(&a, None) && !bare.meets(&both, None));
        assert!(!Signed::default().meets(&a, None));
        assert!(!platforms.meets(&Signers::NOBODY, None));
    }

    #[test]
    fn a_signature_of_another_place_is_left_out_and_one_of_none_is_kept() {
        let signed = Signed {
            whole: vec![
                by("here", Some("r.example/o/api")),
                by("there", Some("r.example/o/web")),
                by("nowhere", None),
            ],
            platforms: Vec::new(),
        };

        let met = signed.met_at("r.example/o/api:v1");
        let on_disk = signed.met_at("oci:layout");

        assert!(met.is_by(&identity("here")) && met.is_by(&identity("nowhere")));
        assert!(!met.is_by(&identity("there")));
        assert!(!on_disk.is_by(&identity("here")) && on_disk.is_by(&identity("nowhere")));
    }
}
