//! What is wrong with a gzip stream. Each way has a code of its own.

use std::io;

/// Why a stream is no gzip of a bundle, or could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GunzipError {
    /// The source failed: says nothing about the bytes.
    #[error("the file could not be read")]
    Read(#[source] io::Error),
    /// The header of a member is none that a bundle has.
    #[error("not the gzip stream of a bundle: {0}")]
    Header(&'static str),
    /// Another extra field than a bundle's.
    #[error("a gzip member has an extra field that no bundle has")]
    Extra,
    /// The deflated data is broken.
    #[error("the deflated data of a gzip member is broken")]
    Data,
    /// The CRC is another.
    #[error("the checksum of a gzip member is wrong")]
    Checksum,
    /// The size of the plain bytes is another.
    #[error("a gzip member does not hold as many bytes as it says")]
    Size,
    /// The size of the member itself is another, so that a parallel reader would see other members than a stock one.
    #[error("a gzip member is not as long as its `IG` field says")]
    MemberSize,
    /// Members that hold nothing, one after another.
    #[error("more than 1000 empty gzip members in a row")]
    EmptyMembers,
    /// The stream ends too early.
    #[error("the file ends within {0}")]
    Cut(&'static str),
    /// Bytes after the last member that are no further one.
    #[error("there is data after the last gzip member")]
    Trailing,
    /// Over the bound on plain bytes.
    #[error("it unpacks to more than {limit} bytes (--max-plain-bytes)")]
    TooLarge {
        /// The bound in bytes.
        limit: u64,
    },
    /// Over the bound on plain bytes for each compressed one.
    #[error(
        "it unpacks to more than {limit} bytes, too many for its {packed} compressed ones (--max-ratio)"
    )]
    Ratio {
        /// The bound in bytes.
        limit: u64,
        /// Compressed bytes up to there.
        packed: u64,
    },
}

impl GunzipError {
    /// The last part of the finding's code, `EV-archive-…`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read(_) => "unreadable",
            Self::Header(_) => "gzip-header",
            Self::Extra => "gzip-extra",
            Self::Data => "gzip-data",
            Self::Checksum => "gzip-checksum",
            Self::Size => "gzip-size",
            Self::MemberSize => "gzip-member-size",
            Self::EmptyMembers => "gzip-empty",
            Self::Cut(_) => "gzip-cut",
            Self::Trailing => "gzip-trailing",
            Self::TooLarge { .. } => "plain-bytes",
            Self::Ratio { .. } => "ratio",
        }
    }
}
