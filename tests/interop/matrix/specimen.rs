//! An image and what is attached to it, taken out of a registry, changed, and put into another repository.

use super::registry::{INDEX, MANIFEST, Repository, digest_of, tag_of};
use serde_json::{Value, json};

/// An image: its manifest, and the blobs or child manifests that it names.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    pub(crate) kind: &'static str,
    pub(crate) manifest: Vec<u8>,
    pub(crate) blobs: Vec<Vec<u8>>,
    pub(crate) children: Vec<Self>,
}

impl Image {
    /// One platform; the same name gives the same digest.
    pub(crate) fn single(name: &str) -> Self {
        let config = "application/vnd.oci.image.config.v1+json";
        Self::with_types(
            name,
            MANIFEST,
            config,
            "application/vnd.oci.image.layer.v1.tar",
        )
    }

    /// One platform with the media types that Docker writes.
    pub(crate) fn docker(name: &str) -> Self {
        let docker = "application/vnd.docker.";
        let config = format!("{docker}container.image.v1+json");
        let layer = format!("{docker}image.rootfs.diff.tar");
        let manifest = "application/vnd.docker.distribution.manifest.v2+json";
        Self::with_types(name, manifest, &config, &layer)
    }

    /// Two platforms.
    pub(crate) fn index(name: &str) -> Self {
        let children = ["amd64", "arm64"].map(|one| (one, Self::single(&format!("{name} {one}"))));
        let manifests = children.each_ref().map(|(architecture, child)| {
            json!({"mediaType": child.kind, "digest": child.digest(), "size": child.manifest.len(),
                "platform": {"os": "linux", "architecture": architecture}})
        });
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests});
        Self {
            kind: INDEX,
            manifest: index.to_string().into_bytes(),
            blobs: Vec::new(),
            children: children.map(|(_, child)| child).to_vec(),
        }
    }

    fn with_types(name: &str, kind: &'static str, config_type: &str, layer_type: &str) -> Self {
        let layer = tar(name);
        let config = json!({"architecture": "amd64", "os": "linux", "config": {"Labels": {"name": name}},
            "rootfs": {"type": "layers", "diff_ids": [digest_of(&layer)]}});
        let config = config.to_string().into_bytes();
        let described = |kind: &str, bytes: &[u8]| json!({"mediaType": kind, "digest": digest_of(bytes), "size": bytes.len()});
        let manifest = json!({"schemaVersion": 2, "mediaType": kind,
            "config": described(config_type, &config), "layers": [described(layer_type, &layer)]});
        Self {
            kind,
            manifest: manifest.to_string().into_bytes(),
            blobs: vec![config, layer],
            children: Vec::new(),
        }
    }

    pub(crate) fn digest(&self) -> String {
        digest_of(&self.manifest)
    }

    /// Puts it into the repository; gives the reference by digest.
    pub(crate) fn put(&self, repository: &Repository) -> String {
        for blob in &self.blobs {
            repository.put_blob(blob);
        }
        for child in &self.children {
            child.put(repository);
        }
        let digest = repository.put_manifest(None, self.kind, &self.manifest);
        repository.reference(&digest)
    }
}

fn tar(name: &str) -> Vec<u8> {
    let text = format!("This stands for the program of {name}.");
    let mut header = tar::Header::new_ustar();
    header.set_size(text.len() as u64);
    header.set_mode(0o644);
    let mut archive = tar::Builder::new(Vec::new());
    archive
        .append_data(&mut header, "opt/program", text.as_bytes())
        .unwrap();
    archive.into_inner().unwrap()
}

/// A manifest that is attached to an image, with its content: payloads, envelopes or one Sigstore bundle.
#[derive(Clone, Debug)]
pub(crate) struct Attached {
    pub(crate) manifest: Value,
    pub(crate) config: Vec<u8>,
    pub(crate) contents: Vec<Vec<u8>>,
}

impl Attached {
    fn read(repository: &Repository, manifest: Value) -> Self {
        let blob = |one: &Value| repository.blob(one["digest"].as_str().unwrap());
        Self {
            config: blob(&manifest["config"]),
            contents: manifest["layers"]
                .as_array()
                .unwrap()
                .iter()
                .map(blob)
                .collect(),
            manifest,
        }
    }

    /// The annotation of the first layer, where legacy signatures keep all but the payload.
    pub(crate) fn annotation(&mut self, name: &str) -> &mut Value {
        &mut self.manifest["layers"][0]["annotations"][name]
    }

    pub(crate) fn remove_annotation(&mut self, name: &str) {
        let annotations = &mut self.manifest["layers"][0]["annotations"];
        let removed = annotations.as_object_mut().unwrap().remove(name);
        assert!(removed.is_some(), "there is no {name}");
    }

    /// Changes the Sigstore bundle that it holds.
    pub(crate) fn edit(&mut self, change: impl FnOnce(&mut Value)) {
        let mut bundle = self.bundle();
        change(&mut bundle);
        self.contents[0] = bundle.to_string().into_bytes();
    }

    /// The Sigstore bundle that it holds.
    pub(crate) fn bundle(&self) -> Value {
        serde_json::from_slice(&self.contents[0]).unwrap()
    }

    /// Puts it there; gives digest and size.
    fn put(&self, repository: &Repository, tag: Option<&str>, subject: &Image) -> (String, usize) {
        repository.put_blob(&self.config);
        let mut manifest = self.manifest.clone();
        let layers = manifest["layers"].as_array_mut().unwrap();
        for (layer, content) in layers.iter_mut().zip(&self.contents) {
            layer["digest"] = repository.put_blob(content).into();
            layer["size"] = content.len().into();
        }
        if tag.is_none() {
            manifest["subject"] = json!({"mediaType": subject.kind, "digest": subject.digest(),
                "size": subject.manifest.len()});
        }
        let bytes = manifest.to_string().into_bytes();
        (repository.put_manifest(tag, MANIFEST, &bytes), bytes.len())
    }
}

/// An image with what is attached to it.
#[derive(Clone, Debug)]
pub(crate) struct Specimen {
    pub(crate) image: Image,
    pub(crate) signatures: Option<Attached>,
    pub(crate) attestations: Option<Attached>,
    pub(crate) bundles: Vec<Attached>,
}

impl Specimen {
    pub(crate) fn bare(image: Image) -> Self {
        Self {
            image,
            signatures: None,
            attestations: None,
            bundles: Vec::new(),
        }
    }

    /// Reads back what was attached to the image there.
    pub(crate) fn read(repository: &Repository, image: Image) -> Self {
        let digest = image.digest();
        let tagged = |suffix| {
            let manifest = repository.manifest(&tag_of(&digest, suffix))?;
            Some(Attached::read(repository, manifest))
        };
        let bundles = repository.referrers(&digest).into_iter();
        Self {
            signatures: tagged(".sig"),
            attestations: tagged(".att"),
            bundles: bundles.map(|one| Attached::read(repository, one)).collect(),
            image,
        }
    }

    /// Puts all of it there; gives the image's reference by digest.
    pub(crate) fn put(&self, repository: &Repository) -> String {
        let reference = self.image.put(repository);
        let digest = self.image.digest();
        for (attached, suffix) in [(&self.signatures, ".sig"), (&self.attestations, ".att")] {
            if let Some(attached) = attached {
                attached.put(repository, Some(&tag_of(&digest, suffix)), &self.image);
            }
        }
        let bundles = self.bundles.iter();
        let put: Vec<_> = bundles
            .map(|one| one.put(repository, None, &self.image))
            .collect();
        if !put.is_empty() && !repository.lists_referrers() {
            repository.put_fallback_list(&digest, &put);
        }
        reference
    }

    /// The legacy signature.
    pub(crate) fn signature(&mut self) -> &mut Attached {
        self.signatures.as_mut().unwrap()
    }

    /// The only Sigstore bundle.
    pub(crate) fn bundle(&mut self) -> &mut Attached {
        assert_eq!(self.bundles.len(), 1);
        &mut self.bundles[0]
    }
}
