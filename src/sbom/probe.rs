//! Which format a JSON document is of: by the first key that only one of them has.

use super::error::SbomError;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::fmt;

/// A format as JSON.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// SPDX 2.
    Spdx2,
    /// SPDX 3.
    Spdx3,
    /// CycloneDX.
    CycloneDx,
}

#[derive(Deserialize)]
#[serde(field_identifier)]
enum Key {
    #[serde(rename = "spdxVersion", alias = "SPDXID", alias = "documentNamespace")]
    Spdx2,
    #[serde(rename = "@context", alias = "@graph")]
    Spdx3,
    #[serde(rename = "bomFormat")]
    CycloneDx,
    #[serde(other)]
    Other,
}

/// Reads no further than to that key, which producers write first.
pub(super) fn kind(text: &str) -> Result<Kind, SbomError> {
    let mut found = None;
    let read = Probe(&mut found).deserialize(&mut serde_json::Deserializer::from_str(text));
    match (found, read) {
        // The reader complains about the rest, which it has not seen.
        (Some(kind), _) => Ok(kind),
        (None, Ok(())) => Err(SbomError::Unknown),
        (None, Err(error)) => Err(error.into()),
    }
}

struct Probe<'s>(&'s mut Option<Kind>);

impl<'de> DeserializeSeed<'de> for Probe<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Probe<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Key>()? {
            *self.0 = match key {
                Key::Spdx2 => Some(Kind::Spdx2),
                Key::Spdx3 => Some(Kind::Spdx3),
                Key::CycloneDx => Some(Kind::CycloneDx),
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            return Ok(());
        }
        Ok(())
    }
}
