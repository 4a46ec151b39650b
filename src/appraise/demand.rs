//! What a policy demands of an image: the same for one in a bundle and for one in a registry.

use super::signatures::{SignatureTrust, why_unmet};
use super::{Signed, sbom};
use crate::model::policy::ImageDemand;
use crate::model::{Digest, Problem, Signers};
use crate::oci::Layout;
use crate::sigstore::{Content, Object, Signature, judge_image};

/// What the signatures on an image lack by a policy's demand; none when they meet it, or it asks for none.
///
/// `repository` is the one whose CI may sign, none when nobody names one; `reference` is the image's own. The code is
/// `image`, `image-repository` or `docker-reference`.
pub fn lacking_signature(
    signed: &Signed,
    demand: &ImageDemand,
    repository: Option<&str>,
    reference: &str,
) -> Option<Problem> {
    let asked = &demand.signed_by;
    if asked.is_empty() {
        return None;
    }
    if !signed.meets(asked, None) {
        let message = format!("is not signed by {} of the policy", who(asked));
        return Some(Problem::new("image", message));
    }
    if !signed.meets(asked, repository) {
        let own = repository.unwrap_or_default();
        let message = format!("is signed by the CI of another repository than {own}");
        return Some(Problem::new("image-repository", message));
    }
    if demand.docker_reference_must_match && !signed.met_at(reference).meets(asked, repository) {
        let places = places(signed);
        let message = format!("is signed as {places}, which does not match {reference}");
        return Some(Problem::new("docker-reference", message));
    }
    None
}

/// All that an image outside of any bundle lacks by a policy's demand. Empty when it is met.
///
/// The codes are those of [`lacking_signature`], with `image` told in full (`image-unsigned`, `image-identity`,
/// `image-cosigner`, `image-signature`, `image-root-unknown`), and of SBOMs (`sbom-…`). One that ends in
/// `root-unknown` could not be judged. `keys` of `trust` must be all keys that the policy names.
pub fn lacking(
    image: &Digest,
    layout: &Layout,
    demand: &ImageDemand,
    repository: Option<&str>,
    reference: &str,
    trust: &SignatureTrust<'_>,
) -> Vec<Problem> {
    let objects = judge_image(image, layout, trust.roots, trust.keys, trust.options);
    let signed = Signed::image(&objects);
    let signature = lacking_signature(&signed, demand, repository, reference);
    let signature = signature.map(|problem| match problem.code.as_str() {
        "image" => why_unsigned(&demand.signed_by, &signed, &objects),
        _ => problem,
    });
    let sboms =
        (demand.sboms.iter()).flat_map(|wanted| sbom::lacking_in(layout, image, wanted, trust));
    signature.into_iter().chain(sboms).collect()
}

fn why_unsigned(asked: &Signers, signed: &Signed, objects: &[Object]) -> Problem {
    let valid: Vec<&Signature> = signed.whole.iter().map(|one| &one.signature).collect();
    let signatures = (objects.iter()).filter(|object| {
        matches!(
            object.content,
            Content::Signature { .. } | Content::Unreadable(_)
        )
    });
    why_unmet("image", asked, &asked.unmet(&valid), signatures)
}

/// How those who are asked for are called.
pub fn who(asked: &Signers) -> &'static str {
    match asked.groups().len() {
        1 => "an identity",
        _ => "all identities",
    }
}

/// Where the signers met the image, as they say.
fn places(signed: &Signed) -> String {
    let mut places: Vec<&str> = (signed.whole.iter())
        .filter_map(|one| one.docker_reference.as_deref())
        .collect();
    places.sort_unstable();
    places.dedup();
    places.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::appraise::Vouched;
    use crate::model::expectation::SbomFormat;
    use crate::model::identity::Pattern;
    use crate::model::policy::SbomDemand;
    use crate::model::{Identity, IdentityRule};
    use crate::sigstore::{CertificateClaims, Options, Roots};

    const REFERENCE: &str = "r.example/o/api:v1";

    fn signed() -> Signed {
        let claims = CertificateClaims {
            source_repository: Some("https://github.com/o/r".into()),
            ..CertificateClaims::default()
        };
        let signature = Signature {
            identity: Identity::Certificate {
                subject: "release".into(),
                issuer: "i".into(),
            },
            certificate: Some(claims),
            log: None,
            unlogged: None,
            times: Vec::new(),
            root: None,
        };
        Signed {
            whole: vec![Vouched {
                signature,
                docker_reference: Some("r.example/o/api".into()),
            }],
            platforms: Vec::new(),
        }
    }

    fn asked(subject: &str) -> Signers {
        let (subject, issuer) = (Pattern::Exact(subject.into()), Pattern::Exact("i".into()));
        Signers::any_of(vec![IdentityRule::certificate(subject, issuer)])
    }

    fn demand(subject: &str) -> ImageDemand {
        ImageDemand {
            signed_by: asked(subject),
            docker_reference_must_match: true,
            ..ImageDemand::default()
        }
    }

    #[test]
    fn each_thing_that_the_signatures_lack_has_its_own_code() {
        let lacking = |demand: &ImageDemand, repository, reference| {
            lacking_signature(&signed(), demand, repository, reference).map(|one| one.code)
        };
        let (own, other) = (Some("github.com/o/r"), Some("github.com/o/other"));
        let mut lenient = demand("release");
        lenient.docker_reference_must_match = false;

        assert_eq!(lacking(&demand("release"), own, REFERENCE), None);
        assert_eq!(lacking(&demand("release"), None, REFERENCE), None);
        for (demand, repository, reference, code) in [
            (demand("somebody"), own, REFERENCE, "image"),
            (demand("release"), other, REFERENCE, "image-repository"),
            (
                demand("release"),
                own,
                "r.example/o/web",
                "docker-reference",
            ),
            (demand("release"), own, "oci:layout", "docker-reference"),
        ] {
            assert_eq!(
                lacking(&demand, repository, reference).as_deref(),
                Some(code)
            );
        }
        assert_eq!(lacking(&lenient, own, "r.example/o/web"), None);
        // Who asks for no signature is not told of any.
        assert_eq!(lacking(&ImageDemand::default(), other, REFERENCE), None);
    }

    #[test]
    fn an_image_with_nothing_attached_lacks_signature_and_every_sbom() {
        let mut layout = Layout::new();
        let manifest = br#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"a/b","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0},"layers":[]}"#;
        layout.add_blob(manifest.to_vec());
        let mut wanted = demand("release");
        for format in [SbomFormat::Spdx, SbomFormat::Cyclonedx] {
            let signed_by = asked("release");
            wanted.sboms.push(SbomDemand {
                format,
                signed_by,
                checks: crate::model::SbomChecks::default(),
            });
        }
        let trust = SignatureTrust {
            roots: &Roots::none(),
            keys: &[],
            options: &Options::STRICT,
        };

        let lacking = lacking(
            &Digest::of(manifest),
            &layout,
            &wanted,
            None,
            REFERENCE,
            &trust,
        );

        let codes: Vec<&str> = lacking.iter().map(|one| one.code.as_str()).collect();
        assert_eq!(codes, ["image-unsigned", "sbom-missing", "sbom-missing"]);
    }
}
