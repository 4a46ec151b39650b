//! A repository of a registry, spoken to directly: what no client would write can be put there.

use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use reqwest::{Client, Method, Response, StatusCode, Url};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::sync::LazyLock;
use tokio::runtime::Runtime;

pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFESTS: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json";

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
static CLIENT: LazyLock<Client> = LazyLock::new(|| Client::builder().no_proxy().build().unwrap());

/// A repository.
#[derive(Clone, Debug)]
pub(crate) struct Repository {
    /// HOST:PORT.
    pub(crate) registry: String,
    pub(crate) name: String,
}

impl Repository {
    pub(crate) fn new(registry: &str, name: &str) -> Self {
        Self {
            registry: registry.into(),
            name: name.into(),
        }
    }

    /// A reference by digest.
    pub(crate) fn reference(&self, digest: &str) -> String {
        format!("{}/{}@{digest}", self.registry, self.name)
    }

    pub(crate) fn put_blob(&self, bytes: &[u8]) -> String {
        let digest = digest_of(bytes);
        let begun = self.send(Method::POST, self.url("blobs/uploads/"), None, Vec::new());
        assert_eq!(begun.status(), StatusCode::ACCEPTED, "{begun:?}");
        let location = begun.headers()[LOCATION].to_str().unwrap();
        let mut url = self.url("").join(location).unwrap();
        url.query_pairs_mut().append_pair("digest", &digest);
        let kind = Some("application/octet-stream");
        let put = self.send(Method::PUT, url, kind, bytes.to_vec());
        assert_eq!(put.status(), StatusCode::CREATED, "{put:?}");
        digest
    }

    pub(crate) fn blob(&self, digest: &str) -> Vec<u8> {
        let found = self.get(&format!("blobs/{digest}"));
        found.unwrap_or_else(|| panic!("no blob {digest}"))
    }

    /// Puts a manifest under its digest, and under that tag.
    pub(crate) fn put_manifest(&self, tag: Option<&str>, kind: &str, bytes: &[u8]) -> String {
        let digest = digest_of(bytes);
        let url = self.url(&format!("manifests/{}", tag.unwrap_or(&digest)));
        let put = self.send(Method::PUT, url, Some(kind), bytes.to_vec());
        assert_eq!(put.status(), StatusCode::CREATED, "{put:?}");
        digest
    }

    /// The manifest of that tag or digest.
    pub(crate) fn manifest(&self, reference: &str) -> Option<Value> {
        let bytes = self.get(&format!("manifests/{reference}"))?;
        Some(serde_json::from_slice(&bytes).unwrap())
    }

    /// Manifests that the registry lists as attached to that one, by the API or the fallback tag.
    pub(crate) fn referrers(&self, digest: &str) -> Vec<Value> {
        let listed = self
            .get(&format!("referrers/{digest}"))
            .map(|bytes| serde_json::from_slice::<Value>(&bytes).unwrap())
            .or_else(|| self.manifest(&tag_of(digest, "")));
        let listed = listed.map(|list| list["manifests"].as_array().unwrap().clone());
        let digests = listed.unwrap_or_default().into_iter().map(|one| {
            let digest = one["digest"].as_str().unwrap();
            self.manifest(digest).unwrap()
        });
        digests.collect()
    }

    /// Lists manifests under the fallback tag, as clients do where the registry has no referrers API.
    pub(crate) fn put_fallback_list(&self, subject: &str, manifests: &[(String, usize)]) {
        let manifests: Vec<_> = manifests
            .iter()
            .map(|(digest, size)| json!({"mediaType": MANIFEST, "digest": digest, "size": size}))
            .collect();
        let list = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests});
        self.put_manifest(
            Some(&tag_of(subject, "")),
            INDEX,
            list.to_string().as_bytes(),
        );
    }

    /// Whether the registry has the referrers API.
    pub(crate) fn lists_referrers(&self) -> bool {
        let digest = digest_of(b"nothing has this digest as its subject");
        self.get(&format!("referrers/{digest}")).is_some()
    }

    fn url(&self, path: &str) -> Url {
        let url = format!("http://{}/v2/{}/{path}", self.registry, self.name);
        Url::parse(&url).unwrap()
    }

    fn get(&self, path: &str) -> Option<Vec<u8>> {
        let answer = self.send(Method::GET, self.url(path), None, Vec::new());
        match answer.status() {
            StatusCode::OK => Some(RUNTIME.block_on(answer.bytes()).unwrap().to_vec()),
            StatusCode::NOT_FOUND => None,
            _ => panic!("{answer:?}"),
        }
    }

    fn send(&self, method: Method, url: Url, kind: Option<&str>, body: Vec<u8>) -> Response {
        let mut request = CLIENT.request(method, url).header(ACCEPT, MANIFESTS);
        if let Some(kind) = kind {
            request = request.header(CONTENT_TYPE, kind);
        }
        RUNTIME.block_on(request.body(body).send()).unwrap()
    }
}

/// `sha256:…` of bytes.
pub(crate) fn digest_of(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

/// cosign's tag for what is attached to a digest: `.sig`, `.att`, or nothing for the fallback list.
pub(crate) fn tag_of(digest: &str, suffix: &str) -> String {
    format!("{}{suffix}", digest.replace(':', "-"))
}
