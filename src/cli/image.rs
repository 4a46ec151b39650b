//! `evidence image verify`: who signed these images?

use super::exit::{CliError, Exit};
use super::registry_flags::RegistryFlags;
use super::spot_check::{self, Candidate, Format, SpotCheck, predicate_type};
use super::trust_flags::{Trust, TrustFlags, missing_identity};
use clap::{Args, Subcommand};
use evidence::model::Digest;
use evidence::oci::{ImageRef, Layout};
use evidence::sigstore::statement::PredicateType;
use evidence::sigstore::{Content, Object, judge_image};
use std::collections::BTreeMap;

/// Images that are looked at at the same time.
const AT_ONCE: usize = 8;

/// Container images: who signed them?
#[derive(Debug, Subcommand)]
pub(super) enum ImageCommand {
    /// Verifies that images are signed, or attested, by whom you name.
    Verify(VerifyArgs),
}

/// Arguments of `image verify`.
#[derive(Args, Debug)]
pub(super) struct VerifyArgs {
    /// Images: HOST/REPOSITORY[:TAG|@sha256:…] or oci:DIR[:TAG|@sha256:…].
    #[arg(required = true, value_name = "REF")]
    references: Vec<ImageRef>,
    /// Demand that this was signed with the image; repeatable.
    #[arg(short, long = "annotation", value_name = "KEY=VALUE", value_parser = key_value)]
    annotations: Vec<(String, String)>,
    /// Verify the attestation of this type: spdx, cyclonedx, slsaprovenance, slsaprovenance1, vuln, openvex, or a URI.
    #[arg(long, value_name = "TYPE", value_parser = predicate_type, env = "EVIDENCE_ATTESTATION")]
    attestation: Option<PredicateType>,
    /// Format of the result: text or json.
    #[arg(
        long,
        short,
        value_name = "FORMAT",
        value_enum,
        default_value_t = Format::Text,
        hide_possible_values = true,
        env = "EVIDENCE_OUTPUT"
    )]
    output: Format,
    #[command(flatten)]
    trust: TrustFlags,
    #[command(flatten)]
    registry: RegistryFlags,
}

/// Runs the command.
pub(super) fn run(command: &ImageCommand) -> Result<Exit, CliError> {
    let ImageCommand::Verify(args) = command;
    if args.attestation.is_some() && !args.annotations.is_empty() {
        return Err(CliError::usage(
            "--annotation is for signatures, --attestation for attestations: give one of them",
        ));
    }
    let trust = args.trust.build(true)?;
    let source = Source::new(&args.references, &args.registry)?;
    let mut checks = Vec::new();
    for some in args.references.chunks(AT_ONCE) {
        let found = std::thread::scope(|scope| {
            let running: Vec<_> = some
                .iter()
                .map(|reference| {
                    let (source, trust) = (&source, &trust);
                    scope.spawn(move || args.check(reference, source, trust))
                })
                .collect();
            running
                .into_iter()
                .zip(some)
                .map(|(thread, reference)| {
                    thread.join().unwrap_or_else(|_| {
                        let message = "the check broke off".to_owned();
                        SpotCheck::unreadable(&reference.to_string(), "broken", message)
                    })
                })
                .collect::<Vec<_>>()
        });
        checks.extend(found);
    }
    if trust.rules.is_empty() {
        let signers: Vec<_> = checks
            .iter()
            .flat_map(|check| {
                let named = |identity| (check.reference.clone(), identity);
                check.signers.iter().cloned().map(named)
            })
            .collect();
        return Err(missing_identity(&signers));
    }
    Ok(spot_check::print("images", &checks, args.output))
}

impl VerifyArgs {
    fn check(&self, reference: &ImageRef, source: &Source, trust: &Trust) -> SpotCheck {
        let name = reference.to_string();
        match source.fetch(reference) {
            Ok((digest, layout)) => {
                let objects =
                    judge_image(&digest, &layout, &trust.roots, &trust.keys, &trust.options);
                let candidates: Vec<_> = objects
                    .iter()
                    .filter(|object| self.asks_for(object))
                    .map(|object| Candidate {
                        what: format!("{} {}", object.format, object.source.short()),
                        judgement: &object.judgement,
                        unfit: self.unfit(&object.content),
                    })
                    .collect();
                let wanted = match &self.attestation {
                    Some(kind) => format!("attestation {}", kind.uri()),
                    None => "signature".into(),
                };
                let wanted = format!("{wanted} (objects attached: {})", objects.len());
                SpotCheck::of(&name, digest, &trust.rules, &candidates, &wanted)
            }
            Err(failure) if failure.undetermined => {
                SpotCheck::unreadable(&name, "unreachable", failure.message)
            }
            Err(failure) => SpotCheck::malformed(&name, failure.message),
        }
    }

    fn asks_for(&self, object: &Object) -> bool {
        match (&object.content, &self.attestation) {
            (Content::Signature { .. }, None) | (Content::Unreadable(_), _) => true,
            (Content::Attestation { predicate_type, .. }, Some(kind)) => {
                kind.matches(predicate_type)
            }
            _ => false,
        }
    }

    fn unfit(&self, content: &Content) -> Option<String> {
        let none = BTreeMap::new();
        let signed = match content {
            Content::Signature { annotations, .. } => annotations,
            _ => &none,
        };
        self.annotations
            .iter()
            .find(|(key, value)| signed.get(key) != Some(value))
            .map(|(key, value)| match signed.get(key) {
                Some(other) => format!("the annotation {key} is {other:?}, not {value:?}"),
                None => format!("the annotation {key} is not signed with it"),
            })
    }
}

/// Where images come from.
struct Source {
    runtime: tokio::runtime::Runtime,
    /// None as long as every image is on disk: then no socket is opened.
    registry: Option<evidence::net::Registry>,
}

/// Why an image could not be judged.
struct Failure {
    undetermined: bool,
    message: String,
}

impl Source {
    fn new(references: &[ImageRef], flags: &RegistryFlags) -> Result<Self, CliError> {
        let runtime = tokio::runtime::Runtime::new()
            .map_err(|error| CliError::unreachable(error.to_string()))?;
        let remote = references
            .iter()
            .any(|reference| matches!(reference, ImageRef::Registry(_)));
        let registry = remote.then(|| flags.registry()).transpose()?;
        Ok(Self { runtime, registry })
    }

    fn fetch(&self, reference: &ImageRef) -> Result<(Digest, Layout), Failure> {
        let fetching = evidence::collect::fetch(self.registry.as_ref(), reference);
        match self.runtime.block_on(fetching) {
            Ok(image) => Ok((image.digest, image.layout)),
            Err(error) => {
                let causes =
                    std::iter::successors(Some(&error as &dyn std::error::Error), |error| {
                        error.source()
                    });
                let lines: Vec<_> = causes.map(ToString::to_string).collect();
                Err(Failure {
                    undetermined: error.is_undetermined(),
                    message: lines.join(": "),
                })
            }
        }
    }
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.into(), value.into())),
        _ => Err("expected KEY=VALUE".into()),
    }
}
