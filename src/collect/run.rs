//! Captures what is planned and not captured yet: sources side by side, one failure hides no other.

use super::commands::CommandSource;
use super::configuration::{self, ConfigurationSource};
use super::files::FilesSource;
use super::image::{FetchedImage, fetch};
use super::kept::{self, Failure};
use super::secrets::RunSecrets;
use super::servers::Servers;
use super::settled::settled_now;
use super::store::{Store, StoreError, StoredItem};
use super::{commands, files, git, grafana, judged, oci_files, panels, previous, prometheus, scan};
use crate::appraise::dashboard_pairs::{self, Rendered};
use crate::appraise::drift::DriftRequest;
use crate::config::{self, Config, PlannedItem};
use crate::model::{Capture, Expectation, Moment, Moments, Phase, Problem, Timestamp, Window};
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
    /// End of the windows of items without a phase; none for now, less what servers need to settle.
    pub at: Option<Timestamp>,
    /// The phases of the plan.
    pub phases: BTreeMap<String, Phase>,
    /// When they were.
    pub moments: Moments,
    /// Metrics are captured anew, whatever the store has of them.
    pub afresh: bool,
    /// The credentials of the run.
    pub secrets: Arc<RunSecrets>,
    /// What is now for all items without a phase, so that they have one window; none where no server told.
    pub now: Option<Timestamp>,
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

/// Why there is no window.
const BEYOND: &str = "the window is beyond all times";
/// Sources that are asked at one time.
const AT_ONCE: usize = 16;

/// Captures all that is missing; `say` hears of each item as it ends. Results stand in the order of the plan.
///
/// # Errors
/// When the store cannot be written, once all that it takes is in it. A source that fails is a result, no error.
pub async fn run(
    run: Arc<Run>,
    say: impl Fn(&str, &Fared),
) -> Result<Vec<(String, Fared)>, StoreError> {
    let mut results: BTreeMap<String, Fared> = BTreeMap::new();
    let known = run.secrets.count();
    let mut tasks = tokio::task::JoinSet::new();
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut images: BTreeMap<String, Vec<PlannedItem>> = BTreeMap::new();
    let mut stored = BTreeMap::new();
    let mut incomplete = BTreeSet::new();
    let mut unwritten = None;
    let (judged, captured): (Vec<_>, Vec<_>) =
        (run.items.iter()).partition(|planned| !planned.expectation.inputs().is_empty());
    for planned in &captured {
        match run.kept(planned)? {
            Some(found) => drop(stored.insert(planned.id.as_str(), found)),
            None => drop(incomplete.insert(group(planned))),
        }
    }
    for planned in captured {
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
                    let captured = capture(&run, &planned).await;
                    let stored = captured
                        .map_err(Failure::from)
                        .and_then(|capture| run.keep(&planned, capture));
                    vec![(planned.id, stored)]
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
        for (id, stored) in joined.unwrap_or_default() {
            let fared = match kept::fared(stored.map(Fared::Captured), &mut unwritten) {
                // A server may repeat in its answer what it was sent.
                Fared::Failed(message) => Fared::Failed(run.secrets.scrubbed(&message)),
                fared => fared,
            };
            say(&id, &fared);
            results.insert(id, fared);
        }
    }
    for (id, fared) in run.look_again(known, &results)? {
        say(&id, &fared);
        results.insert(id, fared);
    }
    for planned in judged {
        let judged = judged::judge(&run, planned, &results);
        let fared = kept::fared(judged, &mut unwritten);
        say(&planned.id, &fared);
        results.insert(planned.id.clone(), fared);
    }
    if let Some(error) = unwritten {
        return Err(error);
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

/// What stands against captured dashboards whose pictures are one, by item.
pub fn same_pictures(results: &[(String, Fared)]) -> BTreeMap<String, Problem> {
    let rendered: Vec<Rendered<'_>> = (results.iter())
        .filter_map(|(_, fared)| match fared {
            Fared::Kept(stored) | Fared::Captured(stored) => {
                Rendered::of(&stored.item, &stored.item.claim)
            }
            Fared::Failed(_) => None,
        })
        .collect();
    dashboard_pairs::same_pictures(&rendered)
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
) -> Vec<(String, Result<StoredItem, Failure>)> {
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
                        .map_err(Failure::from)
                        .and_then(|capture| run.keep(&planned, capture))
                }
                Err(message) => Err(message.clone().into()),
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
            let at = match (run.at, &planned.phase) {
                (None, None) => match run.now {
                    Some(now) => Some(now),
                    None => Some(server.settled(http).await.map_err(|error| chain(&error))?),
                },
                (at, _) => at,
            };
            let window = run.window_at(planned, at)?;
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
            let window = run.window_at(planned, run.at)?;
            let id = planned.id.as_str();
            let mut picture = grafana::capture(http, server, id, expectation, window)
                .await
                .map_err(|error| chain(&error))?;
            let metrics = &run.servers.prometheus;
            let data = panels::capture(http, server, metrics, id, expectation, &mut picture).await;
            data.map_err(|error| chain(&error)).map(|()| picture)
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
        Expectation::Derived(_) | Expectation::Gate(_) => {
            Err("what is computed from metrics has no source of its own".into())
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

    /// The item's window: where its phase puts it, else the one that ends at `at`, or now.
    fn window_at(&self, planned: &PlannedItem, at: Option<Timestamp>) -> Result<Window, String> {
        let expectation = &planned.expectation;
        let Some(name) = &planned.phase else {
            let at = at.unwrap_or_else(settled_now);
            return expectation.window(at).ok_or_else(|| BEYOND.into());
        };
        let moment = self.moment(name)?;
        let window = expectation.window(moment.at).ok_or(BEYOND)?;
        let phase = self.phases.get(name).ok_or("the phase is not configured")?;
        match moment.unsettled(phase, window) {
            Some(why) => Err(format!(
                "{why}: its effects would be mixed with what was before"
            )),
            None => Ok(window),
        }
    }

    /// When the item's phase was.
    fn moment(&self, phase: &str) -> Result<Moment, String> {
        let moment = self.moments.phases.get(phase).copied();
        moment.ok_or_else(|| {
            format!(
                "it is not known when the phase {phase} was: `evidence collect --phase {phase}`"
            )
        })
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
