//! Which content of an attached manifest is captured: signatures, attestations and SBOMs, never a file system.

use crate::model::limits;
use crate::oci::{Descriptor, Manifest};

/// Parts of the media types that hold a signature, an attestation or an SBOM.
const EVIDENCE: [&str; 10] = [
    "vnd.dev.sigstore.bundle",
    "vnd.dev.cosign",
    "vnd.dsse.envelope",
    "vnd.in-toto",
    "simplesigning",
    "spdx",
    "cyclonedx",
    "vnd.syft",
    "openvex",
    "sarif",
];

/// Layers of a manifest that is a signature, attestation or SBOM by its place (cosign's tags), each with its limit.
pub(super) fn layers_by_tag(manifest: &Manifest) -> Vec<(&Descriptor, u64)> {
    manifest
        .layers
        .iter()
        .filter(|layer| !is_file_system(&layer.media_type))
        .map(|layer| (layer, limit_of(layer)))
        .collect()
}

/// Layers of a referrer that are evidence by their own media type or by the manifest's kind, each with its limit.
/// Other referrers (charts, programs, other signature systems) keep their content to themselves.
pub(super) fn layers_by_type(manifest: &Manifest) -> Vec<(&Descriptor, u64)> {
    let kinds = [
        manifest.artifact_type.as_deref().unwrap_or_default(),
        manifest.config.media_type.as_str(),
    ];
    let all = kinds.into_iter().any(is_evidence);
    let mut layers = layers_by_tag(manifest);
    layers.retain(|(layer, _)| all || is_evidence(&layer.media_type));
    layers
}

/// Whether a layer is part of an image's file system.
pub(super) fn is_file_system(media_type: &str) -> bool {
    let media_type = media_type.to_ascii_lowercase();
    media_type.contains(".layer.")
        || media_type.contains(".rootfs.")
        || media_type
            .split(['+', '.', '/'])
            .any(|part| part == "tar" || part == "x-tar" || part == "octet-stream")
}

fn is_evidence(media_type: &str) -> bool {
    let media_type = media_type.to_ascii_lowercase();
    EVIDENCE.iter().any(|part| media_type.contains(part))
}

fn limit_of(layer: &Descriptor) -> u64 {
    if layer.media_type.contains("simplesigning") {
        limits::SIGNATURE_BYTES
    } else {
        // A Sigstore bundle may hold a whole SBOM; its annotations, which would say so, are anyone's word.
        limits::ATTESTATION_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_systems_are_told_from_evidence() {
        for layer in [
            "application/vnd.oci.image.layer.v1.tar+gzip",
            "application/vnd.docker.image.rootfs.diff.tar.gzip",
            "application/vnd.docker.image.rootfs.foreign.diff.tar",
            "application/octet-stream",
            "application/x-tar",
        ] {
            assert!(is_file_system(layer), "{layer}");
        }
        for evidence in [
            "application/vnd.dev.sigstore.bundle.v0.3+json",
            "application/vnd.dev.cosign.simplesigning.v1+json",
            "application/vnd.dsse.envelope.v1+json",
            "text/spdx+json",
            "application/vnd.cyclonedx+json",
        ] {
            assert!(
                is_evidence(evidence) && !is_file_system(evidence),
                "{evidence}"
            );
        }
        assert!(!is_evidence("application/vnd.cncf.notary.signature"));
    }
}
