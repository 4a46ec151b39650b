//! The client against registries that behave, fail and lie.

use super::registry::{Registry, RegistryError, RegistryOptions};
use super::scripted::{Answer, Scripted, Seen};
use super::{Credentials, Http, HttpOptions};
use crate::model::redact::Secret;
use crate::model::{Digest, limits};
use crate::oci::manifest::IMAGE_MANIFEST;
use crate::oci::{Descriptor, Reference, Selector};

pub(super) const MANIFEST: &[u8] = br#"{"schemaVersion":2,"config":{"mediaType":"c","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0},"layers":[]}"#;

fn client_with(credentials: Credentials) -> Registry {
    let http = Http::new(&HttpOptions {
        retries: 1,
        ..HttpOptions::default()
    });
    Registry::new(http.unwrap(), credentials, RegistryOptions::default())
}

pub(super) fn client() -> Registry {
    client_with(Credentials::none())
}

pub(super) fn reference(server: &Scripted) -> Reference {
    format!("{}/shop/api:v1", server.host).parse().unwrap()
}

async fn manifest(server: &Scripted) -> Result<Option<super::Fetched>, RegistryError> {
    let reference = reference(server);
    client()
        .manifest(&reference, &reference.selector(), 1_000)
        .await
}

pub(super) async fn answering(answer: Answer) -> Scripted {
    Scripted::start(move |seen: &Seen| match seen.is("/v2/") {
        true => Answer::new(200, "{}"),
        false => answer.clone(),
    })
    .await
}

#[tokio::test]
async fn a_manifest_is_its_bytes_digest_and_type_in_one_request_and_one_to_the_registry() {
    let server = answering(
        Answer::new(200, MANIFEST).with("content-type", format!("{IMAGE_MANIFEST}; charset=utf-8")),
    )
    .await;

    let found = manifest(&server).await.unwrap().unwrap();

    assert_eq!(found.digest, Digest::of(MANIFEST));
    assert_eq!(found.media_type, IMAGE_MANIFEST);
    assert_eq!(&*found.bytes, MANIFEST);
    assert_eq!(
        server.asked(),
        ["GET /v2/", "GET /v2/shop/api/manifests/v1"]
    );
}

#[tokio::test]
async fn only_the_registry_s_own_404_means_that_there_is_none() {
    for code in ["MANIFEST_UNKNOWN", "NAME_UNKNOWN", "NOT_FOUND"] {
        let server = answering(Answer::error(404, code)).await;
        assert!(manifest(&server).await.unwrap().is_none(), "{code}");
    }
    let proxy = answering(Answer::new(404, "<html>no such page")).await;
    let answer = manifest(&proxy).await;
    assert!(
        matches!(answer, Err(RegistryError::Status { .. })),
        "{answer:?}"
    );
}

#[tokio::test]
async fn denial_rate_limit_and_failure_are_errors_with_the_registry_s_code() {
    let denied = answering(Answer::error(403, "DENIED")).await;
    let text = manifest(&denied).await.unwrap_err().to_string();
    assert!(text.ends_with("403 Forbidden (DENIED)"), "{text}");

    let limited = answering(Answer::error(429, "TOOMANYREQUESTS").with("retry-after", "0")).await;
    let answer = manifest(&limited).await;
    assert!(
        matches!(answer, Err(RegistryError::RateLimited { .. })),
        "{answer:?}"
    );
    assert_eq!(limited.asked().len(), 3, "/v2/, a try and one more");

    let broken = answering(Answer::new(500, "\u{1b}[31m")).await;
    let answer = manifest(&broken).await;
    assert!(
        matches!(&answer, Err(RegistryError::Status { code, .. }) if code.0.is_none()),
        "{answer:?}"
    );
    assert!(answer.unwrap_err().is_undetermined());
}

#[tokio::test]
async fn a_registry_that_is_not_there_is_unreachable() {
    let reference: Reference = "127.0.0.1:1/shop/api:v1".parse().unwrap();

    let answer = client()
        .manifest(&reference, &reference.selector(), 1_000)
        .await;

    assert!(
        matches!(answer, Err(RegistryError::Unreachable { .. })),
        "{answer:?}"
    );
}

#[tokio::test]
async fn bytes_with_another_digest_than_asked_for_or_stated_are_refused() {
    let liar = answering(
        Answer::new(200, MANIFEST).with("docker-content-digest", Digest::of(b"x").to_string()),
    )
    .await;
    let by_header = manifest(&liar).await;
    assert!(
        matches!(by_header, Err(RegistryError::Digest { .. })),
        "{by_header:?}"
    );

    let swapped = answering(Answer::new(200, MANIFEST)).await;
    let reference = reference(&swapped);
    let wanted = Digest::of(b"wanted");
    let select = Selector::Digest(wanted);
    let by_digest = client().manifest(&reference, &select, 1_000).await;
    assert!(
        matches!(by_digest, Err(RegistryError::Digest { .. })),
        "{by_digest:?}"
    );
    let blob = client().blob(&reference, &wanted, 1_000).await;
    assert!(
        matches!(blob, Err(RegistryError::Digest { .. })),
        "{blob:?}"
    );
    assert!(!blob.unwrap_err().is_undetermined());
}

#[tokio::test]
async fn a_blob_of_another_size_than_its_descriptor_says_is_refused() {
    let server = answering(Answer::new(200, "four")).await;
    let mut descriptor = Descriptor::of("text/plain", b"four");
    descriptor.size = 5;

    let answer = client()
        .blob_of(&reference(&server), &descriptor, 1_000)
        .await;

    assert!(
        matches!(
            answer,
            Err(RegistryError::Size {
                expected: 5,
                found: 4,
                ..
            })
        ),
        "{answer:?}"
    );
}

#[tokio::test]
async fn more_than_the_limit_is_never_read_and_a_large_descriptor_not_even_asked_for() {
    let huge = vec![b' '; limits::REGISTRY_ANSWER_BYTES as usize + 1];
    for body in [vec![b' '; 1_001], huge] {
        let server = answering(Answer::new(200, body)).await;
        let answer = manifest(&server).await;
        assert!(
            matches!(answer, Err(RegistryError::TooLarge { .. })),
            "{answer:?}"
        );
    }

    let server = answering(Answer::new(200, "")).await;

    let before = server.asked().len();
    let mut descriptor = Descriptor::of("text/plain", b"");
    descriptor.size = 1_001;
    let answer = client()
        .blob_of(&reference(&server), &descriptor, 1_000)
        .await;
    assert!(
        matches!(answer, Err(RegistryError::TooLarge { .. })),
        "{answer:?}"
    );
    assert_eq!(server.asked().len(), before);
}

#[tokio::test]
async fn an_absent_blob_is_an_error() {
    let server = answering(Answer::error(404, "BLOB_UNKNOWN")).await;

    let answer = client()
        .blob(&reference(&server), &Digest::of(b""), 10)
        .await;

    assert!(
        matches!(answer, Err(RegistryError::Absent { .. })),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_redirect_to_another_origin_is_followed_without_credentials() {
    let store = Scripted::start(|_: &Seen| Answer::new(200, "blob")).await;
    let elsewhere = format!("http://{}/blob?signed=1", store.host);
    let server = Scripted::start(move |seen: &Seen| match seen.is("/v2/") {
        true => Answer::new(401, "").with("www-authenticate", "Basic realm=\"r\""),
        false => Answer::new(307, "").with("location", elsewhere.clone()),
    })
    .await;
    let credentials = Credentials::none().and(&server.host, "me", Secret::new("pw"));

    let blob = client_with(credentials)
        .blob(&reference(&server), &Digest::of(b"blob"), 10)
        .await
        .unwrap();

    assert_eq!(&*blob, b"blob");
    assert_eq!(
        server.seen()[1].authorization.as_deref(),
        Some("Basic bWU6cHc=")
    );
    assert_eq!(store.seen()[0].authorization, None);
}

#[tokio::test]
async fn a_challenge_from_where_a_redirect_led_gets_nothing() {
    let thief = Scripted::start(|_: &Seen| {
        Answer::new(401, "").with("www-authenticate", "Basic realm=\"r\"")
    })
    .await;
    let elsewhere = format!("http://{}/", thief.host);
    let server = answering(Answer::new(307, "").with("location", elsewhere)).await;
    let credentials = Credentials::none().and(&server.host, "me", Secret::new("pw"));

    let answer = client_with(credentials)
        .blob(&reference(&server), &Digest::of(b"blob"), 10)
        .await;

    assert!(
        matches!(answer, Err(RegistryError::Denied { .. })),
        "{answer:?}"
    );
    assert_eq!(thief.asked().len(), 1);
    assert_eq!(thief.seen()[0].authorization, None);
}

/// A registry with bearer tokens whose token service is on the same server.
fn with_tokens(seen: &Seen, expires_in: u64) -> Answer {
    let challenge = format!(
        "Bearer realm=\"http://{}/token\",service=\"shop\"",
        seen.host
    );
    match seen.authorization.as_deref() {
        _ if seen.path.starts_with("/token") => Answer::new(
            200,
            format!(r#"{{"token":"t0ken","expires_in":{expires_in}}}"#),
        ),
        Some("Bearer t0ken") => Answer::new(200, MANIFEST),
        _ => Answer::error(401, "UNAUTHORIZED").with("www-authenticate", challenge),
    }
}

#[tokio::test]
async fn many_requests_at_the_same_time_take_one_challenge_and_one_token() {
    let server = Scripted::start(|seen: &Seen| with_tokens(seen, 300)).await;
    let (client, reference) = (client(), reference(&server));

    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..20 {
        let (client, reference) = (client.clone(), reference.clone());
        tasks.spawn(async move {
            let select = Selector::Tag(format!("v{number}"));
            client.manifest(&reference, &select, 1_000).await
        });
    }
    for answer in tasks.join_all().await {
        assert!(answer.unwrap().is_some());
    }

    let asked = server.asked();
    assert_eq!(asked.len(), 22, "{asked:?}");
    assert_eq!(
        asked[1],
        "GET /token?service=shop&scope=repository%3Ashop%2Fapi%3Apull"
    );
}

#[tokio::test]
async fn a_token_at_its_end_is_replaced_and_one_that_is_refused_is_fetched_just_once_more() {
    let server = Scripted::start(|seen: &Seen| with_tokens(seen, 0)).await;
    let (client, reference) = (client(), reference(&server));
    let select = reference.selector();
    for _ in 0..2 {
        let answer = client.manifest(&reference, &select, 1_000).await;
        assert!(answer.unwrap().is_some());
    }
    let tokens = |server: &Scripted| {
        let asked = server.asked();
        asked.iter().filter(|line| line.contains("/token")).count()
    };
    assert_eq!(tokens(&server), 2);

    let strict = Scripted::start(|seen: &Seen| match seen.authorization {
        Some(_) => Answer::error(401, "UNAUTHORIZED").with(
            "www-authenticate",
            format!("Bearer realm=\"http://{}/token\"", seen.host),
        ),
        None => with_tokens(seen, 300),
    })
    .await;
    let answer = manifest(&strict).await;
    assert!(
        matches!(answer, Err(RegistryError::Denied { .. })),
        "{answer:?}"
    );
    assert_eq!(tokens(&strict), 2);
}

#[tokio::test]
async fn credentials_are_not_sent_to_a_token_service_over_plain_http_elsewhere() {
    let server = Scripted::start(|_: &Seen| {
        Answer::new(401, "").with(
            "www-authenticate",
            "Bearer realm=\"http://auth.example.invalid/token\"",
        )
    })
    .await;
    let credentials = Credentials::none().and(&server.host, "me", Secret::new("pw"));
    let reference = reference(&server);

    let answer = client_with(credentials)
        .manifest(&reference, &reference.selector(), 1_000)
        .await;

    assert!(
        matches!(answer, Err(RegistryError::Token { .. })),
        "{answer:?}"
    );
    assert!(!format!("{answer:?}").contains("pw"));
}
