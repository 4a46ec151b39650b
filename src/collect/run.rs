//! Captures what is planned and not captured yet: sources side by side, one failure hides no other.

use super::commands::CommandSource;
use super::configuration::{self, ConfigurationSource};
use super::files::FilesSource;
use super::image::{FetchedImage, fetch};
use super::servers::Servers;
use super::store::{Store, StoreError, StoredItem};
use super::{commands, files, git, grafana, oci_files, previous, prometheus, scan};
use crate::appraise::drift::DriftRequest;
use crate::config::{self, Config, PlannedItem};
use crate::model::{Capture, Expectation, Timestamp, Window};
use crate::net::Registry;
use crate::oci::ImageRef;
use crate::sigstore::trust::Roots;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Everything that captures need.
#[derive(Debug)]
pub struct Run {
    /// Where captures go.
    pub store: Store,
    /// The configuration.
    pub config: Config,
    /// What is planned.
    pub items: Vec<PlannedItem>,
    /// The repository's root.
    pub repository: PathBuf,
    /// The configuration's own bytes, and those of the files that it names.
    pub configuration: ConfigurationSource,
    /// The resolved tag.
    pub tag: git::ResolvedTag,
    /// Registries.
    pub registry: Registry,
    /// Metrics servers and dashboards.
    pub servers: Servers,
    /// Roots that signatures are judged under.
    pub roots: Roots,
    /// End of every window; none for now, less what servers need to settle.
    pub at: Option<Timestamp>,
}

/// How one item fared.
#[derive(Clone, Debug)]
pub enum Fared {
    /// Was in the store already.
    Kept(StoredItem),
    /// Was captured by this run.
    Captured(StoredItem),
    /// Its source failed; another run tries again.
    Failed(String),
}

/// What servers need until their newest samples are whole: twice the common scrape interval of 15 s, and at least a
/// minute.
const SETTLE: Duration = Duration::from_secs(60);
/// Sources that are asked at one time.
const AT_ONCE: usize = 16;

/// Captures all that is missing; `say` hears of each item as it ends. Results stand in the order of the plan.
///
/// # Errors
/// When the store cannot be written. A source that fails is a result, no error.
pub async fn run(
    run: Arc<Run>,
    say: impl Fn(&str, &Fared),
) -> Result<Vec<(String, Fared)>, StoreError> {
    let mut results: BTreeMap<String, Fared> = BTreeMap::new();
    let mut tasks = tokio::task::JoinSet::new();
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut images: BTreeMap<String, Vec<PlannedItem>> = BTreeMap::new();
    let mut stored = BTreeMap::new();
    let mut incomplete = BTreeSet::new();
    for planned in &run.items {
        match run.kept(planned)? {
            Some(found) => drop(stored.insert(planned.id.as_str(), found)),
            None => drop(incomplete.insert(group(planned))),
        }
    }
    for planned in &run.items {
        // An image and its SBOMs are captured together or not at all: by then a tag may be another digest.
        if let Some(stored) = stored.remove(planned.id.as_str())
            && !incomplete.contains(group(planned))
        {
            let fared = Fared::Kept(stored);
            say(&planned.id, &fared);
            results.insert(planned.id.clone(), fared);
            continue;
        }
        match &planned.expectation {
            Expectation::Image { .. } => images
                .entry(planned.id.clone())
                .or_default()
                .push(planned.clone()),
            _ if group(planned) != planned.id => images
                .entry(group(planned).to_owned())
                .or_default()
                .push(planned.clone()),
            _ => {
                let (run, planned, turn) = (run.clone(), planned.clone(), turns.clone());
                tasks.spawn(async move {
                    let _turn = turn.acquire().await;
                    let captured = capture(&run, &planned)
                        .await
                        .and_then(|capture| run.keep(&planned, &capture));
                    vec![(planned.id, captured)]
                });
            }
        }
    }
    for (image, planned) in images {
        let (run, turn) = (run.clone(), turns.clone());
        tasks.spawn(async move {
            let _turn = turn.acquire().await;
            capture_image(&run, &image, planned).await
        });
    }
    while let Some(joined) = tasks.join_next().await {
        let ended = joined.unwrap_or_default();
        for (id, captured) in ended {
            let fared = match captured {
                Ok(stored) => Fared::Captured(stored),
                Err(message) => Fared::Failed(message),
            };
            say(&id, &fared);
            results.insert(id, fared);
        }
    }
    Ok(run
        .items
        .iter()
        .map(|planned| {
            // A task that ended without a result panicked; that is a failure, never a pass.
            let fared = results.remove(&planned.id);
            (
                planned.id.clone(),
                fared.unwrap_or_else(|| Fared::Failed("the capture broke off".into())),
            )
        })
        .collect())
}

/// The item that it is captured with.
fn group(planned: &PlannedItem) -> &str {
    match &planned.expectation {
        Expectation::Sbom { image, .. } => image,
        Expectation::Drift(drift) => &drift.image,
        Expectation::Scan(scan) => scan.image.as_ref().map_or(&planned.id, |image| &image.item),
        _ => &planned.id,
    }
}

/// One fetch for an image and all that is judged of it: its SBOMs, what moved in them, what a scanner found in it.
async fn capture_image(
    run: &Run,
    image: &str,
    planned: Vec<PlannedItem>,
) -> Vec<(String, Result<StoredItem, String>)> {
    let reference = run
        .items
        .iter()
        .find(|item| item.id == image)
        .and_then(|item| match &item.expectation {
            Expectation::Image { reference, .. } => Some(reference.clone()),
            _ => None,
        });
    let reference = reference.unwrap_or_default();
    let fetched: Result<FetchedImage, String> = match reference.parse::<ImageRef>() {
        Ok(parsed) => {
            let parsed = match parsed {
                ImageRef::Layout { dir, select } => ImageRef::Layout {
                    dir: run.repository.join(dir),
                    select,
                },
                registry @ ImageRef::Registry(_) => registry,
            };
            fetch(Some(&run.registry), &parsed)
                .await
                .map_err(|error| chain(&error))
        }
        Err(error) => Err(error.to_string()),
    };
    planned
        .into_iter()
        .map(|planned| {
            let result = match &fetched {
                Ok(fetched) => {
                    let capture = oci_files::capture(image, &reference, fetched, Timestamp::now());
                    (run.with_files(&planned, capture))
                        .and_then(|capture| run.keep(&planned, &capture))
                }
                Err(message) => Err(message.clone()),
            };
            (planned.id, result)
        })
        .collect()
}

async fn capture(run: &Run, planned: &PlannedItem) -> Result<Capture, String> {
    match &planned.expectation {
        Expectation::Configuration { .. } => {
            let source = &run.configuration;
            configuration::capture(&run.repository, &run.tag, source)
                .await
                .map_err(|error| chain(&error))
        }
        Expectation::Release { .. } => git::capture_release(&run.repository, &run.tag)
            .await
            .map_err(|error| chain(&error)),
        Expectation::Metric(expectation) => {
            let (http, server) = run
                .servers
                .prometheus
                .get(&expectation.from)
                .ok_or("the server is not configured")?;
            let window = run.window_now(&planned.expectation)?;
            prometheus::capture(http, server, &planned.id, expectation, window)
                .await
                .map_err(|error| chain(&error))
        }
        Expectation::Dashboard(expectation) => {
            let (http, server) = run
                .servers
                .grafana
                .get(&expectation.grafana)
                .ok_or("the server is not configured")?;
            let window = run.window_now(&planned.expectation)?;
            grafana::capture(http, server, &planned.id, expectation, window)
                .await
                .map_err(|error| chain(&error))
        }
        Expectation::File { path, media_type } => {
            let source = FilesSource {
                id: &planned.id,
                path,
                media_type: media_type.as_deref(),
            };
            files::capture(&run.repository, &run.tag.commit, &source)
                .await
                .map_err(|error| chain(&error))
        }
        Expectation::Command { run: argv, .. } => {
            let options = run
                .config
                .commands
                .iter()
                .find(|command| command.id.value == planned.id);
            let options = options.ok_or("the command is not configured")?;
            let source = CommandSource {
                id: &planned.id,
                run: argv,
                environment: &options.env,
                timeout: Duration::from_millis(options.timeout_ms),
                secrets: &run.servers.secrets(),
            };
            commands::capture(&run.repository, &source)
                .await
                .map_err(|error| chain(&error))
        }
        Expectation::Scan(_) => {
            let nothing = Capture {
                captured: Timestamp::now(),
                window: None,
                request: serde_json::json!({}),
                files: Vec::new(),
            };
            run.with_files(planned, nothing)
        }
        Expectation::Image { .. } | Expectation::Sbom { .. } | Expectation::Drift(_) => {
            Err("images are captured together".into())
        }
    }
}

impl Run {
    /// The capture with the files that the item needs besides the image.
    fn with_files(&self, planned: &PlannedItem, mut capture: Capture) -> Result<Capture, String> {
        match &planned.expectation {
            Expectation::Scan(scan) => {
                let files = scan::read(&self.repository, &planned.id, scan);
                capture.files.extend(files.map_err(|error| chain(&error))?);
            }
            Expectation::Drift(drift) => {
                let path = self.previous_bundle().ok_or("there is no release before")?;
                let found = previous::read(&path, &drift.image).map_err(|error| chain(&error))?;
                let request = DriftRequest {
                    now: capture.request,
                    previous: found.request.clone(),
                };
                // Digests and texts always serialise.
                capture.request = serde_json::to_value(request).unwrap_or_default();
                (found.join(&planned.id, &mut capture)).map_err(|error| chain(&error))?;
            }
            _ => {}
        }
        Ok(capture)
    }

    /// Where the bundle of the release before is.
    fn previous_bundle(&self) -> Option<PathBuf> {
        let name = config::previous_bundle(&self.config)?;
        Some(self.repository.join(name))
    }

    /// The window of an expectation that speaks of one, ending at that time or as little before it as its grid wants:
    /// the end is a multiple of the step, so that two runs ask on one grid.
    pub(super) fn window(expectation: &Expectation, at: Timestamp) -> Option<Window> {
        let (length, step) = match expectation {
            Expectation::Metric(metric) => match &metric.range {
                Some(range) => (range.window_ms, range.step_ms),
                None => (0, 1),
            },
            Expectation::Dashboard(dashboard) => (dashboard.window_ms, 1_000),
            _ => return None,
        };
        let at = at.as_millisecond();
        let end_ms = at.saturating_sub(at.rem_euclid(i64::try_from(step.max(1)).ok()?));
        let start_ms = end_ms.checked_sub_unsigned(length)?;
        Some(Window { start_ms, end_ms })
    }

    fn window_now(&self, expectation: &Expectation) -> Result<Window, String> {
        let settled = || {
            let now = Timestamp::now();
            now.checked_sub(SETTLE).unwrap_or(now)
        };
        let at = self.at.unwrap_or_else(settled);
        Self::window(expectation, at).ok_or_else(|| "the window is beyond all times".into())
    }
}

/// An error with its causes in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
