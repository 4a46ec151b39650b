//! Entries with one defect. What is not the defect is promised, included and signed as ever.

use super::super::defects::EntryDefect;
use super::super::{Refusal, SandboxError};
use super::{Entry, Rekor, Tree, merkle};
use crate::model::{Digest, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::time::Duration;

/// Before every certificate that is issued now, and after the sandbox's roots begin.
const EARLIER: Duration = Duration::from_secs(30);
const LATER: Duration = Duration::from_secs(300);

/// When such an entry is integrated.
pub(super) fn time(now: Timestamp, defect: EntryDefect) -> Timestamp {
    let time = match defect {
        EntryDefect::BeforeCertificate => now.checked_sub(EARLIER),
        EntryDefect::InFuture => now.checked_add(LATER),
        _ => Ok(now),
    };
    time.unwrap_or(now)
}

impl Rekor {
    /// The body that is logged instead.
    pub(super) fn forged_body(&self, body: &[u8], defect: EntryDefect) -> Result<Vec<u8>, Refusal> {
        let text = String::from_utf8_lossy(body).into_owned();
        Ok(match defect {
            EntryDefect::OtherArtifact => replaced(
                body,
                &["/spec/data/hash/value", "/spec/payloadHash/value"],
                &Digest::of(b"another artifact").hex(),
            )?,
            EntryDefect::OtherKey => {
                let pem = self.stranger.public_key_der().map(|key| key.to_pem());
                let pem = pem.map_err(|error| Refusal::from(SandboxError::from(error)))?;
                let places = [
                    "/spec/signature/publicKey/content",
                    "/spec/signatures/0/verifier",
                ];
                replaced(body, &places, &STANDARD.encode(pem))?
            }
            EntryDefect::OtherKind => {
                let other = match text.contains(r#""kind":"dsse""#) {
                    true => "hashedrekord",
                    false => "dsse",
                };
                replaced(body, &["/kind"], other)?
            }
            EntryDefect::DoubledKey => text
                .replacen('{', r#"{"extra":1,"extra":2,"#, 1)
                .into_bytes(),
            EntryDefect::TruncatedBody => body.get(..body.len() / 2).unwrap_or_default().to_vec(),
            _ => body.to_vec(),
        })
    }

    /// Replaces what the log says about the entry.
    pub(super) fn forge(
        &self,
        tree: &Tree,
        entry: &mut Entry,
        defect: EntryDefect,
    ) -> Result<(), Refusal> {
        let (body, time, index) = (entry.body.clone(), entry.time, entry.index);
        let earlier = time.checked_sub(Duration::from_secs(1)).unwrap_or(time);
        match defect {
            EntryDefect::ForeignPromise => {
                entry.promise = self.promise(&self.stranger, &body, time, index)?;
            }
            EntryDefect::PromiseOfOtherTime => {
                entry.promise = self.promise(&self.key, &body, earlier, index)?;
            }
            EntryDefect::PromiseWithoutTime => {
                entry.promise = self.promise(&self.key, &body, Timestamp::UNIX_EPOCH, index)?;
            }
            EntryDefect::PromiseOfOtherIndex => {
                entry.promise = self.promise(&self.key, &body, time, index + 1)?;
            }
            EntryDefect::ProofOfAnother => {
                entry.path = merkle::inclusion(&tree.leaves, index.saturating_sub(1));
            }
            EntryDefect::ForeignCheckpoint => {
                entry.checkpoint = self.checkpoint(&self.stranger, entry.size, entry.root)?;
            }
            EntryDefect::CheckpointOfOtherRoot => {
                let other = merkle::leaf(b"another tree");
                entry.checkpoint = self.checkpoint(&self.key, entry.size, other)?;
            }
            EntryDefect::CheckpointOfOtherSize => {
                entry.checkpoint = self.checkpoint(&self.key, entry.size + 1, entry.root)?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// The body, canonical as before, with another text at the first of these places that it has.
fn replaced(body: &[u8], places: &[&str], text: &str) -> Result<Vec<u8>, Refusal> {
    let failed = |error: serde_json::Error| Refusal::new(500, error.to_string());
    let mut json: Value = serde_json::from_slice(body).map_err(failed)?;
    for place in places {
        if let Some(value) = json.pointer_mut(place) {
            *value = text.into();
            return serde_json_canonicalizer::to_vec(&json).map_err(failed);
        }
    }
    Err(Refusal::new(400, "this entry cannot have that defect"))
}
