//! What `sbom check` found: targets, their documents, and what stands against each.

mod junit;
mod markdown;
mod sarif;
mod text;

pub use junit::suites;
pub use markdown::markdown;
pub use sarif::entries;
pub use text::text;

use crate::model::expectation::SbomFormat;
use crate::model::{Digest, Identity, Problem};
use crate::sbom::binding::Named;
use crate::sbom::document::{Defect, Encoding, Sbom};
use crate::sbom::licenses::LicenseReport;
use crate::sbom::quality::Quality;
use crate::sbom::shown::{Shown, shorten};
use serde::Serialize;

/// How a target stands.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// All that was asked for holds.
    Met,
    /// It could not be read or reached.
    Undetermined,
    /// A demand is not met.
    Unmet,
    /// It is unreadable, of another image, or not by whom was asked for.
    Refused,
}

/// The answer about all targets.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SbomAnswer {
    /// Of this format of answers.
    pub version: u32,
    /// What was demanded, in words.
    pub demands: Vec<String>,
    /// In the order in which they were named.
    pub targets: Vec<SbomTarget>,
}

/// The answer about one target.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SbomTarget {
    /// As it was named.
    pub target: String,
    /// What it is.
    pub kind: TargetKind,
    /// How it stands.
    pub standing: Standing,
    /// Whether no signature was asked for: whoever made the documents may have written anything.
    pub unverified: bool,
    /// The image's digest.
    pub image: Option<Digest>,
    /// The documents that count.
    pub documents: Vec<CheckedSbom>,
    /// Documents that do not count, and why.
    pub passed_over: Vec<PassedOver>,
    /// What stands against the target as a whole.
    pub problems: Vec<Problem>,
    /// What else is to be known: shown, and changes nothing.
    pub notes: Vec<String>,
}

/// What a target is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetKind {
    /// A file, or standard input.
    File,
    /// An image.
    Image,
    /// An evidence bundle.
    Bundle,
    /// Nothing could be learned of it.
    Unknown,
}

/// A document that does not count.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PassedOver {
    /// Where it was found.
    pub origin: Origin,
    /// Why.
    pub reason: String,
}

/// A document that was checked.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckedSbom {
    /// Where it was found.
    pub origin: Origin,
    /// What it says of itself.
    pub document: DocumentFacts,
    /// How complete it is.
    pub quality: Quality,
    /// Its licenses.
    pub licenses: LicenseReport,
    /// Why the strict reader of SPDX 2.x does not take it; none where it does, or was not asked.
    pub strict_error: Option<String>,
    /// Whether the strict reader was asked: it reads SPDX 2.x as JSON.
    pub strict_read: bool,
    /// The demands that it does not meet.
    pub problems: Vec<Problem>,
}

/// Where a document was found, and whose it is.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// The image's name in the bundle.
    pub item: Option<String>,
    /// The platform that it is of.
    pub platform: Option<String>,
    /// The type of the statement around it.
    pub predicate_type: Option<String>,
    /// What the statement is about: of an image, the digest that it is attested for.
    pub attested_for: Vec<Digest>,
    /// The image that the document itself names.
    pub named: Named,
    /// Whether that is the image which it is attested for.
    pub binding: Binding,
    /// How its signature was judged.
    pub signature: SignatureFact,
    /// Who signed it; none where no signature holds.
    pub signer: Option<Identity>,
}

/// Whether a document is of the image that it is attested for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Binding {
    /// It is attested for nothing.
    #[default]
    Unattested,
    /// It names the image that it is attested for, or a part of it.
    Agrees,
    /// It names no image.
    Silent,
    /// It names another image.
    Other,
}

/// How a signature was judged.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureFact {
    /// It was not looked at.
    #[default]
    Unjudged,
    /// It holds, and its signer was asked for.
    Accepted,
    /// It holds, and its signer was not asked for.
    OtherSigner,
    /// It does not hold.
    Invalid,
    /// It rests on a root or key that is not trusted here.
    UnknownRoot,
}

/// What a document says of itself.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DocumentFacts {
    /// Digest of the document's own bytes.
    pub sha256: Digest,
    /// Its format.
    pub format: SbomFormat,
    /// The format's version.
    pub format_version: String,
    /// How it is written.
    pub encoding: EncodingName,
    /// Its name.
    pub name: Option<String>,
    /// Its namespace or serial number.
    pub id: Option<String>,
    /// When it was made, as it stands.
    pub created: Option<String>,
    /// People and organisations that made it.
    pub authors: Vec<String>,
    /// Programs that made it.
    pub tools: Vec<String>,
    /// What it describes.
    pub subjects: Vec<Shown>,
    /// Packages that it lists.
    pub packages: usize,
    /// Files that it lists.
    pub files: usize,
    /// Relationships between packages.
    pub relationships: usize,
    /// What is wrong with it and does not keep it from being read.
    pub defects: Vec<String>,
}

/// How a document is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EncodingName {
    /// JSON.
    Json,
    /// SPDX tag-value.
    TagValue,
    /// XML.
    Xml,
}

/// Authors, tools and subjects of a document that are named.
const NAMED: usize = 16;

impl DocumentFacts {
    /// What a document says of itself, cut to what can be shown.
    pub fn of(bytes: &[u8], sbom: &Sbom<'_>) -> Self {
        let some = |text: &Option<_>| text.as_deref().map(shorten);
        Self {
            sha256: Digest::of(bytes),
            format: sbom.format,
            format_version: shorten(&sbom.version),
            encoding: match sbom.encoding {
                Encoding::Json => EncodingName::Json,
                Encoding::TagValue => EncodingName::TagValue,
                Encoding::Xml => EncodingName::Xml,
            },
            name: some(&sbom.name),
            id: some(&sbom.id),
            created: some(&sbom.created),
            authors: (sbom.authors.iter().take(NAMED))
                .map(|one| shorten(one))
                .collect(),
            tools: sbom.tools.iter().take(NAMED).map(tool).collect(),
            subjects: sbom.subjects().take(NAMED).map(Shown::of).collect(),
            packages: sbom.listed().count(),
            files: sbom.files,
            relationships: sbom.edges.len(),
            defects: sbom.defects.iter().map(defect).collect(),
        }
    }
}

fn tool(tool: &crate::sbom::document::Tool<'_>) -> String {
    match tool.version.as_deref() {
        Some(version) => shorten(&format!("{} {version}", tool.name)),
        None => shorten(&tool.name),
    }
}

/// A defect in a sentence.
fn defect(defect: &Defect) -> String {
    match defect {
        Defect::DuplicateId(id) => {
            format!("several packages have the id {:?}", shorten(id))
        }
        Defect::Dangling { count, example } => {
            let example = shorten(example);
            format!(
                "{count} relationships name what the document does not have, such as {example:?}"
            )
        }
        Defect::Cycle(id) => format!("packages contain each other, among them {:?}", shorten(id)),
        Defect::Purl(purl) => format!("{:?} is no package URL", shorten(purl)),
        Defect::Nameless(id) => format!("the package {:?} has no name", shorten(id)),
        Defect::More(count) => format!("{count} more defects"),
    }
}

impl EncodingName {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::TagValue => "tag-value",
            Self::Xml => "XML",
        }
    }
}

impl Standing {
    /// The word for people and programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Undetermined => "undetermined",
            Self::Unmet => "unmet",
            Self::Refused => "refused",
        }
    }
}

impl Origin {
    /// Of which image of a bundle and which platform it is, in a few words; empty for a file's.
    pub fn place(&self) -> String {
        let parts = [self.item.as_deref(), self.platform.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// Who signed it, or why nobody counts, in a sentence.
    pub fn signed(&self) -> String {
        match (self.signature, &self.signer) {
            (SignatureFact::Accepted, Some(signer)) => format!("by {signer}"),
            (SignatureFact::OtherSigner, Some(signer)) => {
                format!("by {signer}, whom nobody asked for")
            }
            (SignatureFact::Invalid, _) => "the signature does NOT hold".into(),
            (SignatureFact::UnknownRoot, _) => {
                "under a root or key that is not trusted here".into()
            }
            _ if self.predicate_type.is_none() => "a plain document carries no signature".into(),
            _ => "not looked at".into(),
        }
    }

    /// Whose document it is, in a sentence.
    pub fn of_what(&self) -> String {
        let own = || match self.named.digests.first() {
            Some(digest) => format!("it names {digest}"),
            None => match self.named.names.first() {
                Some(name) => format!("it names {name}, without a digest"),
                None => "it names no image".into(),
            },
        };
        match (self.binding, self.attested_for.first()) {
            (Binding::Unattested, _) | (_, None) => {
                format!("{}; it is attested for none", own())
            }
            (Binding::Agrees, Some(digest)) => format!("attested for {digest}, as it says itself"),
            (Binding::Silent, Some(digest)) => {
                format!("attested for {digest}; it names no image itself")
            }
            (Binding::Other, Some(digest)) => format!("attested for {digest}, but {}", own()),
        }
    }
}

/// The format's name for people.
fn format_word(format: SbomFormat) -> &'static str {
    match format {
        SbomFormat::Spdx => "SPDX",
        SbomFormat::Cyclonedx => "CycloneDX",
    }
}
