//! A TUF repository, an empty cache, and the real binary.

use evidence::sandbox::{Clock, TufRepository};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// What a run of the binary gave.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A repository that serves a trusted root, and a folder with a cache.
pub(crate) struct Stage {
    pub(crate) repository: TufRepository,
    pub(crate) runtime: Runtime,
    pub(crate) folder: TempDir,
}

impl Stage {
    /// Serves the trusted root of the fixtures.
    pub(crate) fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let root = fixture_root();
        let starting = TufRepository::start(&root, Clock::System);
        let repository = runtime.block_on(starting).unwrap();
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        std::fs::write(folder.path().join("root.json"), repository.first_root()).unwrap();
        Self {
            repository,
            runtime,
            folder,
        }
    }

    /// The same, refreshed once.
    pub(crate) fn updated() -> Self {
        let stage = Self::new();
        let run = stage.update();
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        stage
    }

    /// `trust update` of the repository, as `tuf:mine`, from its first root.
    pub(crate) fn update(&self) -> Run {
        self.update_from(&self.repository.url())
    }

    /// The same from this mirror.
    pub(crate) fn update_from(&self, url: &str) -> Run {
        let root = self.folder.path().join("root.json");
        let root = root.to_str().unwrap();
        let args = [
            "trust", "update", "--name", "mine", "--mirror", url, "--root", root,
        ];
        self.run(&args)
    }

    /// The binary, in the folder of the fixtures, with this stage's cache.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        run(Some(&self.cache()), &[], args)
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// A file of the cached root.
    pub(crate) fn cached(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.cache().join("tuf/mine").join(name)).unwrap()
    }

    /// The cached root and its record, to be compared.
    pub(crate) fn both(&self) -> [Vec<u8>; 2] {
        [self.cached("trusted_root.json"), self.cached("record.json")]
    }
}

/// Runs the binary in the folder of the fixtures, with this cache and these variables only.
pub(crate) fn run(cache: Option<&Path>, variables: &[(&str, &str)], args: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evidence"));
    command.env_clear().current_dir(fixtures()).args(args);
    command.envs(variables.iter().copied());
    if let Some(cache) = cache {
        command.env("EVIDENCE_CACHE", cache);
    }
    let output = command.output().unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// `image verify` of an image that Alice signed, under this root.
pub(crate) fn image(trust: &[&'static str]) -> Vec<&'static str> {
    let image = "oci:images/i02-v2-key/layout";
    let key = "test-keys/alice.pub";
    [&["image", "verify", image, "--key", key], trust].concat()
}

/// `blob verify` of a file that Alice signed, under this root.
pub(crate) fn blob(trust: &[&'static str]) -> Vec<&'static str> {
    let file = "blobs/b01-v2-key/artifact.txt";
    let bundle = "blobs/b01-v2-key/bundle.json";
    let key = "test-keys/alice.pub";
    let args = ["blob", "verify", file, "--bundle", bundle, "--key", key];
    [&args, trust].concat()
}

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sigstore")
}

/// The root under which the fixtures were signed.
pub(crate) fn fixture_root() -> Vec<u8> {
    std::fs::read(fixtures().join("trust/trusted_root.json")).unwrap()
}

/// Another root: the same with one more byte of white space.
pub(crate) fn other_root() -> Vec<u8> {
    [b" ", &fixture_root()[..]].concat()
}
