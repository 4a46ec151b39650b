//! Bundles that a trusted sealer lies in, and what they must not get away with.
//!
//! Each starts from one that is verified, and has one lie.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up has failed"
)]

mod dashboards;
mod forge;
mod gates;
mod redactions;

use evidence::appraise::{self, SignatureTrust};
use evidence::model::predicate::{ResourceDescriptor, SealPredicate};
use evidence::model::{
    Capture, Check, Digest, IdentityRule, MemberPath, SbomChecks, Signers, Status, Timestamp,
    Verdict,
};
use evidence::sigstore::{Key, Options, Roots};
use forge::{
    Edit, Forge, PKCS, PLAIN, WITH_IMAGE, attest, failed, file, trust, unsigned, with_image,
};
use sigstore_crypto::KeyPair;

#[track_caller]
fn refused(forge: &Forge, code: &str) {
    let report = forge.judge();
    assert_eq!(report.verdict(), Verdict::Refused, "{:#?}", report.findings);
    assert!(failed(&report).contains(&code), "{:?}", failed(&report));
}

#[test]
fn a_bundle_without_a_lie_is_verified() {
    let report = Forge::honest(PLAIN).judge();

    assert_eq!(
        report.verdict(),
        Verdict::Verified,
        "{:#?}",
        report.findings
    );
    assert_eq!(report.exit_code(), 0, "{:?}", failed(&report));
}

#[test]
fn an_item_without_files_is_appraised_as_nothing() {
    let mut forge = with_image();
    forge.capture = Box::new(|id, capture| {
        if id.starts_with("api") {
            unsigned(capture, "a");
        }
    });
    assert_eq!(forge.judge().exit_code(), 4);

    // The files are gone, the claim says that all is well.
    forge.manifest = Box::new(|manifest| {
        for item in &mut manifest.items {
            if item.id.starts_with("api") {
                item.files.clear();
                item.claim.met = Some(true);
                item.claim.status = Status::Verified;
                item.claim.problems.clear();
            }
        }
        manifest.files.retain(|file| !file.path.is_under("oci"));
    });
    refused(&forge, "EV-claim");
}

#[test]
fn an_item_that_needs_a_member_that_nobody_lists_is_refused() {
    let forge = Forge {
        manifest: Box::new(|manifest| {
            let nowhere = MemberPath::try_from("files/history/zz").unwrap();
            manifest.items[2].files.push(nowhere);
            manifest.items[2].claim.facts = serde_json::json!("whatever");
        }),
        ..Forge::honest(PLAIN)
    };
    refused(&forge, "EV-closed-world-needed");
}

#[test]
fn a_member_that_no_item_has_is_refused() {
    let forge = Forge {
        extra: vec![("files/history/more", "x")],
        ..Forge::honest(PLAIN)
    };
    refused(&forge, "EV-closed-world-unused");
}

#[test]
fn the_plan_is_made_from_evidence_yaml_and_no_namesake() {
    // The commit demands a command; what is planned from, and never compared with the commit, does not.
    let forge = Forge {
        planned_from: Some(EMPTY),
        extra: vec![("config/evidence.yaml", EMPTY)],
        ..Forge::honest(PLAIN)
    };
    refused(&forge, "EV-plan-missing");
}

const EMPTY: &str = "version: 1
release: {repository: github.com/o/r, package: 'bundle-{tag}.tar.gz'}
files: []
";

#[test]
fn a_key_that_the_configuration_item_does_not_have_is_refused() {
    let forge = Forge {
        manifest: Box::new(|manifest| {
            let key = MemberPath::try_from("config/keys/own.pub").unwrap();
            manifest.items[0].files.retain(|path| *path != key);
            // Some item has it, one that does not compare it with the commit.
            manifest.items[1].files.push(key);
        }),
        ..with_image()
    };
    refused(&forge, "EV-configuration-unjudged");
}

#[test]
fn a_key_from_elsewhere_in_the_commit_gets_no_tick() {
    let forge = Forge {
        commit: vec![("evidence.yaml", WITH_IMAGE), ("throw-away.pub", PKCS)],
        config: vec![("config/keys/own.pub", Some("throw-away.pub"), PKCS)],
        ..with_image()
    };
    let report = forge.judge();

    assert_eq!(report.items[0].status, Status::Recorded);
    assert_eq!(
        report.items[0].claim.problems[0].code,
        "configuration-file-elsewhere"
    );
}

#[test]
fn an_sbom_of_another_digest_than_its_image_is_refused() {
    let forge = Forge {
        capture: Box::new(|id, capture| match id {
            "api" => unsigned(capture, "a"),
            id if id.starts_with("api") => unsigned(capture, "b"),
            _ => {}
        }),
        ..with_image()
    };
    refused(&forge, "EV-plan-sbom-image");
}

#[test]
fn what_the_seal_says_in_short_must_be_what_the_bundle_says() {
    let lies: [(Edit<SealPredicate>, &str); 5] = [
        (
            Box::new(|seal| seal.items[2].status = Status::Verified),
            "EV-seal-predicate-items",
        ),
        (
            Box::new(|seal| drop(seal.items.pop())),
            "EV-seal-predicate-items",
        ),
        (
            Box::new(|seal| seal.gates = "GREEN".into()),
            "EV-seal-predicate-gates",
        ),
        (
            Box::new(|seal| seal.tar = ResourceDescriptor::sha256("tar", &Digest::of(b"x"))),
            "EV-seal-predicate-tar",
        ),
        (
            Box::new(|seal| {
                seal.previous = Some(ResourceDescriptor::sha256("previous", &Digest::of(b"x")));
            }),
            "EV-seal-predicate-previous",
        ),
    ];
    for (predicate, code) in lies {
        refused(
            &Forge {
                predicate,
                ..Forge::honest(PLAIN)
            },
            code,
        );
    }
    let images: Edit<Vec<(String, Digest)>> =
        Box::new(|images| images.push(("api".into(), Digest::of(b"x"))));
    refused(
        &Forge {
            images,
            ..Forge::honest(PLAIN)
        },
        "EV-seal-subject-images",
    );
}

#[test]
fn a_strangers_seal_gives_no_item_a_tick() {
    let (signer, other) = (
        KeyPair::generate_ecdsa_p256().unwrap(),
        KeyPair::generate_ecdsa_p256().unwrap(),
    );
    let pem = |pair: &KeyPair| pair.public_key_der().unwrap().to_pem();
    let mut trust = trust(&pem(&signer));
    trust.seal = vec![IdentityRule::Key { pem: pem(&other) }];

    let report = Forge::honest(PLAIN).judge_by(&signer, &trust);

    assert_eq!(report.verdict(), Verdict::Refused);
    assert!(report.failed().contains(&Check::SealIdentity));
    assert!(
        report
            .items
            .iter()
            .all(|item| item.status != Status::Verified)
    );
}

#[test]
fn a_release_is_shown_only_from_the_sealed_manifest() {
    let forge = Forge {
        predicate: Box::new(|seal| {
            seal.manifest = ResourceDescriptor::sha256("manifest.json", &Digest::of(b"x"));
        }),
        ..Forge::honest(PLAIN)
    };
    let report = forge.judge();

    assert_eq!(report.verdict(), Verdict::Refused);
    assert_eq!(report.release, None);
}

#[test]
fn a_signer_of_something_unreadable_does_not_stand_for_another_signers_sbom() {
    let (producer, demanded) = (
        KeyPair::generate_ecdsa_p256().unwrap(),
        KeyPair::generate_ecdsa_p256().unwrap(),
    );
    let key = |pair: &KeyPair| {
        let pem = pair.public_key_der().unwrap().to_pem();
        Key::parse(pem.as_bytes()).unwrap()
    };
    let document = serde_json::json!({
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
        "name": "api", "documentNamespace": "https://example.org/api",
        "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": ["Tool: t"]},
        "packages": [{"name": "p", "SPDXID": "SPDXRef-p", "downloadLocation": "NOASSERTION"}],
    });
    let mut capture = Capture {
        captured: Timestamp::UNIX_EPOCH,
        window: None,
        request: serde_json::json!({}),
        files: vec![],
    };
    unsigned(&mut capture, "a");
    let image: Digest = capture.request["digest"].as_str().unwrap().parse().unwrap();
    capture.files.extend(attest(&image, &producer, &document));
    capture.files.extend(attest(
        &image,
        &demanded,
        &serde_json::json!({"no": "SBOM"}),
    ));
    let rules = Signers::any_of(vec![IdentityRule::Key {
        pem: key(&producer).pem(),
    }]);
    let trust = SignatureTrust {
        roots: &Roots::none(),
        keys: &[key(&demanded)],
        options: &Options {
            ignore_tlog: true,
            ..Options::STRICT
        },
    };

    let spdx = evidence::model::expectation::SbomFormat::Spdx;
    let found = appraise::sbom::sbom(&capture, spdx, &rules, &SbomChecks::default(), &trust);

    assert_eq!(
        found.appraised.claim.met(),
        Some(true),
        "{:?}",
        found.appraised.claim
    );
    let signers: Vec<_> = found
        .signed
        .whole
        .iter()
        .map(|one| one.signature.identity.to_string())
        .collect();
    assert_eq!(signers.len(), 1);
    assert!(
        signers[0].contains(&key(&producer).fingerprint()[..16]),
        "{signers:?}"
    );
}

#[test]
fn a_few_samples_of_many_series_do_not_fill_the_memory() {
    let expectation: evidence::model::MetricExpectation =
        serde_json::from_value(serde_json::json!({
            "from": "main", "expr": "up", "range": {"windowMs": 4_000_000, "stepMs": 1},
            "series": "all", "statistic": "last", "unit": "", "limit": null,
            "minCoveragePercent": 0, "maxGapMs": 4_000_000,
        }))
        .unwrap();
    let request = serde_json::json!({
        "expr": "up", "startMs": 0, "endMs": 4_000_000, "stepMs": 1, "chunkPoints": null,
        "timeMs": null, "method": "POST", "url": "http://p/api/v1/query_range", "parameters": {},
    });
    let exchange = serde_json::json!({"chunks": [{
        "status": 200, "contentType": "application/json", "date": null, "server": null,
        "receivedMs": 0, "clockSkewMs": null,
    }]});
    let server = serde_json::json!({
        "kind": "prometheus", "buildinfo": null, "startBefore": null, "startAfter": null,
    });
    let series: Vec<_> = (0..6)
        .map(|at| serde_json::json!({"metric": {"i": at.to_string()}, "values": [[0, "1"]]}))
        .collect();
    let answer = serde_json::json!({
        "status": "success", "data": {"resultType": "matrix", "result": series},
    });
    let named = |name: &str, json: &serde_json::Value| {
        file(&format!("metrics/up/{name}.json"), None, &json.to_string())
    };
    let capture = Capture {
        captured: Timestamp::from_second(4_000).unwrap(),
        window: Some(evidence::model::Window {
            start_ms: 0,
            end_ms: 4_000_000,
        }),
        files: vec![
            named("chunk-000", &answer),
            named("exchange", &exchange),
            named("request", &request),
            named("server", &server),
        ],
        request,
    };

    let found = appraise::metric(&capture, &expectation);

    assert_eq!(found.claim.met(), Some(false));
    assert!(
        found.summary.contains("more than is judged"),
        "{}",
        found.summary
    );
}
