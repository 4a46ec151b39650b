//! Three images as a release has them: one signed in cosign's old format, one in its new one, one by a key.

use super::oidc::{Caller, Workflow};
use super::sbom::{self, Package, Subject};
use super::signing::{Content, Format, LocalKey, SignRequest, SignedBy};
use super::{Sandbox, SandboxError};
use crate::model::Digest;
use crate::oci::descriptor::Platform;
use crate::oci::{Descriptor, Index, Manifest, manifest};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// The images of a release.
#[derive(Clone, Debug)]
pub struct PublishedImages {
    /// Signed and attested (SPDX) by the release workflow, in cosign's old format.
    pub api: PublishedImage,
    /// For two platforms; signed by the release workflow as Sigstore bundles, one SPDX document for each platform
    /// and a CycloneDX one for the index.
    pub client: PublishedImage,
    /// Signed and attested (SPDX, CycloneDX) by a key, as Sigstore bundles.
    pub gateway: PublishedImage,
    /// The key that signed `gateway`.
    pub gateway_key: LocalKey,
}

/// One image in the sandbox's registry.
#[derive(Clone, Debug)]
pub struct PublishedImage {
    /// Repository, such as `demo/api`.
    pub repository: String,
    /// With the registry and the tag, such as `127.0.0.1:5000/demo/api:v1.4.0`.
    pub reference: String,
    /// Its manifest or index.
    pub descriptor: Descriptor,
    /// The manifests of an index.
    pub platforms: Vec<Descriptor>,
}

impl Sandbox {
    /// Pushes the three images of a release and signs them by the workflow that [`super::SandboxOptions`] names.
    ///
    /// # Errors
    /// When one of the services refuses: a second call finds its log entries taken only if the clock stands still.
    pub fn publish_images(&self) -> Result<PublishedImages, SandboxError> {
        let api = self.push_image("demo/api", "api server")?;
        let client = self.push_index("demo/client", "client")?;
        let gateway = self.push_image("demo/gateway", "gateway")?;
        let workflow = SignedBy::Identity(Caller::Workflow(self.workflow().clone()));
        let gateway_key = LocalKey::generate()?;
        let by_key = SignedBy::Key(gateway_key.clone());

        self.describe(
            &api,
            &api.descriptor,
            &workflow,
            Format::Legacy,
            &[
                Content::Signature(BTreeMap::new()),
                self.spdx(&api, api.descriptor.digest, sbom::API),
            ],
        )?;
        self.describe(
            &client,
            &client.descriptor,
            &workflow,
            Format::Bundle,
            &[
                Content::Signature(BTreeMap::new()),
                self.cyclonedx(&client, client.descriptor.digest, sbom::CLIENT),
            ],
        )?;
        for platform in &client.platforms {
            self.describe(
                &client,
                platform,
                &workflow,
                Format::Bundle,
                &[self.spdx(&client, platform.digest, sbom::CLIENT)],
            )?;
        }
        self.describe(
            &gateway,
            &gateway.descriptor,
            &by_key,
            Format::Bundle,
            &[
                Content::Signature(BTreeMap::new()),
                self.spdx(&gateway, gateway.descriptor.digest, sbom::GATEWAY),
                self.cyclonedx(&gateway, gateway.descriptor.digest, sbom::GATEWAY),
            ],
        )?;
        Ok(PublishedImages {
            api,
            client,
            gateway,
            gateway_key,
        })
    }

    /// Pushes an image of one platform, whose only layer holds `content`, under the release's tag. Nothing is signed.
    ///
    /// # Errors
    /// When a document has no JSON.
    pub fn push_image(
        &self,
        repository: &str,
        content: &str,
    ) -> Result<PublishedImage, SandboxError> {
        let (descriptor, bytes) = self.image(repository, content, "amd64")?;
        let tag = Some(self.tag());
        self.store()
            .put_manifest(repository, tag, manifest::IMAGE_MANIFEST, bytes);
        Ok(self.published(repository, descriptor, Vec::new()))
    }

    /// Pushes an image of two platforms under the release's tag. Nothing is signed.
    ///
    /// # Errors
    /// When a document has no JSON.
    pub fn push_index(
        &self,
        repository: &str,
        content: &str,
    ) -> Result<PublishedImage, SandboxError> {
        let mut platforms = Vec::new();
        for architecture in ["amd64", "arm64"] {
            let (mut descriptor, bytes) = self.image(repository, content, architecture)?;
            self.store()
                .put_manifest(repository, None, manifest::IMAGE_MANIFEST, bytes);
            descriptor.platform = Some(Platform {
                architecture: architecture.into(),
                os: "linux".into(),
                variant: None,
            });
            platforms.push(descriptor);
        }
        let index = serde_json::to_vec(&Index {
            schema_version: 2,
            media_type: Some(manifest::IMAGE_INDEX.into()),
            manifests: platforms.clone(),
            subject: None,
            annotations: BTreeMap::new(),
        })?;
        let descriptor = Descriptor::of(manifest::IMAGE_INDEX, &index);
        let tag = Some(self.tag());
        self.store()
            .put_manifest(repository, tag, manifest::IMAGE_INDEX, index);
        Ok(self.published(repository, descriptor, platforms))
    }

    /// An attestation with the SPDX document of these packages.
    pub fn spdx_attestation(&self, image: &PublishedImage, about: Digest) -> Content {
        self.spdx(image, about, sbom::API)
    }

    fn describe(
        &self,
        image: &PublishedImage,
        descriptor: &Descriptor,
        signer: &SignedBy,
        format: Format,
        contents: &[Content],
    ) -> Result<(), SandboxError> {
        for content in contents {
            self.sign(&SignRequest {
                repository: image.repository.clone(),
                image: descriptor.clone(),
                signer: signer.clone(),
                format,
                content: content.clone(),
                defect: None,
            })?;
        }
        Ok(())
    }

    fn spdx(&self, image: &PublishedImage, digest: Digest, packages: &[Package]) -> Content {
        attestation(
            sbom::SPDX,
            sbom::spdx(&self.subject(image, digest, packages), self.now()),
        )
    }

    fn cyclonedx(&self, image: &PublishedImage, digest: Digest, packages: &[Package]) -> Content {
        let subject = self.subject(image, digest, packages);
        attestation(sbom::CYCLONEDX, sbom::cyclonedx(&subject, self.now()))
    }

    fn subject<'a>(
        &'a self,
        image: &'a PublishedImage,
        digest: Digest,
        packages: &'a [Package],
    ) -> Subject<'a> {
        Subject {
            name: &image.repository,
            version: self.tag(),
            digest,
            packages,
        }
    }

    /// The blobs of an image, pushed, and its manifest.
    fn image(
        &self,
        repository: &str,
        content: &str,
        architecture: &str,
    ) -> Result<(Descriptor, Vec<u8>), SandboxError> {
        let layer = layer(&format!("DEMO {content} {architecture} {}\n", self.tag()))?;
        let config = json!({
            "architecture": architecture, "os": "linux",
            "created": self.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "config": {"Labels": {"org.opencontainers.image.version": self.tag(),
                "org.opencontainers.image.source": format!("https://github.com/{}", self.workflow().repository),
                "org.opencontainers.image.revision": self.workflow().commit}},
            "rootfs": {"type": "layers", "diff_ids": [Digest::of(&layer)]},
        })
        .to_string();
        let image = Manifest {
            schema_version: 2,
            media_type: Some(manifest::IMAGE_MANIFEST.into()),
            artifact_type: None,
            config: Descriptor::of(CONFIG, config.as_bytes()),
            layers: vec![Descriptor::of(LAYER, &layer)],
            subject: None,
            annotations: BTreeMap::new(),
        };
        self.store().put_blob(repository, config);
        self.store().put_blob(repository, layer);
        let bytes = serde_json::to_vec(&image)?;
        Ok((Descriptor::of(manifest::IMAGE_MANIFEST, &bytes), bytes))
    }

    fn published(
        &self,
        repository: &str,
        descriptor: Descriptor,
        platforms: Vec<Descriptor>,
    ) -> PublishedImage {
        PublishedImage {
            repository: repository.into(),
            reference: format!("{}/{repository}:{}", self.registry(), self.tag()),
            descriptor,
            platforms,
        }
    }
}

impl PublishedImage {
    /// With the registry and the digest.
    pub fn pinned(&self) -> String {
        let tagless = self.reference.rsplit_once(':').map(|(name, _)| name);
        format!("{}@{}", tagless.unwrap_or_default(), self.descriptor.digest)
    }
}

impl Workflow {
    /// The identity of certificates for this workflow, as [`SignedBy`].
    pub fn signer(self) -> SignedBy {
        SignedBy::Identity(Caller::Workflow(self))
    }
}

fn attestation(predicate_type: &str, predicate: Value) -> Content {
    Content::Attestation {
        predicate_type: predicate_type.into(),
        predicate,
    }
}

/// A layer with one file.
fn layer(content: &str) -> Result<Vec<u8>, SandboxError> {
    let mut header = tar::Header::new_ustar();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(0);
    let mut tar = tar::Builder::new(Vec::new());
    tar.append_data(&mut header, "app/DEMO.txt", content.as_bytes())
        .and_then(|()| tar.into_inner())
        .map_err(SandboxError::Layer)
}
