//! One model for every format: a document's packages and what it says of itself, borrowed from its bytes.
//!
//! What a document says is kept as it stands (`NOASSERTION` too), so that judging it is left to those who judge.
//! Files are counted and not kept.

use crate::model::expectation::SbomFormat;
use std::borrow::Cow;

/// Text of a document: borrowed where JSON or XML has no escape in it.
pub type Text<'a> = Cow<'a, str>;

/// A software bill of materials.
#[derive(Clone, Debug)]
pub struct Sbom<'a> {
    /// Its format.
    pub format: SbomFormat,
    /// The format's version, such as `2.3`, `3.0.1` or `1.6`.
    pub version: Text<'a>,
    /// How it is written.
    pub encoding: Encoding,
    /// The document's name.
    pub name: Option<Text<'a>>,
    /// SPDX document namespace or id, CycloneDX serial number.
    pub id: Option<Text<'a>>,
    /// When it was made, as it stands (RFC 3339 where the document keeps to its format).
    pub created: Option<Text<'a>>,
    /// People and organisations that made the document, in its order.
    pub authors: Vec<Text<'a>>,
    /// Programs that made it.
    pub tools: Vec<Tool<'a>>,
    /// Phases of the software's life that it shows: CycloneDX `lifecycles`, SPDX 3 `software_sbomType`.
    pub lifecycles: Vec<Text<'a>>,
    /// Packages in the document's order, the nested ones after the one that holds them. Of CycloneDX
    /// `metadata.component` comes first where there is one, as [`Role::Metadata`].
    pub packages: Vec<Package<'a>>,
    /// Relationships between packages, by place in `packages`.
    pub edges: Vec<Edge>,
    /// Files (SPDX `files`, CycloneDX components of the type `file`): counted, not kept.
    pub files: usize,
    /// What is wrong with the document and does not keep it from being read.
    pub defects: Vec<Defect>,
}

/// A program that made a document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tool<'a> {
    /// Its name.
    pub name: Text<'a>,
    /// Its version, where that is a field of its own: SPDX 2 writes `name-version`.
    pub version: Option<Text<'a>>,
}

/// How a document is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Encoding {
    /// JSON, JSON-LD included.
    Json,
    /// SPDX tag-value.
    TagValue,
    /// CycloneDX XML.
    Xml,
}

/// A package (SPDX) or component (CycloneDX).
#[derive(Clone, Debug, Default)]
pub struct Package<'a> {
    /// Whether the document is about it.
    pub role: Role,
    /// SPDXID, `spdxId` or `bom-ref`; empty when there is none.
    pub id: Text<'a>,
    /// CycloneDX writes the group before it, with a slash.
    pub name: Text<'a>,
    /// Its version, as it stands.
    pub version: Option<Text<'a>>,
    /// The first package URL, as it stands.
    pub purl: Option<Text<'a>>,
    /// Further package URLs.
    pub more_purls: Vec<Text<'a>>,
    /// Other identifiers that it has.
    pub identifiers: Identifiers,
    /// `type` or primary purpose, such as `library` or `OPERATING-SYSTEM`.
    pub purpose: Option<Text<'a>>,
    /// Who distributes it: SPDX supplier, CycloneDX supplier.
    pub supplier: Option<Text<'a>>,
    /// Who made it: SPDX originator, CycloneDX manufacturer, publisher or author (the first of them).
    pub originator: Option<Text<'a>>,
    /// Licenses, in the document's order.
    pub licenses: Vec<License<'a>>,
    /// Hashes of the package itself.
    pub hashes: Vec<Hash<'a>>,
    /// What the document says about what it depends on.
    pub dependencies: Dependencies,
}

/// Whether a document is about a package.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Role {
    /// A part of what the document describes.
    #[default]
    Part,
    /// Described by the document, and listed among the packages (SPDX).
    Subject,
    /// Described by the document in its metadata and not listed (CycloneDX).
    Metadata,
}

/// Identifiers besides package URLs.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Identifiers {
    /// A CPE 2.2 or 2.3 name.
    pub cpe: bool,
    /// A SWID tag.
    pub swid: bool,
    /// Another: SWHID, OmniBOR, gitoid.
    pub other: bool,
}

/// A license as it stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct License<'a> {
    /// An SPDX expression, an id or a name.
    pub text: Text<'a>,
    /// Whether `text` is a free name, which is no SPDX expression (CycloneDX `license.name`).
    pub is_name: bool,
    /// Who says so.
    pub by: LicenseBy,
}

/// Who says that a license applies.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum LicenseBy {
    /// The package's authors.
    Declared,
    /// Whoever made the document.
    Concluded,
    /// The document does not say.
    Unsaid,
}

/// A hash of a package.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Hash<'a> {
    /// As it stands: `SHA256` (SPDX 2), `sha256` (SPDX 3), `SHA-256` (CycloneDX).
    pub algorithm: Text<'a>,
    /// Hexadecimal, as it stands.
    pub value: Text<'a>,
}

/// What a document says about the dependencies of a package.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Dependencies {
    /// Nothing.
    #[default]
    Missing,
    /// That they are not known: `NOASSERTION`, or a composition `unknown`.
    Unknown,
    /// That there are none: `NONE`, or an empty `dependsOn`.
    None,
    /// Which they are, or whose dependency it is.
    Stated,
}

/// A relationship between two packages.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Edge {
    /// Place in [`Sbom::packages`].
    pub from: u32,
    /// Place in [`Sbom::packages`].
    pub to: u32,
    /// What `from` is to `to`.
    pub kind: EdgeKind,
}

/// What one package is to another. Inverse relationships are turned round while reading.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum EdgeKind {
    /// `from` depends on `to`.
    DependsOn,
    /// `from` contains `to`, or was found to hold it.
    Contains,
    /// Any other.
    Other,
}

/// What is wrong with a document that can be read all the same.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Defect {
    /// Several packages have this id; relationships are taken to mean the first.
    DuplicateId(String),
    /// So many relationships name something that the document does not have; one of them.
    Dangling {
        /// How many.
        count: usize,
        /// The first.
        example: String,
    },
    /// Packages contain each other, this one among them.
    Cycle(String),
    /// A package URL that is none.
    Purl(String),
    /// A package without a name, by its id.
    Nameless(String),
    /// So many defects besides those that are kept.
    More(usize),
}

impl<'a> Sbom<'a> {
    /// A document without packages.
    pub fn empty(format: SbomFormat) -> Self {
        Self {
            format,
            version: Text::default(),
            encoding: Encoding::Json,
            name: None,
            id: None,
            created: None,
            authors: Vec::new(),
            tools: Vec::new(),
            lifecycles: Vec::new(),
            packages: Vec::new(),
            edges: Vec::new(),
            files: 0,
            defects: Vec::new(),
        }
    }

    /// Packages that the document lists: all but the metadata's own component.
    pub fn listed(&self) -> impl Iterator<Item = &Package<'a>> {
        (self.packages.iter()).filter(|package| package.role != Role::Metadata)
    }

    /// Parts of what the document describes: what drift and quality speak of.
    pub fn parts(&self) -> impl Iterator<Item = &Package<'a>> {
        (self.packages.iter()).filter(|package| package.role == Role::Part)
    }

    /// What the document describes.
    pub fn subjects(&self) -> impl Iterator<Item = &Package<'a>> {
        (self.packages.iter()).filter(|package| package.role != Role::Part)
    }
}

impl Package<'_> {
    /// `name` or `name@version`.
    pub fn title(&self) -> String {
        match self.version.as_deref() {
            Some(version) if !version.is_empty() => format!("{}@{version}", self.name),
            _ => self.name.clone().into_owned(),
        }
    }
}

/// Whether text of a document says that something is not known, rather than nothing: `NOASSERTION`.
///
/// `NONE` says that there is none, which is an answer.
pub fn is_unknown(text: &str) -> bool {
    let text = text.trim();
    text.eq_ignore_ascii_case("NOASSERTION") || text.eq_ignore_ascii_case("UNKNOWN")
}
