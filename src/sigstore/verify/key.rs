//! Signatures by public keys.

use super::authority::unknown_log;
use super::{Artifact, Job, times};
use crate::model::{Identity, Problem};
use crate::sigstore::log;
use crate::sigstore::normalise::Normalised;
use crate::sigstore::problem::problem;
use crate::sigstore::signature::{Judgement, Signature};
use crate::sigstore::trust::{Key, Root};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sigstore_crypto::{KeyAlgorithm, verify_signature, verify_signature_prehashed};
use sigstore_types::{HashAlgorithm, MessageSignature, SignatureContent};
use sigstore_verify::PublicKeyVerificationPolicy;

impl Job<'_> {
    /// The one of the given keys that made the signature.
    ///
    /// Who is not among them is named by the bundle's hint or the logged body, if at all.
    pub(super) fn signing_key(&self, hint: &str) -> Result<&Key, Judgement> {
        if let Some(key) = self.keys.iter().find(|key| self.is_made_with(key)) {
            return Ok(key);
        }
        let named = self.named_key(hint);
        match named {
            Some(named) if self.keys.iter().any(|key| key.fingerprint() == named) => {
                Err(Judgement::Invalid(problem(
                    "signature-invalid",
                    "the signature is not over this, although it names the key",
                )))
            }
            Some(named) => Err(Judgement::UnknownKey(problem(
                "key-unknown",
                format!("it names the key SHA256:{named}, which is none of those given"),
            ))),
            None => Err(Judgement::UnknownKey(problem(
                "key-unknown",
                "it was made with a key that is none of those given",
            ))),
        }
    }

    fn named_key(&self, hint: &str) -> Option<String> {
        let by_hint = STANDARD
            .decode(hint)
            .ok()
            .filter(|bytes| bytes.len() == 32)
            .map(hex::encode);
        let entries = &self.normalised.bundle.verification_material.tlog_entries;
        let body = entries
            .first()
            .map(|entry| entry.canonicalized_body.as_bytes())
            .or(self.normalised.old_entry.as_ref().map(|old| &*old.body));
        by_hint.or_else(|| body.and_then(log::named_key))
    }

    pub(super) fn key_under(&self, root: &Root, key: &Key) -> Judgement {
        let signed = match &self.normalised.old_entry {
            Some(_) => self.key_with_old_entry(root, key),
            None => self.key_with_policy(root, key, self.normalised, true),
        };
        match signed {
            Ok(signature) => Judgement::Valid(Box::new(signature)),
            Err(judgement) => *judgement,
        }
    }

    /// Without a log entry a key alone is proof; a timestamp that some root knows adds its time.
    pub(super) fn key_alone(&self, bare: &Normalised, key: &Key) -> Judgement {
        let timed = self
            .roots
            .roots
            .iter()
            .find_map(|root| self.key_with_policy(root, key, bare, false).ok());
        Judgement::Valid(Box::new(timed.unwrap_or_else(|| Signature {
            identity: identity(key),
            certificate: None,
            log: None,
            times: Vec::new(),
            root: None,
        })))
    }

    fn key_with_policy(
        &self,
        root: &Root,
        key: &Key,
        normalised: &Normalised,
        with_log: bool,
    ) -> Result<Signature, Box<Judgement>> {
        let policy = PublicKeyVerificationPolicy::new(key.der.clone());
        let policy = if with_log {
            policy
        } else {
            policy.skip_tlog_unsafe()
        };
        let result = self.run(root, normalised, &policy)?;
        Ok(Signature {
            identity: identity(key),
            certificate: None,
            log: self.record(normalised),
            times: times(&result),
            root: Some(root.name.clone()),
        })
    }

    fn key_with_old_entry(&self, root: &Root, key: &Key) -> Result<Signature, Box<Judgement>> {
        let invalid = |problem: Problem| Box::new(Judgement::Invalid(problem));
        let (Some(entry), Some(wire), SignatureContent::DsseEnvelope(envelope)) = (
            &self.normalised.old_entry,
            &self.normalised.envelope,
            &self.normalised.bundle.content,
        ) else {
            return Err(invalid(problem(
                "log-entry-mismatch",
                "an entry of kind intoto is about an envelope",
            )));
        };
        if !log::is_known(root, &entry.log_id) {
            return Err(Box::new(unknown_log(root, &entry.log_id)));
        }
        // `signing_key` has checked the signature.
        let record = entry.verify(root, key, envelope, wire).map_err(invalid)?;
        Ok(Signature {
            identity: identity(key),
            certificate: None,
            times: record.integrated.into_iter().collect(),
            log: Some(record),
            root: Some(root.name.clone()),
        })
    }

    /// Whether the key made the signature over the artifact or envelope.
    fn is_made_with(&self, key: &Key) -> bool {
        match &self.normalised.bundle.content {
            SignatureContent::DsseEnvelope(envelope) => KeyAlgorithm::from_spki(&key.der)
                .is_ok_and(|algorithm| {
                    let scheme = algorithm.default_signing_scheme();
                    let signature = &envelope.signature.sig;
                    verify_signature(&key.der, &envelope.pae(), signature, scheme).is_ok()
                }),
            SignatureContent::MessageSignature(message) => self.is_message_made_with(key, message),
            _ => false,
        }
    }

    fn is_message_made_with(&self, key: &Key, message: &MessageSignature) -> bool {
        let Ok(algorithm) = KeyAlgorithm::from_spki(&key.der) else {
            return false;
        };
        let scheme = match &message.message_digest {
            Some(digest) => algorithm.resolve_signing_scheme(digest.algorithm),
            None => Ok(algorithm.default_signing_scheme()),
        };
        let Ok(scheme) = scheme else {
            return false;
        };
        match self.artifact {
            Artifact::Bytes(bytes) => {
                verify_signature(&key.der, bytes, &message.signature, scheme).is_ok()
            }
            Artifact::Digest(digest) => {
                scheme.hash_algorithm() == Some(HashAlgorithm::Sha2256)
                    && verify_signature_prehashed(
                        &key.der,
                        digest.as_raw(),
                        &message.signature,
                        scheme,
                    )
                    .is_ok()
            }
        }
    }
}

fn identity(key: &Key) -> Identity {
    Identity::Key {
        fingerprint: key.fingerprint(),
    }
}
