//! The order of members: what the judgement of a later member needs stands before it.

use crate::model::{FileEntry, MemberPath};

/// Where a member stands: group, rank within the group, path.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Place {
    group: u8,
    rank: u8,
    path: MemberPath,
}

/// A member outside of every group.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{path} belongs to no group of members")]
pub struct Homeless {
    /// Its path.
    pub path: MemberPath,
}

/// The place of a member. Configuration, git objects, images, metrics, dashboards, files: each ascending by path;
/// within images first what signatures speak of, then attestations and SBOMs.
///
/// # Errors
/// When the path is in none of the groups.
pub fn place(file: &FileEntry) -> Result<Place, Homeless> {
    let path = &file.path;
    let group = if path.as_str() == super::CONFIGURATION {
        0
    } else {
        match path.as_str().split('/').next() {
            Some("config") => 1,
            Some("git") => 2,
            Some("oci") => 3,
            Some("metrics") => 4,
            Some("dashboards") => 5,
            Some("files") => 6,
            _ => return Err(Homeless { path: path.clone() }),
        }
    };
    let rank = match path.as_str() {
        "oci/oci-layout" | "oci/index.json" => 0,
        _ if group == 3 && is_attestation(&file.media_type) => 2,
        _ => 1,
    };
    Ok(Place {
        group,
        rank,
        path: path.clone(),
    })
}

fn is_attestation(media_type: &str) -> bool {
    media_type.starts_with("application/vnd.dev.sigstore.bundle")
        || media_type.starts_with("application/vnd.dsse.envelope")
        || media_type.starts_with("application/spdx")
        || media_type.starts_with("text/spdx")
        || media_type.starts_with("application/vnd.cyclonedx")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Digest;

    fn file(path: &str, media_type: &str) -> FileEntry {
        FileEntry {
            path: path.try_into().unwrap(),
            name: None,
            size: 0,
            sha256: Digest::of(b""),
            media_type: media_type.into(),
        }
    }

    #[test]
    fn images_come_before_their_attestations_and_after_git() {
        let in_order = [
            file("evidence.yaml", "application/yaml"),
            file("config/0.pub", "application/x-pem-file"),
            file("git/commit-1", "application/octet-stream"),
            file("oci/index.json", "application/vnd.oci.image.index.v1+json"),
            file("oci/oci-layout", "application/json"),
            file(
                "oci/blobs/sha256/ff",
                "application/vnd.oci.image.manifest.v1+json",
            ),
            file(
                "oci/blobs/sha256/00",
                "application/vnd.dev.sigstore.bundle.v0.3+json",
            ),
            file("metrics/p95/chunk-000.json", "application/json"),
            file("dashboards/overview/render.png", "image/png"),
            file("files/runbooks/0.md", "text/markdown"),
        ];

        let places: Vec<_> = in_order.iter().map(|file| place(file).unwrap()).collect();

        assert!(places.is_sorted());
        assert!(place(&file("elsewhere/x", "text/plain")).is_err());
        assert!(place(&file("manifest.json", "application/json")).is_err());
    }
}
