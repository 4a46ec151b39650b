//! What a verifier demands.

use super::expectation::SbomFormat;
use super::{IdentityRule, Instance};
use std::collections::BTreeMap;

/// What a verifier demands of a bundle: the policy file as values.
///
/// There is always someone who must have sealed it: [`Policy::seal`] is never empty where `config::parse_policy` made it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Policy {
    /// Roots that the policy names; none leaves the choice to the command line.
    pub trusted_roots: Vec<PolicyRoot>,
    /// The release that is asked for.
    pub release: AskedRelease,
    /// Who may have sealed the bundle: any of these.
    pub seal: Vec<IdentityRule>,
    /// Demands on images by their names in the bundle; `*` is for those without an entry.
    pub images: BTreeMap<String, ImageDemand>,
    /// Ids of items that must be there and meet their expectation.
    pub items: Vec<String>,
}

/// A root that a policy names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PolicyRoot {
    /// The root of an instance that is known by name.
    Instance(Instance),
    /// A `trusted_root.json`.
    Json {
        /// Its path, as the policy names it.
        path: String,
        /// Its bytes.
        bytes: Vec<u8>,
    },
}

/// The release that is asked for; what is none was not asked for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AskedRelease {
    /// `github.com/OWNER/REPO`.
    pub repository: Option<String>,
    /// The tag's name.
    pub tag: Option<String>,
    /// Object id of the commit.
    pub commit: Option<String>,
}

/// What is demanded of an image.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ImageDemand {
    /// Any of these must have signed it; empty demands no signature.
    pub signed_by: Vec<IdentityRule>,
    /// SBOMs that must be attested for it, each of another format.
    pub sboms: Vec<SbomDemand>,
}

/// An SBOM that is demanded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SbomDemand {
    /// Its format.
    pub format: SbomFormat,
    /// Any of these must have signed it; never empty.
    pub signed_by: Vec<IdentityRule>,
}

impl Policy {
    /// What is demanded of the image of that name: its own entry, else that of `*`.
    pub fn image(&self, name: &str) -> Option<&ImageDemand> {
        self.images.get(name).or_else(|| self.images.get("*"))
    }
}
