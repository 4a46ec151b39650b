//! What clients are told: whom to trust, and where the services are.

use super::SandboxError;
use crate::model::{Digest, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Public keys and certificates of one sandbox, and the addresses beside them.
pub(super) struct Anchors {
    pub(super) from: Timestamp,
    pub(super) fulcio_url: String,
    pub(super) fulcio_chain: Vec<Vec<u8>>,
    pub(super) ctlog_spki: Vec<u8>,
    /// Address and key of each log; what is signed goes to the first.
    pub(super) logs: Vec<(String, Vec<u8>)>,
    pub(super) tsa_url: String,
    pub(super) tsa_chains: Vec<Vec<Vec<u8>>>,
}

impl Anchors {
    /// The `trusted_root.json` (protobuf-specs, `sigstore_trustroot.proto`).
    pub(super) fn trusted_root(&self) -> Result<String, SandboxError> {
        let tsa = |chain: &Vec<Vec<u8>>| self.authority(&self.tsa_url, chain);
        let root = json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": self.logs.iter().map(|(url, spki)| self.log(url, spki)).collect::<Vec<_>>(),
            "certificateAuthorities": [self.authority(&self.fulcio_url, &self.fulcio_chain)],
            "ctlogs": [self.log(&format!("{}/ctlog", self.fulcio_url), &self.ctlog_spki)],
            "timestampAuthorities": self.tsa_chains.iter().map(tsa).collect::<Vec<_>>(),
        });
        Ok(serde_json::to_string_pretty(&root)?)
    }

    /// The signing config, version 0.2.
    pub(super) fn signing_config(&self, issuer_url: &str) -> Result<String, SandboxError> {
        let service = |url: &str| {
            json!([{"url": url, "majorApiVersion": 1, "validFor": {"start": self.from.to_string()},
                "operator": "DEMO"}])
        };
        let config = json!({
            "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
            "caUrls": service(&self.fulcio_url),
            "oidcUrls": service(issuer_url),
            "rekorTlogUrls": service(self.logs.first().map_or("", |(url, _)| url)),
            "rekorTlogConfig": {"selector": "ANY"},
            "tsaUrls": service(&self.tsa_url),
            "tsaConfig": {"selector": "ANY"},
        });
        Ok(serde_json::to_string_pretty(&config)?)
    }

    fn log(&self, url: &str, spki: &[u8]) -> Value {
        json!({
            "baseUrl": url,
            "hashAlgorithm": "SHA2_256",
            "publicKey": {
                "rawBytes": STANDARD.encode(spki),
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                "validFor": {"start": self.from.to_string()},
            },
            "logId": {"keyId": STANDARD.encode(Digest::of(spki).as_raw())},
        })
    }

    fn authority(&self, url: &str, chain: &[Vec<u8>]) -> Value {
        let certificates: Vec<Value> = chain
            .iter()
            .map(|der| json!({"rawBytes": STANDARD.encode(der)}))
            .collect();
        json!({
            "subject": {"organization": "DEMO", "commonName": "DEMO"},
            "uri": url,
            "certChain": {"certificates": certificates},
            "validFor": {"start": self.from.to_string()},
        })
    }
}
