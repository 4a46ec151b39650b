//! What is counted of documents as they are written, where a reader could say too much.

use crate::sbom::parse;
use crate::sbom::quality::{Element, Profile, quality};

/// Cells that are present, explicitly unknown and missing.
fn cells(text: &str, profile: Profile, element: Element) -> [usize; 3] {
    let counted = quality(&parse(text.as_bytes()).unwrap(), profile);
    let one = counted.elements.iter().find(|one| one.element == element);
    one.map(|one| [one.present, one.unknown, one.missing])
        .unwrap()
}

#[test]
fn a_component_with_a_group_and_without_a_name_has_no_name() {
    let text = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","group":"org.acme"}]}"#;

    assert_eq!(cells(text, Profile::Ntia2021, Element::Name), [0, 0, 1]);
}

#[test]
fn who_supplies_the_software_is_no_author_of_the_document_and_who_created_it_is() {
    let of = |who: &str| {
        let text = format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{{"{who}":{{"name":"Acme"}}}}}}"#
        );
        cells(&text, Profile::Cisa2026, Element::Author)
    };

    assert_eq!(of("manufacturer"), [1, 0, 0]);
    assert_eq!(of("supplier"), [0, 0, 1]);
    assert_eq!(of("manufacture"), [0, 0, 1]);
}

#[test]
fn an_organisation_without_a_name_is_no_supplier_name_and_one_of_another_document_is() {
    let of = |supplier: &str| {
        let text = format!(
            r#"{{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[
            {{"type":"CreationInfo","@id":"_:c","specVersion":"3.0.1","created":"2026-01-01T00:00:00Z","createdBy":["urn:o"]}},
            {{"type":"SpdxDocument","spdxId":"urn:d","creationInfo":"_:c"}},
            {{"type":"Organization","spdxId":"urn:o"}},
            {{"type":"software_Package","spdxId":"urn:p","name":"p","suppliedBy":"{supplier}"}}]}}"#
        );
        (
            cells(&text, Profile::Ntia2021, Element::Supplier),
            cells(&text, Profile::Ntia2021, Element::Author),
        )
    };

    assert_eq!(of("urn:o"), ([0, 0, 1], [0, 0, 1]));
    assert_eq!(of("https://example.org/other#acme").0, [1, 0, 0]);
}
