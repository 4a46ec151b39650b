//! One defect each, in real signatures, and the problem that must name it.

mod attached;
mod forge;
mod instances;
mod keys;
mod private_ca;
mod traps;
mod windows;

use super::*;
use crate::model::{Digest, Identity};
use serde_json::{Value, json};

const ROOT: &[u8] = include_bytes!("../../fixtures/sigstore/trust/trusted_root.json");
const ALICE: &[u8] = include_bytes!("../../fixtures/sigstore/test-keys/alice.pub");
const BOB: &[u8] = include_bytes!("../../fixtures/sigstore/test-keys/bob.pub");

macro_rules! blob {
    ($name:literal) => {
        (
            include_bytes!(concat!(
                "../../fixtures/sigstore/blobs/",
                $name,
                "/artifact.txt"
            )),
            include_bytes!(concat!(
                "../../fixtures/sigstore/blobs/",
                $name,
                "/bundle.sigstore.json"
            )),
        )
    };
}

/// An artifact and its Sigstore bundle.
type Blob = (&'static [u8], &'static [u8]);

/// The problem's code, and an edit that must cause it.
type Defect = (&'static str, fn(&mut Value));

const BY_KEY: Blob = blob!("b03-v3-key-rekor1");
const KEYLESS: Blob = blob!("b04-v3-keyless-rekor1");
const REKOR_2: Blob = blob!("b05-v3-keyless-rekor2-tsa");
const KEY_REKOR_2: Blob = blob!("b12-v3-both-logs");
const NO_LOG: Blob = blob!("b06-v3-keyless-tsa-only");
const ATTESTED: Blob = blob!("b09-v3-attest-blob-keyless-rekor2");

const ENTRY: &str = "/verificationMaterial/tlogEntries/0";

fn roots() -> Roots {
    let mut roots = Roots::none();
    roots.add("test", ROOT).unwrap();
    roots
}

fn keys() -> [Key; 1] {
    [Key::parse(ALICE).unwrap()]
}

fn judged((artifact, bundle): Blob, edit: impl Fn(&mut Value)) -> Judgement {
    let mut json: Value = serde_json::from_slice(bundle).unwrap();
    edit(&mut json);
    let bytes = serde_json::to_vec(&json).unwrap();
    let artifact = Artifact::Bytes(artifact);
    judge_bundle(&bytes, artifact, &roots(), &keys(), &Options::STRICT).judgement
}

fn code(judgement: &Judgement) -> &str {
    match judgement {
        Judgement::Invalid(problem) => &problem.code,
        other => panic!("{other:?}"),
    }
}

fn flipped(text: &str) -> String {
    // In the middle of the base64, so that length and padding stay.
    let at = text.len() / 2;
    let other = if text.as_bytes()[at] == b'A' {
        "B"
    } else {
        "A"
    };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}

fn flip(json: &mut Value, place: &str) {
    let value = json.pointer_mut(place).unwrap();
    *value = flipped(value.as_str().unwrap()).into();
}

fn remove(json: &mut Value, place: &str, key: &str) {
    let object = json.pointer_mut(place).unwrap().as_object_mut().unwrap();
    object.remove(key).unwrap();
}

#[test]
fn sound_signatures_hold_and_say_who_when_and_where() {
    let by_key = judged(BY_KEY, |_| {});
    let keyless = judged(KEYLESS, |_| {});
    let rekor_2 = judged(REKOR_2, |_| {});

    let signature = by_key.valid().unwrap();
    let fingerprint = keys()[0].fingerprint();
    assert_eq!(signature.identity, Identity::Key { fingerprint });
    assert_eq!(signature.log.as_ref().unwrap().index, 88);
    assert_eq!(signature.log.as_ref().unwrap().kind, "hashedrekord 0.0.1");
    assert_eq!(signature.root.as_deref(), Some("test"));
    let claims = keyless.valid().unwrap().certificate.clone().unwrap();
    assert_eq!(claims.source_ref.as_deref(), Some("refs/tags/v1.4.0"));
    assert_eq!(claims.runner_environment.as_deref(), Some("github-hosted"));
    let log = rekor_2.valid().unwrap().log.clone().unwrap();
    assert_eq!(
        (log.kind.as_str(), log.integrated),
        ("hashedrekord 0.0.2", None)
    );
    assert_eq!(rekor_2.valid().unwrap().times.len(), 1);
}

#[test]
fn a_flipped_signature_is_invalid() {
    let flip_it = |json: &mut Value| flip(json, "/messageSignature/signature");

    assert_eq!(code(&judged(BY_KEY, flip_it)), "signature-invalid");

    let edited = |json: &mut Value| {
        use base64::Engine as _;
        let base64 = base64::engine::general_purpose::STANDARD;
        let payload = &mut json["dsseEnvelope"]["payload"];
        let bytes = base64.decode(payload.as_str().unwrap()).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("v1.4.0"));
        *payload = base64.encode(text.replace("v1.4.0", "v1.4.1")).into();
    };
    assert_eq!(code(&judged(ATTESTED, edited)), "signature-invalid");
}

#[test]
fn another_artifact_is_a_mismatch() {
    let other = (KEYLESS.0, BY_KEY.1);
    assert_eq!(code(&judged(other, |_| {})), "digest-mismatch");
    let other = (KEYLESS.0, ATTESTED.1);
    assert_eq!(code(&judged(other, |_| {})), "digest-mismatch");
    let stated = |json: &mut Value| flip(json, "/messageSignature/messageDigest/digest");
    assert_eq!(code(&judged(BY_KEY, stated)), "digest-mismatch");
}

#[test]
fn each_part_of_the_log_entry_is_checked() {
    let defects: [Defect; 8] = [
        ("log-promise", |json| {
            flip(
                json,
                &format!("{ENTRY}/inclusionPromise/signedEntryTimestamp"),
            );
        }),
        ("log-promise", |json| {
            json.pointer_mut(ENTRY).unwrap()["integratedTime"] = "1795254182".into();
        }),
        ("log-proof", |json| {
            flip(json, &format!("{ENTRY}/inclusionProof/hashes/0"));
        }),
        ("log-proof-missing", |json| {
            remove(json, ENTRY, "inclusionProof");
        }),
        ("log-checkpoint", |json| {
            let place = format!("{ENTRY}/inclusionProof/checkpoint/envelope");
            let value = json.pointer_mut(&place).unwrap();
            *value = value
                .as_str()
                .unwrap()
                .replace("rekor1.local - 5", "rekor1.local - 6")
                .into();
        }),
        ("log-entry-mismatch", |json| {
            json.pointer_mut(ENTRY).unwrap()["kindVersion"]["kind"] = "dsse".into();
        }),
        ("log-missing", |json| {
            json["verificationMaterial"]["tlogEntries"] = json!([]);
        }),
        ("log-entries", |json| {
            let mut bare = json.pointer(ENTRY).unwrap().clone();
            remove(&mut bare, "", "inclusionProof");
            remove(&mut bare, "", "inclusionPromise");
            let entries = &mut json["verificationMaterial"]["tlogEntries"];
            entries.as_array_mut().unwrap().push(bare);
        }),
    ];
    for (wanted, defect) in defects {
        assert_eq!(code(&judged(BY_KEY, defect)), wanted);
    }
}

#[test]
fn a_proof_alone_does_not_say_when_so_not_whether_the_logs_key_counted() {
    let timeless = |json: &mut Value| {
        remove(json, ENTRY, "inclusionPromise");
        remove(json, ENTRY, "integratedTime");
        let material = &mut json["verificationMaterial"];
        material["timestampVerificationData"] = json!({});
    };

    assert_eq!(code(&judged(BY_KEY, timeless)), "time-missing");
}

#[test]
fn a_body_that_speaks_of_another_signature_is_refused() {
    let other: Value = serde_json::from_slice(KEYLESS.1).unwrap();
    let moved = |json: &mut Value| {
        *json.pointer_mut(ENTRY).unwrap() = other.pointer(ENTRY).unwrap().clone();
    };

    assert_eq!(code(&judged(BY_KEY, moved)), "log-entry-mismatch");
}

#[test]
fn a_checkpoint_by_another_log_of_the_same_root_is_refused() {
    let other: Value = serde_json::from_slice(KEYLESS.1).unwrap();
    let renamed = |json: &mut Value| {
        let log_id = other.pointer(&format!("{ENTRY}/logId")).unwrap().clone();
        json.pointer_mut(ENTRY).unwrap()["logId"] = log_id;
    };

    assert_eq!(code(&judged(REKOR_2, renamed)), "log-checkpoint");
}

#[test]
fn a_certificate_needs_a_trusted_time() {
    let untimed = |json: &mut Value| {
        remove(json, "/verificationMaterial", "timestampVerificationData");
    };
    assert_eq!(code(&judged(REKOR_2, untimed)), "time-missing");

    let other: Value = serde_json::from_slice(NO_LOG.1).unwrap();
    let borrowed = |json: &mut Value| {
        let times = &other["verificationMaterial"]["timestampVerificationData"];
        json["verificationMaterial"]["timestampVerificationData"] = times.clone();
    };
    assert_eq!(code(&judged(REKOR_2, borrowed)), "timestamp-invalid");
}

#[test]
fn timestamps_beside_a_key_are_checked_and_a_tiled_log_needs_one() {
    let sound = judged(KEY_REKOR_2, |_| {});
    let untimed = |json: &mut Value| {
        remove(json, "/verificationMaterial", "timestampVerificationData");
    };
    let other: Value = serde_json::from_slice(NO_LOG.1).unwrap();
    let borrowed = |json: &mut Value| {
        let times = &other["verificationMaterial"]["timestampVerificationData"];
        json["verificationMaterial"]["timestampVerificationData"] = times.clone();
    };

    let signature = sound.valid().unwrap();
    assert_eq!(signature.log.as_ref().unwrap().kind, "hashedrekord 0.0.2");
    assert_eq!(signature.times.len(), 1);
    assert_eq!(code(&judged(KEY_REKOR_2, untimed)), "time-missing");
    assert_eq!(code(&judged(KEY_REKOR_2, borrowed)), "timestamp-invalid");
}

#[test]
fn the_digest_that_a_tiled_log_holds_is_that_of_the_file() {
    let other: Value = serde_json::from_slice(REKOR_2.1).unwrap();
    let moved = |json: &mut Value| {
        *json.pointer_mut(ENTRY).unwrap() = other.pointer(ENTRY).unwrap().clone();
    };
    let flipped = |json: &mut Value| {
        flip(json, &format!("{ENTRY}/inclusionProof/hashes/0"));
    };

    assert!(judged(KEY_REKOR_2, moved).valid().is_none());
    assert_eq!(code(&judged(KEY_REKOR_2, flipped)), "log-proof");
}

#[test]
fn only_who_ignores_the_log_accepts_a_signature_without_one() {
    let (artifact, bundle) = NO_LOG;
    let options = Options {
        ignore_tlog: true,
        ..Options::STRICT
    };

    let strict = judged(NO_LOG, |_| {});
    let ignoring = judge_bundle(bundle, Artifact::Bytes(artifact), &roots(), &[], &options);
    let nothing_trusted = judge_bundle(
        bundle,
        Artifact::Bytes(artifact),
        &Roots::none(),
        &[],
        &options,
    );

    assert_eq!(code(&strict), "log-missing");
    assert_eq!(ignoring.judgement.valid().unwrap().log, None);
    assert!(matches!(
        nothing_trusted.judgement,
        Judgement::UnknownRoot(_)
    ));
}

#[test]
fn bundles_that_read_in_two_ways_are_malformed() {
    let both = |json: &mut Value| {
        let other: Value = serde_json::from_slice(ATTESTED.1).unwrap();
        json["dsseEnvelope"] = other["dsseEnvelope"].clone();
    };
    assert_eq!(code(&judged(BY_KEY, both)), "bundle-malformed");

    let two_signers = |json: &mut Value| {
        let other: Value = serde_json::from_slice(KEYLESS.1).unwrap();
        let certificate = other["verificationMaterial"]["certificate"].clone();
        json["verificationMaterial"]["certificate"] = certificate;
    };
    assert_eq!(code(&judged(BY_KEY, two_signers)), "bundle-malformed");

    let text = std::str::from_utf8(BY_KEY.1).unwrap();
    let doubled = text.replacen('{', r#"{"mediaType":"x","#, 1);
    let artifact = Artifact::Bytes(BY_KEY.0);
    let judged = judge_bundle(
        doubled.as_bytes(),
        artifact,
        &roots(),
        &keys(),
        &Options::STRICT,
    );
    assert_eq!(code(&judged.judgement), "bundle-malformed");
}

#[test]
fn too_many_timestamps_are_not_even_decoded() {
    let many = |json: &mut Value| {
        let place = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps";
        let times = json.pointer_mut(place).unwrap().as_array_mut().unwrap();
        let one = times[0].clone();
        times.resize(9, one);
    };

    assert_eq!(code(&judged(REKOR_2, many)), "bundle-size");
}

#[test]
fn what_no_root_or_key_of_ours_stands_behind_is_unknown_not_invalid() {
    let artifact = Artifact::Bytes(KEYLESS.0);
    let mut public_good = Roots::none();
    public_good.add_public_good().unwrap();
    let bob = [Key::parse(BOB).unwrap()];

    let other_root = judge_bundle(KEYLESS.1, artifact, &public_good, &[], &Options::STRICT);
    let artifact = Artifact::Bytes(BY_KEY.0);
    let other_log = judge_bundle(BY_KEY.1, artifact, &public_good, &keys(), &Options::STRICT);
    let other_key = judge_bundle(BY_KEY.1, artifact, &roots(), &bob, &Options::STRICT);
    public_good.add("test", ROOT).unwrap();
    let both = judge_bundle(BY_KEY.1, artifact, &public_good, &keys(), &Options::STRICT);

    assert!(matches!(other_root.judgement, Judgement::UnknownRoot(_)));
    assert!(matches!(other_log.judgement, Judgement::UnknownRoot(_)));
    assert!(matches!(other_key.judgement, Judgement::UnknownKey(_)));
    assert_eq!(
        both.judgement.valid().unwrap().root.as_deref(),
        Some("test")
    );
}

#[test]
fn a_statement_is_verified_only_for_an_accepted_signer() {
    let (artifact, bundle) = ATTESTED;
    let judged = judge_bundle(
        bundle,
        Artifact::Digest(Digest::of(artifact)),
        &roots(),
        &[],
        &Options::STRICT,
    );
    let exact = |text: &str| crate::model::identity::Pattern::Exact(text.into());
    let rule = |subject: &str| {
        let issuer = exact("http://127.0.0.1:8888/gha");
        crate::model::IdentityRule::certificate(exact(subject), issuer)
    };
    let release =
        "https://github.com/example-org/widget/.github/workflows/release.yml@refs/tags/v1.4.0";

    assert!(judged.judgement.valid().is_some());
    assert!(judged.accepted_statement(&[]).is_none());
    assert!(
        judged
            .accepted_statement(&[rule("someone@example.test")])
            .is_none()
    );
    assert!(judged.accepted_statement(&[rule(release)]).is_some());
}
