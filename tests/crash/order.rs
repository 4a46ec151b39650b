//! Whether the order of a run's calls outlives a power cut: what a disk was not told to keep may be lost, in any order.

use crate::calls::{Call, Deed};
use std::path::{Path, PathBuf};

/// What a power cut at some moment of this run could turn into a wrong file, one sentence each.
pub(crate) fn flaws(calls: &[Call]) -> Vec<String> {
    let worked: Vec<&Call> = calls.iter().filter(|call| call.worked).collect();
    let mut flaws = Vec::new();
    for call in &worked {
        match (call.deed, &call.to) {
            (Deed::Rename, Some(to)) => {
                flaws.extend(unsynced_bytes(&worked, call));
                flaws.extend(unsynced_name(&worked, call.left, to, usize::MAX));
                flaws.extend(unsynced_blobs(&worked, call, to));
            }
            (Deed::Folder, _) => {
                let inside = |other: &&&Call| is_put_into(other, &call.path);
                let first = worked
                    .iter()
                    .filter(inside)
                    .map(|other| other.entered)
                    .min();
                let relied = first.unwrap_or(usize::MAX);
                flaws.extend(unsynced_name(&worked, call.left, &call.path, relied));
            }
            (Deed::Remove, _) if !is_passing(&call.path) => {
                let after = |other: &&&Call| {
                    other.entered > call.left
                        && (other.to.as_ref()).is_some_and(|to| to.parent() == call.path.parent())
                };
                let next = worked.iter().filter(after).map(|other| other.entered).min();
                let relied = next.unwrap_or(usize::MAX);
                flaws.extend(unsynced_name(&worked, call.left, &call.path, relied));
            }
            _ => {}
        }
    }
    flaws
}

/// A file gets its name before its bytes are on disk: half of it may be there afterwards.
fn unsynced_bytes(worked: &[&Call], rename: &Call) -> Option<String> {
    let of_file = |call: &&&Call| call.path == rename.path && call.entered < rename.entered;
    let written = worked
        .iter()
        .filter(of_file)
        .filter(|call| call.deed == Deed::Write);
    let written = written.map(|call| call.left).max().unwrap_or(0);
    let mut synced = worked.iter().filter(of_file);
    let is_synced = synced.any(|call| {
        call.deed == Deed::Sync && call.entered > written && call.left < rename.entered
    });
    (!is_synced).then(|| format!("{} is renamed before it is synced", shown(rename)))
}

/// A name is relied on before its folder is synced: it may be the old one again afterwards.
fn unsynced_name(worked: &[&Call], changed: usize, name: &Path, relied: usize) -> Option<String> {
    let is_synced = worked.iter().any(|call| {
        call.deed == Deed::Sync
            && Some(call.path.as_path()) == name.parent()
            && call.entered > changed
            && call.left < relied
    });
    (!is_synced).then(|| {
        let by_when = match relied {
            usize::MAX => "the end",
            _ => "it is relied on",
        };
        format!(
            "the folder of {} is not synced before {by_when}",
            name.display()
        )
    })
}

/// An item gets its name before those of its blobs are on disk.
fn unsynced_blobs(worked: &[&Call], item: &Call, to: &Path) -> Vec<String> {
    if to.parent().and_then(Path::file_name) != Some("items".as_ref()) {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(&item.bytes);
    let blobs = worked.iter().filter(|call| {
        let name = call.to.as_ref().and_then(|to| to.file_name()?.to_str());
        call.entered < item.entered
            && name.is_some_and(|name| name.len() == 64 && text.contains(name))
    });
    let names = blobs.filter_map(|blob| {
        let to = blob.to.as_ref()?;
        unsynced_name(worked, blob.left, to, item.entered)
    });
    names.collect()
}

/// Whether the call gives a name to something in that folder, or in one below.
fn is_put_into(call: &Call, folder: &Path) -> bool {
    let put: Option<&PathBuf> = match call.deed {
        Deed::Rename => call.to.as_ref(),
        Deed::Folder => Some(&call.path),
        _ => None,
    };
    put.is_some_and(|put| put != folder && put.starts_with(folder))
}

/// Whether a file of this name means nothing to any later run.
fn is_passing(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.contains(".part-") || name.ends_with(".lock")
}

fn shown(rename: &Call) -> String {
    let to = rename.to.as_deref().unwrap_or(&rename.path);
    to.display().to_string()
}

/// A run that writes a store's item and its blob as it should.
fn good() -> Vec<Call> {
    let blob = "0".repeat(64);
    let mut calls = vec![
        call(Deed::Folder, "/s", ""),
        call(Deed::Sync, "/", ""),
        call(Deed::Create, "/s/.part-1", ""),
        call(Deed::Write, "/s/.part-1", ""),
        call(Deed::Sync, "/s/.part-1", ""),
        call(Deed::Rename, "/s/.part-1", &format!("/s/blobs/{blob}")),
        call(Deed::Sync, "/s/blobs", ""),
        call(Deed::Create, "/s/.part-2", ""),
        call(Deed::Write, "/s/.part-2", ""),
        call(Deed::Sync, "/s/.part-2", ""),
        call(Deed::Rename, "/s/.part-2", "/s/items/a.json"),
        call(Deed::Sync, "/s/items", ""),
        call(Deed::Remove, "/s/a.sha256", ""),
        call(Deed::Sync, "/s", ""),
        call(Deed::Create, "/s/.part-3", ""),
        call(Deed::Sync, "/s/.part-3", ""),
        call(Deed::Rename, "/s/.part-3", "/s/a"),
        call(Deed::Sync, "/s", ""),
    ];
    calls[10].bytes = blob.into_bytes();
    for (at, call) in calls.iter_mut().enumerate() {
        (call.entered, call.left) = (2 * at + 1, 2 * at + 2);
    }
    calls
}

fn call(deed: Deed, path: &str, to: &str) -> Call {
    Call {
        deed,
        path: path.into(),
        to: (!to.is_empty()).then(|| to.into()),
        bytes: Vec::new(),
        entered: 0,
        left: 0,
        worked: true,
    }
}

#[test]
fn a_good_order_has_no_flaw_and_each_sync_is_missed() {
    let syncs: Vec<usize> = (good().iter().enumerate())
        .filter(|(_, call)| call.deed == Deed::Sync)
        .map(|(at, _)| at)
        .collect();

    assert_eq!(flaws(&good()), Vec::<String>::new());
    assert_eq!(syncs.len(), 8);
    for at in syncs {
        let mut without = good();
        let call = without.remove(at);
        assert_ne!(flaws(&without), Vec::<String>::new(), "{call:?}");
        let mut failed = good();
        failed[at].worked = false;
        assert_ne!(flaws(&failed), Vec::<String>::new(), "{call:?}");
    }
}

#[test]
fn bytes_that_are_written_after_the_sync_are_a_flaw() {
    let mut late = good();
    (late[3].entered, late[3].left) = (late[4].left, late[4].left);

    let found = flaws(&late);

    let blob = format!("/s/blobs/{} is renamed before it is synced", "0".repeat(64));
    assert_eq!(found, [blob]);
}
