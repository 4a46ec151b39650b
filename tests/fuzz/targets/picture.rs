//! Any bytes as a PNG: a picture has the size that was asked for, and its memory is bounded before it is taken.

#![no_main]

use evidence::appraise::picture::check;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(picture) = check(bytes, 1_000, 500) {
        assert_eq!((picture.width, picture.height), (1_000, 500));
    }
});
