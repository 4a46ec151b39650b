//! An evidence bundle taken apart and put together again, with as much of it mended as a story asks for.

use evidence::bundle::gzip::GzipWriter;
use evidence::bundle::header::{BLOCK, header, padding};
use evidence::model::Digest;
use serde_json::Value;
use std::io::{Read as _, Write as _};

/// The members of a bundle, in their order.
#[derive(Clone)]
pub(crate) struct Bundle {
    pub(crate) members: Vec<(String, Vec<u8>)>,
    mtime: u64,
}

impl Bundle {
    /// Reads by the crates that everybody uses, not by our own reader.
    pub(crate) fn read(file: &[u8]) -> Self {
        let mut archive = tar::Archive::new(flate2::read::MultiGzDecoder::new(file));
        let mut mtime = 0;
        let members = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let mut entry = entry.unwrap();
                mtime = entry.header().mtime().unwrap();
                let path = entry.path().unwrap().to_str().unwrap().to_owned();
                let mut body = Vec::new();
                entry.read_to_end(&mut body).unwrap();
                (path, body)
            })
            .collect();
        Self { members, mtime }
    }

    /// Where a member stands.
    pub(crate) fn position(&self, path: &str) -> usize {
        let found = self.members.iter().position(|(name, _)| name == path);
        found.unwrap_or_else(|| panic!("no member {path}"))
    }

    /// The first member whose path begins so.
    pub(crate) fn first_under(&self, prefix: &str) -> String {
        let found = self
            .members
            .iter()
            .find(|(name, _)| name.starts_with(prefix));
        found
            .unwrap_or_else(|| panic!("no member under {prefix}"))
            .0
            .clone()
    }

    /// The bytes of a member.
    pub(crate) fn body(&self, path: &str) -> &[u8] {
        &self.members[self.position(path)].1
    }

    /// Changes a member's bytes and nothing else.
    pub(crate) fn edit(mut self, path: &str, change: impl FnOnce(&mut Vec<u8>)) -> Self {
        let at = self.position(path);
        change(&mut self.members[at].1);
        self
    }

    /// Changes a member that is JSON.
    pub(crate) fn edit_json(self, path: &str, change: impl FnOnce(&mut Value)) -> Self {
        self.edit(path, |body| {
            let mut value = serde_json::from_slice(body).unwrap();
            change(&mut value);
            *body = serde_json::to_vec(&value).unwrap();
        })
    }

    /// The manifest.
    pub(crate) fn manifest(&self) -> Value {
        serde_json::from_slice(self.body("manifest.json")).unwrap()
    }

    /// Changes the manifest, which stays canonical.
    pub(crate) fn edit_manifest(self, change: impl FnOnce(&mut Value)) -> Self {
        self.edit("manifest.json", |body| {
            let mut value: Value = serde_json::from_slice(body).unwrap();
            change(&mut value);
            *body = serde_json_canonicalizer::to_vec(&value).unwrap();
        })
    }

    /// Changes an item of the manifest.
    pub(crate) fn edit_item(self, id: &str, change: impl FnOnce(&mut Value)) -> Self {
        self.edit_manifest(|manifest| {
            let items = manifest["items"].as_array_mut().unwrap();
            change(items.iter_mut().find(|item| item["id"] == id).unwrap());
        })
    }

    /// Takes a member out, and every mention of it.
    pub(crate) fn without(mut self, path: &str) -> Self {
        self.members.remove(self.position(path));
        self.edit_manifest(|manifest| {
            let files = manifest["files"].as_array_mut().unwrap();
            files.retain(|file| file["path"] != path);
            for item in manifest["items"].as_array_mut().unwrap() {
                let files = item["files"].as_array_mut().unwrap();
                files.retain(|file| file != path);
            }
        })
    }

    /// Takes out what no item mentions any more.
    pub(crate) fn without_unused(self) -> Self {
        let manifest = self.manifest();
        let items = manifest["items"].as_array().unwrap();
        let used = |path: &str| {
            let mut files = items
                .iter()
                .flat_map(|item| item["files"].as_array().unwrap());
            files.any(|file| file == path)
        };
        let unused: Vec<String> = self.members[1..]
            .iter()
            .map(|(path, _)| path.clone())
            .filter(|path| !used(path))
            .collect();
        unused
            .iter()
            .fold(self, |bundle, path| bundle.without(path))
    }

    /// Lists every member's size and digest as they are.
    pub(crate) fn relist(self) -> Self {
        let members = self.members.clone();
        self.edit_manifest(|manifest| {
            for file in manifest["files"].as_array_mut().unwrap() {
                let path = file["path"].as_str().unwrap();
                if let Some((_, body)) = members.iter().find(|(name, _)| name == path) {
                    file["size"] = body.len().into();
                    file["sha256"] = Digest::of(body).to_string().into();
                }
            }
        })
    }

    /// The plain tar.
    pub(crate) fn tar(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (path, body) in &self.members {
            let size = body.len() as u64;
            out.extend_from_slice(&header(path, size, self.mtime).unwrap());
            out.extend_from_slice(body);
            out.resize(out.len() + padding(size), 0);
        }
        out.resize(out.len() + 2 * BLOCK, 0);
        out
    }

    /// The file.
    pub(crate) fn pack(&self) -> Vec<u8> {
        gzip(&self.tar())
    }
}

/// Compresses as bundles are.
pub(crate) fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut writer = GzipWriter::new(Vec::new());
    writer.write_all(plain).unwrap();
    writer.finish().unwrap()
}
