//! Images with SBOMs of a story's own, and projects that release them.

use crate::common::project::Project;
use crate::common::{REPOSITORY, Run, TAG, run};
use crate::sample::{Sample, beside, world};
use evidence::model::Digest;
use evidence::oci::Descriptor;
use evidence::sandbox::{Caller, Content, Format, PublishedImage, SignRequest, SignedBy, Workflow};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};

/// Tag of the release before.
pub(crate) const BEFORE: &str = "v1.3.0";

/// A package of an SBOM.
#[derive(Clone)]
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) license: &'static str,
    pub(crate) hash: &'static str,
}

/// A package with an MIT license and a hash.
pub(crate) fn package(name: &'static str, version: &'static str) -> Package {
    Package {
        name,
        version,
        license: "MIT",
        hash: "aa",
    }
}

/// An image of one platform that no other story has.
pub(crate) fn new_image() -> PublishedImage {
    world()
        .sandbox
        .push_image(&new_name(), "a program")
        .unwrap()
}

/// An image of two platforms that no other story has.
pub(crate) fn new_index() -> PublishedImage {
    world()
        .sandbox
        .push_index(&new_name(), "a program")
        .unwrap()
}

fn new_name() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("demo/story-{}", NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// The release workflow at a tag.
pub(crate) fn workflow(tag: &str) -> SignedBy {
    SignedBy::Identity(Caller::Workflow(Workflow::release(
        REPOSITORY,
        tag,
        &"0".repeat(40),
    )))
}

/// Signs the image and nothing else.
pub(crate) fn sign(image: &PublishedImage, signer: &SignedBy) {
    attach(
        image,
        &image.descriptor,
        signer,
        Content::Signature(Default::default()),
    );
}

/// Attests an SPDX document for the image or one of its platforms.
pub(crate) fn attest(
    image: &PublishedImage,
    about: &Descriptor,
    signer: &SignedBy,
    document: Value,
) {
    let content = Content::Attestation {
        predicate_type: "https://spdx.dev/Document".into(),
        predicate: document,
    };
    attach(image, about, signer, content);
}

fn attach(image: &PublishedImage, about: &Descriptor, signer: &SignedBy, content: Content) {
    let request = SignRequest {
        repository: image.repository.clone(),
        image: about.clone(),
        signer: signer.clone(),
        format: Format::Bundle,
        content,
        defect: None,
    };
    world().sandbox.sign(&request).unwrap();
}

/// A signed image with an attested SPDX document of these packages, by the workflow at that tag.
pub(crate) fn described(tag: &str, packages: &[Package]) -> PublishedImage {
    let image = new_image();
    let signer = workflow(tag);
    sign(&image, &signer);
    let document = spdx(Some(image.descriptor.digest), packages);
    attest(&image, &image.descriptor, &signer, document);
    image
}

/// An SPDX 2.3 document about an image, or one that does not say which.
pub(crate) fn spdx(about: Option<Digest>, packages: &[Package]) -> Value {
    let listed = packages.iter().map(|package| {
        let Package {
            name,
            version,
            license,
            hash,
        } = package;
        json!({
            "SPDXID": format!("SPDXRef-{name}-{version}"),
            "name": name,
            "versionInfo": version,
            "supplier": "Organization: Makers",
            "downloadLocation": "NOASSERTION",
            "licenseDeclared": license,
            "checksums": [{"algorithm": "SHA256", "checksumValue": hash.repeat(32)}],
            "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                "referenceLocator": format!("pkg:cargo/{name}@{version}")}],
        })
    });
    let own = json!({
        "SPDXID": "SPDXRef-image",
        "name": "image",
        "versionInfo": about.map_or("1".into(), |digest| digest.to_string()),
        "supplier": "Organization: Makers",
        "downloadLocation": "NOASSERTION",
        "primaryPackagePurpose": "CONTAINER",
    });
    let contains = packages.iter().map(|package| {
        let id = format!("SPDXRef-{}-{}", package.name, package.version);
        json!({"spdxElementId": "SPDXRef-image", "relationshipType": "CONTAINS", "relatedSpdxElement": id})
    });
    let describes = json!({"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
        "relatedSpdxElement": "SPDXRef-image"});
    let packages: Vec<Value> = std::iter::once(own).chain(listed).collect();
    let relationships: Vec<Value> = std::iter::once(describes).chain(contains).collect();
    json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": "image",
        "documentNamespace": "https://example.test/image",
        "creationInfo": {"created": "2026-01-02T03:04:05Z", "creators": ["Organization: Makers", "Tool: hand-1"]},
        "packages": packages,
        "relationships": relationships,
    })
}

/// A project at a tag that releases this image as `api`, with an SBOM of which this is demanded, and these sections.
pub(crate) fn project(
    tag: &str,
    image: &PublishedImage,
    demands: &str,
    release: &str,
    sections: &str,
) -> Project {
    let issuer = world().sandbox.issuer_url();
    let reference = image.pinned();
    let demands = match demands {
        "" => String::new(),
        some => format!(", {some}"),
    };
    Project::tagged(world(), tag, |_| {
        format!(
            r#"version: 1
release: {{repository: github.com/{REPOSITORY}{release}}}
identities:
  release:
    issuer: {issuer}
    subject: https://github.com/{REPOSITORY}/.github/workflows/release.yml@refs/tags/{{tag}}
trusted-roots: [trusted_root.json]
images:
  - {{name: api, reference: "{reference}", signed-by: release, sbom: {{format: spdx, signed-by: release{demands}}}}}
{sections}"#
        )
    })
}

/// Releases a project with the real command, whatever comes of it.
pub(crate) fn release(project: &Project) -> Run {
    run(&world().release_args(project))
}

/// Releases a project that can be released; gives its bundle.
pub(crate) fn released(project: &Project, code: i32) -> Sample {
    let (sample, released) = Sample::release(project);
    assert_eq!(
        released.code,
        Some(code),
        "{}{}",
        released.stdout,
        released.stderr
    );
    sample
}

/// The release of this image at [`TAG`] with this demanded of its SBOM, sealed with that exit code.
pub(crate) fn release_with(image: &PublishedImage, demands: &str, code: i32) -> Sample {
    released(&project(TAG, image, demands, "", ""), code)
}

/// The release before, its bundle put where the project looks for it.
pub(crate) fn before(image: &PublishedImage, into: &Project) -> Project {
    let project = project(BEFORE, image, "", "", "");
    let _ = released_at(&project);
    let name = format!("evidence-bundle-{BEFORE}.tar.gz");
    std::fs::copy(project.bundle(), into.path(&name)).unwrap();
    std::fs::copy(
        beside(&project.bundle(), ".sigstore.json"),
        beside(&into.path(&name), ".sigstore.json"),
    )
    .unwrap();
    project
}

fn released_at(project: &Project) -> Run {
    let run = release(project);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    run
}
