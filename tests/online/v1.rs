//! Rekor v1.

use crate::liar::{Answer, Liar};
use crate::shared::{Signed, caught, confirmed, finding, others};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::fs;

const ENTRIES: &str = "/api/v1/log/entries";
const PROOF: &str = "/api/v1/log/proof";
const LOG: &str = "/api/v1/log";

#[test]
fn a_log_that_only_grew_confirms_a_signature() {
    let signed = Signed::in_rekor();

    assert_eq!(signed.online(), confirmed());

    let text = signed.verify(&["--online"]).stdout;
    let (index, then, now) = (signed.index(), signed.recorded_size(), signed.size());
    let says = format!(
        "{} has the entry at index {index}; it has {now} entries now, and is the log that had {then} then",
        signed.url()
    );
    assert!(text.contains(&says), "{text}");
}

#[test]
fn a_log_that_did_not_grow_confirms_a_signature() {
    let signed = Signed::in_rekor();
    signed.rewrite(signed.recorded_size(), &[]);

    assert_eq!(signed.online(), confirmed());
}

#[test]
fn a_log_that_was_rewound_is_caught_as_shrunk() {
    let signed = Signed::in_rekor();
    signed.rewrite(signed.recorded_size() - 1, &[]);

    assert_eq!(signed.online(), caught("shrunk"));
}

#[test]
fn a_log_that_shows_another_tree_of_the_same_size_is_caught_as_forked() {
    let signed = Signed::in_rekor();
    signed.rewrite(signed.index(), &others(1));

    assert_eq!(signed.size(), signed.recorded_size());
    assert_eq!(signed.online(), caught("forked"));
}

#[test]
fn a_log_that_grew_from_another_tree_is_caught_as_inconsistent() {
    let signed = Signed::in_rekor();
    signed.rewrite(signed.index(), &others(9));

    assert_eq!(signed.online(), caught("inconsistent"));
}

#[test]
fn a_log_that_changed_an_older_entry_is_caught_as_inconsistent() {
    let signed = Signed::in_rekor();
    let entry =
        signed.bundle()["verificationMaterial"]["tlogEntries"][0]["canonicalizedBody"].take();
    let body = STANDARD.decode(entry.as_str().unwrap()).unwrap();
    let mut then = others(1);
    then.push(body);
    then.extend(others(4));
    signed.rewrite(signed.index() - 1, &then);

    assert_eq!(signed.online(), caught("inconsistent"));
}

#[test]
fn another_entry_under_the_same_index_is_caught() {
    let signed = Signed::in_rekor();
    let other = signed.index() - 1;
    let upstream = signed.url().strip_prefix("http://").unwrap().to_owned();
    let liar = Liar::new(&signed.url(), move |path, answer| {
        if path.starts_with(ENTRIES) {
            crate::liar::ask(&upstream, &format!("{ENTRIES}?logIndex={other}"))
        } else {
            answer
        }
    });

    assert_eq!(signed.online_at(&liar.url), caught("entry"));
}

#[test]
fn an_entry_with_another_time_index_or_log_is_caught() {
    let signed = Signed::in_rekor();
    for (name, value) in [
        ("integratedTime", json!(1_700_000_000)),
        ("logIndex", json!(signed.index() + 1)),
        ("logID", json!("00".repeat(32))),
    ] {
        let liar = lie_about(&signed, ENTRIES, move |answer| {
            answer.edit_entry(|entry| entry[name] = value.clone())
        });

        assert_eq!(signed.online_at(&liar.url), caught("entry"), "{name}");
    }
}

#[test]
fn an_entry_of_another_tree_is_caught() {
    let signed = Signed::in_rekor();
    let liar = lie_about(&signed, ENTRIES, |answer| {
        answer.edit(|page| {
            let (uuid, entry) = page.as_object().unwrap().iter().next().unwrap();
            *page = json!({ (format!("{:016x}{}", 7, &uuid[16..])): entry });
        })
    });

    assert_eq!(signed.online_at(&liar.url), caught("entry"));
}

#[test]
fn a_log_that_no_longer_has_the_entry_is_caught() {
    let signed = Signed::in_rekor();
    let liar = lie_about(&signed, ENTRIES, |_| Answer::new(404, b"{}"));

    assert_eq!(signed.online_at(&liar.url), caught("entry-missing"));
}

#[test]
fn a_log_that_no_longer_has_the_tree_is_caught() {
    let signed = Signed::in_rekor();
    let liar = lie_about(&signed, LOG, |answer| {
        answer.edit(|log| log["treeID"] = json!("7"))
    });

    assert_eq!(signed.online_at(&liar.url), caught("tree-missing"));
}

#[test]
fn a_tree_that_the_log_no_longer_writes_to_is_found_among_its_shards() {
    let signed = Signed::in_rekor();
    let liar = lie_about(&signed, LOG, |answer| {
        answer.edit(|log| {
            let mut old = log.clone();
            old.as_object_mut().unwrap().remove("inactiveShards");
            log["treeID"] = json!("7");
            log["inactiveShards"] = json!([old]);
        })
    });

    assert_eq!(signed.online_at(&liar.url), confirmed());
}

#[test]
fn a_checkpoint_by_a_foreign_key_is_caught() {
    let (signed, foreign) = (Signed::in_rekor(), Signed::in_rekor());
    let note = serde_json::from_slice::<Value>(
        &crate::liar::ask(foreign.url().strip_prefix("http://").unwrap(), LOG).body,
    )
    .unwrap()["signedTreeHead"]
        .take();
    let liar = lie_about(&signed, LOG, move |answer| {
        answer.edit(|log| log["signedTreeHead"] = note.clone())
    });

    assert_eq!(signed.online_at(&liar.url), caught("checkpoint"));
}

#[test]
fn a_proof_of_the_entry_by_a_foreign_key_is_caught() {
    let (signed, foreign) = (Signed::in_rekor(), Signed::in_rekor());
    let url = foreign.url();
    let upstream = url.strip_prefix("http://").unwrap();
    let page = crate::liar::ask(upstream, &format!("{ENTRIES}?logIndex=0")).body;
    let page: Value = serde_json::from_slice(&page).unwrap();
    let proof = page.as_object().unwrap().values().next().unwrap()["verification"].clone();
    let liar = lie_about(&signed, ENTRIES, move |answer| {
        answer.edit_entry(|entry| {
            entry["verification"]["inclusionProof"]["checkpoint"] =
                proof["inclusionProof"]["checkpoint"].clone();
        })
    });

    assert_eq!(signed.online_at(&liar.url), caught("checkpoint"));
}

#[test]
fn another_log_at_the_address_is_caught() {
    let (signed, foreign) = (Signed::in_rekor(), Signed::in_rekor());

    assert_eq!(signed.online_at(&foreign.url()), caught("checkpoint"));
}

#[test]
fn a_proof_that_does_not_lead_to_the_checkpoint_is_caught() {
    let signed = Signed::in_rekor();
    for (name, value) in [
        ("rootHash", json!("00".repeat(32))),
        ("treeSize", json!(signed.size() + 1)),
        ("hashes", json!([])),
        ("hashes", json!(["00".repeat(32)])),
    ] {
        let liar = lie_about(&signed, ENTRIES, move |answer| {
            answer.edit_entry(|entry| {
                entry["verification"]["inclusionProof"][name] = value.clone();
            })
        });

        assert_eq!(signed.online_at(&liar.url), caught("inclusion"), "{name}");
    }
}

#[test]
fn a_growth_that_is_not_proven_is_caught() {
    let signed = Signed::in_rekor();
    for hashes in [json!([]), json!(["00".repeat(32)]), Value::Null] {
        let liar = lie_about(&signed, PROOF, move |answer| {
            answer.edit(|proof| proof["hashes"] = hashes.clone())
        });

        assert_eq!(signed.online_at(&liar.url), caught("inconsistent"));
    }
}

#[test]
fn a_log_that_shows_different_trees_to_two_questions_is_caught() {
    let signed = Signed::in_rekor();
    let upstream = signed.url().strip_prefix("http://").unwrap().to_owned();
    let before = crate::liar::ask(&upstream, LOG).body;
    let entry =
        signed.bundle()["verificationMaterial"]["tlogEntries"][0]["canonicalizedBody"].take();
    let body = STANDARD.decode(entry.as_str().unwrap()).unwrap();
    let tree = serde_json::from_slice::<Value>(&before).unwrap()["treeID"].take();
    let (old, new) = (signed.recorded_size(), signed.size());
    let tree = tree.as_str().unwrap();
    let grown = format!("{PROOF}?firstSize={old}&lastSize={new}&treeID={tree}");
    let grown = crate::liar::ask(&upstream, &grown).body;
    // The entry is there, in a tree of the same size that is another one from then on.
    let mut then = vec![body];
    then.extend(others(new - old));
    signed.rewrite(signed.index(), &then);
    let time = signed.bundle()["verificationMaterial"]["tlogEntries"][0]["integratedTime"].take();
    let time: i64 = time.as_str().unwrap().parse().unwrap();
    let liar = Liar::new(&signed.url(), move |path, answer| match path {
        LOG => Answer::new(200, &before),
        path if path.starts_with(PROOF) => Answer::new(200, &grown),
        _ => answer.edit_entry(|entry| entry["integratedTime"] = json!(time)),
    });

    assert_eq!(signed.online_at(&liar.url), caught("forked"));
}

#[test]
fn a_signature_with_a_promise_only_is_looked_up_by_its_index_and_says_what_is_not_known() {
    let signed = Signed::in_rekor();
    let bundle = signed.bundle();
    let entry = &bundle["verificationMaterial"]["tlogEntries"][0];
    let number = |name: &str| entry[name].as_str().unwrap().parse::<u64>().unwrap();
    let old = json!({
        "base64Signature": bundle["messageSignature"]["signature"],
        "rekorBundle": {
            "SignedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
            "Payload": {
                "body": entry["canonicalizedBody"], "integratedTime": number("integratedTime"),
                "logIndex": number("logIndex"), "logID": signed.log_id(),
            },
        },
    });
    fs::write(signed.folder.join("bundle.json"), old.to_string()).unwrap();
    let honest = Liar::new(&signed.url(), |_, answer| answer);

    let found = signed.online_at(&honest.url);

    assert_eq!(found.0, Some(0));
    assert_eq!(found.1, [finding("pass", ""), finding("skip", "")]);
    let index = number("logIndex");
    assert!(
        honest
            .asked()
            .contains(&format!("{ENTRIES}?logIndex={index}"))
    );
    let text = signed.verify(&["--online"]).stdout;
    assert!(text.contains("no checkpoint was recorded"), "{text}");

    let index = usize::try_from(index).unwrap();
    signed.rewrite(index, &others(4));
    let (code, found) = signed.online();
    assert_eq!((code, &found[0]), (Some(1), &finding("fail", "entry")));
    signed.rewrite(index, &[]);
    let (code, found) = signed.online();
    assert_eq!(
        (code, &found[0]),
        (Some(1), &finding("fail", "entry-missing"))
    );
}

#[test]
fn an_entry_without_a_promise_is_looked_up_by_its_tree_and_leaf() {
    let signed = Signed::in_rekor();
    let mut bundle = signed.bundle();
    let entry = bundle["verificationMaterial"]["tlogEntries"][0]
        .as_object_mut()
        .unwrap();
    entry.remove("inclusionPromise");
    entry.remove("integratedTime");
    fs::write(signed.folder.join("bundle.json"), bundle.to_string()).unwrap();
    let honest = Liar::new(&signed.url(), |_, answer| answer);

    assert_eq!(signed.online_at(&honest.url), confirmed());

    let by_uuid = |path: &String| {
        path.strip_prefix(ENTRIES)
            .and_then(|rest| rest.strip_prefix('/'))
            .is_some_and(|uuid| uuid.len() == 80)
    };
    assert!(honest.asked().iter().any(by_uuid), "{:?}", honest.asked());
}

#[test]
fn the_log_is_asked_only_when_asked_for_and_about_nothing_else() {
    let signed = Signed::in_rekor();
    let honest = Liar::new(&signed.url(), |_, answer| answer);
    let index = signed.index();
    assert_eq!(signed.verify(&[]).code, Some(0));
    assert!(honest.asked().is_empty());

    assert_eq!(signed.online_at(&honest.url), confirmed());

    let asked = honest.asked();
    assert_eq!(asked[0], LOG);
    assert!(asked[1].starts_with(&format!("{PROOF}?firstSize={}", signed.recorded_size())));
    assert_eq!(asked[2], format!("{ENTRIES}?logIndex={index}"));
    assert_eq!(asked.len(), 3);
}

/// Lies about what is asked for below this path, and nothing else.
fn lie_about(
    signed: &Signed,
    path: &'static str,
    lie: impl Fn(Answer) -> Answer + Send + Sync + 'static,
) -> Liar {
    Liar::new(&signed.url(), move |asked, answer| {
        let is_it = match path {
            LOG => asked == LOG,
            _ => asked.starts_with(path),
        };
        if is_it { lie(answer) } else { answer }
    })
}
