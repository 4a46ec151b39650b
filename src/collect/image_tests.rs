//! Captures of real images, from registries and from folders, whole and damaged.

use super::image::{FetchedImage, ImageError, fetch, fetch_image};
use super::layout_dir::{LayoutError, read_image_layout};
use crate::model::{Digest, limits};
use crate::net::scripted::{Answer, Scripted, Seen, answer_from};
use crate::net::{Credentials, Http, HttpOptions, Registry, RegistryOptions};
use crate::oci::attached::tag_of;
use crate::oci::layout::REF_NAME;
use crate::oci::{Attached, Descriptor, Document, Found, Layout, Reference, Selector};
use std::fs;
use std::path::{Path, PathBuf};

/// The image of `layout-flavours`: a `.sig` tag and a Sigstore bundle as referrer.
const MIXED: &str = "sha256:3172e95cd206ceb0fc56427846661e0a3cd5e7779fcb8a11c1d6e3f706b5b127";
const SIG: &str = "sha256:c722486d876f1b04b3332821dc308c0509eed7dba35799dfdc6c638dbb39ca6c";
const REFERRER: &str = "sha256:460feb18c24b6f6558861f8beb24d8fd2d96ab5e5ba147c5e78739da203f81e4";

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sigstore")
}

fn image(name: &str) -> PathBuf {
    fixtures().join("images").join(name).join("layout")
}

fn digest(text: &str) -> Digest {
    text.parse().unwrap()
}

fn tag(name: &str) -> Selector {
    Selector::Tag(name.into())
}

fn sig() -> Attached {
    Attached {
        found: Found::SignatureTag,
        manifest: digest(SIG),
    }
}

fn referrer() -> Attached {
    Attached {
        found: Found::Subject,
        manifest: digest(REFERRER),
    }
}

/// Everything in a folder, as a registry would hold it.
fn whole(dir: &Path) -> Layout {
    let mut layout = Layout::new();
    for file in fs::read_dir(dir.join("blobs/sha256")).unwrap() {
        layout.add_blob(fs::read(file.unwrap().path()).unwrap());
    }
    let index = Document::parse(&fs::read(dir.join("index.json")).unwrap()).unwrap();
    let Document::Index(index) = index else {
        panic!("no index")
    };
    for entry in index.manifests {
        layout.add_entry(entry);
    }
    layout
}

async fn serve(layout: Layout, has_referrers: bool) -> Scripted {
    Scripted::start(move |seen: &Seen| answer_from(&layout, has_referrers, seen)).await
}

async fn capture(server: &Scripted) -> Result<FetchedImage, ImageError> {
    let http = Http::new(&HttpOptions {
        retries: 0,
        ..HttpOptions::default()
    });
    let registry = Registry::new(
        http.unwrap(),
        Credentials::none(),
        RegistryOptions::default(),
    );
    let reference: Reference = format!("{}/shop/api:v1", server.host).parse().unwrap();
    fetch_image(&registry, &reference).await
}

/// A copy of a layout that a test may damage.
fn copy(dir: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    fs::create_dir_all(copy.path().join("blobs/sha256")).unwrap();
    fs::copy(dir.join("index.json"), copy.path().join("index.json")).unwrap();
    for file in fs::read_dir(dir.join("blobs/sha256")).unwrap() {
        let file = file.unwrap();
        let to = copy.path().join("blobs/sha256").join(file.file_name());
        fs::copy(file.path(), to).unwrap();
    }
    copy
}

fn blob_path(dir: &Path, digest: &str) -> PathBuf {
    dir.join("blobs/sha256")
        .join(digest.strip_prefix("sha256:").unwrap())
}

#[test]
fn every_tool_s_layout_gives_the_attachments_that_it_holds() {
    let expected = [
        ("cosign-v2-save", vec![sig()]),
        ("cosign-v3-save", vec![sig(), referrer()]),
        ("crane", vec![]),
        ("oras", vec![referrer()]),
        ("regctl", vec![sig(), referrer()]),
        ("skopeo", vec![]),
    ];
    for (name, attached) in expected {
        let dir = fixtures().join("layout-flavours").join(name);

        let found = read_image_layout(&dir, None).unwrap();

        assert_eq!(found.digest, digest(MIXED), "{name}");
        assert_eq!(found.layout.attached(&found.digest), attached, "{name}");
        for one in &attached {
            let bytes = found.layout.blob(&one.manifest).unwrap();
            let Document::Manifest(manifest) = Document::parse(bytes).unwrap() else {
                panic!("{name}")
            };
            let layers = manifest.layers.iter();
            assert!(
                layers
                    .map(|layer| layer.digest)
                    .all(|layer| found.layout.blob(&layer).is_some()),
                "{name}"
            );
        }
    }
}

#[test]
fn every_image_s_layout_is_read_without_its_file_systems() {
    let mut count = 0;
    for entry in fs::read_dir(fixtures().join("images")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();

        let found = read_image_layout(&image(&name), Some(&tag("v1"))).unwrap();

        let attached = found.layout.attached(&found.digest);
        assert_eq!(attached.is_empty(), name == "i01-unsigned", "{name}");
        for (digest, bytes) in found.layout.blobs() {
            let is_gzip = bytes.starts_with(&[0x1f, 0x8b]);
            assert!(!is_gzip, "{name}: {digest}");
        }
        count += 1;
    }
    assert_eq!(count, 33);
}

#[tokio::test]
async fn a_registry_gives_what_a_folder_gives_with_the_api_and_without() {
    for name in [
        "i01-unsigned",
        "i07-v2-attest",
        "i08-v2-sbom-attached",
        "i13-v2-multiarch-recursive",
        "i20-v3-attest-keyless-rekor2",
        "i22-v3-multiarch-recursive",
        "i24-mixed-v2-v3",
        "i27-v2-docker-schema2",
        "i28-v2-oci11-experimental",
        "i30-v3-oras-sbom-referrer",
    ] {
        let server = serve(whole(&image(name)), true).await;

        let from_registry = capture(&server).await.unwrap();

        let from_folder = read_image_layout(&image(name), Some(&tag("v1"))).unwrap();
        assert_eq!(from_registry.digest, from_folder.digest, "{name}");
        for subject in from_folder.layout.blobs().map(|(digest, _)| digest) {
            assert_eq!(
                from_registry.layout.attached(subject),
                from_folder.layout.attached(subject),
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn a_registry_without_the_api_gives_the_referrers_of_its_fallback_tag() {
    let server = serve(whole(&image("i23-v3-fallback-tag")), false).await;

    let found = capture(&server).await.unwrap();

    let attached = found.layout.attached(&found.digest);
    assert!(!attached.is_empty());
    assert!(attached.iter().all(|one| one.found == Found::Subject));
}

#[tokio::test]
async fn a_capture_asks_for_each_thing_once_and_for_no_file_system() {
    let server = serve(whole(&image("i24-mixed-v2-v3")), true).await;

    let found = capture(&server).await.unwrap();

    // The registry, the image, its configuration, three tags, the referrers, two manifests' content and one manifest.
    assert_eq!(server.asked().len(), 10, "{:#?}", server.asked());
    assert_eq!(
        found.looked_at,
        [
            format!("tag {}.sig", tag_of(&found.digest)),
            format!("no tag {}.att", tag_of(&found.digest)),
            format!("no tag {}.sbom", tag_of(&found.digest)),
            format!("1 referrer of {}", found.digest.short()),
        ]
    );
    let tags: Vec<_> = found
        .layout
        .entries()
        .iter()
        .map(|entry| entry.annotations.get(REF_NAME).map(String::as_str))
        .collect();
    let sig = format!("{}.sig", tag_of(&found.digest));
    assert_eq!(tags, [Some("v1"), Some(sig.as_str()), None]);
}

#[tokio::test]
async fn one_attachment_that_cannot_be_read_fails_the_capture() {
    let layout = whole(&image("i24-mixed-v2-v3"));
    let sig_tag = format!("{}.sig", tag_of(&digest(MIXED)));
    let cases = [
        (
            format!("manifests/{sig_tag}"),
            Answer::error(403, "DENIED"),
            true,
        ),
        (
            format!("manifests/{sig_tag}"),
            Answer::error(500, "X"),
            true,
        ),
        (
            format!("manifests/{sig_tag}"),
            Answer::new(200, "{}"),
            false,
        ),
        (
            format!("manifests/{REFERRER}"),
            Answer::error(404, "MANIFEST_UNKNOWN"),
            true,
        ),
        (
            format!("manifests/{REFERRER}"),
            Answer::new(200, "{}"),
            false,
        ),
        (
            format!("referrers/{MIXED}"),
            Answer::error(403, "DENIED"),
            true,
        ),
        (format!("referrers/{MIXED}"), Answer::new(200, "[]"), false),
    ];
    for (path, answer, is_undetermined) in cases {
        let (layout, at) = (layout.clone(), format!("/v2/shop/api/{path}"));
        let server = Scripted::start(move |seen: &Seen| match seen.is(&at) {
            true => answer.clone(),
            false => answer_from(&layout, true, seen),
        })
        .await;

        let error = capture(&server).await.unwrap_err();

        assert_eq!(error.is_undetermined(), is_undetermined, "{path}: {error}");
    }
}

#[tokio::test]
async fn an_attachment_over_a_limit_is_refused_before_it_is_asked_for() {
    let mut layout = whole(&image("i02-v2-key"));
    let image = layout.select(Some(&tag("v1"))).unwrap();
    let mut payload = Descriptor::of("application/vnd.dev.cosign.simplesigning.v1+json", b"");
    payload.size = limits::SIGNATURE_BYTES + 1;
    let manifest = serde_json::json!({
        "schemaVersion": 2, "config": Descriptor::of("c", b""), "layers": [payload],
    });
    let bytes = manifest.to_string().into_bytes();
    let entry = Descriptor::of("m", &bytes);
    layout.add_entry(entry.annotated(REF_NAME, &format!("{}.att", tag_of(&image))));
    layout.add_blob(bytes);
    let server = serve(layout, true).await;

    let error = capture(&server).await.unwrap_err();

    assert!(!error.is_undetermined(), "{error:?}");
    let blob = format!("GET /v2/shop/api/blobs/{}", payload.digest);
    assert!(!server.asked().contains(&blob));
}

#[tokio::test]
async fn an_index_with_too_many_manifests_is_refused_before_any_is_asked_for() {
    let children = (0..=limits::IMAGE_MANIFESTS).map(|n| Descriptor::of("m", &n.to_le_bytes()));
    let mut layout = Layout::new();
    for child in children {
        layout.add_entry(child);
    }
    let index = layout.index_json();
    let mut layout = Layout::new();
    layout.add_entry(Descriptor::of("i", &index).annotated(REF_NAME, "v1"));
    layout.add_blob(index);
    let server = serve(layout, true).await;

    let error = capture(&server).await.unwrap_err();

    assert!(matches!(error, ImageError::TooMany { .. }), "{error:?}");
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn an_image_that_is_not_there_is_absent_and_offline_none_is_asked_for() {
    let server = serve(Layout::new(), true).await;
    let absent = capture(&server).await;
    assert!(
        matches!(absent, Err(ImageError::Absent { .. })),
        "{absent:?}"
    );

    let offline = fetch(None, &"shop.example/api:v1".parse().unwrap()).await;
    assert!(
        matches!(offline, Err(ImageError::Offline { .. })),
        "{offline:?}"
    );
    let path = format!("oci:{}:v1", image("i01-unsigned").display());
    assert!(fetch(None, &path.parse().unwrap()).await.is_ok());
}

#[test]
fn a_blob_unlike_its_name_is_refused_wherever_it_is_used() {
    for damaged in [MIXED, SIG, REFERRER] {
        let dir = copy(&image("i24-mixed-v2-v3"));
        let path = blob_path(dir.path(), damaged);
        let mut bytes = fs::read(&path).unwrap();
        // White space that JSON ignores.
        bytes.push(b' ');
        fs::write(&path, bytes).unwrap();

        let error = read_image_layout(dir.path(), Some(&tag("v1"))).unwrap_err();

        assert!(
            matches!(error, ImageError::Layout(LayoutError::Digest { .. })),
            "{damaged}: {error:?}"
        );
        assert!(!error.is_undetermined());
    }
}

#[test]
fn a_signature_that_is_listed_and_not_there_is_an_error() {
    let dir = copy(&image("i24-mixed-v2-v3"));
    fs::remove_file(blob_path(dir.path(), SIG)).unwrap();

    let error = read_image_layout(dir.path(), Some(&tag("v1"))).unwrap_err();

    assert!(error.is_undetermined(), "{error:?}");
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_not_followed() {
    let dir = copy(&image("i24-mixed-v2-v3"));
    let path = blob_path(dir.path(), SIG);
    let outside = tempfile::tempdir().unwrap();
    let target = outside.path().join("blob");
    fs::rename(&path, &target).unwrap();
    std::os::unix::fs::symlink(&target, &path).unwrap();

    let error = read_image_layout(dir.path(), Some(&tag("v1"))).unwrap_err();

    assert!(
        matches!(error, ImageError::Layout(LayoutError::Outside { .. })),
        "{error:?}"
    );
}

#[test]
fn a_folder_that_is_no_layout_or_does_not_hold_the_image_is_an_error() {
    let empty = tempfile::tempdir().unwrap();
    assert!(read_image_layout(empty.path(), None).is_err());

    let dir = image("i01-unsigned");
    for select in [tag("v2"), Selector::Digest(Digest::of(b"another"))] {
        let error = read_image_layout(&dir, Some(&select)).unwrap_err();
        assert!(
            matches!(error, ImageError::Layout(LayoutError::Select { .. })),
            "{error:?}"
        );
    }
    let wrong_size = copy(&dir);
    let index = fs::read_to_string(dir.join("index.json")).unwrap();
    let changed = index
        .replace("\"size\": 401", "\"size\": 402")
        .replace("\"size\":401", "\"size\":402");
    assert_ne!(index, changed);
    fs::write(wrong_size.path().join("index.json"), changed).unwrap();
    let error = read_image_layout(wrong_size.path(), None).unwrap_err();
    assert!(
        matches!(error, ImageError::Layout(LayoutError::Size { .. })),
        "{error:?}"
    );
}

#[test]
fn a_digest_selects_an_image_that_no_entry_names() {
    let dir = image("i24-mixed-v2-v3");
    let copy = copy(&dir);
    let mut empty = Layout::new();
    let other = fs::read(blob_path(&dir, REFERRER)).unwrap();
    empty.add_entry(Descriptor::of(
        "application/vnd.oci.image.manifest.v1+json",
        &other,
    ));
    fs::write(copy.path().join("index.json"), empty.index_json()).unwrap();

    let found = read_image_layout(copy.path(), Some(&Selector::Digest(digest(MIXED)))).unwrap();

    assert_eq!(found.digest, digest(MIXED));
    assert_eq!(found.layout.attached(&found.digest), [referrer()]);
}
