//! What other verifiers let pass.

use super::attached::{attached, only};
use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

fn code_of_text(edit: impl Fn(&str) -> String, (artifact, bundle): Blob) -> String {
    let text = edit(std::str::from_utf8(bundle).unwrap());
    assert_ne!(text.as_bytes(), bundle);
    let artifact = Artifact::Bytes(artifact);
    let judged = judge_bundle(
        text.as_bytes(),
        artifact,
        &roots(),
        &keys(),
        &Options::STRICT,
    );
    code(&judged.judgement).to_owned()
}

#[test]
fn a_key_that_stands_twice_is_refused_at_every_level_of_a_bundle() {
    for (place, doubled) in [
        (
            "\"verificationMaterial\":{",
            "\"verificationMaterial\":{\"tlogEntries\":[],",
        ),
        ("\"kindVersion\":{", "\"kindVersion\":{\"kind\":\"dsse\","),
        (
            "\"inclusionProof\":{",
            "\"inclusionProof\":{\"treeSize\":\"1\",",
        ),
        (
            "\"messageSignature\":{",
            "\"messageSignature\":{\"signature\":\"AAAA\",",
        ),
    ] {
        let compact = |text: &str| {
            let json: Value = serde_json::from_str(text).unwrap();
            json.to_string().replacen(place, doubled, 1)
        };
        assert_eq!(code_of_text(compact, BY_KEY), "bundle-malformed", "{place}");
    }
}

#[test]
fn a_key_that_stands_twice_in_a_signed_statement_is_refused() {
    let doubled = |json: &mut Value| {
        let payload = &mut json["dsseEnvelope"]["payload"];
        let bytes = STANDARD.decode(payload.as_str().unwrap()).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        *payload = STANDARD
            .encode(text.replacen('{', r#"{"_type":"x","#, 1))
            .into();
    };

    assert_eq!(code(&judged(ATTESTED, doubled)), "statement-malformed");
}

#[test]
fn a_bundle_with_anything_that_is_not_known_is_refused() {
    let defects: [fn(&mut Value); 5] = [
        |json| json["note"] = json!([0, 0]),
        |json| json["verificationMaterial"]["note"] = json!([0, 0]),
        |json| json["messageSignature"]["note"] = json!([0, 0]),
        |json| json["verificationMaterial"]["publicKey"]["note"] = json!([0, 0]),
        |json| json["mediaType"] = "application/vnd.dev.sigstore.bundle.v0.9+json".into(),
    ];
    for defect in defects {
        assert_eq!(code(&judged(BY_KEY, defect)), "bundle-malformed");
    }

    let in_envelope = |json: &mut Value| json["dsseEnvelope"]["note"] = json!([0, 0]);
    assert_eq!(code(&judged(ATTESTED, in_envelope)), "bundle-malformed");
}

#[test]
fn an_envelope_has_one_signature_over_an_in_toto_statement() {
    let two = |json: &mut Value| {
        let signatures = json["dsseEnvelope"]["signatures"].as_array_mut().unwrap();
        let one = signatures[0].clone();
        signatures.push(one);
    };
    assert_eq!(code(&judged(ATTESTED, two)), "bundle-malformed");

    let none = |json: &mut Value| json["dsseEnvelope"]["signatures"] = json!([]);
    assert_eq!(code(&judged(ATTESTED, none)), "bundle-malformed");

    let kind = |json: &mut Value| {
        json["dsseEnvelope"]["payloadType"] = "application/vnd.in-toto.json".into();
    };
    assert_eq!(code(&judged(ATTESTED, kind)), "envelope-type");
}

#[test]
fn another_digest_beside_the_signature_is_refused_in_every_algorithm() {
    for (algorithm, bytes) in [("SHA2_256", 32), ("SHA2_384", 48), ("SHA2_512", 64)] {
        let stated = |json: &mut Value| {
            json["messageSignature"]["messageDigest"] =
                json!({"algorithm": algorithm, "digest": STANDARD.encode(vec![0; bytes])});
        };
        assert_eq!(code(&judged(BY_KEY, stated)), "digest-mismatch");
    }
}

#[test]
fn a_legacy_layer_of_another_media_type_is_no_signature() {
    let image = attached::SIGNED;
    let other = |layer: &mut Value| layer["mediaType"] = "application/json".into();

    let objects = attached(
        image,
        ".sig",
        attached::SIG_MANIFEST,
        other,
        attached::SIG_PAYLOAD,
    );

    assert_eq!(only(&objects), "not-a-signature");
}

#[test]
fn a_legacy_payload_that_reads_in_two_ways_is_refused() {
    let text = std::str::from_utf8(attached::SIG_PAYLOAD).unwrap();
    let other = format!(r#"{{"docker-manifest-digest":"{}","#, Digest::of(b"x"));
    for (payload, wanted) in [
        (
            text.replacen('{', r#"{"optional":null,"#, 1),
            "payload-malformed",
        ),
        (
            text.replace(
                r#"{"docker-manifest-digest""#,
                &format!("{other}\"docker-manifest-digest\""),
            ),
            "payload-malformed",
        ),
        (
            text.replace("docker-manifest-digest", "Docker-Manifest-Digest"),
            "payload-malformed",
        ),
        (
            text.replace(
                "cosign container image signature",
                "atomic container signature",
            ),
            "payload-type",
        ),
        (format!("{text} {{}}"), "payload-malformed"),
    ] {
        assert_ne!(payload, text);
        let bytes = payload.into_bytes();
        let relabelled = |layer: &mut Value| {
            layer["size"] = bytes.len().into();
            layer["digest"] = Digest::of(&bytes).to_string().into();
        };
        let image = attached::SIGNED;
        let objects = attached(image, ".sig", attached::SIG_MANIFEST, relabelled, &bytes);

        assert_eq!(only(&objects), wanted);
    }
}

#[test]
fn a_statement_about_a_file_may_name_it_by_sha512_alone() {
    use super::forge::{Log, Signer};
    let log = Log::new();
    let signer = Signer::p384();
    let about = |file: &[u8]| {
        let digest = sigstore_crypto::sha512(file).to_hex();
        let bundle = super::keys::attested_about(json!({"sha512": digest}), &signer, &log);
        let artifact = Artifact::Bytes(super::keys::FILE);
        super::forge::judge(&bundle, artifact, &log.open_root(), &[signer.key()])
    };

    assert!(about(super::keys::FILE).valid().is_some());
    assert_eq!(code(&about(b"another")), "digest-mismatch");
}
