//! `ARG` before the first `FROM`, and what becomes of `$NAME` in an image's name.

use super::lines::Word;
use std::collections::BTreeMap;

/// Longest text that defaults are filled into: an argument may hold others, which hold others.
const MAX_BYTES: usize = 4_096;

/// Arguments and their defaults.
#[derive(Default)]
pub(super) struct Arguments {
    /// Each with its default as it stands in the file, and as it is with earlier ones filled in; none without a default.
    known: BTreeMap<String, Option<Assigned>>,
}

#[derive(Clone)]
struct Assigned {
    written: Word,
    value: Option<String>,
    /// Whether it is written without any argument in it.
    plain: bool,
}

/// What becomes of a text with arguments in it.
pub(super) enum Expanded {
    /// There are none.
    Plain,
    /// It is one argument and nothing else, whose default is written out.
    Whole {
        /// The default.
        value: String,
        /// Where it stands.
        default: Word,
    },
    /// Arguments are parts of it, all with a default.
    Parts {
        /// With the defaults.
        value: String,
    },
    /// An argument without default, or a form that is not read.
    Unknown,
}

impl Arguments {
    /// Takes the words of an `ARG`.
    pub(super) fn declare(&mut self, words: &[Word]) {
        for word in words {
            let (name, default) = match word.text.find('=') {
                None => (word.text.clone(), None),
                Some(at) => {
                    let written = word.part(at + 1..word.text.len()).unquoted();
                    let default = Assigned {
                        value: self.filled(&written.text),
                        plain: !written.text.contains('$'),
                        written,
                    };
                    (
                        word.text.get(..at).unwrap_or_default().into(),
                        Some(default),
                    )
                }
            };
            self.known.insert(name, default);
        }
    }

    /// Fills defaults in.
    pub(super) fn expand(&self, text: &str) -> Expanded {
        if !text.contains('$') {
            return Expanded::Plain;
        }
        let whole = text
            .strip_prefix("${")
            .and_then(|rest| rest.strip_suffix('}'))
            .or_else(|| text.strip_prefix('$'));
        if let Some(Some(default)) = whole.and_then(|name| self.known.get(name))
            && default.plain
            && !default.written.text.is_empty()
        {
            return Expanded::Whole {
                value: default.written.text.clone(),
                default: default.written.clone(),
            };
        }
        match self.filled(text) {
            Some(value) if !value.is_empty() => Expanded::Parts { value },
            _ => Expanded::Unknown,
        }
    }

    /// The text with all arguments replaced; none when one has no default.
    fn filled(&self, text: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(rest.get(..at)?);
            let after = rest.get(at + 1..)?;
            let (value, left) = if let Some(braced) = after.strip_prefix('{') {
                let (inner, left) = braced.split_once('}')?;
                (self.braced(inner)?, left)
            } else {
                let len = name_length(after);
                (self.value(after.get(..len)?)?, after.get(len..)?)
            };
            out.push_str(&value);
            if out.len() > MAX_BYTES {
                return None;
            }
            rest = left;
        }
        out.push_str(rest);
        (out.len() <= MAX_BYTES).then_some(out)
    }

    /// `NAME`, `NAME-default`, `NAME:-default`.
    fn braced(&self, inner: &str) -> Option<String> {
        let len = name_length(inner);
        let value = self.value(inner.get(..len)?);
        match inner.get(len..)? {
            "" => value,
            rest => {
                let (default, even_empty) = match rest.strip_prefix(":-") {
                    Some(default) => (default, true),
                    None => (rest.strip_prefix('-')?, false),
                };
                match value {
                    Some(value) if !(even_empty && value.is_empty()) => Some(value),
                    _ if default.contains('$') => None,
                    _ => Some(default.into()),
                }
            }
        }
    }

    fn value(&self, name: &str) -> Option<String> {
        self.known.get(name)?.as_ref()?.value.clone()
    }
}

fn name_length(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(text.len())
}
