//! How much a bundle may ask of its reader: one place, each bound with its reason, all adjustable.

use crate::model::limits;

/// Bounds of one reading. What is over one of them is refused by name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Bounds {
    /// Plain bytes in all: at most half a minute of one core.
    pub plain_bytes: u64,
    /// Plain bytes for each compressed byte, beyond [`Bounds::FREE_BYTES`]: real evidence reaches 20.
    pub ratio: u64,
    /// Members of the archive.
    pub members: usize,
    /// Plain bytes of one member.
    pub member_bytes: u64,
    /// Bytes of `manifest.json`.
    pub manifest_bytes: u64,
    /// Items of the manifest.
    pub items: usize,
    /// Bytes of one member that has to be judged as a whole, and of all those that wait for the rest of their items.
    pub held_bytes: u64,
}

impl Bounds {
    /// What [`Bounds::default`] gives, for `const` contexts.
    pub const DEFAULT: Self = Self {
        plain_bytes: limits::PLAIN_BYTES,
        ratio: limits::PLAIN_RATIO,
        members: limits::MEMBERS,
        member_bytes: limits::MEMBER_BYTES,
        manifest_bytes: limits::MANIFEST_BYTES,
        items: limits::ITEMS,
        held_bytes: limits::HELD_BYTES,
    };

    /// Plain bytes that any file may have, however small it is.
    pub const FREE_BYTES: u64 = 64 << 20;

    /// Plain bytes that a stream may have after `packed` compressed ones, and whether the ratio is what bounds them.
    pub(super) fn plain_after(&self, packed: u64) -> (u64, bool) {
        let by_ratio = Self::FREE_BYTES.max(packed.saturating_mul(self.ratio));
        (self.plain_bytes.min(by_ratio), by_ratio < self.plain_bytes)
    }
}

impl Default for Bounds {
    fn default() -> Self {
        Self::DEFAULT
    }
}
