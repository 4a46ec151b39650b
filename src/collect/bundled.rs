//! What a bundle has of its images and scans, for a look at it that proves nothing: `evidence verify` judges bundles.

use super::previous::{PreviousError, bodies, layout, manifest};
use crate::appraise::ImageRequest;
use crate::appraise::image_sboms::image_digests;
use crate::bundle::Archive;
use crate::model::{Digest, Expectation, Item, MemberPath, ScanExpectation};
use crate::oci::Layout;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Images and scans of a bundle. Nothing of it was verified.
#[derive(Debug)]
pub struct Bundled {
    /// In the manifest's order.
    pub images: Vec<BundledImage>,
    /// In the manifest's order.
    pub scans: Vec<BundledScan>,
}

/// An image, and what is attached to it.
#[derive(Debug)]
pub struct BundledImage {
    /// Id of its item.
    pub id: String,
    /// Its digest, as the item's request has it.
    pub digest: Option<Digest>,
    /// Its manifests and attachments.
    pub layout: Layout,
}

/// A scanner's report, and what it is read with.
#[derive(Debug)]
pub struct BundledScan {
    /// Id of its item.
    pub id: String,
    /// What is demanded of it.
    pub wanted: ScanExpectation,
    /// Digests by which the scanned image may be named; none where the bundle does not say which that is.
    pub images: Vec<Digest>,
    /// Its files by their own names.
    pub files: BTreeMap<String, Arc<[u8]>>,
}

/// Reads images with their attachments, and scans, out of a bundle. Nothing is verified.
///
/// # Errors
/// When the file cannot be read, is no bundle, or holds more than is taken.
pub fn read(path: &Path) -> Result<Bundled, PreviousError> {
    let file = File::open(path).map_err(|source| PreviousError::Read {
        path: path.into(),
        source,
    })?;
    let archive = |source| PreviousError::Archive {
        path: path.into(),
        source,
    };
    let mut members = Archive::new(file);
    let (_, manifest) = manifest(&mut members, path)?;
    let wanted: BTreeSet<&MemberPath> = (manifest.items.iter())
        .filter(|item| is_taken(&item.expectation))
        .flat_map(|item| &item.files)
        .collect();
    let bodies = bodies(&mut members, path, &wanted)?;
    members.finish().map_err(archive)?;
    let names: BTreeMap<&MemberPath, &str> = (manifest.files.iter())
        .map(|file| {
            let name = file.name.as_deref().unwrap_or(file.path.as_str());
            (&file.path, name)
        })
        .collect();
    let mut all = Bundled {
        images: Vec::new(),
        scans: Vec::new(),
    };
    for item in &manifest.items {
        match &item.expectation {
            Expectation::Image { .. } => all.images.push(image(item, &bodies)),
            Expectation::Scan(wanted) => all.scans.push(BundledScan {
                id: item.id.clone(),
                wanted: wanted.clone(),
                images: Vec::new(),
                files: (item.files.iter())
                    .filter_map(|path| {
                        let name = names.get(path)?;
                        Some(((*name).to_owned(), bodies.get(path)?.clone()))
                    })
                    .collect(),
            }),
            _ => {}
        }
    }
    for scan in &mut all.scans {
        let scanned = scan.wanted.image.as_ref();
        let image = (all.images.iter()).find(|one| scanned.is_some_and(|by| by.item == one.id));
        if let Some((image, digest)) = image.and_then(|one| Some((one, one.digest?))) {
            scan.images = image_digests(&image.layout, &digest);
        }
    }
    Ok(all)
}

fn is_taken(expectation: &Expectation) -> bool {
    matches!(
        expectation,
        Expectation::Image { .. } | Expectation::Scan(_)
    )
}

fn image(item: &Item, bodies: &BTreeMap<MemberPath, Arc<[u8]>>) -> BundledImage {
    let layout = layout(item, bodies);
    let request: Option<ImageRequest> = serde_json::from_value(item.request.clone()).ok();
    BundledImage {
        id: item.id.clone(),
        digest: request
            .map(|request| request.digest)
            .filter(|digest| layout.blob(digest).is_some()),
        layout,
    }
}
