//! An image's SBOMs: those that count apart from the others, and which platforms have none.

use super::found::{Found, FoundSbom};
use super::source::Sources;
use crate::cli::trust_flags::Trust;
use evidence::appraise::image_sboms::{ImageSbom, ImageSboms, SpeaksFor};
use evidence::model::policy::SbomDemand;
use evidence::model::{Coverage, Problem, SbomChecks, Signers};
use evidence::oci::descriptor::Platform;
use evidence::report::sbom::{Binding, Origin, PassedOver, SignatureFact};
use evidence::sigstore::Judgement;

/// An image's SBOMs, those that count apart from the others.
pub(super) struct Sorted<'a> {
    pub(super) sources: &'a Sources<'a>,
    pub(super) sboms: &'a ImageSboms,
    /// None takes everybody's.
    pub(super) signers: Option<&'a Signers>,
    pub(super) item: Option<&'a str>,
    /// What the policy demands of them.
    pub(super) demands: &'a [SbomDemand],
}

impl Sorted<'_> {
    pub(super) fn add_to(&self, found: &mut Found) {
        for one in &self.sboms.documents {
            let platform = self.sboms.platform(one);
            if self.is_other_platform(platform) {
                continue;
            }
            found
                .signers
                .extend(one.signature().map(|by| by.identity.clone()));
            let origin = self.origin(one);
            if let Err(reason) = self.counts(one, &origin) {
                found.passed_over.push(PassedOver { origin, reason });
                continue;
            }
            let place = match origin.place().as_str() {
                "" => String::new(),
                place => format!("{place}: "),
            };
            match &one.document {
                Ok(_) if one.speaks_for == SpeaksFor::Other => found.refuse(
                    "sbom-other-image",
                    format!("{place}an SBOM of another image is {}", origin.of_what()),
                ),
                Ok(bytes) => {
                    let one = FoundSbom::attested(one, bytes.clone(), origin, self.demands);
                    found.documents.push(one);
                }
                Err(problem) => {
                    found.refuse(&problem.code, format!("{place}{}", problem.message));
                }
            }
        }
    }

    fn is_other_platform(&self, platform: Option<&str>) -> bool {
        match (self.sources.flags.wanted(), platform) {
            (Some(wanted), Some(name)) => !covers(wanted, name),
            _ => false,
        }
    }

    fn origin(&self, one: &ImageSbom) -> Origin {
        let accepted = |signers: &&Signers| {
            one.signature()
                .is_some_and(|signature| signers.accept(signature))
        };
        Origin {
            item: self.item.map(Into::into),
            platform: self.sboms.platform(one).map(Into::into),
            predicate_type: Some(one.predicate_type.clone()),
            attested_for: vec![one.bound_to],
            binding: match one.speaks_for {
                SpeaksFor::Other => Binding::Other,
                _ if one.named.digests.is_empty() => Binding::Silent,
                _ => Binding::Agrees,
            },
            named: one.named.clone(),
            signature: match &one.judgement {
                _ if self.item.is_some() => SignatureFact::Unjudged,
                Judgement::Valid(_) if self.signers.as_ref().is_some_and(accepted) => {
                    SignatureFact::Accepted
                }
                Judgement::Valid(_) => SignatureFact::OtherSigner,
                Judgement::Invalid(_) => SignatureFact::Invalid,
                Judgement::UnknownRoot(_) | Judgement::UnknownKey(_) => SignatureFact::UnknownRoot,
            },
            signer: one.signature().map(|by| by.identity.clone()),
        }
    }

    /// Why a document does not count: what does not hold counts for nobody, whoever is asked for.
    fn counts(&self, one: &ImageSbom, origin: &Origin) -> Result<(), String> {
        match &one.judgement {
            Judgement::Invalid(problem) => return Err(problem.message.clone()),
            Judgement::UnknownRoot(problem) | Judgement::UnknownKey(problem)
                if self.signers.is_some() =>
            {
                return Err(problem.message.clone());
            }
            _ => {}
        }
        match self.signers {
            Some(_) if origin.signature != SignatureFact::Accepted => {
                Err(format!("it was signed {}", origin.signed()))
            }
            _ => Ok(()),
        }
    }

    /// The policy's demand on who signed and which platforms are covered. How good the documents are is judged by
    /// themselves.
    pub(super) fn bare_demand(&self, demand: &SbomDemand, trust: &Trust) -> SbomDemand {
        let mut coverage = demand.checks.coverage.clone();
        if let (Some(wanted), Coverage::Platforms { waived }) =
            (self.sources.flags.wanted(), &mut coverage)
        {
            let others = self.sboms.platforms.iter().map(|(name, _)| name.clone());
            waived.extend(others.filter(|name| !covers(wanted, name)));
        }
        SbomDemand {
            format: demand.format,
            signed_by: match trust.signers.is_empty() {
                true => demand.signed_by.clone(),
                false => trust.signers.clone(),
            },
            checks: SbomChecks {
                coverage,
                ..SbomChecks::default()
            },
        }
    }

    /// What is missing where no policy says: each platform needs a document that counts, in any format.
    pub(super) fn uncovered(&self, found: &Found) -> Option<Problem> {
        let counting = || {
            let documents = self.sboms.documents.iter();
            documents
                .filter(|one| one.document.is_ok() && self.counts(one, &self.origin(one)).is_ok())
        };
        let what = match self.sources.flags.format {
            Some(format) => format!("{format} SBOM"),
            None => "SBOM".into(),
        };
        if counting().next().is_none() {
            return Some(self.none(&what, found));
        }
        let whole = counting().any(|one| one.speaks_for == SpeaksFor::Whole);
        let is_bare = |at: usize, name: &str| {
            let is_its = |one: &ImageSbom| one.speaks_for == SpeaksFor::Platform(at);
            !self.is_other_platform(Some(name)) && !counting().any(is_its)
        };
        let bare: Vec<&str> = (self.sboms.platforms.iter().enumerate())
            .filter(|(at, (name, _))| is_bare(*at, name))
            .map(|(_, (name, _))| name.as_str())
            .collect();
        if whole || bare.is_empty() {
            return None;
        }
        let mut message = format!("no {what} that counts for {}", bare.join(", "));
        if counting().any(|one| one.speaks_for == SpeaksFor::NoPlatform) {
            message.push_str("; the one for the index names no platform");
        }
        Some(Problem::new("sbom-platform", message))
    }

    fn none(&self, what: &str, found: &Found) -> Problem {
        if found.passed_over.is_empty() {
            return Problem::new(
                "sbom-missing",
                format!("no {what} is attested for the image"),
            );
        }
        let is_unknown = |one: &ImageSbom| matches!(one.judgement, Judgement::UnknownRoot(_));
        match self.sboms.documents.iter().any(is_unknown) {
            true => Problem::new(
                "sbom-root-unknown",
                format!("the {what} was made under a root that is not known here"),
            ),
            false => Problem::new(
                "sbom-identity",
                format!("no {what} is by whom was asked for"),
            ),
        }
    }
}

/// Whether the platform of this name is meant.
pub(super) fn covers(wanted: &Platform, name: &str) -> bool {
    name.parse().is_ok_and(|platform| wanted.covers(&platform))
}
