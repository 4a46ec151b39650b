//! The one path on which every signature is judged.
//!
//! The `sigstore-verify` crate judges certificates: chain, SCT, timestamps, proof, promise and signature. What it leaves
//! to its caller is checked here: exactly one log entry, by the log that it names and in that log's window; body and
//! entry of one kind; one name in the certificate; who is accepted. Keys, of which it takes only some, and the
//! certificates that it cannot take are judged here throughout, by the same parts it is made of.

mod authority;
mod certificate;
mod chain;
mod key;
mod sct;
mod subject;
mod time;

use super::Verified;
use super::log::body::{Signed, Verifier, check, check_old, digest_of};
use super::normalise::{Normalised, blob, bundle};
use super::problem::{self, problem};
use super::root::Root;
use super::signature::{Judgement, Unlogged, accepted};
use super::statement::Statement;
use super::trust::{Key, Options, Roots};
use crate::model::{Digest, IdentityRule, Problem, Timestamp};
use authority::{knows_issuer, unknown_log};
use certificate::complete;
use sigstore_bundle::{ValidationOptions, validate_bundle_with_options};
use sigstore_types::bundle::VerificationMaterialContent;
use sigstore_types::{DsseEnvelope, HashAlgorithm, SignatureContent};
use std::cell::OnceCell;
use std::sync::Arc;
use subject::check_subject;

/// What is said to be signed.
#[derive(Clone, Copy, Debug)]
pub enum Artifact<'a> {
    /// Its bytes.
    Bytes(&'a [u8]),
    /// Its SHA-256. Only signatures over that digest can be verified with it: not those of Ed25519 and P-521 keys.
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

    /// Its digest in another algorithm, which takes the bytes.
    fn digest_in(&self, algorithm: HashAlgorithm) -> Option<Vec<u8>> {
        match (self, algorithm) {
            (Self::Bytes(bytes), algorithm) => digest_of(algorithm, bytes),
            (Self::Digest(digest), HashAlgorithm::Sha2256) => Some(digest.as_raw().to_vec()),
            _ => None,
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
    let SignatureContent::DsseEnvelope(envelope) = &normalised.bundle.content else {
        let Some(artifact) = artifact else {
            return refused(problem("statement-missing", "no statement is signed"));
        };
        return BundleJudgement {
            judgement: judge(&normalised, artifact, None, roots, keys, options),
            statement: None,
            predicate_type: None,
        };
    };
    let statement = match Statement::parse(envelope.payload.as_bytes()) {
        Ok(statement) => statement,
        Err(error) => return refused(problem("statement-malformed", error)),
    };
    let mut digests = statement.subjects.iter().filter_map(|one| one.sha256);
    let Some(artifact) = artifact.or(digests.next().map(Artifact::Digest)) else {
        return refused(problem(
            "statement-missing",
            "no statement with a sha256 is signed",
        ));
    };
    let judgement = judge(
        &normalised,
        artifact,
        Some(&statement),
        roots,
        keys,
        options,
    );
    let predicate_type = Some(statement.predicate_type);
    BundleJudgement {
        judgement,
        statement: normalised.into_payload(),
        predicate_type,
    }
}

/// Judges a signature, alone and whoever made it. `statement` is what is in its envelope.
pub(super) fn judge(
    normalised: &Normalised,
    artifact: Artifact<'_>,
    statement: Option<&Statement<'_>>,
    roots: &Roots,
    keys: &[Key],
    options: &Options,
) -> Judgement {
    if let Err(problem) = check_subject(normalised, artifact, statement) {
        return Judgement::Invalid(problem);
    }
    let job = Job {
        normalised,
        artifact,
        roots,
        keys,
        now: options.now,
        envelope: OnceCell::new(),
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
    now: Option<Timestamp>,
    /// What an envelope's signature is over, which is as large as its payload: made once.
    envelope: OnceCell<Vec<u8>>,
}

/// Whether a log entry is asked for.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Log {
    Asked,
    Not(Unlogged),
}

impl Job<'_> {
    /// A log that promises something for times to come is wrong about them all.
    fn check_time(&self, promised: Option<Timestamp>) -> Result<(), Problem> {
        match (promised, self.now) {
            (Some(promised), Some(now)) if promised > now => Err(problem(
                "log-time",
                format!("the log has it from {promised}, which is still to come"),
            )),
            _ => Ok(()),
        }
    }

    fn with_log(&self) -> Judgement {
        match self.check_entries() {
            Ok(true) => {}
            Ok(false) => return self.under_roots_without_logs(),
            Err(problem) => return Judgement::Invalid(problem),
        }
        match &self.normalised.bundle.verification_material.content {
            VerificationMaterialContent::PublicKey(hint) => match self.signing_key(&hint.hint) {
                Ok(key) => self.under_any_root(|root| self.key_under(root, key)),
                Err(judgement) => judgement,
            },
            _ => self
                .under_any_root(|root| self.certificate_under(root, self.normalised, Log::Asked)),
        }
    }

    /// What the log would prove is not asked for. A certificate still needs a trusted time, a key needs nothing else.
    fn without_log(&self) -> Judgement {
        let bare = self.normalised.without_log();
        match &bare.bundle.verification_material.content {
            VerificationMaterialContent::PublicKey(hint) => match self.signing_key(&hint.hint) {
                Ok(key) => Judgement::Valid(Box::new(self.key_alone(key))),
                Err(judgement) => judgement,
            },
            _ => self.under_any_root(|root| {
                self.certificate_under(root, &bare, Log::Not(Unlogged::Ignored))
            }),
        }
    }

    /// A certificate of an instance that keeps no log (GitHub's own) can show no entry: a trusted time suffices. Under
    /// every other root the entry is missing.
    fn under_roots_without_logs(&self) -> Judgement {
        let missing =
            || Judgement::Invalid(problem("log-missing", "it has no transparency log entry"));
        let content = &self.normalised.bundle.verification_material.content;
        if matches!(content, VerificationMaterialContent::PublicKey(_)) {
            return missing();
        }
        let bare = self.normalised.without_log();
        self.under_any_root(|root| {
            if !root.has_logs() {
                return self.certificate_under(root, &bare, Log::Not(Unlogged::NoLogs));
            }
            match knows_issuer(root, &complete(root, &bare)) {
                Ok(_) => missing(),
                Err(judgement) => *judgement,
            }
        })
    }

    /// Whether there is the one entry that there may be. Of several entries the crates need only one to hold, and what
    /// the others say would be reported unproven.
    fn check_entries(&self) -> Result<bool, Problem> {
        let entries = &self.normalised.bundle.verification_material.tlog_entries;
        let count = entries.len() + usize::from(self.normalised.old_entry.is_some());
        match (count, self.normalised.entry()) {
            (1, Some(entry)) => entry.check_kind().map(|()| true),
            (0, _) => Ok(false),
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

    fn signed_envelope(&self, envelope: &DsseEnvelope) -> &[u8] {
        self.envelope.get_or_init(|| envelope.pae())
    }

    /// Checks that the root knows the log of the entry.
    fn check_log_is_known(
        &self,
        root: &Root,
        normalised: &Normalised,
    ) -> Result<(), Box<Judgement>> {
        match normalised.entry() {
            Some(entry) if !root.knows_log(entry.log_id) => {
                Err(Box::new(unknown_log(root, entry.log_id)))
            }
            _ => Ok(()),
        }
    }

    /// Checks that the bundle has what its version must have.
    fn check_shape(&self, normalised: &Normalised) -> Result<(), Problem> {
        let options = ValidationOptions::new().with_require_inclusion_proof(true);
        // An entry of the old kind is no part of the bundle, which then looks bare.
        if normalised.old_entry.is_some() {
            return Ok(());
        }
        validate_bundle_with_options(&normalised.bundle, &options)
            .map_err(|error| problem::of(&sigstore_verify::Error::Bundle(error)))
    }

    /// Checks that the log holds the entry, and that it is about this signature.
    fn check_log(
        &self,
        root: &Root,
        normalised: &Normalised,
        verifier: Verifier<'_>,
    ) -> Result<(), Problem> {
        self.check_shape(normalised)?;
        let digest = |algorithm| self.artifact.digest_in(algorithm);
        let signed = match &normalised.bundle.content {
            SignatureContent::MessageSignature(message) => Signed::Message(message, &digest),
            SignatureContent::DsseEnvelope(envelope) => {
                let over = self.signed_envelope(envelope);
                Signed::Envelope(envelope, over, normalised.envelope.as_ref())
            }
            _ => {
                return Err(problem(
                    "bundle-unsupported",
                    "a content of an unknown kind",
                ));
            }
        };
        if let Some(entry) = normalised.entry() {
            entry.verify_inclusion(root)?;
            self.check_time(entry.promised())?;
        }
        if let Some(entry) = &normalised.old_entry {
            check_old(entry, signed, verifier)?;
        }
        for entry in &normalised.bundle.verification_material.tlog_entries {
            check(entry, signed, verifier)?;
        }
        Ok(())
    }
}
