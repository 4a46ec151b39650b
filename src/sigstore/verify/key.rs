//! Signatures by public keys.

use super::time::timestamps;
use super::{Artifact, Job, Verifier};
use crate::model::{Identity, Problem};
use crate::sigstore::problem::problem;
use crate::sigstore::root::Root;
use crate::sigstore::signature::{Judgement, Signature, Unlogged};
use crate::sigstore::trust::Key;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sigstore_types::SignatureContent;

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
        by_hint.or_else(|| self.normalised.entry()?.named_key())
    }

    pub(super) fn key_under(&self, root: &Root, key: &Key) -> Judgement {
        match self.try_key(root, key) {
            Ok(signature) => Judgement::Valid(Box::new(signature)),
            Err(judgement) => *judgement,
        }
    }

    /// `key` has made the signature: what is left are log and times.
    fn try_key(&self, root: &Root, key: &Key) -> Result<Signature, Box<Judgement>> {
        let invalid = |problem: Problem| Box::new(Judgement::Invalid(problem));
        self.check_log_is_known(root, self.normalised)?;
        self.check_log(root, self.normalised, Verifier::Key(&key.der))
            .map_err(invalid)?;
        let mut times = timestamps(root, self.normalised)?;
        let entry = self.normalised.entry();
        if times.is_empty() && entry.is_some_and(|entry| entry.promised().is_none()) {
            // Nothing says when, so not whether the log's key counted then.
            return Err(invalid(problem(
                "time-missing",
                "neither a promise of the log nor a timestamp says when it was signed",
            )));
        }
        match entry.map(|entry| (entry, entry.promised())) {
            Some((_, Some(promised))) => times.push(promised),
            Some((entry, None)) => times
                .iter()
                .try_for_each(|time| entry.check_window(root, *time))
                .map_err(invalid)?,
            None => {}
        }
        times.sort_unstable();
        times.dedup();
        Ok(Signature {
            identity: identity(key),
            certificate: None,
            log: entry.map(|entry| entry.record()),
            unlogged: None,
            times,
            root: Some(root.name.clone()),
        })
    }

    /// Without a log entry a key alone is proof; timestamps that some root knows add their time.
    pub(super) fn key_alone(&self, key: &Key) -> Signature {
        let timed = self.roots.roots.iter().find_map(|root| {
            let times = timestamps(root, self.normalised).ok()?;
            (!times.is_empty()).then(|| (times, root.name.clone()))
        });
        let (times, root) = timed.map_or((Vec::new(), None), |(times, root)| (times, Some(root)));
        Signature {
            identity: identity(key),
            certificate: None,
            log: None,
            unlogged: Some(Unlogged::Ignored),
            times,
            root,
        }
    }

    /// Whether the key made the signature over the artifact or envelope.
    pub(super) fn is_made_with(&self, key: &Key) -> bool {
        match (&self.normalised.bundle.content, self.artifact) {
            (SignatureContent::DsseEnvelope(envelope), _) => key.made(
                self.signed_envelope(envelope),
                &envelope.signature.sig,
                None,
            ),
            (SignatureContent::MessageSignature(message), Artifact::Bytes(bytes)) => {
                let stated = message.message_digest.as_ref().map(|it| it.algorithm);
                key.made(bytes, &message.signature, stated)
            }
            (SignatureContent::MessageSignature(message), Artifact::Digest(digest)) => {
                key.made_over(&digest, &message.signature)
            }
            _ => false,
        }
    }
}

fn identity(key: &Key) -> Identity {
    Identity::Key {
        fingerprint: key.fingerprint(),
    }
}
