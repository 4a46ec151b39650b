//! Defects of legacy signatures: a `.sig` tag, whose layer is the payload and whose annotations are the rest.

use super::case::Answer::{Accepted, Refused, Undetermined};
use super::case::Case;
use super::materials::{Defect, edit_text, flip, replace, with_defects};
use super::sign::Style;

const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const BUNDLE: &str = "dev.sigstore.cosign/bundle";
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
const CHAIN: &str = "dev.sigstore.cosign/chain";

/// All that fit the style.
pub(crate) fn defects(style: Style, stranger: Style) -> Vec<Case> {
    let keyless = if style.signer.is_keyless() {
        KEYLESS
    } else {
        &[]
    };
    with_defects(style, stranger, EVERY.iter().chain(keyless).copied())
}

const EVERY: &[Defect] = &[
    ("copied-unchanged", Accepted, |_, _| {}),
    ("unsigned", Refused, |image, _| image.signatures = None),
    ("signed-by-a-stranger", Refused, |image, around| {
        image.signatures.clone_from(&around.stranger.signatures);
    }),
    ("signature-of-another-image", Refused, |image, around| {
        image.signatures.clone_from(&around.other.signatures);
    }),
    ("payload-edited", Refused, |image, around| {
        let digest = image.image.digest();
        image.signatures.clone_from(&around.other.signatures);
        let payload = &mut image.signature().contents[0];
        *payload = replace(payload, &around.other.image.digest(), &digest);
    }),
    ("payload-cut-short", Refused, |image, _| {
        image.signature().contents[0].truncate(100);
    }),
    ("signature-edited", Refused, |image, _| {
        flip(image.signature().annotation(SIGNATURE));
    }),
    ("signature-is-no-base64", Refused, |image, _| {
        *image.signature().annotation(SIGNATURE) = "not base64".into();
    }),
    ("signature-removed", Refused, |image, _| {
        image.signature().remove_annotation(SIGNATURE);
    }),
    ("log-entry-removed", Refused, |image, _| {
        image.signature().remove_annotation(BUNDLE);
    }),
    ("log-entry-of-another-image", Refused, |image, around| {
        let mut other = around.other.clone();
        *image.signature().annotation(BUNDLE) = other.signature().annotation(BUNDLE).clone();
    }),
    ("log-entry-of-a-stranger", Refused, |image, around| {
        let mut other = around.stranger.clone();
        *image.signature().annotation(BUNDLE) = other.signature().annotation(BUNDLE).clone();
    }),
    ("log-promise-edited", Refused, |image, _| {
        edit_text(image.signature().annotation(BUNDLE), |bundle| {
            flip(&mut bundle["SignedEntryTimestamp"]);
        });
    }),
    ("log-time-edited", Refused, |image, _| {
        edit_text(image.signature().annotation(BUNDLE), |bundle| {
            let time = &mut bundle["Payload"]["integratedTime"];
            *time = (time.as_i64().unwrap() - 1).into();
        });
    }),
    ("log-index-edited", Refused, |image, _| {
        edit_text(image.signature().annotation(BUNDLE), |bundle| {
            let index = &mut bundle["Payload"]["logIndex"];
            *index = (index.as_i64().unwrap() + 1).into();
        });
    }),
    // A log that the root does not name: another root may.
    ("log-id-edited", Undetermined, |image, _| {
        edit_text(image.signature().annotation(BUNDLE), |bundle| {
            bundle["Payload"]["logID"] = "0".repeat(64).into();
        });
    }),
    ("log-body-of-another-image", Refused, |image, around| {
        let mut other = around.other.clone();
        let mut body = serde_json::Value::Null;
        edit_text(other.signature().annotation(BUNDLE), |bundle| {
            body = bundle["Payload"]["body"].clone();
        });
        edit_text(image.signature().annotation(BUNDLE), |bundle| {
            bundle["Payload"]["body"] = body;
        });
    }),
    // Media type and annotations are not signed, so they prove nothing: what counts is the payload.
    ("layer-of-another-type", Refused, |image, _| {
        image.signature().manifest["layers"][0]["mediaType"] = "text/plain".into();
    }),
];

const KEYLESS: &[Defect] = &[
    ("certificate-of-a-stranger", Refused, |image, around| {
        let mut other = around.stranger.clone();
        *image.signature().annotation(CERTIFICATE) =
            other.signature().annotation(CERTIFICATE).clone();
    }),
    (
        "certificate-of-another-signing",
        Refused,
        |image, around| {
            let mut other = around.other.clone();
            *image.signature().annotation(CERTIFICATE) =
                other.signature().annotation(CERTIFICATE).clone();
        },
    ),
    ("certificate-removed", Refused, |image, _| {
        image.signature().remove_annotation(CERTIFICATE);
    }),
    ("certificate-is-no-pem", Refused, |image, _| {
        *image.signature().annotation(CERTIFICATE) = "no certificate".into();
    }),
    ("chain-removed", Accepted, |image, _| {
        image.signature().remove_annotation(CHAIN);
    }),
];
