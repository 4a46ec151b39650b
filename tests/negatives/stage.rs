//! The services that all cases share, and what is asked of them.

use crate::case::Ask;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidence::model::Digest;
use evidence::sandbox::{
    Content, Defect, Format, LocalKey, LogVersion, PublishedImage, Recipe, Sandbox, SandboxOptions,
    SignRequest, SignedBy, Workflow,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::runtime::Runtime;

/// `ORG/NAME` of the project whose release workflow signs.
const REPOSITORY: &str = "example-org/shop";
/// The file that is signed.
pub(crate) const BYTES: &[u8] = b"release notes\n";
/// The first log entry of a Sigstore bundle.
pub(crate) const ENTRY: &str = "/verificationMaterial/tlogEntries/0";
/// A predicate type that stands for all.
pub(crate) const PREDICATE: &str = "https://example.test/predicate";

static STAGE: LazyLock<Stage> = LazyLock::new(Stage::new);

/// Running services, a key, and a folder of this run.
pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) key: LocalKey,
    folder: PathBuf,
    next: AtomicUsize,
    _runtime: Runtime,
}

/// Who is to be accepted, as flags.
pub(crate) type Flags = Vec<String>;

pub(crate) fn stage() -> &'static Stage {
    &STAGE
}

impl Stage {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let options = SandboxOptions::release(REPOSITORY, "v1.4.0", &"4f".repeat(20));
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        let key = LocalKey::generate().unwrap();
        // A static is never dropped: the folder is emptied by the next run.
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("negatives");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let stage = Self {
            sandbox,
            key,
            folder,
            next: AtomicUsize::new(0),
            _runtime: runtime,
        };
        // So that no proof is empty.
        for signer in [stage.workflow(), stage.by_key(), stage.workflow()] {
            stage.blob(&signer, None);
        }
        stage
    }

    /// The release workflow, which signs with certificates.
    pub(crate) fn workflow(&self) -> SignedBy {
        self.sandbox.workflow().clone().signer()
    }

    /// The key.
    pub(crate) fn by_key(&self) -> SignedBy {
        SignedBy::Key(self.key.clone())
    }

    /// A file of this run with this content.
    pub(crate) fn file(&self, content: impl AsRef<[u8]>) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let path = self.folder.join(number.to_string());
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().into()
    }

    /// A repository that no other case has.
    pub(crate) fn repository(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        format!("negatives/image-{number}")
    }

    /// An unsigned image that no other case has.
    pub(crate) fn image(&self) -> PublishedImage {
        let repository = self.repository();
        self.sandbox.push_image(&repository, &repository).unwrap()
    }

    /// The flags that accept the signer.
    pub(crate) fn accept(&self, signer: &SignedBy) -> Flags {
        match signer {
            SignedBy::Key(key) => vec!["--key".into(), self.file(key.public_pem().unwrap())],
            SignedBy::Identity(_) => {
                let identity = Workflow::release(REPOSITORY, "v1.4.0", "").identity();
                identity_flags(&identity, self.sandbox.issuer_url())
            }
        }
    }

    /// The sandbox's root, with changes.
    pub(crate) fn root(&self, edit: impl Fn(&mut Value)) -> String {
        let mut root: Value = serde_json::from_str(self.sandbox.trusted_root_json()).unwrap();
        edit(&mut root);
        root.to_string()
    }

    /// The sandbox's root with all that the strangers' has.
    pub(crate) fn root_of_both(&self) -> String {
        let strangers: Value = serde_json::from_str(self.sandbox.strangers_root_json()).unwrap();
        self.root(|root| {
            for (name, list) in root.as_object_mut().unwrap() {
                if let Some(list) = list.as_array_mut() {
                    list.extend(strangers[name].as_array().unwrap().iter().cloned());
                }
            }
        })
    }

    /// The Sigstore bundle of a signature over [`BYTES`].
    pub(crate) fn blob(&self, signer: &SignedBy, defect: Option<Defect>) -> Value {
        let bundle = self.sandbox.sign_blob(BYTES, signer, defect).unwrap();
        serde_json::from_str(&bundle).unwrap()
    }

    /// The same, logged in Rekor 2.
    pub(crate) fn blob_v2(&self, signer: &SignedBy, defect: Option<Defect>) -> Value {
        let recipe = Recipe {
            log: LogVersion::Two,
            ..Recipe::new(signer, defect)
        };
        let bundle = self.sandbox.sign_blob_as(BYTES, &recipe).unwrap();
        serde_json::from_str(&bundle).unwrap()
    }

    /// The Sigstore bundle of this statement, signed by the key.
    pub(crate) fn signed(&self, statement: impl AsRef<[u8]>, defect: Option<Defect>) -> Value {
        let signer = self.by_key();
        let bundle = self
            .sandbox
            .sign_statement(statement.as_ref(), &signer, defect)
            .unwrap();
        serde_json::from_str(&bundle).unwrap()
    }

    /// Asks who signed [`BYTES`], under the sandbox's own root.
    pub(crate) fn ask(&self, bundle: impl ToString, accept: Flags) -> Ask {
        self.ask_under(bundle, accept, self.sandbox.trusted_root_json())
    }

    /// Asks who signed [`BYTES`], under this root.
    pub(crate) fn ask_under(&self, bundle: impl ToString, accept: Flags, root: &str) -> Ask {
        let bundle = self.file(bundle.to_string());
        self.ask_blob(&self.file(BYTES), &["--bundle", &bundle], accept, root)
    }

    /// Asks who signed a file.
    pub(crate) fn ask_blob(&self, file: &str, more: &[&str], accept: Flags, root: &str) -> Ask {
        let root = self.file(root);
        let mut args: Flags = ["blob", "verify", file, "--output", "json"]
            .map(String::from)
            .into();
        args.extend(more.iter().copied().map(String::from));
        args.extend(["--trusted-root".into(), root]);
        args.extend(accept);
        Ask::Program(args)
    }

    /// Asks who signed an image.
    pub(crate) fn ask_image(&self, reference: &str, more: &[&str], accept: Flags) -> Ask {
        let root = self.file(self.sandbox.trusted_root_json());
        let mut args: Flags = ["image", "verify", reference, "--output", "json"]
            .map(String::from)
            .into();
        args.extend(more.iter().copied().map(String::from));
        args.extend(["--trusted-root".into(), root]);
        args.extend(accept);
        Ask::Program(args)
    }

    /// Signs the image itself.
    pub(crate) fn sign_image(
        &self,
        image: &PublishedImage,
        signer: &SignedBy,
        format: Format,
        defect: Option<Defect>,
    ) {
        self.sign_content(
            image,
            signer,
            format,
            Content::Signature(BTreeMap::new()),
            defect,
        );
    }

    /// Signs something about the image.
    pub(crate) fn sign_content(
        &self,
        image: &PublishedImage,
        signer: &SignedBy,
        format: Format,
        content: Content,
        defect: Option<Defect>,
    ) {
        let request = SignRequest {
            repository: image.repository.clone(),
            image: image.descriptor.clone(),
            signer: signer.clone(),
            format,
            content,
            defect,
        };
        self.sandbox.sign(&request).unwrap();
    }
}

/// The flags that accept a certificate for this subject by this issuer.
pub(crate) fn identity_flags(subject: &str, issuer: &str) -> Flags {
    [
        "--certificate-identity",
        subject,
        "--certificate-oidc-issuer",
        issuer,
    ]
    .map(String::from)
    .into()
}

/// A statement about this digest.
pub(crate) fn statement(digest: Digest, predicate_type: &str) -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "artifact", "digest": {"sha256": digest.hex()}}],
        "predicateType": predicate_type,
        "predicate": {"k": 1},
    })
}

/// An attestation with an empty predicate.
pub(crate) fn attestation(predicate_type: &str) -> Content {
    Content::Attestation {
        predicate_type: predicate_type.into(),
        predicate: json!({}),
    }
}

/// The media type of the older versions of Sigstore bundles.
pub(crate) fn media_type(version: &str) -> String {
    format!("application/vnd.dev.sigstore.bundle+json;version={version}")
}

/// Replaces what is at a place that must be there.
pub(crate) fn set(json: &mut Value, place: &str, value: impl Into<Value>) {
    *json.pointer_mut(place).unwrap() = value.into();
}

/// Removes a member that must be there.
pub(crate) fn remove(json: &mut Value, place: &str, key: &str) {
    let object = json.pointer_mut(place).unwrap().as_object_mut().unwrap();
    object.remove(key).unwrap();
}

/// Repeats the first item of a list.
pub(crate) fn repeat(json: &mut Value, place: &str, times: usize) {
    let list = json.pointer_mut(place).unwrap().as_array_mut().unwrap();
    let one = list[0].clone();
    list.resize(times, one);
}

/// Flips one bit in the middle of base64 text.
pub(crate) fn flip(json: &mut Value, place: &str) {
    let value = json.pointer_mut(place).unwrap();
    let mut bytes = STANDARD.decode(value.as_str().unwrap()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    *value = STANDARD.encode(bytes).into();
}

/// Ends the window of an authority or key before the sandbox began.
pub(crate) fn end(json: &mut Value, place: &str) {
    let window = json!({"start": "2020-01-01T00:00:00Z", "end": "2021-01-01T00:00:00Z"});
    set(json, place, window);
}

/// Begins it in a far future.
pub(crate) fn postpone(json: &mut Value, place: &str) {
    set(json, place, json!({"start": "2199-01-01T00:00:00Z"}));
}

/// Takes everything out of a list.
pub(crate) fn empty(json: &mut Value, place: &str) {
    set(json, place, json!([]));
}
