//! SPDX 2.2 and 2.3 as tag-value text (SPDX specification 2.3, clause 4.4).

use super::super::connect::{Relations, connect};
use super::super::document::{Encoding, Hash, LicenseBy, Package, Sbom, Text, Tool};
use super::super::error::SbomError;
use super::{actor, creator, is_outside, license, mark, reference, relationship, version};
use crate::model::expectation::SbomFormat;
use crate::model::limits;

pub(in crate::sbom) fn parse(text: &str) -> Result<Sbom<'_>, SbomError> {
    let mut document = Document::default();
    let mut rest = text;
    while let Some((tag, value)) = next(&mut rest) {
        document.take(tag, value)?;
    }
    let Some(stated) = document.version else {
        return Err(SbomError::Unknown);
    };
    let version = version(stated)?;
    document.relations.checked()?;
    let own = document.id.unwrap_or_default();
    mark(
        &mut document.packages,
        own,
        std::iter::empty(),
        &document.relations,
    );
    let (edges, defects) = connect(
        &mut document.packages,
        &document.relations,
        |id| is_outside(id, own),
        |missing| {
            let mut rest = text;
            while let Some((tag, value)) = next(&mut rest) {
                if matches!(tag, "SPDXID" | "SnippetSPDXID") {
                    missing.remove(value);
                }
            }
            Ok(())
        },
    )?;
    Ok(Sbom {
        format: SbomFormat::Spdx,
        version,
        encoding: Encoding::TagValue,
        name: document.name.map(Text::from),
        id: document.namespace.map(Text::from),
        created: document.created.map(Text::from),
        authors: document.authors,
        tools: document.tools,
        lifecycles: Vec::new(),
        packages: document.packages,
        edges,
        files: document.files,
        defects,
    })
}

#[derive(Default)]
struct Document<'a> {
    version: Option<&'a str>,
    id: Option<&'a str>,
    name: Option<&'a str>,
    namespace: Option<&'a str>,
    created: Option<&'a str>,
    authors: Vec<Text<'a>>,
    tools: Vec<Tool<'a>>,
    packages: Vec<Package<'a>>,
    files: usize,
    relations: Relations<'a>,
    part: Part,
}

/// What the lines that follow are about.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
enum Part {
    #[default]
    Document,
    /// The last package.
    Package,
    /// A file, a snippet, a license.
    Other,
}

impl<'a> Document<'a> {
    fn take(&mut self, tag: &str, value: &'a str) -> Result<(), SbomError> {
        match tag {
            "SPDXVersion" => self.version = self.version.or(Some(value)),
            "DocumentName" => self.name = self.name.or(Some(value)),
            "DocumentNamespace" => self.namespace = self.namespace.or(Some(value)),
            "Created" => self.created = self.created.or(Some(value)),
            "Creator" => {
                bound(
                    self.authors.len() + self.tools.len(),
                    "creators",
                    limits::SBOM_AUTHORS,
                )?;
                creator(&value.into(), &mut self.authors, &mut self.tools);
            }
            "PackageName" => {
                bound(self.packages.len(), "packages", limits::SBOM_PACKAGES)?;
                self.part = Part::Package;
                self.packages.push(Package {
                    name: value.into(),
                    ..Package::default()
                });
            }
            "FileName" => {
                self.files += 1;
                self.part = Part::Other;
            }
            "SnippetSPDXID" | "LicenseID" => self.part = Part::Other,
            "Relationship" => {
                let mut words = value.split_whitespace();
                if let (Some(from), Some(kind), Some(to)) =
                    (words.next(), words.next(), words.next())
                {
                    relationship(&mut self.relations, from.into(), kind, to.into());
                    self.relations.checked()?;
                }
            }
            "SPDXID" if self.part == Part::Document => self.id = self.id.or(Some(value)),
            _ if self.part == Part::Package && !value.is_empty() => {
                if let Some(package) = self.packages.last_mut() {
                    field(package, tag, value)?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Takes a line about a package.
fn field<'a>(package: &mut Package<'a>, tag: &str, value: &'a str) -> Result<(), SbomError> {
    let of_one = |found: usize, what: &'static str| bound(found, what, limits::SBOM_PER_PACKAGE);
    match tag {
        "SPDXID" => package.id = value.into(),
        "PackageVersion" => package.version = Some(value.into()),
        "PackageSupplier" => package.supplier = Some(actor(value.into())),
        "PackageOriginator" => package.originator = Some(actor(value.into())),
        "PrimaryPackagePurpose" => package.purpose = Some(value.into()),
        "PackageLicenseDeclared" | "PackageLicenseConcluded" => {
            of_one(package.licenses.len(), "licenses of one package")?;
            let by = match tag {
                "PackageLicenseDeclared" => LicenseBy::Declared,
                _ => LicenseBy::Concluded,
            };
            package.licenses.extend(license(Some(value.into()), by));
        }
        "PackageChecksum" => {
            of_one(package.hashes.len(), "checksums of one package")?;
            if let Some((algorithm, value)) = value.split_once(':') {
                package.hashes.push(Hash {
                    algorithm: algorithm.trim().into(),
                    value: value.trim().into(),
                });
            }
        }
        "ExternalRef" => {
            of_one(package.more_purls.len(), "package URLs of one package")?;
            let mut words = value.split_whitespace();
            if let (Some(_), Some(kind), Some(locator)) = (words.next(), words.next(), words.next())
            {
                reference(kind, locator.into(), package);
            }
        }
        _ => {}
    }
    Ok(())
}

/// # Errors
/// When there are `limit` already.
fn bound(found: usize, what: &'static str, limit: usize) -> Result<(), SbomError> {
    if found >= limit {
        return Err(SbomError::TooMany { what, limit });
    }
    Ok(())
}

/// The next `Tag: value`; a value in `<text>…</text>` may have many lines.
fn next<'a>(rest: &mut &'a str) -> Option<(&'a str, &'a str)> {
    loop {
        if rest.is_empty() {
            return None;
        }
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let whole = *rest;
        *rest = after;
        if line.trim_start().starts_with('#') {
            continue;
        }
        let Some((tag, value)) = line.split_once(':') else {
            continue;
        };
        let Some(start) = value.trim_start().strip_prefix("<text>") else {
            return Some((tag.trim(), value.trim()));
        };
        let begin = line.len() - start.len();
        let Some(tail) = whole.get(begin..) else {
            return Some((tag.trim(), start.trim()));
        };
        let (value, after) = tail.split_once("</text>").unwrap_or((tail, ""));
        *rest = after;
        return Some((tag.trim(), value.trim()));
    }
}
