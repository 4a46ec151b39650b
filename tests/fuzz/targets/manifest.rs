//! Any bytes as `manifest.json`: what is read is written as the very same bytes, and each file has one place.

#![no_main]

use evidence::bundle::canonical::{parse, to_bytes};
use evidence::bundle::layout::Order;
use evidence::bundle::pack::sort_files;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    // Most changes leave JSON that is not canonical: its canonical form is tried as well.
    if let Ok(value) = serde_json::from_slice::<serde_json::Value>(bytes)
        && let Ok(canonical) = serde_json_canonicalizer::to_vec(&value)
        && canonical != bytes
    {
        check(&canonical);
    }
});

fn check(bytes: &[u8]) {
    let Ok(mut manifest) = parse(bytes) else {
        return;
    };
    assert_eq!(to_bytes(&manifest).unwrap(), bytes);
    manifest.gates_word();
    let order = Order::of(&manifest);
    let homeless = manifest.files.iter().any(|file| order.place(file).is_err());
    assert_eq!(sort_files(&mut manifest).is_err(), homeless);
    if !homeless {
        let order = Order::of(&manifest);
        let places = manifest.files.iter().map(|file| order.place(file).unwrap());
        assert!(places.is_sorted());
    }
}
