//! Collects a release's evidence, seals it, and proves every claim of it again, offline.
//!
//! # Judging a bundle
//! [`verify::verify`] takes bytes and gives a [`model::Report`], whatever the bytes are: it opens no file, socket or
//! clock, prints nothing, holds no state, and does not panic. Whom to trust is said by the caller alone.
//!
//! ```
//! use evidence::model::{IdentityRule, Status, Verdict, identity::Pattern};
//! use evidence::sigstore::{Options, Roots};
//! use evidence::verify::{AskedRelease, Trust, verify};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/bundles/good");
//! # let root = std::fs::read(folder.join("trusted_root.json"))?;
//! # let seal = std::fs::read(folder.join("evidence-bundle-v1.4.0.tar.gz.sigstore.json"))?;
//! # let bundle = std::fs::File::open(folder.join("evidence-bundle-v1.4.0.tar.gz"))?;
//! let mut roots = Roots::none();
//! roots.add("trusted_root.json", &root)?;
//! let workflow = "https://github.com/intelgraph/demo-shop/.github/workflows/release.yml@refs/tags/v1.4.0";
//! let trust = Trust {
//!     roots,
//!     seal: vec![IdentityRule::certificate(
//!         Pattern::Exact(workflow.into()),
//!         Pattern::Exact("http://127.0.0.1:38971".into()),
//!     )],
//!     keys: Vec::new(),
//!     options: Options::STRICT,
//!     policy: None,
//!     asked: AskedRelease { tag: Some("v1.4.0".into()), ..AskedRelease::default() },
//! };
//!
//! let report = verify(bundle, "evidence-bundle-v1.4.0.tar.gz", Some(&seal), &trust);
//!
//! assert_eq!(report.verdict(), Verdict::Verified);
//! let runbooks = report.items.iter().find(|item| item.id == "runbooks").unwrap();
//! assert_eq!(runbooks.status, Status::Verified);
//! # Ok(())
//! # }
//! ```
//!
//! [`verify::verify_with`] reads within other [`bundle::Bounds`], by more threads, or judges a selection of the items:
//!
//! ```
//! # use evidence::sigstore::{Options, Roots};
//! # use evidence::verify::{AskedRelease, Trust};
//! # let trust = Trust { roots: Roots::none(), seal: vec![], keys: vec![], options: Options::STRICT, policy: None,
//! #     asked: AskedRelease::default() };
//! use evidence::model::{Kind, Verdict};
//! use evidence::verify::{ReadOptions, Selection, verify_with};
//!
//! let mut options = ReadOptions::default();
//! options.bounds.plain_bytes = 1 << 30;
//! options.threads = std::num::NonZeroUsize::new(4).unwrap();
//! options.select = Selection { kinds: [Kind::Image, Kind::Sbom].into(), ..Selection::default() };
//!
//! let report = verify_with(&b"no bundle at all"[..], "b.tar.gz", None, &trust, &options);
//!
//! assert_eq!(report.verdict(), Verdict::Refused);
//! assert!(report.findings.iter().any(|finding| finding.code == "EV-archive-gzip-header"));
//! ```
//!
//! # Looking into a bundle
//! [`bundle::Archive`] gives its members, one after another; nothing that it gives is verified.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/bundles/good");
//! # let file = std::fs::File::open(folder.join("evidence-bundle-v1.4.0.tar.gz"))?;
//! let mut archive = evidence::bundle::Archive::new(file);
//! let first = archive.next_member()?.unwrap();
//! let mut json = Vec::new();
//! archive.read_body(&mut |piece| json.extend_from_slice(piece))?;
//! let manifest = evidence::bundle::canonical::parse(&json)?;
//!
//! assert_eq!(first.path.as_str(), "manifest.json");
//! assert_eq!(manifest.release.tag, "v1.4.0");
//! # Ok(())
//! # }
//! ```
//!
//! # What is promised
//! Semantic versioning covers what `tests/public_api.rs` uses: judging, the report, options and bounds, members of a
//! bundle, packing. Everything else is public for the command line of this package and may change with any version.

pub mod appraise;
pub mod bundle;
pub mod config;
pub mod disk;
pub mod git;
pub mod metrics;
pub mod model;
pub mod oci;
pub mod redact;
pub mod report;
pub mod sbom;
pub mod secrets;
pub mod sigstore;
pub mod verify;
pub mod vulns;

#[cfg(feature = "net")]
pub mod collect;
#[cfg(feature = "net")]
pub mod net;
#[cfg(feature = "sandbox")]
pub mod sandbox;
#[cfg(feature = "net")]
pub mod seal;
