//! Documents that mean harm: an error or a defect, in bounded memory, and never a panic.

use super::formats::{CYCLONEDX, SPDX2, SPDX3, TAG_VALUE};
use super::xml::XML;
use crate::model::limits;
use crate::sbom::document::Defect;
use crate::sbom::{SbomError, from_statement, parse, parse_any};
use proptest::prelude::*;
use std::fmt::Write;

const ALL: [&str; 5] = [SPDX2, SPDX3, CYCLONEDX, TAG_VALUE, XML];

#[test]
fn every_beginning_of_a_document_is_read_or_refused() {
    for text in ALL {
        for end in 0..text.len() {
            let found = parse(&text.as_bytes()[..end]);
            // A beginning of JSON or XML is none; lines of tag-value may end anywhere.
            assert!(found.is_err() || text == TAG_VALUE, "{end} of {text}");
        }
    }
}

#[test]
fn every_value_of_another_type_is_refused_with_its_place_or_passed_over() {
    for text in [SPDX2, SPDX3, CYCLONEDX] {
        for (at, _) in text.match_indices(':') {
            for value in [
                "7",
                "null",
                "{}",
                "[]",
                "[7]",
                "\"\"",
                "[[[[]]]]",
                "{\"a\":{}}",
            ] {
                let changed = format!("{}:{value},{}", &text[..at], &text[at + 1..]);
                let other = format!(
                    "{}:{value}{}",
                    &text[..at],
                    text[at + 1..].trim_start_matches(|c| c != ',' && c != '}')
                );
                for document in [changed, other] {
                    if let Err(SbomError::Json(error)) = parse(document.as_bytes()) {
                        assert!(error.line() > 0, "{error}");
                    }
                }
            }
        }
    }
}

#[test]
fn null_is_as_if_it_were_not_there_and_lists_of_null_are_empty() {
    let text = r#"{"spdxVersion":"SPDX-2.3","name":null,"creationInfo":null,"packages":[null,{"SPDXID":null,"name":"a",
        "versionInfo":null,"externalRefs":null,"checksums":[null]}],"files":null,"relationships":[null],"documentDescribes":null}"#;

    let sbom = parse(text.as_bytes()).unwrap();

    assert_eq!((sbom.packages.len(), sbom.defects.len()), (1, 0));
}

#[test]
fn a_wrong_type_is_named_with_its_place() {
    let error =
        parse(b"{\"spdxVersion\":\"SPDX-2.3\",\n\"packages\":[{\"versionInfo\":7}]}").unwrap_err();

    let SbomError::Json(error) = error else {
        panic!("{error:?}")
    };
    assert_eq!((error.line(), error.column()), (2, 28), "{error}");
}

#[test]
fn a_million_packages_are_refused_by_name() {
    let text = format!(
        r#"{{"spdxVersion":"SPDX-2.3","packages":[{}]}}"#,
        ["{}"; 1_000_000].join(",")
    );

    let error = parse(text.as_bytes()).unwrap_err();

    assert!(
        matches!(
            error,
            SbomError::TooMany {
                what: "packages",
                limit: limits::SBOM_PACKAGES
            }
        ),
        "{error:?}"
    );
}

#[test]
fn nested_components_count_as_those_around_them() {
    let text = format!(
        r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{{"components":[{}{{}}]}},{{"components":[{{}}]}}]}}"#,
        "{},".repeat(limits::SBOM_PACKAGES)
    );

    let error = parse(text.as_bytes()).unwrap_err();

    assert!(
        matches!(
            error,
            SbomError::TooMany {
                what: "components",
                limit: limits::SBOM_PACKAGES
            }
        ),
        "{error:?}"
    );
}

#[test]
fn more_of_one_package_than_is_read_is_refused_by_name() {
    let many = limits::SBOM_PER_PACKAGE + 2;
    let licenses = "{\"expression\":\"MIT\"},".repeat(many);
    let hashes = "{\"alg\":\"a\",\"content\":\"b\"},".repeat(many);
    let purls = "{\"referenceType\":\"purl\",\"referenceLocator\":\"pkg:a/b\"},".repeat(many);
    let documents = [
        format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{{"licenses":[{licenses}{{}}]}}]}}"#
        ),
        format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{{"hashes":[{hashes}null]}}]}}"#
        ),
        format!(r#"{{"spdxVersion":"SPDX-2.3","packages":[{{"externalRefs":[{purls}{{}}]}}]}}"#),
    ];

    for document in documents {
        let error = parse(document.as_bytes()).unwrap_err();
        assert!(
            matches!(
                error,
                SbomError::TooMany {
                    limit: limits::SBOM_PER_PACKAGE,
                    ..
                }
            ),
            "{error:?}"
        );
    }
}

#[test]
fn nesting_is_passed_over_where_nothing_is_read_and_refused_where_it_is() {
    let deep =
        |open: &str, close: &str| format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
    let skipped = format!(
        r#"{{"spdxVersion":"SPDX-2.3","x":{},"packages":[{{"y":{}}}]}}"#,
        deep("[", "]"),
        deep("{\"a\":", "}")
    );
    let read = [
        format!(
            r#"{{"spdxVersion":"SPDX-2.3","packages":{}}}"#,
            deep("[", "]")
        ),
        format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":{}}}"#,
            deep("[{\"components\":", "}]")
        ),
        format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","services":{}}}"#,
            deep("[{\"services\":", "}]")
        ),
        format!(
            r#"{{"@context":"https://spdx.org/rdf/3.0.1/","@graph":[{{"to":{}}}]}}"#,
            deep("[", "]")
        ),
        format!(r#"{{"@context":{}}}"#, deep("[", "]")),
    ];

    assert_eq!(parse(skipped.as_bytes()).unwrap().packages.len(), 1);
    for document in read {
        let error = parse(document.as_bytes()).unwrap_err();
        assert!(matches!(error, SbomError::Json(_)), "{error:?}");
    }
}

#[test]
fn components_nested_as_deep_as_is_read_fit_on_the_stack() {
    let depth = 60;
    let text = format!(
        r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":{}[]{}}}"#,
        "[{\"name\":\"a\",\"components\":".repeat(depth),
        "}]".repeat(depth)
    );

    assert_eq!(parse(text.as_bytes()).unwrap().packages.len(), depth);
}

#[test]
fn long_circles_of_containment_are_found_in_linear_time() {
    let many = 20_000;
    let mut text = String::from("SPDXVersion: SPDX-2.3\n");
    for at in 0..many {
        let next = (at + 1) % many;
        writeln!(text, "PackageName: p\nSPDXID: SPDXRef-{at}\nRelationship: SPDXRef-{at} CONTAINS SPDXRef-{next}").unwrap();
    }

    let sbom = parse(text.as_bytes()).unwrap();

    assert_eq!(sbom.defects, [Defect::Cycle("SPDXRef-0".into())]);
}

#[test]
fn long_ids_and_names_are_not_copied_for_everything_that_names_them() {
    let long = format!("\\u0061{}", "a".repeat(1 << 20));
    let many = "\"b\",".repeat(20_000);
    let packages: String = (0..200)
        .map(|at| {
            format!(r#"{{"type":"software_Package","spdxId":"p{at}","suppliedBy":"urn:me"}},"#)
        })
        .collect();
    let ids = format!(
        r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","dependencies":[{{"ref":"{long}","dependsOn":[{many}"c"]}}]}}"#
    );
    let names = SPDX3
        .replace("\"name\":\"Me\"", &format!("\"name\":\"{long}\""))
        .replace("\"@graph\":[", &format!("\"@graph\":[{packages}"));

    let sbom = parse(ids.as_bytes()).unwrap();
    let error = parse(names.as_bytes()).unwrap_err();

    assert!(matches!(
        sbom.defects.as_slice(),
        [Defect::Dangling { count: 20_001, .. }]
    ));
    assert!(
        matches!(
            error,
            SbomError::TooMany {
                what: "bytes of names and licenses",
                ..
            }
        ),
        "{error:?}"
    );
}

#[test]
fn defects_are_counted_beyond_those_that_are_kept() {
    let package = "PackageName: a\nSPDXID: SPDXRef-a\nExternalRef: PACKAGE-MANAGER purl x\n";
    let text = format!("SPDXVersion: SPDX-2.3\n{}", package.repeat(100));

    let sbom = parse(text.as_bytes()).unwrap();

    // One id that all have, and a hundred package URLs.
    assert_eq!(sbom.defects.len(), limits::SBOM_DEFECTS + 1);
    assert_eq!(
        sbom.defects.last(),
        Some(&Defect::More(101 - limits::SBOM_DEFECTS))
    );
}

#[test]
fn a_string_as_long_as_a_document_may_be_is_borrowed() {
    let long = "a".repeat(100_000_000);
    let text = format!(
        r#"{{"spdxVersion":"SPDX-2.3","name":"{long}","x":"{}"}}"#,
        &long[..1 << 20]
    );

    let sbom = parse(text.as_bytes()).unwrap();

    assert!(
        matches!(sbom.name, Some(std::borrow::Cow::Borrowed(name)) if name.len() == long.len())
    );
    let large = parse(&vec![b' '; (128 << 20) + 1]).unwrap_err();
    assert!(matches!(large, SbomError::TooLarge { .. }), "{large:?}");
}

#[test]
fn bytes_that_are_no_text_are_refused_and_a_byte_order_mark_is_not() {
    let marked = format!("\u{feff}{SPDX2}");
    let wide: Vec<u8> = [0xfeff]
        .into_iter()
        .chain(SPDX2.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let zero = SPDX2.replace("\"name\":\"a\"", "\"name\":\"a\0\"");
    let surrogate = SPDX2.replace("\"name\":\"a\"", "\"name\":\"\\ud800\"");

    assert!(parse(marked.as_bytes()).is_ok());
    assert!(parse_any(marked.as_bytes()).unwrap().parse().is_ok());
    assert!(matches!(parse(&wide), Err(SbomError::Encoding(_))));
    assert!(matches!(parse(zero.as_bytes()), Err(SbomError::Json(_))));
    assert!(matches!(
        parse(surrogate.as_bytes()),
        Err(SbomError::Json(_))
    ));
}

#[test]
fn doubled_keys_of_what_is_read_are_refused() {
    for (text, key) in [
        (SPDX2, "\"versionInfo\":"),
        (SPDX3, "\"suppliedBy\":"),
        (CYCLONEDX, "\"purl\":"),
    ] {
        let doubled = text.replace(key, &format!("{key}\"x\",{key}"));
        let error = parse(doubled.as_bytes()).unwrap_err();
        assert!(matches!(error, SbomError::Json(_)), "{error:?}");
    }
}

proptest! {
    #[test]
    fn no_mutation_of_a_document_panics(
        which in 0..ALL.len(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..8),
    ) {
        let mut bytes = ALL[which].as_bytes().to_vec();
        for (at, other, byte, what) in edits {
            let (at, other) = (at.index(bytes.len()), other.index(bytes.len()));
            match what {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => bytes.swap(at, other),
                _ => {
                    let piece = bytes[at.min(other)..at.max(other)].to_vec();
                    bytes.splice(at..at, piece);
                }
            }
        }
        let _ = parse(&bytes);
        let _ = from_statement(&bytes).map(|found| found.parse().map(|_| ()));
        let _ = parse_any(&bytes).map(|found| found.parse().map(|_| ()));
    }
}
