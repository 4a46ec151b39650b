//! Any text as a reference to an image: what is read is printed so that it is read the same again.

#![no_main]

use evidence::model::Digest;
use evidence::oci::{ImageRef, Platform, Reference, Selector};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(reference) = text.parse::<ImageRef>() {
        let printed = reference.to_string();
        assert_eq!(printed.parse(), Ok(reference), "{printed}");
    }
    if let Ok(reference) = text.parse::<Reference>() {
        let printed = reference.to_string();
        assert_eq!(printed.parse(), Ok(reference.clone()), "{printed}");
        let digest = Digest::of(b"");
        let pinned = reference.at(digest);
        assert_eq!(pinned.selector(), Selector::Digest(digest));
        assert_eq!(pinned.repository, reference.repository);
        reference.is_loopback();
    }
    if let Ok(platform) = text.parse::<Platform>() {
        let printed = platform.to_string();
        assert_eq!(printed.parse(), Ok(platform), "{printed}");
    }
});
