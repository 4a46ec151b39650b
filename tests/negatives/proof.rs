//! What the proof of a log entry must be, and the checkpoint that it leads up to.

use crate::case::{Ask, Case, refused, tell};
use crate::questions::{defective, edited};
use crate::stage::{ENTRY, Stage, flip, media_type, remove, set};
use evidence::sandbox::EntryDefect as Wrong;
use evidence::sandbox::{Defect, SignedBy};
use serde_json::Value;

pub(crate) const CASES: &[Case] = &[
    refused(
        "the proof of another entry is refused",
        "log-proof",
        |stage, wrong| entry(stage, &stage.by_key(), wrong, Wrong::ProofOfAnother),
    ),
    refused(
        "a proof with a flipped bit is refused",
        "log-proof",
        |stage, wrong| {
            edited(stage, &stage.by_key(), wrong, |bundle| {
                flip(bundle, &format!("{ENTRY}/inclusionProof/hashes/0"));
            })
        },
    ),
    refused(
        "a proof without its last hash is refused",
        "log-proof",
        |stage, wrong| {
            edited(stage, &stage.by_key(), wrong, |bundle| {
                let hashes = bundle.pointer_mut(&format!("{ENTRY}/inclusionProof/hashes"));
                hashes.unwrap().as_array_mut().unwrap().pop();
            })
        },
    ),
    refused(
        "a proof of an index outside of the tree is refused",
        "log-checkpoint",
        |stage, wrong| {
            edited(stage, &stage.by_key(), wrong, |bundle| {
                set(
                    bundle,
                    &format!("{ENTRY}/inclusionProof/logIndex"),
                    "100000",
                );
            })
        },
    ),
    refused(
        "a proof up to another root than the checkpoint's is refused",
        "log-checkpoint",
        |stage, wrong| {
            edited(stage, &stage.by_key(), wrong, |bundle| {
                flip(bundle, &format!("{ENTRY}/inclusionProof/rootHash"));
            })
        },
    ),
    refused(
        "a checkpoint by a foreign log is refused",
        "log-checkpoint",
        |stage, wrong| entry(stage, &stage.by_key(), wrong, Wrong::ForeignCheckpoint),
    ),
    refused(
        "a checkpoint by another log of the same root is refused",
        "log-checkpoint",
        |stage, wrong| {
            let defect = wrong.then_some(Defect::Entry(Wrong::ForeignCheckpoint));
            let bundle = stage.blob(&stage.by_key(), defect);
            stage.ask_under(bundle, stage.accept(&stage.by_key()), &stage.root_of_both())
        },
    ),
    refused(
        "a checkpoint of another tree is refused",
        "log-checkpoint",
        |stage, wrong| entry(stage, &stage.by_key(), wrong, Wrong::CheckpointOfOtherRoot),
    ),
    refused(
        "a checkpoint of another size of the tree is refused",
        "log-checkpoint",
        |stage, wrong| entry(stage, &stage.by_key(), wrong, Wrong::CheckpointOfOtherSize),
    ),
    refused(
        "a checkpoint that was changed after it was signed is refused",
        "log-checkpoint",
        |stage, wrong| {
            edited(stage, &stage.by_key(), wrong, |bundle| {
                let place = format!("{ENTRY}/inclusionProof/checkpoint/envelope");
                let text = bundle.pointer(&place).unwrap().as_str().unwrap();
                let other = text.replacen("rekor.demo", "rekor.dema", 1);
                set(bundle, &place, other);
            })
        },
    ),
    refused(
        "a proof without a checkpoint is refused",
        "log-checkpoint",
        |stage, wrong| {
            edited(stage, &stage.by_key(), wrong, |bundle| {
                remove(bundle, &format!("{ENTRY}/inclusionProof"), "checkpoint");
            })
        },
    ),
    refused(
        "a bundle of version 0.3 without a proof is refused",
        "log-proof-missing",
        |stage, wrong| {
            edited(stage, &stage.by_key(), wrong, |bundle| {
                remove(bundle, ENTRY, "inclusionProof")
            })
        },
    ),
    refused(
        "a bundle of version 0.2 without a proof is refused",
        "log-proof-missing",
        |stage, wrong| {
            let mut bundle = version(stage, "0.2");
            if wrong {
                remove(&mut bundle, ENTRY, "inclusionProof");
            }
            by_key(stage, bundle)
        },
    ),
    refused(
        "a bundle of version 0.3 with neither proof nor promise is refused",
        "log-proof-missing",
        |stage, wrong| {
            edited(stage, &stage.by_key(), wrong, |bundle| {
                remove(bundle, ENTRY, "inclusionProof");
                remove(bundle, ENTRY, "inclusionPromise");
            })
        },
    ),
    refused(
        "the proof of another entry of Rekor 2 is refused",
        "log-proof",
        |stage, wrong| entry_v2(stage, wrong, Wrong::ProofOfAnother),
    ),
    refused(
        "an index of Rekor 2 that was moved is refused",
        "log-proof",
        |stage, wrong| {
            edited_v2(stage, wrong, |bundle| {
                set(bundle, &format!("{ENTRY}/logIndex"), "0")
            })
        },
    ),
    refused(
        "a checkpoint of Rekor 2 by a foreign log is refused",
        "log-checkpoint",
        |stage, wrong| entry_v2(stage, wrong, Wrong::ForeignCheckpoint),
    ),
    refused(
        "a checkpoint of Rekor 2 of another tree is refused",
        "log-proof",
        |stage, wrong| entry_v2(stage, wrong, Wrong::CheckpointOfOtherRoot),
    ),
    refused(
        "an entry of Rekor 2 without its proof is refused",
        "log-proof-missing",
        |stage, wrong| {
            edited_v2(stage, wrong, |bundle| {
                remove(bundle, ENTRY, "inclusionProof")
            })
        },
    ),
    refused(
        "an entry of Rekor 2 about another signature is refused",
        "log-entry-mismatch",
        |stage, wrong| entry_v2(stage, wrong, Wrong::OtherSignature),
    ),
    refused(
        "an entry of Rekor 2 with a promise, which only Rekor 1 makes, is refused",
        "log-promise",
        |stage, wrong| {
            edited_v2(stage, wrong, |bundle| {
                let entry = bundle.pointer_mut(ENTRY).unwrap();
                entry["inclusionPromise"] = serde_json::json!({"signedEntryTimestamp": "AAAA"});
            })
        },
    ),
    refused(
        "a bundle of version 0.1 without a promise is refused",
        "log-promise-missing",
        |stage, wrong| {
            let mut bundle = version(stage, "0.1");
            if wrong {
                remove(&mut bundle, ENTRY, "inclusionPromise");
            }
            by_key(stage, bundle)
        },
    ),
];

#[test]
fn each_defect_of_a_proof_fails_by_its_own_check() {
    tell(CASES);
}

fn by_key(stage: &Stage, bundle: Value) -> Ask {
    stage.ask(bundle, stage.accept(&stage.by_key()))
}

fn entry(stage: &Stage, signer: &SignedBy, wrong: bool, kind: Wrong) -> Ask {
    defective(stage, signer, wrong, Defect::Entry(kind))
}

fn entry_v2(stage: &Stage, wrong: bool, kind: Wrong) -> Ask {
    let bundle = stage.blob_v2(&stage.by_key(), wrong.then_some(Defect::Entry(kind)));
    by_key(stage, bundle)
}

fn edited_v2(stage: &Stage, wrong: bool, edit: impl Fn(&mut Value)) -> Ask {
    let mut bundle = stage.blob_v2(&stage.by_key(), None);
    if wrong {
        edit(&mut bundle);
    }
    by_key(stage, bundle)
}

fn version(stage: &Stage, version: &str) -> Value {
    let mut bundle = stage.blob(&stage.by_key(), None);
    set(&mut bundle, "/mediaType", media_type(version));
    bundle
}
