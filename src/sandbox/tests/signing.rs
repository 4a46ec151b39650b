use super::*;
use crate::oci::{Document, Manifest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sigstore_types::DerPublicKey;
use sigstore_verify::PublicKeyVerificationPolicy;

fn workflow(sandbox: &Sandbox) -> SignedBy {
    sandbox.workflow().clone().signer()
}

fn request(sandbox: &Sandbox, image: &PublishedImage, format: Format) -> SignRequest {
    SignRequest {
        repository: image.repository.clone(),
        image: image.descriptor.clone(),
        signer: workflow(sandbox),
        format,
        content: Content::Signature(BTreeMap::new()),
        defect: None,
    }
}

#[tokio::test]
async fn a_statement_signed_by_the_workflow_verifies_with_its_identity() {
    let sandbox = sandbox().await;
    let digest = Digest::of(b"release");

    let bundle = sandbox
        .sign_statement(&statement(digest), &workflow(&sandbox), None)
        .unwrap();

    assert_eq!(
        identity(&sandbox, &bundle, digest).unwrap(),
        "https://github.com/example-org/shop/.github/workflows/release.yml@refs/tags/v1.4.0"
    );
    assert!(identity(&sandbox, &bundle, Digest::of(b"other")).is_err());
}

#[tokio::test]
async fn a_statement_of_megabytes_is_judged_as_a_small_one_is() {
    use crate::sigstore::{Artifact, Options, Roots, judge_bundle};
    let sandbox = sandbox().await;
    let mut roots = Roots::none();
    roots
        .add("sandbox", sandbox.trusted_root_json().as_bytes())
        .unwrap();
    let digest = Digest::of(b"release");
    let mut statement: Value = serde_json::from_slice(&statement(digest)).unwrap();
    statement["predicate"]["filler"] = "x".repeat(2 << 20).into();
    let statement = statement.to_string().into_bytes();
    let signer = workflow(&sandbox);
    let judged = |defect, about| {
        let bundle = sandbox.sign_statement(&statement, &signer, defect).unwrap();
        let artifact = Artifact::Digest(about);
        judge_bundle(bundle.as_bytes(), artifact, &roots, &[], &Options::STRICT).judgement
    };
    let code = |judgement: crate::sigstore::Judgement| judgement.problem().unwrap().code.clone();

    let sound = judged(None, digest);
    let elsewhere = judged(None, Digest::of(b"other"));
    let broken = judged(Some(Defect::BrokenSignature), digest);
    let unlogged = judged(Some(Defect::NoLogEntry), digest);

    assert!(sound.valid().is_some(), "{sound:?}");
    assert!(sound.valid().unwrap().log.is_some());
    assert_eq!(code(elsewhere), "digest-mismatch");
    assert_eq!(code(unlogged), "log-missing");
    assert!(broken.valid().is_none());
}

#[tokio::test]
async fn a_blob_signed_by_a_person_verifies_with_the_mail_address() {
    let sandbox = sandbox().await;
    let signer = SignedBy::Identity(Caller::Email("release@example.test".into()));

    let bundle = sandbox.sign_blob(b"chart", &signer, None).unwrap();

    assert_eq!(
        identity(&sandbox, &bundle, Digest::of(b"chart")).unwrap(),
        "release@example.test"
    );
}

#[tokio::test]
async fn a_bundle_by_a_key_verifies_under_this_key_and_no_other() {
    let sandbox = sandbox().await;
    let key = LocalKey::generate().unwrap();
    let bundle = sandbox
        .sign_blob(b"chart", &SignedBy::Key(key.clone()), None)
        .unwrap();
    let bundle = Bundle::from_json(&bundle).unwrap();
    let under = |key: &LocalKey| {
        let key = DerPublicKey::from_pem(&key.public_pem().unwrap()).unwrap();
        verifier(&sandbox).verify(
            &b"chart"[..],
            &bundle,
            &PublicKeyVerificationPolicy::new(key),
        )
    };

    assert!(under(&key).is_ok());
    assert!(under(&LocalKey::generate().unwrap()).is_err());
}

#[tokio::test]
async fn another_sandbox_trusts_nothing_of_this_one() {
    let (one, other) = (sandbox().await, sandbox().await);
    let bundle = one.sign_blob(b"x", &workflow(&one), None).unwrap();

    assert!(identity(&one, &bundle, Digest::of(b"x")).is_ok());
    assert!(identity(&other, &bundle, Digest::of(b"x")).is_err());
}

#[tokio::test]
async fn every_defect_is_refused_by_the_verifier_except_a_missing_timestamp() {
    let sandbox = sandbox().await;
    let image = sandbox.push_image("demo/api", "x").unwrap();
    let digest = image.descriptor.digest;
    let judged = |defect| {
        let mut request = request(&sandbox, &image, Format::Bundle);
        request.defect = defect;
        let signed = sandbox.sign(&request).unwrap();
        identity(
            &sandbox,
            std::str::from_utf8(&signed.object).unwrap(),
            digest,
        )
    };

    assert!(judged(None).is_ok());
    // The log's own time is enough.
    assert!(judged(Some(Defect::NoTimestamp)).is_ok());
    let other = Digest::of(b"other");
    for defect in [
        Defect::OtherSubject(other),
        Defect::BrokenSignature,
        Defect::NoLogEntry,
    ] {
        assert!(judged(Some(defect)).is_err(), "{defect:?}");
    }
}

#[tokio::test]
async fn the_certificate_says_what_the_token_says() {
    let sandbox = sandbox().await;
    let bundle = sandbox.sign_blob(b"x", &workflow(&sandbox), None).unwrap();
    let bundle: Value = serde_json::from_str(&bundle).unwrap();
    let der = bundle["verificationMaterial"]["certificate"]["rawBytes"]
        .as_str()
        .unwrap();
    let der = STANDARD.decode(der).unwrap();

    let info = sigstore_crypto::parse_certificate_info(&der.into()).unwrap();

    assert_eq!(info.issuer.as_deref(), Some(sandbox.issuer_url()));
    let claims = format!("{:?}", info.ci_claims);
    for said in [
        "https://github.com/example-org/shop\"",
        COMMIT,
        "refs/tags/v1.4.0",
        "github-hosted",
        "https://github.com/example-org/shop/actions/runs/7700112233/attempts/1",
        "push",
    ] {
        assert!(claims.contains(said), "{said} in {claims}");
    }
}

#[tokio::test]
async fn the_images_of_a_release_are_signed_in_both_formats() {
    let sandbox = sandbox().await;

    let images = sandbox.publish_images().unwrap();

    let manifest = legacy_manifest(&sandbox, &images.api, "sig").await;
    let layer = &manifest.layers[0];
    let payload = blob(&sandbox, &images.api, layer.digest).await;
    let payload_json: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(
        payload_json["critical"]["image"]["docker-manifest-digest"],
        images.api.descriptor.digest.to_string()
    );
    let content = json!({"messageDigest": {"algorithm": "SHA2_256", "digest": STANDARD.encode(layer.digest.as_raw())},
        "signature": layer.annotations["dev.cosignproject.cosign/signature"]});
    let bundle = normalised(&layer.annotations, "messageSignature", content);
    assert!(identity(&sandbox, &bundle, layer.digest).is_ok());

    let manifest = legacy_manifest(&sandbox, &images.api, "att").await;
    let layer = &manifest.layers[0];
    let envelope = blob(&sandbox, &images.api, layer.digest).await;
    let envelope = serde_json::from_slice(&envelope).unwrap();
    let bundle = normalised(&layer.annotations, "dsseEnvelope", envelope);
    assert!(identity(&sandbox, &bundle, images.api.descriptor.digest).is_ok());

    let client = &images.client;
    assert_eq!(
        bundles(&sandbox, client, client.descriptor.digest)
            .await
            .len(),
        2
    );
    for platform in &client.platforms {
        let found = bundles(&sandbox, client, platform.digest).await;
        assert_eq!(found.len(), 1);
        assert!(identity(&sandbox, &found[0], platform.digest).is_ok());
    }
    for bundle in bundles(&sandbox, client, client.descriptor.digest).await {
        assert!(identity(&sandbox, &bundle, client.descriptor.digest).is_ok());
    }

    let gateway = images.gateway.descriptor.digest;
    let key = DerPublicKey::from_pem(&images.gateway_key.public_pem().unwrap()).unwrap();
    let found = bundles(&sandbox, &images.gateway, gateway).await;
    assert_eq!(found.len(), 3);
    for bundle in found {
        let bundle = Bundle::from_json(&bundle).unwrap();
        verifier(&sandbox)
            .verify(
                Sha256Hash::new(*gateway.as_raw()),
                &bundle,
                &PublicKeyVerificationPolicy::new(key.clone()),
            )
            .unwrap();
    }
}

#[tokio::test]
async fn the_sboms_are_of_the_stated_version_and_size() {
    let sandbox = sandbox().await;
    let images = sandbox.publish_images().unwrap();

    let mut kinds = Vec::new();
    for bundle in bundles(&sandbox, &images.gateway, images.gateway.descriptor.digest).await {
        let bundle: Value = serde_json::from_str(&bundle).unwrap();
        let payload = STANDARD
            .decode(bundle["dsseEnvelope"]["payload"].as_str().unwrap())
            .unwrap();
        let statement: Value = serde_json::from_slice(&payload).unwrap();
        let predicate = &statement["predicate"];
        match statement["predicateType"].as_str().unwrap() {
            SPDX => {
                let spdx: spdx_rs::models::SPDX =
                    serde_json::from_value(predicate.clone()).unwrap();
                assert_eq!(spdx.package_information.len(), 15);
                kinds.push("spdx");
            }
            CYCLONEDX => {
                assert_eq!(predicate["specVersion"], "1.6");
                assert_eq!(predicate["components"].as_array().unwrap().len(), 14);
                kinds.push("cyclonedx");
            }
            other => assert_eq!(other, "https://sigstore.dev/cosign/sign/v1"),
        }
    }
    kinds.sort_unstable();

    assert_eq!(kinds, ["cyclonedx", "spdx"]);
}

async fn legacy_manifest(sandbox: &Sandbox, image: &PublishedImage, kind: &str) -> Manifest {
    let tag = format!("sha256-{}.{kind}", image.descriptor.digest.hex());
    let url = format!(
        "http://{}/v2/{}/manifests/{tag}",
        sandbox.registry(),
        image.repository
    );
    match Document::parse(&get(&url).await.1).unwrap() {
        Document::Manifest(manifest) => *manifest,
        Document::Index(_) => panic!("an index"),
    }
}

async fn blob(sandbox: &Sandbox, image: &PublishedImage, digest: Digest) -> Vec<u8> {
    let url = format!(
        "http://{}/v2/{}/blobs/{digest}",
        sandbox.registry(),
        image.repository
    );
    get(&url).await.1
}

/// The Sigstore bundles attached to a digest, in the order of their digests.
async fn bundles(sandbox: &Sandbox, image: &PublishedImage, digest: Digest) -> Vec<String> {
    let base = format!("http://{}/v2/{}", sandbox.registry(), image.repository);
    let index = get_json(&format!("{base}/referrers/{digest}")).await;
    let mut found = Vec::new();
    for descriptor in index["manifests"].as_array().unwrap() {
        let manifest = descriptor["digest"].as_str().unwrap();
        let manifest = get_json(&format!("{base}/manifests/{manifest}")).await;
        let layer = manifest["layers"][0]["digest"].as_str().unwrap();
        found.push(String::from_utf8(blob(sandbox, image, layer.parse().unwrap()).await).unwrap());
    }
    found
}

/// cosign's annotations as a Sigstore bundle of version 0.1, which asks for no inclusion proof.
fn normalised(annotations: &BTreeMap<String, String>, name: &str, content: Value) -> String {
    let pem = &annotations["dev.sigstore.cosign/certificate"];
    let der = sigstore_types::DerCertificate::from_pem(pem).unwrap();
    let log: Value = serde_json::from_str(&annotations["dev.sigstore.cosign/bundle"]).unwrap();
    let (promise, payload) = (&log["SignedEntryTimestamp"], &log["Payload"]);
    let body = STANDARD.decode(payload["body"].as_str().unwrap()).unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    json!({
        "mediaType": "application/vnd.dev.sigstore.bundle+json;version=0.1",
        "verificationMaterial": {
            "x509CertificateChain": {"certificates": [{"rawBytes": STANDARD.encode(der.as_bytes())}]},
            "tlogEntries": [{
                "logIndex": payload["logIndex"].to_string(),
                "logId": {"keyId": STANDARD.encode(hex::decode(payload["logID"].as_str().unwrap()).unwrap())},
                "kindVersion": {"kind": body["kind"], "version": "0.0.1"},
                "integratedTime": payload["integratedTime"].to_string(),
                "inclusionPromise": {"signedEntryTimestamp": promise},
                "canonicalizedBody": payload["body"],
            }],
        },
        name: content,
    })
    .to_string()
}
