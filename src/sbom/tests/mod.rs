//! What all readers have in common.

mod formats;
mod hostile;
mod quality;
mod xml;

use super::*;
use crate::model::expectation::SbomFormat;

pub(super) const SPDX: &[u8] =
    include_bytes!("../../../fixtures/sbom/i07-v2-attest/sbom.spdx.json");
pub(super) const CYCLONEDX: &[u8] =
    include_bytes!("../../../fixtures/sbom/i07-v2-attest/sbom.cdx.json");

#[test]
fn a_real_spdx_document_is_read() {
    let sbom = parse(SPDX).unwrap();

    assert_eq!(sbom.format, SbomFormat::Spdx);
    assert_eq!(sbom.version, "2.3");
    assert_eq!(
        sbom.name.as_deref(),
        Some("127.0.0.1:5001/fx/i07-v2-attest")
    );
    assert!(
        sbom.id
            .as_ref()
            .unwrap()
            .starts_with("https://anchore.com/syft/")
    );
    assert_eq!(sbom.packages.len(), 4);
    assert_eq!(
        sbom.packages
            .iter()
            .filter(|one| one.version.is_some())
            .count(),
        4
    );
    assert_eq!(
        sbom.packages
            .iter()
            .filter(|one| one.purl.is_some())
            .count(),
        4
    );
    assert_eq!(sbom.defects, []);
    let subjects: Vec<String> = sbom.subjects().map(document::Package::title).collect();
    assert_eq!(subjects.len(), 1);
    assert!(subjects[0].starts_with("127.0.0.1:5001/fx/i07-v2-attest@sha256:46a11efa"));
}

#[test]
fn a_real_cyclonedx_document_is_read() {
    let sbom = parse(CYCLONEDX).unwrap();

    assert_eq!(
        (sbom.format, sbom.version.as_ref()),
        (SbomFormat::Cyclonedx, "1.6")
    );
    assert!(sbom.id.as_ref().unwrap().starts_with("urn:uuid:"));
    assert_eq!(sbom.listed().count(), 4);
    assert_eq!(sbom.listed().filter(|one| one.purl.is_some()).count(), 3);
    let subjects: Vec<String> = sbom.subjects().map(document::Package::title).collect();
    assert!(subjects[0].starts_with("127.0.0.1:5001/fx/i07-v2-attest@sha256:46a11efa"));
}

#[test]
fn other_and_broken_documents_have_their_own_errors() {
    let is = |bytes: &[u8], wanted: fn(&SbomError) -> bool| {
        let error = parse(bytes).unwrap_err();
        assert!(wanted(&error), "{error:?}");
    };

    is(b"{}", |error| matches!(error, SbomError::Unknown));
    is(b"", |error| matches!(error, SbomError::Unknown));
    is(b"{", |error| matches!(error, SbomError::Json(_)));
    is(b"{\"spdxVersion\":\"\xff\"}", |error| {
        matches!(error, SbomError::Encoding(_))
    });
    is(b"\xff\xfe{\0}\0", |error| {
        matches!(error, SbomError::Encoding(_))
    });
    is(&SPDX[..SPDX.len() / 2], |error| {
        matches!(error, SbomError::Json(_))
    });
    is(br#"{"bomFormat":"Other","specVersion":"1.6"}"#, |error| {
        matches!(error, SbomError::Unknown)
    });
    is(
        br#"{"bomFormat":"CycloneDX","specVersion":"2.0"}"#,
        |error| matches!(error, SbomError::Version { .. }),
    );
    is(br#"{"spdxVersion":"SPDX-2.4"}"#, |error| {
        matches!(error, SbomError::Version { .. })
    });
    is(
        br#"{"spdxVersion":"SPDX-2.3","name":"a","name":"b"}"#,
        |error| matches!(error, SbomError::Json(_)),
    );
}
