//! Where SBOMs come from: files, images and evidence bundles.

use super::attested;
use super::found::{Found, FoundSbom, Held};
use super::target::Target;
use crate::cli::exit::{CliError, chain};
use crate::cli::files;
use crate::cli::registry_flags::{DEFAULT_CONCURRENCY, RegistryFlags};
use crate::cli::runtime::block_on;
use crate::cli::trust_flags::{Trust, TrustFlags, missing_identity};
use clap::Args;
use evidence::collect::bundled;
use evidence::collect::fetch;
use evidence::collect::look::Platforms;
use evidence::collect::previous::PreviousError;
use evidence::model::expectation::SbomFormat;
use evidence::model::limits;
use evidence::model::policy::SbomDemand;
use evidence::net::Registry;
use evidence::oci::ImageRef;
use evidence::oci::descriptor::Platform;
use evidence::report::sbom::{Origin, TargetKind};
use evidence::sbom::{self, UnverifiedSbom};
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

/// Which SBOMs are meant, and whom to trust.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct SourceFlags {
    /// Of images and bundles, only SBOMs of this format count: spdx or cyclonedx.
    #[arg(long, value_name = "FORMAT", value_parser = format, env = "EVIDENCE_SBOM_FORMAT")]
    pub(super) format: Option<SbomFormat>,
    /// Of images and bundles, only this platform of an index counts, such as linux/arm64 [default: all].
    #[arg(long, value_name = "OS/ARCH", value_parser = platforms, env = "EVIDENCE_PLATFORM")]
    platform: Option<Platforms>,
    /// Take an image's SBOMs by whomever, and say so. INSECURE: anyone who may push can attach one.
    #[arg(long, env = "EVIDENCE_UNVERIFIED")]
    pub(super) unverified: bool,
    /// Apply what the policy demands of the image of this name [default: the one whose `reference` means the image, else
    /// `*`].
    #[arg(
        long = "policy-image",
        value_name = "NAME",
        requires = "policy",
        env = "EVIDENCE_POLICY_IMAGE"
    )]
    pub(super) policy_image: Option<String>,
    #[command(flatten)]
    pub(super) trust: TrustFlags,
    #[command(flatten)]
    registry: RegistryFlags,
}

/// What all targets are looked at with.
pub(in crate::cli) struct Sources<'a> {
    pub(super) flags: &'a SourceFlags,
    /// None where nobody's signature is asked for.
    pub(super) trust: Option<Trust>,
    registry: Option<Registry>,
}

impl SourceFlags {
    /// The one platform that is asked about.
    pub(super) fn wanted(&self) -> Option<&Platform> {
        match &self.platform {
            Some(Platforms::One(platform)) => Some(platform),
            _ => None,
        }
    }

    /// What these targets are looked at with; reads policy, roots and keys where there is an image or a policy.
    pub(in crate::cli) fn open(&self, targets: &[&Target]) -> Result<Sources<'_>, CliError> {
        let is_image = |target: &&Target| matches!(target, Target::Image(_));
        let asks = targets.iter().any(is_image) || self.trust.policy.is_some();
        let is_remote = |target: &&Target| matches!(target, Target::Image(ImageRef::Registry(_)));
        if let Some(2..) = Some(
            targets
                .iter()
                .filter(|one| matches!(one, Target::Stdin))
                .count(),
        ) {
            return Err(CliError::usage("standard input is named twice"));
        }
        Ok(Sources {
            flags: self,
            trust: asks.then(|| self.trust.build()).transpose()?,
            registry: match targets.iter().any(is_remote) {
                true => Some(self.registry.registry(DEFAULT_CONCURRENCY)?),
                false => None,
            },
        })
    }
}

impl Sources<'_> {
    /// What each target has, in their order.
    ///
    /// # Errors
    /// When the command line is wrong, or nobody is named who may have signed an image's.
    pub(in crate::cli) fn find(
        &self,
        targets: &[(String, Target)],
    ) -> Result<Vec<Found>, CliError> {
        let mut all = Vec::new();
        for (name, target) in targets {
            all.push(self.look(name, target)?);
        }
        let names_nobody = self.trust.as_ref().is_some_and(|trust| {
            trust.signers.is_empty() && trust.policy.is_none() && !self.flags.unverified
        });
        let images = || all.iter().filter(|one| one.kind == TargetKind::Image);
        if names_nobody && images().next().is_some() {
            let signers = images().flat_map(|one| {
                let named = one.signers.iter().cloned();
                named.map(|signer| (one.name.clone(), signer))
            });
            let error = missing_identity(&signers.collect::<Vec<_>>());
            return Err(error.detail("--unverified looks at SBOMs of anybody, and proves nothing"));
        }
        Ok(all)
    }

    fn look(&self, name: &str, target: &Target) -> Result<Found, CliError> {
        match target {
            Target::Stdin => Ok(match stdin() {
                Ok(bytes) => self.document(name, bytes),
                Err(error) => Found::unreachable(name, TargetKind::File, error.message),
            }),
            Target::File(path) => Ok(match files::read(path, limits::ATTESTATION_BYTES) {
                Ok(bytes) => self.document(name, bytes),
                Err(error) => Found::unreachable(name, TargetKind::File, error.message),
            }),
            Target::Bundle(path) => Ok(self.bundle(name, path)),
            Target::Image(reference) => self.image(name, reference),
        }
    }

    fn document(&self, name: &str, bytes: Vec<u8>) -> Found {
        let mut found = Found::new(name, TargetKind::File);
        let statement = match sbom::parse_any(&bytes) {
            Ok(UnverifiedSbom::Document(_)) => None,
            Ok(UnverifiedSbom::Statement(statement)) => Some(statement),
            Err(error) => {
                found.refuse("sbom-unreadable", chain(&error));
                return found;
            }
        };
        let one = match statement {
            Some(statement) => {
                let note = "the statement's signature was not looked at; a file is of no image";
                found.notes.push(note.into());
                FoundSbom {
                    origin: Origin {
                        predicate_type: Some(statement.predicate_type.clone()),
                        attested_for: (statement.subjects.iter())
                            .filter_map(|one| one.sha256)
                            .collect(),
                        ..Origin::default()
                    },
                    format: Some(statement.stated),
                    bytes: Held::Part(Arc::from(statement.document.as_ref())),
                    demands: self.demands_on("*"),
                    rank: None,
                }
            }
            None => FoundSbom {
                origin: Origin::default(),
                format: None,
                bytes: Held::File(bytes),
                demands: self.demands_on("*"),
                rank: None,
            },
        };
        found.documents.push(one);
        found
    }

    fn bundle(&self, name: &str, path: &Path) -> Found {
        let mut found = Found::new(name, TargetKind::Bundle);
        found.unverified = true;
        match bundled::read(path) {
            Ok(bundle) => {
                for image in &bundle.images {
                    attested::of_bundle(self, image, &mut found);
                }
                found.scans = bundle.scans;
            }
            Err(PreviousError::Read { path, source }) => {
                let message = format!("cannot read {}: {source}", path.display());
                return Found::unreachable(name, TargetKind::Bundle, message);
            }
            Err(error) => found.refuse("bundle-unreadable", chain(&error)),
        }
        if found.documents.is_empty() && found.problems.is_empty() {
            let message = "the bundle has no SBOM that counts".to_owned();
            found.refuse("sbom-missing", message);
        }
        found
    }

    fn image(&self, name: &str, reference: &ImageRef) -> Result<Found, CliError> {
        let fetched = block_on(fetch(self.registry.as_ref(), reference))?;
        Ok(match fetched {
            Ok(image) => attested::of_image(self, name, reference, &image),
            Err(error) if error.is_undetermined() => {
                Found::unreachable(name, TargetKind::Image, chain(&error))
            }
            Err(error) => {
                let mut found = Found::new(name, TargetKind::Image);
                found.refuse("image-malformed", chain(&error));
                found
            }
        })
    }

    pub(super) fn has_policy(&self) -> bool {
        (self.trust.as_ref()).is_some_and(|trust| trust.policy.is_some())
    }

    /// What the policy demands of the SBOMs of an image that it knows by this name, unless another name is given.
    pub(super) fn demands_on(&self, name: &str) -> Vec<SbomDemand> {
        let policy = self.trust.as_ref().and_then(|trust| trust.policy.as_ref());
        let entry = policy.and_then(|policy| match self.flags.policy_image.as_deref() {
            Some(named) => policy.images.get(named),
            None => policy.image(name),
        });
        let all = entry.into_iter().flat_map(|entry| &entry.sboms);
        let is_asked =
            |one: &&SbomDemand| (self.flags.format).is_none_or(|asked| asked == one.format);
        all.filter(is_asked).cloned().collect()
    }
}

/// Reads standard input, at most as many bytes as an SBOM may have.
pub(in crate::cli) fn stdin() -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    let limit = limits::ATTESTATION_BYTES;
    let read = std::io::stdin()
        .lock()
        .take(limit + 1)
        .read_to_end(&mut bytes);
    read.map_err(|error| CliError::unreachable(format!("cannot read standard input: {error}")))?;
    if bytes.len() as u64 > limit {
        let message = format!("standard input is larger than {limit} bytes");
        return Err(CliError::unreachable(message));
    }
    Ok(bytes)
}

pub(super) fn format(text: &str) -> Result<SbomFormat, String> {
    match text {
        "spdx" => Ok(SbomFormat::Spdx),
        "cyclonedx" => Ok(SbomFormat::Cyclonedx),
        _ => Err("expected spdx or cyclonedx".into()),
    }
}

fn platforms(text: &str) -> Result<Platforms, String> {
    match text {
        "all" => Ok(Platforms::All),
        _ => match text.parse() {
            Ok(platform) => Ok(Platforms::One(platform)),
            Err(error) => Err(format!("{error}, or `all`")),
        },
    }
}
