//! What the readers of JSON share: bounded lists, borrowed text, and the checks before anything is parsed.

use super::ScanError;
use crate::model::limits;
use crate::sbom::document::Text;
pub(super) use crate::sbom::text::Str;
use crate::sbom::text::{Each, Gather, UpTo};
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// The text, unless there is none or nothing in it.
pub(super) fn text(found: Option<Str<'_>>) -> Option<Text<'_>> {
    found
        .map(|found| found.0)
        .filter(|text| !text.trim().is_empty())
}

/// A list of which at most `N` entries are kept; `null` is an empty one, and is passed over inside of one.
#[derive(Debug, Deserialize)]
#[serde(transparent, bound(deserialize = "T: Deserialize<'de>"))]
pub(super) struct List<T, const N: usize>(Each<UpTo<T, N>>);

impl<T, const N: usize> Default for List<T, N> {
    fn default() -> Self {
        Self(Each {
            of: UpTo::default(),
            left_out: 0,
        })
    }
}

impl<T, const N: usize> List<T, N> {
    /// The entries.
    ///
    /// # Errors
    /// When there are more than `N`.
    pub(super) fn all(self, what: &'static str) -> Result<Vec<T>, ScanError> {
        match self.0.left_out {
            0 => Ok(self.0.of.0),
            more => Err(ScanError::TooMany {
                what,
                found: N.saturating_add(more),
                most: N,
            }),
        }
    }
}

impl<'a, const N: usize> List<Str<'a>, N> {
    /// The texts, without the empty ones.
    ///
    /// # Errors
    /// When there are more than `N`.
    pub(super) fn texts(self, what: &'static str) -> Result<Vec<Text<'a>>, ScanError> {
        let all = self.all(what)?;
        Ok(all.into_iter().filter_map(|one| text(Some(one))).collect())
    }
}

/// The values of an object whose keys do not matter, at most `N`; `null` has none.
pub(super) struct Values<T, const N: usize>(pub(super) List<T, N>);

impl<T, const N: usize> Default for Values<T, N> {
    fn default() -> Self {
        Self(List::default())
    }
}

impl<'de, T: Deserialize<'de>, const N: usize> Deserialize<'de> for Values<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValuesVisitor<T, const N: usize>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>, const N: usize> Visitor<'de> for ValuesVisitor<T, N> {
            type Value = Values<T, N>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Values::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut list = List::default();
                while map.next_key::<IgnoredAny>()?.is_some() {
                    if list.0.of.is_full() {
                        map.next_value::<IgnoredAny>()?;
                        list.0.left_out += 1;
                    } else {
                        list.0.of.add(map.next_value()?);
                    }
                }
                Ok(Values(list))
            }
        }
        deserializer.deserialize_any(ValuesVisitor(PhantomData))
    }
}

/// Size, encoding, depth and number of entries, before anything is parsed.
///
/// Counted over the whole document, since lists inside of lists multiply.
pub(super) fn checked(bytes: &[u8]) -> Result<&str, ScanError> {
    let found = bytes.len() as u64;
    if found > limits::SCAN_BYTES {
        return Err(ScanError::TooLarge { found });
    }
    let text = std::str::from_utf8(bytes)?;
    // Written by tools on Windows.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let shape = Shape::of(text);
    if shape.depth > limits::SCAN_DEPTH {
        return Err(ScanError::TooDeep);
    }
    for (what, found, most) in [
        ("objects", shape.objects, limits::SCAN_OBJECTS),
        ("values", shape.commas, limits::SCAN_VALUES),
    ] {
        if found > most {
            return Err(ScanError::TooMany { what, found, most });
        }
    }
    Ok(text)
}

/// How deep JSON is nested and how many entries it has; what stands inside of strings does not count.
#[derive(Debug, Default, Eq, PartialEq)]
struct Shape {
    depth: usize,
    objects: usize,
    commas: usize,
}

impl Shape {
    fn of(text: &str) -> Self {
        let mut shape = Self::default();
        let mut depth: usize = 0;
        let mut bytes = text.bytes();
        while let Some(byte) = bytes.next() {
            match byte {
                b'{' | b'[' => {
                    shape.objects += usize::from(byte == b'{');
                    depth += 1;
                    shape.depth = shape.depth.max(depth);
                }
                b'}' | b']' => depth = depth.saturating_sub(1),
                b',' => shape.commas += 1,
                b'"' => {
                    while let Some(byte) = bytes.next() {
                        match byte {
                            b'\\' => _ = bytes.next(),
                            b'"' => break,
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        shape
    }
}

/// At most 200 characters of a text, for messages.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_keeps_what_it_may_and_counts_the_rest() {
        let list: List<u8, 2> = serde_json::from_str("[1,2,3,{}]").unwrap();

        assert_eq!(
            (list.0.of.0.as_slice(), list.0.left_out),
            ([1, 2].as_slice(), 2)
        );
        assert!(matches!(
            list.all("numbers"),
            Err(ScanError::TooMany { found: 4, .. })
        ));
    }

    #[test]
    fn null_is_an_empty_list_and_another_type_is_none() {
        let null: List<u8, 2> = serde_json::from_str("null").unwrap();

        assert!(null.all("numbers").unwrap().is_empty());
        assert!(serde_json::from_str::<List<u8, 2>>("{}").is_err());
    }

    #[test]
    fn what_stands_in_strings_has_no_shape() {
        let shape = |depth, objects, commas| Shape {
            depth,
            objects,
            commas,
        };

        assert_eq!(Shape::of(r#"{"a":"[[[[,\"[[{["}"#), shape(1, 1, 0));
        assert_eq!(Shape::of(r#"[{"a":[],"b":1}]"#), shape(3, 1, 1));
    }
}
