//! What a Sigstore bundle must be as a document.

use crate::case::{Ask, Case, refused, tell};
use crate::questions::edited;
use crate::stage::{BYTES, ENTRY, Stage, flip, remove, repeat, set, statement};
use evidence::model::Digest;
use evidence::sandbox::Defect;
use serde_json::{Value, json};

pub(crate) const CASES: &[Case] = &[
    refused(
        "a signature with a flipped bit is refused",
        "signature-invalid",
        |stage, wrong| {
            let bundle = stage.blob(&stage.by_key(), wrong.then_some(Defect::BrokenSignature));
            stage.ask(bundle, stage.accept(&stage.by_key()))
        },
    ),
    refused(
        "a certificate's signature with a flipped bit is refused",
        "signature-invalid",
        |stage, wrong| {
            let signer = stage.workflow();
            let bundle = stage.blob(&signer, wrong.then_some(Defect::BrokenSignature));
            // Its timestamp is of the signature as it was.
            let mut bundle = bundle;
            remove(&mut bundle, MATERIAL, "timestampVerificationData");
            stage.ask(bundle, stage.accept(&signer))
        },
    ),
    refused(
        "a stated digest that is another is refused",
        "digest-mismatch",
        |stage, wrong| {
            edited(stage, &stage.by_key(), wrong, |bundle| {
                flip(bundle, "/messageSignature/messageDigest/digest")
            })
        },
    ),
    refused(
        "a stated digest of another algorithm is refused",
        "digest-mismatch",
        |stage, wrong| {
            edited(stage, &stage.by_key(), wrong, |bundle| {
                set(
                    bundle,
                    "/messageSignature/messageDigest/algorithm",
                    "SHA2_512",
                );
            })
        },
    ),
    refused(
        "a name that stands twice at the top is malformed",
        "bundle-malformed",
        |stage, wrong| {
            textual(stage, wrong, |text| {
                text.replacen('{', r#"{"mediaType":"x","#, 1)
            })
        },
    ),
    refused(
        "a name that nobody reads and that stands twice is malformed",
        "bundle-malformed",
        |stage, wrong| {
            textual(stage, wrong, |text| {
                text.replacen('{', r#"{"a":1,"a":2,"#, 1)
            })
        },
    ),
    refused(
        "a name that stands twice deep inside is malformed",
        "bundle-malformed",
        |stage, wrong| {
            textual(stage, wrong, |text| {
                text.replacen(r#""kindVersion":{"#, r#""kindVersion":{"kind":"dsse","#, 1)
            })
        },
    ),
    refused(
        "a signature that stands twice is malformed",
        "bundle-malformed",
        |stage, wrong| {
            textual(stage, wrong, |text| {
                text.replacen(r#""signature":"#, r#""signature":"AAAA","signature":"#, 1)
            })
        },
    ),
    refused(
        "two log indices of one entry are malformed",
        "bundle-malformed",
        |stage, wrong| {
            textual(stage, wrong, |text| {
                text.replacen(r#""logId":"#, r#""logIndex":"0","logId":"#, 1)
            })
        },
    ),
    refused(
        "text behind the document is malformed",
        "bundle-malformed",
        |stage, wrong| textual(stage, wrong, |text| text + "{}"),
    ),
    refused(
        "a document that is cut off after its first byte is malformed",
        "bundle-malformed",
        |stage, wrong| textual(stage, wrong, |text| cut(&text, 0, 1)),
    ),
    refused(
        "a document that is cut off after a quarter is malformed",
        "bundle-malformed",
        |stage, wrong| textual(stage, wrong, |text| cut(&text, 1, 4)),
    ),
    refused(
        "a document that is cut off in the middle is malformed",
        "bundle-malformed",
        |stage, wrong| textual(stage, wrong, |text| cut(&text, 1, 2)),
    ),
    refused(
        "a document that is cut off after three quarters is malformed",
        "bundle-malformed",
        |stage, wrong| textual(stage, wrong, |text| cut(&text, 3, 4)),
    ),
    refused(
        "a document that lacks its last byte is malformed",
        "bundle-malformed",
        |stage, wrong| textual(stage, wrong, |text| text[..text.len() - 1].to_owned()),
    ),
    refused(
        "an empty document is malformed",
        "bundle-malformed",
        |stage, wrong| textual(stage, wrong, |_| String::new()),
    ),
    refused(
        "a document that is nested too deep is malformed",
        "bundle-malformed",
        |stage, wrong| {
            textual(stage, wrong, |text| {
                let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
                text.replacen('{', &format!(r#"{{"deep":{deep},"#), 1)
            })
        },
    ),
    refused(
        "a signature beside an envelope is malformed",
        "bundle-malformed",
        |stage, wrong| {
            let other = stage.signed(about().to_string(), None);
            edited(stage, &stage.by_key(), wrong, |bundle| {
                bundle["dsseEnvelope"] = other["dsseEnvelope"].clone();
            })
        },
    ),
    refused(
        "neither a signature nor an envelope is malformed",
        "bundle-malformed",
        |stage, wrong| {
            edited(stage, &stage.by_key(), wrong, |bundle| {
                remove(bundle, "", "messageSignature")
            })
        },
    ),
    refused(
        "a certificate beside a key is malformed",
        "bundle-malformed",
        |stage, wrong| {
            let other = stage.blob(&stage.workflow(), None);
            edited(stage, &stage.by_key(), wrong, |bundle| {
                let certificate = other.pointer("/verificationMaterial/certificate");
                bundle["verificationMaterial"]["certificate"] = certificate.unwrap().clone();
            })
        },
    ),
    refused(
        "no signer at all is malformed",
        "bundle-malformed",
        |stage, wrong| {
            edited(stage, &stage.by_key(), wrong, |bundle| {
                remove(bundle, MATERIAL, "publicKey")
            })
        },
    ),
    refused(
        "a chain in version 0.3 is malformed",
        "bundle-malformed",
        |stage, wrong| {
            chained(
                stage,
                wrong,
                "application/vnd.dev.sigstore.bundle.v0.3+json",
                1,
            )
        },
    ),
    refused(
        "a version that nobody has defined is malformed",
        "bundle-malformed",
        |stage, wrong| {
            edited(stage, &stage.by_key(), wrong, |bundle| {
                set(
                    bundle,
                    "/mediaType",
                    "application/vnd.dev.sigstore.bundle.v0.9+json",
                );
            })
        },
    ),
    refused(
        "base64 with a line break is malformed",
        "bundle-malformed",
        |stage, wrong| {
            edited(stage, &stage.by_key(), wrong, |bundle| {
                let text = bundle.pointer(SIGNATURE).unwrap().as_str().unwrap();
                let broken = format!("{}\n{}", &text[..40], &text[40..]);
                set(bundle, SIGNATURE, broken);
            })
        },
    ),
    refused(
        "an envelope with two signatures is malformed",
        "bundle-malformed",
        |stage, wrong| {
            let mut bundle = stage.signed(about().to_string(), None);
            if wrong {
                repeat(&mut bundle, "/dsseEnvelope/signatures", 2);
            }
            stage.ask(bundle, stage.accept(&stage.by_key()))
        },
    ),
    refused(
        "an envelope without a signature is malformed",
        "bundle-malformed",
        |stage, wrong| {
            let mut bundle = stage.signed(about().to_string(), None);
            if wrong {
                set(&mut bundle, "/dsseEnvelope/signatures", json!([]));
            }
            stage.ask(bundle, stage.accept(&stage.by_key()))
        },
    ),
    refused(
        "an entry of a kind that nobody has defined is malformed",
        "bundle-malformed",
        |stage, wrong| {
            edited(stage, &stage.by_key(), wrong, |bundle| {
                set(bundle, &format!("{ENTRY}/kindVersion/kind"), "rekord");
            })
        },
    ),
    refused(
        "a plain signature with the entry of an envelope is refused",
        "log-entry-mismatch",
        |stage, wrong| {
            let other = stage.signed(about().to_string(), None);
            edited(stage, &stage.by_key(), wrong, |bundle| {
                set(bundle, ENTRY, other.pointer(ENTRY).unwrap().clone());
            })
        },
    ),
    refused(
        "more log entries than are read are too many",
        "bundle-size",
        |stage, wrong| {
            edited(stage, &stage.by_key(), wrong, |bundle| {
                repeat(bundle, "/verificationMaterial/tlogEntries", 9)
            })
        },
    ),
    refused(
        "more timestamps than are read are too many",
        "bundle-size",
        |stage, wrong| {
            edited(stage, &stage.by_key(), wrong, |bundle| {
                let times = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps";
                repeat(bundle, times, 9);
            })
        },
    ),
    refused(
        "more hashes in a proof than a tree has levels are too many",
        "bundle-size",
        |stage, wrong| {
            edited(stage, &stage.by_key(), wrong, |bundle| {
                repeat(bundle, &format!("{ENTRY}/inclusionProof/hashes"), 65);
            })
        },
    ),
    refused(
        "more certificates in a chain than are read are too many",
        "bundle-size",
        |stage, wrong| {
            chained(
                stage,
                wrong,
                "application/vnd.dev.sigstore.bundle+json;version=0.2",
                9,
            )
        },
    ),
];

const MATERIAL: &str = "/verificationMaterial";
const SIGNATURE: &str = "/messageSignature/signature";

#[test]
fn each_defect_of_a_bundle_fails_by_its_own_check() {
    tell(CASES);
}

fn textual(stage: &Stage, wrong: bool, edit: impl Fn(String) -> String) -> Ask {
    let text = stage.blob(&stage.by_key(), None).to_string();
    let edited = edit(text.clone());
    assert_ne!(edited, text);
    let text = if wrong { edited } else { text };
    stage.ask(text, stage.accept(&stage.by_key()))
}

/// The first part of a text, but at least one byte.
fn cut(text: &str, part: usize, of: usize) -> String {
    text[..(text.len() * part / of).max(1)].to_owned()
}

/// The certificate as a chain of so many; without the defect a chain of one in version 0.2.
fn chained(stage: &Stage, wrong: bool, media_type: &str, length: usize) -> Ask {
    let signer = stage.workflow();
    let mut bundle = stage.blob(&signer, None);
    let material = bundle["verificationMaterial"].as_object_mut().unwrap();
    let certificate = material.remove("certificate").unwrap();
    let length = if wrong { length } else { 1 };
    let chain = json!({"certificates": vec![certificate; length]});
    material.insert("x509CertificateChain".into(), chain);
    let fitting = "application/vnd.dev.sigstore.bundle+json;version=0.2";
    set(
        &mut bundle,
        "/mediaType",
        if wrong { media_type } else { fitting },
    );
    stage.ask(bundle, stage.accept(&signer))
}

fn about() -> Value {
    statement(Digest::of(BYTES), "https://sigstore.dev/cosign/sign/v1")
}
