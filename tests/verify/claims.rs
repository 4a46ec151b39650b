//! Claims and captures edited and sealed again by the trusted signer: what does not follow is refused all the same.

use crate::bundle::Bundle;
use crate::common::project::Project;
use crate::sample::{Sample, good, world};
use serde_json::Value;

#[test]
pub(crate) fn an_edited_claim_of_any_item_is_refused_although_the_trusted_signer_sealed_it() {
    let manifest = good().bundle().manifest();
    for item in manifest["items"].as_array().unwrap() {
        let id = item["id"].as_str().unwrap();
        let changes: [fn(&mut Value); 3] = [
            |item| item["claim"]["facts"]["approved"] = true.into(),
            |item| item["claim"]["facts"] = Value::Null,
            |item| item["claim"]["met"] = false.into(),
        ];
        for change in changes {
            refused_by_claim(&good().bundle().edit_item(id, change));
        }
    }
}

#[test]
pub(crate) fn a_better_status_than_follows_is_refused() {
    for id in ["overview", "history"] {
        let bundle = good().bundle().edit_item(id, |item| {
            assert_eq!(item["claim"]["status"], "recorded");
            item["claim"]["status"] = "verified".into();
        });

        refused_by_claim(&bundle);
    }
}

#[test]
pub(crate) fn a_value_that_the_samples_do_not_have_is_refused() {
    let bundle = good().bundle().edit_item("api_p95", |item| {
        item["claim"]["facts"]["value"] = "0.1".into();
    });

    refused_by_claim(&bundle);
}

#[test]
pub(crate) fn a_capture_from_after_its_own_seal_is_refused() {
    let bundle = good().bundle().edit_item("runbooks", |item| {
        item["captured"] = "2999-01-01T00:00:00Z".into();
    });

    refused_by_claim(&bundle);
}

#[test]
pub(crate) fn a_dropped_problem_is_refused() {
    let sample = slow();
    let bundle = sample.bundle().edit_item("api_p95", |item| {
        item["claim"]["problems"] = Value::Array(Vec::new());
    });
    let better = bundle
        .clone()
        .edit_item("api_p95", |item| item["claim"]["met"] = true.into());

    for bundle in [bundle, better] {
        let verdict = sample.resealed(&bundle).verify();

        // The requirement is not met either way; without the claim it would be exit 4.
        verdict.is_refused_by(&["claim", "requirement"]);
    }
}

#[test]
pub(crate) fn better_samples_than_were_claimed_are_refused() {
    let sample = slow();
    let bundle = sample
        .bundle()
        .edit_json("metrics/api_p95/chunk-000.json", |answer| {
            for point in answer["data"]["result"][0]["values"]
                .as_array_mut()
                .unwrap()
            {
                point[1] = "0.0001".into();
            }
        });

    let verdict = sample.resealed(&bundle.relist()).verify();

    verdict.is_refused_by(&["claim"]);
}

#[test]
pub(crate) fn an_edited_answer_of_the_metrics_server_is_refused() {
    let bundle = good()
        .bundle()
        .edit_json("metrics/api_p95/chunk-000.json", |answer| {
            answer["data"]["result"][0]["values"][7][1] = "0.3".into();
        });

    refused_by_claim(&bundle.relist());
}

#[test]
pub(crate) fn an_answer_about_another_time_is_refused() {
    let bundle = good().bundle().edit_item("api_p95", |item| {
        for time in ["startMs", "endMs"] {
            let shifted = item["request"][time].as_i64().unwrap() - 60_000;
            item["request"][time] = shifted.into();
        }
    });

    let verdict = good().resealed(&bundle).verify();

    assert_eq!(verdict.code, Some(1));
    assert!(
        verdict
            .checks(|one| one["outcome"] == "fail")
            .contains(&"claim")
    );
}

#[test]
pub(crate) fn another_images_digest_is_refused() {
    let bundle = good().bundle();
    let manifest = bundle.manifest();
    let items = manifest["items"].as_array().unwrap();
    let client = items.iter().find(|item| item["id"] == "client").unwrap();
    // Once the other digest alone, once with all that was captured of the other image.
    for with_files in [false, true] {
        let bundle = bundle.clone().edit_item("api", |item| {
            item["request"]["digest"] = client["request"]["digest"].clone();
            if with_files {
                item["files"] = client["files"].clone();
            }
        });

        let verdict = good().resealed(&bundle).verify();

        assert_eq!(verdict.code, Some(1));
        assert!(
            verdict
                .checks(|one| one["outcome"] == "fail")
                .contains(&"claim")
        );
    }
}

#[test]
pub(crate) fn a_signature_or_document_that_was_edited_is_refused() {
    // Content-addressed: neither under its old name nor under the right one does the claim follow.
    let sbom = good().bundle().manifest()["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["id"] == "api.sbom")
        .unwrap()["claim"]["facts"]["documents"][0]["object"]
        .as_str()
        .unwrap()
        .replace("sha256:", "oci/blobs/sha256/");
    let bundle = good().bundle().edit(&sbom, |body| {
        let at = body.len() / 2;
        body[at] = if body[at] == b'A' { b'B' } else { b'A' };
    });

    let verdict = good().resealed(&bundle.relist()).verify();

    assert_eq!(verdict.code, Some(1));
    assert!(
        verdict
            .checks(|one| one["outcome"] == "fail")
            .contains(&"claim")
    );
}

#[test]
pub(crate) fn an_edited_file_is_refused_although_its_listed_digest_is_right() {
    let bundle = good()
        .bundle()
        .edit("files/values/deploy/values.yaml", |body| {
            *body = b"replicas: 1\n".to_vec();
        });

    let verdict = good().resealed(&bundle.relist()).verify();

    verdict.is_refused_by(&["claim", "requirement"]);
}

#[test]
pub(crate) fn a_git_object_that_is_left_out_is_refused() {
    for kind in ["git/tag-", "git/commit-", "git/tree-"] {
        let path = good().bundle().first_under(kind);
        let bundle = good().bundle().without(&path);

        let verdict = good().resealed(&bundle).verify();

        let failed = verdict.checks(|one| one["outcome"] == "fail");
        assert!(failed.contains(&"claim"), "{kind}: {failed:?}");
        assert!(
            failed
                .iter()
                .all(|check| ["claim", "requirement"].contains(check)),
            "{failed:?}"
        );
        assert_eq!(verdict.code, Some(1));
    }
}

#[test]
pub(crate) fn files_taken_from_an_item_are_refused() {
    for id in [
        "api",
        "gateway.sbom",
        "api_p95",
        "overview",
        "runbooks",
        "history",
    ] {
        let bundle = good().bundle().edit_item(id, |item| {
            item["files"] = Value::Array(Vec::new());
        });

        let verdict = good().resealed(&bundle).verify();

        let failed = verdict.checks(|one| one["outcome"] == "fail");
        assert!(failed.contains(&"claim"), "{id}: {failed:?}");
        assert_eq!(verdict.code, Some(1));
    }
}

#[test]
fn an_item_whose_members_nobody_lists_is_refused_by_the_closed_world() {
    for id in ["api", "api_p95", "history"] {
        let bundle = good().bundle().edit_item(id, |item| {
            item["files"] = serde_json::json!(["files/none/there"]);
        });

        good()
            .resealed(&bundle)
            .verify()
            .is_refused_by(&["closed-world"]);
    }
}

fn refused_by_claim(bundle: &Bundle) {
    good().resealed(bundle).verify().is_refused_by(&["claim"]);
}

/// A release whose latency is over its limit.
fn slow() -> Sample {
    let project = Project::with(world(), |text| text.replace("<= 350ms", "<= 1ms"));
    let (sample, released) = Sample::release(&project);
    assert_eq!(released.code, Some(4), "{}", released.stderr);
    sample
}
