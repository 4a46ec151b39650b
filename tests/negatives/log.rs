//! What a log entry must be.

use crate::case::{Ask, Case, refused, tell, undetermined};
use crate::stage::{BYTES, ENTRY, Stage, empty, end, flip, postpone, remove, set, statement};
use evidence::model::Digest;
use evidence::sandbox::EntryDefect as Wrong;
use evidence::sandbox::{Defect, LogVersion, Recipe, SignedBy};
use serde_json::Value;

pub(crate) const CASES: &[Case] = &[
    refused(
        "a signature in no log is refused",
        "log-missing",
        |stage, wrong| {
            let bundle = stage.blob(&stage.by_key(), wrong.then_some(Defect::NoLogEntry));
            by_key(stage, bundle)
        },
    ),
    refused(
        "a second entry, even one that holds, is refused",
        "log-entries",
        |stage, wrong| {
            edited(stage, wrong, |bundle| {
                crate::stage::repeat(bundle, "/verificationMaterial/tlogEntries", 2);
            })
        },
    ),
    refused(
        "a second entry that proves nothing is refused",
        "log-entries",
        |stage, wrong| {
            edited(stage, wrong, |bundle| {
                crate::stage::repeat(bundle, "/verificationMaterial/tlogEntries", 2);
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
            edited(stage, wrong, |bundle| {
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
            edited(stage, wrong, |bundle| {
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
            edited(stage, wrong, |bundle| {
                set(bundle, &format!("{ENTRY}/logIndex"), "0")
            })
        },
    ),
    refused(
        "the proof of another entry is refused",
        "log-proof",
        |stage, wrong| entry(stage, &stage.by_key(), wrong, Wrong::ProofOfAnother),
    ),
    refused(
        "a proof with a flipped bit is refused",
        "log-proof",
        |stage, wrong| {
            edited(stage, wrong, |bundle| {
                flip(bundle, &format!("{ENTRY}/inclusionProof/hashes/0"));
            })
        },
    ),
    refused(
        "a proof without its last hash is refused",
        "log-proof",
        |stage, wrong| {
            edited(stage, wrong, |bundle| {
                let hashes = bundle.pointer_mut(&format!("{ENTRY}/inclusionProof/hashes"));
                hashes.unwrap().as_array_mut().unwrap().pop();
            })
        },
    ),
    refused(
        "a proof of an index outside of the tree is refused",
        "log-checkpoint",
        |stage, wrong| {
            edited(stage, wrong, |bundle| {
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
            edited(stage, wrong, |bundle| {
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
            edited(stage, wrong, |bundle| {
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
            edited(stage, wrong, |bundle| {
                remove(bundle, &format!("{ENTRY}/inclusionProof"), "checkpoint");
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
            edited(stage, wrong, |bundle| {
                set(bundle, &format!("{ENTRY}/kindVersion/kind"), "dsse");
            })
        },
    ),
    refused(
        "an entry that states another version than its body is refused",
        "log-entry-mismatch",
        |stage, wrong| {
            edited(stage, wrong, |bundle| {
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
    refused(
        "a bundle of version 0.3 without a proof is refused",
        "log-proof-missing",
        |stage, wrong| {
            edited(stage, wrong, |bundle| {
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
            edited(stage, wrong, |bundle| {
                remove(bundle, ENTRY, "inclusionProof");
                remove(bundle, ENTRY, "inclusionPromise");
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
    undetermined(
        "an entry of a log that the root lacks cannot be judged",
        "root-unknown",
        |stage, wrong| windowed(stage, wrong, |root| empty(root, "/tlogs")),
    ),
    undetermined(
        "an entry that names a log that the root lacks cannot be judged",
        "root-unknown",
        |stage, wrong| {
            edited(stage, wrong, |bundle| {
                flip(bundle, &format!("{ENTRY}/logId/keyId"))
            })
        },
    ),
    refused(
        "a promise by a log whose window was over is refused",
        "log-promise",
        |stage, wrong| windowed(stage, wrong, |root| end(root, WINDOW)),
    ),
    refused(
        "a checkpoint by a log whose window has not begun is refused",
        "log-checkpoint",
        |stage, wrong| windowed(stage, wrong, |root| postpone(root, WINDOW)),
    ),
    refused(
        "a promise of no time by a log whose window has not begun is refused",
        "log-unknown",
        |stage, wrong| {
            let signer = stage.by_key();
            let defect = Some(Defect::Entry(Wrong::PromiseWithoutTime));
            let mut bundle = stage.blob(&signer, defect);
            set(&mut bundle, "/mediaType", media_type("0.1"));
            remove(&mut bundle, ENTRY, "inclusionProof");
            remove(&mut bundle, ENTRY, "integratedTime");
            let root = stage.root(|root| {
                if wrong {
                    postpone(root, WINDOW);
                }
            });
            stage.ask_under(bundle, stage.accept(&signer), &root)
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
];

const WINDOW: &str = "/tlogs/0/publicKey/validFor";

#[test]
fn each_defect_of_a_log_entry_fails_by_its_own_check() {
    tell(CASES);
}

fn by_key(stage: &Stage, bundle: Value) -> Ask {
    stage.ask(bundle, stage.accept(&stage.by_key()))
}

fn entry(stage: &Stage, signer: &SignedBy, wrong: bool, kind: Wrong) -> Ask {
    let bundle = stage.blob(signer, wrong.then_some(Defect::Entry(kind)));
    stage.ask(bundle, stage.accept(signer))
}

fn entry_v2(stage: &Stage, wrong: bool, kind: Wrong) -> Ask {
    let bundle = stage.blob_v2(&stage.by_key(), wrong.then_some(Defect::Entry(kind)));
    by_key(stage, bundle)
}

fn attested(stage: &Stage, wrong: bool, kind: Wrong) -> Ask {
    let statement = statement(Digest::of(BYTES), "https://sigstore.dev/cosign/sign/v1");
    let recipe = Recipe {
        log: LogVersion::One,
        ..Recipe::new(&stage.by_key(), wrong.then_some(Defect::Entry(kind)))
    };
    let bytes = statement.to_string();
    let bundle = stage.sandbox.sign_statement_as(bytes.as_bytes(), &recipe);
    stage.ask(bundle.unwrap(), stage.accept(&stage.by_key()))
}

fn edited(stage: &Stage, wrong: bool, edit: impl Fn(&mut Value)) -> Ask {
    let mut bundle = stage.blob(&stage.by_key(), None);
    if wrong {
        edit(&mut bundle);
    }
    by_key(stage, bundle)
}

fn edited_v2(stage: &Stage, wrong: bool, edit: impl Fn(&mut Value)) -> Ask {
    let mut bundle = stage.blob_v2(&stage.by_key(), None);
    if wrong {
        edit(&mut bundle);
    }
    by_key(stage, bundle)
}

fn windowed(stage: &Stage, wrong: bool, edit: fn(&mut Value)) -> Ask {
    let signer = stage.by_key();
    let root = stage.root(|root| {
        if wrong {
            edit(root);
        }
    });
    stage.ask_under(stage.blob(&signer, None), stage.accept(&signer), &root)
}

fn version(stage: &Stage, version: &str) -> Value {
    let mut bundle = stage.blob(&stage.by_key(), None);
    set(&mut bundle, "/mediaType", media_type(version));
    bundle
}

fn media_type(version: &str) -> String {
    format!("application/vnd.dev.sigstore.bundle+json;version={version}")
}
