//! What a verifier trusts: named roots and public keys.

mod private_ca;

use super::embedded::embedded_root;
use super::root::Root;
use crate::model::{Instance, Timestamp, limits};
use sigstore_trust_root::TrustedRoot;
use std::sync::Arc;

pub use super::key::{Key, KeyError};
pub use private_ca::PrivateCa;

/// The name of the root that is used when none is named.
pub const PUBLIC_GOOD: &str = Instance::PublicGood.name();

/// Trusted roots in the order in which they were named; a signature holds if it holds under one of them.
///
/// ```compile_fail
/// let trusted_by_nobody = evidence::sigstore::Roots::default();
/// ```
#[derive(Clone, Debug)]
pub struct Roots {
    pub(super) roots: Vec<Arc<Root>>,
}

/// Why a trusted root cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RootError {
    /// Over the limit.
    #[error(
        "trusted root {name:?} is larger than {} bytes",
        limits::DOCUMENT_BYTES
    )]
    TooLarge {
        /// The root's name.
        name: String,
    },
    /// More than can be tried on each signature.
    #[error("more than {} trusted roots", limits::ROOTS)]
    TooMany,
    /// Not a `trusted_root.json`, nor lines of them.
    #[error("{name:?} is no trusted root: {reason}")]
    Malformed {
        /// The root's name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl Roots {
    /// No root: only what needs none can hold.
    pub fn none() -> Self {
        Self { roots: Vec::new() }
    }

    /// Adds a `trusted_root.json`, or each line of a `.jsonl` of them (as `gh attestation trusted-root` writes).
    ///
    /// # Errors
    /// When it is over the limit, malformed, or holds a key that cannot be used.
    pub fn add(&mut self, name: &str, json: &[u8]) -> Result<(), RootError> {
        for (name, root) in parse_roots(name, json)? {
            self.push(name, root)?;
        }
        Ok(())
    }

    /// Adds the root of this instance that is built in; under its name, and once.
    ///
    /// # Errors
    /// When it cannot be used, which the tests rule out.
    pub fn add_instance(&mut self, instance: Instance) -> Result<(), RootError> {
        if self.has(instance.name()) {
            return Ok(());
        }
        self.add(instance.name(), embedded_root(instance).as_bytes())
    }

    /// Adds the public-good root that is built in.
    ///
    /// # Errors
    /// When it cannot be used, which the tests rule out.
    pub fn add_public_good(&mut self) -> Result<(), RootError> {
        self.add_instance(Instance::PublicGood)
    }

    /// Whether there is a root of this name.
    pub fn has(&self, name: &str) -> bool {
        self.roots.iter().any(|root| root.name == name)
    }

    /// Whether there is no root.
    pub fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    /// The roots' names, in order.
    pub fn names(&self) -> Vec<&str> {
        self.roots.iter().map(|root| root.name.as_str()).collect()
    }

    /// Takes over the roots of another list that this one does not have by name.
    pub fn merge(&mut self, other: Self) {
        for root in other.roots {
            if self.roots.iter().all(|known| known.name != root.name) {
                self.roots.push(root);
            }
        }
    }

    /// Whether the root of that name is one of `evidence demo`: its CA says DEMO in its own name.
    pub fn is_demo(&self, name: &str) -> bool {
        self.roots
            .iter()
            .any(|root| root.name == name && root.is_demo())
    }

    fn push(&mut self, name: String, trusted: TrustedRoot) -> Result<(), RootError> {
        if self.roots.len() >= limits::ROOTS {
            return Err(RootError::TooMany);
        }
        let malformed = |reason: String| RootError::Malformed {
            name: name.clone(),
            reason,
        };
        let root = Root::new(name.clone(), &trusted).map_err(malformed)?;
        self.roots.push(Arc::new(root));
        Ok(())
    }
}

/// The roots of a `trusted_root.json`, or of each line of a `.jsonl`, by name.
pub(super) fn parse_roots(
    name: &str,
    json: &[u8],
) -> Result<Vec<(String, TrustedRoot)>, RootError> {
    if json.len() as u64 > limits::DOCUMENT_BYTES {
        return Err(RootError::TooLarge { name: name.into() });
    }
    let malformed = |reason: String| RootError::Malformed {
        name: name.into(),
        reason,
    };
    let text = std::str::from_utf8(json).map_err(|error| malformed(error.to_string()))?;
    let whole = match TrustedRoot::from_json(text) {
        Ok(root) => return Ok(vec![(name.into(), root)]),
        Err(error) => error,
    };
    let lines: Vec<_> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    if lines.len() < 2 {
        return Err(malformed(whole.to_string()));
    }
    if lines.len() > limits::ROOTS {
        return Err(RootError::TooMany);
    }
    (1..)
        .zip(lines)
        .map(|(number, line)| match TrustedRoot::from_json(line) {
            Ok(root) => Ok((format!("{name}#{number}"), root)),
            Err(error) => Err(malformed(format!("line {number}: {error}"))),
        })
        .collect()
}

/// How strictly signatures are judged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Options {
    /// Accept a signature without a transparency log entry. One with a certificate still needs a trusted time.
    pub ignore_tlog: bool,
    /// What no log can have promised yet is later than this; none where nobody knows the time.
    pub now: Option<Timestamp>,
}

impl Options {
    /// A log entry is needed.
    pub const STRICT: Self = Self {
        ignore_tlog: false,
        now: None,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &[u8] = include_bytes!("../../fixtures/sigstore/trust/trusted_root.json");

    #[test]
    fn the_built_in_root_and_lines_of_roots_can_be_used() {
        let mut roots = Roots::none();
        let lines = [ROOT, b"\n", ROOT].concat();

        roots.add_public_good().unwrap();
        roots.add("mine", &lines).unwrap();

        assert_eq!(roots.names(), ["public-good", "mine#1", "mine#2"]);
    }

    #[test]
    fn every_built_in_root_can_be_used_and_is_there_once() {
        let mut roots = Roots::none();

        for instance in Instance::ALL.into_iter().chain(Instance::ALL) {
            roots.add_instance(instance).unwrap();
        }

        assert_eq!(roots.names(), ["public-good", "staging", "github"]);
        assert!(
            roots
                .roots
                .iter()
                .all(|root| !root.timestamp_authorities.is_empty())
        );
    }

    #[test]
    fn what_is_no_root_is_refused() {
        for bad in [&b"{}"[..], b"", b"[1]", b"\xff", &ROOT[..ROOT.len() - 2]] {
            assert!(Roots::none().add("x", bad).is_err());
        }
    }
}
