//! What is on disk, without what is another in each run: moments of captures, and the random part of temporary names.

use crate::stage::Case;
use crate::whole::{files, leftovers};
use evidence::model::Digest;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What a store holds, but for when it was captured: that is another time in each run.
pub(crate) fn captures(store: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = files(store);
    found.remove(&PathBuf::from("lock"));
    let mut names = BTreeMap::new();
    let mut same = BTreeMap::new();
    for (path, bytes) in found {
        let json = serde_json::from_slice::<Value>(&bytes).map(timeless);
        let bytes = json.map_or(bytes, |json| json.to_string().into_bytes());
        if !path.starts_with("blobs") {
            same.insert(path, bytes);
            continue;
        }
        let digest = Digest::of(&bytes).hex();
        let name = path.file_name().unwrap().to_str().unwrap();
        names.insert(name.to_owned(), digest.clone());
        same.insert(PathBuf::from("blobs").join(digest), bytes);
    }
    for (path, bytes) in &mut same {
        if path.starts_with("items") {
            let text = String::from_utf8(std::mem::take(bytes)).unwrap();
            let renamed = |text: String, (from, to): (&String, &String)| text.replace(from, to);
            *bytes = names.iter().fold(text, renamed).into_bytes();
        }
    }
    same
}

/// A digest of all that is on disk: the same for states from which the next run does the same.
pub(crate) fn state(case: &Case) -> Digest {
    let mut held = captures(&case.store());
    held.extend(files(&case.out()));
    // Where a file in the making had come to, and what a lock's file says, is never read.
    let passing = leftovers(case.folder.path()).into_iter().map(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        let of = name.split(".part-").next().unwrap();
        // Blobs of this run's moments have names of their own.
        let of = if of.len() > 60 { "blob" } else { of };
        path.with_file_name(of)
    });
    let folders = [case.store(), case.out()];
    let folders = folders.iter().flat_map(|folder| {
        let inside = ["", "items", "blobs", "lock"].map(|name| folder.join(name));
        let above = folder.parent().map(Path::to_owned);
        inside.into_iter().chain(above).filter(|path| path.exists())
    });
    let names: BTreeSet<PathBuf> = passing.chain(folders).collect();
    let folder = case.folder.path().display().to_string();
    Digest::of(
        format!("{held:?} {names:?}")
            .replace(&folder, "")
            .as_bytes(),
    )
}

/// The document without the moments of its capture.
fn timeless(mut json: Value) -> Value {
    let moments = [
        "captured",
        "clockSkewMs",
        "date",
        "endedMs",
        "receivedMs",
        // Of documents that have one of those.
        "size",
        "startedMs",
    ];
    match &mut json {
        Value::Object(members) => {
            for (name, value) in members {
                *value = match moments.contains(&name.as_str()) {
                    true => Value::Null,
                    false => timeless(value.take()),
                };
            }
        }
        Value::Array(values) => {
            for value in values {
                *value = timeless(value.take());
            }
        }
        _ => {}
    }
    json
}
