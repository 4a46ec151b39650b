//! Rekor v2: a `hashedrekord` 0.0.2 entry over the pre-authentication encoding.

use super::exchange::{SealError, Service, ask, bad, below, post_json, refused};
use super::log::{Proposal, Recorded, Verifier, included};
use crate::net::http::{Http, Url};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sigstore_types::{KindVersion, TransparencyLogEntry};

const SERVICE: Service = Service::Log;
/// protobuf-specs `PublicKeyDetails`; the only keys that sign here.
const KEY_DETAILS: &str = "PKIX_ECDSA_P256_SHA_256";

/// The body that the tiled log writes (rekor-tiles, `api/proto/rekor/v2/entry.proto`).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    kind: String,
    api_version: String,
    spec: Spec,
}

#[derive(Deserialize)]
struct Spec {
    #[serde(rename = "hashedRekordV002")]
    record: HashedRekord,
}

#[derive(Deserialize)]
struct HashedRekord {
    data: Data,
    signature: Signature,
}

#[derive(Deserialize)]
struct Data {
    algorithm: String,
    digest: String,
}

#[derive(Deserialize)]
struct Signature {
    content: String,
    verifier: LoggedVerifier,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LoggedVerifier {
    x509_certificate: Option<RawBytes>,
    public_key: Option<RawBytes>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawBytes {
    raw_bytes: String,
}

pub(super) async fn record(
    http: &Http,
    base: &Url,
    proposal: &Proposal,
) -> Result<Recorded, SealError> {
    let raw = serde_json::json!({"rawBytes": STANDARD.encode(proposal.verifier.der())});
    let verifier = match proposal.verifier {
        Verifier::Certificate(_) => {
            serde_json::json!({"x509Certificate": raw, "keyDetails": KEY_DETAILS})
        }
        Verifier::Key(_) => serde_json::json!({"publicKey": raw, "keyDetails": KEY_DETAILS}),
    };
    let body = serde_json::json!({"hashedRekordRequestV002": {
        "digest": STANDARD.encode(proposal.pae.as_raw()),
        "signature": {
            "content": STANDARD.encode(&proposal.signature),
            "verifier": verifier,
        },
    }});
    let request = post_json(below(base, "api/v2/log/entries"), &body);
    let response = ask(http, SERVICE, request).await?;
    if !response.status.is_success() {
        return Err(refused(SERVICE, &response, None));
    }
    read(&response.body, proposal).map_err(|reason| bad(SERVICE, reason))
}

fn read(answer: &[u8], proposal: &Proposal) -> Result<Recorded, String> {
    let entry: TransparencyLogEntry =
        serde_json::from_slice(answer).map_err(|error| error.to_string())?;
    if entry.kind_version != KindVersion::HashedRekordV002 {
        return Err("its entry is no hashedrekord 0.0.2".into());
    }
    check_body(entry.canonicalized_body.as_bytes(), proposal)?;
    let record = included(&entry)?;
    Ok(Recorded {
        entry,
        record,
        uuid: None,
    })
}

/// The log must have recorded this digest, this signature and this verifier.
fn check_body(body: &[u8], proposal: &Proposal) -> Result<(), String> {
    let body: Body = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    if body.kind != "hashedrekord" || body.api_version != "0.0.2" {
        return Err("its entry is no hashedrekord 0.0.2".into());
    }
    let HashedRekord { data, signature } = body.spec.record;
    if data.algorithm != "SHA2_256" || data.digest != STANDARD.encode(proposal.pae.as_raw()) {
        return Err("its entry is about another payload".into());
    }
    if signature.content != STANDARD.encode(&proposal.signature) {
        return Err("its entry is about another signature".into());
    }
    let logged = match (
        &proposal.verifier,
        signature.verifier.x509_certificate,
        signature.verifier.public_key,
    ) {
        (Verifier::Certificate(_), Some(raw), None) | (Verifier::Key(_), None, Some(raw)) => raw,
        _ => return Err("its entry names another kind of verifier".into()),
    };
    if logged.raw_bytes != STANDARD.encode(proposal.verifier.der()) {
        return Err("its entry names another certificate or key".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Digest;
    use crate::seal::stub::{http, serve};
    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::post;
    use sigstore_types::DerCertificate;

    // What cosign 3 sent for an image signature, and rekor-tiles 2.3.0 answered.
    const REQUEST: &str =
        include_str!("../../fixtures/sigstore/http/03-v3-sign-keyless-rekor2/rekor-request.json");
    const ANSWER: &str =
        include_str!("../../fixtures/sigstore/http/03-v3-sign-keyless-rekor2/rekor-answer.json");

    fn proposal() -> Proposal {
        let json: serde_json::Value = serde_json::from_str(REQUEST).unwrap();
        let request = &json["hashedRekordRequestV002"];
        let bytes = |value: &serde_json::Value| STANDARD.decode(value.as_str().unwrap()).unwrap();
        let signature = &request["signature"];
        let certificate = bytes(&signature["verifier"]["x509Certificate"]["rawBytes"]);
        Proposal {
            envelope: String::new(),
            payload: Digest::of(b"not recorded"),
            pae: Digest::from_raw(bytes(&request["digest"]).try_into().unwrap()),
            signature: bytes(&signature["content"]),
            verifier: Verifier::Certificate(DerCertificate::new(certificate)),
        }
    }

    fn error(answer: &str, change: impl Fn(&mut Proposal)) -> String {
        let mut proposal = proposal();
        change(&mut proposal);
        read(answer.as_bytes(), &proposal).err().unwrap()
    }

    #[test]
    fn a_real_entry_is_taken_and_has_no_time_of_its_own() {
        let found = read(ANSWER.as_bytes(), &proposal()).unwrap();

        assert_eq!(found.record.index, 34);
        assert_eq!(found.record.kind, "hashedrekord 0.0.2");
        assert_eq!(found.record.integrated, None);
        assert_eq!(found.uuid, None);
    }

    #[test]
    fn an_entry_about_anything_else_is_not_taken() {
        assert!(error(ANSWER, |p| p.pae = Digest::of(b"")).contains("another payload"));
        assert!(error(ANSWER, |p| p.signature.push(0)).contains("another signature"));
        let other = |p: &mut Proposal| {
            p.verifier = Verifier::Certificate(DerCertificate::new(vec![0]));
        };
        assert!(error(ANSWER, other).contains("another certificate or key"));
        let key = |p: &mut Proposal| {
            p.verifier =
                Verifier::Key(sigstore_types::DerPublicKey::new(p.verifier.der().to_vec()));
        };
        assert!(error(ANSWER, key).contains("another kind of verifier"));
    }

    #[test]
    fn a_proof_that_does_not_lead_to_the_checkpoint_is_not_taken() {
        for (from, to, why) in [
            ("\"HoHm", "\"HoHn", "does not hold"),
            ("\"treeSize\":\"35\"", "\"treeSize\":\"36\"", "another tree"),
            ("\"0.0.2\"", "\"0.0.1\"", "no hashedrekord 0.0.2"),
            ("inclusionProof", "inclusionProve", "no inclusion proof"),
        ] {
            let changed = ANSWER.replacen(from, to, 1);
            assert_ne!(changed, ANSWER, "{from}");
            let found = error(&changed, |_| {});
            assert!(found.contains(why), "{to}: {found}");
        }
    }

    #[tokio::test]
    async fn the_request_is_that_of_cosign() {
        let log = Router::new().route(
            "/api/v2/log/entries",
            post(|body: String| async move {
                let sent: serde_json::Value = serde_json::from_str(&body).unwrap();
                let cosign: serde_json::Value = serde_json::from_str(REQUEST).unwrap();
                assert_eq!(sent, cosign);
                (StatusCode::CREATED, ANSWER)
            }),
        );
        let base = serve(log).await;

        let found = record(&http(), &base, &proposal()).await.unwrap();

        assert_eq!(found.record.index, 34);
    }
}
