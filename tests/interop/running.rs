//! The running stack: its addresses and files, its servers, which a test may take away, and the program under test.

use std::env;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};
use std::thread;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// The tag that images and releases bear.
pub(crate) const TAG: &str = "v1.0.0";

/// Tests share the servers, but for one that stops some: that one has all of them for itself.
static SERVERS: RwLock<()> = RwLock::const_new(());

/// All servers are up for as long as this is held.
pub(crate) fn shared() -> RwLockReadGuard<'static, ()> {
    SERVERS.blocking_read()
}

/// The same, from within a runtime.
pub(crate) async fn shared_async() -> RwLockReadGuard<'static, ()> {
    SERVERS.read().await
}

/// The right to stop servers.
pub(crate) struct Alone {
    _servers: RwLockWriteGuard<'static, ()>,
}

impl Alone {
    pub(crate) fn with_all_servers() -> Self {
        Self {
            _servers: SERVERS.blocking_write(),
        }
    }

    /// Sees to it that the servers are up when the test ends, however it does.
    pub(crate) fn promise(&self, names: &[&'static str]) -> Promise<'_> {
        Promise {
            _alone: self,
            names: names.to_vec(),
        }
    }
}

/// Servers that are started again at the end.
pub(crate) struct Promise<'a> {
    _alone: &'a Alone,
    names: Vec<&'static str>,
}

impl Promise<'_> {
    /// Takes them away.
    pub(crate) fn stop(&self) {
        for name in &self.names {
            control("stop", name);
        }
    }

    /// Gives them back with their data, and waits until they answer.
    pub(crate) fn start(&self) {
        for name in &self.names {
            control("start", name);
        }
    }
}

impl Drop for Promise<'_> {
    fn drop(&mut self) {
        self.start();
    }
}

/// Has the stack stop or start a server.
pub(crate) fn control(verb: &str, server: &str) {
    let output = Command::new(variable("STACK_SCRIPT"))
        .args([verb, &variable("EVIDENCE_STACK"), server])
        .output()
        .unwrap();
    assert!(output.status.success(), "{verb} {server}: {output:?}");
}

/// A variable of the stack's environment.
pub(crate) fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run inside tests/interop/stack"))
}

/// The address of Prometheus 3 where it could be built. Where not, the stack lists the calling test at its end.
pub(crate) fn prometheus3() -> Option<String> {
    let url = variable("STACK_PROMETHEUS3_URL");
    if url.is_empty() {
        let mut skipped = File::options()
            .append(true)
            .create(true)
            .open(stack_file("skipped"))
            .unwrap();
        let test = thread::current().name().unwrap_or("a test").to_owned();
        writeln!(skipped, "  {test}: prometheus3 is not built").unwrap();
        return None;
    }
    Some(url)
}

/// A file of the stack's folder.
pub(crate) fn stack_file(name: &str) -> String {
    let path = Path::new(&variable("EVIDENCE_STACK")).join(name);
    path.to_str().unwrap().to_owned()
}

/// The trusted root of the private Sigstore.
pub(crate) fn trusted_root() -> String {
    stack_file("trust/trusted_root.json")
}

/// A public key of the stack.
pub(crate) fn public_key(name: &str) -> String {
    stack_file(&format!("keys/{name}.pub"))
}

/// Flags by which cosign and `evidence` alike accept the release workflow.
pub(crate) fn workflow() -> Vec<String> {
    vec![
        format!("--certificate-identity={}", variable("STACK_IDENTITY")),
        format!("--certificate-oidc-issuer={}", variable("STACK_GHA_ISSUER")),
    ]
}

/// Flags by which cosign and `evidence` alike accept a key of the stack.
pub(crate) fn by_key(name: &str) -> Vec<String> {
    vec![format!("--key={}", public_key(name))]
}

/// An identity token of the release workflow at that commit.
pub(crate) fn token(commit: &str) -> String {
    let (repository, reference) = (variable("STACK_REPOSITORY"), variable("STACK_REF"));
    token_of(&["gha", &repository, &reference, commit])
}

/// An identity token of whom the stack's `token` command is told.
pub(crate) fn token_of(whom: &[&str]) -> String {
    let output = Command::new(variable("STACK_SCRIPT"))
        .args(["token", &variable("EVIDENCE_STACK")])
        .args(whom)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// An image by tag, and its digest.
pub(crate) struct Image {
    pub(crate) reference: String,
    pub(crate) digest: String,
}

/// An image of the stack in that registry.
pub(crate) fn image(registry: &str, name: &str) -> Image {
    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(variable("STACK_IMAGES")).unwrap()).unwrap();
    Image {
        reference: format!("{}/shop/{name}:{TAG}", variable(registry)),
        digest: json[name]["digest"].as_str().unwrap().to_owned(),
    }
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) exit: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The same, when it ended with that exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        let Self {
            exit,
            stdout,
            stderr,
        } = &self;
        assert_eq!(*exit, Some(code), "stdout:\n{stdout}\nstderr:\n{stderr}");
        self
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Ids of the items that collecting reports in that way: `captured`, `kept` or `failed`.
    pub(crate) fn items(&self, how: &str) -> Vec<&str> {
        let mut ids: Vec<_> = self
            .stderr
            .lines()
            .filter_map(|line| line.strip_prefix(how)?.strip_prefix(' '))
            .filter_map(|rest| Some(rest.trim_start().split_once(':')?.0))
            .collect();
        ids.sort_unstable();
        ids
    }
}

/// The program under test, without what the surroundings would add to its flags.
pub(crate) fn evidence() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evidence"));
    forget_surroundings(&mut command);
    command
}

/// The program, in a network without any interface, not even a loopback that is up.
pub(crate) fn without_network(program: &str) -> Command {
    let mut command = Command::new("unshare");
    command.args(["-n", "--", program]);
    forget_surroundings(&mut command);
    command
}

/// The path of the program under test.
pub(crate) const EVIDENCE: &str = env!("CARGO_BIN_EXE_evidence");

fn forget_surroundings(command: &mut Command) {
    for name in [
        "GITHUB_ACTIONS",
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "CI_JOB_URL",
    ] {
        command.env_remove(name);
    }
}

/// Runs it to its end.
pub(crate) fn run(command: &mut Command) -> Ran {
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Ran {
        exit: status.code(),
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    }
}
