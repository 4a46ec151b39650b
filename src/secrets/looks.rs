//! A closer look at what stands around a literal.

use super::shapes::AFTER;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use regex::bytes::Regex;

/// A pattern that is compiled when it is first needed. One that does not compile, which tests rule out, finds nothing.
macro_rules! form {
    ($pattern:literal) => {{
        static FORM: std::sync::LazyLock<Option<regex::bytes::Regex>> =
            std::sync::LazyLock::new(|| regex::bytes::Regex::new($pattern).ok());
        FORM.as_ref()
    }};
}

pub(super) use form;

pub(super) fn authorization(bytes: &[u8], at: usize) -> bool {
    let form = form!(
        r#"(?i-u)^authorization(?:\\?["']?\s{0,4}[:=]\s{0,4}|\\?["']\s{0,4},\s{0,40}\\?["']value\\?["']\s{0,4}:\s{0,4})\\?["']?(bearer|token|basic)\s{1,4}([a-z0-9._~+/=-]{8,})"#
    );
    let found = form.and_then(|form| form.captures(bytes.get(at..)?));
    let found = found.and_then(|found| Some((found.get(1)?.as_bytes(), found.get(2)?.as_bytes())));
    match found {
        Some((scheme, pair)) if scheme.eq_ignore_ascii_case(b"basic") => {
            let plain = decode(&STANDARD_NO_PAD, pair.trim_ascii_end());
            let plain = plain.or_else(|| STANDARD.decode(pair).ok());
            plain.is_some_and(|plain| {
                let colon = plain.iter().position(|byte| *byte == b':');
                colon.is_some_and(|colon| plain.len() > colon + 1)
            })
        }
        Some((_, token)) => token.len() >= 16 && is_mixed(token),
        None => false,
    }
}

pub(super) fn cookie(bytes: &[u8], at: usize) -> bool {
    let form = form!(
        r#"(?i-u)^cookie\\?["']?\s{0,4}:\s{0,4}\\?["']?[a-z0-9!#$%&'*+.^_`|~-]{1,128}=([a-z0-9!#$%&'()*+./:<=>?@^_`{|}~-]{16,})"#
    );
    let before = bytes.get(..at).unwrap_or_default();
    let is_set = before
        .len()
        .checked_sub(4)
        .and_then(|start| before.get(start..))
        .is_some_and(|word| word.eq_ignore_ascii_case(b"set-"));
    let length = before.len() - if is_set { 4 } else { 0 };
    let before = before.get(..length).unwrap_or_default();
    let is_header = before
        .last()
        .is_none_or(|byte| b"\r\n\"' \t><".contains(byte));
    is_header && group(form, bytes, at).is_some_and(is_mixed)
}

pub(super) fn jwt(bytes: &[u8], at: usize) -> bool {
    let form = form!(r"^(eyJ[A-Za-z0-9_-]{8,})\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}");
    if !starts_word(bytes, at) {
        return false;
    }
    let window = bytes.get(..bytes.len().min(at + AFTER)).unwrap_or(bytes);
    let header = group(form, window, at).and_then(|header| decode(&URL_SAFE, header));
    let header = header.and_then(|json| serde_json::from_slice::<serde_json::Value>(&json).ok());
    header.is_some_and(|header| header.get("alg").is_some_and(serde_json::Value::is_string))
}

pub(super) fn private_key(bytes: &[u8], at: usize) -> bool {
    if bytes.get(at) != Some(&b'P') {
        // The beginning of one in base64, as kubeconfig files hold it.
        let form = form!(r"^LS0tLS1CRUdJTi[A-Za-z0-9+/]{64}");
        return is(form, bytes, at)
            && decode(&STANDARD_NO_PAD, part(bytes, at, 72))
                .is_some_and(|text| text.windows(11).any(|part| part == b"PRIVATE KEY"));
    }
    let form = form!(r"^PRIVATE KEY(?: BLOCK)?-----");
    let begin = b"-----BEGIN ";
    let before = bytes.get(at.saturating_sub(64)..at).unwrap_or_default();
    let is_begun = (before.windows(begin.len()).rev())
        .position(|part| part == begin)
        .and_then(|back| before.get(before.len() - back..))
        .is_some_and(|label| {
            label
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || *byte == b' ')
        });
    // Behind the dashes that end the label.
    let body = part(bytes, at + 22, 1_024);
    let end = body
        .windows(5)
        .position(|part| part == b"-----")
        .unwrap_or(body.len());
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    let body = body.get(..end).unwrap_or_default();
    let mut runs = body.split(|byte| !is_base64(byte));
    is_begun && is(form, bytes, at) && runs.any(|run| run.len() >= 32 && is_mixed(run))
}

pub(super) fn url_password(bytes: &[u8], at: usize) -> bool {
    let form = form!(
        r#"(?-u)^:\\?/\\?/[^\s/?\#@:"'<>\\`]{0,256}:([^\s/?\#@"'<>\\`]{3,256})@[A-Za-z0-9\[]"#
    );
    let is_scheme = |byte: &u8| byte.is_ascii_alphanumeric();
    let before = bytes.get(..at).and_then(<[u8]>::last);
    if !before.is_some_and(is_scheme) || !has_user(bytes, at) {
        return false;
    }
    group(form, bytes, at).is_some_and(|password| {
        let stands_for_one = password
            .first()
            .is_some_and(|byte| b"$[{(*%".contains(byte));
        let word = password.to_ascii_lowercase();
        let is_word = [
            &b"password"[..],
            b"pass",
            b"passwd",
            b"pwd",
            b"secret",
            b"token",
            b"redacted",
        ]
        .contains(&word.as_slice());
        let is_one_character = password.iter().all(|byte| Some(byte) == password.first());
        !stands_for_one && !is_word && !is_one_character
    })
}

/// Whether an `@` stands before the authority's end: most texts have many URLs, and hardly one has.
fn has_user(bytes: &[u8], at: usize) -> bool {
    let slashes = bytes.get(at + 1..).unwrap_or_default();
    let slashes = slashes
        .iter()
        .take_while(|byte| b"/\\".contains(byte))
        .count();
    let authority = part(bytes, at + 1 + slashes, 600);
    let is_end = |byte: &&u8| matches!(byte, 0..=b' ' | b'/' | b'@' | b'"' | b'<' | b'>' | b'\\');
    authority.iter().find(is_end) == Some(&b'@')
}

/// Base64 for URLs, whatever its last bits are: a part of a longer text has others.
const URL_SAFE: GeneralPurpose = lenient(&alphabet::URL_SAFE);

const fn lenient(alphabet: &alphabet::Alphabet) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(alphabet, config)
}

fn decode(engine: &impl base64::Engine, text: &[u8]) -> Option<Vec<u8>> {
    engine.decode(text).ok()
}

/// No letter, digit or `_` stands before it.
pub(super) fn starts_word(bytes: &[u8], at: usize) -> bool {
    let before = bytes.get(..at).and_then(<[u8]>::last);
    before.is_none_or(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'))
}

pub(super) fn is(form: Option<&Regex>, bytes: &[u8], at: usize) -> bool {
    let rest = bytes.get(at..).unwrap_or_default();
    form.is_some_and(|form| form.is_match(rest))
}

/// The first group of the match.
pub(super) fn group<'b>(form: Option<&Regex>, bytes: &'b [u8], at: usize) -> Option<&'b [u8]> {
    let found = form?.captures(bytes.get(at..)?)?;
    found.get(1).map(|group| group.as_bytes())
}

pub(super) fn part(bytes: &[u8], at: usize, length: usize) -> &[u8] {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.get(..length).unwrap_or(rest)
}

/// Whether it has letters and digits, as what was drawn by lot has, and documents' `xxxx` and `your-token-here` have not.
pub(super) fn is_mixed(text: &[u8]) -> bool {
    text.iter().any(u8::is_ascii_alphabetic) && text.iter().any(u8::is_ascii_digit)
}
