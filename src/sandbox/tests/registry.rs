use super::*;
use crate::oci::manifest::IMAGE_MANIFEST;
use crate::oci::{Descriptor, Manifest};

fn artifact(subject: &Descriptor) -> Vec<u8> {
    serde_json::to_vec(&Manifest {
        schema_version: 2,
        media_type: Some(IMAGE_MANIFEST.into()),
        artifact_type: Some("application/x-test".into()),
        config: Descriptor::of("application/vnd.oci.empty.v1+json", b"{}"),
        layers: Vec::new(),
        subject: Some(subject.clone()),
        annotations: BTreeMap::from([("a".into(), "b".into())]),
    })
    .unwrap()
}

#[tokio::test]
async fn what_is_pushed_over_http_is_pulled_by_tag_and_digest() {
    let sandbox = sandbox().await;
    let base = format!("http://{}/v2/a/b", sandbox.registry());
    let client = reqwest::Client::new();

    let begun = post(&format!("{base}/blobs/uploads/"), Vec::new()).await;
    let location = begun.headers()["location"].to_str().unwrap().to_owned();
    let digest = Digest::of(b"blob");
    let put = client
        .put(format!(
            "http://{}{location}?digest={digest}",
            sandbox.registry()
        ))
        .body("blob")
        .send()
        .await
        .unwrap();
    let manifest = artifact(&Descriptor::of(IMAGE_MANIFEST, b"image"));
    let pushed = client
        .put(format!("{base}/manifests/v1"))
        .header("content-type", IMAGE_MANIFEST)
        .body(manifest.clone())
        .send()
        .await
        .unwrap();
    let manifest_digest = Digest::of(&manifest);

    assert_eq!(begun.status().as_u16(), 202);
    assert_eq!(put.status().as_u16(), 201);
    assert_eq!(pushed.status().as_u16(), 201);
    assert!(pushed.headers().contains_key("oci-subject"));
    assert_eq!(
        get(&format!("{base}/blobs/{digest}")).await,
        (200, b"blob".to_vec())
    );
    assert_eq!(
        get(&format!("{base}/manifests/v1")).await,
        (200, manifest.clone())
    );
    assert_eq!(
        get(&format!("{base}/manifests/{manifest_digest}")).await,
        (200, manifest)
    );
    let head = client
        .head(format!("{base}/manifests/v1"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        head.headers()["docker-content-digest"],
        manifest_digest.to_string()
    );
    assert_eq!(
        get_json(&format!("{base}/tags/list")).await["tags"],
        json!(["v1"])
    );
}

#[tokio::test]
async fn a_blob_or_manifest_that_is_not_of_its_digest_is_refused() {
    let sandbox = sandbox().await;
    let base = format!("http://{}/v2/a/b", sandbox.registry());
    let other = Digest::of(b"other");

    let blob = post(
        &format!("{base}/blobs/uploads/?digest={other}"),
        b"blob".to_vec(),
    )
    .await;
    let manifest = reqwest::Client::new()
        .put(format!("{base}/manifests/{other}"))
        .body(artifact(&Descriptor::of(IMAGE_MANIFEST, b"image")))
        .send()
        .await
        .unwrap();

    assert_eq!(blob.status().as_u16(), 400);
    assert_eq!(manifest.status().as_u16(), 400);
    assert_eq!(get(&format!("{base}/blobs/{other}")).await.0, 404);
    assert_eq!(get(&format!("{base}/manifests/{other}")).await.0, 404);
}

#[tokio::test]
async fn referrers_are_listed_with_type_and_annotations_and_filtered_on_demand() {
    let sandbox = sandbox().await;
    let image = Descriptor::of(IMAGE_MANIFEST, b"image");
    sandbox.push_manifest("a/b", None, IMAGE_MANIFEST, artifact(&image));
    let url = format!(
        "http://{}/v2/a/b/referrers/{}",
        sandbox.registry(),
        image.digest
    );

    let all = get_json(&url).await;
    let filtered = reqwest::get(format!("{url}?artifactType=other"))
        .await
        .unwrap();

    assert_eq!(all["manifests"][0]["artifactType"], "application/x-test");
    assert_eq!(all["manifests"][0]["annotations"]["a"], "b");
    assert_eq!(filtered.headers()["oci-filters-applied"], "artifactType");
    let filtered: Value = serde_json::from_slice(&filtered.bytes().await.unwrap()).unwrap();
    assert_eq!(filtered["manifests"], json!([]));
}

#[tokio::test]
async fn without_the_referrers_api_signatures_are_under_the_fallback_tag() {
    let options = SandboxOptions {
        referrers_api: false,
        ..options()
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    let images = sandbox.publish_images().unwrap();
    let digest = images.gateway.descriptor.digest;
    let base = format!("http://{}/v2/demo/gateway", sandbox.registry());

    let (status, _) = get(&format!("{base}/referrers/{digest}")).await;
    let index = get_json(&format!("{base}/manifests/sha256-{}", digest.hex())).await;

    assert_eq!(status, 404);
    assert_eq!(index["manifests"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn requests_are_remembered_in_order() {
    let sandbox = sandbox().await;
    let base = format!("http://{}/v2", sandbox.registry());

    get(&format!("{base}/")).await;
    get(&format!("{base}/a/b/manifests/v1")).await;

    assert_eq!(
        sandbox.registry_requests(),
        ["GET /v2/", "GET /v2/a/b/manifests/v1"]
    );
}
