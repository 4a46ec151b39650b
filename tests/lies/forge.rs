//! A bundle that a trusted key seals, honest but for what a test changes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidence::appraise::{self, Context, SignatureTrust};
use evidence::bundle::pack::sort_files;
use evidence::bundle::{COMPRESSOR, pack};
use evidence::config::{self, Binding};
use evidence::git::{ObjectFormat, ObjectKind, Repository};
use evidence::model::predicate::{ResourceDescriptor, SealPredicate, SealedItem, SealedRelease};
use evidence::model::{
    Capture, CapturedFile, Digest, Expectation, FileEntry, IdentityRule, Item, Manifest,
    MemberPath, Moments, Outcome, Producer, Redaction, Release, Report, Timestamp,
};
use evidence::seal::seal_statement;
use evidence::sigstore::{Key, Options, Roots};
use evidence::verify::{AskedRelease, Trust, verify};
use sigstore_crypto::KeyPair;
use sigstore_types::pae;
use std::collections::BTreeMap;

pub(crate) const PLAIN: &str = "version: 1
release: {repository: github.com/o/r, package: 'bundle-{tag}.tar.gz'}
commands: [{id: history, run: [git, log]}]
";
pub(crate) const WITH_IMAGE: &str = "version: 1
release: {repository: github.com/o/r, package: 'bundle-{tag}.tar.gz'}
identities: {own: {key: keys/own.pub}}
images: [{name: api, reference: 'localhost:5000/api:{tag}', signed-by: own, sbom: {format: spdx, signed-by: own}}]
";
pub(crate) const PKCS: &str = include_str!("../../fixtures/sigstore/test-keys/alice.pub");

/// Changes the capture of the item with that id.
pub(crate) type Recapture = Box<dyn Fn(&str, &mut Capture)>;
pub(crate) type Edit<T> = Box<dyn Fn(&mut T)>;

/// A bundle in the making.
pub(crate) struct Forge {
    /// `evidence.yaml`.
    pub(crate) yaml: &'static str,
    /// Where the configuration lies in the commit, and the commit's files.
    pub(crate) config_path: Option<&'static str>,
    pub(crate) commit: Vec<(&'static str, &'static str)>,
    /// Members of the configuration item: path, own name, text.
    pub(crate) config: Vec<(&'static str, Option<&'static str>, &'static str)>,
    /// What the plan is made from, where that is another text.
    pub(crate) planned_from: Option<&'static str>,
    pub(crate) capture: Recapture,
    pub(crate) manifest: Edit<Manifest>,
    pub(crate) extra: Vec<(&'static str, &'static str)>,
    pub(crate) predicate: Edit<SealPredicate>,
    pub(crate) images: Edit<Vec<(String, Digest)>>,
}

impl Forge {
    pub(crate) fn honest(yaml: &'static str) -> Self {
        Self {
            yaml,
            config_path: Some("evidence.yaml"),
            commit: vec![("evidence.yaml", yaml)],
            config: vec![],
            planned_from: None,
            capture: Box::new(|_, _| {}),
            manifest: Box::new(|_| {}),
            extra: vec![],
            predicate: Box::new(|_| {}),
            images: Box::new(|_| {}),
        }
    }

    pub(crate) fn judge(&self) -> Report {
        let signer = KeyPair::generate_ecdsa_p256().unwrap();
        let key = signer.public_key_der().unwrap().to_pem();
        let trust = trust(&key);
        self.judge_by(&signer, &trust)
    }

    pub(crate) fn judge_by(&self, signer: &KeyPair, trust: &Trust) -> Report {
        let (repository, release) = self.repository();
        let text = self.planned_from.unwrap_or(self.yaml);
        let parsed = config::parse(text.as_bytes(), "evidence.yaml").unwrap();
        let binding = Binding {
            tag: "v1".into(),
            commit: release.commit.clone(),
            version: None,
            stage: "tag".into(),
            config_path: self.config_path.map(String::from),
        };
        let plan = config::plan(&parsed, &binding, &mut |name| {
            let path = format!("config/{name}");
            let found = self.config.iter().find(|(member, _, _)| *member == path);
            found.map(|(_, _, text)| text.as_bytes().to_vec())
        })
        .unwrap();
        let mut items = Vec::new();
        let mut bytes: BTreeMap<MemberPath, CapturedFile> = BTreeMap::new();
        for planned in plan.items {
            let mut capture = Capture {
                captured: Timestamp::UNIX_EPOCH,
                window: None,
                request: serde_json::json!({}),
                files: self.files(&planned.expectation, &repository),
            };
            (self.capture)(&planned.id, &mut capture);
            let context = Context {
                release: &release,
                signatures: SignatureTrust {
                    roots: &trust.roots,
                    keys: &[],
                    options: &trust.options,
                },
            };
            let (appraised, _) = appraise::item(&capture, &planned.expectation, &context);
            items.push(Item {
                id: planned.id,
                title: planned.title,
                phase: planned.phase,
                captured: capture.captured,
                window: capture.window,
                request: capture.request,
                expectation: planned.expectation,
                claim: appraised.claim.to_stated(),
                files: capture.files.iter().map(|file| file.path.clone()).collect(),
            });
            bytes.extend(
                capture
                    .files
                    .into_iter()
                    .map(|file| (file.path.clone(), file)),
            );
        }
        for (path, text) in &self.extra {
            let file = file(path, None, text);
            bytes.insert(file.path.clone(), file);
        }
        let mut manifest = Manifest {
            version: 1,
            release,
            stage: "tag".into(),
            sequence: 0,
            previous: None,
            producer: Producer {
                name: "evidence".into(),
                version: "0".into(),
                binary: None,
                run: None,
                clock_offset_ms: None,
            },
            moments: Moments::default(),
            items,
            redactions: redactions(&bytes),
            files: bytes.values().map(entry).collect(),
        };
        (self.manifest)(&mut manifest);
        sort_files(&mut manifest).unwrap();
        let mut file = Vec::new();
        let open = |entry: &FileEntry| Ok(std::io::Cursor::new(bytes[&entry.path].bytes.to_vec()));
        let packed = pack(&manifest, 0, open, &mut file).unwrap();
        let mut images: Vec<(String, Digest)> = (manifest.items.iter())
            .filter(|item| matches!(item.expectation, Expectation::Image { .. }))
            .filter_map(|item| {
                let digest = item.request.get("digest")?.as_str()?;
                Some((item.id.clone(), digest.parse().ok()?))
            })
            .collect();
        let mut predicate = predicate(&manifest, &packed);
        (self.predicate)(&mut predicate);
        (self.images)(&mut images);
        let subject = ("bundle-v1.tar.gz", &packed.digest);
        let statement = seal_statement(subject, &images, &predicate).unwrap();
        let seal = sign(signer, &statement);
        verify(
            file.as_slice(),
            "bundle-v1.tar.gz",
            Some(seal.as_bytes()),
            trust,
        )
    }

    fn repository(&self) -> (Repository, Release) {
        let mut repository = Repository::new();
        let mut tree = Vec::new();
        let mut names = self.commit.clone();
        names.sort_unstable();
        for (name, text) in names {
            let blob =
                evidence::git::ObjectId::of(ObjectFormat::Sha1, ObjectKind::Blob, text.as_bytes());
            tree.extend(format!("100644 {name}\0").into_bytes());
            tree.extend(hex::decode(blob.to_string()).unwrap());
        }
        let tree = repository.insert(ObjectFormat::Sha1, ObjectKind::Tree, tree);
        let text = format!("tree {tree}\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\nm\n");
        let commit = repository.insert(ObjectFormat::Sha1, ObjectKind::Commit, text.into_bytes());
        let text = format!("object {commit}\ntype commit\ntag v1\ntagger T <t> 1 +0000\n\n");
        let tag = repository.insert(ObjectFormat::Sha1, ObjectKind::Tag, text.into_bytes());
        let release = Release {
            repository: "github.com/o/r".into(),
            tag: "v1".into(),
            tag_object: Some(tag.to_string()),
            commit: commit.to_string(),
            version: "1".into(),
            previous: None,
        };
        (repository, release)
    }

    fn files(&self, expectation: &Expectation, repository: &Repository) -> Vec<CapturedFile> {
        match expectation {
            Expectation::Configuration { .. } => {
                let mut files = vec![file("evidence.yaml", None, self.yaml)];
                files.extend(
                    self.config
                        .iter()
                        .map(|(path, name, text)| file(path, *name, text)),
                );
                files.extend(repository.to_files().unwrap());
                files
            }
            Expectation::Release { .. } => repository.to_files().unwrap(),
            Expectation::Command { .. } => {
                let empty = Digest::of(b"");
                let output = serde_json::json!({"size": 0, "sha256": empty, "truncated": false});
                let record = serde_json::json!({
                    "argv": ["git", "log"], "exitCode": 0, "signal": null, "timedOut": false,
                    "startedMs": 0, "endedMs": 1, "environment": {}, "stdout": output, "stderr": output,
                });
                vec![
                    file("files/history/record.json", None, &record.to_string()),
                    file("files/history/stderr", None, ""),
                    file("files/history/stdout", None, ""),
                ]
            }
            _ => vec![],
        }
    }
}

pub(crate) fn file(path: &str, name: Option<&str>, text: &str) -> CapturedFile {
    let path = MemberPath::try_from(path).unwrap();
    let mut file = CapturedFile::new(path, "text/plain", text.as_bytes().to_vec());
    file.name = name.map(String::from);
    file
}

/// What was blanked in the files, in the order that a manifest has.
fn redactions(files: &BTreeMap<MemberPath, CapturedFile>) -> Vec<Redaction> {
    let all = files.values().flat_map(|file| file.redactions.clone());
    let mut all: Vec<Redaction> = all.collect();
    all.sort();
    all
}

pub(crate) fn entry(file: &CapturedFile) -> FileEntry {
    FileEntry {
        path: file.path.clone(),
        name: file.name.clone(),
        size: file.bytes.len() as u64,
        sha256: Digest::of(&file.bytes),
        media_type: file.media_type.clone(),
    }
}

pub(crate) fn trust(key: &str) -> Trust {
    Trust {
        roots: Roots::none(),
        seal: vec![IdentityRule::Key { pem: key.into() }],
        keys: vec![Key::parse(key.as_bytes()).unwrap()],
        // The lies are in what is sealed, not in how: a key alone seals here.
        options: Options {
            ignore_tlog: true,
            ..Options::STRICT
        },
        policy: None,
        asked: AskedRelease::default(),
    }
}

pub(crate) fn predicate(manifest: &Manifest, packed: &evidence::bundle::Packed) -> SealPredicate {
    let release = &manifest.release;
    SealPredicate {
        release: SealedRelease {
            repository: release.repository.clone(),
            tag: release.tag.clone(),
            version: release.version.clone(),
            commit: ResourceDescriptor::with("c", "gitCommit", &release.commit),
            tag_object: (release.tag_object.as_ref())
                .map(|tag| ResourceDescriptor::with("t", "gitTag", tag)),
        },
        stage: manifest.stage.clone(),
        sequence: manifest.sequence,
        previous: (manifest.previous.as_ref())
            .map(|digest| ResourceDescriptor::sha256("previous", digest)),
        manifest: ResourceDescriptor::sha256("manifest.json", &packed.manifest),
        tar: ResourceDescriptor::sha256("tar", &packed.tar),
        compressor: COMPRESSOR.into(),
        gates: "none".into(),
        items: (manifest.items.iter())
            .map(|item| SealedItem {
                id: item.id.clone(),
                kind: item.expectation.kind(),
                status: item.claim.status,
                met: item.claim.met,
            })
            .collect(),
    }
}

pub(crate) fn sign(signer: &KeyPair, statement: &[u8]) -> String {
    let kind = "application/vnd.in-toto+json";
    let signature = signer.sign(&pae(kind, statement)).unwrap();
    serde_json::json!({
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

pub(crate) fn failed(report: &Report) -> Vec<&str> {
    let failed = |outcome| matches!(outcome, Outcome::Fail | Outcome::Undetermined);
    (report.findings.iter())
        .filter(|finding| failed(finding.outcome))
        .map(|finding| finding.code.as_str())
        .collect()
}

pub(crate) fn with_image() -> Forge {
    Forge {
        commit: vec![("evidence.yaml", WITH_IMAGE)],
        config: vec![("config/keys/own.pub", None, PKCS)],
        ..Forge::honest(WITH_IMAGE)
    }
}

/// An unsigned image of that configuration's digest, as the capture of the item.
pub(crate) fn unsigned(capture: &mut Capture, seed: &str) {
    let manifest = format!(
        r#"{{"schemaVersion":2,"config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{}","size":1}},"layers":[]}}"#,
        Digest::of(seed.as_bytes())
    );
    let digest = Digest::of(manifest.as_bytes());
    let path = format!("oci/blobs/sha256/{}", digest.hex());
    capture.request = serde_json::json!({"reference": "localhost:5000/api:v1", "digest": digest});
    capture.files = vec![file(&path, None, &manifest)];
}

/// A referrer of an image: its manifest and its layer, a bundle over this predicate.
pub(crate) fn attest(
    image: &Digest,
    signer: &KeyPair,
    predicate: &serde_json::Value,
) -> [CapturedFile; 2] {
    let kind = "application/vnd.dev.sigstore.bundle.v0.3+json";
    let statement = serde_json::json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "api", "digest": {"sha256": image.hex()}}],
        "predicateType": "https://spdx.dev/Document",
        "predicate": predicate,
    });
    let layer = sign(signer, statement.to_string().as_bytes());
    let descriptor = |kind: &str, digest: &Digest, size: usize| serde_json::json!({"mediaType": kind, "digest": digest, "size": size});
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "artifactType": kind,
        "config": descriptor("application/vnd.oci.empty.v1+json", &Digest::of(b"{}"), 2),
        "layers": [descriptor(kind, &Digest::of(layer.as_bytes()), layer.len())],
        "subject": descriptor("application/vnd.oci.image.manifest.v1+json", image, 1),
    });
    [manifest.to_string(), layer].map(|text| {
        let digest = Digest::of(text.as_bytes());
        file(&format!("oci/blobs/sha256/{}", digest.hex()), None, &text)
    })
}
