//! The demonstration's own little project: a git repository with an `evidence.yaml`, and the verifier's policy.

use super::super::exit::CliError;
use super::{REPOSITORY, TAG};
use evidence::sandbox::{Sandbox, Service};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Writes the repository with its first commit and tag, and the trust files beside it; gives the commit.
pub(super) fn write(dir: &Path, sandbox: &Sandbox) -> Result<String, CliError> {
    put(dir, "trusted_root.json", sandbox.trusted_root_json())?;
    put(dir, "signing_config.json", sandbox.signing_config_json())?;
    put(
        dir,
        "repository/trusted_root.json",
        sandbox.trusted_root_json(),
    )?;
    put(dir, "repository/evidence.yaml", &configuration(sandbox))?;
    put(
        dir,
        "repository/docs/runbooks/rollback.md",
        "# Roll back\n\n1. Shift traffic to the old version.\n",
    )?;
    put(
        dir,
        "repository/docs/runbooks/on-call.md",
        "# On call\n\nThe pager is in the drawer.\n",
    )?;
    put(dir, "repository/deploy/values.yaml", "replicas: 3\n")?;
    put(dir, "repository/reports/api.vulns.json", SCAN)?;
    git(dir, &["init", "--quiet", "--initial-branch=main"])?;
    git(dir, &["config", "user.name", "Demo"])?;
    git(dir, &["config", "user.email", "demo@example.test"])?;
    git(dir, &["config", "commit.gpgsign", "false"])?;
    git(dir, &["config", "tag.gpgsign", "false"])?;
    commit(dir, "The shop as it goes live")
}

/// What a scanner of nobody's found in the demonstration's image, in the terms of in-toto's vulnerability predicate.
const SCAN: &str = r#"{
  "scanner": {
    "uri": "https://example.test/demo-scanner",
    "version": "1.0.0",
    "db": {"uri": "https://example.test/demo-database", "version": "1", "lastUpdate": "2026-11-20T06:00:00Z"},
    "result": [{"id": "CVE-2026-0001", "severity": [{"method": "nvd", "score": "low"}]}]
  },
  "metadata": {"scanStartedOn": "2026-11-20T07:00:00Z", "scanFinishedOn": "2026-11-20T07:00:01Z"}
}
"#;

/// Adds the public key that signs the gateway image, and tags the release; gives the tag's commit.
pub(super) fn commit_key(dir: &Path, key: &str) -> Result<String, CliError> {
    put(dir, "repository/keys/gateway.pub", key)?;
    let commit = commit(dir, "The key that signs the gateway")?;
    git(
        dir,
        &["tag", "--annotate", TAG, "--message", "The shop, 1.4.0"],
    )?;
    Ok(commit)
}

/// Writes the policy that the auditor verifies by, and one that accepts somebody else.
pub(super) fn write_policy(dir: &Path, sandbox: &Sandbox, key: &str) -> Result<(), CliError> {
    put(dir, "keys/gateway.pub", key)?;
    let issuer = sandbox.issuer_url();
    let identity = |tag: &str| {
        format!("https://github.com/{REPOSITORY}/.github/workflows/release.yml@refs/tags/{tag}")
    };
    let signer = format!("{{issuer: \"{issuer}\", subject: \"{}\"}}", identity(TAG));
    put(
        dir,
        "policy.yaml",
        &format!(
            "# Whom the auditor accepts, and what he demands.\n\
             version: 1\n\
             trusted-roots: [trusted_root.json]\n\
             release: {{repository: github.com/{REPOSITORY}, tag: {TAG}}}\n\
             seal:\n  any-of:\n    - {signer}\n\
             images:\n\
             \x20 api: {{signed-by: [{signer}], sbom: {{format: spdx, signed-by: [{signer}]}}}}\n\
             \x20 client: {{signed-by: [{signer}], sbom: {{format: spdx, signed-by: [{signer}]}}}}\n\
             \x20 gateway: {{signed-by: [{{key: keys/gateway.pub}}], sbom: {{format: cyclonedx, signed-by: [{{key: keys/gateway.pub}}]}}}}\n\
             require: {{items: [api_p95, error_ratio, runbooks], gates: [health]}}\n"
        ),
    )?;
    put(
        dir,
        "policy-other-tag.yaml",
        &format!(
            "version: 1\n\
             trusted-roots: [trusted_root.json]\n\
             seal:\n  any-of:\n    - {{issuer: \"{issuer}\", subject: \"{}\"}}\n",
            identity("v1.3.0")
        ),
    )
}

fn configuration(sandbox: &Sandbox) -> String {
    let registry = sandbox.registry();
    let issuer = sandbox.issuer_url();
    let prometheus = sandbox.url(Service::Prometheus);
    let grafana = sandbox.url(Service::Grafana);
    format!(
        r#"# What is captured for a release of the demo shop.
version: 1
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
  - {{name: api, reference: "{registry}/demo/api:{{tag}}", signed-by: release, sbom: {{format: spdx, signed-by: release,
      quality: {{profile: ntia-2021, min: 90%}}, licenses: {{deny: [AGPL-3.0-only]}}}}}}
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
    raw: true
  - id: error_ratio
    title: Share of requests that failed
    from: main
    expr: 'sum(rate(http_requests_total{{job="api",code="500"}}[5m])) / sum(rate(http_requests_total{{job="api"}}[5m]))'
    window: 2h
    step: 60s
    statistic: within 99%
    limit: "<= 1%"
    raw: true
gates:
  health:
    title: The shop while it was watched
    checks:
      - {{metric: api_p95, yellow: "> 350ms", red: "> 350ms", for: "> 15m"}}
      - {{metric: error_ratio, yellow: "> 1%", red: "> 1%", for: "> 15m"}}
dashboards:
  - {{id: overview, title: The shop at a glance, grafana: main, uid: shop-overview, window: 2h, width: 1000, height: 500, prometheus: main}}
files:
  - {{id: runbooks, title: Runbooks, path: "docs/runbooks/**"}}
  - {{id: values, title: Deployment values, path: deploy/values.yaml}}
scans:
  - {{id: vulns, title: Known vulnerabilities of the API, path: reports/api.vulns.json, limits: {{critical: 0, high: 0}}}}
commands:
  - {{id: history, title: The release's commit, run: [git, log, "-1", "--format=%H %s"]}}
"#
    )
}

fn commit(dir: &Path, message: &str) -> Result<String, CliError> {
    git(dir, &["add", "--all"])?;
    git(dir, &["commit", "--quiet", "--message", message])?;
    git(dir, &["rev-parse", "HEAD"])
}

fn put(dir: &Path, name: &str, text: &str) -> Result<(), CliError> {
    let path = dir.join(name);
    let error = |error| CliError::unreachable(format!("cannot write {}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(error)?;
    }
    fs::write(&path, text).map_err(error)
}

fn git(dir: &Path, args: &[&str]) -> Result<String, CliError> {
    let output = Command::new("git")
        .arg("-C")
        .arg(dir.join("repository"))
        .args(args)
        .output()
        .map_err(|error| CliError::unreachable(format!("cannot run git: {error}")))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(
            CliError::unreachable("git failed in the demonstration's repository").detail(words),
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
