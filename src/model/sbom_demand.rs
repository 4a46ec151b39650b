//! What is demanded of an SBOM besides a signature: for whom it must be there, how good it must be, which licenses it
//! may show, and how far it may have moved since the release before.

use super::sbom_profile::{Element, Profile};
use super::share::Percent;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is demanded of an image's SBOM besides its format and who signed it.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SbomChecks {
    /// Which platforms of an index need one.
    #[serde(default, skip_serializing_if = "Coverage::is_default")]
    pub coverage: Coverage,
    /// How complete it must be; not counted when none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<QualityLimits>,
    /// Licenses that its packages may have; not judged when none are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licenses: Option<LicenseDemand>,
}

/// Which platforms of an index need an SBOM of their own.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(
    tag = "of",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Coverage {
    /// Each but these, such as `linux/arm64`. One that is attested for the index counts for the platform that it
    /// names, and for no other.
    Platforms {
        /// Platforms that need none.
        waived: Vec<String>,
    },
    /// None: one SBOM that is attested for the index speaks for all its platforms.
    Index,
}

impl Default for Coverage {
    fn default() -> Self {
        Self::Platforms { waived: Vec::new() }
    }
}

impl Coverage {
    /// Whether every platform needs one.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What is asked of a document's quality.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QualityLimits {
    /// The profile to count by.
    pub profile: Profile,
    /// The least share of cells that are present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_percent: Option<Percent>,
    /// Elements that must be present everywhere; explicitly unknown is not enough.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub complete: Vec<Element>,
}

/// Licenses that packages may have.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LicenseDemand {
    /// SPDX ids, `LicenseRef-…`, or an id `WITH` an exception: nothing else is allowed. Empty allows all that is not denied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<String>,
    /// The same, none of which is allowed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deny: Vec<String>,
    /// Whether a license that is no SPDX id may stand.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_unknown: bool,
    /// Whether a package may have no license.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_missing: bool,
}

/// How much may change; what is none is not limited.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct DriftLimits {
    /// Packages added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_added: Option<u64>,
    /// Packages removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_removed: Option<u64>,
    /// Packages upgraded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_upgraded: Option<u64>,
    /// Packages downgraded. Those of versions whose order is not known count as well unless `max_changed` limits them: they may have
    /// been.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_downgraded: Option<u64>,
    /// Packages in another version that is not known to be newer or older.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_changed: Option<u64>,
    /// Packages under other licenses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_relicensed: Option<u64>,
    /// Packages of the same version with other hashes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_rehashed: Option<u64>,
    /// What each added package must have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub new_packages_need: Vec<Need>,
}

/// What a package can be asked to have.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// A package URL.
    Purl,
    /// A version.
    Version,
    /// A license that is known.
    License,
    /// Who distributes it.
    Supplier,
    /// A hash.
    Hash,
}

impl Need {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Purl,
        Self::Version,
        Self::License,
        Self::Supplier,
        Self::Hash,
    ];
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Purl => "purl",
            Self::Version => "version",
            Self::License => "license",
            Self::Supplier => "supplier",
            Self::Hash => "hash",
        })
    }
}
