//! Whom something is held against.

use super::process::{Cost, job, told, watched};
use super::{bodies, gates};
use std::path::Path;
use std::process::{Command, Stdio};

/// What else does the same, or does what cannot be left out of it.
#[derive(Clone, Copy)]
pub(super) enum Peer {
    /// A job of this program: what it is, and its name.
    Job(&'static str, &'static str),
    /// `jq -c .` over the bodies.
    Jq,
    /// What it is, which part of `peers.py`, and the module that it needs.
    Python(&'static str, &'static str, &'static str),
}

impl Peer {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Job(name, _) | Self::Python(name, ..) => name,
            Self::Jq => "jq -c .",
        }
    }

    pub(super) fn is_there(self) -> bool {
        let mut command = match self {
            Self::Job(..) => return true,
            Self::Jq => jq(),
            Self::Python(_, _, module) => {
                let mut python = Command::new("python3");
                python.args(["-c", &format!("import {module}")]);
                python
            }
        };
        let silent = command.stdin(Stdio::null()).stdout(Stdio::null());
        silent
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    pub(super) fn cost(self, folder: &Path) -> Cost {
        match self {
            Self::Job(_, name) => job(name, folder),
            Self::Jq => watched(&mut jq(), &bodies::files(folder)),
            Self::Python(_, part, _) => {
                let script = concat!(
                    env!("CARGO_MANIFEST_DIR"),
                    "/tests/benches/metrics/peers.py"
                );
                let mut python = Command::new("python3");
                told(python.args([script, part]).arg(gates::file(folder)))
            }
        }
    }
}

fn jq() -> Command {
    let mut jq = Command::new("jq");
    jq.args(["-c", "."]);
    jq
}
