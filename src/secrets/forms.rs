//! The forms in which a text travels: as it is, escaped, URL-encoded, in base64.

use crate::model::limits::SECRET_BYTES;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Shorter texts than this, and shorter forms, occur by chance.
pub(super) const SHORTEST: usize = 6;

/// Each form in which the secret may stand somewhere, each once; none of a text that occurs by chance.
pub(super) fn forms(secret: &str) -> BTreeSet<Vec<u8>> {
    let secret = beginning(secret);
    if secret.len() < SHORTEST {
        return BTreeSet::new();
    }
    let mut found: BTreeSet<Vec<u8>> = BTreeSet::new();
    found.insert(secret.as_bytes().into());
    found.extend(escaped(secret));
    found.extend(url_encoded(secret));
    for text in in_base64(secret.as_bytes()) {
        // Base64 is put into URLs and into JSON, too.
        found.extend(escaped(&text));
        found.extend(url_encoded(&text));
        found.insert(text.into());
    }
    found.retain(|form| form.len() >= SHORTEST);
    found
}

/// No more of it than is searched for, whole characters.
fn beginning(secret: &str) -> &str {
    let mut end = secret.len().min(SECRET_BYTES);
    while !secret.is_char_boundary(end) {
        end -= 1;
    }
    secret.get(..end).unwrap_or_default()
}

/// As texts of JSON: as serde writes it, as Go does (`<`, `>` and `&` in hexadecimal), with `\/`, and all in ASCII.
fn escaped(text: &str) -> [Vec<u8>; 4] {
    let plain = serde_json::to_string(text).unwrap_or_default();
    let plain = plain
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or_default();
    let go = plain
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026");
    let mut ascii = String::new();
    for character in plain.chars() {
        if character.is_ascii() {
            ascii.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a String cannot fail.
            let _ = write!(ascii, "\\u{unit:04x}");
        }
    }
    [
        plain.as_bytes().into(),
        go.into_bytes(),
        plain.replace('/', "\\/").into_bytes(),
        ascii.into_bytes(),
    ]
}

/// What encoders leave as it is, besides letters and digits.
const LEFT: [&[u8]; 7] = [
    b"",
    // RFC 3986, unreserved; Go, Python, curl.
    b"-._~",
    // application/x-www-form-urlencoded: browsers' forms, Java.
    b"-._*",
    // encodeURIComponent of JavaScript.
    b"-._~!*'()",
    // Python's quote.
    b"-._~/",
    // RFC 3986, userinfo and path.
    b"-._~!$&'()*+,;=",
    b"-._~!$&'()*+,;=:@/",
];

/// By each encoder, in capital and small hexadecimal, with `%20` and with `+` for a blank.
fn url_encoded(text: &str) -> BTreeSet<Vec<u8>> {
    let mut found = BTreeSet::new();
    for left in LEFT {
        for small in [false, true] {
            let encoded = encoded(text, left, small);
            found.insert(encoded.replace("%20", "+").into_bytes());
            found.insert(encoded.into_bytes());
        }
    }
    for small in [false, true] {
        let all = text.bytes().map(|byte| match small {
            true => format!("%{byte:02x}"),
            false => format!("%{byte:02X}"),
        });
        // Some encode letters, too.
        found.insert(all.collect::<String>().into_bytes());
    }
    found
}

fn encoded(text: &str, left: &[u8], small: bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        // Writing to a String cannot fail.
        let _ = match byte {
            _ if byte.is_ascii_alphanumeric() || left.contains(&byte) => {
                encoded.push(byte.into());
                Ok(())
            }
            _ if small => write!(encoded, "%{byte:02x}"),
            _ => write!(encoded, "%{byte:02X}"),
        };
    }
    encoded
}

/// The characters of base64 that depend on these bytes alone, wherever they begin in what is encoded: at a multiple of
/// three bytes, one behind, two behind; in both alphabets. Padding and neighbours change no character of them.
fn in_base64(bytes: &[u8]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for before in 0..3 {
        let padded = [vec![0; before].as_slice(), bytes].concat();
        let first = (before * 8).div_ceil(6);
        let end = padded.len() * 8 / 6;
        for text in [
            STANDARD_NO_PAD.encode(&padded),
            URL_SAFE_NO_PAD.encode(&padded),
        ] {
            found.extend(text.get(first..end).map(str::to_owned));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use proptest::prelude::*;

    fn stands_in(secret: &str, text: &[u8]) -> bool {
        forms(secret)
            .iter()
            .any(|form| text.windows(form.len()).any(|part| part == form))
    }

    #[test]
    fn a_secret_is_found_in_base64_wherever_it_begins_and_whatever_follows() {
        proptest!(|(before in proptest::collection::vec(any::<u8>(), 0..7), after in proptest::collection::vec(any::<u8>(), 0..7), secret in "[ -~]{6,20}")| {
            let whole = [before.as_slice(), secret.as_bytes(), &after].concat();
            prop_assert!(stands_in(&secret, STANDARD.encode(&whole).as_bytes()));
            prop_assert!(stands_in(&secret, URL_SAFE.encode(&whole).as_bytes()));
            prop_assert!(stands_in(&secret, URL_SAFE_NO_PAD.encode(&whole).as_bytes()));
        });
    }

    #[test]
    fn a_secret_is_found_however_it_is_escaped_or_encoded() {
        for text in [
            r"p w/<é&+=1",
            r"p w\/<é&+=1",
            r"p w/\u003cé\u0026+=1",
            r"p w/<\u00e9&+=1",
            "p+w%2F%3C%C3%A9%26%2B%3D1",
            "p%20w%2f%3c%c3%a9%26%2b%3d1",
            "p%20w/%3C%C3%A9%26%2B%3D1",
            "p%20w/%3C%C3%A9&+=1",
            "%70%20%77%2f%3c%c3%a9%26%2b%3d%31",
        ] {
            assert!(stands_in("p w/<é&+=1", text.as_bytes()), "{text}");
        }
        assert!(!stands_in("p w/<é&+=1", b"p w/<\xc3\xa9&+=2"));
    }

    #[test]
    fn what_occurs_by_chance_is_not_searched_for_and_of_what_is_long_the_beginning() {
        assert!(forms("12345").is_empty());
        let long = "é".repeat(SECRET_BYTES);
        assert!(stands_in(&long, long.as_bytes()));
        assert!(!stands_in(&long, &long.as_bytes()[..SECRET_BYTES - 2]));
    }

    #[test]
    fn a_plain_token_has_few_forms() {
        // As it is and in hexadecimal, by itself and in base64.
        assert!(forms("abcDEF123456").len() <= 3 * (1 + 6));
    }
}
