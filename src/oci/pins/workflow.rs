//! GitHub workflows and actions: containers of jobs, their services, actions that are images.

use super::mention::{Mentions, Place, Spot};
use super::yaml::At;

/// Whether it is a workflow or an action, by its path or its keys.
pub(super) fn is_workflow(name: &str, root: At<'_>) -> bool {
    let below = name.replace('\\', "/").contains(".github/workflows/");
    let has = |key| root.get(key).is_some();
    let using = root.get("runs").and_then(|runs| runs.get("using"));
    (below && has("jobs")) || (has("jobs") && has("on")) || using.is_some()
}

/// Finds the references.
pub(super) fn find(root: At<'_>, found: &mut Mentions) {
    for (_, job) in root.get("jobs").into_iter().flat_map(At::entries) {
        container(job.get("container"), found);
        for (_, service) in job.get("services").into_iter().flat_map(At::entries) {
            container(Some(service), found);
        }
        steps(job, found);
    }
    if let Some(runs) = root.get("runs") {
        steps(runs, found);
        action(runs.get("image"), found);
    }
}

fn steps(of: At<'_>, found: &mut Mentions) {
    for step in of.get("steps").into_iter().flat_map(At::elements) {
        action(step.get("uses"), found);
    }
}

fn container(at: Option<At<'_>>, found: &mut Mentions) {
    let image = at.and_then(|at| {
        if at.is_map() {
            at.get("image")
        } else {
            Some(at)
        }
    });
    if let Some(image) = image
        && let Some(text) = image.word()
    {
        // A container of a job may be written as that of an action.
        add(text.strip_prefix(SCHEME).unwrap_or(text), image, found);
    }
}

const SCHEME: &str = "docker://";

fn action(at: Option<At<'_>>, found: &mut Mentions) {
    if let Some(at) = at
        && let Some(text) = at.word().and_then(|text| text.strip_prefix(SCHEME))
    {
        add(text, at, found);
    }
}

fn add(text: &str, at: At<'_>, found: &mut Mentions) {
    let (line, column) = at.position();
    let mut span = at.inner().unwrap_or_else(|| at.span());
    // Without the scheme.
    span.start = span.end.saturating_sub(text.len()).max(span.start);
    let spot = Spot {
        line,
        column,
        span: span.clone(),
        place: Place::Workflow,
    };
    found.add(text, spot, Mentions::behind(&span));
}
