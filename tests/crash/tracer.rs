//! Runs a program under ptrace and counts, over all its threads, the system calls that write or make names.
//!
//! Each has two points: before the kernel does it, and after. At one of them the program can be killed; or calls can be
//! refused, as a full disk or a read-only file system does, without the kernel seeing them.

use crate::calls::{self, Call};
use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is done to the program.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deed {
    /// Nothing.
    Watch,
    /// It is killed at the point of this number, counted from 0.
    Kill(usize),
    /// The call of this number and all after it give this error.
    Refuse(usize, Errno),
}

/// How a traced run went.
#[derive(Debug)]
pub(crate) struct Traced {
    /// Exit code; none when it was killed.
    pub(crate) code: Option<i32>,
    /// Standard error.
    pub(crate) stderr: String,
    /// Calls that write or make names below the watched folder, in the order in which they were entered.
    pub(crate) calls: Vec<Call>,
    /// Points that were passed.
    pub(crate) points: usize,
    /// Files outside of the watched folder that were opened for writing.
    pub(crate) elsewhere: Vec<PathBuf>,
}

/// Whether processes may be traced here.
pub(crate) fn is_permitted() -> bool {
    let folder = tempfile::tempdir().unwrap();
    let traced = std::panic::catch_unwind(|| {
        let mut program = Command::new("true");
        program.env("PATH", std::env::var_os("PATH").unwrap());
        trace(&program, folder.path(), folder.path(), Deed::Watch)
    });
    traced.is_ok_and(|traced| traced.code == Some(0))
}

/// Runs `program` to its end. What it does below `watched` is counted; its output goes to files in `aside`.
pub(crate) fn trace(program: &Command, watched: &Path, aside: &Path, deed: Deed) -> Traced {
    let stderr = aside.join("stderr");
    // The shell waits until it is traced, and becomes the program.
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "read -r _; exec \"$@\"", "sh"])
        .arg(program.get_program())
        .args(program.get_args())
        .env_clear()
        .envs(
            program
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(File::create(aside.join("stdout")).unwrap())
        .stderr(File::create(&stderr).unwrap());
    #[expect(
        clippy::zombie_processes,
        reason = "the tracer waits for it and its threads"
    )]
    let mut child = shell.spawn().unwrap();
    let pid = Pid::from_raw(child.id().try_into().unwrap());
    let options = Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_TRACEEXEC
        | Options::PTRACE_O_EXITKILL;
    ptrace::seize(pid, options).unwrap();
    child.stdin.take().unwrap().write_all(b"go\n").unwrap();
    let mut tracer = Tracer {
        pid,
        watched: watched.to_owned(),
        deed,
        runs: false,
        open: BTreeMap::new(),
        sequence: 0,
        calls: Vec::new(),
        points: 0,
        elsewhere: Vec::new(),
    };
    let code = tracer.follow();
    Traced {
        code,
        stderr: fs::read_to_string(stderr).unwrap(),
        calls: tracer.calls,
        points: tracer.points,
        elsewhere: tracer.elsewhere,
    }
}

struct Tracer {
    pid: Pid,
    watched: PathBuf,
    deed: Deed,
    /// Whether the shell has become the program.
    runs: bool,
    /// Calls that threads are in, and the error that they are to give.
    open: BTreeMap<Pid, (usize, Option<Errno>)>,
    sequence: usize,
    calls: Vec<Call>,
    points: usize,
    elsewhere: Vec<PathBuf>,
}

impl Tracer {
    /// Follows all threads until the program ends; gives its exit code, none when a signal ended it.
    fn follow(&mut self) -> Option<i32> {
        let group = Pid::from_raw(-self.pid.as_raw());
        loop {
            let status = match waitpid(group, Some(WaitPidFlag::__WALL)) {
                Err(Errno::EINTR) => continue,
                status => status.unwrap(),
            };
            match status {
                WaitStatus::Exited(thread, code) if thread == self.pid => return Some(code),
                WaitStatus::Signaled(thread, ..) if thread == self.pid => return None,
                WaitStatus::PtraceSyscall(thread) => {
                    if self.at_call(thread) {
                        self.resume(thread, None);
                    } else {
                        kill(self.pid, Signal::SIGKILL).unwrap();
                    }
                }
                WaitStatus::PtraceEvent(thread, _, event) => {
                    self.runs |= event == libc::PTRACE_EVENT_EXEC;
                    self.resume(thread, None);
                }
                WaitStatus::Stopped(thread, signal) => self.resume(thread, Some(signal)),
                _ => {}
            }
        }
    }

    fn resume(&self, thread: Pid, signal: Option<Signal>) {
        let resumed = match self.runs {
            true => ptrace::syscall(thread, signal),
            false => ptrace::cont(thread, signal),
        };
        // A thread that was killed meanwhile is gone.
        assert!(matches!(resumed, Ok(()) | Err(Errno::ESRCH)), "{resumed:?}");
    }

    /// A thread enters or leaves a call; whether the program lives on.
    fn at_call(&mut self, thread: Pid) -> bool {
        let Ok(info) = ptrace::syscall_info(thread) else {
            return true;
        };
        let counted = match info.op {
            libc::PTRACE_SYSCALL_INFO_ENTRY => self.enters(thread),
            libc::PTRACE_SYSCALL_INFO_EXIT => self.leaves(thread),
            _ => false,
        };
        if !counted {
            return true;
        }
        let here = self.points;
        self.points += 1;
        !matches!(self.deed, Deed::Kill(point) if point == here)
    }

    /// Whether the call is one that counts.
    fn enters(&mut self, thread: Pid) -> bool {
        let Ok(mut registers) = ptrace::getregs(thread) else {
            return false;
        };
        let Some(mut call) = calls::read(thread, &registers) else {
            return false;
        };
        if !call.path.starts_with(&self.watched) {
            self.elsewhere.extend(call.opened());
            return false;
        }
        self.sequence += 1;
        call.entered = self.sequence;
        let number = self.calls.len();
        let refused = match self.deed {
            Deed::Refuse(from, errno) if number >= from && call.can_give(errno) => Some(errno),
            _ => None,
        };
        if refused.is_some() {
            // No such call: the kernel does nothing.
            registers.orig_rax = u64::MAX;
            ptrace::setregs(thread, registers).unwrap();
        }
        self.calls.push(call);
        self.open.insert(thread, (number, refused));
        true
    }

    fn leaves(&mut self, thread: Pid) -> bool {
        let Some((number, refused)) = self.open.remove(&thread) else {
            return false;
        };
        let Ok(mut registers) = ptrace::getregs(thread) else {
            return false;
        };
        if let Some(errno) = refused {
            registers.rax = (-i64::from(errno as i32)).cast_unsigned();
            ptrace::setregs(thread, registers).unwrap();
        }
        self.sequence += 1;
        let call = &mut self.calls[number];
        call.left = self.sequence;
        call.worked = !registers.rax.cast_signed().is_negative();
        true
    }
}
