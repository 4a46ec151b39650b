//! The log's HTTP interface (Rekor's `openapi.yaml`).

use super::super::Refusal;
use super::super::service::{answer, answer_with, json};
use super::{Rejected, Rekor, merkle};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;
use sigstore_types::DerPublicKey;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Deserialize)]
struct Search {
    hash: Option<String>,
}

type Parameters = Query<BTreeMap<String, String>>;

impl Rekor {
    pub(in super::super) fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/api/v1/log", get(log))
            .route("/api/v1/log/publicKey", get(public_key))
            .route("/api/v1/log/proof", get(proof))
            .route("/api/v1/log/entries", post(create).get(by_index))
            .route("/api/v1/log/entries/{uuid}", get(by_uuid))
            .route("/api/v1/index/retrieve", post(search))
            .with_state(self)
    }
}

async fn create(State(rekor): State<Arc<Rekor>>, body: Bytes) -> Response {
    match rekor.add(&body, None) {
        Ok(entry) => answer_with(
            201,
            &[
                ("content-type", "application/json"),
                ("location", &location(&entry.uuid)),
                ("etag", &entry.uuid),
            ],
            entry.to_api().to_string(),
        ),
        Err(Rejected::Exists(uuid)) => answer_with(
            409,
            &[
                ("content-type", "application/json"),
                ("location", &location(&uuid)),
            ],
            json!({"code": 409, "message": format!("an equivalent entry already exists in the transparency log with UUID {uuid}")})
                .to_string(),
        ),
        Err(Rejected::Refused(refusal)) => refused(&refusal),
    }
}

async fn by_index(State(rekor): State<Arc<Rekor>>, Query(query): Parameters) -> Response {
    let index = query.get("logIndex").and_then(|index| index.parse().ok());
    let Some(index) = index else {
        return refused(&Refusal::new(422, "logIndex in query is required"));
    };
    match rekor.by_index(index) {
        Ok(entry) => json(200, &entry.to_api()),
        Err(refusal) => refused(&refusal),
    }
}

async fn by_uuid(State(rekor): State<Arc<Rekor>>, Path(uuid): Path<String>) -> Response {
    match rekor.by_uuid(&uuid) {
        Ok(entry) => json(200, &entry.to_api()),
        Err(refusal) => refused(&refusal),
    }
}

async fn search(State(rekor): State<Arc<Rekor>>, body: Bytes) -> Response {
    match serde_json::from_slice::<Search>(&body) {
        Ok(Search { hash: Some(hash) }) => json(200, &json!(rekor.about(&hash))),
        Ok(Search { hash: None }) => refused(&Refusal::new(400, "hash is required")),
        Err(error) => refused(&Refusal::new(400, error.to_string())),
    }
}

async fn log(State(rekor): State<Arc<Rekor>>) -> Response {
    let tree = rekor.tree();
    let (size, root) = (tree.leaves.len(), merkle::root(&tree.leaves));
    match rekor.checkpoint(&rekor.key, size, root) {
        Ok(checkpoint) => json(
            200,
            &json!({
                "inactiveShards": null, "rootHash": hex::encode(root), "signedTreeHead": checkpoint,
                "treeID": rekor.tree_id.to_string(), "treeSize": size,
            }),
        ),
        Err(refusal) => refused(&refusal),
    }
}

async fn proof(State(rekor): State<Arc<Rekor>>, Query(query): Parameters) -> Response {
    let tree = rekor.tree();
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<usize>().ok());
    let first = number("firstSize").unwrap_or(1);
    let leaves = number("lastSize").and_then(|last| tree.leaves.get(..last));
    let Some(leaves) = leaves.filter(|leaves| first >= 1 && first <= leaves.len()) else {
        return refused(&Refusal::new(
            400,
            "firstSize must be at least 1 and lastSize within the log",
        ));
    };
    let hashes: Vec<String> = merkle::consistency(leaves, first)
        .iter()
        .map(hex::encode)
        .collect();
    json(
        200,
        &json!({"hashes": hashes, "rootHash": hex::encode(merkle::root(leaves))}),
    )
}

async fn public_key(State(rekor): State<Arc<Rekor>>) -> Response {
    match rekor.spki() {
        Ok(spki) => answer(
            200,
            "application/x-pem-file",
            DerPublicKey::new(spki).to_pem(),
        ),
        Err(error) => refused(&error.into()),
    }
}

fn location(uuid: &str) -> String {
    format!("/api/v1/log/entries/{uuid}")
}

fn refused(refusal: &Refusal) -> Response {
    json(
        refusal.status,
        &json!({"code": refusal.status, "message": refusal.message}),
    )
}
