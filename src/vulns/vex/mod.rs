//! VEX: what a supplier says about vulnerabilities in products.

pub(super) mod apply;
mod csaf;
mod cyclonedx;
mod openvex;

use super::ScanError;
use super::json::{self, Str};
use super::key;
use crate::model::{Timestamp, limits};
use crate::sbom::document::Text;
use crate::sbom::purl::PackageUrl;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::fmt;

/// A document's statements.
#[derive(Clone, Debug)]
pub struct VexDocument<'a> {
    /// Its format.
    pub format: VexFormat,
    /// Its own id, serial number or tracking id.
    pub id: Option<Text<'a>>,
    /// Who made it.
    pub author: Option<Text<'a>>,
    /// Its statements, in its order.
    pub statements: Vec<VexStatement<'a>>,
    /// Entries that are no statement, such as one with a status that is not known: they hide nothing.
    pub unread: usize,
}

/// One statement about vulnerabilities in products.
#[derive(Clone, Debug)]
pub struct VexStatement<'a> {
    /// The vulnerability's name, and its other names.
    pub vulnerabilities: Vec<Text<'a>>,
    /// What it speaks of; one that names no product speaks of nothing.
    pub products: Vec<Product>,
    /// What it says.
    pub status: VexStatus,
    /// Why, as a label of the format.
    pub justification: Option<Text<'a>>,
    /// Why, in words: OpenVEX impact statement, CycloneDX detail, CSAF threat of the category impact.
    pub statement: Option<Text<'a>>,
    /// When it was made; the document's own time where it has none.
    pub timestamp: Option<Timestamp>,
}

/// A product, and the parts of it that a statement is limited to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Product {
    /// What it is.
    pub component: Component,
    /// The parts that are meant; all of it when there are none.
    pub subcomponents: Vec<Component>,
}

/// Something that a statement names.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Component {
    /// Its package URLs, parsed.
    pub(crate) purls: Vec<PackageUrl<'static>>,
    /// SHA-256 digests that it states, as hexadecimal digits in lower case.
    pub(crate) sha256: Vec<String>,
    /// Whether it is named in a way that is not compared (a CPE, an IRI).
    pub(crate) other: bool,
}

/// What a statement says.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum VexStatus {
    /// The vulnerability cannot be exploited.
    NotAffected,
    /// The product has it no more.
    Fixed,
    /// It is not known yet.
    UnderInvestigation,
    /// Something has to be done.
    Affected,
}

/// The format of a VEX document.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum VexFormat {
    /// OpenVEX 0.0.x and 0.2.0.
    OpenVex,
    /// CycloneDX 1.4 to 1.7 with `vulnerabilities`.
    CycloneDx,
    /// CSAF 2.0.
    Csaf,
}

impl VexStatement<'_> {
    /// Whether the statement may hide a match: `fixed`, or `not_affected` with a reason.
    pub fn suppresses(&self) -> bool {
        match self.status {
            VexStatus::NotAffected => !self.is_unjustified(),
            VexStatus::Fixed => true,
            VexStatus::UnderInvestigation | VexStatus::Affected => false,
        }
    }

    /// Whether it says `not_affected` without any reason, which OpenVEX and CSAF forbid.
    pub fn is_unjustified(&self) -> bool {
        self.status == VexStatus::NotAffected
            && self.justification.is_none()
            && self.statement.is_none()
    }
}

impl fmt::Display for VexStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAffected => "not_affected",
            Self::Fixed => "fixed",
            Self::UnderInvestigation => "under_investigation",
            Self::Affected => "affected",
        })
    }
}

impl fmt::Display for VexFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OpenVex => "OpenVEX",
            Self::CycloneDx => "CycloneDX VEX",
            Self::Csaf => "CSAF",
        })
    }
}

impl Component {
    /// What an identifier of any kind names.
    pub(super) fn of(identifier: &str) -> Self {
        let mut component = Self::default();
        component.add(identifier);
        component
    }

    pub(super) fn add(&mut self, identifier: &str) {
        match key::purl(identifier) {
            Some(purl) => self.purls.push(purl.into_owned()),
            None => self.other = true,
        }
    }
}

/// Reads a VEX document, raw or as the predicate of an in-toto statement; the format follows from the bytes.
///
/// # Errors
/// When the bytes are none of the formats, malformed, too large, too deep or have too many entries.
pub fn parse(bytes: &[u8]) -> Result<VexDocument<'_>, ScanError> {
    let text = json::checked(bytes)?;
    let probe: Probe<'_> = serde_json::from_str(text)?;
    match (&probe.predicate_type, probe.predicate) {
        (Some(_), Some(predicate)) => {
            document(predicate.get(), &serde_json::from_str(predicate.get())?)
        }
        _ => document(text, &probe),
    }
}

fn document<'a>(text: &'a str, probe: &Probe<'a>) -> Result<VexDocument<'a>, ScanError> {
    let context = probe.context.map(RawValue::get).unwrap_or_default();
    if context.contains("https://openvex.dev/ns") {
        openvex::parse(text)
    } else if probe
        .bom_format
        .as_ref()
        .is_some_and(|format| format.0 == "CycloneDX")
        && probe.vulnerabilities.is_some()
    {
        cyclonedx::parse(text)
    } else if probe.document.is_some() {
        csaf::parse(text)
    } else {
        Err(ScanError::UnknownVex)
    }
}

#[derive(Deserialize)]
struct Probe<'a> {
    #[serde(borrow, rename = "@context")]
    context: Option<&'a RawValue>,
    #[serde(borrow, rename = "bomFormat")]
    bom_format: Option<Str<'a>>,
    vulnerabilities: Option<IgnoredAny>,
    document: Option<IgnoredAny>,
    #[serde(rename = "predicateType")]
    predicate_type: Option<IgnoredAny>,
    #[serde(borrow)]
    predicate: Option<&'a RawValue>,
}

/// Bounds what is compared: each name of a statement with each of its products and their parts, over the document.
fn bounded(references: usize) -> Result<(), ScanError> {
    if references > limits::VEX_REFERENCES {
        return Err(ScanError::TooMany {
            what: "products of statements",
            found: references,
            most: limits::VEX_REFERENCES,
        });
    }
    Ok(())
}
