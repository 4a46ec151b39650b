//! The evidence bundle as a file: canonical manifest, deterministic archive, strict reader.

pub mod archive;
pub mod canonical;
pub mod contents;
pub mod gunzip;
pub mod gzip;
pub mod header;
pub mod inspect;
pub mod layout;
pub mod listing;
pub mod pack;

pub use archive::{Archive, ArchiveError, Totals};
pub use contents::{Contents, Defect, Member, Summary};
pub use inspect::{InspectError, Inspected, inspect};
pub use listing::{ListedMember, Listing, list};
pub use pack::{COMPRESSOR, PackError, Packed, pack};

/// Name of the manifest, the first member.
pub const MANIFEST: &str = "manifest.json";
/// Name of the configuration, the second member.
pub const CONFIGURATION: &str = "evidence.yaml";
