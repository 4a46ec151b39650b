//! What the verifier brings: roots, identities, keys, policy, and the release that is asked for.

use crate::model::IdentityRule;
pub use crate::model::policy::AskedRelease;
use crate::model::policy::Policy;
use crate::sigstore::trust::{Key, Roots};
use crate::sigstore::{Options, Signature, accepted};

/// Whom and what the verifier trusts. Nothing of it comes from the bundle, and none of it is a default.
///
/// ```compile_fail
/// let trust = evidence::verify::Trust::default();
/// ```
#[derive(Clone, Debug)]
pub struct Trust {
    /// Trusted roots; without any, no certificate and no log is known.
    pub roots: Roots,
    /// Whose seal is accepted: any of these.
    pub seal: Vec<IdentityRule>,
    /// Keys that signatures may have been made with.
    pub keys: Vec<Key>,
    /// How strict.
    pub options: Options,
    /// What is demanded besides.
    pub policy: Option<Policy>,
    /// The release that is asked for.
    pub asked: AskedRelease,
}

impl Trust {
    /// Whether this seal's signer is accepted.
    pub(super) fn accepts_seal(&self, signature: &Signature) -> bool {
        accepted(&self.seal, signature)
    }
}
