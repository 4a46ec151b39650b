//! SPDX as tag-value text.

#![no_main]

use evidence::sbom::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = parse(&[b"SPDXVersion: SPDX-2.3\n", bytes].concat());
});
