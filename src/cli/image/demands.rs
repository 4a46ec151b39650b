//! What is demanded of one image: by flags, by a policy, or by both.

use super::asked::Asked;
use crate::cli::spot_check::demand::{Demand, Kind, Want};
use crate::cli::trust_flags::Trust;
use evidence::appraise::sbom::objection;
use evidence::model::policy::{ImageDemand, SbomDemand};
use evidence::model::{Digest, Signers};
use evidence::oci::{ImageRef, Layout};
use evidence::sbom::format_of;
use evidence::sigstore::statement::PredicateType;
use evidence::sigstore::{Content, Judgement, Object};

/// What the command line asks about each image.
pub(super) struct Flags<'a> {
    pub(super) attestation: Option<&'a PredicateType>,
    pub(super) annotations: &'a [(String, String)],
}

/// What is demanded of an image. Signers that the command line names stand instead of those whom the policy names for
/// the image's own signature; all else that the policy demands of the image stays.
///
/// # Errors
/// When the policy says nothing of the image, or nobody is named who may have made what is asked for.
pub(super) fn demand(flags: &Flags<'_>, asked: &Asked, trust: &Trust) -> Result<Demand, String> {
    let Some(policy) = &trust.policy else {
        return Ok(Demand {
            wants: vec![own(flags, trust.signers.clone())],
            annotations: flags.annotations.to_vec(),
            ..Demand::default()
        });
    };
    let repository = match &asked.image {
        Ok(ImageRef::Registry(reference)) => {
            Some(format!("{}/{}", reference.registry, reference.repository))
        }
        _ => None,
    };
    let (_, entry) = policy
        .image_at(repository.as_deref())
        .ok_or("the policy says nothing of this image, and so accepts nobody")?;
    let signers = match trust.signers.is_empty() {
        true => entry.signed_by.clone(),
        false => trust.signers.clone(),
    };
    let asks = flags.attestation.is_some() || !flags.annotations.is_empty();
    if signers.is_empty() && asks {
        return Err("nobody is named who may have signed what is asked for".into());
    }
    let mut wants = Vec::new();
    if flags.attestation.is_some() && !entry.signed_by.is_empty() {
        wants.push(Want {
            kind: Kind::Signature,
            signers: signers.clone(),
        });
    }
    if !signers.is_empty() {
        wants.push(own(flags, signers));
    }
    wants.extend(sboms(entry));
    if wants.is_empty() {
        return Err("the policy asks for no signature on this image, so nothing proves it".into());
    }
    Ok(Demand {
        wants,
        annotations: flags.annotations.to_vec(),
        must_be_made_for_it: entry.docker_reference_must_match,
        repository: policy.repository_of(entry).map(Into::into),
        sboms: entry.sboms.clone(),
    })
}

/// An SBOM that is not as good as is demanded counts as one that does not hold.
pub(super) fn held_against(
    mut object: Object,
    image: &Digest,
    layout: &Layout,
    sboms: &[SbomDemand],
) -> Object {
    if let (
        Judgement::Valid(_),
        Content::Attestation {
            predicate_type,
            statement,
            ..
        },
    ) = (&object.judgement, &object.content)
    {
        let demanded = (sboms.iter()).find(|sbom| format_of(predicate_type) == Some(sbom.format));
        let problem = demanded.and_then(|sbom| objection(statement, image, layout, &sbom.checks));
        if let Some(problem) = problem {
            object.judgement = Judgement::Invalid(problem);
        }
    }
    object
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
