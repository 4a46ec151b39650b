//! What a signed statement must be. Each is signed as it stands.

use crate::case::{Ask, Case, refused, tell};
use crate::stage::{BYTES, PREDICATE, Stage, statement};
use evidence::model::Digest;
use evidence::sandbox::Defect;
use serde_json::{Value, json};

pub(crate) const CASES: &[Case] = &[
    refused(
        "an envelope that is signed as something else than a statement is refused",
        "envelope-type",
        |stage, wrong| {
            let bundle = stage.signed(about().to_string(), wrong.then_some(Defect::PayloadType));
            ask(stage, bundle)
        },
    ),
    refused(
        "a statement about another file is refused",
        "digest-mismatch",
        |stage, wrong| {
            stated(stage, wrong, |json| {
                json["subject"][0]["digest"]["sha256"] = Digest::of(b"other").hex().into();
            })
        },
    ),
    refused(
        "a statement about the file by another algorithm alone is refused",
        "digest-mismatch",
        |stage, wrong| {
            stated(stage, wrong, |json| {
                json["subject"][0]["digest"] = json!({"sha512": "00".repeat(64)});
            })
        },
    ),
    refused(
        "a statement of another type is refused",
        "statement-malformed",
        |stage, wrong| {
            stated(stage, wrong, |json| {
                json["_type"] = "https://in-toto.io/Statement/v2".into();
            })
        },
    ),
    refused(
        "a statement about nothing is refused",
        "statement-malformed",
        |stage, wrong| stated(stage, wrong, |json| json["subject"] = json!([])),
    ),
    refused(
        "a statement whose digest is no digest is refused",
        "statement-malformed",
        |stage, wrong| {
            stated(stage, wrong, |json| {
                let hex = Digest::of(BYTES).hex().to_uppercase();
                json["subject"][0]["digest"]["sha256"] = hex.into();
            })
        },
    ),
    refused(
        "a statement without a predicate type is refused",
        "statement-malformed",
        |stage, wrong| {
            stated(stage, wrong, |json| {
                json.as_object_mut().unwrap().remove("predicateType");
            })
        },
    ),
    refused(
        "a statement with two lists of subjects is refused",
        "statement-malformed",
        |stage, wrong| {
            texted(stage, wrong, |text| {
                text.replacen('{', r#"{"subject":[],"#, 1)
            })
        },
    ),
    refused(
        "a statement with two digests of a subject is refused",
        "statement-malformed",
        |stage, wrong| {
            texted(stage, wrong, |text| {
                let other = format!(r#""sha256":"{}","sha256":"#, Digest::of(b"other").hex());
                text.replacen(r#""sha256":"#, &other, 1)
            })
        },
    ),
    refused(
        "a statement whose predicate names a key twice is refused",
        "statement-malformed",
        |stage, wrong| {
            texted(stage, wrong, |text| {
                text.replacen(r#""k":1"#, r#""k":1,"k":2"#, 1)
            })
        },
    ),
    refused(
        "a statement that is cut off is refused",
        "statement-malformed",
        |stage, wrong| texted(stage, wrong, |text| text[..text.len() / 2].to_owned()),
    ),
    refused(
        "a statement with text behind it is refused",
        "statement-malformed",
        |stage, wrong| texted(stage, wrong, |text| text + "}"),
    ),
    refused(
        "a payload that was changed after it was signed is refused",
        "signature-invalid",
        |stage, wrong| {
            use base64::Engine as _;
            use base64::engine::general_purpose::STANDARD;
            let mut bundle = stage.signed(about().to_string(), None);
            if wrong {
                let other = about().to_string().replacen(r#""k":1"#, r#""k":2"#, 1);
                bundle["dsseEnvelope"]["payload"] = STANDARD.encode(other).into();
            }
            ask(stage, bundle)
        },
    ),
    refused(
        "an attestation of another type than is asked for is none",
        "missing",
        |stage, wrong| {
            let kind = if wrong {
                "https://example.test/other"
            } else {
                PREDICATE
            };
            let bundle = stage.signed(statement(Digest::of(BYTES), kind).to_string(), None);
            ask(stage, bundle)
        },
    ),
    refused(
        "a plain signature is none where an attestation is asked for",
        "missing",
        |stage, wrong| {
            let bundle = match wrong {
                true => stage.blob(&stage.by_key(), None),
                false => stage.signed(about().to_string(), None),
            };
            ask(stage, bundle)
        },
    ),
    refused(
        "an attestation is none where a signature is asked for",
        "missing",
        |stage, wrong| {
            let bundle = match wrong {
                true => stage.signed(about().to_string(), None),
                false => stage.blob(&stage.by_key(), None),
            };
            stage.ask(bundle, stage.accept(&stage.by_key()))
        },
    ),
];

#[test]
fn each_defect_of_a_statement_fails_by_its_own_check() {
    tell(CASES);
}

fn about() -> Value {
    statement(Digest::of(BYTES), PREDICATE)
}

fn ask(stage: &Stage, bundle: Value) -> Ask {
    let bundle = stage.file(bundle.to_string());
    let more = ["--bundle", &bundle, "--attestation", PREDICATE];
    let root = stage.sandbox.trusted_root_json();
    stage.ask_blob(
        &stage.file(BYTES),
        &more,
        stage.accept(&stage.by_key()),
        root,
    )
}

fn stated(stage: &Stage, wrong: bool, edit: impl Fn(&mut Value)) -> Ask {
    let mut statement = about();
    if wrong {
        edit(&mut statement);
    }
    ask(stage, stage.signed(statement.to_string(), None))
}

fn texted(stage: &Stage, wrong: bool, edit: impl Fn(String) -> String) -> Ask {
    let text = about().to_string();
    let edited = edit(text.clone());
    assert_ne!(edited, text);
    let text = if wrong { edited } else { text };
    ask(stage, stage.signed(text, None))
}
