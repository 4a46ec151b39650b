//! The order of members: what the judgement of a later member needs stands before it, and what one item needs stands
//! together, so that little has to be held at a time.

use crate::model::{FileEntry, Manifest, MemberPath};
use std::collections::BTreeMap;

/// Where a member stands: group, first item that has it, rank within that, path.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Place {
    group: u8,
    item: usize,
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

/// The order that the items of a manifest give its members.
#[derive(Clone, Debug)]
pub struct Order {
    /// For each image's member: the first item that has it.
    first: BTreeMap<MemberPath, usize>,
}

impl Order {
    /// The order of this manifest's members.
    pub fn of(manifest: &Manifest) -> Self {
        let mut first = BTreeMap::new();
        for (at, item) in manifest.items.iter().enumerate() {
            for path in item.files.iter().filter(|path| path.is_under("oci")) {
                first.entry(path.clone()).or_insert(at);
            }
        }
        Self { first }
    }

    /// The place of a member. Configuration, git objects, images, metrics, dashboards, files: each ascending by path,
    /// but for images: after the layout's own files those of each item, in the order of the items; of one item first
    /// what signatures speak of, then attestations and SBOMs, each ascending.
    ///
    /// # Errors
    /// When the path is in none of the groups.
    pub fn place(&self, file: &FileEntry) -> Result<Place, Homeless> {
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
        let is_layouts_own = matches!(path.as_str(), "oci/oci-layout" | "oci/index.json");
        let (item, rank) = match (group, is_layouts_own) {
            (3, false) => {
                let item = self.first.get(path).map_or(usize::MAX, |at| at + 1);
                (
                    item,
                    if is_attestation(&file.media_type) {
                        2
                    } else {
                        1
                    },
                )
            }
            _ => (0, 0),
        };
        Ok(Place {
            group,
            item,
            rank,
            path: path.clone(),
        })
    }
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

    fn item(id: &str, files: &[&FileEntry]) -> serde_json::Value {
        let files: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        serde_json::json!({
            "id": id, "title": id, "phase": null, "captured": "2026-01-01T00:00:00Z", "window": null,
            "request": {}, "expectation": {"kind": "image", "reference": id, "signedBy": []},
            "claim": {"status": "recorded", "met": null, "facts": {}, "problems": []}, "files": files,
        })
    }

    fn order(items: &[serde_json::Value]) -> Order {
        let manifest = serde_json::json!({
            "version": 1,
            "release": {"repository": "r", "tag": "t", "tagObject": null, "commit": "c", "version": "1", "previous": null},
            "stage": "tag", "sequence": 0, "previous": null,
            "producer": {"name": "evidence", "version": "1", "binary": null, "run": null, "clockOffsetMs": null},
            "items": items, "redactions": [], "files": [],
        });
        Order::of(&serde_json::from_value(manifest).unwrap())
    }

    #[test]
    fn what_one_image_needs_stands_together_its_attestations_last() {
        let index = file("oci/index.json", "application/vnd.oci.image.index.v1+json");
        let image = |name: &str| {
            let path = format!("oci/blobs/sha256/{name}");
            file(&path, "application/vnd.oci.image.manifest.v1+json")
        };
        let statement = |name: &str| {
            let path = format!("oci/blobs/sha256/{name}");
            file(&path, "application/vnd.dev.sigstore.bundle.v0.3+json")
        };
        let (first, its_statement) = (image("ff"), statement("00"));
        let (second, other_statement, shared) = (image("11"), statement("01"), image("ee"));
        let order = order(&[
            item("first", &[&index, &first, &its_statement, &shared]),
            item("second", &[&index, &second, &other_statement, &shared]),
        ]);
        let in_order = [
            file("evidence.yaml", "application/yaml"),
            file("config/0.pub", "application/x-pem-file"),
            file("git/commit-1", "application/octet-stream"),
            index,
            file("oci/oci-layout", "application/json"),
            shared,
            first,
            its_statement,
            second,
            other_statement,
            image("00-of-nobody"),
            file("metrics/p95/chunk-000.json", "application/json"),
            file("dashboards/overview/render.png", "image/png"),
            file("files/runbooks/0.md", "text/markdown"),
        ];

        let places: Vec<_> = in_order
            .iter()
            .map(|file| order.place(file).unwrap())
            .collect();

        assert!(places.is_sorted());
        assert!(order.place(&file("elsewhere/x", "text/plain")).is_err());
        assert!(
            order
                .place(&file("manifest.json", "application/json"))
                .is_err()
        );
    }
}
