//! A good bundle under a good seal, to change in one place, and what `evidence verify` says of it.

use crate::bundle::Bundle;
use crate::common::project::Project;
use crate::common::{REPOSITORY, Run, TAG, World, run, text};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidence::model::Digest;
use evidence::sandbox::{Caller, SignedBy, Workflow};
use serde_json::{Value, json};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// One world for all stories.
pub(crate) fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(World::start)
}

/// The release that most stories begin with.
pub(crate) fn good() -> &'static Sample {
    static GOOD: OnceLock<Sample> = OnceLock::new();
    GOOD.get_or_init(|| {
        let (sample, released) = Sample::release(&Project::new(world()));
        assert_eq!(released.code, Some(0), "{}", released.stderr);
        sample
    })
}

/// A bundle file and its seal, in memory.
#[derive(Clone)]
pub(crate) struct Sample {
    pub(crate) file: Vec<u8>,
    pub(crate) seal: Option<Vec<u8>>,
    pub(crate) commit: String,
}

impl Sample {
    /// Releases a project with the real command.
    pub(crate) fn release(project: &Project) -> (Self, Run) {
        let released = run(&world().release_args(project));
        let bundle = project.bundle();
        let read = |path: &Path| {
            std::fs::read(path).unwrap_or_else(|error| panic!("{error}: {}", released.stderr))
        };
        let sample = Self {
            file: read(&bundle),
            seal: Some(read(&beside(&bundle, ".sigstore.json"))),
            commit: project.commit.clone(),
        };
        (sample, released)
    }

    /// The bundle, to take apart.
    pub(crate) fn bundle(&self) -> Bundle {
        Bundle::read(&self.file)
    }

    /// Another file under the same seal.
    pub(crate) fn with_file(&self, file: Vec<u8>) -> Self {
        Self {
            file,
            ..self.clone()
        }
    }

    /// Another seal beside the same file.
    pub(crate) fn with_seal(&self, seal: impl Into<Vec<u8>>) -> Self {
        Self {
            seal: Some(seal.into()),
            ..self.clone()
        }
    }

    /// Another file, sealed again by the trusted signer.
    pub(crate) fn resealed(&self, bundle: &Bundle) -> Self {
        let manifest = bundle.body("manifest.json").to_vec();
        self.with_file(bundle.pack()).sealed_for(&manifest)
    }

    /// The same file, sealed again by the trusted signer for this manifest.
    pub(crate) fn sealed_for(&self, manifest: &[u8]) -> Self {
        let statement = self.statement_about(manifest);
        self.with_seal(sign(&statement, &self.signer()))
    }

    /// States for an item whatever the verifier says follows.
    pub(crate) fn restate(&self, bundle: Bundle, id: &str) -> Bundle {
        let report = self.resealed(&bundle).verify().report;
        let items = report["items"].as_array().unwrap();
        let found = items.iter().find(|item| item["id"] == id).unwrap().clone();
        bundle.edit_item(id, |item| {
            for part in ["status", "met", "facts"] {
                item["claim"][part] = found[part].clone();
            }
        })
    }

    /// The release workflow at the release's commit.
    pub(crate) fn signer(&self) -> SignedBy {
        SignedBy::Identity(Caller::Workflow(self.workflow()))
    }

    /// The release workflow at the release's commit.
    pub(crate) fn workflow(&self) -> Workflow {
        Workflow::release(REPOSITORY, TAG, &self.commit)
    }

    /// The statement that the seal signs.
    pub(crate) fn statement(&self) -> Value {
        let seal: Value = serde_json::from_slice(self.seal.as_ref().unwrap()).unwrap();
        let payload = seal["dsseEnvelope"]["payload"].as_str().unwrap();
        serde_json::from_slice(&STANDARD.decode(payload).unwrap()).unwrap()
    }

    /// The statement that an honest `evidence seal` would sign for this file with this manifest.
    pub(crate) fn statement_about(&self, manifest: &[u8]) -> Value {
        let mut statement = self.statement();
        statement["subject"][0]["digest"]["sha256"] = Digest::of(&self.file).hex().into();
        let predicate = &mut statement["predicate"];
        predicate["tar"]["digest"]["sha256"] = Digest::of(&gunzip(&self.file)).hex().into();
        predicate["manifest"]["digest"]["sha256"] = Digest::of(manifest).hex().into();
        if let Ok(manifest) = serde_json::from_slice::<Value>(manifest) {
            for name in ["repository", "tag", "version"] {
                predicate["release"][name] = manifest["release"][name].clone();
            }
            let commit = manifest["release"]["commit"].clone();
            predicate["release"]["commit"]["digest"]["gitCommit"] = commit;
            let tag = manifest["release"]["tagObject"].clone();
            predicate["release"]["tagObject"]["digest"]["gitTag"] = tag;
            predicate["stage"] = manifest["stage"].clone();
            predicate["sequence"] = manifest["sequence"].clone();
            predicate["items"] = lines(&manifest);
            let subjects = statement["subject"].as_array_mut().unwrap();
            subjects.truncate(1);
            subjects.extend(images(&manifest));
        }
        statement
    }

    /// Writes file and seal into a folder of their own; gives the bundle's path.
    pub(crate) fn write(&self) -> PathBuf {
        let path = world()
            .new_folder()
            .join(format!("evidence-bundle-{TAG}.tar.gz"));
        std::fs::write(&path, &self.file).unwrap();
        if let Some(seal) = &self.seal {
            std::fs::write(beside(&path, ".sigstore.json"), seal).unwrap();
        }
        path
    }

    /// Verifies with the flags that accept the release workflow.
    pub(crate) fn verify(&self) -> Verdict {
        self.verify_with(&[])
    }

    /// Verifies with the same flags and more.
    pub(crate) fn verify_with(&self, more: &[&str]) -> Verdict {
        let mut args = world().trust_args();
        args.extend(more.iter().map(|arg| (*arg).to_owned()));
        self.verify_by(&args)
    }

    /// Verifies with these flags alone.
    pub(crate) fn verify_by(&self, args: &[String]) -> Verdict {
        Verdict::of(&self.write(), args)
    }
}

/// A line per item, as a seal says in short what the manifest says at length.
fn lines(manifest: &Value) -> Value {
    let items = manifest["items"].as_array().unwrap().iter();
    items
        .map(|item| {
            let (kind, claim) = (&item["expectation"]["kind"], &item["claim"]);
            json!({"id": item["id"], "kind": kind, "status": claim["status"], "met": claim["met"]})
        })
        .collect()
}

/// The images as subjects.
fn images(manifest: &Value) -> Vec<Value> {
    let items = manifest["items"].as_array().unwrap().iter();
    items
        .filter(|item| item["expectation"]["kind"] == "image")
        .map(|item| {
            let digest = item["request"]["digest"].as_str().unwrap();
            json!({"name": item["id"], "digest": {"sha256": digest.replace("sha256:", "")}})
        })
        .collect()
}

/// The plain bytes, as far as there are any.
fn gunzip(file: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    // What is no gzip to its end has no plain digest that anybody could compare.
    let _ = flate2::read::MultiGzDecoder::new(file)
        .take(1 << 26)
        .read_to_end(&mut plain);
    plain
}

/// A seal by this signer over this statement, as the sandbox's services make it.
pub(crate) fn sign(statement: &Value, signer: &SignedBy) -> Vec<u8> {
    let statement = serde_json::to_vec(statement).unwrap();
    let seal = world().sandbox.sign_statement(&statement, signer, None);
    seal.unwrap().into_bytes()
}

/// `PATH` with a suffix.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(text(path) + suffix)
}

/// What `evidence verify --output json` said.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) code: Option<i32>,
    pub(crate) report: Value,
}

impl Verdict {
    /// Verifies the file at that path.
    pub(crate) fn of(bundle: &Path, args: &[String]) -> Self {
        let mut all = vec!["verify".into(), text(bundle)];
        all.extend(args.iter().cloned());
        all.extend(["--output".into(), "json".into()]);
        let found = run(&all);
        let report = serde_json::from_str(&found.stdout)
            .unwrap_or_else(|error| panic!("{error}\n{}\n{}", found.stdout, found.stderr));
        Self {
            code: found.code,
            report,
        }
    }

    /// Asserts exit 1 because of exactly these checks.
    #[track_caller]
    pub(crate) fn is_refused_by(&self, checks: &[&str]) {
        self.is("refused", 1, checks);
    }

    /// Asserts verdict and exit code, and that exactly these checks failed.
    #[track_caller]
    pub(crate) fn is(&self, verdict: &str, code: i32, failed: &[&str]) {
        let mut wanted = failed.to_vec();
        wanted.sort_unstable();
        let found = self.checks(|finding| finding["outcome"] == "fail");
        assert_eq!(found, wanted, "{}", self.words());
        assert_eq!(self.report["verdict"], verdict, "{}", self.words());
        assert_eq!(self.code, Some(code), "{}", self.words());
    }

    /// Asserts that some check failed or was left open with this code.
    #[track_caller]
    pub(crate) fn says(&self, code: &str) {
        let codes: Vec<_> = self.findings().filter(|one| one["code"] == code).collect();
        assert!(!codes.is_empty(), "no {code}: {}", self.words());
    }

    /// The checks whose findings are so, each once, in the order of the alphabet.
    pub(crate) fn checks(&self, which: impl Fn(&Value) -> bool) -> Vec<&str> {
        let mut checks: Vec<_> = self
            .findings()
            .filter(|finding| which(finding))
            .map(|finding| finding["check"].as_str().unwrap())
            .collect();
        checks.sort_unstable();
        checks.dedup();
        checks
    }

    /// The status that an item has to this verifier.
    pub(crate) fn status(&self, item: &str) -> &str {
        let items = self.report["items"].as_array().unwrap();
        let found = items.iter().find(|one| one["id"] == item).unwrap();
        found["status"].as_str().unwrap()
    }

    fn findings(&self) -> impl Iterator<Item = &Value> {
        self.report["findings"].as_array().unwrap().iter()
    }

    /// All that is not a pass, to read when an assertion fails.
    fn words(&self) -> String {
        self.findings()
            .filter(|finding| finding["outcome"] != "pass")
            .map(|finding| format!("\n  {finding}"))
            .collect()
    }
}
