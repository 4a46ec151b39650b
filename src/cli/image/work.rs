//! Looks at many images at the same time, each once, and gives the answers in the order of the questions.

use super::asked::Asked;
pub(super) use crate::cli::exit::chain;
use crate::cli::exit::{CliError, Exit};
use crate::cli::online::confirm;
use crate::cli::spot_check::SpotCheck;
use crate::cli::spot_check::demand::{Candidate, Demand};
use evidence::collect::look::{
    Looked, Platforms, Question, Seen, Turn, Turns, choose, look, says_platform,
};
use evidence::collect::online::Online;
use evidence::collect::{ImageError, read_image_layout};
use evidence::model::{Digest, Finding, Group, Verdict};
use evidence::net::Registry;
use evidence::oci::{Document, ImageRef, Layout};
use evidence::sigstore::Object;
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::sync::Arc;
use tokio::task::{Id, JoinSet};

/// Images under way for each request that may be under way: a few wait for each answer.
const IMAGES_PER_REQUEST: usize = 2;

/// An image and all that is asked about it.
#[derive(Clone)]
pub(super) struct Job {
    pub(super) asked: Asked,
    pub(super) demand: Arc<Demand>,
    /// Why nothing that is attached could be enough.
    pub(super) refusal: Option<String>,
    pub(super) question: Question,
}

/// How many images are looked at, and when to stop.
pub(super) struct Work {
    /// None as long as every image is on disk: then no socket is opened.
    pub(super) registry: Option<Registry>,
    /// Whom to ask whether the logs still say so; none unless that is wanted.
    pub(super) online: Option<Arc<Online>>,
    /// Requests under way at the same time.
    pub(super) concurrency: usize,
    /// End at the first image that is not verified.
    pub(super) fail_fast: bool,
}

impl Work {
    /// All answers, in the order of the jobs; one for each platform where platforms are asked about.
    pub(super) async fn run(self, jobs: Vec<Job>) -> Result<Vec<SpotCheck>, CliError> {
        let mut turns = Turns::default();
        let mut tasks = JoinSet::new();
        let mut waiting = jobs.into_iter().enumerate();
        let mut done: BTreeMap<usize, Vec<SpotCheck>> = BTreeMap::new();
        let mut under: BTreeMap<Id, (usize, String)> = BTreeMap::new();
        let progress = progress(waiting.len());
        let under_way = self.concurrency.max(1) * IMAGES_PER_REQUEST;
        loop {
            while tasks.len() < under_way {
                let Some((number, job)) = waiting.next() else {
                    break;
                };
                let turn = match &job.asked.image {
                    Ok(ImageRef::Registry(reference)) => Some(turns.next(reference)),
                    _ => None,
                };
                let (registry, online) = (self.registry.clone(), self.online.clone());
                let name = job.asked.name.clone();
                let started = tasks.spawn(async move {
                    let mut checks = check(registry.as_ref(), turn, &job).await;
                    if let Some(online) = online {
                        for check in &mut checks {
                            confirm(&online, check).await;
                        }
                    }
                    checks
                });
                under.insert(started.id(), (number, name));
            }
            let Some(finished) = tasks.join_next_with_id().await else {
                break;
            };
            let id = match &finished {
                Ok((id, _)) => *id,
                Err(error) => error.id(),
            };
            let Some((number, name)) = under.remove(&id) else {
                continue;
            };
            // One check that breaks off takes no other's answer away.
            let checks = finished.map_or_else(
                |_| {
                    let message = "the check broke off".into();
                    vec![SpotCheck::unreadable(&name, "broken", message)]
                },
                |(_, checks)| checks,
            );
            progress.inc(1);
            let fails = checks.iter().any(|one| one.verdict() != Verdict::Verified);
            done.insert(number, checks);
            if fails && self.fail_fast {
                tasks.abort_all();
                let waiting = waiting.map(|(number, job)| (number, job.asked.name));
                for (number, name) in under.into_values().chain(waiting) {
                    let message = "not judged: --fail-fast ended the run before".into();
                    done.insert(
                        number,
                        vec![SpotCheck::unreadable(&name, "not-judged", message)],
                    );
                }
                break;
            }
        }
        progress.finish_and_clear();
        Ok(done.into_values().flatten().collect())
    }
}

/// A bar on a terminal, nothing anywhere else.
fn progress(images: usize) -> ProgressBar {
    if images < 2 || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(images as u64);
    // The template is a constant of ours; a wrong one would leave the usual bar.
    if let Ok(style) = ProgressStyle::with_template("{pos}/{len} images {wide_bar} {elapsed}") {
        bar.set_style(style);
    }
    bar
}

/// Points out names of one digest: whoever reads the list must see that they are the same image.
pub(super) fn point_out_doubles(checks: &mut [SpotCheck]) {
    let mut first: BTreeMap<Digest, String> = BTreeMap::new();
    for check in checks {
        let Some(digest) = check.digest else { continue };
        match first.get(&digest) {
            Some(name) if *name != check.reference => {
                check.notes.push(format!("the same image as {name}"));
            }
            Some(_) => {}
            None => {
                first.insert(digest, check.reference.clone());
            }
        }
    }
}

async fn check(registry: Option<&Registry>, turn: Option<Turn>, job: &Job) -> Vec<SpotCheck> {
    let name = &job.asked.name;
    let mut checks = match &job.asked.image {
        Ok(_) if let Some(reason) = &job.refusal => {
            vec![SpotCheck::refused(name, "unlisted", reason.clone())]
        }
        Err(reason) => vec![SpotCheck::unreadable(name, "unresolved", reason.clone())],
        Ok(image) => match looked(registry, turn, image, &job.question).await {
            Ok(looked) => answers(job, &looked),
            Err(error) => vec![failed(name, &error)],
        },
    };
    for check in &mut checks {
        check.mentions.clone_from(&job.asked.mentions);
    }
    checks
}

async fn looked(
    registry: Option<&Registry>,
    turn: Option<Turn>,
    image: &ImageRef,
    question: &Question,
) -> Result<Looked, ImageError> {
    match (image, registry, turn) {
        (ImageRef::Registry(reference), Some(registry), Some(turn)) => {
            look(registry, reference, turn, question).await
        }
        (ImageRef::Registry(reference), ..) => Err(ImageError::Offline {
            reference: reference.to_string(),
        }),
        (ImageRef::Layout { dir, select }, ..) => {
            let (dir, select) = (dir.clone(), select.clone());
            let question = question.clone();
            let reference = image.to_string();
            let reading = tokio::task::spawn_blocking(move || {
                let image = read_image_layout(&dir, select.as_ref())?;
                on_disk(&image.reference, &image.digest, &image.layout, &question)
            });
            reading
                .await
                .map_err(|_| ImageError::Interrupted { reference })?
        }
    }
}

/// The same of a layout, which is at hand as a whole.
fn on_disk(
    reference: &str,
    digest: &Digest,
    layout: &Layout,
    question: &Question,
) -> Result<Looked, ImageError> {
    let (listed, is_the_platform) = match layout.blob(digest).map(|bytes| Document::parse(bytes)) {
        Some(Ok(Document::Index(index))) => (index.platforms(), false),
        Some(Ok(Document::Manifest(manifest))) => {
            let config = layout.blob(&manifest.config.digest);
            let is_it = match (&question.platforms, config) {
                (Platforms::One(wanted), Some(config)) => says_platform(config, wanted),
                _ => false,
            };
            (Vec::new(), is_it)
        }
        _ => (Vec::new(), false),
    };
    let seen = |subject: &Digest| Seen {
        objects: (question.judge)(subject, layout),
        ..Seen::default()
    };
    let chosen = match is_the_platform {
        true => Vec::new(),
        false => choose(&reference, &listed, &question.platforms)?,
    };
    Ok(Looked {
        digest: *digest,
        own: Arc::new(seen(digest)),
        chosen: chosen
            .into_iter()
            .map(|one| {
                let found = seen(&one.digest);
                (one, found)
            })
            .collect(),
        listed,
    })
}

fn answers(job: &Job, looked: &Looked) -> Vec<SpotCheck> {
    let own = named(&looked.own.objects, "");
    if looked.chosen.is_empty() && job.question.platforms != Platforms::All {
        let mut check = answer(job, looked.digest, &own, &[looked.own.as_ref()]);
        check.listed.clone_from(&looked.listed);
        return vec![check];
    }
    if looked.chosen.is_empty() {
        // No index: it is its only platform.
        return vec![answer(job, looked.digest, &own, &[looked.own.as_ref()])];
    }
    let on_index = named(&looked.own.objects, " on the index, which names this image");
    let platforms = looked.chosen.iter().map(|(one, seen)| {
        let own = named(&seen.objects, "");
        let all: Vec<_> = on_index.iter().chain(&own).cloned().collect();
        let mut check = answer(job, one.digest, &all, &[looked.own.as_ref(), seen]);
        check.platform = Some(one.to_string());
        check
    });
    platforms.collect()
}

/// An object, and where it was found in words.
type Named<'a> = (&'a Object, &'static str);

fn named<'a>(objects: &'a [Object], whereabouts: &'static str) -> Vec<Named<'a>> {
    objects.iter().map(|one| (one, whereabouts)).collect()
}

fn answer(job: &Job, digest: Digest, objects: &[Named<'_>], seen: &[&Seen]) -> SpotCheck {
    let candidates: Vec<_> = objects
        .iter()
        .filter_map(|(object, whereabouts)| {
            let mut candidate = Candidate::of(object)?;
            candidate.what += whereabouts;
            Some(candidate)
        })
        .collect();
    let name = &job.asked.name;
    let mut check = SpotCheck::of(name, digest, &job.demand, &candidates);
    for trouble in seen.iter().flat_map(|seen| &seen.troubles) {
        check.add_trouble(trouble.is_undetermined(), &chain(trouble));
    }
    for skipped in seen.iter().flat_map(|seen| &seen.skipped) {
        check.findings.push(Finding::not_checked(
            evidence::model::Check::Signature,
            Group::Integrity,
            name,
            skipped.clone(),
        ));
    }
    let others = objects.len() - candidates.len();
    if others > 0 && !check.is_met {
        check
            .notes
            .push(format!("{others} attached objects are no signatures"));
    }
    check
}

fn failed(name: &str, error: &ImageError) -> SpotCheck {
    let message = chain(error);
    if error.is_undetermined() {
        SpotCheck::unreadable(name, "unreachable", message)
    } else if matches!(error, ImageError::NoPlatform { .. }) {
        SpotCheck::refused(name, "platform", message)
    } else {
        SpotCheck::refused(name, "malformed", message)
    }
}

/// Why the runtime could not start.
pub(super) fn runtime(many: bool) -> Result<tokio::runtime::Runtime, CliError> {
    let mut builder = if many {
        tokio::runtime::Builder::new_multi_thread()
    } else {
        // One image is done before a second thread would be of use.
        tokio::runtime::Builder::new_current_thread()
    };
    builder
        .enable_all()
        .build()
        .map_err(|error| CliError::new(Exit::Undetermined, format!("cannot start: {error}")))
}
