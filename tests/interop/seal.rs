//! Seals made against a real Fulcio, Rekor (both versions) and timestamp authority, judged by stock cosign.

use crate::running::{by_key, shared_async, stack_file, variable, workflow};
use evidence::model::predicate::{ResourceDescriptor, SealPredicate, SealedRelease};
use evidence::model::{Digest, Timestamp};
use evidence::net::{Http, HttpOptions};
use evidence::seal::{
    Credential, LocalKey, Log, RekorVersion, SealError, Service, Services, Signed, ambient_token,
    seal_statement, sign_statement,
};
use evidence::sigstore::trust::{Key, Options, Roots};
use evidence::sigstore::{Artifact, judge_bundle};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

const PREDICATE_TYPE: &str = "https://intelgraph.github.io/evidence/bundle/v1";

#[tokio::test]
async fn a_seal_by_a_plain_key_in_rekor_1_is_accepted_by_cosign_and_found_by_digest() {
    let _servers = shared_async().await;
    let case = Case::new("a bundle, key, Rekor 1");

    let signed = case.sign("rekor1", &key("release.pem")).await.unwrap();

    case.assert_judged_valid(&signed, "release.pub");
    case.assert_cosign_accepts(&signed, &by_key("release"));
    let uuid = signed.uuid.unwrap();
    assert!(uuid.ends_with(&signed.log.unwrap().leaf_hash));
    let found = case.rekor_search();
    assert!(found.contains(&uuid), "{uuid} in {found}");
}

#[tokio::test]
async fn a_seal_by_cosigns_key_in_rekor_1_with_a_timestamp_is_accepted_by_cosign() {
    let _servers = shared_async().await;
    let case = Case::new("a bundle, cosign's key, Rekor 1, timestamp");

    let signed = case.sign("rekor1_tsa", &key("alice.key")).await.unwrap();

    case.assert_judged_valid(&signed, "alice.pub");
    case.assert_cosign_accepts(&signed, &by_key("alice"));
    let reply = case.timestamp(&signed);
    assert!(reply.starts_with(&[0x30]));
}

#[tokio::test]
async fn a_seal_by_a_key_in_rekor_2_is_accepted_by_cosign() {
    let _servers = shared_async().await;
    let case = Case::new("a bundle, key, Rekor 2");

    let signed = case.sign("rekor2_tsa", &key("release.pem")).await.unwrap();

    case.assert_judged_valid(&signed, "release.pub");
    case.assert_cosign_accepts(&signed, &by_key("release"));
    assert_eq!(signed.uuid, None);
}

#[tokio::test]
async fn a_keyless_seal_in_rekor_1_is_accepted_by_cosign_and_found_by_digest() {
    let _servers = shared_async().await;
    let case = Case::new("a bundle, keyless, Rekor 1");

    let signed = case.sign("rekor1", &keyless().await).await.unwrap();

    case.assert_judged_valid(&signed, "release.pub");
    case.assert_cosign_accepts(&signed, &workflow());
    let found = case.rekor_search();
    assert!(found.contains(&signed.uuid.unwrap()), "{found}");
}

#[tokio::test]
async fn a_keyless_seal_in_rekor_2_is_accepted_by_cosign() {
    let _servers = shared_async().await;
    let case = Case::new("a bundle, keyless, Rekor 2");

    let signed = case.sign("rekor2_tsa", &keyless().await).await.unwrap();

    case.assert_judged_valid(&signed, "release.pub");
    case.assert_cosign_accepts(&signed, &workflow());
    assert_eq!(signed.log.unwrap().kind, "hashedrekord 0.0.2");
}

#[tokio::test]
async fn cosign_refuses_a_seal_over_another_file_and_under_another_key() {
    let _servers = shared_async().await;
    let case = Case::new("a bundle");
    let signed = case.sign("rekor1", &key("release.pem")).await.unwrap();

    let other_key = case.cosign(&signed, &by_key("bob"));
    fs::write(case.file(), "another bundle").unwrap();
    let other_file = case.cosign(&signed, &by_key("release"));

    assert!(!other_key.status.success());
    assert!(!other_file.status.success());
}

#[tokio::test]
async fn an_expired_token_and_one_of_an_unknown_issuer_are_told_apart() {
    let _servers = shared_async().await;
    let case = Case::new("a bundle");
    let unsigned = |claims: &str| {
        use base64::Engine as _;
        let part = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        let head = part(r#"{"alg":"none"}"#);
        Credential::Keyless {
            token: evidence::model::redact::Secret::new(format!("{head}.{}.c2ln", part(claims))),
        }
    };

    let expired = case
        .sign("rekor1", &unsigned(r#"{"sub":"x","exp":1}"#))
        .await;
    let stranger = unsigned(r#"{"iss":"http://127.0.0.1:1","sub":"x","exp":99999999999}"#);
    let unknown = case.sign("rekor1", &stranger).await;

    assert!(matches!(expired, Err(SealError::Token(_))));
    let Err(SealError::Refused { service, .. }) = unknown else {
        panic!("{unknown:?}")
    };
    assert_eq!(service, Service::CertificateAuthority);
}

#[tokio::test]
async fn a_log_that_nobody_serves_leaves_the_file_as_it_is_and_a_second_try_signs() {
    let _servers = shared_async().await;
    let case = Case::new("a bundle");
    let mut services = services("rekor1_tsa");
    let up = services.rekor.clone();
    services.rekor = Some(Log {
        url: "http://127.0.0.1:9".parse().unwrap(),
        version: RekorVersion::V1,
    });
    let credential = key("release.pem");

    let down = case.sign_at(&services, &credential).await.unwrap_err();
    services.rekor = up;
    let signed = case.sign_at(&services, &credential).await.unwrap();

    assert!(down.is_passing());
    assert_eq!(down.service(), Some(Service::Log));
    case.assert_cosign_accepts(&signed, &by_key("release"));
}

/// A file to seal, in a folder of its own.
struct Case {
    folder: tempfile::TempDir,
    digest: Digest,
}

impl Case {
    fn new(content: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Digests are searched for in the log, which other runs have written to as well.
        let content = format!("{content} {}", folder.path().display());
        fs::write(folder.path().join("bundle.tar.gz"), &content).unwrap();
        let digest = Digest::of(content.as_bytes());
        Self { folder, digest }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("bundle.tar.gz")
    }

    async fn sign(&self, config: &str, credential: &Credential) -> Result<Signed, SealError> {
        self.sign_at(&services(config), credential).await
    }

    async fn sign_at(
        &self,
        services: &Services,
        credential: &Credential,
    ) -> Result<Signed, SealError> {
        let images = [("shop/api".to_owned(), Digest::of(b"an image"))];
        let tarball = ("bundle.tar.gz", &self.digest);
        let statement = seal_statement(tarball, &images, &predicate()).unwrap();
        sign_statement(&http(), services, credential, &statement).await
    }

    fn assert_judged_valid(&self, signed: &Signed, key: &str) {
        let mut roots = Roots::none();
        let root = fs::read(stack_file("trust/trusted_root.json")).unwrap();
        roots.add("stack", &root).unwrap();
        let pem = fs::read(stack_file(&format!("keys/{key}"))).unwrap();
        let keys = [Key::parse(&pem).unwrap()];

        let judged = judge_bundle(
            &signed.bundle_json,
            Artifact::Digest(self.digest),
            &roots,
            &keys,
            &Options::STRICT,
        );

        assert!(judged.judgement.valid().is_some(), "{judged:?}");
        assert_eq!(judged.predicate_type.as_deref(), Some(PREDICATE_TYPE));
    }

    fn assert_cosign_accepts(&self, signed: &Signed, whom: &[String]) {
        let output = self.cosign(signed, whom);
        assert!(output.status.success(), "{output:?}");
    }

    fn cosign(&self, signed: &Signed, whom: &[String]) -> Output {
        let bundle = self.folder.path().join("bundle.sigstore.json");
        fs::write(&bundle, &signed.bundle_json).unwrap();
        Command::new("cosign-v3")
            .arg("verify-blob-attestation")
            .args(["--trusted-root", &stack_file("trust/trusted_root.json")])
            .args(["--type", PREDICATE_TYPE])
            .args(whom)
            .arg("--bundle")
            .arg(&bundle)
            .arg(self.file())
            .output()
            .unwrap()
    }

    fn rekor_search(&self) -> String {
        let output = Command::new("rekor-cli")
            .args(["search", "--rekor_server", &variable("STACK_REKOR1_URL")])
            .args(["--sha", &self.digest.to_string()])
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn timestamp(&self, signed: &Signed) -> Vec<u8> {
        use base64::Engine as _;
        let json: serde_json::Value = serde_json::from_slice(&signed.bundle_json).unwrap();
        let text = json
            .pointer("/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp")
            .and_then(serde_json::Value::as_str)
            .unwrap();
        base64::engine::general_purpose::STANDARD
            .decode(text)
            .unwrap()
    }
}

fn http() -> Http {
    Http::new(&HttpOptions::default()).unwrap()
}

fn services(config: &str) -> Services {
    let json = fs::read(stack_file(&format!("trust/signing_config_{config}.json"))).unwrap();
    Services::from_signing_config(&json, None, Timestamp::now()).unwrap()
}

fn key(name: &str) -> Credential {
    let pem = fs::read(stack_file(&format!("keys/{name}"))).unwrap();
    Credential::Key(LocalKey::parse(&pem, None).unwrap())
}

/// As a job of GitHub Actions gets it.
async fn keyless() -> Credential {
    let (issuer, repository) = (variable("STACK_GHA_ISSUER"), variable("STACK_REPOSITORY"));
    let reference = variable("STACK_REF");
    let url = format!("{issuer}/token?repository={repository}&ref={reference}");
    let environment = |name: &str| match name {
        "ACTIONS_ID_TOKEN_REQUEST_URL" => Some(url.clone()),
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN" => Some("any".into()),
        _ => None,
    };
    let token = ambient_token(&http(), environment).await.unwrap().unwrap();
    Credential::Keyless { token }
}

fn predicate() -> SealPredicate {
    let digest = Digest::of(b"manifest");
    SealPredicate {
        release: SealedRelease {
            repository: "github.com/example-org/shop".into(),
            tag: "v1.0.0".into(),
            version: "1.0.0".into(),
            commit: ResourceDescriptor::with("commit", "gitCommit", &"a".repeat(40)),
            tag_object: None,
        },
        stage: "tag".into(),
        sequence: 0,
        previous: None,
        manifest: ResourceDescriptor::sha256("manifest.json", &digest),
        tar: ResourceDescriptor::sha256("bundle.tar", &digest),
        compressor: "zlib-rs".into(),
        gates: "none".into(),
        items: vec![],
    }
}
