//! The count itself.

use super::rules::{self, Cell};
use crate::model::limits;
use crate::model::{Element, Profile, Scope, Share};
use crate::sbom::document::{Package, Sbom};
use crate::sbom::shown::{Shown, shorten};
use serde::Serialize;

/// How complete a document is by one profile.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Quality {
    /// The profile.
    pub profile: Profile,
    /// Packages of the document, what it describes among them.
    pub packages: usize,
    /// Cells present, of all cells.
    pub score: Share,
    /// Cells present or explicitly unknown, of all cells.
    pub answered: Share,
    /// Per element, in the profile's order.
    pub elements: Vec<ElementQuality>,
    /// Elements of the profile's text that are not counted.
    pub not_counted: &'static [&'static str],
}

/// How often a document has one element.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ElementQuality {
    /// The element.
    pub element: Element,
    /// Where it belongs.
    pub scope: Scope,
    /// Cells that have it.
    pub present: usize,
    /// Cells that say that it is not known.
    pub unknown: usize,
    /// Cells that do not say.
    pub missing: usize,
    /// Packages that do not have it: those that do not say, then those that say that it is not known, each in the
    /// document's order; at most [`limits::SBOM_SHOWN_PACKAGES`].
    pub lacking: Vec<Lacking>,
    /// Packages that do not have it and are not in `lacking`.
    pub truncated: usize,
    /// What the document has in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
}

/// A package that lacks an element.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lacking {
    /// The package.
    #[serde(flatten)]
    pub package: Shown,
    /// Whether the document says that it does not know.
    pub unknown: bool,
}

/// Counts the elements of a profile in a document.
pub fn quality(sbom: &Sbom<'_>, profile: Profile) -> Quality {
    let related = rules::related(sbom, profile);
    let elements: Vec<_> = (profile.elements().iter())
        .map(|element| match element.scope() {
            Scope::Document => of_document(sbom, profile, *element),
            Scope::Package => of_packages(sbom, &related, *element),
        })
        .collect();
    let share = |cells: fn(&ElementQuality) -> usize| Share {
        part: elements.iter().map(|one| cells(one) as u64).sum(),
        whole: elements.iter().map(|one| one.cells() as u64).sum(),
    };
    Quality {
        profile,
        packages: sbom.packages.len(),
        score: share(|one| one.present),
        answered: share(|one| one.present + one.unknown),
        elements,
        not_counted: profile.not_counted(),
    }
}

impl ElementQuality {
    /// Cells of the element in all.
    pub fn cells(&self) -> usize {
        self.present + self.unknown + self.missing
    }

    fn new(element: Element) -> Self {
        Self {
            element,
            scope: element.scope(),
            present: 0,
            unknown: 0,
            missing: 0,
            lacking: Vec::new(),
            truncated: 0,
            found: None,
        }
    }

    fn add(&mut self, cell: Cell) {
        match cell {
            Cell::Present => self.present += 1,
            Cell::Unknown => self.unknown += 1,
            Cell::Missing => self.missing += 1,
        }
    }
}

fn of_document(sbom: &Sbom<'_>, profile: Profile, element: Element) -> ElementQuality {
    let mut count = ElementQuality::new(element);
    let cell = rules::of_document(sbom, profile, element);
    count.add(cell);
    if element == Element::Timestamp && cell == Cell::Missing {
        count.found = sbom.created.as_deref().map(shorten);
    }
    count
}

fn of_packages(sbom: &Sbom<'_>, related: &[bool], element: Element) -> ElementQuality {
    let mut count = ElementQuality::new(element);
    let (mut missing, mut unknown): (Vec<&Package<'_>>, Vec<&Package<'_>>) = Default::default();
    for (package, related) in sbom.packages.iter().zip(related) {
        let cell = rules::of_package(package, *related, element);
        count.add(cell);
        match cell {
            Cell::Missing => missing.push(package),
            Cell::Unknown => unknown.push(package),
            Cell::Present => {}
        }
    }
    let says = |packages: Vec<_>, unknown| packages.into_iter().map(move |one| (one, unknown));
    count.lacking = says(missing, false)
        .chain(says(unknown, true))
        .take(limits::SBOM_SHOWN_PACKAGES)
        .map(|(package, unknown)| Lacking {
            package: Shown::of(package),
            unknown,
        })
        .collect();
    count.truncated = count.missing + count.unknown - count.lacking.len();
    if sbom.packages.is_empty() {
        count.missing = 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sbom::document::EdgeKind;
    use crate::sbom::sample::{edge, package, sbom, subject};

    fn element(quality: &Quality, element: Element) -> &ElementQuality {
        (quality.elements.iter().find(|one| one.element == element)).unwrap()
    }

    #[test]
    fn a_document_that_has_everything_scores_a_hundred_in_both_profiles() {
        let document = sbom(vec![package("a"), package("b")]);

        let ntia = quality(&document, Profile::Ntia2021);
        let cisa = quality(&document, Profile::Cisa2026);

        assert_eq!((ntia.score.part, ntia.score.whole), (2 + 5 * 2, 2 + 5 * 2));
        assert_eq!((cisa.score.part, cisa.score.whole), (8 + 8 * 2, 8 + 8 * 2));
        assert_eq!(cisa.not_counted, ["SBOM author signature"]);
    }

    #[test]
    fn what_is_explicitly_unknown_is_answered_and_not_present() {
        let mut one = package("a");
        one.version = Some("NOASSERTION".into());

        let ntia = quality(&sbom(vec![one]), Profile::Ntia2021);

        assert_eq!(
            (ntia.score.part, ntia.answered.part, ntia.score.whole),
            (6, 7, 7)
        );
        assert_eq!(ntia.score.percent().to_string(), "85.7");
        let version = element(&ntia, Element::Version);
        assert_eq!(
            (version.present, version.unknown, version.missing),
            (0, 1, 0)
        );
        assert!(version.lacking[0].unknown);
    }

    #[test]
    fn what_a_document_describes_is_counted_as_its_parts_are() {
        let document = sbom(vec![subject("shop", "container"), package("a")]);

        let ntia = quality(&document, Profile::Ntia2021);

        let version = element(&ntia, Element::Version);
        assert_eq!((version.present, version.missing), (1, 1));
        assert_eq!(version.lacking[0].package.title, "shop");
    }

    #[test]
    fn packages_that_do_not_say_come_before_those_that_say_that_they_do_not_know() {
        let packages = (0..60)
            .map(|place| {
                let mut one = package("a");
                one.version = (place < 30).then(|| "NOASSERTION".into());
                one
            })
            .collect();

        let ntia = quality(&sbom(packages), Profile::Ntia2021);

        let version = element(&ntia, Element::Version);
        assert_eq!((version.unknown, version.missing), (30, 30));
        assert_eq!((version.lacking.len(), version.truncated), (50, 10));
        assert_eq!(version.lacking[0].package.id, "p30");
        assert_eq!(version.lacking[30].package.id, "p0");
    }

    #[test]
    fn a_time_that_is_none_is_missing_and_shown() {
        let mut document = sbom(vec![package("a")]);
        document.created = Some("yesterday".into());

        let ntia = quality(&document, Profile::Ntia2021);

        let timestamp = element(&ntia, Element::Timestamp);
        assert_eq!((timestamp.present, timestamp.missing), (0, 1));
        assert_eq!(timestamp.found.as_deref(), Some("yesterday"));
    }

    #[test]
    fn a_document_without_packages_lacks_every_element_of_packages() {
        let ntia = quality(&sbom(Vec::new()), Profile::Ntia2021);

        assert_eq!((ntia.score.part, ntia.score.whole), (2, 7));
    }

    #[test]
    fn every_cell_is_counted_once_whatever_the_document() {
        let mut document = sbom(vec![package("a"), subject("b", ""), subject("c", "")]);
        document.authors.clear();
        document.lifecycles.clear();
        document.edges = vec![edge(1, EdgeKind::Contains, 2)];

        for profile in Profile::ALL {
            for one in quality(&document, profile).elements {
                let cells = if one.scope == Scope::Document { 1 } else { 3 };
                assert_eq!(one.cells(), cells, "{}", one.element);
                assert_eq!(
                    one.lacking.len() + one.truncated,
                    if cells == 1 {
                        0
                    } else {
                        one.unknown + one.missing
                    },
                );
            }
        }
    }
}
