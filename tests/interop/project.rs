//! A shop in a git repository: what it captures from the stack's servers, and who may vouch for it.

use super::running::{
    EVIDENCE, Ran, TAG, by_key, evidence, public_key, run, stack_file, token, trusted_root,
    variable, without_network, workflow,
};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// End of the three hours of samples that the metrics server holds.
pub(crate) const SAMPLES_END: &str = "2025-09-21T17:00:00Z";

/// Where the shop gets its evidence from.
pub(crate) struct Sources {
    /// The registry with the referrers API, HOST:PORT.
    pub(crate) referrers: String,
    /// The one without it.
    pub(crate) plain: String,
    /// The metrics server's address.
    pub(crate) prometheus: String,
    /// Commands besides `history`, a line of YAML each.
    pub(crate) commands: Vec<String>,
}

impl Sources {
    /// The stack's own servers.
    pub(crate) fn real() -> Self {
        Self {
            referrers: variable("STACK_REGISTRY"),
            plain: variable("STACK_REGISTRY_PLAIN"),
            prometheus: variable("STACK_PROMETHEUS_URL"),
            commands: Vec::new(),
        }
    }

    /// The same, and collecting runs a command that stops a server: what comes after it finds it gone.
    pub(crate) fn stopping(server: &str) -> Self {
        let (script, folder) = (variable("STACK_SCRIPT"), variable("EVIDENCE_STACK"));
        let command = format!(r#"{{id: stop, run: ["{script}", stop, "{folder}", "{server}"]}}"#);
        Self {
            commands: vec![command],
            ..Self::real()
        }
    }
}

/// Who seals.
#[derive(Clone, Copy)]
pub(crate) enum Sealer {
    /// The release workflow, by its identity token.
    Workflow,
    /// A plain PEM key.
    PlainKey,
    /// A key in cosign's encrypted format.
    CosignKey,
}

impl Sealer {
    /// Flags by which cosign and `evidence` alike accept the seal.
    pub(crate) fn accepted(self) -> Vec<String> {
        match self {
            Self::Workflow => workflow(),
            Self::PlainKey => by_key("release"),
            Self::CosignKey => by_key("alice"),
        }
    }
}

/// The shop, tagged.
pub(crate) struct Project {
    folder: tempfile::TempDir,
    pub(crate) commit: String,
}

impl Project {
    pub(crate) fn new(sources: &Sources) -> Self {
        Self::with_configuration(&configuration(sources))
    }

    pub(crate) fn with_configuration(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut this = Self {
            folder,
            commit: String::new(),
        };
        let repository = this.path("shop");
        for part in ["keys", "docs"] {
            fs::create_dir_all(repository.join(part)).unwrap();
        }
        fs::copy(trusted_root(), repository.join("trusted_root.json")).unwrap();
        fs::copy(public_key("alice"), repository.join("keys/alice.pub")).unwrap();
        fs::write(repository.join("evidence.yaml"), text).unwrap();
        fs::write(repository.join("docs/roll-back.md"), "# Roll back\n").unwrap();
        fs::write(repository.join(".gitignore"), ".evidence/\n").unwrap();
        this.git(&["init", "--quiet", "--initial-branch=main"]);
        this.git(&["add", "--all"]);
        this.git(&["commit", "--quiet", "--message", "The shop"]);
        this.git(&["tag", "--annotate", TAG, "--message", "The shop, 1.0.0"]);
        this.commit = this.git(&["rev-parse", "HEAD"]);
        this.write_signing_config();
        this
    }

    /// `evidence release`, with these flags besides.
    pub(crate) fn release(&self, sealer: Sealer, flags: &[&str]) -> Ran {
        self.release_at(SAMPLES_END, sealer, flags)
    }

    /// `evidence release` at that time.
    pub(crate) fn release_at(&self, at: &str, sealer: Sealer, flags: &[&str]) -> Ran {
        let mut command = evidence();
        self.collecting(command.arg("release"), at);
        self.sealing(&mut command, sealer, &self.commit);
        run(command.arg("--out-dir").arg(self.path("out")).args(flags))
    }

    /// `evidence collect`.
    pub(crate) fn collect(&self) -> Ran {
        self.collect_at(SAMPLES_END)
    }

    /// `evidence collect` at that time.
    pub(crate) fn collect_at(&self, at: &str) -> Ran {
        run(&mut self.collect_command(at))
    }

    /// The command line of `evidence collect` at that time.
    pub(crate) fn collect_command(&self, at: &str) -> Command {
        let mut command = evidence();
        self.collecting(command.arg("collect"), at);
        command
    }

    /// The report of `evidence verify` for who accepts the stack's release key, in a network without any interface.
    pub(crate) fn verify(&self) -> Ran {
        let mut verify = without_network(EVIDENCE);
        verify.arg("verify").arg(self.bundle());
        verify.args(["--output", "json", "--tag", TAG, "--trusted-root"]);
        run(verify.arg(trusted_root()).args(by_key("release")))
    }

    /// `evidence seal` of the bundle that is there; the workflow's token speaks of that commit.
    pub(crate) fn seal(&self, sealer: Sealer, commit: &str) -> Ran {
        let mut command = evidence();
        command.arg("seal").arg(self.bundle());
        run(self.sealing(&mut command, sealer, commit))
    }

    fn collecting<'a>(&self, command: &'a mut Command, at: &str) -> &'a mut Command {
        command
            .args(["--tag", TAG, "--at", at, "--config"])
            .arg(self.path("shop/evidence.yaml"))
    }

    fn sealing<'a>(
        &self,
        command: &'a mut Command,
        sealer: Sealer,
        commit: &str,
    ) -> &'a mut Command {
        command
            .args(["--seal-trusted-root", &trusted_root(), "--signing-config"])
            .arg(self.path("signing_config.json"));
        match sealer {
            Sealer::Workflow => command.args(["--identity-token", &token(commit)]),
            Sealer::PlainKey => command.args(["--signing-key", &stack_file("keys/release.pem")]),
            Sealer::CosignKey => command.args(["--signing-key", &stack_file("keys/alice.key")]),
        }
    }

    /// A file or folder beside the repository, which itself is `shop`.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn bundle(&self) -> PathBuf {
        self.path(&format!("out/evidence-bundle-{TAG}.tar.gz"))
    }

    /// The bundle's SHA-256 by its sidecar, which `sha256sum -c` must have found true.
    pub(crate) fn bundle_sha256(&self) -> String {
        let sidecar = format!("evidence-bundle-{TAG}.tar.gz.sha256");
        let mut command = Command::new("sha256sum");
        run(command
            .args(["--check", &sidecar])
            .current_dir(self.path("out")))
        .exits(0);
        let line = fs::read_to_string(self.path("out").join(sidecar)).unwrap();
        line.split(' ').next().unwrap().to_owned()
    }

    /// An item of the capture store.
    pub(crate) fn stored(&self, id: &str) -> Value {
        let path = self.store().join(format!("items/{id}.json"));
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    }

    /// Bytes of an item's file, by its member path.
    pub(crate) fn stored_bytes(&self, item: &Value, member: &str) -> Option<Vec<u8>> {
        let files = item["files"].as_array().unwrap();
        let file = files.iter().find(|file| file["path"] == member)?;
        let digest = file["sha256"].as_str().unwrap();
        let name = digest.rsplit(':').next().unwrap();
        Some(fs::read(self.store().join("blobs").join(name)).unwrap())
    }

    /// The capture store.
    pub(crate) fn store(&self) -> PathBuf {
        self.path("shop/.evidence").join(TAG)
    }

    /// Writes what an auditor demands; gives its path.
    pub(crate) fn policy(&self, sealer: Sealer) -> PathBuf {
        let (root, alice) = (trusted_root(), public_key("alice"));
        let certificate = format!(
            r#"{{issuer: "{}", subject: "{}"}}"#,
            variable("STACK_GHA_ISSUER"),
            variable("STACK_IDENTITY")
        );
        let key = format!(r#"{{key: "{alice}"}}"#);
        let release = format!(r#"{{key: "{}"}}"#, public_key("release"));
        let seal = match sealer {
            Sealer::Workflow => &certificate,
            Sealer::PlainKey => &release,
            Sealer::CosignKey => &key,
        };
        let repository = variable("STACK_REPOSITORY");
        let text = format!(
            "version: 1\n\
             trusted-roots: [\"{root}\"]\n\
             release: {{repository: github.com/{repository}, tag: {TAG}, commit: {commit}}}\n\
             seal: {{any-of: [{seal}]}}\n\
             images:\n\
             \x20 api: {{signed-by: [{certificate}], sbom: {{format: spdx, signed-by: [{certificate}]}}}}\n\
             \x20 client: {{signed-by: [{certificate}], sbom: {{format: cyclonedx, signed-by: [{certificate}]}}}}\n\
             \x20 gateway: {{signed-by: [{key}], sbom: {{format: spdx, signed-by: [{key}]}}}}\n\
             \x20 legacy-key: {{signed-by: [{key}]}}\n\
             require: {{items: [lag, p95, roll-back, history]}}\n",
            commit = self.commit,
        );
        let path = self.path("policy.yaml");
        fs::write(&path, text).unwrap();
        path
    }

    /// One signing configuration that offers both versions of the log.
    fn write_signing_config(&self) {
        let read = |name: &str| -> Value {
            let path = stack_file(&format!("trust/signing_config_{name}.json"));
            serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
        };
        let (mut both, second) = (read("rekor1_tsa"), read("rekor2_tsa"));
        let logs = both["rekorTlogUrls"].as_array_mut().unwrap();
        logs.extend_from_slice(second["rekorTlogUrls"].as_array().unwrap());
        fs::write(self.path("signing_config.json"), both.to_string()).unwrap();
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        command
            .args([
                "-c",
                "user.name=Shop",
                "-c",
                "user.email=shop@evidence.test",
            ])
            .args(arguments)
            // Nobody's own habits, such as signing every commit.
            .env("GIT_CONFIG_GLOBAL", Path::new("/dev/null"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .current_dir(self.path("shop"));
        run(&mut command).exits(0).stdout.trim().to_owned()
    }
}

fn configuration(sources: &Sources) -> String {
    let Sources {
        referrers,
        plain,
        prometheus,
        commands,
    } = sources;
    let (repository, issuer) = (variable("STACK_REPOSITORY"), variable("STACK_GHA_ISSUER"));
    let mut text = format!(
        r#"version: 1
release:
  repository: github.com/{repository}
  package: evidence-bundle-{{tag}}.tar.gz
identities:
  workflow:
    issuer: {issuer}
    subject: https://github.com/{repository}/.github/workflows/release.yml@refs/tags/{{tag}}
  alice: {{key: keys/alice.pub}}
trusted-roots: [trusted_root.json]
images:
  - {{name: api, reference: "{referrers}/shop/api:{{tag}}", signed-by: workflow, sbom: {{format: spdx, signed-by: workflow}}}}
  - {{name: client, reference: "{plain}/shop/client:{{tag}}", signed-by: workflow, sbom: {{format: cyclonedx, signed-by: workflow}}}}
  - {{name: gateway, reference: "{referrers}/shop/gateway:{{tag}}", signed-by: alice, sbom: {{format: spdx, signed-by: alice}}}}
  - {{name: legacy-key, reference: "{plain}/shop/legacy-key:{{tag}}", signed-by: alice}}
prometheus:
  main: {{url: "{prometheus}"}}
metrics:
  - id: lag
    expr: kafka_consumer_lag_sum
    window: 3h
    step: 15s
    statistic: max
    limit: "<= 2000"
  - id: p95
    expr: 'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{{job="intelgraph-api"}}[5m])))'
    window: 90m
    step: 60s
    statistic: p95
    unit: s
    limit: "<= 500ms"
  - {{id: canary, expr: canary_traffic_weight, limit: "== 100"}}
files:
  - {{id: roll-back, path: "docs/*.md"}}
commands:
  - {{id: history, run: [git, log, "-1", "--format=%H"]}}
"#
    );
    for command in commands {
        text.push_str(&format!("  - {command}\n"));
    }
    text
}
