//! Every check has a story in which exactly that is wrong.

use crate::{archive, claims, members, plan, release, requirements, seal};
use evidence::model::Check;
use std::collections::BTreeSet;

/// Each check's word with a story that fails it; `signature` is for spot checks, not for bundles; what only `--online`
/// checks is told in `tests/online`, and a rotated root fails nothing.
const STORIES: &[(&str, fn())] = &[
    (
        "archive",
        archive::a_file_that_is_cut_off_is_refused_by_its_form,
    ),
    (
        "claim",
        claims::a_value_that_the_samples_do_not_have_is_refused,
    ),
    (
        "closed-world",
        members::a_renamed_member_is_refused_by_the_closed_world,
    ),
    (
        "configuration",
        plan::a_configuration_that_cannot_be_read_is_refused_by_its_form,
    ),
    (
        "manifest",
        members::a_manifest_that_is_not_the_first_member_is_refused_as_none,
    ),
    (
        "member-digest",
        members::a_changed_byte_in_any_member_is_refused_by_its_digest,
    ),
    (
        "member-order",
        members::members_in_another_order_than_the_manifest_lists_are_refused_by_their_order,
    ),
    (
        "plan",
        plan::an_expectation_that_is_not_the_configurations_is_refused_by_the_plan,
    ),
    (
        "policy",
        requirements::demands_of_the_policy_that_are_not_met_leave_the_bundle_valid_and_exit_with_4,
    ),
    (
        "redaction",
        plan::a_redaction_of_a_member_that_is_not_there_is_refused_by_its_check,
    ),
    (
        "release-asked",
        release::another_tag_repository_or_commit_than_asked_for_is_refused,
    ),
    (
        "release-binding",
        release::a_certificate_for_another_commit_tag_or_repository_is_refused_by_its_binding,
    ),
    (
        "requirement",
        requirements::a_metric_over_its_limit_is_a_failed_requirement_of_a_valid_bundle,
    ),
    (
        "seal-identity",
        seal::a_seal_by_another_workflow_is_refused_by_its_identity,
    ),
    (
        "seal-manifest",
        seal::a_seal_over_another_manifest_is_refused_by_it,
    ),
    (
        "seal-predicate",
        seal::another_signed_statement_about_the_bundle_is_no_seal,
    ),
    (
        "seal-present",
        seal::a_bundle_without_a_seal_is_refused_as_unsealed,
    ),
    (
        "seal-signature",
        seal::a_seal_that_was_changed_or_never_logged_is_refused_by_its_signature,
    ),
    (
        "seal-subject",
        seal::a_seal_over_another_file_is_refused_by_its_subject,
    ),
];

#[test]
fn every_check_has_a_story() {
    // serde names every variant when it meets one that it does not know.
    let error = serde_json::from_str::<Check>("\"none of them\"")
        .unwrap_err()
        .to_string();
    let mut all: BTreeSet<&str> = error.split('`').skip(3).step_by(2).collect();
    for elsewhere in ["signature", "log-online", "root-rotation"] {
        assert!(all.remove(elsewhere), "{error}");
    }

    let told: BTreeSet<&str> = STORIES.iter().map(|(check, _)| *check).collect();

    assert!(all.len() > 15, "{error}");
    assert_eq!(told, all);
}
