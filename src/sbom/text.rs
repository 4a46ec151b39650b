//! Pieces that the JSON readers are made of: text that is borrowed, and lists that are not collected.

use super::document::Text;
use super::error::SbomError;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// Text that borrows from JSON wherever it stands there without an escape.
///
/// `Cow` inside of an `Option` or a `Vec` would be copied: serde borrows only where it is the field itself.
#[derive(Clone, Debug)]
pub(crate) struct Str<'a>(pub(crate) Text<'a>);

/// The text, unless it is missing or empty: neither says anything.
pub(super) fn filled(text: Option<Str<'_>>) -> Option<Text<'_>> {
    text.map(|text| text.0).filter(|text| !text.is_empty())
}

/// The text; empty when it is missing.
pub(super) fn plain(text: Option<Str<'_>>) -> Text<'_> {
    text.map(|text| text.0).unwrap_or_default()
}

/// The text without what stands before it; none where something else does.
pub(super) fn after<'a>(text: &Text<'a>, prefix: &str) -> Option<Text<'a>> {
    match text {
        Cow::Borrowed(text) => text.strip_prefix(prefix).map(|rest| rest.trim().into()),
        Cow::Owned(text) => {
            let rest = text.strip_prefix(prefix)?;
            Some(Cow::Owned(rest.trim().into()))
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Str<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrow;

        impl<'de> Visitor<'de> for Borrow {
            type Value = Text<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Cow::Borrowed(text))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Cow::Owned(text.into()))
            }
        }

        deserializer.deserialize_str(Borrow).map(Self)
    }
}

/// What a list is gathered into, one item after the other.
pub(crate) trait Gather<'de>: Default {
    /// An item.
    type Item: Deserialize<'de>;

    /// Takes an item.
    fn add(&mut self, item: Self::Item);

    /// Whether there is no room: the items that follow are passed over.
    fn is_full(&self) -> bool {
        false
    }
}

/// A list in JSON; `null` is an empty one, and is passed over inside of one.
#[derive(Debug, Default)]
pub(crate) struct Each<G> {
    pub(crate) of: G,
    /// Items that there was no room for.
    pub(crate) left_out: usize,
}

impl<G> Each<G> {
    pub(crate) fn is_cut(&self) -> bool {
        self.left_out > 0
    }

    /// # Errors
    /// When there were more items than are read.
    pub(super) fn checked(self, what: &'static str, limit: usize) -> Result<G, SbomError> {
        if self.is_cut() {
            return Err(SbomError::TooMany { what, limit });
        }
        Ok(self.of)
    }
}

impl<'de, G: Gather<'de>> Deserialize<'de> for Each<G> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items<G>(PhantomData<G>);

        impl<'de, G: Gather<'de>> Visitor<'de> for Items<G> {
            type Value = Each<G>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list")
            }

            fn visit_unit<E: Error>(self) -> Result<Each<G>, E> {
                Ok(Each::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Each<G>, A::Error> {
                let mut each = Each::<G>::default();
                loop {
                    if each.of.is_full() {
                        while list.next_element::<IgnoredAny>()?.is_some() {
                            each.left_out += 1;
                        }
                        return Ok(each);
                    }
                    match list.next_element::<Option<G::Item>>()? {
                        Some(Some(item)) => each.of.add(item),
                        Some(None) => {}
                        None => return Ok(each),
                    }
                }
            }
        }

        deserializer.deserialize_any(Items(PhantomData))
    }
}

/// How many items a list has.
#[derive(Debug, Default)]
pub(super) struct Count(pub(super) usize);

impl<'de> Gather<'de> for Count {
    type Item = IgnoredAny;

    fn add(&mut self, _: IgnoredAny) {
        self.0 += 1;
    }
}

/// Up to `LIMIT` items of a list.
#[derive(Debug)]
pub(crate) struct UpTo<T, const LIMIT: usize>(pub(crate) Vec<T>);

impl<T, const LIMIT: usize> Default for UpTo<T, LIMIT> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>, const LIMIT: usize> Gather<'de> for UpTo<T, LIMIT> {
    type Item = T;

    fn add(&mut self, item: T) {
        one_first(&mut self.0);
        self.0.push(item);
    }

    fn is_full(&self) -> bool {
        self.0.len() >= LIMIT
    }
}

/// Makes room for one item, as most packages have one license and one hash: a list begins with room for four.
pub(super) fn one_first<T>(list: &mut Vec<T>) {
    if list.is_empty() {
        list.reserve_exact(1);
    }
}

/// A string or an object: what JSON-LD writes for a thing that is named, or stands there itself.
#[derive(Clone, Debug, Default)]
pub(super) enum TextOr<'a, T> {
    /// `null`, or nothing.
    #[default]
    Nothing,
    /// Text.
    Text(Text<'a>),
    /// An object.
    Object(T),
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for TextOr<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = TextOr<'de, T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string or an object")
            }

            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(TextOr::Nothing)
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(TextOr::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(TextOr::Text(Cow::Owned(text.into())))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(TextOr::Object)
            }
        }

        deserializer.deserialize_any(Either(PhantomData))
    }
}

/// One text or several, as JSON-LD writes them; objects among them are passed over.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts<'a>(pub(super) Vec<Text<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Texts<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;

        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Vec<Text<'de>>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string or a list of them")
            }

            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Vec::new())
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(vec![Cow::Borrowed(text)])
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(vec![Cow::Owned(text.into())])
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                IgnoredAny.visit_map(map)?;
                Ok(Vec::new())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut texts = Vec::new();
                while let Some(item) = list.next_element::<TextOr<'de, IgnoredAny>>()? {
                    if let TextOr::Text(text) = item {
                        texts.push(text);
                    }
                }
                Ok(texts)
            }
        }

        deserializer.deserialize_any(OneOrMany).map(Self)
    }
}
