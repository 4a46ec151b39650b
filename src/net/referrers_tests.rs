//! Lists of referrers, the fallback tag, and uploads, against registries that behave, fail and lie.

use super::registry::RegistryError;
use super::registry_tests::{MANIFEST, answering, client, reference};
use super::scripted::{Answer, Scripted, Seen};
use crate::model::{Digest, limits};
use crate::oci::Descriptor;
use crate::oci::attached::tag_of;
use crate::oci::manifest::IMAGE_MANIFEST;

fn descriptors(count: usize) -> String {
    listing((0..count).map(|number| Descriptor::of(IMAGE_MANIFEST, number.to_string().as_bytes())))
}

fn listing(of: impl Iterator<Item = Descriptor>) -> String {
    let list: Vec<_> = of.collect();
    serde_json::json!({"schemaVersion": 2, "manifests": list}).to_string()
}

#[tokio::test]
async fn referrers_are_read_to_the_last_page() {
    let digest = Digest::of(b"image");
    let server = Scripted::start(|seen: &Seen| match seen.path.split_once("?n=") {
        _ if seen.is("/v2/") => Answer::new(200, ""),
        None => Answer::new(200, descriptors(2))
            .with("link", format!("<{}?n=1>; rel=\"next\"", seen.path)),
        Some(_) => Answer::new(
            200,
            listing(std::iter::once(Descriptor::of(IMAGE_MANIFEST, b"last"))),
        ),
    })
    .await;

    let found = client().referrers(&reference(&server), &digest).await;

    let found = found.unwrap();
    assert_eq!(found.len(), 3);
    assert_eq!(found[2].digest, Digest::of(b"last"));
}

#[tokio::test]
async fn what_is_listed_twice_comes_once_unless_its_sizes_differ() {
    let one = Descriptor::of(IMAGE_MANIFEST, MANIFEST);
    let mut lie = one.clone();
    lie.size += 1;
    let list = listing([one.clone(), one.clone(), lie, one].into_iter());
    let server = answering(Answer::new(200, list)).await;

    let found = client()
        .referrers(&reference(&server), &Digest::of(b"image"))
        .await;

    assert_eq!(found.unwrap().len(), 2);
}

#[tokio::test]
async fn pages_that_are_large_together_are_refused_though_each_is_small() {
    let mut fat = Descriptor::of(IMAGE_MANIFEST, MANIFEST);
    fat.annotations.insert(
        "a".into(),
        " ".repeat((limits::OCI_MANIFEST_BYTES / 2) as usize),
    );
    let server = answering(
        Answer::new(200, listing(std::iter::once(fat)))
            .with("link", "</v2/shop/api/referrers/x?n=1>; rel=next"),
    )
    .await;

    let answer = client()
        .referrers(&reference(&server), &Digest::of(b"image"))
        .await;

    assert!(
        matches!(&answer, Err(RegistryError::Referrers { reason, .. }) if reason.ends_with("bytes")),
        "{answer:?}"
    );
    assert!(server.asked().len() < 12, "{}", server.asked().len());
}

#[tokio::test]
async fn referrers_without_an_end_on_another_server_or_without_a_list_are_refused() {
    let digest = Digest::of(b"image");
    let endless = answering(
        Answer::new(200, descriptors(1)).with("link", "</v2/shop/api/referrers/x?n=1>; rel=next"),
    )
    .await;
    let crowd = answering(Answer::new(200, descriptors(limits::REFERRERS + 1))).await;
    let away = answering(
        Answer::new(200, descriptors(1)).with("link", "<http://127.0.0.1:1/x>; rel=\"next\""),
    )
    .await;
    let no_list = answering(Answer::new(200, r#"{"schemaVersion":2}"#)).await;
    let page = answering(Answer::new(200, "<html>")).await;

    for server in [&endless, &crowd, &away, &no_list, &page] {
        let answer = client().referrers(&reference(server), &digest).await;
        assert!(
            matches!(answer, Err(RegistryError::Referrers { .. })),
            "{answer:?}"
        );
    }
    assert_eq!(endless.asked().len(), limits::REFERRERS_PAGES + 1);
    let null = answering(Answer::new(200, r#"{"schemaVersion":2,"manifests":null}"#)).await;
    let answer = client().referrers(&reference(&null), &digest).await;
    assert!(answer.unwrap().is_empty());
}

/// A registry without referrers API whose fallback tag answers so.
async fn with_fallback(answer: Answer) -> Scripted {
    Scripted::start(move |seen: &Seen| {
        if seen.is("/v2/") {
            Answer::new(200, "")
        } else if seen.path.contains("/referrers/") {
            Answer::new(404, "404 page not found\n")
        } else {
            answer.clone()
        }
    })
    .await
}

#[tokio::test]
async fn without_the_api_the_fallback_tag_is_read_and_the_registry_remembered() {
    let digest = Digest::of(b"image");
    let server = with_fallback(Answer::new(200, descriptors(1))).await;
    let (client, reference) = (client(), reference(&server));

    for _ in 0..2 {
        let found = client.referrers(&reference, &digest).await.unwrap();
        assert_eq!(found.len(), 1);
    }

    let tag = format!("GET /v2/shop/api/manifests/{}", tag_of(&digest));
    let native = format!("GET /v2/shop/api/referrers/{digest}");
    assert_eq!(server.asked(), ["GET /v2/", &native, &tag, &tag]);
}

#[tokio::test]
async fn a_denied_or_limited_fallback_tag_is_an_error_and_not_no_signatures() {
    let digest = Digest::of(b"image");
    for answer in [
        Answer::error(401, "UNAUTHORIZED"),
        Answer::error(403, "DENIED"),
        Answer::error(429, "TOOMANYREQUESTS").with("retry-after", "0"),
        Answer::error(500, "UNKNOWN"),
    ] {
        let server = with_fallback(answer).await;
        let found = client().referrers(&reference(&server), &digest).await;
        assert!(found.unwrap_err().is_undetermined());
    }
    let none = with_fallback(Answer::error(404, "MANIFEST_UNKNOWN")).await;
    let found = client().referrers(&reference(&none), &digest).await;
    assert!(found.unwrap().is_empty());
}

#[tokio::test]
async fn a_404_about_one_repository_does_not_switch_the_api_off_for_all() {
    let digest = Digest::of(b"image");
    let server = answering(Answer::error(404, "NAME_UNKNOWN")).await;
    let (client, reference) = (client(), reference(&server));

    for _ in 0..2 {
        assert!(
            client
                .referrers(&reference, &digest)
                .await
                .unwrap()
                .is_empty()
        );
    }

    let asked = server.asked();
    let native = asked.iter().filter(|line| line.contains("/referrers/"));
    assert_eq!(native.count(), 2);
}

#[tokio::test]
async fn an_attached_manifest_is_listed_under_the_fallback_tag_where_the_registry_does_not_list_it()
{
    let subject = Digest::of(b"image");
    let attached = String::from_utf8(MANIFEST.to_vec()).unwrap().replace(
        "\"layers\"",
        &format!(r#""subject":{{"mediaType":"m","digest":"{subject}","size":5}},"layers""#),
    );
    let server = Scripted::start(|seen: &Seen| match seen.method.as_str() {
        "PUT" => Answer::new(201, ""),
        "POST" => Answer::new(202, "").with("location", "/upload/1?state=x"),
        _ if seen.is("/v2/") => Answer::new(200, ""),
        _ => Answer::error(404, "MANIFEST_UNKNOWN"),
    })
    .await;
    let (client, reference) = (client(), reference(&server));

    client.push_blob(&reference, b"layer").await.unwrap();
    let digest = client
        .attach(&reference, attached.as_bytes())
        .await
        .unwrap();

    let asked = server.seen();
    assert_eq!(
        asked[3].path,
        format!(
            "/upload/1?state=x&digest=sha256%3A{}",
            Digest::of(b"layer").hex()
        )
    );
    assert_eq!(&asked[3].body[..], b"layer");
    assert_eq!(asked[4].path, format!("/v2/shop/api/manifests/{digest}"));
    let last = asked.last().unwrap();
    assert_eq!(
        last.path,
        format!("/v2/shop/api/manifests/{}", tag_of(&subject))
    );
    assert!(String::from_utf8_lossy(&last.body).contains(&digest.to_string()));
}
