//! Any text as what cosign attaches to an image: payload, signature, certificate, chain, log entry, timestamp.

#![no_main]

use evidence::model::Digest;
use evidence::oci::attached::tag_of;
use evidence::oci::layout::REF_NAME;
use evidence::oci::manifest::IMAGE_MANIFEST;
use evidence::oci::{Descriptor, Layout};
use evidence::sigstore::{Judgement, Key, Options, Roots, judge_image};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static ROOTS: LazyLock<Roots> = LazyLock::new(|| {
    let mut roots = Roots::none();
    let root = include_bytes!("../../../fixtures/sigstore/trust/trusted_root.json");
    roots.add("lab", root).unwrap();
    roots
});
static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
    let alice = include_bytes!("../../../fixtures/sigstore/test-keys/alice.pub");
    vec![Key::parse(alice).unwrap()]
});
const ANNOTATIONS: [&str; 5] = [
    "dev.cosignproject.cosign/signature",
    "dev.sigstore.cosign/certificate",
    "dev.sigstore.cosign/chain",
    "dev.sigstore.cosign/bundle",
    "dev.sigstore.cosign/rfc3161timestamp",
];
const MEDIA_TYPES: [&str; 4] = [
    "application/vnd.dev.cosign.simplesigning.v1+json",
    "application/vnd.dsse.envelope.v1+json",
    "application/vnd.dev.sigstore.bundle.v0.3+json",
    "application/octet-stream",
];

// The payload, and behind NULs an annotation each.
fuzz_target!(|input: (u8, &str)| {
    let (choice, text) = input;
    let image = Digest::of(b"an image that nobody signed");
    let mut layout = Layout::new();
    let mut parts = text.split('\0');
    let payload = parts.next().unwrap_or_default().as_bytes();
    let media_type = MEDIA_TYPES[usize::from(choice) % MEDIA_TYPES.len()];
    let mut layer = Descriptor::of(media_type, payload);
    for (name, value) in ANNOTATIONS.iter().zip(parts) {
        layer = layer.annotated(name, value);
    }
    layout.add_blob(payload);
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "config": Descriptor::of("application/vnd.oci.empty.v1+json", b"{}"),
        "layers": [layer],
        "subject": Descriptor { digest: image, ..Descriptor::of(IMAGE_MANIFEST, b"") },
    });
    let manifest = serde_json::to_vec(&manifest).unwrap();
    layout.add_blob(&*manifest);
    let suffix = [".sig", ".att", ""][usize::from(choice / 4) % 3];
    let entry = Descriptor::of(IMAGE_MANIFEST, &manifest);
    layout.add_entry(entry.annotated(REF_NAME, &format!("{}{suffix}", tag_of(&image))));

    let options = Options {
        ignore_tlog: choice & 128 != 0,
        now: None,
    };
    let objects = judge_image(&image, &layout, &ROOTS, &KEYS, &options);
    assert!(!objects.is_empty());
    for object in objects {
        assert!(
            !matches!(object.judgement, Judgement::Valid(_)),
            "{object:?}"
        );
    }
});
