//! What changed between two SBOMs.

mod compare;
mod limits;
mod platforms;
mod terms;

pub use crate::model::{DriftLimits, Need};
pub use compare::drift;
pub use limits::judge;
pub use platforms::{PlatformPairs, pair_by_platform};

use serde::{Deserialize, Serialize};

/// What changed between the parts of two documents.
///
/// Packages are told apart by [`Identity`](super::purl::Identity) and version. One that a document lists several times
/// is one package of several copies; of each of these exactly one list speaks, so that on both sides it adds up:
///
/// `old.distinct = unchanged + removed + upgraded + downgraded + changed`,
/// `new.distinct = unchanged + added + upgraded + downgraded + changed`.
///
/// `relicensed`, `rehashed` and `recounted` say more about packages that are counted there. Lists are sorted; the order
/// of packages in the documents never matters.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Drift {
    /// The earlier document.
    pub old: Side,
    /// The later one.
    pub new: Side,
    /// Packages that are there in the same version.
    pub unchanged: usize,
    /// Packages in versions that were not there before.
    pub added: Vec<Part>,
    /// Packages in versions that are not there any more.
    pub removed: Vec<Part>,
    /// Packages whose only version that went gave way to a newer one.
    pub upgraded: Vec<Move>,
    /// Packages whose only version that went gave way to an older one.
    pub downgraded: Vec<Move>,
    /// Packages whose only version that went gave way to another, which is neither newer nor older, or of which that is
    /// not known.
    pub changed: Vec<Move>,
    /// Packages that are there in the same version or in another in place of it, under other licenses.
    pub relicensed: Vec<Relicense>,
    /// Packages of the same version with other hashes: rebuilt, or exchanged.
    pub rehashed: Vec<Rehash>,
    /// Packages of the same version that are listed more or fewer times.
    pub recounted: Vec<Recount>,
}

/// One of the documents.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Side {
    /// What it describes: `name` or `name@version`.
    pub title: Option<String>,
    /// Parts that it lists.
    pub packages: usize,
    /// Packages among them: identities and versions.
    pub distinct: usize,
    /// Parts with a package URL that is none.
    pub broken_purls: usize,
}

/// A package that is there on one side.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Part {
    /// Its package URL without version, its name when it has none.
    pub identity: String,
    /// Its version.
    pub version: Option<String>,
    /// The document's name for it.
    pub name: String,
    /// Its package URL as it stands.
    pub purl: Option<String>,
    /// Licenses of any kind, sorted.
    pub licenses: Vec<String>,
    /// How often it is listed.
    pub copies: usize,
    /// What it, or one of its copies, does not have; sorted.
    pub lacks: Vec<Need>,
}

/// A package in another version.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Move {
    /// Its package URL without version, its name when it has none.
    pub identity: String,
    /// The documents' name for it; the first in order, where they differ.
    pub name: String,
    /// The version that went.
    pub from: Option<String>,
    /// The version that came.
    pub to: Option<String>,
}

/// A package under other licenses.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Relicense {
    /// The package, from one version to the same or another.
    #[serde(flatten)]
    pub package: Move,
    /// What changed; not empty, sorted.
    pub licenses: Vec<LicenseChange>,
}

/// Licenses before and after: texts without blanks around and double blanks inside, sorted, without those that say
/// nothing (`NOASSERTION`).
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LicenseChange {
    /// Which licenses.
    pub of: LicenseKind,
    /// Before.
    pub from: Vec<String>,
    /// After.
    pub to: Vec<String>,
}

/// Which licenses are compared.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LicenseKind {
    /// Those of the package's authors.
    Declared,
    /// Those that the document's makers found.
    Concluded,
    /// All together: one of the documents does not say who says so.
    Any,
}

/// A package of the same version with other hashes.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rehash {
    /// Its package URL without version, its name when it has none.
    pub identity: String,
    /// The documents' name for it; the first in order, where they differ.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Algorithms of which no hash is shared; not empty, sorted.
    pub hashes: Vec<HashChange>,
}

/// Hashes before and after.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HashChange {
    /// In lower case, letters and digits only: `sha256`.
    pub algorithm: String,
    /// Before, in lower case; sorted.
    pub from: Vec<String>,
    /// After, in lower case; sorted.
    pub to: Vec<String>,
}

/// A package that is listed more or fewer times.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Recount {
    /// Its package URL without version, its name when it has none.
    pub identity: String,
    /// The documents' name for it; the first in order, where they differ.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// Copies before.
    pub from: usize,
    /// Copies after.
    pub to: usize,
}

impl Drift {
    /// Whether nothing changed but how often packages are listed.
    pub fn is_empty(&self) -> bool {
        let moves = [&self.upgraded, &self.downgraded, &self.changed];
        self.added.is_empty()
            && self.removed.is_empty()
            && moves.iter().all(|moves| moves.is_empty())
            && self.relicensed.is_empty()
            && self.rehashed.is_empty()
    }
}

impl Part {
    /// `name` or `name version`.
    pub fn title(&self) -> String {
        with_version(&self.name, self.version.as_deref())
    }
}

impl Move {
    /// `name from → to`; `name version` where the version is the same.
    pub fn title(&self) -> String {
        if self.from == self.to {
            return with_version(&self.name, self.from.as_deref());
        }
        let shown = |version: &Option<String>| version.clone().unwrap_or_else(|| "(none)".into());
        format!("{} {} → {}", self.name, shown(&self.from), shown(&self.to))
    }
}

fn with_version(name: &str, version: Option<&str>) -> String {
    match version {
        Some(version) => format!("{name} {version}"),
        None => name.into(),
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
