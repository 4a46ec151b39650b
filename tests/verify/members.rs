//! Members changed, removed, added, doubled, renamed and moved, under a seal of the trusted signer.

use crate::bundle::Bundle;
use crate::sample::{Sample, good};

#[test]
pub(crate) fn the_release_as_it_is_verifies() {
    good().verify().is("verified", 0, &[]);
}

#[test]
pub(crate) fn a_changed_byte_in_any_member_is_refused_by_its_digest() {
    for path in paths() {
        let changed = good().bundle().edit(&path, |body| match body.last_mut() {
            Some(byte) => *byte ^= 1,
            None => body.push(b'x'),
        });

        good()
            .resealed(&changed)
            .verify()
            .is_refused_by(&["member-digest"]);
    }
}

#[test]
pub(crate) fn any_member_removed_is_refused_by_the_closed_world() {
    for path in paths() {
        let mut bundle = good().bundle();
        bundle.members.remove(bundle.position(&path));

        let verdict = good().resealed(&bundle).verify();

        verdict.is_refused_by(&["closed-world"]);
        verdict.says("EV-closed-world-missing");
    }
}

#[test]
pub(crate) fn an_unlisted_member_is_refused_by_the_closed_world() {
    for (at, path) in [
        (57, "files/values/zz"),
        (1, "notes.txt"),
        (20, "oci/blobs/sha256/00"),
    ] {
        let mut bundle = good().bundle();
        let at = at.min(bundle.members.len());
        bundle.members.insert(at, (path.into(), b"more".to_vec()));

        let verdict = good().resealed(&bundle).verify();

        verdict.is_refused_by(&["closed-world"]);
        verdict.says("EV-closed-world-unlisted");
    }
}

#[test]
pub(crate) fn a_doubled_member_is_refused_by_the_closed_world() {
    for path in ["evidence.yaml", "files/values/deploy/values.yaml"] {
        let mut bundle = good().bundle();
        let at = bundle.position(path);
        let twin = bundle.members[at].clone();
        bundle.members.insert(at + 1, twin);

        let verdict = good().resealed(&bundle).verify();

        verdict.is_refused_by(&["closed-world"]);
        verdict.says("EV-closed-world-doubled");
    }
}

#[test]
pub(crate) fn a_doubled_entry_of_the_manifest_is_refused_by_the_closed_world() {
    let bundle = good().bundle().edit_manifest(|manifest| {
        let files = manifest["files"].as_array_mut().unwrap();
        let twin = files[3].clone();
        files.insert(4, twin);
    });

    good()
        .resealed(&bundle)
        .verify()
        .is_refused_by(&["closed-world"]);
}

#[test]
pub(crate) fn a_renamed_member_is_refused_by_the_closed_world() {
    let mut bundle = good().bundle();
    let at = bundle.position("files/values/deploy/values.yaml");
    bundle.members[at].0 = "files/values/deploy/other.yaml".into();

    good()
        .resealed(&bundle)
        .verify()
        .is_refused_by(&["closed-world"]);
}

#[test]
pub(crate) fn members_in_another_order_than_the_manifest_lists_are_refused_by_their_order() {
    let mut bundle = good().bundle();
    let last = bundle.members.len() - 1;
    bundle.members.swap(last, last - 1);

    good()
        .resealed(&bundle)
        .verify()
        .is_refused_by(&["member-order"]);
}

#[test]
pub(crate) fn members_in_the_manifests_order_but_not_in_that_of_bundles_are_refused_by_their_order()
{
    let mut bundle = good().bundle();
    let last = bundle.members.len() - 1;
    bundle.members.swap(last, last - 1);
    let bundle = bundle.edit_manifest(|manifest| {
        let files = manifest["files"].as_array_mut().unwrap();
        files.swap(last - 1, last - 2);
    });

    good()
        .resealed(&bundle)
        .verify()
        .is_refused_by(&["member-order"]);
}

#[test]
pub(crate) fn a_manifest_that_is_not_the_first_member_is_refused_as_none() {
    let mut bundle = good().bundle();
    bundle.members.swap(0, 1);

    let verdict = good().resealed(&bundle).verify();

    verdict.is_refused_by(&["manifest"]);
    verdict.says("EV-manifest-missing");
}

#[test]
pub(crate) fn a_manifest_that_two_readers_could_read_in_two_ways_is_refused_by_its_form() {
    let spaced = |body: &mut Vec<u8>| body.push(b'\n');
    let doubled = |body: &mut Vec<u8>| {
        body.truncate(body.len() - 1);
        body.extend_from_slice(b",\"version\":1}");
    };
    let unsorted = |body: &mut Vec<u8>| {
        let text = std::str::from_utf8(body).unwrap();
        let text = text.strip_suffix(",\"version\":1}").unwrap();
        *body = format!("{{\"version\":1,{}}}", &text[1..]).into_bytes();
    };
    let changes: [fn(&mut Vec<u8>); 3] = [spaced, doubled, unsorted];
    for change in changes {
        manifest_is_refused(&good().bundle().edit("manifest.json", change));
    }
}

#[test]
pub(crate) fn a_manifest_of_another_version_or_with_unknown_fields_is_refused_by_its_form() {
    let changes: [fn(&mut serde_json::Value); 3] = [
        |manifest| manifest["version"] = 2.into(),
        |manifest| manifest["approved"] = true.into(),
        |manifest| manifest["items"][0]["captured"] = "yesterday".into(),
    ];
    for change in changes {
        manifest_is_refused(&good().bundle().edit_manifest(change));
    }
}

fn manifest_is_refused(bundle: &Bundle) {
    good()
        .resealed(bundle)
        .verify()
        .is_refused_by(&["manifest"]);
}

fn paths() -> Vec<String> {
    let sample: &Sample = good();
    let members = sample.bundle().members;
    members[1..].iter().map(|(path, _)| path.clone()).collect()
}
