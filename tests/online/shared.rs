//! A signed file, and what the program says about it when it asks the log.

use crate::common::{Run, World, run, text};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidence::sandbox::{LocalKey, Service, SignedBy};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// What is signed.
const BLOB: &[u8] = b"a chart";

/// A file with its signature.
pub(crate) struct Signed {
    pub(crate) world: World,
    pub(crate) folder: PathBuf,
    service: Service,
}

impl Signed {
    /// Logged by Rekor v1, among other entries.
    pub(crate) fn in_rekor() -> Self {
        let signed = Self::with(Service::Rekor, |world, key| {
            world.sandbox.sign_blob(BLOB, key, None).unwrap()
        });
        signed.grow(3);
        signed
    }

    /// Logged by the tiled log, between many other entries.
    pub(crate) fn in_tiles() -> Self {
        let signed = Self::with(Service::TileLog, |world, key| {
            world.sandbox.rewrite_tile_log(0, &others(299));
            world.sandbox.sign_blob_in_tiles(BLOB, key).unwrap()
        });
        signed.grow(300);
        signed
    }

    fn with(service: Service, sign: impl Fn(&World, &SignedBy) -> String) -> Self {
        let world = World::start();
        let folder = world.new_folder();
        let key = LocalKey::generate().unwrap();
        fs::write(folder.join("key.pub"), key.public_pem().unwrap()).unwrap();
        fs::write(folder.join("blob"), BLOB).unwrap();
        let bundle = sign(&world, &SignedBy::Key(key));
        fs::write(folder.join("bundle.json"), bundle).unwrap();
        Self {
            world,
            folder,
            service,
        }
    }

    /// The log goes on, honestly.
    pub(crate) fn grow(&self, count: usize) {
        self.rewrite(self.size(), &others(count));
    }

    /// Entries of the log.
    pub(crate) fn size(&self) -> usize {
        match self.service {
            Service::TileLog => self.world.sandbox.tile_log_size(),
            _ => self.world.sandbox.log_size(),
        }
    }

    /// The log keeps its first entries only, and has these after them.
    pub(crate) fn rewrite(&self, keep: usize, then: &[Vec<u8>]) {
        match self.service {
            Service::TileLog => self.world.sandbox.rewrite_tile_log(keep, then),
            _ => self.world.sandbox.rewrite_log(keep, then),
        }
    }

    /// The index of the signature's entry.
    pub(crate) fn index(&self) -> usize {
        let entry = &self.bundle()["verificationMaterial"]["tlogEntries"][0];
        entry["logIndex"].as_str().unwrap().parse().unwrap()
    }

    /// Entries of the log when the signature was recorded.
    pub(crate) fn recorded_size(&self) -> usize {
        let entry = &self.bundle()["verificationMaterial"]["tlogEntries"][0];
        let size = entry["inclusionProof"]["treeSize"].as_str().unwrap();
        size.parse().unwrap()
    }

    pub(crate) fn bundle(&self) -> Value {
        serde_json::from_slice(&fs::read(self.folder.join("bundle.json")).unwrap()).unwrap()
    }

    /// The log's address.
    pub(crate) fn url(&self) -> String {
        self.world.sandbox.url(self.service)
    }

    /// The log's id, in hex.
    pub(crate) fn log_id(&self) -> String {
        let root: Value = serde_json::from_str(self.world.sandbox.trusted_root_json()).unwrap();
        let place = usize::from(self.service == Service::TileLog);
        let id = root["tlogs"][place]["logId"]["keyId"].as_str().unwrap();
        hex::encode(STANDARD.decode(id).unwrap())
    }

    /// `evidence blob verify` of the file with these flags.
    pub(crate) fn verify(&self, flags: &[&str]) -> Run {
        let file = |name: &str| text(&self.folder.join(name));
        let mut args: Vec<String> = ["blob", "verify"].map(String::from).into();
        args.extend([file("blob"), "--bundle".into(), file("bundle.json")]);
        args.extend(["--key".into(), file("key.pub"), "--trusted-root".into()]);
        args.push(text(&self.world.path("trusted_root.json")));
        args.extend(flags.iter().map(|flag| String::from(*flag)));
        run(&args)
    }

    /// What is found when the log is asked: exit code, and outcome and code of each finding about it.
    pub(crate) fn online(&self) -> (Option<i32>, Vec<(String, String)>) {
        about_the_log(&self.verify(&["--online", "--output", "json"]))
    }

    /// The same, by another address of the log.
    pub(crate) fn online_at(&self, url: &str) -> (Option<i32>, Vec<(String, String)>) {
        let address = format!("{}={url}", &self.log_id()[..16]);
        let flags = ["--online", "--rekor-url", &address, "--output", "json"];
        about_the_log(&self.verify(&flags))
    }
}

/// The one finding of a log that is caught.
pub(crate) fn caught(code: &str) -> (Option<i32>, Vec<(String, String)>) {
    (Some(1), vec![finding("fail", code)])
}

/// The one finding of a log that does not answer.
pub(crate) fn open(code: &str) -> (Option<i32>, Vec<(String, String)>) {
    (Some(3), vec![finding("skip", code)])
}

/// The one finding of an honest log.
pub(crate) fn confirmed() -> (Option<i32>, Vec<(String, String)>) {
    (Some(0), vec![finding("pass", "")])
}

pub(crate) fn finding(outcome: &str, code: &str) -> (String, String) {
    let code = match code {
        "" => String::new(),
        code => format!("EV-log-online-{code}"),
    };
    (outcome.into(), code)
}

fn about_the_log(run: &Run) -> (Option<i32>, Vec<(String, String)>) {
    let page: Value = serde_json::from_str(&run.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr));
    let findings = page["blobs"][0]["findings"].as_array().unwrap();
    let found = findings
        .iter()
        .filter(|finding| finding["check"] == "log-online")
        .map(|finding| {
            let text = |name: &str| finding[name].as_str().unwrap().to_owned();
            (text("outcome"), text("code"))
        })
        .collect();
    (run.code, found)
}

/// Entries of nobody.
pub(crate) fn others(count: usize) -> Vec<Vec<u8>> {
    static MADE: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    (0..count)
        .map(|_| {
            let number = MADE.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            format!("{{\"kind\":\"other\",\"number\":{number}}}").into_bytes()
        })
        .collect()
}
