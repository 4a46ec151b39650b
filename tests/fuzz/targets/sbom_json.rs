//! Every JSON format: the first byte chooses how a document begins, so that the readers behind the probe are reached.

#![no_main]

use evidence::sbom::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = parse(bytes);
    let Some((choice, rest)) = bytes.split_first() else {
        return;
    };
    let start: &[u8] = match choice % 3 {
        0 => br#"{"spdxVersion":"SPDX-2.3","#,
        1 => br#"{"bomFormat":"CycloneDX","specVersion":"1.6","#,
        _ => br#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","#,
    };
    let _ = parse(&[start, rest].concat());
});
