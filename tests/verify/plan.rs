//! Configuration and items that disagree.

use crate::bundle::Bundle;
use crate::sample::good;
use serde_json::{Value, json};

#[test]
pub(crate) fn an_expectation_that_is_not_the_configurations_is_refused_by_the_plan() {
    let bundle = good().bundle().edit_item("api_p95", |item| {
        item["expectation"]["maxGapMs"] = 86_400_000.into();
    });

    refused_by_plan(&bundle, "EV-plan-expectation");
}

#[test]
pub(crate) fn a_looser_limit_with_the_claim_that_follows_from_it_is_refused_by_the_plan() {
    let bundle = good().bundle().edit_item("api_p95", |item| {
        item["expectation"]["limit"]["bound"] = "9".into();
        item["claim"]["facts"]["limit"] = "<= 9 s".into();
    });

    refused_by_plan(&bundle, "EV-plan-expectation");
}

#[test]
pub(crate) fn other_titles_and_phases_are_refused_by_the_plan() {
    for (name, value) in [("title", "Approved"), ("phase", "cutover")] {
        let bundle = good()
            .bundle()
            .edit_item("values", |item| item[name] = value.into());

        refused_by_plan(&bundle, "EV-plan-title");
    }
}

#[test]
pub(crate) fn a_planned_item_that_is_left_out_is_refused_by_the_plan() {
    let bundle = good().bundle().edit_manifest(|manifest| {
        let items = manifest["items"].as_array_mut().unwrap();
        items.retain(|item| item["id"] != "values");
    });

    refused_by_plan(&bundle.without_unused(), "EV-plan-missing");
}

#[test]
pub(crate) fn an_item_that_nobody_planned_is_refused_by_the_plan() {
    let add = |id: &'static str| {
        good().bundle().edit_manifest(|manifest| {
            let items = manifest["items"].as_array_mut().unwrap();
            let mut twin = items.last().unwrap().clone();
            twin["id"] = id.into();
            items.push(twin);
        })
    };

    refused_by_plan(&add("history2"), "EV-plan-unplanned");
    refused_by_plan(&add("history"), "EV-plan-doubled");
}

#[test]
pub(crate) fn a_configuration_that_is_not_the_commits_is_refused_by_its_claim() {
    let remark = good()
        .bundle()
        .edit("evidence.yaml", |text| text.extend(b"# more\n"));
    let looser = good().bundle().edit("evidence.yaml", |text| {
        *text = String::from_utf8(text.clone())
            .unwrap()
            .replace("350ms", "9s")
            .into_bytes();
    });

    good()
        .resealed(&remark.relist())
        .verify()
        .is_refused_by(&["claim", "requirement"]);
    let verdict = good().resealed(&looser.relist()).verify();
    verdict.is_refused_by(&["claim", "plan", "requirement"]);
}

#[test]
pub(crate) fn a_configuration_that_cannot_be_read_is_refused_by_its_form() {
    // The most that a signer can do for it: he says that it lies outside of the repository, and states what follows.
    let unknown_key = good()
        .bundle()
        .edit("evidence.yaml", |text| text.extend(b"aproved: true\n"))
        .relist()
        .edit_item("configuration", |item| {
            item["expectation"]["path"] = Value::Null;
            item["request"]["path"] = Value::Null;
        });
    let restated =
        good()
            .restate(unknown_key, "configuration")
            .edit_item("configuration", |item| {
                item["claim"]["problems"] =
                    json!([{"code": "configuration-outside", "message": ""}]);
            });

    good()
        .resealed(&restated)
        .verify()
        .is_refused_by(&["configuration"]);
}

#[test]
pub(crate) fn a_bundle_without_its_configuration_is_refused() {
    let without = good().bundle().without("evidence.yaml");
    let restated = good().restate(without, "configuration");

    let verdict = good().resealed(&restated).verify();

    verdict.says("EV-configuration-missing");
    assert_eq!(verdict.code, Some(1));
}

#[test]
pub(crate) fn a_redaction_of_a_member_that_is_not_there_is_refused_by_its_check() {
    let bundle = good().bundle().edit_manifest(|manifest| {
        let salted = manifest["files"][0]["sha256"].clone();
        let place = json!({"rule": "r", "pointer": "files/none/stdout#/a", "salted": salted});
        manifest["redactions"] = json!([place]);
    });

    let verdict = good().resealed(&bundle).verify();

    verdict.is_refused_by(&["redaction"]);
    verdict.says("EV-redaction-member");
}

fn refused_by_plan(bundle: &Bundle, code: &str) {
    let verdict = good().resealed(bundle).verify();

    verdict.is_refused_by(&["plan"]);
    verdict.says(code);
}
