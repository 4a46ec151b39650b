//! What a certificate must be.

use crate::case::{Ask, Case, refused, tell, undetermined};
use crate::questions::{defective, edited, judged_by_half, rooted};
use crate::stage::{Flags, Stage, end, identity_flags, postpone, set};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidence::sandbox::CertificateDefect as Wrong;
use evidence::sandbox::Defect;

pub(crate) const CASES: &[Case] = &[
    refused(
        "a certificate that had ended when it was used is expired",
        "certificate-expired",
        |stage, wrong| issued(stage, wrong, Wrong::Expired),
    ),
    refused(
        "a certificate that had not begun when it was used is expired",
        "certificate-expired",
        |stage, wrong| issued(stage, wrong, Wrong::NotYetValid),
    ),
    refused(
        "a certificate that a stranger signed in the authority's name has no chain",
        "certificate-chain",
        |stage, wrong| issued(stage, wrong, Wrong::ForgedIssuer),
    ),
    refused(
        "a certificate without extended usage is not for code",
        "certificate-chain",
        |stage, wrong| issued(stage, wrong, Wrong::NoUsage),
    ),
    refused(
        "a certificate for timestamps is not for code",
        "certificate-chain",
        |stage, wrong| issued(stage, wrong, Wrong::OtherUsage),
    ),
    refused(
        "an authority's own certificate is no signer's",
        "certificate-chain",
        |stage, wrong| issued(stage, wrong, Wrong::IsAuthority),
    ),
    undetermined(
        "a certificate of an authority that the root lacks cannot be judged",
        "root-unknown",
        |stage, wrong| {
            let bundle = stage.blob(&stage.workflow(), defect(Wrong::StrangeIssuer));
            judged_by_half(stage, &stage.workflow(), &bundle, wrong)
        },
    ),
    refused(
        "a certificate that no log promised to include is refused",
        "certificate-log",
        |stage, wrong| issued(stage, wrong, Wrong::NoPromise),
    ),
    refused(
        "a certificate that only a foreign log promised to include is refused",
        "certificate-log",
        |stage, wrong| {
            let bundle = stage.blob(&stage.workflow(), defect(Wrong::ForeignPromise));
            judged_by_half(stage, &stage.workflow(), &bundle, wrong)
        },
    ),
    refused(
        "a certificate with two promises is refused",
        "certificate-log",
        |stage, wrong| issued(stage, wrong, Wrong::TwoPromises),
    ),
    refused(
        "a certificate with the promise of another is refused",
        "certificate-log",
        |stage, wrong| issued(stage, wrong, Wrong::PromiseOfAnother),
    ),
    refused(
        "a certificate for two signers is refused",
        "certificate-names",
        |stage, wrong| issued(stage, wrong, Wrong::TwoNames),
    ),
    refused(
        "a certificate with two lists of signers is refused",
        "certificate-malformed",
        |stage, wrong| issued(stage, wrong, Wrong::TwoNameLists),
    ),
    refused(
        "a certificate for nobody is refused",
        "certificate-names",
        |stage, wrong| issued(stage, wrong, Wrong::NoName),
    ),
    refused(
        "a certificate that does not say who vouched for the signer is refused",
        "certificate-identity",
        |stage, wrong| issued(stage, wrong, Wrong::NoIssuer),
    ),
    refused(
        "a certificate that is none is refused",
        "certificate-malformed",
        |stage, wrong| {
            edited(stage, &stage.workflow(), wrong, |bundle| {
                set(bundle, CERTIFICATE, STANDARD.encode("no certificate"));
            })
        },
    ),
    refused(
        "a certificate that is cut off is refused",
        "certificate-malformed",
        |stage, wrong| {
            edited(stage, &stage.workflow(), wrong, |bundle| {
                let text = bundle.pointer(CERTIFICATE).unwrap().as_str().unwrap();
                let der = STANDARD.decode(text).unwrap();
                set(bundle, CERTIFICATE, STANDARD.encode(&der[..der.len() - 9]));
            })
        },
    ),
    refused(
        "a certificate for a key on a curve that nobody uses is refused",
        "certificate-key",
        |stage, wrong| {
            edited(stage, &stage.workflow(), wrong, |bundle| {
                let text = bundle.pointer(CERTIFICATE).unwrap().as_str().unwrap();
                let mut der = STANDARD.decode(text).unwrap();
                let at = der.windows(8).position(|bytes| bytes == P256).unwrap();
                // The curve's name alone: that the signature is broken with it would show later.
                der[at + 7] = 6;
                set(bundle, CERTIFICATE, STANDARD.encode(der));
            })
        },
    ),
    refused(
        "a certificate of another signature of the same signer did not make this one",
        "signature-invalid",
        |stage, wrong| {
            let other = stage.blob(&stage.workflow(), None);
            edited(stage, &stage.workflow(), wrong, |bundle| {
                set(
                    bundle,
                    CERTIFICATE,
                    other.pointer(CERTIFICATE).unwrap().clone(),
                );
            })
        },
    ),
    refused(
        "a signer other than the one that is asked for is not accepted",
        "identity",
        |stage, wrong| {
            let other = stage.sandbox.workflow().identity().replace("shop", "shop2");
            accepting(stage, wrong, identity_flags(&other, issuer(stage)))
        },
    ),
    refused(
        "a signer at another tag than the one that is asked for is not accepted",
        "identity",
        |stage, wrong| {
            let other = stage.sandbox.workflow().identity() + ".1";
            accepting(stage, wrong, identity_flags(&other, issuer(stage)))
        },
    ),
    refused(
        "a signer whom another issuer vouches for is not accepted",
        "identity",
        |stage, wrong| {
            let identity = stage.sandbox.workflow().identity();
            let flags = identity_flags(&identity, "https://issuer.example.test");
            accepting(stage, wrong, flags)
        },
    ),
    refused(
        "an expression that matches only a part of the signer accepts nobody",
        "identity",
        |stage, wrong| {
            let part = "https://github\\.com/example-org/";
            let flags = [
                "--certificate-identity-regexp",
                part,
                "--certificate-oidc-issuer",
                issuer(stage),
            ];
            accepting(stage, wrong, flags.map(String::from).into())
        },
    ),
    refused(
        "a certificate of an authority whose window was over is refused",
        "certificate-authority-window",
        |stage, wrong| rooted(stage, &stage.workflow(), wrong, |root| end(root, AUTHORITY)),
    ),
    refused(
        "a certificate of an authority whose window had not begun is refused",
        "certificate-authority-window",
        |stage, wrong| {
            rooted(stage, &stage.workflow(), wrong, |root| {
                postpone(root, AUTHORITY)
            })
        },
    ),
    refused(
        "a promise of a certificate log whose window was over is refused",
        "certificate-log-window",
        |stage, wrong| {
            rooted(stage, &stage.workflow(), wrong, |root| {
                end(root, CERTIFICATE_LOG)
            })
        },
    ),
    refused(
        "a promise of a certificate log whose window had not begun is refused",
        "certificate-log-window",
        |stage, wrong| {
            rooted(stage, &stage.workflow(), wrong, |root| {
                postpone(root, CERTIFICATE_LOG)
            })
        },
    ),
];

/// The object identifier of P-256, 1.2.840.10045.3.1.7, in DER.
const P256: [u8; 8] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const CERTIFICATE: &str = "/verificationMaterial/certificate/rawBytes";
const AUTHORITY: &str = "/certificateAuthorities/0/validFor";
const CERTIFICATE_LOG: &str = "/ctlogs/0/publicKey/validFor";

#[test]
fn each_defect_of_a_certificate_fails_by_its_own_check() {
    tell(CASES);
}

fn defect(wrong: Wrong) -> Option<Defect> {
    Some(Defect::Certificate(wrong))
}

fn issuer(stage: &Stage) -> &str {
    stage.sandbox.issuer_url()
}

fn issued(stage: &Stage, wrong: bool, kind: Wrong) -> Ask {
    defective(stage, &stage.workflow(), wrong, Defect::Certificate(kind))
}

fn accepting(stage: &Stage, wrong: bool, other: Flags) -> Ask {
    let signer = stage.workflow();
    let accept = if wrong { other } else { stage.accept(&signer) };
    stage.ask(stage.blob(&signer, None), accept)
}
