//! The crates' errors as problems with stable codes.

use crate::model::Problem;
use sigstore_bundle::Error as BundleError;
use sigstore_verify::{CertificateError, Error, TimestampError, TransparencyLogError};

/// Characters of a message that may repeat what a hostile file says.
const MESSAGE_CHARS: usize = 400;

pub(super) fn problem(code: &str, message: impl std::fmt::Display) -> Problem {
    let text = message.to_string();
    Problem::new(code, text.chars().take(MESSAGE_CHARS).collect::<String>())
}

/// A problem whose message is the error's.
pub(super) fn of(error: &Error) -> Problem {
    problem(code(error), error)
}

fn code(error: &Error) -> &'static str {
    match error {
        Error::SignatureInvalid(_) => "signature-invalid",
        // The artifact itself was compared before: here it is another than the log's.
        Error::ArtifactMismatch(cause) if cause.contains("hashedrekord") => "log-entry-mismatch",
        Error::ArtifactMismatch(_) => "digest-mismatch",
        Error::Certificate(cause) => match cause {
            CertificateError::Malformed(_) => "certificate-malformed",
            // The chain is built at the signing time, so that an expired leaf shows as a chain that cannot be built.
            CertificateError::ChainInvalid(cause)
                if ["CertExpired", "CertNotValidYet"]
                    .iter()
                    .any(|word| cause.contains(word)) =>
            {
                "certificate-expired"
            }
            CertificateError::ChainInvalid(_) => "certificate-chain",
            CertificateError::NoValidAuthority { .. } => "certificate-authority-window",
            CertificateError::NotYetValid { .. } | CertificateError::Expired { .. } => {
                "certificate-expired"
            }
            CertificateError::Sct(_) => "certificate-log",
            _ => "certificate-invalid",
        },
        Error::TransparencyLog(cause) => match cause {
            TransparencyLogError::UnknownLog { .. } => "log-unknown",
            TransparencyLogError::InclusionProof(_) => "log-proof",
            TransparencyLogError::Checkpoint(_) => "log-checkpoint",
            TransparencyLogError::InclusionPromise(_) => "log-promise",
            TransparencyLogError::EntryMismatch(_) => "log-entry-mismatch",
            TransparencyLogError::IntegratedTime(_) => "log-time",
            TransparencyLogError::MalformedEntry(_) => "log-entry-malformed",
            _ => "log-invalid",
        },
        Error::Timestamp(cause) => match cause {
            // The crates leave out the authorities that have not begun; a root without any is unknown, not invalid.
            TimestampError::Invalid(cause) if cause.contains("no timestamp authorities") => {
                "timestamp-window"
            }
            TimestampError::Invalid(_) => "timestamp-invalid",
            TimestampError::OutsideAuthorityValidity { .. } => "timestamp-window",
            TimestampError::NoVerifiedTimestamp(_) => "time-missing",
            _ => "timestamp-invalid",
        },
        Error::Bundle(cause) => match cause {
            BundleError::MissingInclusionProof(_) => "log-proof-missing",
            BundleError::MissingInclusionPromise(_) => "log-promise-missing",
            BundleError::MissingSigningTimeEvidence | BundleError::MissingTimestamp => {
                "time-missing"
            }
            BundleError::MissingCheckpoint
            | BundleError::CheckpointRootMismatch
            | BundleError::LogIndexOutOfRange { .. } => "log-checkpoint",
            _ => "bundle-malformed",
        },
        Error::UnsupportedBundle(_) | Error::UnsupportedArtifact(_) => "bundle-unsupported",
        Error::Crypto(_) => "signature-invalid",
        _ => "bundle-malformed",
    }
}
