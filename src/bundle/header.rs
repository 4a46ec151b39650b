//! The one tar header that a member of a given name, size and time can have.

use crate::model::MemberPath;

/// Bytes of a tar block.
pub const BLOCK: usize = 512;

/// The ustar header (POSIX.1-1988) of a regular file: mode 0644, owner 0, no names, no links.
///
/// None when a number does not fit its field.
pub fn header(path: &str, size: u64, mtime: u64) -> Option<[u8; BLOCK]> {
    // 11 octal digits each.
    if size >= 1 << 33 || mtime >= 1 << 33 || path.len() > MemberPath::MAX_BYTES {
        return None;
    }
    let mut header = tar::Header::new_ustar();
    header
        .as_ustar_mut()?
        .name
        .get_mut(..path.len())?
        .copy_from_slice(path.as_bytes());
    header.set_entry_type(tar::EntryType::Regular);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(size);
    header.set_mtime(mtime);
    header.set_device_major(0).ok()?;
    header.set_device_minor(0).ok()?;
    header.set_cksum();
    Some(*header.as_bytes())
}

/// Zero bytes after a member of that size.
pub fn padding(size: u64) -> usize {
    let over = (size % BLOCK as u64) as usize;
    if over == 0 { 0 } else { BLOCK - over }
}
