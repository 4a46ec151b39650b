//! What a log entry must be, and what the log must have promised.

use crate::case::{Ask, Case, refused, tell, undetermined};
use crate::questions::{defective, edited, judged_under, rooted};
use crate::stage::{
    BYTES, ENTRY, Stage, empty, end, flip, media_type, postpone, remove, repeat, set, statement,
};
use evidence::model::Digest;
use evidence::sandbox::EntryDefect as Wrong;
use evidence::sandbox::{Defect, SignedBy};

pub(crate) const CASES: &[Case] = &[
    refused(
        "a signature in no log is refused",
        "log-missing",
        |stage, wrong| defective(stage, &stage.by_key(), wrong, Defect::NoLogEntry),
    ),
    refused(
        "a second entry, even one that holds, is refused",
        "log-entries",
        |stage, wrong| {
            edited(stage, &stage.by_key(), wrong, |bundle| {
                repeat(bundle, ENTRIES, 2);
            })
        },
    ),
    refused(
        "a second entry that proves nothing is refused",
        "log-entries",
        |stage, wrong| {
            edited(stage, &stage.by_key(), wrong, |bundle| {
                repeat(bundle, ENTRIES, 2);
                let second = "/verificationMaterial/tlogEntries/1";
                remove(bundle, second, "inclusionProof");
                remove(bundle, second, "inclusionPromise");
            })
        },
    ),
    refused(
        "a promise by a foreign log is refused",
        "log-promise",
        |stage, wrong| entry(stage, &stage.by_key(), wrong, Wrong::ForeignPromise),
    ),
    refused(
        "a promise by a foreign log is refused under a root that knows it, too",
        "log-promise",
        |stage, wrong| {
            let defect = wrong.then_some(Defect::Entry(Wrong::ForeignPromise));
            let bundle = stage.blob(&stage.by_key(), defect);
            stage.ask_under(bundle, stage.accept(&stage.by_key()), &stage.root_of_both())
        },
    ),
    refused(
        "a promise of another time is refused",
        "log-promise",
        |stage, wrong| entry(stage, &stage.workflow(), wrong, Wrong::PromiseOfOtherTime),
    ),
    refused(
        "a promise of another index is refused",
        "log-promise",
        |stage, wrong| entry(stage, &stage.by_key(), wrong, Wrong::PromiseOfOtherIndex),
    ),
    refused(
        "a promise with a flipped bit is refused",
        "log-promise",
        |stage, wrong| {
            edited(stage, &stage.by_key(), wrong, |bundle| {
                flip(
                    bundle,
                    &format!("{ENTRY}/inclusionPromise/signedEntryTimestamp"),
                );
            })
        },
    ),
    refused(
        "a time that was moved after the promise was made is refused",
        "log-promise",
        |stage, wrong| {
            edited(stage, &stage.by_key(), wrong, |bundle| {
                let place = format!("{ENTRY}/integratedTime");
                let time: i64 = bundle
                    .pointer(&place)
                    .unwrap()
                    .as_str()
                    .unwrap()
                    .parse()
                    .unwrap();
                set(bundle, &place, (time - 1).to_string());
            })
        },
    ),
    refused(
        "an index that was moved after the promise was made is refused",
        "log-promise",
        |stage, wrong| {
            edited(stage, &stage.by_key(), wrong, |bundle| {
                set(bundle, &format!("{ENTRY}/logIndex"), "0")
            })
        },
    ),
    refused(
        "an entry about another artifact is refused",
        "log-entry-mismatch",
        |stage, wrong| entry(stage, &stage.by_key(), wrong, Wrong::OtherArtifact),
    ),
    refused(
        "an entry about another statement is refused",
        "log-entry-mismatch",
        |stage, wrong| attested(stage, wrong, Wrong::OtherArtifact),
    ),
    refused(
        "an entry about another signature is refused",
        "log-entry-mismatch",
        |stage, wrong| entry(stage, &stage.workflow(), wrong, Wrong::OtherSignature),
    ),
    refused(
        "an entry about another signature of the statement is refused",
        "log-entry-mismatch",
        |stage, wrong| attested(stage, wrong, Wrong::OtherSignature),
    ),
    refused(
        "an entry that names another key is refused",
        "log-entry-mismatch",
        |stage, wrong| entry(stage, &stage.by_key(), wrong, Wrong::OtherKey),
    ),
    refused(
        "an entry that names another key for the statement is refused",
        "log-entry-mismatch",
        |stage, wrong| attested(stage, wrong, Wrong::OtherKey),
    ),
    refused(
        "an entry that another signer made is refused",
        "log-entry-mismatch",
        |stage, wrong| {
            let signer = stage.workflow();
            let other = stage.blob(&signer, None);
            let mut bundle = stage.blob(&signer, None);
            if wrong {
                set(&mut bundle, ENTRY, other.pointer(ENTRY).unwrap().clone());
            }
            stage.ask(bundle, stage.accept(&signer))
        },
    ),
    refused(
        "an entry whose body is of another kind than it states is refused",
        "log-entry-mismatch",
        |stage, wrong| entry(stage, &stage.by_key(), wrong, Wrong::OtherKind),
    ),
    refused(
        "an entry that states another kind than its body is refused",
        "log-entry-mismatch",
        |stage, wrong| {
            edited(stage, &stage.by_key(), wrong, |bundle| {
                set(bundle, &format!("{ENTRY}/kindVersion/kind"), "dsse");
            })
        },
    ),
    refused(
        "an entry that states another version than its body is refused",
        "log-entry-mismatch",
        |stage, wrong| {
            edited(stage, &stage.by_key(), wrong, |bundle| {
                set(bundle, &format!("{ENTRY}/kindVersion/version"), "0.0.2");
            })
        },
    ),
    refused(
        "an entry whose body names a key twice is refused",
        "log-entry-malformed",
        |stage, wrong| entry(stage, &stage.by_key(), wrong, Wrong::DoubledKey),
    ),
    refused(
        "an entry whose body is cut off is refused",
        "log-entry-malformed",
        |stage, wrong| entry(stage, &stage.by_key(), wrong, Wrong::TruncatedBody),
    ),
    refused(
        "an entry from before the certificate makes it expired, whatever the timestamp says",
        "certificate-expired",
        |stage, wrong| entry(stage, &stage.workflow(), wrong, Wrong::BeforeCertificate),
    ),
    refused(
        "an entry from the future is refused",
        "log-time",
        |stage, wrong| entry(stage, &stage.workflow(), wrong, Wrong::InFuture),
    ),
    refused(
        "an entry from the future is refused beside a key's signature, too",
        "log-time",
        |stage, wrong| entry(stage, &stage.by_key(), wrong, Wrong::InFuture),
    ),
    undetermined(
        "an entry of a log that the root lacks cannot be judged",
        "root-unknown",
        |stage, wrong| rooted(stage, &stage.by_key(), wrong, |root| empty(root, "/tlogs")),
    ),
    undetermined(
        "an entry that names a log that the root lacks cannot be judged",
        "root-unknown",
        |stage, wrong| {
            edited(stage, &stage.by_key(), wrong, |bundle| {
                flip(bundle, &format!("{ENTRY}/logId/keyId"))
            })
        },
    ),
    refused(
        "a promise by a log whose window was over is refused",
        "log-window",
        |stage, wrong| rooted(stage, &stage.by_key(), wrong, |root| end(root, WINDOW)),
    ),
    refused(
        "a promise of no time by a log whose window has not begun is refused",
        "log-unknown",
        |stage, wrong| {
            let signer = stage.workflow();
            let defect = Some(Defect::Entry(Wrong::PromiseWithoutTime));
            let mut bundle = stage.blob(&signer, defect);
            set(&mut bundle, "/mediaType", media_type("0.1"));
            remove(&mut bundle, ENTRY, "inclusionProof");
            remove(&mut bundle, ENTRY, "integratedTime");
            judged_under(stage, &signer, &bundle, wrong, |root| {
                postpone(root, WINDOW)
            })
        },
    ),
    refused(
        "an entry of a log whose window has not begun is refused",
        "log-window",
        |stage, wrong| rooted(stage, &stage.by_key(), wrong, |root| postpone(root, WINDOW)),
    ),
    refused(
        "an entry of Rekor 2 from after the window of the log is refused",
        "log-window",
        |stage, wrong| {
            let bundle = stage.blob_v2(&stage.by_key(), None);
            judged_under(stage, &stage.by_key(), &bundle, wrong, |root| {
                end(root, WINDOW)
            })
        },
    ),
];

const WINDOW: &str = "/tlogs/0/publicKey/validFor";
const ENTRIES: &str = "/verificationMaterial/tlogEntries";

#[test]
fn each_defect_of_a_log_entry_fails_by_its_own_check() {
    tell(CASES);
}

fn entry(stage: &Stage, signer: &SignedBy, wrong: bool, kind: Wrong) -> Ask {
    defective(stage, signer, wrong, Defect::Entry(kind))
}

fn attested(stage: &Stage, wrong: bool, kind: Wrong) -> Ask {
    let statement = statement(Digest::of(BYTES), "https://sigstore.dev/cosign/sign/v1");
    let bundle = stage.signed(statement.to_string(), wrong.then_some(Defect::Entry(kind)));
    stage.ask(bundle, stage.accept(&stage.by_key()))
}
