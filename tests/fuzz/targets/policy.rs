//! Any bytes as a verifier's policy: it is read, or it is said why not.

#![no_main]

use evidence::config::parse_policy;
use libfuzzer_sys::fuzz_target;

const KEY: &[u8] = include_bytes!("../../../fixtures/sigstore/test-keys/alice.pub");

fuzz_target!(|bytes: &[u8]| {
    for file in [Some(KEY), None] {
        let mut asked = 0_usize;
        let read = parse_policy(bytes, "policy.yaml", &mut |_| {
            asked += 1;
            file.map(Vec::from)
        });
        match read {
            // A file that is named and not there is never passed over.
            Ok(_) => assert!(file.is_some() || asked == 0),
            Err(problems) => assert!(!problems.to_string().is_empty()),
        }
    }
});
