//! Which items a run captures, and when their phases are.

use super::collect::MomentFlags;
use super::exit::CliError;
use super::project::Project;
use super::unwritten::store_error;
use evidence::collect::moments::{self, Asked, MomentError};
use evidence::collect::store::Store;
use evidence::config::PlannedItem;
use evidence::model::{Moments, Timestamp};

/// The items of a run.
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    /// In the order of the plan.
    pub(crate) items: Vec<PlannedItem>,
    /// Metrics among them are captured anew, whatever the store has.
    pub(crate) afresh: bool,
}

/// Chooses, once there is a store.
pub(crate) type Choose<'a> = dyn Fn(&Store) -> Result<Chosen, CliError> + 'a;

impl Chosen {
    /// What is missing of these.
    pub(crate) fn of(items: impl IntoIterator<Item = PlannedItem>) -> Self {
        Self {
            items: items.into_iter().collect(),
            afresh: false,
        }
    }
}

/// The items that have no phase.
pub(crate) fn without(project: &Project) -> Chosen {
    let items = project
        .plan
        .items
        .iter()
        .filter(|item| item.phase.is_none());
    Chosen::of(items.cloned())
}

/// The items of one phase, once it is written down when that is.
pub(crate) fn one(
    project: &Project,
    store: &Store,
    name: &str,
    flags: MomentFlags,
    at: Option<Timestamp>,
) -> Result<Chosen, CliError> {
    settle(project, store, name, flags, at)?;
    let items = project.plan.items.iter();
    let chosen = Chosen::of(
        items
            .filter(|item| item.phase.as_deref() == Some(name))
            .cloned(),
    );
    if chosen.items.is_empty() {
        return Err(
            CliError::usage(format!("nothing is captured in the phase {name}"))
                .hint("items name their phases: `phases: [baseline, t15]`"),
        );
    }
    Ok(chosen)
}

/// Writes down when the phase is.
pub(crate) fn settle(
    project: &Project,
    store: &Store,
    name: &str,
    flags: MomentFlags,
    at: Option<Timestamp>,
) -> Result<(), CliError> {
    let Some(phase) = project.plan.phases.get(name) else {
        let known: Vec<&str> = project.plan.phases.keys().map(String::as_str).collect();
        return Err(CliError::usage(format!("there is no phase {name:?}")).hint(
            match known.as_slice() {
                [] => "evidence.yaml has no section phases".into(),
                _ => format!("known: {}", known.join(", ")),
            },
        ));
    };
    let mut known = read(store)?;
    let asked = Asked {
        t0: flags.t0,
        at,
        change: flags.change,
    };
    moments::settle(name, phase, asked, &mut known).map_err(|error| wrong(&error))?;
    store
        .set_moments(&known)
        .map_err(|error| store_error(&error))
}

/// All items of the plan: those of phases whose time is known, or follows from T0, and the others.
pub(crate) fn all(
    project: &Project,
    store: &Store,
    t0: Option<Timestamp>,
) -> Result<Chosen, CliError> {
    let mut known = read(store)?;
    known.t0 = moments::t0(&known, t0).map_err(|error| wrong(&error))?;
    let asked = Asked {
        t0: known.t0,
        ..Asked::default()
    };
    for (name, phase) in &project.plan.phases {
        if known.t0.is_some() && phase.at_ms.is_some() {
            moments::settle(name, phase, asked, &mut known).map_err(|error| wrong(&error))?;
        }
    }
    if !known.is_empty() {
        store
            .set_moments(&known)
            .map_err(|error| store_error(&error))?;
    }
    Ok(Chosen::of(project.plan.items.iter().cloned()))
}

/// Writes T0 down, where it is said.
pub(crate) fn remember_t0(store: &Store, t0: Option<Timestamp>) -> Result<(), CliError> {
    if t0.is_none() {
        return Ok(());
    }
    let mut known = read(store)?;
    known.t0 = moments::t0(&known, t0).map_err(|error| wrong(&error))?;
    store
        .set_moments(&known)
        .map_err(|error| store_error(&error))
}

fn read(store: &Store) -> Result<Moments, CliError> {
    store.moments().map_err(|error| store_error(&error))
}

fn wrong(error: &MomentError) -> CliError {
    let usage = CliError::usage(error.to_string());
    match error {
        MomentError::NoT0 { .. } => usage.hint("say it once: --t0 2025-09-21T15:00:00Z"),
        MomentError::NoChange { .. } => usage.hint("say when: --change 2025-09-21T15:10:00Z"),
        MomentError::Scheduled { .. } => usage.hint("leave --at and --change out"),
        MomentError::Other { .. } | MomentError::OtherT0 { .. } => usage.hint(
            "what was captured at that time stays: another time needs another store (--store DIR), or this one removed",
        ),
        MomentError::NotYet { .. } => {
            CliError::unreachable(error.to_string()).hint("run it again then, or let `evidence gate --watch` wait")
        }
        _ => usage,
    }
}

/// Writes down when those phases of these items are whose time follows from T0.
pub(crate) fn settle_known(
    project: &Project,
    store: &Store,
    items: &[PlannedItem],
    t0: Option<Timestamp>,
) -> Result<(), CliError> {
    let mut known = read(store)?;
    known.t0 = moments::t0(&known, t0).map_err(|error| wrong(&error))?;
    let asked = Asked {
        t0: known.t0,
        ..Asked::default()
    };
    for name in items.iter().filter_map(|item| item.phase.as_ref()) {
        let Some(phase) = project.plan.phases.get(name) else {
            continue;
        };
        if known.t0.is_some() && phase.at_ms.is_some() {
            moments::settle(name, phase, asked, &mut known).map_err(|error| wrong(&error))?;
        }
    }
    if known.is_empty() {
        return Ok(());
    }
    store
        .set_moments(&known)
        .map_err(|error| store_error(&error))
}

/// Takes back when phases are that this run wrote down and captured nothing of: a mistyped time must not stay.
pub(crate) fn forget_unused(
    project: &Project,
    store: &Store,
    before: &Moments,
) -> Result<(), CliError> {
    let mut known = read(store)?;
    let is_captured = |name: &str| {
        let mut items = project.plan.items.iter();
        items.any(|item| {
            item.phase.as_deref() == Some(name) && matches!(store.item(&item.id), Ok(Some(_)))
        })
    };
    let new: Vec<String> = (known.phases.keys())
        .filter(|name| !before.phases.contains_key(*name))
        .cloned()
        .collect();
    let mut changed = false;
    for name in &new {
        if !is_captured(name) {
            known.phases.remove(name);
            changed = true;
        }
    }
    if !changed {
        return Ok(());
    }
    if before.t0.is_none() && known.phases.is_empty() {
        known.t0 = None;
    }
    store
        .set_moments(&known)
        .map_err(|error| store_error(&error))
}

/// When servers have all samples of the item's phase; none when it has been captured, or has no time.
pub(crate) fn ready(
    project: &Project,
    item: &PlannedItem,
    t0: Option<Timestamp>,
) -> Result<Option<Timestamp>, CliError> {
    let Some(name) = &item.phase else {
        return Ok(None);
    };
    let Some(phase) = project.plan.phases.get(name) else {
        return Ok(None);
    };
    // Another run may be filling it at this very time.
    let known = match Store::look(&project.store_dir) {
        Ok(store) => read(&store)?,
        Err(_) => Moments::default(),
    };
    let t0 = moments::t0(&known, t0).map_err(|error| wrong(&error))?;
    let Some(t0) = t0 else {
        return Err(wrong(&MomentError::NoT0 {
            phase: name.clone(),
        }));
    };
    Ok(phase.scheduled(t0).map(moments::ready))
}
