//! What judging one signature costs, in process: no registry, no start of a program.
//!
//! `cargo bench --bench signatures`; the images are those of `fixtures/sigstore`, signed by real cosigns.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark whose fixtures cannot be read has failed"
)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use evidence::collect::{FetchedImage, read_image_layout};
use evidence::oci::Selector;
use evidence::sigstore::{Judgement, Key, Options, Roots, judge_image};
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};

/// Name, fixture, key, and whether a log must have recorded it.
const SIGNATURES: [(&str, &str, Option<&str>, bool); 8] = [
    ("legacy/key-p256", "i03-v2-key-notlog", Some("alice"), false),
    ("legacy/key-p256-log1", "i02-v2-key", Some("alice"), true),
    (
        "legacy/key-rsa2048-log1",
        "i14-v2-key-rsa",
        Some("rsa"),
        true,
    ),
    ("legacy/keyless-log1", "i09-v2-keyless-gha", None, true),
    (
        "bundle/key-p256-log1",
        "i15-v3-key-rekor1",
        Some("alice"),
        true,
    ),
    (
        "bundle/key-rsa2048-log1",
        "i31-v3-key-rsa",
        Some("rsa"),
        true,
    ),
    (
        "bundle/keyless-log1",
        "i17-v3-keyless-gha-rekor1",
        None,
        true,
    ),
    (
        "bundle/keyless-log2",
        "i18-v3-keyless-gha-rekor2",
        None,
        true,
    ),
];

fn signatures(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sig");
    group.throughput(Throughput::Elements(1));
    let roots = roots();
    for (name, fixture, key, logged) in SIGNATURES {
        let image = image(fixture);
        let keys: Vec<_> = key.into_iter().map(public_key).collect();
        let options = Options {
            ignore_tlog: !logged,
            ..Options::STRICT
        };
        // What does not hold would be refused early, and look fast.
        assert_eq!(valid(&image, &roots, &keys, &options), 1, "{name}");

        group.bench_function(name, |bencher| {
            bencher.iter(|| valid(black_box(&image), &roots, &keys, &options));
        });
    }
    group.finish();
}

fn trusted_root(criterion: &mut Criterion) {
    criterion.bench_function("root/parse", |bencher| bencher.iter(roots));
}

/// How many of the image's signatures hold.
fn valid(image: &FetchedImage, roots: &Roots, keys: &[Key], options: &Options) -> usize {
    let objects = judge_image(&image.digest, &image.layout, roots, keys, options);
    let holds = objects
        .iter()
        .filter(|one| matches!(one.judgement, Judgement::Valid(_)));
    holds.count()
}

fn image(fixture: &str) -> FetchedImage {
    let layout = folder().join("images").join(fixture).join("layout");
    let tag = Selector::Tag("v1".into());
    read_image_layout(&layout, Some(&tag)).unwrap()
}

fn public_key(name: &str) -> Key {
    let path = folder().join(format!("test-keys/{name}.pub"));
    Key::parse(&fs::read(path).unwrap()).unwrap()
}

fn roots() -> Roots {
    let mut roots = Roots::none();
    let json = fs::read(folder().join("trust/trusted_root.json")).unwrap();
    roots.add("fixtures", &json).unwrap();
    roots
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sigstore")
}

criterion_group!(benches, signatures, trusted_root);
criterion_main!(benches);
