//! A small git repository with an `evidence.yaml`, tagged, and a folder for what a release of it writes.

use super::{REPOSITORY, TAG, World, text};
use evidence::sandbox::Service;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A project at its release tag.
pub(crate) struct Project {
    /// The repository.
    pub(crate) root: PathBuf,
    /// Where its bundle goes.
    pub(crate) out: PathBuf,
    /// The tag's commit.
    pub(crate) commit: String,
    /// The tag.
    pub(crate) tag: String,
}

impl Project {
    /// The project as it should be.
    pub(crate) fn new(world: &World) -> Self {
        Self::with(world, |configuration| configuration)
    }

    /// The project with another configuration.
    pub(crate) fn with(world: &World, change: impl FnOnce(String) -> String) -> Self {
        Self::tagged(world, TAG, change)
    }

    /// The project at another tag.
    pub(crate) fn tagged(world: &World, tag: &str, change: impl FnOnce(String) -> String) -> Self {
        let folder = world.new_folder();
        let root = folder.join("repository");
        let key = world.images.gateway_key.public_pem().unwrap();
        put(&root, "evidence.yaml", &change(configuration(world)));
        put(
            &root,
            "trusted_root.json",
            world.sandbox.trusted_root_json(),
        );
        put(&root, "keys/gateway.pub", &key);
        put(
            &root,
            "docs/runbooks/rollback.md",
            "# Roll back\n\n1. Shift traffic.\n",
        );
        put(
            &root,
            "docs/runbooks/on-call.md",
            "# On call\n\nThe pager is here.\n",
        );
        put(&root, "deploy/values.yaml", "replicas: 3\n");
        git(&root, &["init", "--quiet", "--initial-branch=main"]);
        git(&root, &["add", "--all"]);
        git(
            &root,
            &["commit", "--quiet", "--message", "The shop as it goes live"],
        );
        git(&root, &["tag", "--annotate", tag, "--message", "The shop"]);
        Self {
            commit: git(&root, &["rev-parse", "HEAD"]),
            out: folder.join("out"),
            root,
            tag: tag.into(),
        }
    }

    /// A file of the repository.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The bundle that a release writes.
    pub(crate) fn bundle(&self) -> PathBuf {
        self.out
            .join(format!("evidence-bundle-{}.tar.gz", self.tag))
    }
}

fn put(root: &Path, name: &str, text: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

pub(crate) fn git(root: &Path, args: &[&str]) -> String {
    let who = ["user.name=Test", "user.email=test@example.test"];
    let plain = ["commit.gpgsign=false", "tag.gpgsign=false"];
    let output = Command::new("git")
        .args(["-C", &text(root)])
        .args(
            who.into_iter()
                .chain(plain)
                .flat_map(|setting| ["-c", setting]),
        )
        .args(args)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().into()
}

fn configuration(world: &World) -> String {
    let registry = world.sandbox.registry();
    let issuer = world.sandbox.issuer_url();
    let prometheus = world.sandbox.url(Service::Prometheus);
    let grafana = world.sandbox.url(Service::Grafana);
    format!(
        r#"version: 1
release:
  repository: github.com/{REPOSITORY}
  package: evidence-bundle-{{tag}}.tar.gz
identities:
  release:
    issuer: {issuer}
    subject: https://github.com/{REPOSITORY}/.github/workflows/release.yml@refs/tags/{{tag}}
  gateway: {{key: keys/gateway.pub}}
trusted-roots: [trusted_root.json]
images:
  - {{name: api, reference: "{registry}/demo/api:{{tag}}", signed-by: release, sbom: {{format: spdx, signed-by: release}}}}
  - {{name: client, reference: "{registry}/demo/client:{{tag}}", signed-by: release, sbom: {{format: spdx, signed-by: release}}}}
  - {{name: gateway, reference: "{registry}/demo/gateway:{{tag}}", signed-by: gateway, sbom: {{format: cyclonedx, signed-by: gateway}}}}
prometheus:
  main: {{url: "{prometheus}"}}
grafana:
  main: {{url: "{grafana}"}}
metrics:
  - id: api_p95
    title: API latency, 95th percentile
    from: main
    expr: 'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{{job="api"}}[5m])))'
    window: 2h
    step: 60s
    statistic: max
    unit: s
    limit: "<= 350ms"
dashboards:
  - {{id: overview, title: The shop at a glance, grafana: main, uid: shop-overview, window: 2h, width: 400, height: 200}}
files:
  - {{id: runbooks, title: Runbooks, path: "docs/runbooks/**"}}
  - {{id: values, title: Deployment values, path: deploy/values.yaml}}
commands:
  - {{id: history, title: The tagged commit, run: [git, log, "-1", "--format=%H %s"]}}
"#
    )
}
