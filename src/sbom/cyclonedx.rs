//! CycloneDX 1.4 to 1.7 as JSON (ECMA-424).

use super::{Sbom, SbomError, titled, unread};
use crate::model::expectation::SbomFormat;
use serde::Deserialize;
use serde::de::IgnoredAny;

pub(super) fn parse(text: &str) -> Result<Sbom, SbomError> {
    let document: Document = serde_json::from_str(text)?;
    if document.bom_format != "CycloneDX" {
        return Err(SbomError::Unknown);
    }
    if !matches!(document.version.as_str(), "1.4" | "1.5" | "1.6" | "1.7") {
        return Err(unread(SbomFormat::Cyclonedx, &document.version));
    }
    let own = document.metadata.and_then(|metadata| metadata.component);
    let mut sbom = Sbom {
        format: SbomFormat::Cyclonedx,
        version: document.version,
        name: own.as_ref().map(|component| component.name.clone()),
        namespace_or_serial: document.serial,
        subject: own.map(|component| titled(&component.name, component.version.as_deref())),
        packages: 0,
        with_version: 0,
        with_license: 0,
        with_purl: 0,
    };
    count(&document.components, &mut sbom);
    Ok(sbom)
}

/// Depth is bounded before anything is parsed.
fn count(components: &[Component], sbom: &mut Sbom) {
    for component in components {
        sbom.packages += 1;
        sbom.with_version += usize::from(component.version.as_ref().is_some_and(|v| !v.is_empty()));
        sbom.with_license += usize::from(!component.licenses.is_empty());
        sbom.with_purl += usize::from(component.purl.is_some());
        count(&component.components, sbom);
    }
}

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "bomFormat")]
    bom_format: String,
    #[serde(rename = "specVersion")]
    version: String,
    #[serde(rename = "serialNumber")]
    serial: Option<String>,
    metadata: Option<Metadata>,
    #[serde(default)]
    components: Vec<Component>,
}

#[derive(Deserialize)]
struct Metadata {
    component: Option<Component>,
}

#[derive(Deserialize)]
struct Component {
    #[serde(default)]
    name: String,
    version: Option<String>,
    purl: Option<String>,
    #[serde(default)]
    licenses: Vec<IgnoredAny>,
    #[serde(default)]
    components: Vec<Component>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_components_count_in_every_version_that_is_read() {
        for version in ["1.4", "1.5", "1.6", "1.7"] {
            let text = format!(
                r#"{{"bomFormat":"CycloneDX","specVersion":"{version}","components":[
                {{"type":"library","name":"a","version":"1","licenses":[{{"license":{{"id":"MIT"}}}}],
                "components":[{{"type":"library","name":"b","purl":"pkg:x/b"}}]}}]}}"#
            );

            let sbom = parse(&text).unwrap();

            assert_eq!((sbom.packages, sbom.with_version), (2, 1), "{version}");
            assert_eq!((sbom.with_license, sbom.with_purl), (1, 1), "{version}");
        }
    }

    #[test]
    fn other_formats_and_versions_are_refused() {
        let other = parse(r#"{"bomFormat":"Other","specVersion":"1.6"}"#);
        let newer = parse(r#"{"bomFormat":"CycloneDX","specVersion":"2.0"}"#);

        assert!(matches!(other, Err(SbomError::Unknown)), "{other:?}");
        assert!(matches!(newer, Err(SbomError::Version { .. })), "{newer:?}");
    }
}
