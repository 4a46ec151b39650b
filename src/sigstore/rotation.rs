//! What changed between the trusted root that a signature was judged with and the present one of its instance.
//!
//! A key that ended since takes nothing from what it signed before: whoever verifies is told, and decides.

use super::problem::problem;
use super::trust::Roots;
use crate::model::{Check, Digest, Finding, Group, Problem, Status, Timestamp, limits};
use sigstore_trust_root::TrustedRoot;
use sigstore_types::TimeRange;
use std::collections::BTreeMap;
use std::fmt;

/// What a trusted root vouches for.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Anchor {
    /// The key of a transparency log.
    Log,
    /// A certificate authority.
    CertificateAuthority,
    /// The key of a certificate transparency log.
    CertificateLog,
    /// A timestamp authority.
    TimestampAuthority,
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Log => "log key",
            Self::CertificateAuthority => "certificate authority",
            Self::CertificateLog => "certificate log key",
            Self::TimestampAuthority => "timestamp authority",
        })
    }
}

/// How an anchor of one root is in another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum What {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is no longer good for what was made after this time.
    Ended(Timestamp),
    /// It is good for longer; none when without an end.
    Prolonged(Option<Timestamp>),
    /// It is good from another time on; none for any.
    Began(Option<Timestamp>),
}

/// One difference.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Change {
    /// Of what kind it is.
    pub anchor: Anchor,
    /// A log's id in hex; of an authority the SHA-256 of its chain of certificates.
    pub id: String,
    /// Its address, for people.
    pub url: String,
    /// What became of it.
    pub what: What,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id.get(..12).unwrap_or(&self.id);
        write!(f, "the {} {id}… of {:?} ", self.anchor, self.url)?;
        match self.what {
            What::Added => f.write_str("is new in the present root"),
            What::Removed => f.write_str("is no longer in the present root"),
            What::Ended(time) => write!(f, "ended on {time} in the present root"),
            What::Prolonged(Some(time)) => write!(f, "ends on {time} only in the present root"),
            What::Prolonged(None) => f.write_str("has no end any more in the present root"),
            What::Began(Some(time)) => write!(f, "is good from {time} on in the present root"),
            What::Began(None) => f.write_str("is good from any time on in the present root"),
        }
    }
}

/// Kind, id and public key or chain: a log that keeps its id and changes its key is another anchor.
type Name = (Anchor, String, Digest);

struct State {
    url: String,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

impl Roots {
    /// What the present version of the root of this name changed.
    ///
    /// # Errors
    /// When there is no root of this name, or the present one is none.
    pub fn changes(&self, name: &str, present: &[u8]) -> Result<Vec<Change>, Problem> {
        let root = self.roots.iter().find(|root| root.name == name);
        let root = root
            .ok_or_else(|| problem("root-unknown", format!("no trusted root is named {name:?}")))?;
        Ok(compare(&root.trusted, &parse(present)?))
    }
}

/// All differences between two versions of a `trusted_root.json`, by kind and id.
///
/// # Errors
/// When one of them is none.
pub fn rotated(old: &[u8], new: &[u8]) -> Result<Vec<Change>, Problem> {
    Ok(compare(&parse(old)?, &parse(new)?))
}

fn compare(old: &TrustedRoot, new: &TrustedRoot) -> Vec<Change> {
    let (old, mut new) = (anchors(old), anchors(new));
    let mut changes = Vec::new();
    let change = |(anchor, id, _): &Name, state: &State, what| Change {
        anchor: *anchor,
        id: id.clone(),
        url: state.url.clone(),
        what,
    };
    for (name, was) in &old {
        match new.remove(name) {
            None => changes.push(change(name, was, What::Removed)),
            Some(is) => {
                let what = differences(was, &is);
                changes.extend(what.into_iter().map(|what| change(name, &is, what)));
            }
        }
    }
    changes.extend(
        new.iter()
            .map(|(name, state)| change(name, state, What::Added)),
    );
    changes.sort_by(|a, b| (a.anchor, &a.id).cmp(&(b.anchor, &b.id)));
    changes
}

fn differences(was: &State, is: &State) -> Vec<What> {
    let mut found = Vec::new();
    if was.start != is.start {
        found.push(What::Began(is.start));
    }
    match (was.end, is.end) {
        (was, is) if was == is => {}
        (None, Some(end)) => found.push(What::Ended(end)),
        (Some(before), Some(end)) if end < before => found.push(What::Ended(end)),
        (_, end) => found.push(What::Prolonged(end)),
    }
    found
}

fn parse(json: &[u8]) -> Result<TrustedRoot, Problem> {
    let bad = |error: &dyn fmt::Display| problem("root-malformed", error);
    if json.len() as u64 > limits::DOCUMENT_BYTES {
        return Err(bad(&format!(
            "a trusted root of more than {} bytes",
            limits::DOCUMENT_BYTES
        )));
    }
    let text = std::str::from_utf8(json).map_err(|error| bad(&error))?;
    TrustedRoot::from_json(text).map_err(|error| bad(&error))
}

fn anchors(root: &TrustedRoot) -> BTreeMap<Name, State> {
    let mut found = BTreeMap::new();
    let mut log = |anchor, url: &str, id: &[u8], key: &[u8], window| {
        let name = (anchor, hex::encode(id), Digest::of(key));
        found.insert(name, state(url, window));
    };
    for one in &root.tlogs {
        let (id, key) = (one.log_id.key_id.as_bytes(), &one.public_key);
        let der = key.raw_bytes.as_bytes();
        log(Anchor::Log, &one.base_url, id, der, key.valid_for);
    }
    for one in &root.ctlogs {
        let (id, key) = (one.log_id.key_id.as_bytes(), &one.public_key);
        let der = key.raw_bytes.as_bytes();
        log(
            Anchor::CertificateLog,
            &one.base_url,
            id,
            der,
            key.valid_for,
        );
    }
    for one in &root.certificate_authorities {
        let chain = one.cert_chain.certificates.iter();
        let chain: Vec<_> = chain.map(|one| one.raw_bytes.as_bytes()).collect();
        let digest = Digest::of(&chain.concat());
        let name = (Anchor::CertificateAuthority, digest.hex(), digest);
        found.insert(name, state(&one.uri, one.valid_for));
    }
    for one in &root.timestamp_authorities {
        let chain = one.cert_chain.certificates.iter();
        let chain: Vec<_> = chain.map(|one| one.raw_bytes.as_bytes()).collect();
        let digest = Digest::of(&chain.concat());
        let name = (Anchor::TimestampAuthority, digest.hex(), digest);
        let url = one.uri.as_deref().unwrap_or_default();
        found.insert(name, state(url, one.valid_for));
    }
    found
}

fn state(url: &str, window: Option<TimeRange>) -> State {
    State {
        url: url.into(),
        start: window.map(|window| window.start),
        end: window.and_then(|window| window.end),
    }
}

/// What of a root a signature rests on.
#[derive(Clone, Copy, Debug, Default)]
pub struct RestsOn<'a> {
    /// The id of its log, in hex.
    pub log_id: Option<&'a str>,
    /// The verified times of the signature.
    pub times: &'a [Timestamp],
}

/// Findings for a signature that was judged with the older root: a warning for each change, none of which refuses it.
///
/// The change of the very log that it rests on comes first, and says when the key ended before the signature was made.
pub fn findings(subject: &str, changes: &[Change], rests_on: &RestsOn<'_>) -> Vec<Finding> {
    let (own, other): (Vec<_>, Vec<_>) = changes.iter().partition(|change| {
        change.anchor == Anchor::Log && Some(change.id.as_str()) == rests_on.log_id
    });
    let finding =
        |message: String| Finding::pass(Check::RootRotation, Group::Requirement, subject, message);
    let mut found: Vec<_> = own
        .iter()
        .map(|change| {
            let signed = rests_on.times.iter().max();
            let when = match (change.what, signed) {
                (What::Ended(end), Some(time)) if *time > end => {
                    format!(", before this signature was made on {time}")
                }
                (What::Ended(_), Some(time)) => {
                    format!(", after this signature was made on {time}")
                }
                _ => String::new(),
            };
            finding(format!("this signature rests on it: {change}{when}"))
                .with_status(Status::Recorded)
        })
        .collect();
    if found.is_empty() {
        found.push(finding(match rests_on.log_id {
            Some(_) => {
                "the log that the signature rests on is as it was in the trusted root".into()
            }
            None => "the signature rests on no log".into(),
        }));
    }
    found.extend(
        other
            .iter()
            .map(|change| finding(change.to_string()).with_status(Status::Recorded)),
    );
    found
}

#[cfg(test)]
mod tests;
