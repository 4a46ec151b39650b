//! Percent-encoding, case, and text that is safe to show.

use super::PurlError;
use crate::model::limits;
use std::borrow::Cow;
use std::fmt;

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
    let mut rest = text;
    // In runs: hardly anything of a real name is encoded.
    while let Some(place) = rest.bytes().position(|byte| !is_plain(byte)) {
        let (run, other) = rest.split_at_checked(place).unwrap_or((rest, ""));
        f.write_str(run)?;
        let mut chars = other.chars();
        for byte in chars.next().into_iter().flat_map(utf8) {
            write!(f, "%{byte:02X}")?;
        }
        rest = chars.as_str();
    }
    f.write_str(rest)
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".-_~:".contains(&byte)
}

fn utf8(c: char) -> impl Iterator<Item = u8> {
    let mut buffer = [0; 4];
    let length = c.encode_utf8(&mut buffer).len();
    buffer.into_iter().take(length)
}

/// A document's text as it may be shown: what would break the line, steer a terminal, hide or turn the order of
/// letters around is escaped, and what is very long is cut.
pub(in crate::sbom) fn shown(text: &str) -> String {
    let is_plain = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    if text.len() <= limits::SBOM_SHOWN_CHARACTERS && text.bytes().all(is_plain) {
        return text.into();
    }
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
