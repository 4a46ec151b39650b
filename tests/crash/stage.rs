//! A small release, and the states that its commands start from.

use crate::common::project::Project;
use crate::common::{REPOSITORY, Run, TAG, World, evidence, finish, text};
use crate::whole::Seals;
use evidence::sandbox::Service;
use evidence::sigstore::trust::{Key, Roots};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// End of all windows of time: captures of any run are the same.
const AT: &str = "2025-09-21T15:00:00Z";
/// A key that needs no password, and its public half.
const KEY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/fixtures/sigstore/test-keys/alice"
);
/// The bundle's name.
pub(crate) const BUNDLE: &str = "evidence-bundle-v1.4.0.tar.gz";

/// Running services, a project, and a folder that cases are made in.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) project: Project,
    /// In memory where there is such a folder: a disk's syncs take most of the time and change nothing here.
    cases: tempfile::TempDir,
    program: PathBuf,
}

/// What one run starts from, and leaves.
pub(crate) struct Case {
    /// All that is watched.
    pub(crate) folder: tempfile::TempDir,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let world = World::start();
        let prometheus = world.sandbox.url(Service::Prometheus);
        let registry = world.sandbox.registry().to_owned();
        let issuer = world.sandbox.issuer_url().to_owned();
        let project = Project::with(&world, |_| {
            format!(
                r#"version: 1
release: {{repository: github.com/{REPOSITORY}, package: "evidence-bundle-{{tag}}.tar.gz"}}
identities:
  release:
    issuer: {issuer}
    subject: https://github.com/{REPOSITORY}/.github/workflows/release.yml@refs/tags/{{tag}}
trusted-roots: [trusted_root.json]
images:
  - {{name: api, reference: "{registry}/demo/api:{{tag}}", signed-by: release}}
prometheus:
  main: {{url: "{prometheus}"}}
metrics:
  - {{id: lag, from: main, expr: 'queue_lag{{queue="orders"}}', window: 10m, step: 60s}}
gates:
  lagging: [{{metric: lag, red: "> 1000000"}}]
files:
  - {{id: runbooks, path: "docs/runbooks/**"}}
commands:
  - {{id: history, run: [git, log, "-1", "--format=%H"]}}
"#
            )
        });
        let memory = Path::new("/dev/shm");
        let cases = match memory.is_dir() {
            true => tempfile::tempdir_in(memory),
            false => tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")),
        };
        let program = world.path("evidence");
        // Each run hashes its own program: without what a debugger needs that is less than half of it.
        let stripped = Command::new("strip")
            .arg("-o")
            .arg(&program)
            .arg(env!("CARGO_BIN_EXE_evidence"))
            .status();
        if !stripped.is_ok_and(|status| status.success()) {
            fs::copy(env!("CARGO_BIN_EXE_evidence"), &program).unwrap();
        }
        Self {
            world,
            project,
            cases: cases.unwrap(),
            program,
        }
    }

    /// Who seals here, and by which root that holds.
    pub(crate) fn seals(&self) -> Seals {
        let mut roots = Roots::none();
        let root = self.world.sandbox.trusted_root_json();
        roots.add("root", root.as_bytes()).unwrap();
        let key = fs::read(format!("{KEY}.pub")).unwrap();
        let key = Key::parse(&key).unwrap();
        Seals { roots, key }
    }

    /// The program, with nothing of this machine's environment but the search path.
    fn program(&self) -> Command {
        let mut command = Command::new(&self.program);
        for (name, value) in evidence().get_envs() {
            command.env(name, value.unwrap());
        }
        command
    }

    /// A case that starts with nothing.
    pub(crate) fn empty(&self) -> Case {
        Case {
            folder: tempfile::tempdir_in(self.cases.path()).unwrap(),
        }
    }

    /// A case that starts with what another one has.
    pub(crate) fn like(&self, other: &Case) -> Case {
        let case = self.empty();
        copy(other.folder.path(), case.folder.path());
        case
    }

    /// `evidence NAME` for the project, its store being the case's.
    fn command(&self, name: &str, case: &Case) -> Command {
        let mut command = self.program();
        command.args([name, "--tag", TAG, "--config"]);
        command.arg(self.project.path("evidence.yaml"));
        command.arg("--store").arg(case.store());
        command
    }

    pub(crate) fn collect(&self, case: &Case) -> Command {
        let mut command = self.command("collect", case);
        command.args(["--at", AT]);
        command
    }

    pub(crate) fn pack(&self, case: &Case) -> Command {
        let mut command = self.command("pack", case);
        command.arg("--out-dir").arg(case.out());
        command
    }

    pub(crate) fn seal(&self, case: &Case) -> Command {
        let mut command = self.program();
        command.arg("seal").arg(case.bundle()).args(self.signer());
        command
    }

    pub(crate) fn release(&self, case: &Case) -> Command {
        let mut command = self.command("release", case);
        command.args(["--at", AT]).arg("--out-dir").arg(case.out());
        command.args(self.signer());
        command
    }

    /// A key seals, so that a seal that is there is kept.
    fn signer(&self) -> Vec<String> {
        let mut flags = vec!["--signing-key".into(), format!("{KEY}.key")];
        for (flag, file) in [
            ("--signing-config", "signing_config.json"),
            ("--seal-trusted-root", "trusted_root.json"),
        ] {
            flags.extend([flag.into(), text(&self.world.path(file))]);
        }
        flags
    }
}

impl Case {
    pub(crate) fn store(&self) -> PathBuf {
        // Not there at first, nor is the folder that it is in.
        self.folder.path().join("captures/v1.4.0")
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.folder.path().join("out/bundles")
    }

    pub(crate) fn bundle(&self) -> PathBuf {
        self.out().join(BUNDLE)
    }

    /// A file beside the bundle.
    pub(crate) fn beside(&self, suffix: &str) -> PathBuf {
        self.out().join(format!("{BUNDLE}{suffix}"))
    }
}

/// Runs it to its end, in an environment without anything else.
pub(crate) fn run(mut command: Command) -> Run {
    let own: Vec<_> = (command.get_envs())
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect();
    finish(command.env_clear().envs(own))
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
