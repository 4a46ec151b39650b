//! Any bytes as a manifest or index of an image: what is read is written so that it is read the same again.

#![no_main]

use evidence::model::Digest;
use evidence::oci::{Document, Layout};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(document) = Document::parse(bytes) else {
        return;
    };
    let written = match &document {
        Document::Manifest(manifest) => serde_json::to_vec(manifest),
        Document::Index(index) => serde_json::to_vec(index),
    };
    let again = Document::parse(&written.unwrap()).unwrap();
    assert_eq!(format!("{again:?}"), format!("{document:?}"));
    assert_eq!(again.subject(), document.subject());

    let mut layout = Layout::new();
    if let Document::Index(index) = &document {
        drop(index.platforms());
        layout.add_entries(index.manifests.clone());
    }
    let image = document.subject().unwrap_or(Digest::of(b""));
    layout.add_blob(bytes);
    drop(layout.attached(&image));
    drop(layout.select(None));
    drop(Document::parse(&layout.index_json()).unwrap());
});
