//! Any bytes as the archive inside of a gzip stream: what is taken is, byte for byte, what `pack` would write.
//!
//! The target makes the stream, and the checksums of what looks like headers, so that the reader of the archive is reached.

#![no_main]

use evidence::bundle::header::BLOCK;
use evidence::bundle::{Archive, Reading};
use evidence::model::Digest;
use evidence_fuzz::archive::{Everything, gzip, tar};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, rest)) = bytes.split_first() else {
        return;
    };
    let mut plain = rest.to_vec();
    if choice & 1 == 1 {
        plain.iter_mut().for_each(|byte| *byte &= 0x7f);
    }
    if choice & 2 == 2 {
        set_sums(&mut plain);
    }
    if choice & 4 == 4 {
        plain.resize(plain.len().next_multiple_of(BLOCK) + 2 * BLOCK, 0);
    }
    let found = Everything.read(Archive::new(&*gzip(&plain)));
    if let Ok(digest) = found.end {
        assert_eq!(digest, Digest::of(&plain));
        // An archive of no members is one, of which `verify` says that it lacks the manifest.
        let mtime = ::tar::Header::from_byte_slice(&plain[..BLOCK]).mtime();
        let members = found.members.iter();
        let again = tar(
            members.map(|(path, body)| (&**path, &**body)),
            mtime.unwrap_or(0),
        );
        assert!(
            again == plain,
            "an archive that pack would not write was taken"
        );
    }
});

/// Gives each block that could be a header the checksum that it needs.
fn set_sums(plain: &mut [u8]) {
    for block in plain.chunks_exact_mut(BLOCK) {
        if &block[257..262] != b"ustar" {
            continue;
        }
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    }
}
