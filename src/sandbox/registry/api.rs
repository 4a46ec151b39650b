//! The registry's HTTP interface.

use super::super::service::{answer_with, json};
use super::{Document, Registry, manifest};
use crate::model::Digest;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, Uri, header};
use axum::response::Response;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

impl Registry {
    pub(in super::super) fn router(self: Arc<Self>) -> Router {
        // Names of repositories have slashes, which no route pattern can tell from the rest of the path.
        Router::new().fallback(dispatch).with_state(self)
    }
}

/// What a path asks for.
#[derive(Debug, Eq, PartialEq)]
enum Target<'a> {
    Base,
    Manifest(&'a str, &'a str),
    Blob(&'a str, &'a str),
    Uploads(&'a str),
    Upload(&'a str, &'a str),
    Referrers(&'a str, &'a str),
    Tags(&'a str),
}

impl<'a> Target<'a> {
    fn parse(path: &'a str) -> Option<Self> {
        let rest = path.strip_prefix("/v2")?;
        if rest.is_empty() || rest == "/" {
            return Some(Self::Base);
        }
        let rest = rest.strip_prefix('/')?;
        if let Some(name) = rest.strip_suffix("/tags/list") {
            return Some(Self::Tags(name));
        }
        if let Some((name, id)) = rest.split_once("/blobs/uploads") {
            let id = id.trim_start_matches('/');
            return Some(match id {
                "" => Self::Uploads(name),
                id => Self::Upload(name, id),
            });
        }
        let (head, last) = rest.rsplit_once('/')?;
        let (name, kind) = head.rsplit_once('/')?;
        match kind {
            "manifests" => Some(Self::Manifest(name, last)),
            "blobs" => Some(Self::Blob(name, last)),
            "referrers" => Some(Self::Referrers(name, last)),
            _ => None,
        }
    }
}

async fn dispatch(
    State(registry): State<Arc<Registry>>,
    method: Method,
    uri: Uri,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    registry.note(format!("{method} {}", uri.path()));
    let Some(target) = Target::parse(uri.path()) else {
        return error(404, "NAME_UNKNOWN");
    };
    let read = method == Method::GET || method == Method::HEAD;
    match (target, method) {
        (Target::Base, _) if read => json(200, &json!({})),
        (Target::Manifest(name, reference), _) if read => get_manifest(&registry, name, reference),
        (Target::Manifest(name, reference), Method::PUT) => {
            put_manifest(&registry, name, reference, &headers, body)
        }
        (Target::Blob(name, digest), _) if read => get_blob(&registry, name, digest),
        (Target::Uploads(name), Method::POST) => begin(&registry, name, &query, body),
        (Target::Upload(name, id), Method::PATCH) => patch(&registry, name, id, &body),
        (Target::Upload(name, id), Method::PUT) => finish(&registry, name, id, &query, &body),
        (Target::Referrers(name, digest), Method::GET) => {
            referrers(&registry, name, digest, query.get("artifactType"))
        }
        (Target::Tags(name), Method::GET) => tags(&registry, name),
        _ => error(405, "UNSUPPORTED"),
    }
}

fn get_manifest(registry: &Registry, name: &str, reference: &str) -> Response {
    let Some((digest, stored)) = registry.manifest(name, reference) else {
        return error(404, "MANIFEST_UNKNOWN");
    };
    answer_with(
        200,
        &[
            ("content-type", &stored.media_type),
            ("docker-content-digest", &digest.to_string()),
        ],
        stored.bytes,
    )
}

fn put_manifest(
    registry: &Registry,
    name: &str,
    reference: &str,
    headers: &HeaderMap,
    body: Bytes,
) -> Response {
    let Ok(document) = Document::parse(&body) else {
        return error(400, "MANIFEST_INVALID");
    };
    let by_digest = reference.parse::<Digest>();
    if by_digest
        .as_ref()
        .is_ok_and(|digest| *digest != Digest::of(&body))
    {
        return error(400, "DIGEST_INVALID");
    }
    let media_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_else(|| document.media_type());
    let tag = by_digest.is_err().then_some(reference);
    let digest = registry.put_manifest(name, tag, media_type, body.clone());
    let digest = digest.to_string();
    let location = format!("/v2/{name}/manifests/{digest}");
    let subject = document.subject().map(|subject| subject.to_string());
    let mut headers = vec![
        ("location", location.as_str()),
        ("docker-content-digest", &digest),
    ];
    if let Some(subject) = subject.as_deref().filter(|_| registry.referrers) {
        headers.push(("oci-subject", subject));
    }
    answer_with(201, &headers, Bytes::new())
}

fn get_blob(registry: &Registry, name: &str, digest: &str) -> Response {
    let found = digest
        .parse()
        .ok()
        .and_then(|digest| registry.blob(name, digest));
    match found {
        Some(bytes) => answer_with(
            200,
            &[
                ("content-type", "application/octet-stream"),
                ("docker-content-digest", digest),
            ],
            bytes,
        ),
        None => error(404, "BLOB_UNKNOWN"),
    }
}

/// Begins an upload, or takes it whole where the digest comes with it.
fn begin(
    registry: &Registry,
    name: &str,
    query: &BTreeMap<String, String>,
    body: Bytes,
) -> Response {
    if let Some(digest) = query.get("digest") {
        return store(registry, name, digest, body);
    }
    let mut state = registry.state();
    state.next_upload += 1;
    let id = state.next_upload;
    state.uploads.insert(id, body.to_vec());
    accepted(name, id, body.len())
}

fn patch(registry: &Registry, name: &str, id: &str, body: &[u8]) -> Response {
    let mut state = registry.state();
    let upload = id
        .parse()
        .ok()
        .and_then(|id| Some((id, state.uploads.get_mut(&id)?)));
    match upload {
        Some((id, bytes)) => {
            bytes.extend_from_slice(body);
            accepted(name, id, bytes.len())
        }
        None => error(404, "BLOB_UPLOAD_UNKNOWN"),
    }
}

fn finish(
    registry: &Registry,
    name: &str,
    id: &str,
    query: &BTreeMap<String, String>,
    body: &[u8],
) -> Response {
    let begun = id
        .parse()
        .ok()
        .and_then(|id: u64| registry.state().uploads.remove(&id));
    match (begun, query.get("digest")) {
        (Some(mut bytes), Some(digest)) => {
            bytes.extend_from_slice(body);
            store(registry, name, digest, bytes.into())
        }
        (Some(_), None) => error(400, "DIGEST_INVALID"),
        (None, _) => error(404, "BLOB_UPLOAD_UNKNOWN"),
    }
}

fn store(registry: &Registry, name: &str, digest: &str, bytes: Bytes) -> Response {
    if digest.parse() != Ok(Digest::of(&bytes)) {
        return error(400, "DIGEST_INVALID");
    }
    registry.put_blob(name, bytes);
    answer_with(
        201,
        &[
            ("location", &format!("/v2/{name}/blobs/{digest}")),
            ("docker-content-digest", digest),
        ],
        Bytes::new(),
    )
}

fn accepted(name: &str, id: u64, size: usize) -> Response {
    answer_with(
        202,
        &[
            ("location", &format!("/v2/{name}/blobs/uploads/{id}")),
            ("range", &format!("0-{}", size.saturating_sub(1))),
        ],
        Bytes::new(),
    )
}

fn referrers(
    registry: &Registry,
    name: &str,
    digest: &str,
    artifact_type: Option<&String>,
) -> Response {
    if !registry.referrers {
        return answer_with(404, &[("content-type", "text/plain")], "404 page not found");
    }
    let Ok(subject) = digest.parse() else {
        return error(400, "DIGEST_INVALID");
    };
    let index = registry.referrers_of(name, subject, artifact_type.map(String::as_str));
    let mut headers = vec![("content-type", manifest::IMAGE_INDEX)];
    if artifact_type.is_some() {
        headers.push(("oci-filters-applied", "artifactType"));
    }
    answer_with(
        200,
        &headers,
        serde_json::to_vec(&index).unwrap_or_default(),
    )
}

fn tags(registry: &Registry, name: &str) -> Response {
    let state = registry.state();
    match state.repositories.get(name) {
        Some(repository) => json(
            200,
            &json!({"name": name, "tags": repository.tags.keys().collect::<Vec<_>>()}),
        ),
        None => error(404, "NAME_UNKNOWN"),
    }
}

fn error(status: u16, code: &str) -> Response {
    json(
        status,
        &json!({"errors": [{"code": code, "message": code.to_lowercase().replace('_', " ")}]}),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_may_be_named_like_a_part_of_the_path() {
        assert_eq!(Target::parse("/v2/"), Some(Target::Base));
        assert_eq!(
            Target::parse("/v2/a/manifests/b/manifests/v1"),
            Some(Target::Manifest("a/manifests/b", "v1"))
        );
        assert_eq!(
            Target::parse("/v2/a/b/blobs/uploads/"),
            Some(Target::Uploads("a/b"))
        );
        assert_eq!(
            Target::parse("/v2/a/b/blobs/uploads/7"),
            Some(Target::Upload("a/b", "7"))
        );
        assert_eq!(Target::parse("/v1/a"), None);
    }
}
