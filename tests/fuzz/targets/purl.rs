//! Any text as a package URL: what is read, and what it identifies, is written so that it is read the same again.

#![no_main]

use evidence::sbom::purl::{Identity, PackageUrl};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(purl) = PackageUrl::parse(text) else {
        return;
    };
    let written = purl.to_string();
    assert_eq!(PackageUrl::parse(&written), Ok(purl.clone()), "{written}");
    let identity = Identity::of(purl);
    let written = identity.to_string();
    let again = Identity::of(PackageUrl::parse(&written).unwrap());
    assert_eq!(again, identity, "{written}");
});
