//! The one path on which every signature is judged.
//!
//! The `sigstore-verify` crate checks chain, SCT, timestamps, proof, promise and signature. What it leaves to its
//! caller is checked here: exactly one log entry, by the log that it names; body and entry of one kind; one name in the
//! certificate; who is accepted.

mod authority;
mod key;
mod subject;

use super::normalise::{Normalised, blob, bundle};
use super::problem::{self, problem};
use super::signature::{self, CertificateClaims, Judgement, Signature, accepted};
use super::statement::Statement;
use super::trust::{Key, Options, Root, Roots};
use super::{Verified, log};
use crate::model::{Digest, IdentityRule, Problem};
use authority::{knows_issuer, unknown_log};
use sigstore_types::bundle::VerificationMaterialContent;
use sigstore_types::{Sha256Hash, SignatureContent};
use sigstore_verify::{Policy, TimestampError, VerificationPolicy, VerificationResult};
use std::sync::Arc;
use subject::check_subject;

/// What is said to be signed.
#[derive(Clone, Copy, Debug)]
pub enum Artifact<'a> {
    /// Its bytes.
    Bytes(&'a [u8]),
    /// Its SHA-256. Ed25519 signatures, which are over the bytes, cannot be verified with it.
    Digest(Digest),
}

impl Artifact<'_> {
    /// Its SHA-256.
    pub fn digest(&self) -> Digest {
        match self {
            Self::Bytes(bytes) => Digest::of(bytes),
            Self::Digest(digest) => *digest,
        }
    }
}

/// A judged Sigstore bundle, or what stood for one before there were any.
#[derive(Clone, Debug)]
pub struct BundleJudgement {
    /// Whether it holds, and speaks of the artifact.
    pub judgement: Judgement,
    /// The signed statement's bytes, where one is signed; proven only as far as `judgement` says.
    pub statement: Option<Arc<[u8]>>,
    /// The statement's predicate type.
    pub predicate_type: Option<String>,
}

impl BundleJudgement {
    /// The statement, if it holds and one of the rules accepts its signer.
    pub fn accepted_statement(&self, rules: &[IdentityRule]) -> Option<Verified<Arc<[u8]>>> {
        let signature = self.judgement.valid()?;
        let statement = self.statement.as_ref()?;
        accepted(rules, signature).then(|| Verified::by_signature(statement.clone()))
    }
}

/// The files that hold a file's signature.
#[derive(Clone, Copy, Debug, Default)]
pub struct Detached<'a> {
    /// A Sigstore bundle of any version, or cosign's old one.
    pub bundle: Option<&'a [u8]>,
    /// A signature or DSSE envelope, raw or base64.
    pub signature: Option<&'a [u8]>,
    /// A certificate, PEM or base64 of it.
    pub certificate: Option<&'a [u8]>,
}

/// Judges a Sigstore bundle about an artifact: the signed bytes, or a subject of the signed statement.
pub fn judge_bundle(
    bundle_json: &[u8],
    artifact: Artifact<'_>,
    roots: &Roots,
    keys: &[Key],
    options: &Options,
) -> BundleJudgement {
    finish(
        bundle::parse(bundle_json),
        Some(artifact),
        roots,
        keys,
        options,
    )
}

/// Judges a Sigstore bundle with a statement, whatever it is about: the caller compares the subjects.
pub fn judge_attestation(
    bundle_json: &[u8],
    roots: &Roots,
    keys: &[Key],
    options: &Options,
) -> BundleJudgement {
    finish(bundle::parse(bundle_json), None, roots, keys, options)
}

/// Judges a file's signature, whichever files hold it.
pub fn judge_blob(
    detached: &Detached<'_>,
    artifact: Artifact<'_>,
    roots: &Roots,
    keys: &[Key],
    options: &Options,
) -> BundleJudgement {
    finish(blob::parse(detached), Some(artifact), roots, keys, options)
}

fn finish(
    parsed: Result<Normalised, Problem>,
    artifact: Option<Artifact<'_>>,
    roots: &Roots,
    keys: &[Key],
    options: &Options,
) -> BundleJudgement {
    let refused = |problem| BundleJudgement {
        judgement: Judgement::Invalid(problem),
        statement: None,
        predicate_type: None,
    };
    let normalised = match parsed {
        Ok(normalised) => normalised,
        Err(problem) => return refused(problem),
    };
    let (statement, predicate_type, stated) = match &normalised.bundle.content {
        SignatureContent::DsseEnvelope(envelope) => {
            let bytes = envelope.payload.as_bytes();
            match Statement::parse(bytes) {
                Ok(statement) => (
                    Some(Arc::from(bytes)),
                    Some(statement.predicate_type.clone()),
                    statement.subjects.iter().find_map(|subject| subject.sha256),
                ),
                Err(error) => return refused(problem("statement-malformed", error)),
            }
        }
        _ => (None, None, None),
    };
    let Some(artifact) = artifact.or(stated.map(Artifact::Digest)) else {
        return refused(problem(
            "statement-missing",
            "no statement with a sha256 is signed",
        ));
    };
    BundleJudgement {
        judgement: judge(&normalised, artifact, roots, keys, options),
        statement,
        predicate_type,
    }
}

/// Judges a signature, alone and whoever made it.
pub(super) fn judge(
    normalised: &Normalised,
    artifact: Artifact<'_>,
    roots: &Roots,
    keys: &[Key],
    options: &Options,
) -> Judgement {
    if let Err(problem) = check_subject(normalised, artifact) {
        return Judgement::Invalid(problem);
    }
    let job = Job {
        normalised,
        artifact,
        roots,
        keys,
    };
    let logged = job.with_log();
    match logged {
        Judgement::Valid(_) => logged,
        _ if options.ignore_tlog => job.without_log(),
        _ => logged,
    }
}

struct Job<'a> {
    normalised: &'a Normalised,
    artifact: Artifact<'a>,
    roots: &'a Roots,
    keys: &'a [Key],
}

impl Job<'_> {
    fn with_log(&self) -> Judgement {
        if let Err(problem) = self.check_entries() {
            return Judgement::Invalid(problem);
        }
        match &self.normalised.bundle.verification_material.content {
            VerificationMaterialContent::PublicKey(hint) => match self.signing_key(&hint.hint) {
                Ok(key) => self.under_any_root(|root| self.key_under(root, key)),
                Err(judgement) => judgement,
            },
            _ => self.under_any_root(|root| {
                self.certificate_under(root, self.normalised, &VerificationPolicy::any_identity())
            }),
        }
    }

    /// What the log would prove is not asked for. A certificate still needs a trusted time, a key needs nothing else.
    fn without_log(&self) -> Judgement {
        let bare = self.normalised.without_log();
        match &bare.bundle.verification_material.content {
            VerificationMaterialContent::PublicKey(hint) => match self.signing_key(&hint.hint) {
                Ok(key) => self.key_alone(&bare, key),
                Err(judgement) => judgement,
            },
            _ => self.under_any_root(|root| {
                let policy = VerificationPolicy::any_identity().skip_tlog_unsafe();
                self.certificate_under(root, &bare, &policy)
            }),
        }
    }

    /// Of several entries the crates need only one to hold, and what the others say would be reported unproven.
    fn check_entries(&self) -> Result<(), Problem> {
        let entries = &self.normalised.bundle.verification_material.tlog_entries;
        let count = entries.len() + usize::from(self.normalised.old_entry.is_some());
        match (count, entries.first()) {
            (0, _) => Err(problem("log-missing", "it has no transparency log entry")),
            (1, Some(entry)) => log::check_kind(entry),
            (1, None) => Ok(()),
            _ => Err(problem(
                "log-entries",
                format!("it has {count} log entries, not one"),
            )),
        }
    }

    /// The first root under which it holds; else why not under the first that knows its authorities.
    fn under_any_root(&self, judge: impl Fn(&Root) -> Judgement) -> Judgement {
        let mut best: Option<Judgement> = None;
        for root in &self.roots.roots {
            let judgement = judge(root);
            match (&judgement, &best) {
                (Judgement::Valid(_), _) => return judgement,
                (Judgement::UnknownRoot(_), Some(_))
                | (_, Some(Judgement::Invalid(_) | Judgement::UnknownKey(_))) => {}
                _ => best = Some(judgement),
            }
        }
        best.unwrap_or_else(|| {
            Judgement::UnknownRoot(problem("root-missing", "no trusted root is given"))
        })
    }

    fn certificate_under(
        &self,
        root: &Root,
        normalised: &Normalised,
        policy: &VerificationPolicy,
    ) -> Judgement {
        match self.try_certificate(root, normalised, policy) {
            Ok(signature) => Judgement::Valid(Box::new(signature)),
            Err(judgement) => *judgement,
        }
    }

    fn try_certificate(
        &self,
        root: &Root,
        normalised: &Normalised,
        policy: &VerificationPolicy,
    ) -> Result<Signature, Box<Judgement>> {
        let invalid = |problem| Box::new(Judgement::Invalid(problem));
        let leaf = knows_issuer(root, normalised)?;
        if normalised.old_entry.is_some() {
            return Err(invalid(problem(
                "log-entry-unsupported",
                "entries of kind intoto 0.0.1 with a certificate cannot be verified",
            )));
        }
        let policy = if root.has_certificate_logs {
            policy.clone()
        } else {
            // A root without certificate logs is of an instance whose certificates are logged nowhere.
            policy.clone().skip_sct()
        };
        let result = self.run(root, normalised, &policy)?;
        let info = result
            .certificate()
            .filter(|_| result.certificate_verified())
            .ok_or_else(|| {
                invalid(problem(
                    "certificate-invalid",
                    "no certificate was verified",
                ))
            })?;
        Ok(Signature {
            identity: signature::identity_of(&leaf, info).map_err(invalid)?,
            certificate: Some(CertificateClaims::of(info)),
            log: self.record(normalised),
            times: times(&result),
            root: Some(root.name.clone()),
        })
    }

    /// The crate's verification, and whose log signed the checkpoint.
    fn run(
        &self,
        root: &Root,
        normalised: &Normalised,
        policy: &impl Policy,
    ) -> Result<VerificationResult, Box<Judgement>> {
        let invalid = |problem| Box::new(Judgement::Invalid(problem));
        for entry in &normalised.bundle.verification_material.tlog_entries {
            let log_id = entry.log_id.key_id.as_bytes();
            if !log::is_known(root, log_id) {
                return Err(Box::new(unknown_log(root, log_id)));
            }
            let promised = log::promised(entry);
            log::check_window(entry, root, promised.as_slice()).map_err(invalid)?;
        }
        let verified = match self.artifact {
            Artifact::Bytes(bytes) => root.verifier.verify(bytes, &normalised.bundle, policy),
            Artifact::Digest(digest) => {
                let digest = Sha256Hash::from(*digest.as_raw());
                root.verifier.verify(digest, &normalised.bundle, policy)
            }
        };
        let result = verified.map_err(|error| match &error {
            sigstore_verify::Error::Timestamp(TimestampError::Invalid(_))
                if !root.has_timestamp_authorities =>
            {
                Box::new(Judgement::UnknownRoot(problem(
                    "root-unknown",
                    format!("{} has no timestamp authority", root.name),
                )))
            }
            _ => invalid(problem::of(&error)),
        })?;
        for entry in &normalised.bundle.verification_material.tlog_entries {
            log::check_checkpoint_is_of_the_log(entry, root).map_err(invalid)?;
            log::check_window(entry, root, result.verified_timestamps()).map_err(invalid)?;
        }
        Ok(result)
    }

    fn record(&self, normalised: &Normalised) -> Option<crate::model::LogRecord> {
        let entries = &normalised.bundle.verification_material.tlog_entries;
        entries.first().map(log::record)
    }
}

fn times(result: &VerificationResult) -> Vec<crate::model::Timestamp> {
    let mut times = result.verified_timestamps().to_vec();
    times.sort_unstable();
    times.dedup();
    times
}
