//! Services for the tests of this folder.

use crate::model::Digest;
use crate::net::http::{Http, HttpOptions, Url};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sigstore_merkle::hash_leaf;

/// A client that tries once.
pub(super) fn http() -> Http {
    let options = HttpOptions {
        retries: 0,
        ..HttpOptions::default()
    };
    Http::new(&options).unwrap()
}

/// Serves on a free port of this machine until the test ends.
pub(super) async fn serve(router: Router) -> Url {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Url::parse(&format!("http://{address}")).unwrap()
}

/// An address at which nobody listens.
pub(super) async fn nobody() -> Url {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap()
}

fn text<'a>(value: &'a serde_json::Value, pointer: &str) -> &'a str {
    value.pointer(pointer).unwrap().as_str().unwrap()
}

/// A log of one entry that signs nothing: enough for all that is checked without a trusted root.
pub(super) fn log_of_one() -> Router {
    let answer = |body: String| async move {
        let proposed: serde_json::Value = serde_json::from_str(&body).unwrap();
        let content = "/spec/proposedContent";
        let envelope = text(&proposed, &format!("{content}/envelope"));
        let envelope: serde_json::Value = serde_json::from_str(envelope).unwrap();
        let payload = STANDARD.decode(text(&envelope, "/payload")).unwrap();
        let logged = serde_json::json!({"apiVersion": "0.0.1", "kind": "dsse", "spec": {
            "payloadHash": {"algorithm": "sha256", "value": Digest::of(&payload).hex()},
            "signatures": [{
                "signature": text(&envelope, "/signatures/0/sig"),
                "verifier": text(&proposed, &format!("{content}/verifiers/0")),
            }],
        }})
        .to_string();
        let leaf = hash_leaf(logged.as_bytes());
        let root = leaf.to_base64();
        let signature = STANDARD.encode([0; 70]);
        let entry = serde_json::json!({
            "body": STANDARD.encode(&logged),
            "integratedTime": 1_795_254_189,
            "logID": "00".repeat(32),
            "logIndex": 41,
            "verification": {
                "signedEntryTimestamp": STANDARD.encode("not judged here"),
                "inclusionProof": {
                    "checkpoint": format!("log\n1\n{root}\n\n— log {signature}\n"),
                    "hashes": [], "logIndex": 0, "rootHash": leaf.to_hex(), "treeSize": 1,
                },
            },
        });
        let uuid = format!("00000000000000aa{}", leaf.to_hex());
        (
            StatusCode::CREATED,
            serde_json::json!({uuid: entry}).to_string(),
        )
    };
    Router::new().route("/api/v1/log/entries", post(answer))
}
