//! What the black-box tests share: in-process services, a small project to release, and the real binary.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up has failed"
)]

pub(crate) mod project;

use evidence::sandbox::{Caller, Claims, PublishedImages, Sandbox, SandboxOptions, Workflow};
use project::Project;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// `ORG/NAME` of the project that is released.
pub(crate) const REPOSITORY: &str = "intelgraph/demo-shop";
/// Its tag.
pub(crate) const TAG: &str = "v1.4.0";

/// Running services with three signed images, and a folder for what a test writes.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) images: PublishedImages,
    _runtime: Runtime,
    folder: TempDir,
}

/// What a run of the binary gave.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl World {
    /// Starts the services. They end with the value.
    pub(crate) fn start() -> Self {
        Self::with(|_| {})
    }

    /// Starts them with other options.
    pub(crate) fn with(change: impl FnOnce(&mut SandboxOptions)) -> Self {
        let runtime = Runtime::new().unwrap();
        let nobody = "0".repeat(40);
        let mut options = SandboxOptions::release(REPOSITORY, TAG, &nobody);
        change(&mut options);
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        let images = sandbox.publish_images().unwrap();
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        std::fs::write(
            folder.path().join("trusted_root.json"),
            sandbox.trusted_root_json(),
        )
        .unwrap();
        std::fs::write(
            folder.path().join("signing_config.json"),
            sandbox.signing_config_json(),
        )
        .unwrap();
        Self {
            sandbox,
            images,
            _runtime: runtime,
            folder,
        }
    }

    /// A file or folder of this world, such as `trusted_root.json`.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// An empty folder that no other test has.
    pub(crate) fn new_folder(&self) -> PathBuf {
        tempfile::tempdir_in(self.folder.path()).unwrap().keep()
    }

    /// A token of the release workflow at this tag and commit.
    pub(crate) fn token(&self, tag: &str, commit: &str) -> String {
        let workflow = Workflow::release(REPOSITORY, tag, commit);
        self.sandbox
            .identity_token(&Claims::of(Caller::Workflow(workflow)))
            .unwrap()
    }

    /// The arguments of `evidence release` for the project, by its release workflow.
    pub(crate) fn release_args(&self, project: &Project) -> Vec<String> {
        let config = project.path("evidence.yaml");
        let mut args: Vec<String> = ["release", "--tag", &project.tag, "--config"]
            .map(String::from)
            .into();
        args.push(text(&config));
        args.extend(["--out-dir".into(), text(&project.out)]);
        args.extend([
            "--identity-token".into(),
            self.token(&project.tag, &project.commit),
        ]);
        args.extend([
            "--signing-config".into(),
            text(&self.path("signing_config.json")),
        ]);
        args.extend([
            "--seal-trusted-root".into(),
            text(&self.path("trusted_root.json")),
        ]);
        args
    }

    /// The flags that accept the release workflow's seal under the sandbox's root.
    pub(crate) fn trust_args(&self) -> Vec<String> {
        let identity = Workflow::release(REPOSITORY, TAG, "").identity();
        let issuer = self.sandbox.issuer_url();
        let root = text(&self.path("trusted_root.json"));
        [
            "--certificate-identity",
            &identity,
            "--certificate-oidc-issuer",
            issuer,
            "--trusted-root",
            &root,
        ]
        .map(String::from)
        .into()
    }
}

/// The binary, with nothing of this machine's environment but the search path.
pub(crate) fn evidence() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evidence"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("NO_COLOR", "1");
    command
}

/// Runs the binary to its end.
pub(crate) fn run<S: AsRef<std::ffi::OsStr>>(args: &[S]) -> Run {
    finish(evidence().args(args))
}

/// Runs a command to its end.
pub(crate) fn finish(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> String {
    path.to_str().unwrap().into()
}
