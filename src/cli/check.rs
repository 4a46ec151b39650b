//! `evidence check`: is the configuration right, is every source there, and what is left open?

use super::exit::{CliError, Exit, chain};
use super::files;
use super::output::plain;
use super::project::{Project, ProjectFlags};
use super::registry_flags::{DEFAULT_CONCURRENCY, RegistryFlags};
use super::runtime;
use super::secrets;
use evidence::collect::servers::Servers;
use evidence::config::{Config, Plan};
use evidence::metrics::promql::{self, ParseError};
use evidence::metrics::{ServerKind, ServerRecord};
use evidence::model::redact::url_without_secrets;
use evidence::model::{Expectation, Formula, Kind, Level, Rule, Test, limits};
use evidence::net::Registry;
use evidence::oci::ImageRef;
use std::collections::{BTreeMap, BTreeSet};

/// Checks evidence.yaml, reaches every source that it names without capturing anything, and lists what is left open.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    project: ProjectFlags,
    /// Reaches nobody: checks the configuration only.
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    registry: RegistryFlags,
}

/// A line of the result.
enum Line {
    Ok(String),
    Failed(String),
    Open(String),
}

pub(crate) fn run(args: &Args) -> Result<Exit, CliError> {
    let lines = runtime::block_on(check(args))??;
    let mut text = String::new();
    let (mut failed, mut open) = (0, 0);
    for line in &lines {
        let (word, line) = match line {
            Line::Ok(line) => ("ok", line),
            Line::Failed(line) => {
                failed += 1;
                ("failed", line)
            }
            Line::Open(line) => {
                open += 1;
                ("open", line)
            }
        };
        text.push_str(&plain(&format!("{word:<8}  {line}")));
        text.push('\n');
    }
    text.push_str(&match (failed, open) {
        (0, open) => match args.offline {
            true => format!("no source was asked (--offline), {open} left open\n"),
            false => format!("all sources are there, {open} left open\n"),
        },
        (failed, open) => format!("{failed} failed, {open} left open\n"),
    });
    // Whoever was asked may have repeated what it was sent.
    files::print(&secrets::scrubbed(&text))?;
    Ok(match failed {
        0 => Exit::Verified,
        _ => Exit::Undetermined,
    })
}

async fn check(args: &Args) -> Result<Vec<Line>, CliError> {
    let project = Project::load(&args.project).await?;
    let (plan, config) = (&project.plan, &project.config);
    let gates = (plan.items.iter()).filter(|item| item.expectation.kind() == Kind::Gate);
    let mut lines = vec![Line::Ok(format!(
        "{}: {} items, {} gates, {} phases in the stage {}",
        config.file,
        plan.items.len(),
        gates.count(),
        plan.phases.len(),
        project.stage,
    ))];
    if !args.offline {
        let folder = (project.configuration.file.parent()).unwrap_or(&project.repository);
        let environment = |name: &str| std::env::var(name).ok();
        let servers = Servers::load(config, folder, &environment)
            .map_err(|error| CliError::from_error(Exit::Usage, &error))?;
        secrets::ours().learn(servers.known());
        reach_servers(&servers, &mut lines).await;
        let registry = args.registry.registry(DEFAULT_CONCURRENCY)?;
        reach_images(&registry, plan, &mut lines).await;
    }
    lines.extend(doubtful_queries(plan));
    lines.extend(open_choices(config, plan).into_iter().map(Line::Open));
    Ok(lines)
}

async fn reach_servers(servers: &Servers, lines: &mut Vec<Line>) {
    for (name, (http, server)) in &servers.prometheus {
        lines.push(match server.probe(http).await {
            // A wrong path answers 404 to everything.
            Ok(record) if record.kind == ServerKind::Unknown && record.buildinfo.is_none() => {
                Line::Failed(format!(
                    "prometheus {name}: {} has no /api/v1/status/buildinfo: is the path right?",
                    url_without_secrets(server.url.as_str())
                ))
            }
            Ok(record) => Line::Ok(format!("prometheus {name}: {}", said(&record))),
            Err(error) => Line::Failed(format!("prometheus {name}: {}", chain(&error))),
        });
    }
    for (name, (http, server)) in &servers.grafana {
        lines.push(match server.probe(http).await {
            Ok(found) => {
                let version = found.version.unwrap_or_else(|| "of unknown version".into());
                Line::Ok(format!(
                    "grafana {name}: Grafana {version}, with an image renderer"
                ))
            }
            Err(error) => Line::Failed(format!("grafana {name}: {}", chain(&error))),
        });
    }
}

fn said(record: &ServerRecord) -> String {
    let build = record.build();
    let version = match build.version.as_str() {
        "" => "of unknown version",
        version => version,
    };
    format!("{:?} {version}", record.kind)
}

async fn reach_images(registry: &Registry, plan: &Plan, lines: &mut Vec<Line>) {
    for item in &plan.items {
        let Expectation::Image { reference, .. } = &item.expectation else {
            continue;
        };
        // An image layout on disk is there or not when it is read.
        let Ok(ImageRef::Registry(parsed)) = reference.parse::<ImageRef>() else {
            continue;
        };
        let found = registry
            .manifest(&parsed, &parsed.selector(), limits::OCI_MANIFEST_BYTES)
            .await;
        let id = &item.id;
        lines.push(match found {
            Ok(Some(found)) => Line::Ok(format!("image {id}: {reference} is {}", found.digest)),
            Ok(None) => Line::Failed(format!("image {id}: {reference} is not there")),
            Err(error) => Line::Failed(format!("image {id}: {}", chain(&error))),
        });
    }
}

/// What nobody decided: choices without an answer, and metrics that are recorded and judged by nothing.
fn open_choices(config: &Config, plan: &Plan) -> Vec<String> {
    let mut open: Vec<String> = (config.choices.iter())
        .filter(|choice| choice.chosen.is_none())
        .map(|choice| {
            format!(
                "{} (line {}): {}",
                choice.id.value, choice.id.at.line, choice.about
            )
        })
        .collect();
    let judged: BTreeSet<&str> = (plan.items.iter())
        .flat_map(|item| item.expectation.inputs())
        .collect();
    // A gate has the formula of what is derived, not its item.
    let sources: Vec<&Formula> = (plan.items.iter())
        .filter_map(|item| match &item.expectation {
            Expectation::Gate(gate) => Some(gate.checks.iter().map(|check| &check.source)),
            _ => None,
        })
        .flatten()
        .collect();
    for item in &plan.items {
        let unlimited = match &item.expectation {
            Expectation::Metric(metric) => metric.limit.is_none(),
            Expectation::Derived(derived) => {
                derived.limit.is_none() && !sources.contains(&&derived.source)
            }
            _ => false,
        };
        if unlimited && !judged.contains(item.id.as_str()) {
            open.push(format!(
                "{}: recorded, judged by nothing: it has no limit, and no gate reads it",
                item.id
            ));
        }
    }
    open.extend(never_firing(plan));
    open
}

/// Queries that a server refuses, and samples that nothing will be computed of; each query once.
fn doubtful_queries(plan: &Plan) -> Vec<Line> {
    let mut found: BTreeMap<&str, Line> = BTreeMap::new();
    for item in &plan.items {
        let Expectation::Metric(metric) = &item.expectation else {
            continue;
        };
        let line = match promql::parse(&metric.expr) {
            Err(error @ ParseError::Syntax { .. }) => Line::Failed(format!(
                "metric {}: a server refuses its query: {error}",
                item.id
            )),
            Err(error) if metric.raw => {
                Line::Open(format!("{}: raw: true is of no use: {error}", item.id))
            }
            Ok(_) | Err(_) => continue,
        };
        found.entry(&metric.expr).or_insert(line);
    }
    found.into_values().collect()
}

/// Rules whose runs are longer than the windows that they are looked for in.
fn never_firing(plan: &Plan) -> Vec<String> {
    let mut found = Vec::new();
    for item in &plan.items {
        let Expectation::Gate(gate) = &item.expectation else {
            continue;
        };
        for check in &gate.checks {
            let metrics = check.source.metrics();
            let windows = metrics.iter().filter_map(|metric| metric.expectation.range);
            let Some(window) = windows.map(|range| range.window_ms).min() else {
                continue;
            };
            let end = check.part.to_ms.unwrap_or(window);
            let judged = end.saturating_sub(check.part.from_ms.unwrap_or_default());
            let is_longer = |rule: &&Rule| {
                matches!(rule.test, Test::For { length_ms, inclusive, .. }
                    if length_ms > judged || (length_ms == judged && !inclusive))
            };
            for rule in check.rules.iter().filter(is_longer) {
                found.push(format!(
                    "{}: a rule of {} can never fire: its run is longer than the window of {} s",
                    item.id,
                    check.id,
                    judged / 1_000
                ) + if rule.level == Level::Red { " (red)" } else { "" });
            }
        }
    }
    found
}
