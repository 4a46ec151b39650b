//! Looks for canaries in bytes by undoing encodings. The product makes each form of a secret and looks for that; nothing
//! of it is used here, so that what one overlooks the other sees.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use regex::bytes::Regex;
use std::io::Read as _;
use std::path::Path;

/// Names and values that must stand nowhere.
pub(crate) struct Canaries {
    all: Vec<(&'static str, String)>,
    any: Regex,
}

impl Canaries {
    pub(crate) fn new(all: &[(&'static str, &str)]) -> Self {
        let texts: Vec<String> = all.iter().map(|(_, value)| regex::escape(value)).collect();
        Self {
            all: (all.iter())
                .map(|(name, value)| (*name, (*value).to_owned()))
                .collect(),
            any: Regex::new(&texts.join("|")).unwrap(),
        }
    }

    /// What stands in the bytes, and how.
    pub(crate) fn found(&self, bytes: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        self.look("", bytes, 2, &mut found);
        found
    }

    /// Undoes one encoding after another, at most so many deep.
    fn look(&self, how: &str, bytes: &[u8], depth: usize, found: &mut Vec<String>) {
        for hit in self.any.find_iter(bytes) {
            let is_it = |(_, value): &&(&str, String)| value.as_bytes() == hit.as_bytes();
            let (name, _) = self.all.iter().find(is_it).unwrap();
            found.push(format!("{name}{how}"));
        }
        if depth == 0 {
            return;
        }
        if bytes.contains(&b'%') || bytes.contains(&b'+') {
            for plus in [b' ', b'+'] {
                let plain = unpercent(bytes, plus);
                self.look(&format!("{how} url"), &plain, depth - 1, found);
            }
        }
        if bytes.contains(&b'\\') {
            self.look(&format!("{how} json"), &unescape(bytes), depth - 1, found);
        }
        for run in bytes.split(|byte| !(byte.is_ascii_alphanumeric() || b"+/-_".contains(byte))) {
            // Six bytes, wherever they begin.
            if run.len() < 8 {
                continue;
            }
            let standard: Vec<u8> = (run.iter())
                .map(|byte| match byte {
                    b'-' => b'+',
                    b'_' => b'/',
                    other => *other,
                })
                .collect();
            for start in 0..4 {
                let part = &standard[start..];
                let whole = &part[..part.len() / 4 * 4];
                let rest = &part[whole.len()..];
                let rest = if rest.len() == 1 { &[] } else { rest };
                let mut plain = LENIENT.decode(whole).unwrap_or_default();
                plain.extend(LENIENT.decode(rest).unwrap_or_default());
                self.look(&format!("{how} base64"), &plain, 0, found);
            }
        }
    }
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn unpercent(bytes: &[u8], plus: u8) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes.get(at + 1..at + 3))
            .filter(|_| bytes[at] == b'%')
            .and_then(|two| hex::decode(two).ok());
        match hex {
            Some(byte) => {
                plain.extend(byte);
                at += 3;
            }
            None => {
                plain.push(if bytes[at] == b'+' { plus } else { bytes[at] });
                at += 1;
            }
        }
    }
    plain
}

/// Escapes of JSON, as far as they matter for what is looked for.
fn unescape(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let unit = (bytes.get(at..at + 6))
            .filter(|six| six.starts_with(b"\\u"))
            .and_then(|six| u32::from_str_radix(std::str::from_utf8(&six[2..]).ok()?, 16).ok())
            .and_then(char::from_u32);
        if let Some(character) = unit {
            plain.extend(character.to_string().into_bytes());
            at += 6;
        } else if bytes[at] == b'\\' && at + 1 < bytes.len() {
            plain.push(match bytes[at + 1] {
                b'n' => b'\n',
                b't' => b'\t',
                other => other,
            });
            at += 2;
        } else {
            plain.push(bytes[at]);
            at += 1;
        }
    }
    plain
}

/// Asserts that no file below a folder holds a canary; gzip is looked into, member by member.
#[track_caller]
pub(crate) fn assert_none_below(canaries: &Canaries, folder: &Path) -> usize {
    let files = crate::stage::files_below(folder);
    for file in &files {
        let raw = std::fs::read(file).unwrap();
        let mut found = canaries.found(&raw);
        if file.extension().is_some_and(|extension| extension == "gz") {
            let mut archive = tar::Archive::new(flate2::read::MultiGzDecoder::new(raw.as_slice()));
            for member in archive.entries().unwrap() {
                let mut member = member.unwrap();
                let mut plain = Vec::new();
                member.read_to_end(&mut plain).unwrap();
                let path = member.path().unwrap().display().to_string();
                let inside = canaries.found(&plain).into_iter();
                found.extend(inside.map(|one| format!("{one} in {path}")));
            }
        }
        assert_eq!(found, Vec::<String>::new(), "{}", file.display());
    }
    files.len()
}

#[test]
fn the_search_of_this_test_sees_a_canary_in_every_encoding() {
    let canaries = Canaries::new(&[("c", "c4nary+/ of<ours>")]);
    let standard = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let url_safe = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    for text in [
        "x c4nary+/ of<ours> x".to_owned(),
        "x=c4nary%2B%2F+of%3Cours%3E".into(),
        "x=c4nary%2b%2f%20of%3cours%3e".into(),
        r#""c4nary+\/ of\u003cours\u003e""#.into(),
        standard("c4nary+/ of<ours>"),
        standard("me:c4nary+/ of<ours>"),
        standard("m:c4nary+/ of<ours>xy"),
        url_safe("u\u{ff}\u{ff}c4nary+/ of<ours>z"),
        standard("c4nary+/ of<ours>").replace('=', "%3D"),
    ] {
        assert!(!canaries.found(text.as_bytes()).is_empty(), "{text}");
    }
    assert_eq!(canaries.found(b"c4nary of ours"), Vec::<String>::new());
}
