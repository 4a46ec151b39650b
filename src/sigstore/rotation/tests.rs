//! The built-in roots against edited copies of them.

use super::*;
use crate::model::Outcome;
use serde_json::{Value, json};
use sigstore_trust_root::SigstoreInstance;

const REKOR: &str = "c0d23d6ad406973f9559f3ba2d1ca01f84147d8ffc5b8445c224f98b9591801d";

fn public_good() -> Value {
    serde_json::from_str(SigstoreInstance::PublicGood.embedded_trusted_root_json()).unwrap()
}

/// The differences of the built-in root and an edited copy of it.
fn edited(edit: impl Fn(&mut Value)) -> Vec<Change> {
    let old = public_good();
    let mut new = old.clone();
    edit(&mut new);
    assert_ne!(old, new);
    rotated(old.to_string().as_bytes(), new.to_string().as_bytes()).unwrap()
}

fn only(changes: &[Change]) -> (Anchor, What) {
    let [change] = changes else {
        panic!("{changes:?}")
    };
    (change.anchor, change.what)
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn a_root_is_not_rotated_against_itself() {
    for instance in [
        SigstoreInstance::PublicGood,
        SigstoreInstance::Staging,
        SigstoreInstance::GitHub,
    ] {
        let json = instance.embedded_trusted_root_json().as_bytes();
        assert_eq!(rotated(json, json), Ok(vec![]));
    }
}

#[test]
fn a_log_key_that_ended_is_named_with_its_end() {
    let changes = edited(|root| {
        root["tlogs"][0]["publicKey"]["validFor"]["end"] = json!("2026-10-01T00:00:00Z");
    });

    assert_eq!(
        only(&changes),
        (Anchor::Log, What::Ended(time("2026-10-01T00:00:00Z")))
    );
    assert_eq!(changes[0].id, REKOR);
    assert_eq!(
        changes[0].to_string(),
        "the log key c0d23d6ad406… of \"https://rekor.sigstore.dev\" ended on 2026-10-01T00:00:00Z in the present root"
    );
}

#[test]
fn what_was_removed_or_added_is_named_whatever_it_is() {
    for (list, anchor) in [
        ("tlogs", Anchor::Log),
        ("ctlogs", Anchor::CertificateLog),
        ("certificateAuthorities", Anchor::CertificateAuthority),
        ("timestampAuthorities", Anchor::TimestampAuthority),
    ] {
        let without = |root: &mut Value| {
            root[list].as_array_mut().unwrap().remove(0);
        };
        let gone = edited(without);
        assert_eq!(only(&gone), (anchor, What::Removed), "{list}");

        let (mut old, new) = (public_good(), public_good());
        without(&mut old);
        let added = rotated(old.to_string().as_bytes(), new.to_string().as_bytes()).unwrap();
        assert_eq!(only(&added), (anchor, What::Added), "{list}");
    }
}

#[test]
fn another_key_under_the_same_id_is_another_log() {
    let changes = edited(|root| {
        root["tlogs"][0]["publicKey"]["rawBytes"] =
            root["ctlogs"][1]["publicKey"]["rawBytes"].clone();
    });

    let what: Vec<_> = changes.iter().map(|change| change.what).collect();
    assert_eq!(what, [What::Removed, What::Added]);
}

#[test]
fn windows_that_open_or_move_are_named() {
    let changes = edited(|root| {
        let window = &mut root["certificateAuthorities"][0]["validFor"];
        window.as_object_mut().unwrap().remove("end").unwrap();
    });
    assert_eq!(
        only(&changes),
        (Anchor::CertificateAuthority, What::Prolonged(None))
    );

    let changes = edited(|root| {
        root["tlogs"][0]["publicKey"]["validFor"]["start"] = json!("2020-01-01T00:00:00Z");
    });
    let start = Some(time("2020-01-01T00:00:00Z"));
    assert_eq!(only(&changes), (Anchor::Log, What::Began(start)));
}

#[test]
fn what_is_no_root_cannot_be_compared() {
    let root = public_good().to_string();
    for bad in [&b"{}"[..], b"\xff", b""] {
        assert_eq!(
            rotated(root.as_bytes(), bad).unwrap_err().code,
            "root-malformed"
        );
        assert_eq!(
            rotated(bad, root.as_bytes()).unwrap_err().code,
            "root-malformed"
        );
    }
}

#[test]
fn the_key_that_a_signature_rests_on_is_told_first_and_fails_nothing() {
    let changes = edited(|root| {
        root["tlogs"][0]["publicKey"]["validFor"]["end"] = json!("2026-10-01T00:00:00Z");
        root["certificateAuthorities"]
            .as_array_mut()
            .unwrap()
            .remove(0);
    });
    let told = |at: &str| {
        let times = [time(at)];
        let rests_on = RestsOn {
            log_id: Some(REKOR),
            times: &times,
        };
        findings("seal", &changes, &rests_on)
    };

    let (before, after) = (told("2026-09-01T00:00:00Z"), told("2026-11-01T00:00:00Z"));

    assert_eq!(before.len(), 2);
    assert!(
        before
            .iter()
            .chain(&after)
            .all(|one| one.outcome == Outcome::Pass
                && one.status == Status::Recorded
                && one.check == Check::RootRotation)
    );
    assert!(before[0].message.contains("rests on it"));
    assert!(before[0].message.contains("after this signature was made"));
    assert!(after[0].message.contains("before this signature was made"));
    assert!(before[1].message.contains("no longer in the present root"));
}

#[test]
fn a_log_that_did_not_change_is_said_to_be_as_it_was() {
    let rests_on = RestsOn {
        log_id: Some(REKOR),
        times: &[],
    };
    let found = findings("seal", &[], &rests_on);

    assert_eq!(found.len(), 1);
    assert_eq!(found[0].status, Status::Verified);
    assert!(found[0].message.contains("as it was"));
}
