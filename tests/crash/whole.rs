//! What a disk may hold after any run, killed or not: files that are whole and right, or none.

use crate::stage::Case;
use base64::Engine as _;
use evidence::model::Digest;
use evidence::sigstore::trust::{Key, Roots};
use evidence::sigstore::{Artifact, Options, judge_bundle};
use flate2::read::MultiGzDecoder;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Every file below a folder that is no leftover of a run, by its path in the folder.
pub(crate) fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(dir) = open.pop() {
        let Ok(entries) = fs::read_dir(dir) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if !is_leftover(&path) {
                let bytes = fs::read(&path).unwrap();
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), bytes);
            }
        }
    }
    found
}

/// Files in the making and locks: what a killed run may leave, and no run reads.
pub(crate) fn leftovers(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                false if is_leftover(&path) => found.push(path),
                false => {}
            }
        }
    }
    found
}

fn is_leftover(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_str().unwrap();
    name.starts_with('.') && (name.contains(".part-") || name.ends_with(".lock"))
}

/// What is half or wrong in a capture store.
pub(crate) fn wrong_in_store(store: &Path) -> Vec<String> {
    let files = files(store);
    let mut wrong = Vec::new();
    for (path, bytes) in &files {
        let name = path.file_name().unwrap().to_str().unwrap();
        let is_right = match path.parent().unwrap().to_str().unwrap() {
            "blobs" => Digest::of(bytes).hex() == name,
            "items" => match serde_json::from_slice::<Value>(bytes) {
                Ok(item) => lacking(&item, &files).is_empty(),
                Err(_) => false,
            },
            _ if name.ends_with(".json") => serde_json::from_slice::<Value>(bytes).is_ok(),
            _ if name == ".gitignore" => bytes == b"*\n",
            _ => name == "lock",
        };
        if !is_right {
            wrong.push(path.display().to_string());
        }
    }
    wrong
}

/// Blobs that an item names and a store lacks.
fn lacking(item: &Value, files: &BTreeMap<PathBuf, Vec<u8>>) -> Vec<String> {
    let named = item["files"].as_array().unwrap();
    let digests = named.iter().map(|file| {
        let digest: Digest = file["sha256"].as_str().unwrap().parse().unwrap();
        digest.hex()
    });
    digests
        .filter(|digest| !files.contains_key(&Path::new("blobs").join(digest)))
        .collect()
}

/// What is half or wrong beside a bundle, or it itself; `before` is what was there before the run.
pub(crate) fn wrong_in_out(
    case: &Case,
    before: &BTreeMap<PathBuf, Vec<u8>>,
    seals: &Seals,
) -> Vec<String> {
    let now = files(&case.out());
    let bundle = case.bundle();
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let mut wrong = Vec::new();
    let digest = match bundle.exists().then(|| bundle_digest(&bundle)) {
        None => None,
        Some(Ok(digest)) => Some(digest),
        Some(Err(why)) => {
            wrong.push(format!("the bundle: {why}"));
            None
        }
    };
    for (path, bytes) in &now {
        let is_right = match name(path) {
            own if own == name(&bundle) => true,
            own if own == name(&case.beside(".sha256")) => {
                let line = digest.map(|digest| format!("{}  {}\n", digest.hex(), name(&bundle)));
                Some(bytes.as_slice()) == line.as_ref().map(|line| line.as_bytes())
            }
            // An earlier one stays until it is replaced: it says itself which bundle it is about.
            _ if before.get(path) == Some(bytes) => true,
            own if own == name(&case.beside(".sigstore.json")) => {
                digest.is_some_and(|digest| seals.hold(bytes, digest))
            }
            own if own.ends_with(".report.html") => {
                let text = String::from_utf8_lossy(bytes);
                digest.is_some_and(|digest| text.contains(&digest.hex()))
                    && text.trim_end().ends_with("</html>")
            }
            _ => false,
        };
        if !is_right {
            wrong.push(path.display().to_string());
        }
    }
    wrong
}

/// The bundle's digest, when all of it can be read and is what its manifest lists.
pub(crate) fn bundle_digest(path: &Path) -> Result<Digest, String> {
    let error = |error: std::io::Error| error.to_string();
    let mut archive = tar::Archive::new(MultiGzDecoder::new(File::open(path).map_err(error)?));
    let mut members = BTreeMap::new();
    for entry in archive.entries().map_err(error)? {
        let mut entry = entry.map_err(error)?;
        let name = entry.path().map_err(error)?.display().to_string();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(error)?;
        members.insert(name, bytes);
    }
    let manifest = members.remove("manifest.json").ok_or("no manifest")?;
    let manifest: Value = serde_json::from_slice(&manifest).map_err(|error| error.to_string())?;
    let listed = manifest["files"].as_array().ok_or("no files")?;
    for file in listed {
        let path = file["path"].as_str().ok_or("no path")?;
        let bytes = members.remove(path).ok_or(format!("{path} is not there"))?;
        let digest: Digest = file["sha256"]
            .as_str()
            .unwrap_or_default()
            .parse()
            .map_err(|_| "no digest")?;
        if Digest::of(&bytes) != digest {
            return Err(format!("{path} is another"));
        }
    }
    match members.is_empty() {
        true => Ok(Digest::of(&fs::read(path).map_err(error)?)),
        false => Err("members that are not listed".into()),
    }
}

/// By which root and key seals hold.
pub(crate) struct Seals {
    pub(crate) roots: Roots,
    pub(crate) key: Key,
}

impl Seals {
    /// Whether the seal verifies, and is of this bundle.
    pub(crate) fn hold(&self, seal: &[u8], bundle: Digest) -> bool {
        let keys = std::slice::from_ref(&self.key);
        let artifact = Artifact::Digest(bundle);
        let judged = judge_bundle(seal, artifact, &self.roots, keys, &Options::STRICT);
        judged.judgement.valid().is_some() && subject(seal) == Some(bundle)
    }
}

/// The first subject of a seal's statement.
fn subject(seal: &[u8]) -> Option<Digest> {
    let seal: Value = serde_json::from_slice(seal).ok()?;
    let payload = seal["dsseEnvelope"]["payload"].as_str()?;
    let payload = base64::engine::general_purpose::STANDARD
        .decode(payload)
        .ok()?;
    let statement: Value = serde_json::from_slice(&payload).ok()?;
    Digest::from_hex(statement["subject"][0]["digest"]["sha256"].as_str()?).ok()
}
