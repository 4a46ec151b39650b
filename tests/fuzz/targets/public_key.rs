//! Any bytes as a public key: what is read is written so that it is the same key.

#![no_main]

use evidence::sigstore::Key;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(key) = Key::parse(bytes) else { return };
    let again = Key::parse(key.pem().as_bytes()).unwrap();
    assert_eq!(again.fingerprint(), key.fingerprint());
});
