//! Regular expressions of selectors, as RE2 reads them.
//!
//! The servers use Go's `regexp` (RE2's syntax) anchored at both ends, and since 2.54 with a dot that takes line ends
//! too; older ones differ for label values with line ends only. Here Rust's `regex` does the work, made to mean the same:
//! `\d`, `\s`, `\w`, `\b` are of ASCII, and `[`, `&` and `~` inside a class are themselves. What Rust's does not know or
//! reads in another way (`\Q…\E`, `\C`, octal escapes, a brace that counts nothing, `--` in a class) is refused, never
//! guessed.

use crate::model::limits::PATTERN_BYTES;
use regex::{Regex, RegexBuilder};

/// A compiled regular expression.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Regex);

impl Pattern {
    /// The error says what is not read here.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        let source = format!("^(?s:{})$", translate(text)?);
        RegexBuilder::new(&source)
            .size_limit(PATTERN_BYTES)
            .build()
            .map(Self)
            .map_err(|_| format!("the regular expression {text:?}"))
    }

    pub(super) fn matches(&self, value: &str) -> bool {
        self.0.is_match(value)
    }
}

fn translate(text: &str) -> Result<String, String> {
    let refused = |what: &str| Err(format!("a regular expression with {what}"));
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    let mut class_length: Option<usize> = None;
    while let Some(c) = chars.next() {
        match (c, class_length) {
            ('\\', _) => {
                let Some(escaped) = chars.next() else {
                    return refused("a backslash at its end");
                };
                match escaped {
                    'd' => out.push_str("[0-9]"),
                    'D' => out.push_str("[^0-9]"),
                    's' => out.push_str(r"[\t\n\f\r ]"),
                    'S' => out.push_str(r"[^\t\n\f\r ]"),
                    'w' => out.push_str("[0-9A-Za-z_]"),
                    'W' => out.push_str("[^0-9A-Za-z_]"),
                    'b' | 'B' if class_length.is_none() => {
                        out.push_str(&format!(r"(?-u:\{escaped})"));
                    }
                    'Q' | 'E' | 'C' | '0'..='9' | 'u' | 'U' | '<' | '>' => {
                        return refused(&format!("\\{escaped}"));
                    }
                    other => {
                        out.push('\\');
                        out.push(other);
                    }
                }
                class_length = class_length.map(|length| length + 1);
            }
            ('[', None) => {
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                class_length = Some(0);
            }
            (']', Some(length)) if length > 0 => {
                out.push(']');
                class_length = None;
            }
            ('[', Some(length)) if chars.peek() == Some(&':') => {
                // A POSIX class up to its `:]`.
                out.push('[');
                for inner in chars.by_ref() {
                    out.push(inner);
                    if inner == ']' {
                        break;
                    }
                }
                class_length = Some(length + 1);
            }
            ('[' | ']' | '&' | '~', Some(length)) => {
                out.push('\\');
                out.push(c);
                class_length = Some(length + 1);
            }
            ('-', Some(_)) if chars.peek() == Some(&'-') => return refused("-- in a class"),
            (c, Some(length)) => {
                out.push(c);
                class_length = Some(length + 1);
            }
            ('{', None) if matches!(chars.peek(), None | Some(',' | ' ')) => {
                return refused("a brace that counts nothing");
            }
            (c, None) => out.push(c),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, value: &str) -> bool {
        Pattern::new(pattern).unwrap().matches(value)
    }

    #[test]
    fn it_is_anchored_at_both_ends_also_around_alternatives() {
        assert!(matches("a|b", "a"));
        assert!(!matches("a|b", "ab"));
        assert!(!matches("5..", "1500"));
        assert!(matches("", ""));
        assert!(matches(".*", "two\nlines"));
        assert!(!matches("a", "a\n"));
    }

    #[test]
    fn classes_are_of_ascii_and_a_bracket_in_a_class_is_itself() {
        assert!(!matches(r"\d", "\u{0661}"));
        assert!(!matches(r"\w", "\u{e9}"));
        assert!(matches(r"[\w.]+", "a.b"));
        assert!(matches("[[a]", "["));
        assert!(matches("[]a]", "]"));
        assert!(matches("[a&&b]", "&"));
        assert!(matches("[[:alpha:]-]+", "a-b"));
        assert!(matches(r"[^\d]", "x") && !matches(r"[^\d]", "7"));
    }

    #[test]
    fn what_rust_reads_otherwise_is_refused() {
        for pattern in [
            r"\Qa.b\E", r"\C", r"\101", "a{,5}", "a{", "[+--]", "(", r"a\",
        ] {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_would_need_much_memory_is_refused() {
        assert!(Pattern::new("((a{1000}){1000}){1000}").is_err());
    }
}
