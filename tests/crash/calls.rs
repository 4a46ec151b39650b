//! System calls of Linux on x86-64 that write or make names, as a stopped thread is about to do them.

use nix::errno::Errno;
use nix::libc::{self, c_long, user_regs_struct};
use nix::unistd::Pid;
use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

/// What a call does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Deed {
    /// Opens a file that may be new, or is emptied.
    Create,
    /// Writes bytes, or changes the size.
    Write,
    /// Has a file or folder on disk.
    Sync,
    /// Gives a file another name, or one more.
    Rename,
    /// Removes a name.
    Remove,
    /// Makes a folder.
    Folder,
    /// Takes or leaves a lock.
    Lock,
}

/// A call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) deed: Deed,
    /// The file or folder, absolute.
    pub(crate) path: PathBuf,
    /// Its new name.
    pub(crate) to: Option<PathBuf>,
    /// What a file holds that gets another name.
    pub(crate) bytes: Vec<u8>,
    /// When it was entered, as a number that grows with each entry and exit.
    pub(crate) entered: usize,
    /// When it was left; 0 when it never was.
    pub(crate) left: usize,
    /// Whether it gave no error.
    pub(crate) worked: bool,
}

impl Call {
    /// Whether a disk in that state refuses such a call.
    pub(crate) fn can_give(&self, errno: Errno) -> bool {
        match self.deed {
            // Memory, no disk.
            Deed::Lock => false,
            // Names go without needing space.
            Deed::Remove => errno != Errno::ENOSPC,
            _ => true,
        }
    }

    /// Whether a run that lacks it lacks something: who took a lock, and what a killed run left, is a courtesy.
    pub(crate) fn matters(&self) -> bool {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        match self.deed {
            Deed::Write => !(name == "lock" || name.ends_with(".lock")),
            Deed::Remove => !name.starts_with('.'),
            _ => true,
        }
    }

    /// The path, where it is opened for writing and is a file on a disk.
    pub(crate) fn opened(self) -> Option<PathBuf> {
        let system = ["/dev", "/proc", "/sys"];
        let on_disk =
            self.path.is_absolute() && !system.iter().any(|top| self.path.starts_with(top));
        (self.deed == Deed::Create && on_disk).then_some(self.path)
    }
}

/// The call that the thread is about to do, where it is one of these on a file or folder.
pub(crate) fn read(thread: Pid, registers: &user_regs_struct) -> Option<Call> {
    let arguments = [
        registers.rdi,
        registers.rsi,
        registers.rdx,
        registers.r10,
        registers.r8,
    ];
    let of_fd = |at: usize| file(thread, arguments[at]);
    let of_path = |at: usize| named(thread, None, arguments[at]);
    let of_path_at = |at: usize| named(thread, Some(arguments[at]), arguments[at + 1]);
    let flags = |at: usize| i32::try_from(arguments[at] & 0xffff_ffff).unwrap_or_default();
    let makes = |flags: i32| flags & (libc::O_CREAT | libc::O_TRUNC) != 0;
    let number = c_long::try_from(registers.orig_rax).ok()?;
    let (deed, path, to) = match number {
        libc::SYS_open if makes(flags(1)) => (Deed::Create, of_path(0)?, None),
        libc::SYS_openat if makes(flags(2)) => (Deed::Create, of_path_at(0)?, None),
        libc::SYS_creat => (Deed::Create, of_path(0)?, None),
        libc::SYS_write
        | libc::SYS_pwrite64
        | libc::SYS_writev
        | libc::SYS_pwritev
        | libc::SYS_pwritev2
        | libc::SYS_ftruncate
        | libc::SYS_fallocate
        | libc::SYS_sendfile => (Deed::Write, of_fd(0)?, None),
        libc::SYS_copy_file_range => (Deed::Write, of_fd(2)?, None),
        libc::SYS_truncate => (Deed::Write, of_path(0)?, None),
        libc::SYS_fsync | libc::SYS_fdatasync => (Deed::Sync, of_fd(0)?, None),
        libc::SYS_flock => (Deed::Lock, of_fd(0)?, None),
        libc::SYS_rename | libc::SYS_link => (Deed::Rename, of_path(0)?, Some(of_path(1)?)),
        libc::SYS_renameat | libc::SYS_renameat2 | libc::SYS_linkat => {
            (Deed::Rename, of_path_at(0)?, Some(of_path_at(2)?))
        }
        libc::SYS_unlink | libc::SYS_rmdir => (Deed::Remove, of_path(0)?, None),
        libc::SYS_unlinkat => (Deed::Remove, of_path_at(0)?, None),
        libc::SYS_mkdir => (Deed::Folder, of_path(0)?, None),
        libc::SYS_mkdirat => (Deed::Folder, of_path_at(0)?, None),
        // Nothing of these is expected; what they do would go uncounted.
        libc::SYS_symlink | libc::SYS_symlinkat | libc::SYS_io_uring_setup | libc::SYS_openat2 => {
            panic!("the system call {number} is not counted")
        }
        _ => return None,
    };
    let bytes = match deed {
        Deed::Rename => fs::read(&path).unwrap_or_default(),
        _ => Vec::new(),
    };
    Some(Call {
        deed,
        path,
        to,
        bytes,
        entered: 0,
        left: 0,
        worked: false,
    })
}

/// The file behind a descriptor; none for pipes, sockets and the like.
fn file(thread: Pid, descriptor: u64) -> Option<PathBuf> {
    let path = fs::read_link(format!("/proc/{thread}/fd/{descriptor}")).ok()?;
    path.is_absolute().then_some(path)
}

/// The path at this address, made absolute.
fn named(thread: Pid, folder: Option<u64>, address: u64) -> Option<PathBuf> {
    let memory = File::open(format!("/proc/{thread}/mem")).ok()?;
    let mut bytes = Vec::new();
    // A page at a time: the next may not be there.
    while !bytes.contains(&0) && bytes.len() < 8_192 {
        let at = address + bytes.len() as u64;
        let mut page = vec![0; 4_096 - usize::try_from(at % 4_096).ok()?];
        memory.read_exact_at(&mut page, at).ok()?;
        bytes.extend(page);
    }
    let end = bytes.iter().position(|byte| *byte == 0)?;
    let path = PathBuf::from(String::from_utf8(bytes[..end].to_vec()).ok()?);
    let base = match folder {
        Some(descriptor)
            if descriptor & 0xffff_ffff != u64::from(libc::AT_FDCWD.cast_unsigned()) =>
        {
            format!("/proc/{thread}/fd/{descriptor}")
        }
        _ => format!("/proc/{thread}/cwd"),
    };
    Some(plain(&fs::read_link(base).ok()?.join(path)))
}

/// The path without `.`.
fn plain(path: &Path) -> PathBuf {
    path.components().collect()
}
