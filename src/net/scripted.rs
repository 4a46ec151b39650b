//! A server on loopback whose answers a test writes, and the log of what it was asked.

use crate::oci::{Document, Layout, Selector};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use std::sync::{Arc, Mutex};

/// One request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) host: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: Bytes,
}

/// One answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Bytes,
}

/// The server; it ends with the test's runtime.
pub(crate) struct Scripted {
    /// `127.0.0.1:PORT`.
    pub(crate) host: String,
    log: Arc<Mutex<Vec<Seen>>>,
}

impl Answer {
    pub(crate) fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    /// An error in the registries' own form.
    pub(crate) fn error(status: u16, code: &str) -> Self {
        Self::new(
            status,
            format!(r#"{{"errors":[{{"code":"{code}","message":"scripted"}}]}}"#),
        )
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

impl Seen {
    pub(crate) fn is(&self, path: &str) -> bool {
        self.path == path
    }
}

impl Scripted {
    pub(crate) async fn start(
        answer: impl Fn(&Seen) -> Answer + Clone + Send + Sync + 'static,
    ) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let log = Arc::new(Mutex::new(Vec::new()));
        let seen_by = log.clone();
        let app = Router::new().fallback(move |request: Request| {
            let (answer, seen_by) = (answer.clone(), seen_by.clone());
            async move {
                let (parts, body) = request.into_parts();
                let header = |name: &str| {
                    let value = parts.headers.get(name)?;
                    Some(value.to_str().unwrap().to_owned())
                };
                let seen = Seen {
                    method: parts.method.to_string(),
                    path: parts.uri.to_string(),
                    host: header("host").unwrap_or_default(),
                    authorization: header("authorization"),
                    body: axum::body::to_bytes(body, 1 << 20).await.unwrap(),
                };
                seen_by.lock().unwrap().push(seen.clone());
                let answer = answer(&seen);
                let mut response = Response::builder().status(answer.status);
                for (name, value) in answer.headers {
                    response = response.header(name, value);
                }
                response.body(Body::from(answer.body)).unwrap()
            }
        });
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { host, log }
    }

    /// `METHOD PATH` of every request so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.seen()
            .iter()
            .map(|seen| format!("{} {}", seen.method, seen.path))
            .collect()
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.log.lock().unwrap().clone()
    }
}

/// The answer of a well-behaved registry that holds a layout as its one repository `shop/api`.
pub(crate) fn answer_from(layout: &Layout, has_referrers: bool, seen: &Seen) -> Answer {
    let Some((kind, name)) = seen
        .path
        .strip_prefix("/v2/shop/api/")
        .and_then(|rest| rest.split_once('/'))
    else {
        return Answer::new(if seen.is("/v2/") { 200 } else { 404 }, "");
    };
    let digest = name.parse().ok();
    match kind {
        "manifests" => {
            let select = match digest {
                Some(digest) => Selector::Digest(digest),
                None => Selector::Tag(name.into()),
            };
            match layout.select(Some(&select)) {
                Ok(digest) => {
                    let bytes = layout.blob(&digest).unwrap().to_vec();
                    let media_type = Document::parse(&bytes).unwrap().media_type().to_owned();
                    Answer::new(200, bytes)
                        .with("content-type", media_type)
                        .with("docker-content-digest", digest.to_string())
                }
                Err(_) => Answer::error(404, "MANIFEST_UNKNOWN"),
            }
        }
        "blobs" => match layout.blob(&digest.unwrap()) {
            Some(bytes) => Answer::new(200, bytes.to_vec()),
            None => Answer::error(404, "BLOB_UNKNOWN"),
        },
        "referrers" if has_referrers => {
            let mut index: serde_json::Value =
                serde_json::json!({"schemaVersion": 2, "manifests": []});
            for (attached, bytes) in layout.blobs() {
                let document = Document::parse(bytes).ok();
                if document.and_then(|document| document.subject()) == digest && digest.is_some() {
                    let list = index["manifests"].as_array_mut().unwrap();
                    list.push(serde_json::json!({
                        "mediaType": "application/vnd.oci.image.manifest.v1+json",
                        "digest": attached, "size": bytes.len(),
                        "artifactType": "application/vnd.oci.empty.v1+json",
                    }));
                }
            }
            Answer::new(200, index.to_string())
        }
        _ => Answer::new(404, "404 page not found\n"),
    }
}
