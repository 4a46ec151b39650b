//! Percent-encoding, case, and text that is safe to show.

use super::PurlError;
use crate::model::limits;
use std::borrow::Cow;
use std::fmt::{self, Write};

/// Percent-decoded; a `%` without two hexadecimal digits stands for itself.
pub(crate) fn decoded(text: &str) -> Result<Cow<'_, str>, PurlError> {
    if !text.contains('%') {
        return Ok(Cow::Borrowed(text));
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let (byte, tail) = match (first, tail) {
            (b'%', [high, low, tail @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, tail),
                _ => (first, rest.get(1..).unwrap_or_default()),
            },
            _ => (first, tail),
        };
        out.push(byte);
        rest = tail;
    }
    match String::from_utf8(out) {
        Ok(text) => Ok(Cow::Owned(text)),
        Err(_) => Err(PurlError::Encoding),
    }
}

fn hex(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

/// In lower case.
pub(super) fn lower(text: Cow<'_, str>) -> Cow<'_, str> {
    let is_lower = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    match text.bytes().all(is_lower) {
        true => text,
        false => Cow::Owned(text.to_lowercase()),
    }
}

/// Percent-encodes as package URLs do (purl specification, "Character encoding"); `/` too.
pub(super) fn encode(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    for byte in text.bytes() {
        match byte.is_ascii_alphanumeric() || b".-_~:".contains(&byte) {
            true => f.write_char(char::from(byte))?,
            false => write!(f, "%{byte:02X}")?,
        }
    }
    Ok(())
}

/// A document's text as it may be shown: what would break the line, steer a terminal, hide or turn the order of
/// letters around is escaped, and what is very long is cut.
pub(in crate::sbom) fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(limits::SBOM_SHOWN_CHARACTERS));
    for (count, c) in text.chars().enumerate() {
        if count == limits::SBOM_SHOWN_CHARACTERS {
            out.push('…');
            break;
        }
        match is_hidden(c) {
            true => out.extend(c.escape_unicode()),
            false => out.push(c),
        }
    }
    out
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
