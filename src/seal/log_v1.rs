//! Rekor v1: a `dsse` 0.0.1 entry, which the log indexes by the statement's subjects.

use super::exchange::{SealError, Service, ask, bad, below, post_json, refused};
use super::log::{Proposal, Recorded, included};
use crate::model::limits::SEAL_ANSWER_BYTES;
use crate::net::http::{Http, Request, Response, Url};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sigstore_rekor::LogEntry;
use sigstore_types::KindVersion;
use std::collections::BTreeMap;

const SERVICE: Service = Service::Log;
const ENTRIES: &str = "api/v1/log/entries";

/// The part of a `dsse` 0.0.1 body that says what was recorded (rekor, `pkg/types/dsse/v0.0.1`).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    kind: String,
    api_version: String,
    spec: Spec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    payload_hash: Hash,
    signatures: Vec<Signature>,
}

#[derive(Deserialize)]
struct Hash {
    algorithm: String,
    value: String,
}

#[derive(Deserialize)]
struct Signature {
    signature: String,
    verifier: String,
}

pub(super) async fn record(
    http: &Http,
    base: &Url,
    proposal: &Proposal,
) -> Result<Recorded, SealError> {
    let body = serde_json::json!({
        "apiVersion": "0.0.1",
        "kind": "dsse",
        "spec": {"proposedContent": {
            "envelope": proposal.envelope,
            "verifiers": [STANDARD.encode(proposal.verifier.pem())],
        }},
    });
    let mut response = ask(http, SERVICE, post_json(below(base, ENTRIES), &body)).await?;
    if response.status.as_u16() == 409 {
        // A repeated request after a broken connection: the entry is there, and is read like any other.
        let uuid = existing(&response).ok_or_else(|| bad(SERVICE, "it names no existing entry"))?;
        let url = below(base, &format!("{ENTRIES}/{uuid}"));
        let request = Request::get(url, SEAL_ANSWER_BYTES).header("accept", "application/json");
        response = ask(http, SERVICE, request).await?;
    }
    if !response.status.is_success() {
        return Err(refused(SERVICE, &response, None));
    }
    read(&response.body, proposal).map_err(|reason| bad(SERVICE, reason))
}

/// The UUID in a conflict's `Location`. Nothing else of it is followed.
fn existing(response: &Response) -> Option<&str> {
    let uuid = response.header("location")?.rsplit('/').next()?;
    is_uuid(uuid).then_some(uuid)
}

/// A leaf hash, with or without the tree's id before it.
fn is_uuid(text: &str) -> bool {
    matches!(text.len(), 64 | 80) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn read(answer: &[u8], proposal: &Proposal) -> Result<Recorded, String> {
    let entries: BTreeMap<String, LogEntry> =
        serde_json::from_slice(answer).map_err(|error| error.to_string())?;
    let mut entries = entries.into_iter();
    let (Some((uuid, logged)), None) = (entries.next(), entries.next()) else {
        return Err("it does not hold exactly one entry".into());
    };
    check_body(logged.body.as_bytes(), proposal)?;
    let entry = logged
        .to_bundle_entry(KindVersion::DsseV001)
        .map_err(|error| error.to_string())?;
    if entry.inclusion_promise.is_none() || entry.integrated_time.is_none() {
        return Err("it has no signed entry timestamp".into());
    }
    let record = included(&entry)?;
    if !is_uuid(&uuid) || !uuid.ends_with(&record.leaf_hash) {
        return Err(format!("its UUID {uuid:.80} is not that of the entry"));
    }
    Ok(Recorded {
        entry,
        record,
        uuid: Some(uuid),
    })
}

/// The log must have recorded this payload, this signature and this verifier, and nothing besides.
fn check_body(body: &[u8], proposal: &Proposal) -> Result<(), String> {
    let body: Body = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    if body.kind != "dsse" || body.api_version != "0.0.1" {
        return Err("its entry is no dsse 0.0.1".into());
    }
    let hash = &body.spec.payload_hash;
    if hash.algorithm != "sha256" || hash.value != proposal.payload.hex() {
        return Err("its entry is about another payload".into());
    }
    let [signature] = body.spec.signatures.as_slice() else {
        return Err("its entry has not exactly one signature".into());
    };
    if signature.signature != STANDARD.encode(&proposal.signature) {
        return Err("its entry is about another signature".into());
    }
    let is_ours = STANDARD
        .decode(&signature.verifier)
        .ok()
        .and_then(|pem| String::from_utf8(pem).ok())
        .is_some_and(|pem| proposal.verifier.is_pem(&pem));
    if is_ours {
        Ok(())
    } else {
        Err("its entry names another certificate or key".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Digest;
    use crate::seal::log::Verifier;
    use crate::seal::stub::{http, serve};
    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::{get, post};
    use sigstore_types::{Bundle, DerPublicKey, bundle::SignatureContent};

    // What cosign 3 signed with a key, and Rekor 1.5.4 answers for it.
    const ANSWER: &str = include_str!(
        "../../fixtures/sigstore/blobs/b11-v3-attest-blob-key-rekor1/rekor-entry.json"
    );
    const BUNDLE: &str = include_str!(
        "../../fixtures/sigstore/blobs/b11-v3-attest-blob-key-rekor1/bundle.sigstore.json"
    );
    const ALICE: &str = include_str!("../../fixtures/sigstore/test-keys/alice.pub");

    fn proposal() -> Proposal {
        let bundle = Bundle::from_json(BUNDLE).unwrap();
        let SignatureContent::DsseEnvelope(envelope) = &bundle.content else {
            panic!()
        };
        Proposal {
            envelope: serde_json::to_string(envelope).unwrap(),
            payload: Digest::of(envelope.payload.as_bytes()),
            pae: Digest::of(&envelope.pae()),
            signature: envelope.signature.sig.as_bytes().to_vec(),
            verifier: Verifier::Key(DerPublicKey::from_pem(ALICE).unwrap()),
        }
    }

    fn error(answer: &str, change: impl Fn(&mut Proposal)) -> String {
        let mut proposal = proposal();
        change(&mut proposal);
        read(answer.as_bytes(), &proposal).err().unwrap()
    }

    #[test]
    fn a_real_entry_is_taken_as_the_bundle_wants_it() {
        let found = read(ANSWER.as_bytes(), &proposal()).unwrap();

        assert_eq!(found.record.index, 92);
        assert_eq!(found.record.kind, "dsse 0.0.1");
        assert!(found.record.log_id.starts_with("d6fbd812"));
        assert_eq!(found.record.integrated.unwrap().as_second(), 1_795_254_189);
        let uuid = found.uuid.unwrap();
        assert_eq!(uuid, format!("49b3c157602ad4e5{}", found.record.leaf_hash));
    }

    #[test]
    fn an_entry_about_anything_else_is_not_taken() {
        assert!(error(ANSWER, |p| p.payload = Digest::of(b"")).contains("another payload"));
        assert!(error(ANSWER, |p| p.signature.push(0)).contains("another signature"));
        let other = sigstore_crypto::KeyPair::generate_ecdsa_p256().unwrap();
        let other = other.public_key_der().unwrap();
        let found = error(ANSWER, |p| p.verifier = Verifier::Key(other.clone()));
        assert!(found.contains("another certificate or key"));
    }

    #[test]
    fn a_proof_that_does_not_lead_to_the_checkpoint_is_not_taken() {
        for (from, to, why) in [
            ("\"171e5a", "\"171e5b", "does not hold"),
            ("\"treeSize\":98", "\"treeSize\":97", "another tree"),
            ("\"rootHash\":\"cc", "\"rootHash\":\"cd", "another tree"),
            ("inclusionProof", "inclusionProve", "no inclusion proof"),
            (
                "signedEntryTimestamp",
                "unsigned",
                "no signed entry timestamp",
            ),
            ("integratedTime", "integrated", "no signed entry timestamp"),
            ("49b3c157602ad4e59487", "49b3c157602ad4e59488", "UUID"),
            ("49b3c157602ad4e59487", "49b39487", "UUID"),
        ] {
            let changed = ANSWER.replacen(from, to, 1);
            assert_ne!(changed, ANSWER, "{from}");
            let found = error(&changed, |_| {});
            assert!(found.contains(why), "{to}: {found}");
        }
    }

    #[test]
    fn an_answer_holds_exactly_one_entry() {
        let one: serde_json::Map<_, _> = serde_json::from_str(ANSWER).unwrap();
        let mut two = one.clone();
        two.extend(one.into_iter().map(|(_, entry)| ("0".repeat(64), entry)));
        let two = serde_json::to_string(&two).unwrap();

        assert!(error("{}", |_| {}).contains("exactly one"));
        assert!(error(&two, |_| {}).contains("exactly one"));
    }

    #[tokio::test]
    async fn an_entry_that_exists_already_is_fetched_by_its_uuid_from_the_same_log() {
        let uuid = ANSWER.split('"').nth(1).unwrap();
        let location = format!("https://elsewhere.example/api/v1/log/entries/{uuid}");
        let log = Router::new()
            .route(
                "/api/v1/log/entries",
                post(move || async move { (StatusCode::CONFLICT, [("location", location)]) }),
            )
            .route("/api/v1/log/entries/{uuid}", get(|| async { ANSWER }));
        let base = serve(log).await;

        let found = record(&http(), &base, &proposal()).await.unwrap();

        assert_eq!(found.uuid.as_deref(), Some(uuid));
    }

    #[tokio::test]
    async fn a_conflict_that_names_no_entry_is_a_bad_answer() {
        let log = Router::new().route(
            "/api/v1/log/entries",
            post(|| async { (StatusCode::CONFLICT, [("location", "/../../etc/passwd")]) }),
        );
        let base = serve(log).await;

        let error = record(&http(), &base, &proposal()).await.err().unwrap();

        assert!(matches!(error, SealError::BadAnswer { .. }));
    }
}
