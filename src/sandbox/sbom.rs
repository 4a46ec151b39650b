//! Small documents of what is in the demo's images: SPDX 2.3 and CycloneDX 1.6.

use crate::model::{Digest, Timestamp};
use serde_json::{Value, json};

/// Predicate type of SPDX documents.
pub const SPDX: &str = "https://spdx.dev/Document";
/// Predicate type of CycloneDX documents.
pub const CYCLONEDX: &str = "https://cyclonedx.org/bom";

/// A package: name, version, licence, and kind of package URL.
pub(super) type Package = (&'static str, &'static str, &'static str, &'static str);

/// What a document is about.
pub(super) struct Subject<'a> {
    pub(super) name: &'a str,
    pub(super) version: &'a str,
    pub(super) digest: Digest,
    pub(super) packages: &'a [Package],
}

pub(super) const API: &[Package] = &[
    ("axum", "0.8.9", "MIT", "cargo"),
    ("bytes", "1.11.1", "MIT", "cargo"),
    ("http", "1.4.0", "MIT OR Apache-2.0", "cargo"),
    ("hyper", "1.8.1", "MIT", "cargo"),
    ("prometheus-client", "0.24.0", "Apache-2.0 OR MIT", "cargo"),
    ("rustls", "0.23.36", "Apache-2.0 OR ISC OR MIT", "cargo"),
    ("serde", "1.0.228", "MIT OR Apache-2.0", "cargo"),
    ("serde_json", "1.0.149", "MIT OR Apache-2.0", "cargo"),
    ("sqlx", "0.8.6", "MIT OR Apache-2.0", "cargo"),
    ("tokio", "1.49.0", "MIT", "cargo"),
    ("tower", "0.5.3", "MIT", "cargo"),
    ("tracing", "0.1.44", "MIT", "cargo"),
];

pub(super) const CLIENT: &[Package] = &[
    ("busybox", "1.37.0-r20", "GPL-2.0-only", "apk"),
    (
        "ca-certificates-bundle",
        "20250911-r0",
        "MPL-2.0 AND MIT",
        "apk",
    ),
    ("libcrypto3", "3.5.4-r0", "Apache-2.0", "apk"),
    ("libssl3", "3.5.4-r0", "Apache-2.0", "apk"),
    ("musl", "1.2.5-r21", "MIT", "apk"),
    ("react", "19.2.3", "MIT", "npm"),
    ("react-dom", "19.2.3", "MIT", "npm"),
    ("scheduler", "0.27.0", "MIT", "npm"),
    ("zlib", "1.3.1-r2", "Zlib", "apk"),
];

pub(super) const GATEWAY: &[Package] = &[
    ("github.com/beorn7/perks", "v1.0.1", "MIT", "golang"),
    ("github.com/cespare/xxhash/v2", "v2.3.0", "MIT", "golang"),
    ("github.com/go-chi/chi/v5", "v5.2.3", "MIT", "golang"),
    ("github.com/golang-jwt/jwt/v5", "v5.3.0", "MIT", "golang"),
    ("github.com/google/uuid", "v1.6.0", "BSD-3-Clause", "golang"),
    (
        "github.com/prometheus/client_golang",
        "v1.23.2",
        "Apache-2.0",
        "golang",
    ),
    (
        "github.com/prometheus/client_model",
        "v0.6.2",
        "Apache-2.0",
        "golang",
    ),
    (
        "github.com/prometheus/common",
        "v0.67.4",
        "Apache-2.0",
        "golang",
    ),
    (
        "go.opentelemetry.io/otel",
        "v1.39.0",
        "Apache-2.0",
        "golang",
    ),
    ("golang.org/x/net", "v0.48.0", "BSD-3-Clause", "golang"),
    ("golang.org/x/sync", "v0.19.0", "BSD-3-Clause", "golang"),
    ("golang.org/x/sys", "v0.39.0", "BSD-3-Clause", "golang"),
    ("golang.org/x/text", "v0.32.0", "BSD-3-Clause", "golang"),
    (
        "google.golang.org/protobuf",
        "v1.36.11",
        "BSD-3-Clause",
        "golang",
    ),
];

/// An SPDX 2.3 document.
pub(super) fn spdx(subject: &Subject<'_>, at: Timestamp) -> Value {
    let mut packages = vec![json!({
        "SPDXID": "SPDXRef-image",
        "name": subject.name,
        "versionInfo": subject.version,
        "supplier": "Organization: DEMO",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": false,
        "primaryPackagePurpose": "CONTAINER",
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "Apache-2.0",
        "copyrightText": "NOASSERTION",
        "checksums": [{"algorithm": "SHA256", "checksumValue": subject.digest.hex()}],
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
            "referenceLocator": image_purl(subject)}],
    })];
    let mut relationships = vec![json!({"spdxElementId": "SPDXRef-DOCUMENT",
        "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-image"})];
    for (number, package) in subject.packages.iter().enumerate() {
        let (name, version, licence, _) = package;
        let id = format!("SPDXRef-package-{number}");
        relationships.push(json!({"spdxElementId": "SPDXRef-image",
            "relationshipType": "CONTAINS", "relatedSpdxElement": id}));
        packages.push(json!({
            "SPDXID": id,
            "name": name,
            "versionInfo": version,
            "supplier": format!("Organization: {}", supplier(package)),
            "downloadLocation": "NOASSERTION",
            "filesAnalyzed": false,
            "licenseConcluded": licence,
            "licenseDeclared": licence,
            "copyrightText": "NOASSERTION",
            "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                "referenceLocator": purl(package)}],
        }));
    }
    json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": subject.name,
        "documentNamespace": format!("https://demo.invalid/spdx/{}", subject.digest.hex()),
        "creationInfo": {"created": seconds(at), "creators": ["Organization: DEMO", "Tool: evidence-demo"]},
        "packages": packages,
        "relationships": relationships,
    })
}

/// A CycloneDX 1.6 document.
pub(super) fn cyclonedx(subject: &Subject<'_>, at: Timestamp) -> Value {
    let components: Vec<Value> = subject
        .packages
        .iter()
        .map(|package| {
            let (name, version, licence, _) = package;
            json!({"type": "library", "bom-ref": purl(package), "name": name, "version": version,
                "purl": purl(package), "supplier": {"name": supplier(package)},
                "licenses": [{"expression": licence}]})
        })
        .collect();
    let image = image_purl(subject);
    let contents: Vec<String> = subject.packages.iter().map(purl).collect();
    let mut dependencies = vec![json!({"ref": image, "dependsOn": contents})];
    dependencies.extend(
        contents
            .iter()
            .map(|purl| json!({"ref": purl, "dependsOn": []})),
    );
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": serial_number(subject.digest),
        "version": 1,
        "metadata": {
            "timestamp": seconds(at),
            "tools": {"components": [{"type": "application", "name": "evidence-demo"}]},
            "supplier": {"name": "DEMO"},
            "component": {"type": "container", "bom-ref": image, "name": subject.name,
                "version": subject.version, "purl": image,
                "hashes": [{"alg": "SHA-256", "content": subject.digest.hex()}]},
        },
        "components": components,
        "dependencies": dependencies,
    })
}

fn purl((name, version, _, kind): &Package) -> String {
    let name = match *kind {
        "apk" => format!("alpine/{name}"),
        _ => (*name).to_owned(),
    };
    format!("pkg:{kind}/{name}@{version}")
}

fn image_purl(subject: &Subject<'_>) -> String {
    let name = subject.name.rsplit('/').next().unwrap_or(subject.name);
    format!("pkg:oci/{name}@sha256%3A{}", subject.digest.hex())
}

fn supplier((name, _, _, kind): &Package) -> String {
    match *kind {
        "apk" => "Alpine Linux".into(),
        "golang" => name.split('/').take(2).collect::<Vec<_>>().join("/"),
        _ => format!("{name} maintainers"),
    }
}

fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A version 8 UUID (RFC 9562 section 5.8) made of the image's digest.
fn serial_number(digest: Digest) -> String {
    let hex = digest.hex();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!(
        "urn:uuid:{}-{}-8{}-a{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 15),
        part(15, 18),
        part(18, 30)
    )
}
