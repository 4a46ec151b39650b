//! Defects of Sigstore bundles: a manifest whose subject is the image, and the bundle in its only layer.

use super::case::Answer::{Accepted, Refused, Undetermined};
use super::case::Case;
use super::materials::{Defect, Materials, decode, encode, flip, remove, replace, with_defects};
use super::sign::Style;
use super::specimen::Specimen;
use serde_json::{Value, json};

/// All that fit the style.
pub(crate) fn defects(style: Style, stranger: Style) -> Vec<Case> {
    let mut all = EVERY.to_vec();
    match style.configuration() {
        Some("rekor1") => all.extend(FIRST_LOG),
        _ => all.extend(SECOND_LOG),
    }
    let keyless = style.signer.is_keyless();
    all.extend(if keyless { KEYLESS } else { BY_KEY });
    let untimed: Defect = match style.configuration() {
        // Without a promise nobody vouches for the time, and so not for the log's key at that time.
        Some("rekor1") => ("log-promise-removed", Refused, |image, _| {
            image
                .bundle()
                .edit(|bundle| remove(entry(bundle), "inclusionPromise"));
        }),
        // Rekor v2 states no time at all, so a timestamp has to.
        _ => ("timestamp-removed", Refused, |image, _| {
            image.bundle().edit(|bundle| {
                remove(
                    &mut bundle["verificationMaterial"],
                    "timestampVerificationData",
                );
            });
        }),
    };
    all.push(untimed);
    with_defects(style, stranger, all)
}

fn entry(bundle: &mut Value) -> &mut Value {
    &mut bundle["verificationMaterial"]["tlogEntries"][0]
}

fn envelope(bundle: &mut Value) -> &mut Value {
    &mut bundle["dsseEnvelope"]
}

fn take(image: &mut Specimen, from: &Specimen, part: fn(&mut Value) -> &mut Value) {
    let mut theirs = from.bundles[0].bundle();
    image
        .bundle()
        .edit(|bundle| part(bundle).clone_from(part(&mut theirs)));
}

const EVERY: &[Defect] = &[
    ("copied-unchanged", Accepted, |_, _| {}),
    ("unsigned", Refused, |image, _| image.bundles.clear()),
    ("signed-by-a-stranger", Refused, |image, around| {
        image.bundles.clone_from(&around.stranger.bundles);
    }),
    ("bundle-of-another-image", Refused, |image, around| {
        image.bundles.clone_from(&around.other.bundles);
    }),
    ("payload-edited", Refused, |image, around: &Materials| {
        let (ours, theirs) = (image.image.digest(), around.other.image.digest());
        let hex = |digest: &str| digest.trim_start_matches("sha256:").to_owned();
        image.bundles.clone_from(&around.other.bundles);
        image.bundle().edit(|bundle| {
            let payload = &mut envelope(bundle)["payload"];
            *payload = encode(&replace(&decode(payload), &hex(&theirs), &hex(&ours)));
        });
    }),
    ("payload-type-edited", Refused, |image, _| {
        image
            .bundle()
            .edit(|bundle| envelope(bundle)["payloadType"] = "text/plain".into());
    }),
    ("signature-edited", Refused, |image, _| {
        image
            .bundle()
            .edit(|bundle| flip(&mut envelope(bundle)["signatures"][0]["sig"]));
    }),
    ("signature-removed", Refused, |image, _| {
        image
            .bundle()
            .edit(|bundle| envelope(bundle)["signatures"] = json!([]));
    }),
    ("signature-twice", Refused, |image, _| {
        image.bundle().edit(|bundle| {
            let signatures = envelope(bundle)["signatures"].as_array_mut().unwrap();
            signatures.push(signatures[0].clone());
        });
    }),
    ("log-entry-removed", Refused, |image, _| {
        image
            .bundle()
            .edit(|bundle| remove(&mut bundle["verificationMaterial"], "tlogEntries"));
    }),
    ("log-entry-of-another-image", Refused, |image, around| {
        take(image, &around.other, entry);
    }),
    ("log-entry-of-a-stranger", Refused, |image, around| {
        take(image, &around.stranger, entry);
    }),
    ("log-entry-twice", Refused, |image, _| {
        image.bundle().edit(|bundle| {
            let entries = &mut bundle["verificationMaterial"]["tlogEntries"];
            let entries = entries.as_array_mut().unwrap();
            entries.push(entries[0].clone());
        });
    }),
    ("log-body-of-another-image", Refused, |image, around| {
        take(
            image,
            &around.other,
            |bundle| &mut entry(bundle)["canonicalizedBody"],
        );
    }),
    ("log-proof-edited", Refused, |image, _| {
        image
            .bundle()
            .edit(|bundle| flip(&mut entry(bundle)["inclusionProof"]["hashes"][0]));
    }),
    ("log-proof-of-another-image", Refused, |image, around| {
        take(
            image,
            &around.other,
            |bundle| &mut entry(bundle)["inclusionProof"],
        );
    }),
    ("log-proof-removed", Refused, |image, _| {
        image
            .bundle()
            .edit(|bundle| remove(entry(bundle), "inclusionProof"));
    }),
    ("checkpoint-edited", Refused, |image, _| {
        image.bundle().edit(|bundle| {
            let checkpoint = &mut entry(bundle)["inclusionProof"]["checkpoint"]["envelope"];
            let text = checkpoint.as_str().unwrap();
            // The first line is the origin, the second the size of the tree.
            let mut lines: Vec<_> = text.split('\n').map(str::to_owned).collect();
            lines[1] = (lines[1].parse::<u64>().unwrap() + 1).to_string();
            *checkpoint = lines.join("\n").into();
        });
    }),
    ("checkpoint-unsigned", Refused, |image, _| {
        image.bundle().edit(|bundle| {
            let checkpoint = &mut entry(bundle)["inclusionProof"]["checkpoint"]["envelope"];
            let text = checkpoint.as_str().unwrap();
            *checkpoint = text.split("\n\n").next().unwrap().to_owned().into();
        });
    }),
    // A log that the root does not name: another root may.
    ("log-id-edited", Undetermined, |image, _| {
        image
            .bundle()
            .edit(|bundle| flip(&mut entry(bundle)["logId"]["keyId"]));
    }),
    ("log-index-edited", Refused, |image, _| {
        image.bundle().edit(|bundle| {
            let index = &mut entry(bundle)["logIndex"];
            let number: u64 = index.as_str().unwrap().parse().unwrap();
            *index = (number ^ 1).to_string().into();
        });
    }),
    ("log-kind-contradicts-the-body", Refused, |image, _| {
        image.bundle().edit(|bundle| {
            entry(bundle)["kindVersion"] = json!({"kind": "intoto", "version": "0.0.2"});
        });
    }),
    ("bundle-of-an-unknown-version", Refused, |image, _| {
        image.bundle().edit(|bundle| {
            bundle["mediaType"] = "application/vnd.dev.sigstore.bundle.v9.9+json".into();
        });
    }),
    ("bundle-with-an-unknown-field", Refused, |image, _| {
        image.bundle().edit(|bundle| bundle["surprise"] = json!(1));
    }),
    ("bundle-cut-short", Refused, |image, _| {
        let content = &mut image.bundle().contents[0];
        content.truncate(content.len() / 2);
    }),
];

const FIRST_LOG: &[Defect] = &[
    ("log-root-edited", Refused, root_edited),
    ("log-proof-index-edited", Refused, proof_index_edited),
    ("log-promise-edited", Refused, |image, _| {
        image.bundle().edit(|bundle| {
            flip(&mut entry(bundle)["inclusionPromise"]["signedEntryTimestamp"]);
        });
    }),
    ("log-time-edited", Refused, |image, _| {
        image.bundle().edit(|bundle| {
            let time = &mut entry(bundle)["integratedTime"];
            let seconds: u64 = time.as_str().unwrap().parse().unwrap();
            *time = (seconds - 1).to_string().into();
        });
    }),
];

/// Both are repeated elsewhere in an entry of Rekor v2, in the checkpoint and in the entry, and read there only.
const SECOND_LOG: &[Defect] = &[
    ("log-root-edited", Accepted, root_edited),
    ("log-proof-index-edited", Accepted, proof_index_edited),
    ("timestamp-of-another-signing", Refused, |image, around| {
        take(image, &around.other, |bundle| {
            &mut bundle["verificationMaterial"]["timestampVerificationData"]
        });
    }),
    ("timestamp-edited", Refused, |image, _| {
        image.bundle().edit(|bundle| {
            let data = &mut bundle["verificationMaterial"]["timestampVerificationData"];
            flip(&mut data["rfc3161Timestamps"][0]["signedTimestamp"]);
        });
    }),
];

fn root_edited(image: &mut Specimen, _: &Materials) {
    image
        .bundle()
        .edit(|bundle| flip(&mut entry(bundle)["inclusionProof"]["rootHash"]));
}

fn proof_index_edited(image: &mut Specimen, _: &Materials) {
    image.bundle().edit(|bundle| {
        let index = &mut entry(bundle)["inclusionProof"]["logIndex"];
        let number: u64 = index.as_str().unwrap().parse().unwrap();
        *index = (number ^ 1).to_string().into();
    });
}

const KEYLESS: &[Defect] = &[
    ("certificate-of-a-stranger", Refused, |image, around| {
        take(image, &around.stranger, certificate);
    }),
    (
        "certificate-of-another-signing",
        Refused,
        |image, around| {
            take(image, &around.other, certificate);
        },
    ),
    ("certificate-edited", Refused, |image, _| {
        image
            .bundle()
            .edit(|bundle| flip(&mut certificate(bundle)["rawBytes"]));
    }),
    ("certificate-removed", Refused, |image, _| {
        image
            .bundle()
            .edit(|bundle| remove(&mut bundle["verificationMaterial"], "certificate"));
    }),
];

fn certificate(bundle: &mut Value) -> &mut Value {
    &mut bundle["verificationMaterial"]["certificate"]
}

/// The hint says which key to try, and is not signed: what counts is whether the key fits.
const BY_KEY: &[Defect] = &[("key-hint-of-a-stranger", Accepted, |image, around| {
    take(image, &around.stranger, |bundle| {
        &mut bundle["verificationMaterial"]["publicKey"]
    });
})];
