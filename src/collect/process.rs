//! Running a program: no shell, a bounded output, a bounded time, and no child left behind.

use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

/// How a program ended.
#[derive(Debug)]
pub(super) struct Finished {
    /// Exit code; none when a signal ended it.
    pub(super) exit_code: Option<i32>,
    /// The signal that ended it.
    pub(super) signal: Option<i32>,
    /// Whether it was ended because its time was up.
    pub(super) timed_out: bool,
    pub(super) stdout: Kept,
    pub(super) stderr: Kept,
}

/// The beginning of an output stream.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) bytes: Vec<u8>,
    /// Whether there was more.
    pub(super) truncated: bool,
}

/// Leaves the command these variables of this process alone. The others are removed one by one: where the environment was
/// cleared, the standard library forks, which takes as long as this process has memory.
pub(super) fn keep_variables<'a>(
    command: &mut Command,
    kept: impl Iterator<Item = &'a str> + Clone,
) {
    // Windows knows `Path` as `PATH`.
    let is_same = |one: &str, other: &str| match cfg!(windows) {
        true => one.eq_ignore_ascii_case(other),
        false => one == other,
    };
    for (name, _) in std::env::vars_os() {
        let is_kept = |name: &str| kept.clone().any(|one| is_same(one, name));
        if !name.to_str().is_some_and(is_kept) {
            command.env_remove(name);
        }
    }
}

/// Runs a program to its end, or until `time` is up: then it and its process group are killed.
///
/// Of each output stream the first `output_bytes` are kept, the rest is read and dropped.
pub(super) async fn run(
    mut command: Command,
    stdin: &[u8],
    output_bytes: u64,
    time: Duration,
) -> std::io::Result<Finished> {
    command
        .stdin(if stdin.is_empty() {
            Stdio::null()
        } else {
            Stdio::piped()
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command.spawn()?;
    let mut group = Group(child.id());
    let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let mut stdout = Kept::default();
    let mut stderr = Kept::default();
    let all = async {
        let (_, read_out, read_err, status) = tokio::join!(
            feed(input, stdin),
            keep(output, &mut stdout, output_bytes),
            keep(errors, &mut stderr, output_bytes),
            child.wait(),
        );
        read_out?;
        read_err?;
        status
    };
    let ended = tokio::time::timeout(time, all).await;
    let (status, timed_out) = match ended {
        Ok(status) => (status?, false),
        Err(_) => {
            group.kill();
            // Without a process group (or outside of it) the child itself is still there.
            child.start_kill().ok();
            (child.wait().await?, true)
        }
    };
    group.0 = None;
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal = None;
    Ok(Finished {
        exit_code: status.code(),
        signal,
        timed_out,
        stdout,
        stderr,
    })
}

async fn feed(input: Option<tokio::process::ChildStdin>, bytes: &[u8]) {
    if let Some(mut input) = input {
        // A program that does not read its input to the end says so by its exit code.
        input.write_all(bytes).await.ok();
    }
}

async fn keep(
    from: Option<impl AsyncRead + Unpin>,
    kept: &mut Kept,
    limit: u64,
) -> std::io::Result<()> {
    let Some(mut from) = from else {
        return Ok(());
    };
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = from.read(&mut buffer).await?;
        let Some(read) = buffer.get(..count).filter(|read| !read.is_empty()) else {
            return Ok(());
        };
        let room = limit.saturating_sub(kept.bytes.len() as u64);
        let fits = usize::try_from(room).unwrap_or(usize::MAX).min(read.len());
        kept.bytes.extend(read.iter().take(fits));
        kept.truncated |= fits < read.len();
    }
}

/// A running process group, killed when it is dropped: when the future that runs it is.
struct Group(Option<u32>);

impl Group {
    fn kill(&mut self) {
        #[cfg(unix)]
        if let Some(group) = self
            .0
            .and_then(|id| i32::try_from(id).ok())
            .and_then(rustix::process::Pid::from_raw)
        {
            rustix::process::kill_process_group(group, rustix::process::Signal::KILL).ok();
        }
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}
