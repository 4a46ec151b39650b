//! What is demanded of one image: by flags, by a policy, or by both.

use super::asked::Asked;
use crate::cli::spot_check::demand::{Demand, Kind, Want};
use crate::cli::trust_flags::Trust;
use evidence::model::Signers;
use evidence::model::policy::ImageDemand;
use evidence::oci::ImageRef;
use evidence::sigstore::statement::PredicateType;

/// What the command line asks about each image.
pub(super) struct Flags<'a> {
    pub(super) attestation: Option<&'a PredicateType>,
    pub(super) annotations: &'a [(String, String)],
}

/// What is demanded of an image. Signers that the command line names stand instead of the policy's; all else that the
/// policy demands of the image stays.
///
/// # Errors
/// When the policy says nothing of the image: it then accepts nobody.
pub(super) fn demand(flags: &Flags<'_>, asked: &Asked, trust: &Trust) -> Result<Demand, String> {
    let entry = match &trust.policy {
        None => None,
        Some(policy) => {
            let repository = match &asked.image {
                Ok(ImageRef::Registry(reference)) => {
                    Some(format!("{}/{}", reference.registry, reference.repository))
                }
                _ => None,
            };
            match policy.image_at(repository.as_deref()) {
                Some((_, entry)) => Some((policy, entry)),
                None if trust.signers.is_empty() => {
                    return Err(
                        "the policy says nothing of this image, and so accepts nobody".into(),
                    );
                }
                None => None,
            }
        }
    };
    let signers = match (&entry, trust.signers.is_empty()) {
        (Some((_, entry)), true) => entry.signed_by.clone(),
        _ => trust.signers.clone(),
    };
    let mut wants = Vec::new();
    if !signers.is_empty() || entry.is_none() {
        wants.push(own(flags, signers));
    }
    if let Some((_, entry)) = &entry {
        wants.extend(sboms(entry));
        if wants.is_empty() {
            return Err(
                "the policy asks for no signature on this image, so nothing proves it".into(),
            );
        }
    }
    Ok(Demand {
        wants,
        annotations: flags.annotations.to_vec(),
        must_be_made_for_it: entry
            .as_ref()
            .is_some_and(|(_, entry)| entry.docker_reference_must_match),
        repository: entry
            .and_then(|(policy, entry)| policy.repository_of(entry))
            .map(Into::into),
    })
}

fn own(flags: &Flags<'_>, signers: Signers) -> Want {
    let kind = match flags.attestation {
        Some(kind) => Kind::Attestation(kind.clone()),
        None => Kind::Signature,
    };
    Want { kind, signers }
}

fn sboms(entry: &ImageDemand) -> impl Iterator<Item = Want> {
    entry.sboms.iter().filter_map(|sbom| {
        Some(Want {
            kind: Kind::Attestation(PredicateType::parse(&sbom.format.to_string())?),
            signers: sbom.signed_by.clone(),
        })
    })
}
