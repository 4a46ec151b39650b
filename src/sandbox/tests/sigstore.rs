use super::*;
use crate::sandbox::rekor::Rejected;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sigstore_crypto::KeyPair;
use sigstore_oidc::IdentityToken;
use sigstore_types::{SignatureBytes, TimestampToken};
use x509_cert::der::Encode as _;
use x509_cert::der::asn1::{Int, OctetString};
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_tsp::{MessageImprint, TimeStampReq, TspVersion};

fn signing_request(token: &str, key: &KeyPair, proof_of: &str) -> Vec<u8> {
    json!({
        "credentials": {"oidcIdentityToken": token},
        "publicKeyRequest": {
            "publicKey": {"algorithm": "ECDSA", "content": key.public_key_der().unwrap().to_pem()},
            "proofOfPossession": STANDARD.encode(key.sign(proof_of.as_bytes()).unwrap().as_bytes()),
        },
    })
    .to_string()
    .into_bytes()
}

async fn ask_fulcio(sandbox: &Sandbox, token: &str, proof_of: &str) -> u16 {
    let key = KeyPair::generate_ecdsa_p256().unwrap();
    let url = format!("{}/api/v2/signingCert", sandbox.url(Service::Fulcio));
    let response = post(&url, signing_request(token, &key, proof_of)).await;
    response.status().as_u16()
}

#[tokio::test]
async fn fulcio_refuses_each_token_and_proof_with_one_thing_wrong() {
    let sandbox = sandbox().await;
    let good = Claims::of(Caller::Email("release@example.test".into()));
    let token = |claims: &Claims| sandbox.identity_token(claims).unwrap();
    let mail = "release@example.test";
    let expired = Claims {
        lifetime_s: -1,
        ..good.clone()
    };
    let elsewhere = Claims {
        audience: "other".into(),
        ..good.clone()
    };
    let foreign = super::sandbox().await.identity_token(&good).unwrap();
    let mut unsigned = token(&good);
    unsigned.truncate(unsigned.rfind('.').unwrap() + 1);

    assert_eq!(ask_fulcio(&sandbox, &token(&good), mail).await, 200);
    assert_eq!(
        ask_fulcio(&sandbox, &token(&good), "mallory@example.test").await,
        400
    );
    for bad in [token(&expired), token(&elsewhere), foreign, unsigned] {
        assert_eq!(ask_fulcio(&sandbox, &bad, mail).await, 401);
    }
}

#[tokio::test]
async fn fulcio_answers_the_chain_up_to_the_root_of_trust() {
    let sandbox = sandbox().await;
    let claims = Claims::of(Caller::Workflow(sandbox.workflow().clone()));
    let token = sandbox.identity_token(&claims).unwrap();
    let parsed = IdentityToken::from_jwt(&token).unwrap();
    let key = KeyPair::generate_ecdsa_p256().unwrap();
    let url = format!("{}/api/v2/signingCert", sandbox.url(Service::Fulcio));

    let response = post(&url, signing_request(&token, &key, parsed.identity())).await;

    let answer: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    let chain = &answer["signedCertificateEmbeddedSct"]["chain"]["certificates"];
    assert_eq!(chain.as_array().unwrap().len(), 3);
    let root: Value = serde_json::from_str(sandbox.trusted_root_json()).unwrap();
    let known = &root["certificateAuthorities"][0]["certChain"]["certificates"];
    for number in 0..2 {
        let pem = chain[number + 1].as_str().unwrap();
        let der = sigstore_types::DerCertificate::from_pem(pem).unwrap();
        assert_eq!(known[number]["rawBytes"], STANDARD.encode(der.as_bytes()));
    }
}

#[tokio::test]
async fn a_runner_gets_a_token_for_the_audience_it_asks_for_and_only_with_its_own_secret() {
    let sandbox = sandbox().await;
    let [_, (_, url), (_, secret)] = sandbox.ambient_environment();
    let client = reqwest::Client::new();
    let ask = |secret: String| {
        client
            .get(format!("{url}&audience=sigstore"))
            .bearer_auth(secret)
            .send()
    };

    let given = ask(secret).await.unwrap();
    let refused = ask("guess".into()).await.unwrap();

    assert_eq!(refused.status().as_u16(), 401);
    let answer: Value = serde_json::from_slice(&given.bytes().await.unwrap()).unwrap();
    let token = answer["value"].as_str().unwrap();
    let subject = "repo:example-org/shop:ref:refs/tags/v1.4.0";
    assert_eq!(ask_fulcio(&sandbox, token, subject).await, 200);
}

#[tokio::test]
async fn a_runner_gets_tokens_of_the_workflow_that_was_set_last() {
    let mut sandbox = sandbox().await;
    sandbox.set_workflow(Workflow::release("example-org/other", "v2.0.0", COMMIT));
    let [_, (_, url), (_, secret)] = sandbox.ambient_environment();

    let given = reqwest::Client::new()
        .get(url)
        .bearer_auth(secret)
        .send()
        .await
        .unwrap();

    let answer: Value = serde_json::from_slice(&given.bytes().await.unwrap()).unwrap();
    let token = IdentityToken::from_jwt(answer["value"].as_str().unwrap()).unwrap();
    assert_eq!(
        token.identity(),
        "repo:example-org/other:ref:refs/tags/v2.0.0"
    );
}

#[tokio::test]
async fn the_issuer_publishes_the_key_that_signs_its_tokens() {
    let sandbox = sandbox().await;
    let url = sandbox.issuer_url();

    let configuration = get_json(&format!("{url}/.well-known/openid-configuration")).await;
    let keys = get_json(configuration["jwks_uri"].as_str().unwrap()).await;

    assert_eq!(configuration["issuer"], url);
    assert_eq!(keys["keys"][0]["alg"], "ES256");
    assert_eq!(keys["keys"][0]["x"].as_str().unwrap().len(), 43);
}

#[tokio::test]
async fn the_log_finds_an_entry_by_uuid_index_and_subject() {
    let sandbox = sandbox().await;
    let digest = Digest::of(b"tarball");
    let signer = sandbox.workflow().clone().signer();
    sandbox.sign_blob(b"first", &signer, None).unwrap();
    sandbox
        .sign_statement(&statement(digest), &signer, None)
        .unwrap();
    let base = sandbox.url(Service::Rekor);

    let query = json!({"hash": digest}).to_string().into_bytes();
    let found = post(&format!("{base}/api/v1/index/retrieve"), query).await;
    let found: Vec<String> = serde_json::from_slice(&found.bytes().await.unwrap()).unwrap();
    let uuid = found.first().unwrap();
    let by_uuid = get_json(&format!("{base}/api/v1/log/entries/{uuid}")).await;
    let by_index = get_json(&format!("{base}/api/v1/log/entries?logIndex=1")).await;

    assert_eq!(found.len(), 1);
    assert_eq!(uuid.len(), 80);
    assert_eq!(by_uuid[uuid]["body"], by_index[uuid]["body"]);
    assert_eq!(by_uuid[uuid]["logIndex"], 1);
    let body = STANDARD
        .decode(by_uuid[uuid]["body"].as_str().unwrap())
        .unwrap();
    assert!(uuid.ends_with(&sigstore_merkle::hash_leaf(&body).to_hex()));
    let log = get_json(&format!("{base}/api/v1/log")).await;
    assert_eq!(log["treeSize"], 2);
    assert_eq!(
        get(&format!("{base}/api/v1/log/entries/{}", "0".repeat(80)))
            .await
            .0,
        404
    );
    assert_eq!(get(&format!("{base}/api/v1/log/entries/zz")).await.0, 422);
}

#[tokio::test]
async fn the_log_takes_an_entry_once_and_none_whose_signature_does_not_verify() {
    let sandbox = sandbox().await;
    let key = KeyPair::generate_ecdsa_p256().unwrap();
    let propose = |signed: &[u8]| {
        let pem = key.public_key_der().unwrap().to_pem();
        json!({"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": {
            "data": {"hash": {"algorithm": "sha256", "value": Digest::of(b"said").hex()}},
            "signature": {"content": STANDARD.encode(key.sign(signed).unwrap().as_bytes()),
                "publicKey": {"content": STANDARD.encode(pem)}},
        }})
        .to_string()
        .into_bytes()
    };
    let url = format!("{}/api/v1/log/entries", sandbox.url(Service::Rekor));
    let good = propose(b"said");

    let first = post(&url, good.clone()).await;
    let second = post(&url, good).await;
    let bad = post(&url, propose(b"something else")).await;

    assert_eq!(first.status().as_u16(), 201);
    assert_eq!(second.status().as_u16(), 409);
    let location = |response: &reqwest::Response| response.headers()["location"].clone();
    assert_eq!(location(&first), location(&second));
    assert_eq!(bad.status().as_u16(), 400);
    assert_eq!(sandbox.log_size(), 1);
    assert!(matches!(
        sandbox.rekor().add(b"{}", None),
        Err(Rejected::Refused(_))
    ));
}

/// A timestamp query with a nonce that asks for certificates.
fn query(about: &[u8]) -> Vec<u8> {
    TimeStampReq {
        version: TspVersion::V1,
        message_imprint: MessageImprint {
            hash_algorithm: AlgorithmIdentifierOwned {
                oid: ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1"),
                parameters: None,
            },
            hashed_message: OctetString::new(*Digest::of(about).as_raw()).unwrap(),
        },
        req_policy: None,
        nonce: Some(Int::new(&[42]).unwrap()),
        cert_req: true,
        extensions: None,
    }
    .to_der()
    .unwrap()
}

#[tokio::test]
async fn a_query_that_is_none_is_refused() {
    let sandbox = sandbox().await;

    let refused = post(&sandbox.tsa_url(), b"x".to_vec()).await;

    assert_eq!(refused.status().as_u16(), 400);
}

#[tokio::test]
async fn a_timestamp_verifies_for_its_signature_and_no_other() {
    let sandbox = sandbox().await;
    let token = post(&sandbox.tsa_url(), query(b"signature")).await;
    assert_eq!(
        token.headers()["content-type"],
        "application/timestamp-reply"
    );
    let token = token.bytes().await.unwrap();
    let root = sigstore_trust_root::TrustedRoot::from_json(sandbox.trusted_root_json()).unwrap();
    let authorities = root.tsa_authorities();
    let verify = |signature: &[u8]| {
        sigstore_tsa::verify_timestamp_for_authority(
            &TimestampToken::new(token.to_vec()),
            &SignatureBytes::new(signature.to_vec()),
            &authorities[0],
        )
    };

    let time = verify(b"signature").unwrap();

    assert!(sandbox.now().duration_since(time).as_secs() < 60);
    assert!(verify(b"another").is_err());
}

#[tokio::test]
async fn a_fixed_clock_is_in_certificates_log_and_timestamps() {
    let at: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    let sandbox = Sandbox::start(SandboxOptions {
        clock: Clock::Fixed(at),
        ..options()
    });
    let sandbox = sandbox.await.unwrap();
    let signer = sandbox.workflow().clone().signer();

    let bundle = sandbox.sign_blob(b"x", &signer, None).unwrap();

    let parsed = Bundle::from_json(&bundle).unwrap();
    let policy = VerificationPolicy::any_identity();
    let result = verifier(&sandbox)
        .verify(&b"x"[..], &parsed, &policy)
        .unwrap();
    assert!(format!("{result:?}").contains("2026-03-01T12:00:00Z"));
}

#[tokio::test]
async fn every_certificate_says_demo() {
    let sandbox = sandbox().await;
    let root: Value = serde_json::from_str(sandbox.trusted_root_json()).unwrap();
    let demo = |der: &str| {
        let der = STANDARD.decode(der).unwrap();
        let certificate =
            <x509_cert::Certificate as x509_cert::der::Decode>::from_der(&der).unwrap();
        certificate
            .tbs_certificate
            .subject
            .to_string()
            .contains("O=DEMO")
    };

    for authority in ["certificateAuthorities", "timestampAuthorities"] {
        for certificate in root[authority][0]["certChain"]["certificates"]
            .as_array()
            .unwrap()
        {
            assert!(demo(certificate["rawBytes"].as_str().unwrap()));
        }
    }
    let signer = sandbox.workflow().clone().signer();
    let bundle = sandbox.sign_blob(b"x", &signer, None).unwrap();
    let bundle: Value = serde_json::from_str(&bundle).unwrap();
    assert!(demo(
        bundle["verificationMaterial"]["certificate"]["rawBytes"]
            .as_str()
            .unwrap()
    ));
}

#[tokio::test]
async fn a_signing_config_names_all_services() {
    let sandbox = sandbox().await;

    let config =
        sigstore_trust_root::SigningConfig::from_json(sandbox.signing_config_json()).unwrap();

    assert!(format!("{config:?}").contains(&sandbox.url(Service::Rekor)));
    assert!(sandbox.signing_config_json().contains(&sandbox.tsa_url()));
}

#[tokio::test]
async fn a_stopped_log_refuses_connections_and_comes_back_with_its_entries() {
    let mut sandbox = sandbox().await;
    let signer = sandbox.workflow().clone().signer();
    sandbox.sign_blob(b"x", &signer, None).unwrap();
    let url = format!("{}/api/v1/log", sandbox.url(Service::Rekor));
    // One client throughout: a connection that it keeps must not reach a stopped service either.
    let client = reqwest::Client::new();
    client
        .get(&url)
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();

    sandbox.stop(Service::Rekor).await;
    let down = client.get(&url).send().await;
    sandbox.restart(Service::Rekor).await.unwrap();
    let up = get_json(&url).await;

    assert!(down.unwrap_err().is_connect());
    assert_eq!(up["treeSize"], 1);
}
