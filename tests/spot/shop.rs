//! Images in the sandbox's registry, signed by one key in the format that a test asks for.

use crate::common::{REPOSITORY, Run, TAG, World, run, text};
use evidence::oci::Descriptor;
use evidence::sandbox::{
    Caller, Content, Format, LocalKey, PublishedImage, SignRequest, SignedBy, Workflow,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The services, and a key that signs.
pub(crate) struct Shop {
    pub(crate) world: World,
    pub(crate) key: LocalKey,
}

impl Shop {
    pub(crate) fn open() -> Self {
        let world = World::start();
        let key = LocalKey::generate().unwrap();
        std::fs::write(world.path("key.pub"), key.public_pem().unwrap()).unwrap();
        Self { world, key }
    }

    /// An image nobody signed.
    pub(crate) fn image(&self, name: &str) -> PublishedImage {
        let repository = format!("shop/{name}");
        self.world.sandbox.push_image(&repository, name).unwrap()
    }

    /// An image signed in this format.
    pub(crate) fn signed(&self, name: &str, format: Format) -> PublishedImage {
        let image = self.image(name);
        self.sign(&image, &image.descriptor, format, &self.key);
        image
    }

    pub(crate) fn sign(
        &self,
        image: &PublishedImage,
        about: &Descriptor,
        format: Format,
        key: &LocalKey,
    ) {
        let by_key = SignedBy::Key(key.clone());
        let signature = Content::Signature(BTreeMap::new());
        self.say(image, about, format, by_key, signature);
    }

    /// Signed by the CI of the release's repository.
    pub(crate) fn sign_in_ci(&self, image: &PublishedImage, format: Format) {
        let workflow = Workflow::release(REPOSITORY, TAG, &"0".repeat(40));
        let by_ci = SignedBy::Identity(Caller::Workflow(workflow));
        let signature = Content::Signature(BTreeMap::new());
        self.say(image, &image.descriptor, format, by_ci, signature);
    }

    /// An SBOM's attestation.
    pub(crate) fn attest(&self, image: &PublishedImage, format: Format) {
        let about = image.descriptor.digest;
        let content = self.world.sandbox.spdx_attestation(image, about);
        let by_key = SignedBy::Key(self.key.clone());
        self.say(image, &image.descriptor, format, by_key, content);
    }

    fn say(
        &self,
        image: &PublishedImage,
        about: &Descriptor,
        format: Format,
        signer: SignedBy,
        content: Content,
    ) {
        let request = SignRequest {
            repository: image.repository.clone(),
            image: about.clone(),
            signer,
            format,
            content,
            defect: None,
        };
        self.world.sandbox.sign(&request).unwrap();
    }

    /// `evidence image verify` by the key, under the sandbox's root.
    pub(crate) fn verify(&self, args: &[&str]) -> Run {
        let (root, key) = (
            text(&self.world.path("trusted_root.json")),
            text(&self.world.path("key.pub")),
        );
        let trust = ["--trusted-root", &root, "--key", &key];
        run(&[&["image", "verify"], args, &trust].concat())
    }

    /// `evidence image verify` by a policy, whose paths are relative to the world's folder; its answers.
    pub(crate) fn by_policy(&self, policy: &str, args: &[&str]) -> (Option<i32>, Vec<Value>) {
        let head =
            "version: 1\ntrusted-roots: [trusted_root.json]\nseal: {any-of: [{key: key.pub}]}\n";
        let path = self.file("policy.yaml", &format!("{head}{policy}"));
        let flags = ["--output", "json", "--policy", &text(&path)];
        let ran = run(&[&["image", "verify"], args, &flags].concat());
        let answer: Value = serde_json::from_str(&ran.stdout)
            .unwrap_or_else(|_| panic!("{}{}", ran.stdout, ran.stderr));
        (ran.code, answer["images"].as_array().unwrap().clone())
    }

    /// The same; its answers, and the requests that the registry saw.
    pub(crate) fn counted(&self, args: &[&str]) -> (Vec<Value>, Vec<String>) {
        let before = self.world.sandbox.registry_requests().len();
        let ran = self.verify(&[args, &["--output", "json"]].concat());
        let after = self.world.sandbox.registry_requests();
        let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
        let images = answer["images"].as_array().unwrap().clone();
        (images, after[before..].to_vec())
    }

    /// A file in the world's folder.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.world.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

/// The name that says which digest is meant.
pub(crate) fn pinned(image: &PublishedImage) -> String {
    let (name, _) = image.reference.rsplit_once(':').unwrap();
    format!("{name}@{}", image.descriptor.digest)
}

/// The code of the first finding.
pub(crate) fn code(image: &Value) -> &str {
    image["findings"][0]["code"].as_str().unwrap()
}

pub(crate) fn verdicts(images: &[Value]) -> Vec<&str> {
    images
        .iter()
        .map(|image| image["verdict"].as_str().unwrap())
        .collect()
}
