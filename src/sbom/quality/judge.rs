//! What a gate may ask of a document's quality.

use super::count::{ElementQuality, Quality};
use crate::model::{Problem, QualityLimits, Scope};
use crate::sbom::shown::first_three;

/// Returns where a document's quality falls short, the score first, then the elements in the order of the limits.
///
/// A profile other than the limits', or an element that the profile does not have, is a problem and never met.
pub fn judge(quality: &Quality, limits: &QualityLimits) -> Vec<Problem> {
    if quality.profile != limits.profile {
        let message = format!("counted by {}, not by {}", quality.profile, limits.profile);
        return vec![Problem::new("sbom-quality-profile", message)];
    }
    let score = limits
        .min_percent
        .filter(|min| quality.score.percent() < *min);
    let score = score.map(|min| {
        let message = format!(
            "{} of {}'s cells are present, at least {min} % are asked for",
            quality.score, quality.profile
        );
        Problem::new("sbom-quality-score", message)
    });
    let elements = limits.complete.iter().filter_map(|element| {
        let counted = (quality.elements.iter()).find(|one| one.element == *element);
        let message = match counted {
            None => Some(format!("{element} is no element of {}", quality.profile)),
            Some(one) => lacks(one, quality.packages),
        };
        message.map(|message| Problem::new(format!("sbom-quality-{element}"), message))
    });
    score.into_iter().chain(elements).collect()
}

/// What an element lacks, in a sentence; nothing when it is present everywhere.
fn lacks(one: &ElementQuality, packages: usize) -> Option<String> {
    let title = one.element.title();
    let lacking = one.missing + one.unknown;
    match (one.scope, &one.found) {
        _ if lacking == 0 => None,
        (Scope::Document, Some(found)) => Some(format!("the document's {title} is {found:?}")),
        (Scope::Document, None) if one.unknown > 0 => {
            Some(format!("the document says that its {title} is not known"))
        }
        (Scope::Document, None) => Some(format!("the document has no {title}")),
        (Scope::Package, _) if packages == 0 => {
            Some(format!("the document has no package, so no {title}"))
        }
        (Scope::Package, _) => {
            let unknown = match one.unknown {
                0 => String::new(),
                unknown => format!(" ({unknown} explicitly unknown)"),
            };
            let labels = one.lacking.iter().map(|lacking| lacking.package.label());
            let first = first_three(labels, lacking);
            Some(format!(
                "{lacking} of {packages} packages have no {title}{unknown}: {first}"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Element, Profile};
    use crate::sbom::document::Package;
    use crate::sbom::quality::quality;
    use crate::sbom::sample::{package, sbom};

    fn limits(min: Option<&str>, complete: &[Element]) -> QualityLimits {
        QualityLimits {
            profile: Profile::Ntia2021,
            min_percent: min.map(|text| text.parse().unwrap()),
            complete: complete.to_vec(),
        }
    }

    fn without_version(names: &[&'static str]) -> Quality {
        let packages = names.iter().map(|name| Package {
            version: None,
            ..package(name)
        });
        let rest = [package("whole")];
        quality(&sbom(packages.chain(rest).collect()), Profile::Ntia2021)
    }

    #[test]
    fn a_package_without_a_version_fails_the_limit_on_versions_and_no_other() {
        let asked = limits(Some("80"), Profile::Ntia2021.elements());

        let problems = judge(&without_version(&["a", "b", "c", "d"]), &asked);

        let message = "4 of 5 packages have no component version: a, b, c and 1 more";
        assert_eq!(problems, [Problem::new("sbom-quality-version", message)]);
    }

    #[test]
    fn a_score_below_the_least_asked_for_is_a_problem_and_the_same_score_is_none() {
        let counted = without_version(&["a"]);
        assert_eq!(counted.score.percent().to_string(), "91.6");

        assert_eq!(judge(&counted, &limits(Some("91.6"), &[])), []);
        let message =
            "91.6 % (11 of 12) of ntia-2021's cells are present, at least 91.7 % are asked for";
        assert_eq!(
            judge(&counted, &limits(Some("91.7"), &[])),
            [Problem::new("sbom-quality-score", message)]
        );
    }

    #[test]
    fn explicitly_unknown_is_not_complete() {
        let mut one = package("a");
        one.supplier = Some("NOASSERTION".into());
        let counted = quality(&sbom(vec![one]), Profile::Ntia2021);

        let problems = judge(&counted, &limits(None, &[Element::Supplier]));

        let message = "1 of 1 packages have no supplier name (1 explicitly unknown): a@1.0";
        assert_eq!(problems, [Problem::new("sbom-quality-supplier", message)]);
    }

    #[test]
    fn an_element_of_another_profile_is_never_met() {
        let counted = quality(&sbom(vec![package("a")]), Profile::Ntia2021);

        let problems = judge(&counted, &limits(None, &[Element::License]));

        let message = "license is no element of ntia-2021";
        assert_eq!(problems, [Problem::new("sbom-quality-license", message)]);
    }

    #[test]
    fn a_count_by_another_profile_meets_nothing() {
        let counted = quality(&sbom(vec![package("a")]), Profile::Cisa2026);

        let problems = judge(&counted, &limits(None, &[]));

        let message = "counted by cisa-2026, not by ntia-2021";
        assert_eq!(problems, [Problem::new("sbom-quality-profile", message)]);
    }

    #[test]
    fn a_document_without_a_package_or_an_author_lacks_them() {
        let mut document = sbom(Vec::new());
        (document.authors, document.tools) = Default::default();
        document.created = Some("now".into());
        let counted = quality(&document, Profile::Ntia2021);

        let asked = [Element::Author, Element::Timestamp, Element::Name];
        let problems = judge(&counted, &limits(None, &asked));

        let messages: Vec<_> = problems.iter().map(|one| one.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "the document has no SBOM author",
                "the document's timestamp is \"now\"",
                "the document has no package, so no component name"
            ]
        );
    }

    #[test]
    fn limits_read_from_a_configuration() {
        let text = r#"{"profile":"cisa-2026","minPercent":"92.5","complete":["hash-value"]}"#;

        let read: QualityLimits = serde_json::from_str(text).unwrap();

        assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }
}
