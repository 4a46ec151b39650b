//! `evidence blob verify`: who signed this file?

use super::exit::{CliError, Exit};
use super::files;
#[cfg(feature = "net")]
use super::online::{self, OnlineFlags};
use super::spot_check::predicate_type;
use super::spot_check::{self, Candidate, Format, SpotCheck};
use super::trust_flags::{TrustFlags, missing_identity};
use clap::{Args, Subcommand};
use evidence::model::{Digest, limits};
use evidence::sigstore::statement::{COSIGN_SIGN, PredicateType};
use evidence::sigstore::{Artifact, BundleJudgement, Detached, judge_blob};
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
    /// Its Sigstore bundle of any version, or cosign's old bundle.
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
    #[cfg(feature = "net")]
    #[command(flatten)]
    online: OnlineFlags,
}

/// Runs the command.
pub(super) fn run(command: &BlobCommand) -> Result<Exit, CliError> {
    let BlobCommand::Verify(args) = command;
    let trust = args.trust.build(true)?;
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
    let detached = Detached {
        bundle: bundle.as_deref(),
        signature: signature.as_deref(),
        certificate: certificate.as_deref(),
    };
    let judged = judge_blob(
        &detached,
        artifact,
        &trust.roots,
        &trust.keys,
        &trust.options,
    );
    let candidate = Candidate {
        what: match &judged.predicate_type {
            Some(kind) => format!("attestation {kind}"),
            None => "signature".into(),
        },
        judgement: &judged.judgement,
        unfit: args.unfit(&judged),
    };
    let digest = artifact.digest();
    #[cfg_attr(not(feature = "net"), expect(unused_mut, reason = "nothing is added"))]
    let mut check = SpotCheck::of(&args.file, digest, &trust.rules, &[candidate], "signature");
    if trust.rules.is_empty() {
        let named = |identity: &_| (check.reference.clone(), Clone::clone(identity));
        let signers: Vec<_> = check.signers.iter().map(named).collect();
        return Err(missing_identity(&signers));
    }
    #[cfg(feature = "net")]
    if let Some(online) = args.online.build(&trust.roots)? {
        super::runtime::block_on(online::confirm(&online, &mut check))?;
    }
    Ok(spot_check::print("blobs", &[check], args.output))
}

impl VerifyArgs {
    fn unfit(&self, judged: &BundleJudgement) -> Option<String> {
        match (&self.attestation, judged.predicate_type.as_deref()) {
            (None, None | Some(COSIGN_SIGN)) => None,
            (Some(kind), Some(found)) if kind.matches(found) => None,
            (Some(kind), _) => Some(format!("it is no attestation {}", kind.uri())),
            (None, Some(_)) => Some("it is no signature: ask for it with --attestation".into()),
        }
    }
}
