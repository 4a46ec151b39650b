//! Three versions of one ecosystem: an order, whichever of them comes first.

#![no_main]

use evidence::sbom::version_order::compare;
use libfuzzer_sys::fuzz_target;
use std::cmp::Ordering;

const TYPES: [&str; 13] = [
    "alpm", "apk", "cargo", "composer", "deb", "gem", "golang", "maven", "npm", "nuget", "pypi",
    "rpm", "unknown",
];

fuzz_target!(|input: (u8, &str)| {
    let (choice, text) = input;
    let kind = TYPES[usize::from(choice) % TYPES.len()];
    let mut lines = text.split('\n');
    let [a, b, c] = [(); 3].map(|()| lines.next().unwrap_or_default());

    let ab = compare(kind, a, b);
    assert_eq!(
        ab,
        compare(kind, b, a).map(Ordering::reverse),
        "{kind} {a:?} {b:?}"
    );
    assert!(
        matches!(compare(kind, a, a), None | Some(Ordering::Equal)),
        "{kind} {a:?}"
    );
    // Maven's own order has circles: 0.0-rc5 is newer than v1, v1 newer than 0, and 0 newer than 0.0-rc5. To pacman 1 is
    // equal to 1-1 and to 1-2.
    if matches!(kind, "alpm" | "maven") {
        return;
    }
    let orders = (ab, compare(kind, b, c), compare(kind, a, c));
    if let (Some(ab), Some(bc), Some(ac)) = orders
        && (ab == bc || bc == Ordering::Equal)
    {
        assert_eq!(ac, ab, "{kind} {a:?} {b:?} {c:?}");
    }
});
