//! What was blanked, by which rule, and where: told otherwise than it is.

use crate::forge::{Forge, failed, trust};
use evidence::config::{self, parse_policy};
use evidence::model::{
    Capture, Check, Digest, Kind, Manifest, Outcome, Redaction, Status, Verdict,
};
use evidence::redact::{Rules, blank};
use sigstore_crypto::KeyPair;

const RULES: &str = "version: 1
release: {repository: github.com/o/r, package: 'bundle-{tag}.tar.gz'}
commands: [{id: history, run: [git, log]}]
redact:
  - {id: pw, items: [history], pointer: /users/*/pw}
  - {id: mail, items: [history], pattern: '[a-z]+@example'}
";
const OUTPUT: &str = r#"{"users": [{"pw": "a"}, {"pw": "b", "mail": "me@example"}]}"#;

/// The command wrote this; the record says so.
fn wrote(capture: &mut Capture, text: &str) {
    for file in &mut capture.files {
        match file.path.as_str() {
            "files/history/stdout" => file.bytes = text.as_bytes().into(),
            "files/history/record.json" => {
                let mut record: serde_json::Value = serde_json::from_slice(&file.bytes).unwrap();
                record["stdout"]["size"] = text.len().into();
                record["stdout"]["sha256"] = Digest::of(text.as_bytes()).to_string().into();
                file.bytes = record.to_string().into_bytes().into();
            }
            _ => {}
        }
    }
}

/// Blanks as the collector does.
fn blanked(capture: &mut Capture, text: &str) {
    wrote(capture, text);
    let config = config::parse(RULES.as_bytes(), "evidence.yaml").unwrap();
    let rules = Rules::of(&config.redact_rules("history", None)).unwrap();
    blank(&rules, Kind::Command, &mut capture.files, &mut || {
        Some([1; 32])
    })
    .unwrap();
    let after = capture.file("stdout").unwrap().bytes.clone();
    let redactions = capture.file("stdout").unwrap().redactions.clone();
    wrote(capture, std::str::from_utf8(&after).unwrap());
    let stdout = |path: &str| path == "files/history/stdout";
    for file in capture
        .files
        .iter_mut()
        .filter(|file| stdout(file.path.as_str()))
    {
        file.redactions.clone_from(&redactions);
    }
}

fn honest() -> Forge {
    Forge {
        capture: Box::new(|id, capture| {
            if id == "history" {
                blanked(capture, OUTPUT);
            }
        }),
        ..Forge::honest(RULES)
    }
}

fn with(manifest: impl Fn(&mut Manifest) + 'static) -> Forge {
    Forge {
        manifest: Box::new(manifest),
        ..honest()
    }
}

/// States for the command what would follow if nothing had been blanked.
fn state_as_whole(manifest: &mut Manifest) {
    let claim = &mut manifest.items[2].claim;
    claim.met = Some(true);
    claim.problems.clear();
}

fn place(pointer: &str, rule: &str) -> Redaction {
    Redaction {
        pointer: pointer.into(),
        rule: rule.into(),
        salted: Digest::of(b""),
    }
}

/// Refused for exactly this, besides what any redacted command leaves open.
#[track_caller]
fn refused(forge: &Forge, code: &str) {
    let report = forge.judge();
    assert_eq!(report.verdict(), Verdict::Refused, "{:#?}", report.findings);
    let mut codes = failed(&report);
    codes.retain(|code| *code != "EV-requirement-redacted");
    codes.dedup();
    assert_eq!(codes, [code]);
}

#[test]
fn what_was_blanked_by_a_rule_and_is_listed_is_recorded_and_leaves_the_verdict_open() {
    let report = honest().judge();

    assert_eq!(failed(&report), ["EV-requirement-redacted"]);
    assert_eq!(report.exit_code(), 3);
    let item = &report.items[2];
    assert_eq!((item.status, item.claim.met), (Status::Recorded, None));
    let passed = (report.findings.iter())
        .find(|finding| finding.check == Check::Redaction)
        .unwrap();
    assert_eq!(passed.outcome, Outcome::Pass);
    assert!(passed.message.starts_with("3 places"), "{}", passed.message);
}

#[test]
fn without_rules_and_redactions_nothing_is_said_of_them() {
    let report = Forge::honest(crate::forge::PLAIN).judge();

    let about = |check| report.findings.iter().any(|one| one.check == check);
    assert!(!about(Check::Redaction));
}

#[test]
fn a_rule_that_finds_something_that_it_did_not_blank_is_refused() {
    let forge = Forge {
        capture: Box::new(|id, capture| {
            if id == "history" {
                wrote(capture, OUTPUT);
            }
        }),
        ..Forge::honest(RULES)
    };
    refused(&forge, "EV-redaction-left");
}

#[test]
fn a_place_that_was_blanked_and_is_not_listed_is_refused() {
    let forge = with(|manifest| {
        manifest.redactions.clear();
        state_as_whole(manifest);
    });
    refused(&forge, "EV-redaction-unlisted");
    let one = with(|manifest| drop(manifest.redactions.remove(1)));
    refused(&one, "EV-redaction-unlisted");
}

#[test]
fn a_place_that_is_listed_and_was_not_blanked_is_refused() {
    let forge = with(|manifest| {
        let more = place("files/history/stdout#/users/7/pw", "pw");
        manifest.redactions.push(more);
        manifest.redactions.sort();
    });
    refused(&forge, "EV-redaction-unmarked");
}

#[test]
fn a_text_that_stands_for_a_value_elsewhere_than_at_one_is_refused() {
    let forge = Forge {
        capture: Box::new(|id, capture| {
            if id == "history" {
                wrote(capture, r#"{"users": [], "approved-by": "[redacted:pw]"}"#);
            }
        }),
        ..Forge::honest(RULES)
    };
    refused(&forge, "EV-redaction-stray");
}

#[test]
fn a_rule_that_the_configuration_does_not_have_for_the_member_is_refused() {
    let other = with(|manifest| {
        let more = place("files/history/stdout#match=1", "other");
        manifest.redactions.push(more);
        manifest.redactions.sort();
    });
    // The record is a file of the item; its rule is for the commands' output.
    let none_at_all = Forge {
        manifest: Box::new(|manifest| {
            manifest.redactions = vec![place("files/history/stdout#/a", "pw")];
            state_as_whole(manifest);
            let claim = &mut manifest.items[2].claim;
            claim.met = None;
            claim.problems = vec![evidence::model::Problem::new("redacted", "")];
        }),
        ..Forge::honest(crate::forge::PLAIN)
    };
    refused(&other, "EV-redaction-rule");
    refused(&none_at_all, "EV-redaction-rule");
}

#[test]
fn a_redaction_of_what_is_addressed_by_its_content_is_refused() {
    for (member, item) in [("evidence.yaml", 0), ("git/", 1)] {
        let forge = with(move |manifest| {
            let found = |path: &&evidence::model::MemberPath| path.as_str().starts_with(member);
            let path = manifest.items[item].files.iter().find(found).unwrap();
            let more = place(&format!("{path}#match=1"), "pw");
            manifest.redactions.push(more);
            manifest.redactions.sort();
        });
        let report = forge.judge();

        assert_eq!(report.verdict(), Verdict::Refused);
        assert!(
            failed(&report).contains(&"EV-redaction-content"),
            "{:?}",
            failed(&report)
        );
    }
}

#[test]
fn a_redaction_of_a_member_that_is_not_there_is_refused() {
    let forge = with(|manifest| {
        manifest.redactions.push(place("files/zz#match=1", "pw"));
        manifest.redactions.sort();
    });
    refused(&forge, "EV-redaction-member");
}

#[test]
fn redactions_out_of_their_order_are_refused() {
    let forge = with(|manifest| manifest.redactions.reverse());

    let report = forge.judge();

    assert!(failed(&report).contains(&"EV-redaction-order"));
    assert_eq!(report.verdict(), Verdict::Refused);
}

#[test]
fn a_document_that_a_rule_cannot_read_is_refused() {
    let forge = Forge {
        capture: Box::new(|id, capture| {
            if id == "history" {
                wrote(capture, "no JSON");
            }
        }),
        ..Forge::honest(RULES)
    };
    refused(&forge, "EV-redaction-unreadable");
}

#[test]
fn a_claim_that_passes_over_what_was_blanked_does_not_follow() {
    refused(&with(state_as_whole), "EV-claim");
}

#[test]
fn a_policy_that_demands_a_redacted_item_is_not_met_by_it() {
    let signer = KeyPair::generate_ecdsa_p256().unwrap();
    let key = signer.public_key_der().unwrap().to_pem();
    let policy = "version: 1\nseal: {any-of: [{key: k.pub}]}\nrequire: {items: [history]}\n";
    let mut read = |_: &str| Some(key.clone().into_bytes());
    let mut trust = trust(&key);
    trust.policy = Some(parse_policy(policy.as_bytes(), "policy.yaml", &mut read).unwrap());

    let report = honest().judge_by(&signer, &trust);

    assert_eq!(report.exit_code(), 3, "{:?}", failed(&report));
    assert!(failed(&report).contains(&"EV-policy-redacted"));
}
