//! SPDX 2.2 and 2.3 as tag-value text (SPDX specification 2.3, clause 4.4).

use super::{Sbom, SbomError, is_license, titled, unread};
use crate::model::expectation::SbomFormat;

pub(super) fn parse(text: &str) -> Result<Sbom, SbomError> {
    let mut document = Document::default();
    let mut rest = text;
    while let Some((tag, value)) = next(&mut rest) {
        document.take(tag, value);
    }
    let version = match document.version {
        Some("SPDX-2.2") => "2.2",
        Some("SPDX-2.3") => "2.3",
        Some(other) => return Err(unread(SbomFormat::Spdx, other)),
        None => return Err(SbomError::Unknown),
    };
    let subject = document
        .packages
        .iter()
        .find(|package| document.described.contains(&package.id))
        .map(|package| titled(package.name, Some(package.version)));
    let count = |has: fn(&Package<'_>) -> bool| document.packages.iter().filter(|p| has(p)).count();
    Ok(Sbom {
        format: SbomFormat::Spdx,
        version: version.into(),
        name: document.name.map(String::from),
        namespace_or_serial: document.namespace.map(String::from),
        subject,
        packages: document.packages.len(),
        with_version: count(|package| !package.version.is_empty()),
        with_license: count(|package| package.has_license),
        with_purl: count(|package| package.has_purl),
    })
}

#[derive(Default)]
struct Document<'a> {
    version: Option<&'a str>,
    name: Option<&'a str>,
    namespace: Option<&'a str>,
    described: Vec<&'a str>,
    packages: Vec<Package<'a>>,
    /// Whether the lines that follow are about the last package.
    in_package: bool,
}

#[derive(Default)]
struct Package<'a> {
    id: &'a str,
    name: &'a str,
    version: &'a str,
    has_license: bool,
    has_purl: bool,
}

impl<'a> Document<'a> {
    fn take(&mut self, tag: &'a str, value: &'a str) {
        match tag {
            "SPDXVersion" => self.version = self.version.or(Some(value)),
            "DocumentName" => self.name = self.name.or(Some(value)),
            "DocumentNamespace" => self.namespace = self.namespace.or(Some(value)),
            "PackageName" => {
                self.in_package = true;
                self.packages.push(Package {
                    name: value,
                    ..Package::default()
                });
            }
            // These begin a part about something else.
            "FileName" | "SnippetSPDXID" | "LicenseID" => self.in_package = false,
            "Relationship" => {
                let mut words = value.split_whitespace();
                let relation = (words.next(), words.next(), words.next());
                if let (Some("SPDXRef-DOCUMENT"), Some("DESCRIBES"), Some(id)) = relation {
                    self.described.push(id);
                }
            }
            _ if self.in_package => {
                if let Some(package) = self.packages.last_mut() {
                    package.take(tag, value);
                }
            }
            _ => {}
        }
    }
}

impl<'a> Package<'a> {
    fn take(&mut self, tag: &str, value: &'a str) {
        match tag {
            "SPDXID" => self.id = value,
            "PackageVersion" => self.version = value,
            "PackageLicenseConcluded" | "PackageLicenseDeclared" => {
                self.has_license |= is_license(value);
            }
            "ExternalRef" => self.has_purl |= value.split_whitespace().nth(1) == Some("purl"),
            _ => {}
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_value_document_is_read() {
        let text = "SPDXVersion: SPDX-2.3\nSPDXID: SPDXRef-DOCUMENT\nDocumentName: shop\n\
            DocumentNamespace: https://example.org/shop\n# a comment: x\n\
            PackageName: cart\nSPDXID: SPDXRef-cart\nPackageVersion: 1.2\n\
            PackageLicenseDeclared: MIT\nPackageComment: <text>first\nPackageName: no package\n</text>\n\
            ExternalRef: PACKAGE-MANAGER purl pkg:cargo/cart@1.2\n\
            PackageName: tax\nSPDXID: SPDXRef-tax\nPackageLicenseConcluded: NOASSERTION\n\
            FileName: ./a\nSPDXID: SPDXRef-file\n\
            Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-cart\n";

        let sbom = parse(text).unwrap();

        assert_eq!(sbom.version, "2.3");
        assert_eq!(sbom.name.as_deref(), Some("shop"));
        assert_eq!(
            sbom.namespace_or_serial.as_deref(),
            Some("https://example.org/shop")
        );
        assert_eq!(sbom.subject.as_deref(), Some("cart@1.2"));
        assert_eq!((sbom.packages, sbom.with_version), (2, 1));
        assert_eq!((sbom.with_license, sbom.with_purl), (1, 1));
    }

    #[test]
    fn text_without_a_version_or_with_another_is_refused() {
        assert!(matches!(parse("PackageName: a\n"), Err(SbomError::Unknown)));
        let old = parse("SPDXVersion: SPDX-1.2\n");
        assert!(matches!(old, Err(SbomError::Version { .. })), "{old:?}");
    }
}
