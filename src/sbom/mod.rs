//! Software bills of materials: readers of every format into one model. The bytes are kept whatever these say.

pub mod binding;
mod connect;
mod cyclonedx;
pub mod document;
pub mod drift;
mod error;
pub mod licenses;
mod probe;
pub mod purl;
pub mod quality;
#[cfg(test)]
mod sample;
pub mod shown;
mod spdx2;
mod spdx3;
pub mod statement;
pub mod strict;
#[cfg(test)]
mod tests;
pub(crate) mod text;
pub mod unverified;
pub mod version_order;

pub use document::Sbom;
pub use error::SbomError;
pub use statement::{EmbeddedSbom, format_of, from_statement};
pub use strict::strict_spdx;
pub use unverified::{UnverifiedSbom, parse_any};

use crate::model::limits;
use probe::Kind;

/// Reads SPDX 2.2 or 2.3 (JSON, tag-value), SPDX 3.0 (JSON-LD) or CycloneDX 1.4 to 1.7 (JSON, XML).
///
/// Fields that are not read are passed over whatever is in them; `null` is as if it were not there.
///
/// # Errors
/// When the bytes are none of these, malformed, too large or nested too deep.
pub fn parse(bytes: &[u8]) -> Result<Sbom<'_>, SbomError> {
    let text = checked(bytes)?;
    match text.trim_start().as_bytes().first() {
        Some(b'{') => match probe::kind(text)? {
            Kind::Spdx2 => spdx2::json::parse(text),
            Kind::Spdx3 => spdx3::parse(text),
            Kind::CycloneDx => cyclonedx::json::parse(text),
        },
        Some(b'<') => cyclonedx::xml::parse(text),
        _ => spdx2::tag_value::parse(text),
    }
}

/// The text, without a byte order mark.
fn checked(bytes: &[u8]) -> Result<&str, SbomError> {
    let found = bytes.len() as u64;
    if found > limits::ATTESTATION_BYTES {
        return Err(SbomError::TooLarge { found });
    }
    let text = std::str::from_utf8(bytes)?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}
