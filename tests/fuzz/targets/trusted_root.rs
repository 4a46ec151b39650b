//! Any bytes as `trusted_root.json` or lines of them: what can be used has facts, and differs from itself in nothing.

#![no_main]

use evidence::sigstore::Roots;
use evidence::sigstore::root_facts::root_facts;
use evidence::sigstore::rotation::rotated;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let facts = root_facts("fuzzed", bytes);
    let mut roots = Roots::none();
    if roots.add("fuzzed", bytes).is_ok() {
        assert_eq!(facts.unwrap().len(), roots.names().len());
        let names = roots.names().len();
        if names == 1 {
            assert_eq!(rotated(bytes, bytes).unwrap(), []);
        }
    }
});
