//! CycloneDX as XML.

#![no_main]

use evidence::sbom::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = parse(bytes);
    let start = b"<bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\">";
    let _ = parse(&[start, bytes].concat());
});
