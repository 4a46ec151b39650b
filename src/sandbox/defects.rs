//! What can be wrong with an otherwise good signature. Everything around the defect is made and signed as ever, so that
//! one check alone can find it.

use crate::model::Digest;

/// One thing that is wrong with an otherwise good signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Defect {
    /// It is about this other digest.
    OtherSubject(Digest),
    /// It names this other place of the image (legacy signatures only: the others name none).
    OtherReference(&'static str),
    /// One bit of the signature is flipped after all was signed and logged.
    BrokenSignature,
    /// There is no log entry with it.
    NoLogEntry,
    /// There is no timestamp with it (Sigstore bundles only: the legacy format has none anyway).
    NoTimestamp,
    /// The envelope is signed as something other than an in-toto statement.
    PayloadType,
    /// Of its certificate.
    Certificate(CertificateDefect),
    /// Of its log entry.
    Entry(EntryDefect),
    /// Of its timestamp.
    Timestamp(TimestampDefect),
}

/// One thing that is wrong with a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CertificateDefect {
    /// It had ended when it was used.
    Expired,
    /// It had not begun when it was used.
    NotYetValid,
    /// A stranger signed it in the name of the authority.
    ForgedIssuer,
    /// An authority issued it that only the strangers' root knows.
    StrangeIssuer,
    /// No certificate log has promised to include it.
    NoPromise,
    /// Only a stranger's certificate log has.
    ForeignPromise,
    /// The log has promised it twice: of several promises the verifier would not know which to judge.
    TwoPromises,
    /// The promise is about another certificate.
    PromiseOfAnother,
    /// It says no extended usage.
    NoUsage,
    /// It is for timestamps, not for code.
    OtherUsage,
    /// It is an authority's own.
    IsAuthority,
    /// It is for two signers.
    TwoNames,
    /// It is for two signers, each in an extension of its own.
    TwoNameLists,
    /// It is for nobody.
    NoName,
    /// It does not say who vouched for the signer.
    NoIssuer,
}

/// One thing that is wrong with a log entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EntryDefect {
    /// A stranger's log promised it.
    ForeignPromise,
    /// The promise is of another time.
    PromiseOfOtherTime,
    /// The promise is of another index.
    PromiseOfOtherIndex,
    /// The promise is of no time.
    PromiseWithoutTime,
    /// The proof is of the entry before it.
    ProofOfAnother,
    /// A stranger's log signed the checkpoint.
    ForeignCheckpoint,
    /// The log signed the checkpoint over another tree.
    CheckpointOfOtherRoot,
    /// The log signed the checkpoint over another size of the tree.
    CheckpointOfOtherSize,
    /// It is about another artifact.
    OtherArtifact,
    /// It is about another signature of the artifact by the same key.
    OtherSignature,
    /// It names another key.
    OtherKey,
    /// Its body is of another kind than it states.
    OtherKind,
    /// Its body names a key twice.
    DoubledKey,
    /// Its body is cut off.
    TruncatedBody,
    /// It was integrated before the certificate began.
    BeforeCertificate,
    /// It was integrated in five minutes from now.
    InFuture,
}

/// One thing that is wrong with a timestamp.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TimestampDefect {
    /// It is of another signature.
    OfAnother,
    /// It is of a time before the certificate began.
    BeforeCertificate,
    /// An authority made it that only the strangers' root knows.
    Foreign,
    /// An authority made it whose certificate had ended; the strangers' root knows it.
    ExpiredAuthority,
    /// An authority made it whose certificate is not for timestamps; the strangers' root knows it.
    OtherUsage,
}

impl Defect {
    pub(super) fn certificate(defect: Option<Self>) -> Option<CertificateDefect> {
        match defect {
            Some(Self::Certificate(defect)) => Some(defect),
            _ => None,
        }
    }

    pub(super) fn entry(defect: Option<Self>) -> Option<EntryDefect> {
        match defect {
            Some(Self::Entry(defect)) => Some(defect),
            _ => None,
        }
    }

    pub(super) fn timestamp(defect: Option<Self>) -> Option<TimestampDefect> {
        match defect {
            Some(Self::Timestamp(defect)) => Some(defect),
            _ => None,
        }
    }
}
