//! The evidence bundle as a file: canonical manifest, deterministic archive, strict reader.

pub mod archive;
pub mod bounds;
pub mod canonical;
pub mod contents;
mod framing;
pub mod gunzip;
pub mod gzip;
pub mod header;
mod inflate;
pub mod inspect;
pub mod layout;
pub mod listing;
mod member_header;
pub mod names;
pub mod pack;
mod parallel;
pub mod plain;

pub use archive::{Archive, ArchiveError, Reading, read_with};
pub use bounds::Bounds;
pub use contents::{Contents, Defect, Member, Summary};
pub use inspect::{InspectError, Inspected, inspect};
pub use listing::{ListedMember, Listing, list};
pub use pack::{COMPRESSOR, PackError, Packed, pack, pack_with};
pub use plain::{Inline, Plain, Totals};

/// Name of the manifest, the first member.
pub const MANIFEST: &str = "manifest.json";
/// Name of the configuration, the second member.
pub const CONFIGURATION: &str = "evidence.yaml";
