//! Rules: a vulnerability each, and what its properties say of it.

use super::super::ScanError;
use super::super::json::text;
use super::super::key;
use super::super::report::PackageRef;
use super::wire::WireRule;
use super::{Tool, lacks};
use crate::sbom::document::Text;

/// A rule, and how many results it has.
pub(super) struct Rule<'a> {
    pub(super) id: Text<'a>,
    pub(super) vulnerability: Text<'a>,
    pub(super) aliases: Vec<Text<'a>>,
    pub(super) name: Option<Text<'a>>,
    pub(super) purl: Option<Text<'a>>,
    pub(super) word: Option<Text<'a>>,
    pub(super) score: Option<String>,
    pub(super) level: Option<Text<'a>>,
    pub(super) is_other: bool,
    pub(super) results: usize,
}

impl<'a> Rule<'a> {
    pub(super) fn of(tool: Tool, wire: WireRule<'a>) -> Result<Self, ScanError> {
        let id = text(wire.id).ok_or_else(|| lacks("the id of a rule"))?;
        let properties = wire.properties.unwrap_or_default();
        let tags = properties.tags.texts("tags")?;
        let mut purls = properties.purls.texts("purls")?;
        let (vulnerability, name) = match tool {
            Tool::Grype => grype_id(&id, wire.short.and_then(|short| text(short.text))),
            Tool::Trivy | Tool::OsvScanner => (id.clone(), None),
        };
        let aliases = wire.deprecated_ids.texts("deprecatedIds")?;
        let is = |kind: &str| tags.iter().any(|tag| tag == kind);
        let is_other = !is("vulnerability")
            && ["misconfiguration", "secret", "license"]
                .into_iter()
                .any(is);
        Ok(Self {
            aliases: aliases
                .into_iter()
                .filter(|alias| *alias != vulnerability)
                .collect(),
            // The first of several says nothing about a result's own.
            purl: purls.pop().filter(|_| purls.is_empty()),
            // Trivy's tags: what it is, `security`, the severity.
            word: if tool == Tool::Trivy {
                tags.into_iter().nth(2)
            } else {
                None
            },
            score: properties
                .score
                .map(|raw| raw.get().trim_matches('"').to_owned()),
            level: wire.configuration.and_then(|one| text(one.level)),
            results: 0,
            id,
            vulnerability,
            name,
            is_other,
        })
    }

    /// The package of a result: its version only where the rule has no other result, for which it may be another.
    pub(super) fn package(&self) -> PackageRef<'a> {
        let purl = self.purl.as_deref().and_then(key::purl);
        match purl {
            Some(purl) if self.results == 1 => PackageRef {
                name: self.name.clone(),
                version: purl.version.map(|version| version.into_owned().into()),
                purl: self.purl.clone(),
            },
            Some(purl) => PackageRef {
                name: self.name.clone(),
                version: None,
                purl: Some(key::package(&purl).into()),
            },
            None => PackageRef {
                name: self.name.clone(),
                ..PackageRef::default()
            },
        }
    }
}

/// Grype's rule id is the vulnerability's id, a hyphen and the package's name; its short description begins with the id.
fn grype_id<'a>(rule: &Text<'a>, short: Option<Text<'a>>) -> (Text<'a>, Option<Text<'a>>) {
    let short = short.unwrap_or_default();
    let id = short.split(' ').next().unwrap_or_default();
    let name = rule
        .strip_prefix(id)
        .and_then(|rest| rest.strip_prefix('-'));
    match name {
        Some(name) if !id.is_empty() && !name.is_empty() => {
            (id.to_owned().into(), Some(name.to_owned().into()))
        }
        _ => (rule.clone(), None),
    }
}
