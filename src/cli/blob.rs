//! `evidence blob verify`: who signed this file?

use super::exit::{CliError, Exit};
use super::files;
use super::format::Output;
#[cfg(feature = "net")]
use super::online::{self, OnlineFlags};
use super::spot_check::demand::{Candidate, Demand, Kind, Says, Want};
use super::spot_check::{self, Format, SpotCheck, predicate_type};
use super::trust_flags::{TrustFlags, missing_identity};
use clap::{Args, Subcommand};
use evidence::model::{Digest, limits};
use evidence::sigstore::statement::{COSIGN_SIGN, PredicateType};
use evidence::sigstore::{Artifact, BundleJudgement, Detached, judge_blob};
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Signed files: who signed them?
#[derive(Debug, Subcommand)]
pub(super) enum BlobCommand {
    /// Verifies that a file is signed, or attested, by whom you name.
    Verify(VerifyArgs),
}

/// Arguments of `blob verify`.
#[derive(Args, Debug)]
pub(super) struct VerifyArgs {
    /// The file, or its digest sha256:….
    file: String,
    /// Its Sigstore bundle of any version, several one a line, or cosign's old bundle.
    #[arg(long, value_name = "FILE", required_unless_present = "signature")]
    bundle: Option<PathBuf>,
    /// A detached signature or DSSE envelope, raw or base64.
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// The certificate of a detached signature.
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// Verify the attestation of this type: spdx, cyclonedx, slsaprovenance, slsaprovenance1, vuln, openvex, or a URI.
    #[arg(long, value_name = "TYPE", value_parser = predicate_type, env = "EVIDENCE_ATTESTATION")]
    attestation: Option<PredicateType>,
    /// Format of the result, and a file for it: text, json, sarif or junit, as FORMAT[=PATH]; repeatable [default: text].
    #[arg(long, short, value_name = "FORMAT[=PATH]", env = "EVIDENCE_OUTPUT")]
    output: Vec<Output<Format>>,
    #[command(flatten)]
    trust: TrustFlags,
    #[cfg(feature = "net")]
    #[command(flatten)]
    online: OnlineFlags,
}

/// Runs the command.
pub(super) fn run(command: &BlobCommand) -> Result<Exit, CliError> {
    let BlobCommand::Verify(args) = command;
    let outputs = Output::all(&args.output, Format::Text)?;
    let trust = args.trust.build()?;
    let bytes;
    let artifact = match args.file.parse::<Digest>() {
        Ok(digest) => Artifact::Digest(digest),
        Err(_) => {
            bytes = files::read_named(Path::new(&args.file), limits::MEMBER_BYTES)?;
            Artifact::Bytes(&bytes)
        }
    };
    let read = |path: &Option<PathBuf>| {
        path.as_ref()
            .map(|path| files::read_named(path, limits::ATTESTATION_BYTES))
            .transpose()
    };
    let (bundle, signature) = (read(&args.bundle)?, read(&args.signature)?);
    let certificate = read(&args.certificate)?;
    let bundles = match &bundle {
        Some(bytes) => each_bundle(bytes)?.into_iter().map(Some).collect(),
        None => vec![None],
    };
    let judged: Vec<_> = bundles
        .into_iter()
        .map(|bundle| {
            let detached = Detached {
                bundle,
                signature: signature.as_deref(),
                certificate: certificate.as_deref(),
            };
            judge_blob(
                &detached,
                artifact,
                &trust.roots,
                &trust.keys,
                &trust.options,
            )
        })
        .collect();
    let none = BTreeMap::new();
    let candidates: Vec<_> = judged.iter().map(|one| candidate(one, &none)).collect();
    let signers = trust.file_signers();
    let demand = Demand {
        wants: vec![Want {
            kind: match &args.attestation {
                Some(kind) => Kind::Attestation(kind.clone()),
                None => Kind::Signature,
            },
            signers: signers.clone(),
        }],
        ..Demand::default()
    };
    let mut check = SpotCheck::of(&args.file, artifact.digest(), &demand, &candidates);
    if signers.is_empty() {
        let named = |identity: &_| (check.reference.clone(), Clone::clone(identity));
        let signers: Vec<_> = check.signers.iter().map(named).collect();
        return Err(missing_identity(&signers));
    }
    if !check.is_met {
        check
            .notes
            .extend(judged.iter().filter_map(|one| args.advice(one)));
        check.notes.dedup();
    }
    #[cfg(feature = "net")]
    if let Some(online) = args.online.build(&trust.roots)? {
        super::runtime::block_on(online::confirm(&online, &mut check))?;
    }
    let checks = [check];
    for output in outputs {
        spot_check::write(&output, "blobs", &checks)?;
    }
    Ok(spot_check::exit(&checks))
}

/// The Sigstore bundles of a file: one, or one a line, as `gh attestation download` writes them.
fn each_bundle(bytes: &[u8]) -> Result<Vec<&[u8]>, CliError> {
    let lines: Vec<_> = bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.trim_ascii().is_empty())
        .collect();
    let is_json = |line: &[u8]| serde_json::from_slice::<IgnoredAny>(line).is_ok();
    match lines.as_slice() {
        [first, _, ..] if is_json(first) => {}
        _ => return Ok(vec![bytes]),
    }
    if lines.len() > limits::BUNDLES_PER_FILE {
        return Err(CliError::usage(format!(
            "{} Sigstore bundles in one file, at most {} are judged",
            lines.len(),
            limits::BUNDLES_PER_FILE
        )));
    }
    Ok(lines)
}

fn candidate<'a>(judged: &'a BundleJudgement, none: &'a BTreeMap<String, String>) -> Candidate<'a> {
    Candidate {
        what: match &judged.predicate_type {
            Some(kind) => format!("attestation {kind}"),
            None => "signature".into(),
        },
        says: match judged.predicate_type.as_deref() {
            Some(kind) if kind != COSIGN_SIGN => Says::Attestation(kind),
            // One that could not be read may have said anything.
            None if judged.judgement.valid().is_none() => Says::Unreadable,
            _ => Says::Signature {
                annotations: none,
                docker_reference: None,
            },
        },
        judgement: &judged.judgement,
    }
}

impl VerifyArgs {
    /// How to ask for what is there.
    fn advice(&self, judged: &BundleJudgement) -> Option<String> {
        match (&self.attestation, judged.predicate_type.as_deref()) {
            (None, Some(kind)) if kind != COSIGN_SIGN => Some(format!(
                "this is an attestation: ask for it with --attestation {kind}"
            )),
            (Some(kind), Some(found)) if !kind.matches(found) => {
                Some(format!("this is an attestation {found}"))
            }
            (Some(_), None) if judged.judgement.valid().is_some() => {
                Some("this is a signature, no attestation".into())
            }
            _ => None,
        }
    }
}
