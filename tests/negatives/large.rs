//! The same defects around a statement that is so large that it is not judged like the small ones.

use crate::case::{Ask, Case, refused, tell_defects, tell_good, undetermined};
use crate::questions::judged_by_half;
use crate::stage::{BYTES, Stage, stage, statement};
use evidence::model::Digest;
use evidence::sandbox::{CertificateDefect, Defect, EntryDefect, SignedBy, TimestampDefect};
use serde_json::Value;
use std::sync::LazyLock;

/// A signature's statement with a predicate of more than a mebibyte.
static STATEMENT: LazyLock<String> = LazyLock::new(|| {
    let kind = "https://sigstore.dev/cosign/sign/v1";
    let mut statement = statement(Digest::of(BYTES), kind);
    statement["predicate"]["large"] = "a".repeat(1_050_000).into();
    statement.to_string()
});

pub(crate) const CASES: &[Case] = &[
    refused(
        "an expired certificate",
        "certificate-expired",
        |stage, wrong| certified(stage, wrong, CertificateDefect::Expired),
    ),
    refused(
        "a certificate to come",
        "certificate-expired",
        |stage, wrong| certified(stage, wrong, CertificateDefect::NotYetValid),
    ),
    refused("a forged issuer", "certificate-chain", |stage, wrong| {
        certified(stage, wrong, CertificateDefect::ForgedIssuer)
    }),
    refused("no extended usage", "certificate-chain", |stage, wrong| {
        certified(stage, wrong, CertificateDefect::NoUsage)
    }),
    refused("another usage", "certificate-chain", |stage, wrong| {
        certified(stage, wrong, CertificateDefect::OtherUsage)
    }),
    refused(
        "an authority's own certificate",
        "certificate-chain",
        |stage, wrong| certified(stage, wrong, CertificateDefect::IsAuthority),
    ),
    undetermined("an unknown issuer", "root-unknown", |stage, wrong| {
        half(
            stage,
            wrong,
            Defect::Certificate(CertificateDefect::StrangeIssuer),
        )
    }),
    refused(
        "no promise of a certificate log",
        "certificate-log",
        |stage, wrong| certified(stage, wrong, CertificateDefect::NoPromise),
    ),
    refused(
        "a promise of a foreign certificate log",
        "certificate-log",
        |stage, wrong| {
            half(
                stage,
                wrong,
                Defect::Certificate(CertificateDefect::ForeignPromise),
            )
        },
    ),
    refused(
        "two promises of a certificate log",
        "certificate-log",
        |stage, wrong| certified(stage, wrong, CertificateDefect::TwoPromises),
    ),
    refused(
        "a promise of another certificate",
        "certificate-log",
        |stage, wrong| certified(stage, wrong, CertificateDefect::PromiseOfAnother),
    ),
    refused("two names", "certificate-names", |stage, wrong| {
        certified(stage, wrong, CertificateDefect::TwoNames)
    }),
    refused("no name", "certificate-names", |stage, wrong| {
        certified(stage, wrong, CertificateDefect::NoName)
    }),
    refused(
        "no issuer of the identity",
        "certificate-identity",
        |stage, wrong| certified(stage, wrong, CertificateDefect::NoIssuer),
    ),
    refused("no log entry", "log-missing", |stage, wrong| {
        keyless(stage, wrong, Defect::NoLogEntry)
    }),
    refused("a foreign promise", "log-promise", |stage, wrong| {
        logged(stage, wrong, EntryDefect::ForeignPromise)
    }),
    refused(
        "a promise of another time",
        "log-promise",
        |stage, wrong| logged(stage, wrong, EntryDefect::PromiseOfOtherTime),
    ),
    refused(
        "a promise of another index",
        "log-promise",
        |stage, wrong| logged(stage, wrong, EntryDefect::PromiseOfOtherIndex),
    ),
    refused("a proof of another entry", "log-proof", |stage, wrong| {
        logged(stage, wrong, EntryDefect::ProofOfAnother)
    }),
    refused("a foreign checkpoint", "log-checkpoint", |stage, wrong| {
        logged(stage, wrong, EntryDefect::ForeignCheckpoint)
    }),
    refused(
        "a checkpoint of another root",
        "log-checkpoint",
        |stage, wrong| logged(stage, wrong, EntryDefect::CheckpointOfOtherRoot),
    ),
    refused(
        "a checkpoint of another size",
        "log-checkpoint",
        |stage, wrong| logged(stage, wrong, EntryDefect::CheckpointOfOtherSize),
    ),
    refused(
        "an entry about another statement",
        "log-entry-mismatch",
        |stage, wrong| logged(stage, wrong, EntryDefect::OtherArtifact),
    ),
    refused(
        "an entry about another signature",
        "log-entry-mismatch",
        |stage, wrong| logged(stage, wrong, EntryDefect::OtherSignature),
    ),
    refused(
        "an entry of another kind",
        "log-entry-mismatch",
        |stage, wrong| logged(stage, wrong, EntryDefect::OtherKind),
    ),
    refused(
        "an entry from before the certificate",
        "certificate-expired",
        |stage, wrong| logged(stage, wrong, EntryDefect::BeforeCertificate),
    ),
    refused("an entry from the future", "log-time", |stage, wrong| {
        logged(stage, wrong, EntryDefect::InFuture)
    }),
    refused(
        "a timestamp of another signature",
        "timestamp-invalid",
        |stage, wrong| stamped(stage, wrong, TimestampDefect::OfAnother),
    ),
    refused(
        "a timestamp before the certificate",
        "certificate-expired",
        |stage, wrong| stamped(stage, wrong, TimestampDefect::BeforeCertificate),
    ),
    refused(
        "a timestamp by a foreign authority",
        "timestamp-invalid",
        |stage, wrong| half(stage, wrong, Defect::Timestamp(TimestampDefect::Foreign)),
    ),
    refused(
        "another key's entry",
        "log-entry-mismatch",
        |stage, wrong| {
            let signer = stage.by_key();
            let defect = wrong.then_some(Defect::Entry(EntryDefect::OtherKey));
            stage.ask(signed(stage, &signer, defect), stage.accept(&signer))
        },
    ),
];

#[test]
fn each_defect_around_a_large_statement_fails_by_its_own_check() {
    tell_defects(CASES);
}

#[test]
fn a_large_statement_without_a_defect_holds() {
    for signer in [stage().workflow(), stage().by_key()] {
        let bundle = signed(stage(), &signer, None);
        let ask = stage().ask(bundle, stage().accept(&signer));
        tell_good("a large statement", ask);
    }
    let signer = stage().workflow();
    for defect in [
        Defect::Certificate(CertificateDefect::StrangeIssuer),
        Defect::Certificate(CertificateDefect::ForeignPromise),
        Defect::Timestamp(TimestampDefect::Foreign),
    ] {
        let bundle = signed(stage(), &signer, Some(defect));
        let ask = judged_by_half(stage(), &signer, &bundle, false);
        tell_good("under the strangers' root, too", ask);
    }
}

fn signed(stage: &Stage, signer: &SignedBy, defect: Option<Defect>) -> Value {
    let bundle = stage
        .sandbox
        .sign_statement(STATEMENT.as_bytes(), signer, defect);
    serde_json::from_str(&bundle.unwrap()).unwrap()
}

fn keyless(stage: &Stage, wrong: bool, defect: Defect) -> Ask {
    let signer = stage.workflow();
    let bundle = signed(stage, &signer, wrong.then_some(defect));
    stage.ask(bundle, stage.accept(&signer))
}

fn half(stage: &Stage, wrong: bool, defect: Defect) -> Ask {
    let signer = stage.workflow();
    let bundle = signed(stage, &signer, Some(defect));
    judged_by_half(stage, &signer, &bundle, wrong)
}

fn certified(stage: &Stage, wrong: bool, kind: CertificateDefect) -> Ask {
    keyless(stage, wrong, Defect::Certificate(kind))
}

fn logged(stage: &Stage, wrong: bool, kind: EntryDefect) -> Ask {
    keyless(stage, wrong, Defect::Entry(kind))
}

fn stamped(stage: &Stage, wrong: bool, kind: TimestampDefect) -> Ask {
    keyless(stage, wrong, Defect::Timestamp(kind))
}
