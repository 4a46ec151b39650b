//! PromQL's tokens (`promql/parser/lex.go`).

use super::duration::duration_ms;
use super::error::{ParseError, Span};
use super::text::unquote;

/// A token and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// A name or a keyword; keywords are told apart by the parser, in any case of letters.
    Word(String),
    Number(f64),
    /// Milliseconds.
    Duration(i64),
    /// A string, unquoted.
    Text(String),
    Sign(&'static str),
    End,
}

/// Longest first, so that `=~` is not `=`.
const SIGNS: [&str; 25] = [
    "==", "=~", "!=", "!~", "<=", ">=", "</", ">/", "=", "<", ">", "+", "-", "*", "/", "%", "^",
    "@", "(", ")", "{", "}", "[", "]", ",",
];

/// The tokens of an expression; the last is [`Kind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, ParseError> {
    let mut found = Vec::new();
    let mut at = 0;
    loop {
        at = skip_blank(text, at);
        let rest = text.get(at..).unwrap_or_default();
        let Some(first) = rest.chars().next() else {
            found.push(Token {
                kind: Kind::End,
                span: Span { start: at, end: at },
            });
            return Ok(found);
        };
        let (kind, length) = token(rest, first, at)?;
        let span = Span {
            start: at,
            end: at + length,
        };
        at = span.end;
        found.push(Token { kind, span });
    }
}

fn token(rest: &str, first: char, at: usize) -> Result<(Kind, usize), ParseError> {
    let second = rest.chars().nth(1);
    let is_number = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    if first.is_ascii_digit() || (first == '.' && is_number(second)) {
        return number_or_duration(rest, at);
    }
    if is_word_start(first) {
        let length = run(rest, |c| is_word_start(c) || c.is_ascii_digit());
        let word = rest.get(..length).unwrap_or_default();
        return Ok((Kind::Word(word.into()), length));
    }
    if matches!(first, '"' | '\'' | '`') {
        return unquote(rest, first, at).map(|(text, length)| (Kind::Text(text), length));
    }
    for sign in SIGNS {
        if rest.starts_with(sign) {
            return Ok((Kind::Sign(sign), sign.len()));
        }
    }
    Err(ParseError::syntax(
        Span {
            start: at,
            end: at + first.len_utf8(),
        },
        format!("unexpected character: {first:?}"),
    ))
}

/// A number (`1`, `.5`, `1e-3`, `0x1F`) or a duration (`1h30m`).
fn number_or_duration(rest: &str, at: usize) -> Result<(Kind, usize), ParseError> {
    let hex = rest.starts_with("0x") || rest.starts_with("0X");
    let mut last = ' ';
    let length = run(rest, |c| {
        let exponent_sign = !hex && matches!(c, '+' | '-') && matches!(last, 'e' | 'E');
        last = c;
        c.is_ascii_alphanumeric() || c == '_' || c == '.' || exponent_sign
    });
    let word = rest.get(..length).unwrap_or_default();
    let span = Span {
        start: at,
        end: at + length,
    };
    if word.contains('_') {
        return Err(ParseError::outside(span, "a number with _ in it"));
    }
    if let Some(ms) = duration_ms(word) {
        return Ok((Kind::Duration(ms), length));
    }
    match number(word) {
        Some(value) => Ok((Kind::Number(value), length)),
        None => Err(ParseError::syntax(
            span,
            format!("bad number or duration syntax: {word:?}"),
        )),
    }
}

/// As Go reads a number: first as an integer in any base (a leading 0 means octal), then as a float.
fn number(word: &str) -> Option<f64> {
    let integer = match word.get(..2) {
        Some("0x" | "0X") => {
            let digits = word.get(2..)?;
            let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
            // A hexadecimal float needs an exponent, which the lexer does not take.
            return i64::from_str_radix(digits, 16)
                .ok()
                .filter(|_| plain)
                .map(|value| value as f64);
        }
        Some(two) if two.starts_with('0') && word.bytes().all(|b| b.is_ascii_digit()) => {
            i64::from_str_radix(word, 8).ok()
        }
        _ if word.bytes().all(|b| b.is_ascii_digit()) => word.parse::<i64>().ok(),
        _ => None,
    };
    if let Some(integer) = integer {
        return Some(integer as f64);
    }
    decimal(word).filter(|value| value.is_finite())
}

/// Digits, point and exponent only: Rust reads names too.
fn decimal(word: &str) -> Option<f64> {
    let plain = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-');
    if !word.bytes().all(plain) {
        return None;
    }
    word.parse().ok()
}

fn skip_blank(text: &str, mut at: usize) -> usize {
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let blank = run(rest, |c| matches!(c, ' ' | '\t' | '\n' | '\r'));
        at += blank;
        let rest = text.get(at..).unwrap_or_default();
        if !rest.starts_with('#') {
            return at;
        }
        at += run(rest, |c| !matches!(c, '\n' | '\r'));
    }
}

/// Bytes of the leading characters that are taken.
fn run(text: &str, mut takes: impl FnMut(char) -> bool) -> usize {
    text.char_indices()
        .find(|(_, c)| !takes(*c))
        .map_or(text.len(), |(at, _)| at)
}

fn is_word_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || c == ':'
}
