//! Gzip members (RFC 1952) by hand: any header, any data, any trailer.

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

/// Deflated nothing: one final block with fixed codes that ends at once.
pub(crate) const NOTHING: [u8; 2] = [3, 0];

/// A gzip member in its parts.
#[derive(Clone)]
pub(crate) struct Member {
    /// Magic, method, flags, time, extra flags, system.
    pub(crate) fixed: [u8; 10],
    /// The extra field, its length before it; then name, comment, header checksum: what the flags announce.
    pub(crate) optional: Vec<u8>,
    pub(crate) deflated: Vec<u8>,
    pub(crate) crc: u32,
    pub(crate) size: u32,
}

impl Member {
    /// A member as plain gzip writes it.
    pub(crate) fn of(plain: &[u8]) -> Self {
        Self::raw(plain, deflate(plain, 6))
    }

    /// A member with these data, which are said to give these plain bytes.
    pub(crate) fn raw(plain: &[u8], deflated: Vec<u8>) -> Self {
        let mut crc = Crc::new();
        crc.update(plain);
        Self {
            fixed: [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255],
            optional: Vec::new(),
            deflated,
            crc: crc.sum(),
            size: crc.amount(),
        }
    }

    /// The same with an extra field.
    #[must_use]
    pub(crate) fn extra(mut self, extra: &[u8]) -> Self {
        self.fixed[3] |= 4;
        self.optional = u16::try_from(extra.len()).unwrap().to_le_bytes().to_vec();
        self.optional.extend_from_slice(extra);
        self
    }

    /// The same with its size in the extra field `IG`, off by that much.
    #[must_use]
    pub(crate) fn sized(self, off: i64) -> Self {
        let size = 20 + self.deflated.len() as i64 + 8 + off;
        let mut extra = vec![b'I', b'G', 4, 0];
        extra.extend_from_slice(&(size as u32).to_le_bytes());
        self.extra(&extra)
    }

    /// The same with a flag, and the bytes that it announces.
    #[must_use]
    pub(crate) fn flag(mut self, flag: u8, bytes: &[u8]) -> Self {
        self.fixed[3] |= flag;
        self.optional.extend_from_slice(bytes);
        self
    }

    /// The same with another byte in the first ten.
    #[must_use]
    pub(crate) fn fixed(mut self, at: usize, byte: u8) -> Self {
        self.fixed[at] = byte;
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = self.fixed.to_vec();
        out.extend_from_slice(&self.optional);
        out.extend_from_slice(&self.deflated);
        out.extend_from_slice(&self.crc.to_le_bytes());
        out.extend_from_slice(&self.size.to_le_bytes());
        out
    }
}

/// Plain bytes in members of that many, each with its size.
pub(crate) fn members(plain: &[u8], chunk: usize) -> Vec<Member> {
    let chunks = plain.chunks(chunk);
    chunks.map(|chunk| Member::of(chunk).sized(0)).collect()
}

/// The file of these members.
pub(crate) fn file(members: &[Member]) -> Vec<u8> {
    members.iter().flat_map(Member::bytes).collect()
}

/// Deflated bytes (RFC 1951) of that level.
pub(crate) fn deflate(plain: &[u8], level: u32) -> Vec<u8> {
    let mut deflate = Compress::new(Compression::new(level), false);
    let mut out = Vec::with_capacity(plain.len() + plain.len() / 100 + 1_024);
    loop {
        let rest = &plain[deflate.total_in() as usize..];
        let status = deflate.compress_vec(rest, &mut out, FlushCompress::Finish);
        match status.unwrap() {
            Status::StreamEnd => return out,
            _ => out.reserve(1 << 16),
        }
    }
}

/// The same in stored blocks of at most that many bytes, each with as many empty blocks before it.
pub(crate) fn stored(plain: &[u8], block: u16, empty: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut add = |kind: u8, bytes: &[u8]| {
        let length = bytes.len() as u16;
        out.push(kind);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(bytes);
    };
    for chunk in plain.chunks(block.into()) {
        (0..empty).for_each(|_| add(0, b""));
        add(0, chunk);
    }
    add(1, b"");
    out
}
