//! A good bundle to change in one place, sealed again by a key of the test's own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidence::bundle::gzip::GzipWriter;
use evidence::bundle::header::{BLOCK, header, padding};
use evidence::bundle::pack::sort_files;
use evidence::model::{Digest, IdentityRule, Manifest, Report};
use evidence::sigstore::{Key, Options, Roots};
use evidence::verify::{AskedRelease, Trust, verify};
use serde_json::{Value, json};
use sigstore_crypto::KeyPair;
use sigstore_types::pae;
use std::io::{Read as _, Write as _};
use std::sync::OnceLock;

/// The release of `fixtures/bundles/good`, and its trusted root.
const FILE: &[u8] = include_bytes!("../../fixtures/bundles/good/evidence-bundle-v1.4.0.tar.gz");
const SEAL: &str =
    include_str!("../../fixtures/bundles/good/evidence-bundle-v1.4.0.tar.gz.sigstore.json");
pub(crate) const ROOT: &[u8] = include_bytes!("../../fixtures/bundles/good/trusted_root.json");

/// The members of a bundle, in their order.
#[derive(Clone)]
pub(crate) struct Sample {
    pub(crate) members: Vec<(String, Vec<u8>)>,
    pub(crate) mtime: u64,
}

/// The good one.
pub(crate) fn good() -> &'static Sample {
    static GOOD: OnceLock<Sample> = OnceLock::new();
    GOOD.get_or_init(|| Sample::read(FILE))
}

impl Sample {
    /// Reads by the crates that everybody uses, not by our own reader.
    fn read(file: &[u8]) -> Self {
        let mut archive = tar::Archive::new(flate2::read::MultiGzDecoder::new(file));
        let mut mtime = 0;
        let members = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            mtime = entry.header().mtime().unwrap();
            let path = entry.path().unwrap().to_str().unwrap().to_owned();
            let mut body = Vec::new();
            entry.read_to_end(&mut body).unwrap();
            (path, body)
        });
        Self {
            members: members.collect(),
            mtime,
        }
    }

    /// Where a member stands.
    pub(crate) fn position(&self, path: &str) -> usize {
        let found = self.members.iter().position(|(name, _)| name == path);
        found.unwrap_or_else(|| panic!("no member {path}"))
    }

    /// The bytes of a member.
    pub(crate) fn body(&self, path: &str) -> &[u8] {
        &self.members[self.position(path)].1
    }

    /// The manifest's bytes: whatever stands first.
    pub(crate) fn manifest(&self) -> &[u8] {
        self.members.first().map_or(&[], |(_, body)| body)
    }

    /// Changes a member's bytes and nothing else.
    #[must_use]
    pub(crate) fn edit(mut self, path: &str, change: impl FnOnce(&mut Vec<u8>)) -> Self {
        let at = self.position(path);
        change(&mut self.members[at].1);
        self
    }

    /// Changes the manifest, which stays canonical.
    #[must_use]
    pub(crate) fn edit_manifest(self, change: impl FnOnce(&mut Value)) -> Self {
        self.edit("manifest.json", |body| {
            let mut value: Value = serde_json::from_slice(body).unwrap();
            change(&mut value);
            *body = serde_json_canonicalizer::to_vec(&value).unwrap();
        })
    }

    /// Lists every member's size and digest as they are.
    #[must_use]
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

    /// Adds a member where it belongs, to the files of an item or to nobody's.
    #[must_use]
    pub(crate) fn with(mut self, path: &str, body: &[u8], item: &str) -> Self {
        self.members.push((path.into(), body.to_vec()));
        let entry = json!({
            "path": path,
            "size": body.len(),
            "sha256": Digest::of(body).to_string(),
            "mediaType": "text/plain",
        });
        let mut sample = self.edit_manifest(|manifest| {
            let files = manifest["files"].as_array_mut().unwrap();
            files.push(entry);
            let items = manifest["items"].as_array_mut().unwrap();
            if let Some(item) = items.iter_mut().find(|one| one["id"] == item) {
                let files = item["files"].as_array_mut().unwrap();
                files.push(path.into());
                files.sort_by(|left, right| left.as_str().cmp(&right.as_str()));
            }
            let mut sorted: Manifest = serde_json::from_value(manifest.clone()).unwrap();
            sort_files(&mut sorted).unwrap();
            manifest["files"] = serde_json::to_value(sorted.files).unwrap();
        });
        let manifest: Value = serde_json::from_slice(sample.manifest()).unwrap();
        let files = manifest["files"].as_array().unwrap();
        let place = |path: &str| files.iter().position(|file| file["path"] == path);
        sample.members[1..].sort_by_key(|(path, _)| place(path));
        sample
    }

    /// Lists only the members that are there, as they are.
    #[must_use]
    pub(crate) fn relist_only_present(self) -> Self {
        let members = self.members.clone();
        let sample = self.edit_manifest(|manifest| {
            let files = manifest["files"].as_array_mut().unwrap();
            files.retain(|file| {
                members
                    .iter()
                    .any(|(path, _)| file["path"] == path.as_str())
            });
        });
        sample.relist()
    }

    /// Has the record of the command `history` say what its output is now.
    #[must_use]
    pub(crate) fn rerecord(self) -> Self {
        let output = self.body("files/history/stdout").to_vec();
        self.edit("files/history/record.json", |body| {
            let mut record: Value = serde_json::from_slice(body).unwrap();
            record["stdout"]["size"] = output.len().into();
            record["stdout"]["sha256"] = Digest::of(&output).to_string().into();
            *body = serde_json::to_vec_pretty(&record).unwrap();
        })
    }

    /// States for each item what does follow from its files as they are now.
    #[must_use]
    pub(crate) fn restate(self) -> Self {
        let report = self.judge(&self.pack());
        self.edit_manifest(|manifest| {
            for item in manifest["items"].as_array_mut().unwrap() {
                let found = report
                    .items
                    .iter()
                    .find(|one| item["id"] == one.id.as_str());
                if let Some(found) = found {
                    item["claim"] = serde_json::to_value(&found.claim).unwrap();
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

    /// What the library says of this file under a seal over it and over this manifest.
    pub(crate) fn judge(&self, file: &[u8]) -> Report {
        let seal = self.seal(file);
        verify(file, "bundle.tar.gz", Some(seal.as_bytes()), trust())
    }

    /// The seal that an honest signer would put beside this file with this manifest.
    pub(crate) fn seal(&self, file: &[u8]) -> String {
        let seal: Value = serde_json::from_str(SEAL).unwrap();
        let payload = STANDARD.decode(seal["dsseEnvelope"]["payload"].as_str().unwrap());
        let mut statement: Value = serde_json::from_slice(&payload.unwrap()).unwrap();
        statement["subject"][0]["digest"]["sha256"] = Digest::of(file).hex().into();
        let predicate = &mut statement["predicate"];
        predicate["tar"]["digest"]["sha256"] = Digest::of(&gunzip(file)).hex().into();
        predicate["manifest"]["digest"]["sha256"] = Digest::of(self.manifest()).hex().into();
        // Of one that is too large for any reader nothing is told.
        let manifest = Some(self.manifest()).filter(|bytes| bytes.len() < 1 << 20);
        if let Some(Ok(manifest)) = manifest.map(serde_json::from_slice::<Value>) {
            retell(predicate, &manifest);
        }
        sign(&serde_json::to_vec(&statement).unwrap())
    }
}

/// Compresses as bundles are.
pub(crate) fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut writer = GzipWriter::new(Vec::new());
    writer.write_all(plain).unwrap();
    writer.finish().unwrap()
}

/// Tells in the predicate what a changed manifest says of its items.
fn retell(predicate: &mut Value, manifest: &Value) {
    let Some(items) = manifest["items"].as_array() else {
        return;
    };
    let lines = items.iter().map(|item| {
        let (kind, claim) = (&item["expectation"]["kind"], &item["claim"]);
        json!({"id": item["id"], "kind": kind, "status": claim["status"], "met": claim["met"]})
    });
    predicate["items"] = lines.collect();
}

/// The plain bytes, as far as there are any.
fn gunzip(file: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    // What is no gzip to its end has no plain digest that anybody could compare.
    let _ = flate2::read::MultiGzDecoder::new(file)
        .take(1 << 29)
        .read_to_end(&mut plain);
    plain
}

fn signer() -> &'static (KeyPair, String) {
    static SIGNER: OnceLock<(KeyPair, String)> = OnceLock::new();
    SIGNER.get_or_init(|| {
        let signer = KeyPair::generate_ecdsa_p256().unwrap();
        let key = signer.public_key_der().unwrap().to_pem();
        (signer, key)
    })
}

/// The public key that seals here, as PEM.
pub(crate) fn public_key() -> &'static str {
    &signer().1
}

/// Whoever accepts that key. The archives are what is tested, not the log: a key alone seals here.
fn trust() -> &'static Trust {
    static TRUST: OnceLock<Trust> = OnceLock::new();
    TRUST.get_or_init(|| {
        let mut roots = Roots::none();
        roots.add("trusted_root.json", ROOT).unwrap();
        Trust {
            roots,
            seal: vec![IdentityRule::Key {
                pem: public_key().into(),
            }],
            keys: vec![Key::parse(public_key().as_bytes()).unwrap()],
            options: Options {
                ignore_tlog: true,
                ..Options::STRICT
            },
            policy: None,
            asked: AskedRelease::default(),
        }
    })
}

fn sign(statement: &[u8]) -> String {
    let kind = "application/vnd.in-toto+json";
    let signature = signer().0.sign(&pae(kind, statement)).unwrap();
    json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": ""}},
        "dsseEnvelope": {
            "payload": STANDARD.encode(statement),
            "payloadType": kind,
            "signatures": [{"sig": STANDARD.encode(signature.as_bytes())}],
        },
    })
    .to_string()
}
