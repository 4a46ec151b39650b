//! PromQL's strings (`util/strutil/quote.go`).

use super::error::{ParseError, Span};

/// The content of the string that `rest` begins with, and the bytes that it takes with its quotes.
pub(super) fn unquote(rest: &str, quote: char, at: usize) -> Result<(String, usize), ParseError> {
    let body = rest.get(1..).unwrap_or_default();
    if quote == '`' {
        return match body.find('`') {
            Some(end) => Ok((body.get(..end).unwrap_or_default().into(), end + 2)),
            None => Err(unterminated(rest, at)),
        };
    }
    let mut bytes = Vec::new();
    let mut chars = body.char_indices();
    loop {
        let Some((offset, c)) = chars.next() else {
            return Err(unterminated(rest, at));
        };
        match c {
            '\n' => return Err(unterminated(rest, at)),
            '\\' => {
                let mut letters = chars.as_str().chars();
                let piece = escape(&mut letters, quote).ok_or_else(|| {
                    let start = at + 1 + offset;
                    let span = Span {
                        start,
                        end: start + 1,
                    };
                    ParseError::syntax(span, "unknown escape sequence")
                })?;
                let taken = chars.as_str().len() - letters.as_str().len();
                let until = offset + 1 + taken;
                bytes.extend_from_slice(&piece);
                while chars.offset() < until && chars.next().is_some() {}
            }
            c if c == quote => {
                let length = offset + 2;
                let span = Span {
                    start: at,
                    end: at + length,
                };
                return String::from_utf8(bytes)
                    .map(|text| (text, length))
                    .map_err(|_| ParseError::outside(span, "a string that is not UTF-8"));
            }
            c => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// The bytes of what follows a backslash; none when Go does not know it.
fn escape(letters: &mut std::str::Chars<'_>, quote: char) -> Option<Vec<u8>> {
    let first = letters.next()?;
    let byte = match first {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 11,
        '\\' => b'\\',
        c if c == quote => return Some(c.to_string().into_bytes()),
        '0'..='7' => {
            let rest = digits(letters, 2, 8)?;
            let value = first.to_digit(8)? * 64 + rest;
            return Some(vec![u8::try_from(value).ok()?]);
        }
        'x' => return Some(vec![u8::try_from(digits(letters, 2, 16)?).ok()?]),
        'u' | 'U' => {
            let count = if first == 'u' { 4 } else { 8 };
            let c = char::from_u32(digits(letters, count, 16)?)?;
            return Some(c.to_string().into_bytes());
        }
        _ => return None,
    };
    Some(vec![byte])
}

fn digits(letters: &mut std::str::Chars<'_>, count: u32, radix: u32) -> Option<u32> {
    (0..count).try_fold(0_u32, |value, _| {
        let digit = letters.next()?.to_digit(radix)?;
        value.checked_mul(radix)?.checked_add(digit)
    })
}

fn unterminated(rest: &str, at: usize) -> ParseError {
    let span = Span {
        start: at,
        end: at + rest.len(),
    };
    ParseError::syntax(span, "unterminated quoted string")
}

/// The text in double quotes, so that every version reads it back.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            // Go's lexer takes it for broken UTF-8.
            '\u{fffd}' => quoted.push_str("\\ufffd"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
