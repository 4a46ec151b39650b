//! The strict reading of SPDX.

use super::checked;

/// Bytes of a document that is read strictly: the parser holds all of it in memory, several times its size.
const STRICT_BYTES: usize = 64 << 20;

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
    match serde_json::from_str::<spdx_rs::models::SPDX>(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string().chars().take(300).collect()),
    }
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
        assert_eq!(super::super::parse(bad.as_bytes()).unwrap().packages, 4);
    }
}
