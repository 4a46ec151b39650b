//! What cosign's old attestations must be: layers of `.att` with an envelope.

use crate::attached::Attached;
use crate::case::{Ask, Case, refused, tell};
use crate::stage::{PREDICATE, Stage, statement};
use evidence::sandbox::{Defect, EntryDefect, Recipe};

pub(crate) const CASES: &[Case] = &[
    refused(
        "an envelope that names a key twice is refused",
        "envelope-malformed",
        |stage, wrong| {
            envelope(stage, wrong, |text| {
                text.replacen(
                    r#""payloadType":"#,
                    r#""payloadType":"x","payloadType":"#,
                    1,
                )
            })
        },
    ),
    refused(
        "an envelope that is cut off is refused",
        "envelope-malformed",
        |stage, wrong| envelope(stage, wrong, |text| text[..text.len() / 2].to_owned()),
    ),
    refused(
        "an envelope that says another type than was signed is refused",
        "envelope-type",
        |stage, wrong| {
            envelope(stage, wrong, |text| {
                text.replacen("in-toto+json", "in-toto+cbor", 1)
            })
        },
    ),
    refused(
        "an envelope that is signed as something else than a statement is refused",
        "envelope-type",
        |stage, wrong| defective(stage, wrong, Defect::PayloadType),
    ),
    refused(
        "an envelope with a flipped signature is refused",
        "signature-invalid",
        |stage, wrong| defective(stage, wrong, Defect::BrokenSignature),
    ),
    refused(
        "an envelope in no log is refused",
        "log-missing",
        |stage, wrong| defective(stage, wrong, Defect::NoLogEntry),
    ),
    refused(
        "an envelope with the log entry of another statement is refused",
        "log-entry-mismatch",
        |stage, wrong| defective(stage, wrong, Defect::Entry(EntryDefect::OtherArtifact)),
    ),
];

#[test]
fn each_defect_of_an_old_attestation_fails_by_its_own_check() {
    tell(CASES);
}

fn defective(stage: &Stage, wrong: bool, defect: Defect) -> Ask {
    ask(stage, wrong.then_some(defect), |text| text)
}

fn envelope(stage: &Stage, wrong: bool, edit: impl Fn(String) -> String) -> Ask {
    ask(stage, None, |text| {
        let edited = edit(text.clone());
        assert_ne!(edited, text);
        if wrong { edited } else { text }
    })
}

fn ask(stage: &Stage, defect: Option<Defect>, edit: impl Fn(String) -> String) -> Ask {
    let mut attached = Attached::attestation(stage);
    let statement = statement(attached.image(), PREDICATE).to_string();
    let recipe = Recipe::new(&stage.by_key(), defect);
    let signed = stage.sandbox.sign_envelope(statement.as_bytes(), &recipe);
    let (object, annotations) = signed.unwrap();
    attached.object = edit(String::from_utf8(object).unwrap()).into_bytes();
    attached.annotations = annotations;
    attached.ask(stage, &["--attestation", PREDICATE], &stage.by_key())
}
