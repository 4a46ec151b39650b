//! Where values stand in a JSON document: byte spans, so that one can be replaced and all other bytes stay as they are.

use super::pointer::{Pattern, escaped};
use crate::model::limits::REDACT_DEPTH;
use serde::de::IgnoredAny;
use std::ops::Range;

/// A value that a pattern selects.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Selected {
    /// Which of the patterns.
    pub(super) pattern: usize,
    /// RFC 6901 pointer to it.
    pub(super) pointer: String,
    /// Its bytes.
    pub(super) span: Range<usize>,
}

/// The values that patterns select, in the order of the text. Of a key that stands twice, both.
///
/// # Errors
/// In words, when the bytes are no JSON document, or one that is nested too deeply.
pub(super) fn select(bytes: &[u8], patterns: &[&Pattern]) -> Result<Vec<Selected>, String> {
    check(bytes)?;
    let mut found = Vec::new();
    let active: Vec<(usize, &Pattern)> = patterns.iter().copied().enumerate().collect();
    let mut lexer = Lexer { bytes, at: 0 };
    lexer.space();
    let start = lexer.at;
    let end = Lexer { bytes, at: start }.skipped();
    for (pattern, one) in &active {
        if one.len() == 0 {
            found.push(Selected {
                pattern: *pattern,
                pointer: String::new(),
                span: start..end,
            });
        }
    }
    let mut walk = Walk {
        lexer,
        path: Vec::new(),
        found,
    };
    walk.inside(&active)?;
    Ok(walk.found)
}

/// RFC 6901 pointer to the innermost value that holds the byte at `offset`; none where the bytes are no JSON document.
pub fn pointer_at(bytes: &[u8], offset: usize) -> Option<String> {
    check(bytes).ok()?;
    let mut lexer = Lexer { bytes, at: 0 };
    let mut pointer = String::new();
    for _ in 0..REDACT_DEPTH {
        lexer.space();
        let mut inner = None;
        lexer
            .children(&mut |key, span| {
                if span.contains(&offset) {
                    inner = Some((key, span.start));
                }
                Ok(())
            })
            .ok()?;
        let Some((key, start)) = inner else { break };
        pointer.push('/');
        pointer.push_str(&escaped(&key));
        lexer.at = start;
    }
    Some(pointer)
}

fn check(bytes: &[u8]) -> Result<(), String> {
    std::str::from_utf8(bytes).map_err(|_| "it is no UTF-8".to_owned())?;
    serde_json::from_slice::<IgnoredAny>(bytes)
        .map(drop)
        // The text around the place may be the secret: only the place is said.
        .map_err(|error| format!("no JSON at line {}", error.line()))
}

struct Walk<'a> {
    lexer: Lexer<'a>,
    path: Vec<String>,
    found: Vec<Selected>,
}

impl<'a> Walk<'a> {
    /// Looks into the value at hand, with the patterns that its own path fits so far.
    fn inside(&mut self, active: &[(usize, &Pattern)]) -> Result<(), String> {
        let depth = self.path.len();
        if depth >= REDACT_DEPTH {
            return Err(format!("it is nested more than {REDACT_DEPTH} deep"));
        }
        let mut children = Vec::new();
        self.lexer.children(&mut |key, span| {
            let next: Vec<(usize, &Pattern)> = (active.iter())
                .filter(|(_, pattern)| pattern.fits(depth, &key))
                .copied()
                .collect();
            if !next.is_empty() {
                children.push((key, span, next));
            }
            Ok(())
        })?;
        for (key, span, next) in children {
            self.path.push(key);
            let ends = next.iter().filter(|(_, one)| one.len() == depth + 1);
            for (pattern, _) in ends {
                let pointer = self.path.iter().map(|part| format!("/{}", escaped(part)));
                self.found.push(Selected {
                    pattern: *pattern,
                    pointer: pointer.collect(),
                    span: span.clone(),
                });
            }
            let further: Vec<_> = (next.into_iter())
                .filter(|(_, one)| one.len() > depth + 1)
                .collect();
            if !further.is_empty() {
                self.lexer.at = span.start;
                self.inside(&further)?;
            }
            self.path.pop();
        }
        Ok(())
    }
}

/// Reads text that is known to be JSON.
struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Lexer<'_> {
    /// Says each member or element of the value at hand: its key or index, and its span. None of a value without any.
    fn children(
        &mut self,
        say: &mut impl FnMut(String, Range<usize>) -> Result<(), String>,
    ) -> Result<(), String> {
        let is_object = match self.peek() {
            Some(b'{') => true,
            Some(b'[') => false,
            _ => return Ok(()),
        };
        self.at += 1;
        for index in 0_usize.. {
            self.space();
            match self.peek() {
                Some(b'}' | b']') | None => break,
                Some(b',') => {
                    self.at += 1;
                    self.space();
                }
                Some(_) => {}
            }
            let key = match is_object {
                true => self.key()?,
                false => index.to_string(),
            };
            let start = self.at;
            self.skip();
            if self.at == start {
                return Err("no JSON".into());
            }
            say(key, start..self.at)?;
        }
        self.at += 1;
        Ok(())
    }

    /// The key, and on to its value.
    fn key(&mut self) -> Result<String, String> {
        let start = self.at;
        self.skip();
        let raw = self.bytes.get(start..self.at).unwrap_or_default();
        let key = serde_json::from_slice(raw).map_err(|_| "a key is no text".to_owned())?;
        self.space();
        self.at += 1;
        self.space();
        Ok(key)
    }

    fn skipped(mut self) -> usize {
        self.skip();
        self.at
    }

    /// Goes behind the value at hand.
    fn skip(&mut self) {
        let mut open = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => self.skip_text(),
                b'{' | b'[' => {
                    open += 1;
                    self.at += 1;
                    continue;
                }
                b'}' | b']' if open == 0 => return,
                b'}' | b']' => {
                    open -= 1;
                    self.at += 1;
                }
                b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' if open == 0 => return,
                b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' => {
                    self.at += 1;
                    continue;
                }
                _ => {
                    let rest = self.bytes.get(self.at..).unwrap_or_default();
                    let ends = |byte: &u8| b",:}] \t\n\r".contains(byte);
                    self.at += rest.iter().position(ends).unwrap_or(rest.len());
                }
            }
            if open == 0 {
                return;
            }
        }
    }

    fn skip_text(&mut self) {
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += match byte {
                b'\\' => 2,
                _ => 1,
            };
            if byte == b'"' {
                return;
            }
        }
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(text: &str, pattern: &str) -> Vec<(String, String)> {
        let pattern = Pattern::parse(pattern).unwrap();
        let selected = select(text.as_bytes(), &[&pattern]).unwrap();
        (selected.into_iter())
            .map(|one| (one.pointer, text[one.span].to_owned()))
            .collect()
    }

    fn pair(pointer: &str, value: &str) -> (String, String) {
        (pointer.into(), value.into())
    }

    #[test]
    fn values_are_found_by_key_index_and_star_with_their_own_bytes() {
        let text = r#" { "a" : [ {"b": "x\"}]"} , {"b":[1 , 2]}, 3 ], "c~/": null, "b": -1.5e3 } "#;

        assert_eq!(
            found(text, "/a/*/b"),
            [pair("/a/0/b", r#""x\"}]""#), pair("/a/1/b", "[1 , 2]")]
        );
        assert_eq!(found(text, "/a/2"), [pair("/a/2", "3")]);
        assert_eq!(found(text, "/c~0~1"), [pair("/c~0~1", "null")]);
        assert_eq!(found(text, "/b"), [pair("/b", "-1.5e3")]);
        assert_eq!(found(text, "/*").len(), 3);
        assert_eq!(found(text, "/a/02"), []);
        assert_eq!(found("[1]", ""), [pair("", "[1]")]);
    }

    #[test]
    fn a_key_that_stands_twice_or_escaped_is_found_each_time() {
        let text = r#"{"pw":1,"\u0070w":2,"pw":3}"#;

        let values: Vec<_> = (found(text, "/pw").into_iter())
            .map(|(_, value)| value)
            .collect();

        assert_eq!(values, ["1", "2", "3"]);
    }

    #[test]
    fn what_is_no_json_or_too_deep_is_refused_without_its_text() {
        let any = Pattern::parse(&"/0".repeat(500)).unwrap();
        let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));

        assert!(
            select(deep.as_bytes(), &[&any])
                .unwrap_err()
                .contains("deep")
        );
        for text in [
            "{\"secret\": s3cr3t}",
            "",
            "[1] [2]",
            "{\"a\":1",
            "\u{feff}{}",
        ] {
            let said = select(text.as_bytes(), &[&any]).unwrap_err();
            assert!(said.starts_with("no JSON at line"), "{text}: {said}");
        }
        assert!(select(b"\"\xff\"", &[&any]).is_err());
    }

    #[test]
    fn a_place_has_the_pointer_of_its_innermost_value() {
        let text = r#"{"items":[{"data":{"p/w":"here"}}]}"#;

        let at = text.find("here").unwrap();

        assert_eq!(
            pointer_at(text.as_bytes(), at).as_deref(),
            Some("/items/0/data/p~1w")
        );
        assert_eq!(pointer_at(text.as_bytes(), 0).as_deref(), Some(""));
        assert_eq!(pointer_at(b"no", 0), None);
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            "\\PC{0,8}".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
                proptest::collection::btree_map("[a-c~/\"*]{0,2}", inner, 0..5)
                    .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
            ]
        })
    }

    #[test]
    fn every_value_is_found_under_the_pointer_that_serde_json_knows_it_by() {
        proptest!(|(value in json(), pretty: bool)| {
            let text = match pretty {
                true => serde_json::to_vec_pretty(&value).unwrap(),
                false => serde_json::to_vec(&value).unwrap(),
            };
            for depth in 0..4 {
                let pattern = Pattern::parse(&"/*".repeat(depth)).unwrap();
                for one in select(&text, &[&pattern]).unwrap() {
                    let raw: serde_json::Value = serde_json::from_slice(&text[one.span.clone()]).unwrap();
                    prop_assert_eq!(Some(&raw), value.pointer(&one.pointer));
                }
            }
        });
    }

    #[test]
    fn selecting_is_total_whatever_the_bytes() {
        let any = Pattern::parse("/*/a/*").unwrap();
        proptest!(|(bytes in "[\\[\\]{}:,\"a1 \\\\]{0,60}")| {
            let _ = select(bytes.as_bytes(), &[&any]);
            let _ = pointer_at(bytes.as_bytes(), 3);
        });
    }
}
