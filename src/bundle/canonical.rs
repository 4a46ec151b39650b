//! RFC 8785 canonical JSON of the manifest.

use super::bounds::Bounds;
use crate::model::{Digest, Manifest};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use std::fmt;

/// Lists and objects inside each other.
const DEPTH: usize = 32;

/// Why bytes are no manifest of an evidence bundle.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// Over the limit.
    #[error("manifest.json has {found} bytes, more than {limit} (--max-manifest-bytes)")]
    TooLarge {
        /// Its size.
        found: u64,
        /// The bound.
        limit: u64,
    },
    /// Nested deeper than any manifest.
    #[error("manifest.json is nested deeper than {DEPTH} lists and objects")]
    TooDeep,
    /// More items than are judged.
    #[error("manifest.json has {found} items, more than {limit} (--max-items)")]
    Items {
        /// How many.
        found: usize,
        /// The bound.
        limit: usize,
    },
    /// More files than are read.
    #[error("manifest.json lists {found} files, more than {limit} (--max-members)")]
    Files {
        /// How many.
        found: usize,
        /// The bound.
        limit: usize,
    },
    /// Not the JSON of a manifest.
    #[error("manifest.json is not a manifest")]
    Json(#[source] serde_json::Error),
    /// Of another version.
    #[error("manifest.json has version {found}, this reads version 1")]
    Version {
        /// What it says.
        found: u32,
    },
    /// Not in canonical form, so that two readers could see two things (doubled keys, for one).
    #[error("manifest.json is not canonical JSON (RFC 8785)")]
    NotCanonical,
}

impl ManifestError {
    /// The last part of the finding's code, `EV-manifest-…`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "size",
            Self::TooDeep => "depth",
            Self::Items { .. } => "items",
            Self::Files { .. } => "files",
            Self::Json(_) => "json",
            Self::Version { .. } => "version",
            Self::NotCanonical => "canonical",
        }
    }
}

/// The canonical bytes of a manifest.
///
/// # Errors
/// When it holds a number that JSON does not have.
pub fn to_bytes(manifest: &Manifest) -> Result<Vec<u8>, serde_json::Error> {
    serde_json_canonicalizer::to_vec(manifest)
}

/// Parses a manifest within the default bounds and demands that its bytes are the canonical ones.
///
/// # Errors
/// When the bytes are over a bound, no manifest, of another version, or not canonical.
pub fn parse(bytes: &[u8]) -> Result<Manifest, ManifestError> {
    parse_within(bytes, &Bounds::DEFAULT)
}

/// The same within these bounds. What is over one is refused before memory is taken for it.
///
/// # Errors
/// When the bytes are over a bound, no manifest, of another version, or not canonical.
pub fn parse_within(bytes: &[u8], bounds: &Bounds) -> Result<Manifest, ManifestError> {
    let found = bytes.len() as u64;
    if found > bounds.manifest_bytes {
        let limit = bounds.manifest_bytes;
        return Err(ManifestError::TooLarge { found, limit });
    }
    if depth(bytes) > DEPTH {
        return Err(ManifestError::TooDeep);
    }
    let counts: Counts = serde_json::from_slice(bytes).map_err(ManifestError::Json)?;
    let (items, files) = (counts.items.0, counts.files.0);
    if items > bounds.items {
        let limit = bounds.items;
        return Err(ManifestError::Items {
            found: items,
            limit,
        });
    }
    if files > bounds.members {
        let limit = bounds.members;
        return Err(ManifestError::Files {
            found: files,
            limit,
        });
    }
    let manifest: Manifest = serde_json::from_slice(bytes).map_err(ManifestError::Json)?;
    if manifest.version != 1 {
        return Err(ManifestError::Version {
            found: manifest.version,
        });
    }
    let canonical = to_bytes(&manifest).map_err(ManifestError::Json)?;
    if Digest::of(&canonical) != Digest::of(bytes) {
        return Err(ManifestError::NotCanonical);
    }
    Ok(manifest)
}

/// How deep brackets are nested outside of texts.
fn depth(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    let (mut in_text, mut escaped) = (false, false);
    for byte in bytes {
        match (in_text, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_text = !in_text,
            (false, b'[' | b'{') => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            (false, b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// How much a manifest holds, counted without keeping any of it.
#[derive(Deserialize)]
struct Counts {
    #[serde(default)]
    items: Count,
    #[serde(default)]
    files: Count,
}

#[derive(Default)]
struct Count(usize);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Counter;
        impl<'de> Visitor<'de> for Counter {
            type Value = Count;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Count, A::Error> {
                let mut count = 0;
                while list.next_element::<IgnoredAny>()?.is_some() {
                    count += 1;
                }
                Ok(Count(count))
            }
        }
        deserializer.deserialize_seq(Counter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_of_a_million_items_is_refused_by_their_number() {
        let many = format!("{{\"items\":[{}0]}}", "0,".repeat(999_999));

        let error = parse(many.as_bytes()).unwrap_err();

        assert!(
            matches!(
                error,
                ManifestError::Items {
                    found: 1_000_000,
                    ..
                }
            ),
            "{error}"
        );
        let files = many.replace("items", "files");
        let error = parse(files.as_bytes()).unwrap_err();
        assert!(matches!(error, ManifestError::Files { .. }), "{error}");
    }

    #[test]
    fn brackets_count_where_they_nest_and_not_in_texts() {
        let deep = format!("{}{}", "[".repeat(33), "]".repeat(33));
        assert!(matches!(
            parse(deep.as_bytes()),
            Err(ManifestError::TooDeep)
        ));
        let flat = format!("[\"{}\\\"[\"]", "[".repeat(99));
        assert!(matches!(
            parse(flat.as_bytes()),
            Err(ManifestError::Json(_))
        ));
        let wide = format!("[{}[]]", "[],".repeat(99));
        assert!(matches!(
            parse(wide.as_bytes()),
            Err(ManifestError::Json(_))
        ));
    }
}
