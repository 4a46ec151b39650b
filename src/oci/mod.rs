//! Image references, manifests and image layouts (OCI image spec 1.1, distribution spec 1.1): bytes in, values out.

pub mod attached;
pub mod descriptor;
pub mod layout;
pub mod manifest;
pub mod pins;
pub mod reference;

pub use attached::{Attached, Found};
pub use descriptor::{Descriptor, Platform};
pub use layout::Layout;
pub use manifest::{Document, Index, Listed, Manifest};
pub use reference::{ImageRef, Reference, Selector};
