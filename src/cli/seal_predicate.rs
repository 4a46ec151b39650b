//! What a seal says of a bundle.

use evidence::bundle::{COMPRESSOR, Inspected};
use evidence::model::predicate::{ResourceDescriptor, SealPredicate, SealedItem, SealedRelease};
use evidence::model::{Digest, Expectation, Manifest};

/// Images of the bundle as subjects, so that a release's evidence is found from an image's digest.
pub(crate) fn images(manifest: &Manifest) -> Vec<(String, Digest)> {
    manifest
        .items
        .iter()
        .filter(|item| matches!(item.expectation, Expectation::Image { .. }))
        .filter_map(|item| {
            let digest = item.request.get("digest")?.as_str()?.parse().ok()?;
            Some((item.id.clone(), digest))
        })
        .collect()
}

/// What the bundle itself says, for whoever has only the seal.
pub(crate) fn predicate(inspected: &Inspected) -> SealPredicate {
    let manifest = &inspected.manifest;
    let release = &manifest.release;
    SealPredicate {
        release: SealedRelease {
            repository: release.repository.clone(),
            tag: release.tag.clone(),
            version: release.version.clone(),
            commit: ResourceDescriptor::with(&release.repository, "gitCommit", &release.commit),
            tag_object: release
                .tag_object
                .as_ref()
                .map(|object| ResourceDescriptor::with(&release.tag, "gitTag", object)),
        },
        stage: manifest.stage.clone(),
        sequence: manifest.sequence,
        previous: manifest
            .previous
            .map(|digest| ResourceDescriptor::sha256("previous", &digest)),
        manifest: ResourceDescriptor::sha256(
            evidence::bundle::MANIFEST,
            &inspected.packed.manifest,
        ),
        tar: ResourceDescriptor::sha256("tar", &inspected.packed.tar),
        compressor: COMPRESSOR.into(),
        gates: manifest.gates_word(),
        items: manifest
            .items
            .iter()
            .map(|item| SealedItem {
                id: item.id.clone(),
                kind: item.expectation.kind(),
                status: item.claim.status,
                met: item.claim.met,
            })
            .collect(),
    }
}
