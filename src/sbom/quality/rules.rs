//! Whether a document or a package has one element.

use crate::model::Timestamp;
use crate::model::expectation::SbomFormat;
use crate::model::{Element, Profile};
use crate::sbom::document::{Dependencies, EdgeKind, Package, Sbom, Tool, is_unknown};

/// How a document answers for one element.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Cell {
    /// It does not answer.
    Missing,
    /// It says that it does not know.
    Unknown,
    /// It answers.
    Present,
}

/// The document's own cell for an element of the scope document.
pub(super) fn of_document(sbom: &Sbom<'_>, profile: Profile, element: Element) -> Cell {
    let tools = || sbom.tools.iter().map(|tool| tool.name.as_ref());
    match element {
        Element::Author => {
            let authors = best(sbom.authors.iter().map(|text| named(text)));
            match profile {
                // NTIA, "Data Fields": the author can be a tool that analysed the software.
                Profile::Ntia2021 => authors.max(best(tools().map(text))),
                Profile::Cisa2026 => authors,
            }
        }
        Element::Timestamp => match sbom.created.as_deref() {
            Some(created) if is_rfc3339(created) => Cell::Present,
            Some(created) if is_unknown(created) => Cell::Unknown,
            _ => Cell::Missing,
        },
        // A document of another format would not have been read.
        Element::FormatName => Cell::Present,
        Element::FormatVersion => text(&sbom.version),
        Element::GenerationContext => best(sbom.lifecycles.iter().map(|phase| text(phase))),
        Element::ToolName => best(tools().map(text)),
        Element::ToolVersion => best(
            sbom.tools
                .iter()
                .map(|tool| tool_version(sbom.format, tool)),
        ),
        Element::DocumentVersion => optional(sbom.id.as_deref()),
        _ => Cell::Missing,
    }
}

/// A package's cell for an element of the scope package; `related` as [`related`] has it at the package's place.
pub(super) fn of_package(package: &Package<'_>, related: bool, element: Element) -> Cell {
    match element {
        Element::Supplier | Element::Producer => {
            let both = [&package.supplier, &package.originator];
            best(both.into_iter().flatten().map(|text| named(text)))
        }
        Element::Name => text(&package.name),
        Element::Version => optional(package.version.as_deref()),
        Element::Identifiers => identifiers(package),
        Element::HashValue => best(package.hashes.iter().map(|hash| text(&hash.value))),
        Element::HashAlgorithm => best(package.hashes.iter().map(|hash| text(&hash.algorithm))),
        Element::License => best(package.licenses.iter().map(|license| text(&license.text))),
        Element::Dependencies if related => Cell::Present,
        Element::Dependencies => match package.dependencies {
            Dependencies::Stated | Dependencies::None => Cell::Present,
            Dependencies::Unknown => Cell::Unknown,
            Dependencies::Missing => Cell::Missing,
        },
        _ => Cell::Missing,
    }
}

/// Whether each package, by place, is at either end of a relationship that the profile takes for a dependency.
pub(super) fn related(sbom: &Sbom<'_>, profile: Profile) -> Vec<bool> {
    let mut related = vec![false; sbom.packages.len()];
    for edge in &sbom.edges {
        let counts = match (profile, edge.kind) {
            (_, EdgeKind::DependsOn) => true,
            // NTIA: "an upstream component X is included in software Y". CISA: one is "necessary for the operation" of
            // the other, which a folder or an image that holds a package does not say.
            (Profile::Ntia2021, EdgeKind::Contains) => true,
            (Profile::Cisa2026, EdgeKind::Contains) | (_, EdgeKind::Other) => false,
        };
        for place in [edge.from, edge.to] {
            if let Some(one) = related.get_mut(place as usize).filter(|_| counts) {
                *one = true;
            }
        }
    }
    related
}

/// Whether a text is a date and time of RFC 3339, section 5.6, without RFC 9557's suffix, which no format allows.
pub(super) fn is_rfc3339(text: &str) -> bool {
    let Some((date_time, rest)) = text.split_at_checked(19) else {
        return false;
    };
    let shape = date_time.bytes().zip(*b"dddd-dd-ddTdd:dd:dd");
    let has_shape = shape.into_iter().all(|(found, wanted)| match wanted {
        b'd' => found.is_ascii_digit(),
        other => found.eq_ignore_ascii_case(&other),
    });
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    let offset = zone.bytes().zip(*b"+dd:dd").filter(|_| zone.len() == 6);
    let has_zone = zone.eq_ignore_ascii_case("z")
        || offset.clone().count() == 6
            && offset.into_iter().all(|(found, wanted)| match wanted {
                b'd' => found.is_ascii_digit(),
                b'+' => matches!(found, b'+' | b'-'),
                other => found == other,
            });
    // The fraction may have any number of digits and changes nothing.
    let has_fraction = !rest.starts_with('.') || rest.len() > zone.len() + 1;
    has_shape
        && has_zone
        && has_fraction
        && format!("{date_time}{zone}").parse::<Timestamp>().is_ok()
}

fn identifiers(package: &Package<'_>) -> Cell {
    let others = package.identifiers;
    if others.cpe || others.swid || others.other {
        return Cell::Present;
    }
    let purls = package.purl.iter().chain(&package.more_purls);
    best(purls.map(|purl| match text(purl) {
        Cell::Present if !is_purl(purl) => Cell::Missing,
        cell => cell,
    }))
}

fn is_purl(text: &str) -> bool {
    (text.get(..4)).is_some_and(|scheme| scheme.eq_ignore_ascii_case("pkg:"))
}

/// A version of its own, or what SPDX writes behind the tool's name: a hyphen or (ko) a space, perhaps a `v`, and a digit.
fn tool_version(format: SbomFormat, tool: &Tool<'_>) -> Cell {
    if text(&tool.name) != Cell::Present {
        return Cell::Missing;
    }
    let own = optional(tool.version.as_deref());
    if own != Cell::Missing || format != SbomFormat::Spdx {
        return own;
    }
    let mut tails = tool.name.split(['-', ' ']).skip(1);
    let is_version = |tail: &str| {
        let digits = tail.strip_prefix(['v', 'V']).unwrap_or(tail);
        digits.starts_with(|c: char| c.is_ascii_digit())
    };
    match tool.name.rsplit_once(['-', ' ']) {
        Some((_, last)) if is_unknown(last) => Cell::Unknown,
        _ if tails.any(is_version) => Cell::Present,
        _ => Cell::Missing,
    }
}

/// SPDX's `Person: Jane (jane@example.org)` without the first word, CycloneDX's name as it is.
fn named(entity: &str) -> Cell {
    let kinds = ["Person:", "Organization:", "Tool:"];
    let name = kinds
        .into_iter()
        .find_map(|kind| entity.trim_start().strip_prefix(kind));
    text(name.unwrap_or(entity))
}

fn optional(found: Option<&str>) -> Cell {
    found.map_or(Cell::Missing, text)
}

fn text(found: &str) -> Cell {
    match found.trim() {
        "" => Cell::Missing,
        found if is_unknown(found) => Cell::Unknown,
        _ => Cell::Present,
    }
}

fn best(cells: impl Iterator<Item = Cell>) -> Cell {
    cells.max().unwrap_or(Cell::Missing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sbom::document::{Hash, License, LicenseBy};
    use crate::sbom::sample::{edge, package, sbom};

    #[test]
    fn a_time_of_rfc_3339_is_one_and_its_neighbours_are_not() {
        for good in [
            "2026-07-29T12:00:00Z",
            "2026-07-29t12:00:00z",
            "2026-07-29T12:00:00.123456789012Z",
            "2026-07-29T12:00:00-05:30",
        ] {
            assert!(is_rfc3339(good), "{good}");
        }
        for bad in [
            "",
            "2026-07-29",
            "2026-07-29T12:00:00",
            "2026-07-29T12:00Z",
            "2026-07-29 12:00:00Z",
            "2026-07-29T12:00:00.Z",
            "2026-07-29T12:00:00+0530",
            "2026-02-30T12:00:00Z",
            "2026-07-29T25:00:00Z",
            "2026-07-29T12:00:00Z[Europe/Paris]",
            "2026-07-29T12:00:00é",
            "yesterday, about ten o'clock",
        ] {
            assert!(!is_rfc3339(bad), "{bad}");
        }
    }

    #[test]
    fn a_supplier_that_is_only_a_kind_is_missing_and_one_that_asserts_nothing_is_unknown() {
        let by = |supplier: &'static str| {
            let mut one = package("a");
            one.supplier = Some(supplier.into());
            of_package(&one, false, Element::Supplier)
        };

        assert_eq!(by("Organization: "), Cell::Missing);
        assert_eq!(by("NOASSERTION"), Cell::Unknown);
        assert_eq!(by("Organization: NOASSERTION"), Cell::Unknown);
        assert_eq!(by("Person: Jane (jane@example.org)"), Cell::Present);
        assert_eq!(by("Jane"), Cell::Present);
    }

    #[test]
    fn an_originator_answers_for_a_supplier_that_is_not_known() {
        let mut one = package("a");
        one.supplier = Some("NOASSERTION".into());
        one.originator = Some("Person: Jane".into());

        assert_eq!(of_package(&one, false, Element::Supplier), Cell::Present);
        assert_eq!(of_package(&one, false, Element::Producer), Cell::Present);
    }

    #[test]
    fn none_is_an_answer_about_a_license_and_noassertion_says_that_it_is_not_known() {
        let by = |texts: &[&'static str]| {
            let mut one = package("a");
            one.licenses = (texts.iter())
                .map(|text| License {
                    text: (*text).into(),
                    is_name: false,
                    by: LicenseBy::Declared,
                })
                .collect();
            of_package(&one, false, Element::License)
        };

        assert_eq!(by(&[]), Cell::Missing);
        assert_eq!(by(&[""]), Cell::Missing);
        assert_eq!(by(&["NOASSERTION"]), Cell::Unknown);
        assert_eq!(by(&["NOASSERTION", "MIT"]), Cell::Present);
        assert_eq!(by(&["NONE"]), Cell::Present);
    }

    #[test]
    fn a_hash_without_an_algorithm_lacks_that_and_not_the_value() {
        let mut one = package("a");
        one.hashes = vec![Hash {
            algorithm: "".into(),
            value: "00".into(),
        }];

        assert_eq!(of_package(&one, false, Element::HashValue), Cell::Present);
        assert_eq!(
            of_package(&one, false, Element::HashAlgorithm),
            Cell::Missing
        );
    }

    #[test]
    fn a_purl_that_is_none_and_the_documents_own_id_identify_nothing() {
        let mut one = package("a");
        one.id = "SPDXRef-a".into();
        one.purl = Some("a@1.0".into());
        assert_eq!(of_package(&one, false, Element::Identifiers), Cell::Missing);

        one.identifiers.cpe = true;
        assert_eq!(of_package(&one, false, Element::Identifiers), Cell::Present);
    }

    #[test]
    fn being_contained_is_a_dependency_relationship_for_ntia_and_none_for_cisa() {
        let mut document = sbom(vec![package("a"), package("b"), package("c")]);
        document.edges = vec![
            edge(0, EdgeKind::Contains, 1),
            edge(2, EdgeKind::Other, 2),
            edge(9, EdgeKind::DependsOn, 9),
        ];

        assert_eq!(related(&document, Profile::Ntia2021), [true, true, false]);
        assert_eq!(related(&document, Profile::Cisa2026), [false; 3]);
    }

    #[test]
    fn both_ends_of_a_dependency_have_stated_a_relationship() {
        let mut document = sbom(vec![package("a"), package("b"), package("c")]);
        document.edges = vec![edge(0, EdgeKind::DependsOn, 1)];

        assert_eq!(related(&document, Profile::Cisa2026), [true, true, false]);
    }

    #[test]
    fn a_tool_is_an_author_for_ntia_and_none_for_cisa() {
        let mut document = sbom(Vec::new());
        document.authors.clear();

        let of = |profile| of_document(&document, profile, Element::Author);

        assert_eq!(of(Profile::Ntia2021), Cell::Present);
        assert_eq!(of(Profile::Cisa2026), Cell::Missing);
    }

    #[test]
    fn spdx_writes_a_tools_version_behind_its_name() {
        let of = |format, name: &'static str, version: Option<&'static str>| {
            let tool = Tool {
                name: name.into(),
                version: version.map(Into::into),
            };
            tool_version(format, &tool)
        };

        assert_eq!(of(SbomFormat::Spdx, "syft-1.18.1", None), Cell::Present);
        assert_eq!(
            of(SbomFormat::Spdx, "buildkit-v0.13.0-rc1", None),
            Cell::Present
        );
        assert_eq!(of(SbomFormat::Spdx, "ko v0.19.1", None), Cell::Present);
        assert_eq!(
            of(SbomFormat::Spdx, "spdx-sbom-generator", None),
            Cell::Missing
        );
        assert_eq!(of(SbomFormat::Spdx, "x-UNKNOWN", None), Cell::Unknown);
        assert_eq!(
            of(SbomFormat::Cyclonedx, "syft-1.18.1", None),
            Cell::Missing
        );
        assert_eq!(of(SbomFormat::Cyclonedx, "syft", Some("1")), Cell::Present);
        assert_eq!(of(SbomFormat::Cyclonedx, "", Some("1")), Cell::Missing);
    }
}
