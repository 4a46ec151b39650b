//! An image whose only attachment is one old layer, made by hand.

use crate::case::Ask;
use crate::stage::Stage;
use evidence::model::Digest;
use evidence::oci::layout::REF_NAME;
use evidence::oci::{Descriptor, Layout};
use evidence::sandbox::{PublishedImage, SignedBy};
use evidence::sigstore::{Key, Options, Roots, judge_image};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const EMPTY: &[u8] = b"{}";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// The image and its layer.
pub(crate) struct Attached {
    image: PublishedImage,
    suffix: &'static str,
    pub(crate) media_type: &'static str,
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) object: Vec<u8>,
}

impl Attached {
    /// A layer of `.sig`, still empty.
    pub(crate) fn signature(stage: &Stage) -> Self {
        Self {
            image: stage.image(),
            suffix: "sig",
            media_type: "application/vnd.dev.cosign.simplesigning.v1+json",
            annotations: BTreeMap::new(),
            object: Vec::new(),
        }
    }

    /// A layer of `.att`, still empty.
    pub(crate) fn attestation(stage: &Stage) -> Self {
        Self {
            suffix: "att",
            media_type: "application/vnd.dsse.envelope.v1+json",
            ..Self::signature(stage)
        }
    }

    pub(crate) fn image(&self) -> Digest {
        self.image.descriptor.digest
    }

    /// Pushes it, and asks whether this signer signed the image.
    pub(crate) fn ask(&self, stage: &Stage, more: &[&str], signer: &SignedBy) -> Ask {
        let (sandbox, repository) = (&stage.sandbox, &self.image.repository);
        sandbox.push_blob(repository, EMPTY.to_vec());
        sandbox.push_blob(repository, self.object.clone());
        let bytes = self.manifest().to_string().into_bytes();
        sandbox.push_manifest(repository, Some(&self.tag()), MANIFEST, bytes);
        stage.ask_image(&self.image.reference, more, stage.accept(signer))
    }

    /// Judges it in a layout that no registry would hold: the last of the objects.
    pub(crate) fn judge(&self, roots: &Roots, keys: &[Key], edit: impl Fn(&mut Value)) -> Ask {
        let mut manifest = self.manifest();
        edit(&mut manifest);
        let bytes = manifest.to_string().into_bytes();
        let entry = Descriptor::of(MANIFEST, &bytes).annotated(REF_NAME, &self.tag());
        let mut layout = Layout::new();
        layout.add_entry(entry);
        layout.add_blob(bytes);
        layout.add_blob(self.object.clone());
        let image = self.image();
        let mut objects = judge_image(&image, &layout, roots, keys, &Options::STRICT);
        Ask::Library(objects.pop().unwrap().judgement)
    }

    fn tag(&self) -> String {
        format!("sha256-{}.{}", self.image().hex(), self.suffix)
    }

    fn manifest(&self) -> Value {
        json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {"mediaType": CONFIG, "digest": Digest::of(EMPTY), "size": EMPTY.len()},
            "layers": [{"mediaType": self.media_type, "digest": Digest::of(&self.object),
                "size": self.object.len(), "annotations": self.annotations}],
        })
    }
}
