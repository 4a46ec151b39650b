//! Gates that were judged, with the captures that they were judged by: out of a store, or of a bundle. Nothing is
//! verified here: `evidence verify` judges bundles.

use super::previous::{PreviousError, bodies, manifest};
use super::store::{Store, StoreError};
use crate::bundle::Archive;
use crate::model::{Capture, CapturedFile, Digest, Item, Kind, MemberPath, Moments};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

/// A gate's item, and the captures of the metrics that it reads.
#[derive(Clone, Debug)]
pub struct JudgedGate {
    /// Its item, with the claim that was stated.
    pub item: Item,
    /// The files of its metrics.
    pub capture: Capture,
}

/// Gates, and when the phases were that they are judged in.
#[derive(Clone, Debug)]
pub struct JudgedGates {
    /// Ascending by id.
    pub gates: Vec<JudgedGate>,
    /// As the producer says.
    pub moments: Moments,
}

/// The gates of a capture store, ascending by id.
///
/// # Errors
/// When the store cannot be read, or a blob is not what its name says.
pub fn of_store(store: &Store) -> Result<JudgedGates, StoreError> {
    let mut gates = Vec::new();
    for stored in store.items()? {
        if stored.item.expectation.kind() == Kind::Gate {
            gates.push(JudgedGate {
                capture: store.capture(&stored)?,
                item: stored.item,
            });
        }
    }
    Ok(JudgedGates {
        gates,
        moments: store.moments()?,
    })
}

/// The gates of a bundle, ascending by id. Each member is what the manifest lists; nothing else is looked at.
///
/// # Errors
/// When the file cannot be read, is no bundle, holds more than is taken, or a member is another one than is listed.
pub fn of_bundle(path: &Path) -> Result<JudgedGates, PreviousError> {
    let file = File::open(path).map_err(|source| PreviousError::Read {
        path: path.into(),
        source,
    })?;
    let mut members = Archive::new(file);
    let (_, manifest) = manifest(&mut members, path)?;
    let is_gate = |item: &&Item| item.expectation.kind() == Kind::Gate;
    let wanted: BTreeSet<&MemberPath> = (manifest.items.iter())
        .filter(is_gate)
        .flat_map(|item| &item.files)
        .collect();
    let bodies = bodies(&mut members, path, &wanted)?;
    let mut listed = BTreeMap::new();
    for entry in &manifest.files {
        if let Some(bytes) = bodies.get(&entry.path) {
            if Digest::of(bytes) != entry.sha256 {
                let reason = format!("the member {} is not the listed one", entry.path);
                return Err(PreviousError::Manifest {
                    path: path.into(),
                    reason,
                });
            }
            listed.insert(&entry.path, (entry, bytes));
        }
    }
    let capture = |item: &Item| Capture {
        captured: item.captured,
        window: item.window,
        request: item.request.clone(),
        files: (item.files.iter())
            .filter_map(|path| {
                let (entry, bytes) = listed.get(path)?;
                Some(CapturedFile {
                    path: path.clone(),
                    name: entry.name.clone(),
                    media_type: entry.media_type.clone(),
                    bytes: (*bytes).clone(),
                    digests: None,
                    redactions: manifest.redactions_of(path).to_vec(),
                })
            })
            .collect(),
    };
    let mut gates: Vec<JudgedGate> = (manifest.items.iter())
        .filter(is_gate)
        .map(|item| JudgedGate {
            item: item.clone(),
            capture: capture(item),
        })
        .collect();
    gates.sort_by(|a, b| a.item.id.cmp(&b.item.id));
    Ok(JudgedGates {
        gates,
        moments: manifest.moments.clone(),
    })
}
