//! What may be around a document, and the strict reading of what is in it.

#![no_main]

use evidence::sbom::{from_statement, parse_any, strict_spdx};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(found) = from_statement(bytes) {
        let _ = found.parse();
        let _ = strict_spdx(&found.document);
    }
    if let Ok(found) = parse_any(bytes) {
        let _ = found.parse();
    }
    let _ = strict_spdx(bytes);
});
