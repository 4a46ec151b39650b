//! The section `images`.

use super::diagnostic::{Problems, Spot};
use super::fields::{self, Fields};
use super::identity::{check_known, template};
use super::model::{Image, Sbom};
use super::node::Node;
use super::sbom;
use super::signers;
use super::template::{Placeholder, Template};
use crate::model::expectation::SbomFormat;
use crate::oci::ImageRef;

/// Formats by name.
pub(super) const FORMATS: &[(&str, SbomFormat)] = &[
    ("spdx", SbomFormat::Spdx),
    ("cyclonedx", SbomFormat::Cyclonedx),
];

/// Reads one image; `identities` are the names that are defined.
pub(super) fn image(node: &Node, identities: &[&str], problems: &mut Problems) -> Option<Image> {
    let fields = Fields::of(node, &["name", "reference", "signed-by", "sbom"], problems)?;
    let name = fields.need_text("name", problems);
    let reference = fields
        .need_text("reference", problems)
        .and_then(|text| template(&text, &Placeholder::ALL, problems));
    if let Some(reference) = &reference {
        check_reference(&sample(&reference.value), reference, problems);
    }
    let signed_by = signed_by(&fields, identities, problems);
    let sboms = match fields.get("sbom") {
        Some(node) => sboms(node, &signed_by, identities, problems),
        None => Vec::new(),
    };
    Some(Image {
        name: name?,
        reference: reference?,
        signed_by,
        sboms,
    })
}

/// A problem when the filled-in text is no reference.
pub(super) fn check_reference(
    filled: &str,
    reference: &Spot<Template>,
    problems: &mut Problems,
) -> Option<()> {
    match filled.parse::<ImageRef>() {
        Ok(_) => Some(()),
        Err(error) => {
            let hint = "HOST[:PORT]/REPOSITORY[:TAG][@sha256:…] or oci:DIR[:TAG|@sha256:…]";
            problems.hinted(reference.at, error.to_string(), hint);
            None
        }
    }
}

/// The text as it may look for a release, so that a mistake is found before there is one.
fn sample(template: &Template) -> String {
    template.fill(|placeholder| match placeholder {
        Placeholder::Tag => "v1.0.0".into(),
        Placeholder::Version => "1.0.0".into(),
        Placeholder::Commit => "0".repeat(40),
        Placeholder::Stage => "tag".into(),
        Placeholder::Phase => String::new(),
    })
}

fn signed_by(
    fields: &Fields<'_>,
    identities: &[&str],
    problems: &mut Problems,
) -> Vec<Vec<String>> {
    let Some(node) = fields.get("signed-by") else {
        return Vec::new();
    };
    let mut name = |node: &Node, problems: &mut Problems| {
        let name = fields::text(node, problems)?;
        check_known(&name, "identity", identities, problems);
        Some(name.value)
    };
    signers::groups(node, &mut name, problems)
}

fn sboms(
    node: &Node,
    image_signers: &[Vec<String>],
    identities: &[&str],
    problems: &mut Problems,
) -> Vec<Sbom> {
    let mut sboms: Vec<Sbom> = Vec::new();
    for node in fields::one_or_more(node, problems) {
        let Some(fields) = Fields::of(node, &[sbom::KEYS, &["drift"]].concat(), problems) else {
            continue;
        };
        let format = fields.need("format", problems);
        let format = format.and_then(|node| fields::word(node, FORMATS, problems));
        let mut signed_by = signed_by(&fields, identities, problems);
        if fields.get("signed-by").is_none() {
            signed_by = image_signers.to_vec();
        }
        let Some(format) = format else { continue };
        if sboms.iter().any(|other| other.format == format) {
            problems.add(fields.at, format!("the format {format} is listed twice"));
        }
        sboms.push(Sbom {
            format,
            signed_by,
            checks: sbom::checks(&fields, problems),
            drift: (fields.get("drift")).and_then(|node| {
                let value = sbom::drift(node, problems)?;
                Some(Spot { value, at: node.at })
            }),
        });
    }
    sboms
}
