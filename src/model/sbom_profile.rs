//! Which elements are asked for: two published lists.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A published list of minimum elements.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
pub enum Profile {
    /// NTIA, "The Minimum Elements For a Software Bill of Materials (SBOM)", 12 July 2021, table of data fields.
    #[serde(rename = "ntia-2021")]
    Ntia2021,
    /// CISA and others, "2026 Minimum Elements for a Software Bill of Materials (SBOM)", 29 July 2026, Appendix A:
    /// the final text, which replaces NTIA's list and the draft of August 2025.
    #[serde(rename = "cisa-2026")]
    Cisa2026,
}

/// Where an element belongs.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// To the document: one cell.
    Document,
    /// To each package: one cell a package.
    Package,
}

/// One element of a profile.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Element {
    /// Who made the document.
    Author,
    /// When the document was made.
    Timestamp,
    /// The document's format.
    FormatName,
    /// The version of the document's format.
    FormatVersion,
    /// The phase of the software's life that the document shows.
    GenerationContext,
    /// The program that made the document.
    ToolName,
    /// That program's version.
    ToolVersion,
    /// What tells this document from an earlier one of the same software.
    DocumentVersion,
    /// Who supplies a package.
    Supplier,
    /// Who makes a package.
    Producer,
    /// A package's name.
    Name,
    /// A package's version.
    Version,
    /// An identifier to look a package up by.
    Identifiers,
    /// A hash of a package.
    HashValue,
    /// The algorithm of such a hash.
    HashAlgorithm,
    /// A package's license.
    License,
    /// What a package depends on, or what depends on it.
    Dependencies,
}

/// Why a text names no profile or element.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// No such profile.
    #[error("{found:?} is no profile: expected ntia-2021 or cisa-2026")]
    Profile {
        /// The text, cut to 100 characters.
        found: String,
    },
    /// No such element.
    #[error("{found:?} is no element of an SBOM profile")]
    Element {
        /// The text, cut to 100 characters.
        found: String,
    },
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 2] = [Self::Ntia2021, Self::Cisa2026];

    /// Its elements, those of the document first, each part in the order of its text.
    pub const fn elements(self) -> &'static [Element] {
        use Element::*;
        match self {
            Self::Ntia2021 => &[
                Author,
                Timestamp,
                Supplier,
                Name,
                Version,
                Identifiers,
                Dependencies,
            ],
            Self::Cisa2026 => &[
                Author,
                FormatName,
                FormatVersion,
                GenerationContext,
                Timestamp,
                ToolName,
                ToolVersion,
                DocumentVersion,
                Producer,
                Dependencies,
                HashValue,
                HashAlgorithm,
                Identifiers,
                License,
                Name,
                Version,
            ],
        }
    }

    /// Elements of its text that are not counted: a signature stands beside a document and is judged with its subject.
    pub const fn not_counted(self) -> &'static [&'static str] {
        match self {
            Self::Ntia2021 => &[],
            Self::Cisa2026 => &["SBOM author signature"],
        }
    }
}

impl Element {
    /// Every element of any profile.
    pub const ALL: [Self; 17] = [
        Self::Author,
        Self::Timestamp,
        Self::FormatName,
        Self::FormatVersion,
        Self::GenerationContext,
        Self::ToolName,
        Self::ToolVersion,
        Self::DocumentVersion,
        Self::Supplier,
        Self::Producer,
        Self::Name,
        Self::Version,
        Self::Identifiers,
        Self::HashValue,
        Self::HashAlgorithm,
        Self::License,
        Self::Dependencies,
    ];

    /// Where it belongs.
    pub const fn scope(self) -> Scope {
        match self {
            Self::Author
            | Self::Timestamp
            | Self::FormatName
            | Self::FormatVersion
            | Self::GenerationContext
            | Self::ToolName
            | Self::ToolVersion
            | Self::DocumentVersion => Scope::Document,
            Self::Supplier
            | Self::Producer
            | Self::Name
            | Self::Version
            | Self::Identifiers
            | Self::HashValue
            | Self::HashAlgorithm
            | Self::License
            | Self::Dependencies => Scope::Package,
        }
    }

    /// Its name in kebab-case, as in a configuration and in a problem's code.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Author => "author",
            Self::Timestamp => "timestamp",
            Self::FormatName => "format-name",
            Self::FormatVersion => "format-version",
            Self::GenerationContext => "generation-context",
            Self::ToolName => "tool-name",
            Self::ToolVersion => "tool-version",
            Self::DocumentVersion => "document-version",
            Self::Supplier => "supplier",
            Self::Producer => "producer",
            Self::Name => "name",
            Self::Version => "version",
            Self::Identifiers => "identifiers",
            Self::HashValue => "hash-value",
            Self::HashAlgorithm => "hash-algorithm",
            Self::License => "license",
            Self::Dependencies => "dependencies",
        }
    }

    /// Its name for people, as the profiles' texts have it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Author => "SBOM author",
            Self::Timestamp => "timestamp",
            Self::FormatName => "data format name",
            Self::FormatVersion => "data format version",
            Self::GenerationContext => "generation context",
            Self::ToolName => "tool name",
            Self::ToolVersion => "tool version",
            Self::DocumentVersion => "SBOM version",
            Self::Supplier => "supplier name",
            Self::Producer => "component producer",
            Self::Name => "component name",
            Self::Version => "component version",
            Self::Identifiers => "unique identifiers",
            Self::HashValue => "component hash value",
            Self::HashAlgorithm => "component hash algorithm",
            Self::License => "component license",
            Self::Dependencies => "dependency relationship",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ntia2021 => "ntia-2021",
            Self::Cisa2026 => "cisa-2026",
        })
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Profile {
    type Err = ProfileError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        (Self::ALL.into_iter().find(|one| one.to_string() == text)).ok_or_else(|| {
            ProfileError::Profile {
                found: text.chars().take(100).collect(),
            }
        })
    }
}

impl FromStr for Element {
    type Err = ProfileError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        (Self::ALL.into_iter().find(|one| one.name() == text)).ok_or_else(|| {
            ProfileError::Element {
                found: text.chars().take(100).collect(),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_as_what_it_names_in_text_and_in_json() {
        for profile in Profile::ALL {
            assert_eq!(profile.to_string().parse(), Ok(profile));
            assert_eq!(
                serde_json::to_string(&profile).unwrap(),
                format!("\"{profile}\"")
            );
        }
        for element in Element::ALL {
            assert_eq!(element.to_string().parse(), Ok(element));
            assert_eq!(
                serde_json::to_string(&element).unwrap(),
                format!("\"{element}\"")
            );
        }
    }

    #[test]
    fn a_profile_has_the_number_of_elements_that_its_text_has() {
        let of = |profile: Profile| profile.elements().len() + profile.not_counted().len();

        assert_eq!((of(Profile::Ntia2021), of(Profile::Cisa2026)), (7, 17));
    }

    #[test]
    fn another_year_is_no_profile() {
        assert_eq!(
            "cisa-2025".parse::<Profile>().unwrap_err().to_string(),
            "\"cisa-2025\" is no profile: expected ntia-2021 or cisa-2026"
        );
    }
}
