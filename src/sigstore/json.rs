//! JSON that reads the same to every reader.

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

/// Keys of one object; more would cost more memory than any document is worth.
const KEYS: usize = 1 << 20;
/// Keys that are compared with each other one by one, which needs no set.
const FEW_KEYS: usize = 16;

/// Refuses a document in which an object names a key twice: one reader takes the first value, another the last.
///
/// Checks that the bytes are one JSON document, too; depth is bounded by `serde_json` (128).
pub(super) fn refuse_duplicate_keys(bytes: &[u8]) -> Result<(), serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    Unambiguous.deserialize(&mut reader)?;
    reader.end()
}

/// A value that is read and dropped; its objects have no key twice.
struct Unambiguous;

impl<'de> DeserializeSeed<'de> for Unambiguous {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unambiguous {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Unambiguous)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let mut keys = Keys::default();
        while let Some(Key(key)) = entries.next_key()? {
            entries.next_value_seed(Unambiguous)?;
            keys.add(key).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

/// A key as it stands in the document; it is copied only where an escape makes it another.
struct Key<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Cow<'de, str>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.into()))
            }
        }

        reader.deserialize_str(Text).map(Self)
    }
}

/// The keys of an object so far.
#[derive(Default)]
struct Keys<'de> {
    few: Vec<Cow<'de, str>>,
    many: HashSet<Cow<'de, str>>,
}

impl<'de> Keys<'de> {
    fn add(&mut self, key: Cow<'de, str>) -> Result<(), String> {
        if self.few.contains(&key) || self.many.contains(&key) {
            return Err(format!("the key {key:?} stands twice in one object"));
        }
        if self.few.len() < FEW_KEYS {
            self.few.push(key);
            return Ok(());
        }
        if self.many.len() >= KEYS {
            return Err(format!("more than {KEYS} keys in one object"));
        }
        self.many.insert(key);
        Ok(())
    }
}

/// A list of at most `N` items: the next is not even read.
#[derive(Debug)]
pub(super) struct AtMost<T, const N: usize>(pub(super) Vec<T>);

impl<T, const N: usize> Default for AtMost<T, N> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>, const N: usize> Deserialize<'de> for AtMost<T, N> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Items<T, const N: usize>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>, const N: usize> Visitor<'de> for Items<T, N> {
            type Value = Vec<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a list of at most {N} items")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
                let mut found = Vec::new();
                while let Some(item) = items.next_element()? {
                    if found.len() >= N {
                        return Err(A::Error::custom(format!("more than {N} items")));
                    }
                    found.push(item);
                }
                Ok(found)
            }
        }

        reader.deserialize_seq(Items::<T, N>(PhantomData)).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_stands_twice_is_refused_at_any_depth() {
        for bad in [
            r#"{"a":1,"a":1}"#,
            r#"[{"b":{"a":1,"c":2,"a":3}}]"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"a":1} {}"#,
        ] {
            assert!(refuse_duplicate_keys(bad.as_bytes()).is_err(), "{bad}");
        }

        let keys: Vec<String> = (0..40).map(|n| format!(r#""k{n}":0"#)).collect();
        let many = format!("{{{}}}", keys.join(","));
        assert!(refuse_duplicate_keys(many.as_bytes()).is_ok());
        for early in ["k3", "k17", "k39"] {
            let twice = many.replacen('{', &format!(r#"{{"{early}":0,"#), 1);
            assert!(refuse_duplicate_keys(twice.as_bytes()).is_err(), "{early}");
        }

        let good = r#"{"a":{"a":[1,-2,3.5,"x",null,true]},"b":{"a":1}}"#;
        assert!(refuse_duplicate_keys(good.as_bytes()).is_ok());
    }

    #[test]
    fn a_list_that_is_too_long_is_refused() {
        let parse = serde_json::from_str::<AtMost<u8, 2>>;

        assert_eq!(parse("[1,2]").unwrap().0, [1, 2]);
        assert!(parse("[1,2,3]").is_err());
    }
}
