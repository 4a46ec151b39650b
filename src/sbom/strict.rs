//! The strict reading of SPDX.

use super::checked;
use super::text::{Each, Gather, Str, Texts};
use serde::Deserialize;

/// Bytes of a document that is read strictly: the parser holds all of it in memory, several times its size.
const STRICT_BYTES: usize = 64 << 20;
/// Depth of parentheses in a license expression: `spdx-rs` recurses into them.
const PARENTHESES: usize = 32;
/// Operators of a license expression: `spdx-rs` nests each in the next, and recurses when it drops them.
const OPERATORS: usize = 1_024;

/// Reads SPDX 2.2 or 2.3 JSON with every field and license expression, by `spdx-rs`.
///
/// # Errors
/// In one sentence, why it does not parse: a finding about the document, no reason to drop it. `spdx-rs` knows
/// only JSON here: its reader of tag-value text panics on a license that it does not understand.
pub fn strict_spdx(bytes: &[u8]) -> Result<(), String> {
    if bytes.len() > STRICT_BYTES {
        return Err(format!("more than {STRICT_BYTES} bytes"));
    }
    let text = checked(bytes).map_err(|error| error.to_string())?;
    if !text.trim_start().starts_with('{') {
        return Err("not JSON".into());
    }
    let short = |error: serde_json::Error| error.to_string().chars().take(300).collect::<String>();
    let licensed: Licensed = serde_json::from_str(text).map_err(short)?;
    let parts = [licensed.packages, licensed.files, licensed.snippets];
    if parts.iter().any(|part| part.of.0) {
        return Err(format!(
            "a license expression with more than {PARENTHESES} parentheses in each other, or more than {OPERATORS} operators"
        ));
    }
    match serde_json::from_str::<spdx_rs::models::SPDX>(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(short(error)),
    }
}

/// Everything that has license expressions which are parsed.
#[derive(Deserialize)]
struct Licensed {
    #[serde(default)]
    packages: Each<TooComplex>,
    #[serde(default)]
    files: Each<TooComplex>,
    #[serde(default)]
    snippets: Each<TooComplex>,
}

/// Whether one of the expressions is larger than `spdx-rs` is given.
#[derive(Default)]
struct TooComplex(bool);

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Expressions<'a> {
    #[serde(rename = "licenseConcluded")]
    concluded: Option<Str<'a>>,
    #[serde(rename = "licenseDeclared")]
    declared: Option<Str<'a>>,
    #[serde(rename = "licenseInfoInFiles", default)]
    in_files: Texts<'a>,
}

impl<'de> Gather<'de> for TooComplex {
    type Item = Expressions<'de>;

    fn add(&mut self, item: Expressions<'de>) {
        let own = [item.concluded, item.declared].into_iter().flatten();
        let mut all = own.map(|text| text.0).chain(item.in_files.0);
        self.0 = self.0 || all.any(|text| is_too_complex(&text));
    }
}

fn is_too_complex(expression: &str) -> bool {
    let (mut depth, mut operators) = (0_usize, 0_usize);
    let bytes = expression.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            // `AND` and `OR` in any case, with or without blanks around them.
            b'a' | b'A' | b'o' | b'O' => {
                let rest = bytes.get(at + 1..).unwrap_or_default();
                let starts = |text: &[u8]| {
                    rest.get(..text.len())
                        .is_some_and(|next| next.eq_ignore_ascii_case(text))
                };
                operators += usize::from(starts(b"nd") || starts(b"r"));
            }
            _ => {}
        }
        if depth > PARENTHESES || operators > OPERATORS {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::tests::{CYCLONEDX, SPDX};
    use super::*;

    #[test]
    fn a_document_by_syft_is_strictly_spdx_and_another_is_not() {
        assert_eq!(strict_spdx(SPDX), Ok(()));
        assert!(strict_spdx(CYCLONEDX).is_err());
        assert_eq!(
            strict_spdx(b"SPDXVersion: SPDX-2.3"),
            Err("not JSON".into())
        );
    }

    #[test]
    fn one_bad_license_is_a_finding_of_the_strict_reader_alone() {
        let text = std::str::from_utf8(SPDX).unwrap();
        let bad = text.replace("\"Apache-2.0\"", "\"BSD 3-Clause, MIT\"");

        assert!(strict_spdx(bad.as_bytes()).is_err());
        assert_eq!(
            super::super::parse(bad.as_bytes()).unwrap().packages.len(),
            4
        );
    }

    #[test]
    fn expressions_that_would_overflow_the_stack_are_not_given_to_the_parser() {
        let text = std::str::from_utf8(SPDX).unwrap();
        let of = |license: &str| {
            let changed = text.replace("\"Apache-2.0\"", &format!("\"{license}\""));
            assert_ne!(changed, text);
            strict_spdx(changed.as_bytes())
        };
        let parentheses = |depth: usize| format!("{}MIT{}", "(".repeat(depth), ")".repeat(depth));

        assert_eq!(of(&parentheses(PARENTHESES)), Ok(()));
        assert_eq!(of(&format!("MIT{}", " AND MIT".repeat(OPERATORS))), Ok(()));
        for hostile in [
            parentheses(100_000),
            "(".repeat(100_000),
            format!("MIT{}", " AND MIT".repeat(100_000)),
            format!("(a){}", "oR(a)".repeat(100_000)),
        ] {
            let error = of(&hostile).unwrap_err();
            assert!(error.starts_with("a license expression"), "{error}");
        }
    }
}
