//! Any bytes as `manifest.json`: what is read is written as the very same bytes, and each file has one place.

#![no_main]

use evidence::bundle::canonical::{parse, to_bytes};
use evidence::bundle::layout::place;
use evidence::bundle::pack::sort_files;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(manifest) = parse(bytes) else { return };
    assert_eq!(to_bytes(&manifest).unwrap(), bytes);

    let mut files = manifest.files;
    if sort_files(&mut files).is_ok() {
        let places: Vec<_> = files.iter().map(|file| place(file).unwrap()).collect();
        assert!(places.is_sorted());
    }
});
