//! What a timestamp must be.

use crate::case::{Ask, Case, refused, tell, undetermined};
use crate::questions::{defective, edited, judged_by_half, rooted};
use crate::stage::{Stage, empty, end, postpone, remove, set};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidence::sandbox::TimestampDefect as Wrong;
use evidence::sandbox::{Defect, SignedBy};
use serde_json::Value;

pub(crate) const CASES: &[Case] = &[
    refused(
        "a timestamp of another signature is refused",
        "timestamp-invalid",
        |stage, wrong| stamped(stage, &stage.workflow(), wrong, Wrong::OfAnother),
    ),
    refused(
        "a timestamp of another signature is refused beside a key's signature, which needs none",
        "timestamp-invalid",
        |stage, wrong| stamped(stage, &stage.by_key(), wrong, Wrong::OfAnother),
    ),
    refused(
        "a timestamp from before the certificate makes it expired, whatever the log says",
        "certificate-expired",
        |stage, wrong| stamped(stage, &stage.workflow(), wrong, Wrong::BeforeCertificate),
    ),
    refused(
        "a timestamp by an authority that the root lacks is refused",
        "timestamp-invalid",
        |stage, wrong| {
            let defect = Some(Defect::Timestamp(Wrong::Foreign));
            let bundle = stage.blob(&stage.workflow(), defect);
            judged_by_half(stage, &stage.workflow(), &bundle, wrong)
        },
    ),
    refused(
        "a timestamp by an authority whose certificate had ended is refused",
        "timestamp-invalid",
        |stage, wrong| under_both(stage, wrong, Wrong::ExpiredAuthority),
    ),
    refused(
        "a timestamp by an authority whose certificate is for code is refused",
        "timestamp-invalid",
        |stage, wrong| under_both(stage, wrong, Wrong::OtherUsage),
    ),
    refused(
        "a timestamp by an authority whose window was over is refused",
        "timestamp-window",
        |stage, wrong| rooted(stage, &stage.workflow(), wrong, |root| end(root, WINDOW)),
    ),
    undetermined(
        "a timestamp cannot be judged under a root whose only authority has not begun",
        "root-unknown",
        |stage, wrong| {
            rooted(stage, &stage.workflow(), wrong, |root| {
                postpone(root, WINDOW)
            })
        },
    ),
    undetermined(
        "a timestamp cannot be judged under a root without any authority",
        "root-unknown",
        |stage, wrong| {
            rooted(stage, &stage.workflow(), wrong, |root| {
                empty(root, "/timestampAuthorities")
            })
        },
    ),
    refused(
        "a timestamp with a flipped bit in its signature is refused",
        "timestamp-invalid",
        |stage, wrong| {
            edited(stage, &stage.workflow(), wrong, |bundle| {
                // The signature stands last; the certificate in the middle is no evidence, the root's is.
                reencoded(bundle, |token| *token.last_mut().unwrap() ^= 1);
            })
        },
    ),
    refused(
        "a timestamp whose time was changed after it was signed is refused",
        "timestamp-invalid",
        |stage, wrong| {
            edited(stage, &stage.workflow(), wrong, |bundle| {
                reencoded(bundle, |token| {
                    let year = b"20";
                    let tagged = [&[0x18, 0x0f], &year[..]].concat();
                    let at = token.windows(4).position(|bytes| bytes == tagged);
                    token[at.unwrap() + 3] = b'1';
                });
            })
        },
    ),
    refused(
        "a timestamp that is cut off is refused",
        "timestamp-invalid",
        |stage, wrong| {
            edited(stage, &stage.workflow(), wrong, |bundle| {
                let text = bundle.pointer(TOKEN).unwrap().as_str().unwrap();
                // A multiple of four, so that it stays base64.
                let half = text[..text.len() / 8 * 4].to_owned();
                set(bundle, TOKEN, half);
            })
        },
    ),
    refused(
        "one of two timestamps that is of another signature is refused",
        "timestamp-invalid",
        |stage, wrong| {
            let other = stage.blob(&stage.workflow(), None);
            edited(stage, &stage.workflow(), wrong, |bundle| {
                let other = other.pointer(TIMES).unwrap()[0].clone();
                let times = bundle.pointer_mut(TIMES).unwrap();
                times.as_array_mut().unwrap().push(other);
            })
        },
    ),
    refused(
        "a certificate in Rekor 2 without a timestamp was used at no known time",
        "time-missing",
        |stage, wrong| {
            let signer = stage.workflow();
            let bundle = stage.blob_v2(&signer, wrong.then_some(Defect::NoTimestamp));
            stage.ask(bundle, stage.accept(&signer))
        },
    ),
    refused(
        "a certificate with neither promise nor timestamp was used at no known time",
        "time-missing",
        |stage, wrong| {
            edited(stage, &stage.workflow(), wrong, |bundle| {
                remove(bundle, MATERIAL, "timestampVerificationData");
                remove(
                    bundle,
                    "/verificationMaterial/tlogEntries/0",
                    "inclusionPromise",
                );
            })
        },
    ),
    refused(
        "a certificate whose only time is unsigned was used at no known time",
        "time-missing",
        |stage, wrong| {
            let signer = stage.workflow();
            let mut bundle = stage.blob_v2(&signer, wrong.then_some(Defect::NoTimestamp));
            let now = stage.sandbox.now().as_second().to_string();
            let entry = bundle.pointer_mut(crate::stage::ENTRY).unwrap();
            entry["integratedTime"] = now.into();
            stage.ask(bundle, stage.accept(&signer))
        },
    ),
];

const MATERIAL: &str = "/verificationMaterial";
const TIMES: &str = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps";
const TOKEN: &str =
    "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp";
const WINDOW: &str = "/timestampAuthorities/0/validFor";

#[test]
fn each_defect_of_a_timestamp_fails_by_its_own_check() {
    tell(CASES);
}

fn stamped(stage: &Stage, signer: &SignedBy, wrong: bool, kind: Wrong) -> Ask {
    defective(stage, signer, wrong, Defect::Timestamp(kind))
}

/// Under a root that knows the bad authorities, too; without the defect, by the good one of them.
fn under_both(stage: &Stage, wrong: bool, kind: Wrong) -> Ask {
    let kind = if wrong { kind } else { Wrong::Foreign };
    let signer = stage.workflow();
    let bundle = stage.blob(&signer, Some(Defect::Timestamp(kind)));
    stage.ask_under(bundle, stage.accept(&signer), &stage.root_of_both())
}

fn reencoded(bundle: &mut Value, edit: impl Fn(&mut Vec<u8>)) {
    let text = bundle.pointer(TOKEN).unwrap().as_str().unwrap();
    let mut token = STANDARD.decode(text).unwrap();
    edit(&mut token);
    set(bundle, TOKEN, STANDARD.encode(token));
}
