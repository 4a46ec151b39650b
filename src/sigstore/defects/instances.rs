//! Real signatures of Sigstore's public instance and of GitHub's own.

use super::*;
use crate::model::IdentityRule;
use crate::model::identity::Pattern;
use sigstore_trust_root::SigstoreInstance;

macro_rules! real {
    ($path:literal) => {
        include_bytes!(concat!("../../../fixtures/sigstore/", $path))
    };
}

const RELEASE_2025: &[u8] = real!("github/release-2025.sigstore.json");
const RELEASE_2026: &[u8] = real!("github/release-2026.sigstore.json");
const CONDA: &[u8] = real!("public-good/conda.artifact");
const CONDA_V1: &[u8] = real!("public-good/conda-v0.3-dsse.sigstore.json");
const CONDA_V2: &[u8] = real!("public-good/conda-v0.3-rekor2.sigstore.json");
const PYPI: &[u8] = real!("public-good/pypi-v0.2-hashedrekord.sigstore.json");

fn instance(instance: SigstoreInstance) -> Roots {
    let mut roots = Roots::none();
    let json = instance.embedded_trusted_root_json();
    roots.add("instance", json.as_bytes()).unwrap();
    roots
}

fn github() -> Roots {
    instance(SigstoreInstance::GitHub)
}

fn release(edit: impl Fn(&mut Value), roots: &Roots) -> Judgement {
    let mut json: Value = serde_json::from_slice(RELEASE_2026).unwrap();
    edit(&mut json);
    let bytes = json.to_string().into_bytes();
    judge_attestation(&bytes, roots, &[], &Options::STRICT).judgement
}

fn rule(subject: &str, issuer: &str) -> IdentityRule {
    IdentityRule::certificate(
        Pattern::Exact(subject.into()),
        Pattern::Regexp(issuer.into()),
    )
}

#[test]
fn githubs_own_attestations_hold_by_a_timestamp_and_say_that_no_log_has_them() {
    for bundle in [RELEASE_2025, RELEASE_2026] {
        let judged = judge_attestation(bundle, &github(), &[], &Options::STRICT);

        let signature = judged
            .judgement
            .valid()
            .unwrap_or_else(|| panic!("{judged:?}"));
        assert_eq!(signature.log, None);
        assert_eq!(signature.unlogged, Some(Unlogged::NoLogs));
        assert_eq!(signature.times.len(), 1);
        assert_eq!(
            signature.identity,
            Identity::Certificate {
                subject: "https://dotcom.releases.github.com".into(),
                issuer: String::new(),
            }
        );
    }
}

#[test]
fn a_certificate_without_an_issuer_is_accepted_only_by_who_asks_for_that() {
    let judged = judge_attestation(RELEASE_2026, &github(), &[], &Options::STRICT);
    let subject = "https://dotcom.releases.github.com";
    let accepts = |rule| judged.accepted_statement(&[rule]).is_some();

    assert!(accepts(rule(subject, "^$")));
    assert!(!accepts(rule(subject, ".*")));
    assert!(!accepts(rule(subject, "^|https://.*$")));
    assert!(!accepts(rule("https://elsewhere.test", "^$")));
}

#[test]
fn where_there_are_logs_an_entry_stays_mandatory() {
    let logs: Value = serde_json::from_slice(ROOT).unwrap();
    let mut json: Value =
        serde_json::from_str(SigstoreInstance::GitHub.embedded_trusted_root_json()).unwrap();
    json["tlogs"] = logs["tlogs"].clone();
    let mut with_logs = Roots::none();
    with_logs
        .add("with logs", json.to_string().as_bytes())
        .unwrap();

    assert!(release(|_| {}, &github()).valid().is_some());
    assert_eq!(code(&release(|_| {}, &with_logs)), "log-missing");
    let public_good = release(|_| {}, &instance(SigstoreInstance::PublicGood));
    assert!(matches!(public_good, Judgement::UnknownRoot(_)));
}

#[test]
fn each_part_of_an_attestation_without_a_log_is_checked() {
    let untimed = |json: &mut Value| {
        remove(json, "/verificationMaterial", "timestampVerificationData");
    };
    assert_eq!(code(&release(untimed, &github())), "time-missing");

    let other: Value = serde_json::from_slice(RELEASE_2025).unwrap();
    let borrowed_time = |json: &mut Value| {
        let times = &other["verificationMaterial"]["timestampVerificationData"];
        json["verificationMaterial"]["timestampVerificationData"] = times.clone();
    };
    assert_eq!(
        code(&release(borrowed_time, &github())),
        "timestamp-invalid"
    );

    let other_certificate = |json: &mut Value| {
        let certificate = &other["verificationMaterial"]["certificate"];
        json["verificationMaterial"]["certificate"] = certificate.clone();
    };
    let judged = release(other_certificate, &github());
    assert_eq!(code(&judged), "signature-invalid");

    let flipped = |json: &mut Value| flip(json, "/dsseEnvelope/payload");
    assert!(release(flipped, &github()).valid().is_none());
}

#[test]
fn an_entry_of_a_foreign_log_does_not_pass_for_none() {
    let keyless: Value = serde_json::from_slice(KEYLESS.1).unwrap();
    let with_entry = |json: &mut Value| {
        let entry = keyless.pointer(ENTRY).unwrap().clone();
        json["verificationMaterial"]["tlogEntries"] = json!([entry]);
    };

    let judged = release(with_entry, &github());

    assert!(matches!(judged, Judgement::UnknownRoot(_)), "{judged:?}");
}

#[test]
fn real_bundles_of_the_public_instances_hold() {
    let mut roots = instance(SigstoreInstance::PublicGood);
    let staging = SigstoreInstance::Staging.embedded_trusted_root_json();
    roots.add("staging", staging.as_bytes()).unwrap();
    let judge = |bundle, artifact| {
        let judged = judge_bundle(bundle, artifact, &roots, &[], &Options::STRICT);
        let signature = judged.judgement.valid().cloned();
        signature.unwrap_or_else(|| panic!("{judged:?}"))
    };
    let pypi: Value = serde_json::from_slice(PYPI).unwrap();
    let stated = pypi
        .pointer("/messageSignature/messageDigest/digest")
        .unwrap();
    let wheel = {
        use base64::Engine as _;
        let base64 = base64::engine::general_purpose::STANDARD;
        hex::encode(base64.decode(stated.as_str().unwrap()).unwrap())
    };

    let conda = judge(CONDA_V1, Artifact::Bytes(CONDA));
    let rekor_2 = judge(CONDA_V2, Artifact::Bytes(CONDA));
    let pypi = judge(PYPI, Artifact::Digest(Digest::from_hex(&wheel).unwrap()));

    assert_eq!(conda.log.unwrap().kind, "dsse 0.0.1");
    assert_eq!(rekor_2.log.unwrap().kind, "hashedrekord 0.0.2");
    assert_eq!(pypi.log.unwrap().kind, "hashedrekord 0.0.1");
}
