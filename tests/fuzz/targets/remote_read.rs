//! Any bytes as an answer of remote read, and as what is packed in one: labels and times ascend, each series once.

#![no_main]

use evidence::metrics::remote_read::decode_response;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    let packed = snap::raw::Encoder::new().compress_vec(bytes).unwrap();
    check(&packed);
});

fn check(bytes: &[u8]) {
    let Ok(series) = decode_response(bytes) else {
        return;
    };
    for pair in series.windows(2) {
        assert!(pair[0].labels < pair[1].labels);
    }
    for one in series {
        assert!(one.samples.windows(2).all(|pair| pair[0].ms < pair[1].ms));
    }
}
