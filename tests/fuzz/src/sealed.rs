//! The bundle of the fixtures without its images, with members of the fuzzer's, sealed by a key that the verifier trusts.

use crate::archive::{self, Everything, MTIME};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidence::bundle::pack::sort_files;
use evidence::bundle::{Archive, COMPRESSOR, MANIFEST, Reading, canonical};
use evidence::model::predicate::{
    ResourceDescriptor, SEAL_PREDICATE_TYPE, SealPredicate, SealedItem, SealedRelease,
};
use evidence::model::{Digest, IdentityRule, Kind, Manifest};
use evidence::sigstore::{Key, Options, Roots};
use evidence::verify::{AskedRelease, Trust};
use sigstore_crypto::KeyPair;
use sigstore_types::pae;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

const PACKED: &[u8] =
    include_bytes!("../../../fixtures/bundles/good/evidence-bundle-v1.4.0.tar.gz");

/// Manifest and members, in the order of a bundle.
pub struct Contents {
    /// The manifest.
    pub manifest: Manifest,
    /// The other members.
    pub members: BTreeMap<String, Vec<u8>>,
}

/// The bundle of the fixtures without its images, whose signatures take the most time to judge.
pub static GOOD: LazyLock<Contents> = LazyLock::new(|| {
    of_fixtures(|kind| !matches!(kind, Kind::Image | Kind::Sbom | Kind::Drift | Kind::Scan))
});

/// The same without metrics and dashboards: thousands of samples take a hundred times what is left.
pub static LIGHT: LazyLock<Contents> = LazyLock::new(|| {
    of_fixtures(|kind| {
        matches!(
            kind,
            Kind::Configuration | Kind::Release | Kind::File | Kind::Command
        )
    })
});

fn of_fixtures(keep: impl Fn(Kind) -> bool) -> Contents {
    let found = Everything.read(Archive::new(PACKED));
    found.end.unwrap();
    let mut members: BTreeMap<_, _> = found.members.into_iter().collect();
    let mut manifest = canonical::parse(&members.remove(MANIFEST).unwrap()).unwrap();
    manifest.items.retain(|item| keep(item.expectation.kind()));
    let used: BTreeSet<_> = manifest.items.iter().flat_map(|item| &item.files).collect();
    let files = std::mem::take(&mut manifest.files);
    let kept = files.into_iter().filter(|file| used.contains(&file.path));
    manifest.files = kept.collect();
    // Half a million pixels take as much; they have a target of their own.
    for file in &mut manifest.files {
        if file.media_type == "image/png" {
            members.insert(file.path.as_str().into(), Vec::new());
            file.size = 0;
            file.sha256 = Digest::of(b"");
        }
    }
    sort_files(&mut manifest).unwrap();
    members.retain(|path, _| manifest.files.iter().any(|file| file.path.as_str() == path));
    Contents { manifest, members }
}

static SIGNER: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate_ecdsa_p256().unwrap());

/// Trusts the key that seals here, and needs no log.
pub static TRUST: LazyLock<Trust> = LazyLock::new(|| {
    let pem = SIGNER.public_key_der().unwrap().to_pem();
    Trust {
        roots: Roots::none(),
        seal: vec![IdentityRule::Key { pem: pem.clone() }],
        keys: vec![Key::parse(pem.as_bytes()).unwrap()],
        options: Options {
            ignore_tlog: true,
            ..Options::STRICT
        },
        policy: None,
        asked: AskedRelease::default(),
    }
});

/// The bundle of this manifest's bytes and these members, and its seal. `manifest` is what the seal says of its items.
pub fn sealed<'a>(
    manifest: &Manifest,
    bytes: &'a [u8],
    members: impl IntoIterator<Item = (&'a str, &'a [u8])>,
) -> (Vec<u8>, String) {
    let tar = archive::tar([(MANIFEST, bytes)].into_iter().chain(members), MTIME);
    let bundle = archive::gzip(&tar);
    let statement = serde_json::json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "b.tar.gz", "digest": {"sha256": Digest::of(&bundle).hex()}}],
        "predicateType": SEAL_PREDICATE_TYPE,
        "predicate": predicate(manifest, &Digest::of(bytes), &Digest::of(&tar)),
    });
    (bundle, seal(statement.to_string().as_bytes()))
}

fn predicate(manifest: &Manifest, bytes: &Digest, tar: &Digest) -> SealPredicate {
    let release = &manifest.release;
    let of_git = |kind, id| ResourceDescriptor::with("id", kind, id);
    SealPredicate {
        release: SealedRelease {
            repository: release.repository.clone(),
            tag: release.tag.clone(),
            version: release.version.clone(),
            commit: of_git("gitCommit", &release.commit),
            tag_object: (release.tag_object.as_ref()).map(|tag| of_git("gitTag", tag)),
        },
        stage: manifest.stage.clone(),
        sequence: manifest.sequence,
        previous: (manifest.previous.as_ref())
            .map(|digest| ResourceDescriptor::sha256("previous", digest)),
        manifest: ResourceDescriptor::sha256(MANIFEST, bytes),
        tar: ResourceDescriptor::sha256("tar", tar),
        compressor: COMPRESSOR.into(),
        gates: manifest.gates_word(),
        items: (manifest.items.iter())
            .map(|item| SealedItem {
                id: item.id.clone(),
                kind: item.expectation.kind(),
                status: item.claim.status,
                met: item.claim.met,
            })
            .collect(),
    }
}

fn seal(statement: &[u8]) -> String {
    let kind = "application/vnd.in-toto+json";
    let signature = SIGNER.sign(&pae(kind, statement)).unwrap();
    serde_json::json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": ""}},
        "dsseEnvelope": {
            "payload": STANDARD.encode(statement),
            "payloadType": kind,
            "signatures": [{"sig": STANDARD.encode(signature.as_bytes())}],
        },
    })
    .to_string()
}
