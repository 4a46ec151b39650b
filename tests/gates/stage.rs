//! A cutover at T0 that went wrong in the ways that a story says.

use crate::common::project::Project;
use crate::common::{REPOSITORY, Run, TAG, World, evidence, finish, text};
use evidence::model::{Timestamp, Window};
use evidence::sandbox::{Incident, Service};
use std::path::PathBuf;
use std::process::Command;

/// The cutover.
pub(crate) const T0: &str = "2025-09-21T15:00:00Z";

/// A moment so many minutes after T0, in milliseconds since 1970.
pub(crate) fn minute(after: i64) -> i64 {
    T0.parse::<Timestamp>().unwrap().as_millisecond() + after * 60_000
}

/// Errors of this share between these minutes after T0.
pub(crate) fn errors(share: f64, from: i64, to: i64) -> Incident {
    Incident {
        window: Window {
            start_ms: minute(from),
            end_ms: minute(to),
        },
        slow_share: 0.0,
        error_share: share,
        lag: 0.0,
    }
}

/// A world in which that happened.
pub(crate) fn world(incidents: Vec<Incident>) -> World {
    World::with(|options| options.metrics.incidents = incidents)
}

/// The same, with times in which nothing was scraped.
pub(crate) fn world_with_gap(from: i64, to: i64) -> World {
    World::with(|options| {
        options.metrics.gaps = vec![Window {
            start_ms: minute(from),
            end_ms: minute(to),
        }];
    })
}

/// The shop's rules: errors above 1 % are YELLOW, for more than 15 minutes RED.
pub(crate) fn project(world: &World) -> Project {
    project_with(world, |text| text)
}

/// The same with another configuration.
pub(crate) fn project_with(world: &World, change: impl FnOnce(String) -> String) -> Project {
    let prometheus = world.sandbox.url(Service::Prometheus);
    Project::with(world, |_| {
        change(format!(
            r#"version: 1
release: {{repository: github.com/{REPOSITORY}}}
prometheus:
  main: {{url: "{prometheus}"}}
phases:
  baseline: {{at: T-0s, window: 30m}}
  t15: {{at: T+15m, window: 15m}}
  t60: {{at: T+60m, window: 60m}}
  canary: {{window: 20m, settle: 5m}}
metrics:
  - id: error_ratio
    expr: 'sum(rate(http_requests_total{{code=~"5.."}}[5m])) / sum(rate(http_requests_total[5m]))'
    window: 1h
    step: 15s
    phases: [baseline, t15, t60, canary]
  - id: errors_now
    expr: 'sum(rate(http_requests_total{{code=~"5.."}}[5m])) / sum(rate(http_requests_total[5m]))'
    window: 1h
    step: 15s
gates:
  cutover:
    phases: [t15, t60]
    checks:
      - {{metric: error_ratio, yellow: "> 1%", red: "> 1%", for: "> 15m"}}
  now:
    - {{metric: errors_now, yellow: "> 1%", red: "> 1%", for: "> 15m"}}
  canary:
    phases: [canary]
    checks:
      - {{metric: error_ratio, red: "> 1%"}}
"#
        ))
    })
}

/// `evidence COMMAND… --tag … --config …` for the project.
pub(crate) fn command(words: &[&str], project: &Project) -> Command {
    let mut command = evidence();
    command.args(words).args(["--tag", TAG, "--config"]);
    command.arg(project.path("evidence.yaml"));
    command
}

/// Runs it, T0 said.
pub(crate) fn at_t0(words: &[&str], project: &Project) -> Run {
    finish(command(words, project).args(["--t0", T0]))
}

/// `evidence gate replay PATH`.
pub(crate) fn replay(path: &std::path::Path, more: &[&str]) -> Run {
    finish(evidence().args(["gate", "replay"]).arg(path).args(more))
}

/// The project's capture store.
pub(crate) fn store(project: &Project) -> PathBuf {
    project.path(".evidence").join(TAG)
}

/// Asserts that a value keeps to a schema of the project.
#[track_caller]
pub(crate) fn valid(schema: &str, value: &serde_json::Value) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(format!("schemas/evidence-{schema}-v1.schema.json"));
    let schema = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(value)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// Runs `evidence verify` as someone who accepts the release workflow.
pub(crate) fn verify(world: &World, project: &Project, more: &[&str]) -> Run {
    let bundle = text(&project.bundle());
    let mut args = vec!["verify".to_owned(), bundle];
    args.extend(world.trust_args());
    args.extend(more.iter().map(|word| (*word).to_owned()));
    crate::common::run(&args)
}
