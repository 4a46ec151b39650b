//! `evidence gate NAME --watch`: each phase of a gate in its turn.

use super::live::{Args, judge, named};
use super::shown::Judged;
use crate::cli::exit::{CliError, Exit};
use crate::cli::files;
use crate::cli::output::plain;
use crate::cli::phases;
use crate::cli::project::Project;
use evidence::config::PlannedItem;
use evidence::model::{GateVerdict, Timestamp};
use evidence::report;
use std::time::Duration;

/// Waits for each phase, judges it and says what it came to, on standard output where that is wished; stops at RED.
pub(super) async fn watch(
    project: &Project,
    args: &Args,
    on_the_way: bool,
) -> Result<Vec<Judged>, CliError> {
    let mut schedule: Vec<(i64, &PlannedItem)> = Vec::new();
    for gate in named(project, &args.name)? {
        let phase = gate
            .phase
            .as_ref()
            .and_then(|name| project.plan.phases.get(name));
        let at = phase.and_then(|phase| phase.at_ms).ok_or_else(|| {
            CliError::usage(format!("{} has no time to wait for", gate.id))
                .hint("--watch needs phases with times, such as `t15: {at: T+15m}`")
        })?;
        schedule.push((at, gate));
    }
    schedule.sort_by_key(|(at, _)| *at);
    let mut judged = Vec::new();
    for (number, (_, gate)) in schedule.iter().enumerate() {
        let turn = format!("{} ({} of {})", gate.id, number + 1, schedule.len());
        wait(project, gate, args, &turn).await?;
        let found = settled(project, gate, args).await?;
        let text = report::gate_text(&found.id, &found.result);
        match on_the_way {
            true => files::print(&text)?,
            false => eprint!("{text}"),
        }
        let verdict = found.result.verdict;
        judged.push(found);
        if verdict == GateVerdict::Red {
            eprintln!("RED: what is still to come is not waited for");
            break;
        }
    }
    Ok(judged)
}

/// Judges it; where a source fails, again for some minutes: it may need longer to settle, or come back.
async fn settled(project: &Project, gate: &PlannedItem, args: &Args) -> Result<Judged, CliError> {
    for _ in 0..RETRIES {
        let why = match judge(project, gate, args).await {
            Ok(found) if !found.lacks => return Ok(found),
            Ok(_) => "a source failed".into(),
            // Such as another run that fills the store: it is worth as much patience.
            Err(error) if error.exit == Exit::Undetermined => error.message,
            Err(error) => return Err(error),
        };
        eprintln!(
            "waiting   {}: {}, asked again in {} s",
            gate.id,
            plain(&why),
            BETWEEN.as_secs()
        );
        tokio::time::sleep(BETWEEN).await;
    }
    judge(project, gate, args).await
}

/// How often a source that fails is asked again.
const RETRIES: u32 = 12;
/// Between two times.
const BETWEEN: Duration = Duration::from_secs(15);

/// Waits until servers have all samples of the gate's phase.
async fn wait(
    project: &Project,
    gate: &PlannedItem,
    args: &Args,
    turn: &str,
) -> Result<(), CliError> {
    let Some(ready) = phases::ready(project, gate, args.moment.t0)? else {
        return Ok(());
    };
    let mut said = None;
    loop {
        let left = ready
            .as_millisecond()
            .saturating_sub(Timestamp::now().as_millisecond());
        let Some(left) = u64::try_from(left).ok().filter(|left| *left > 0) else {
            return Ok(());
        };
        let minutes = left.div_ceil(60_000);
        if said != Some(minutes) {
            said = Some(minutes);
            let seconds = left.div_ceil(1_000);
            eprintln!("waiting   {turn}: at {ready}, in {}", length(seconds));
        }
        // So often that a clock that was set is noticed.
        tokio::time::sleep(Duration::from_millis(left.min(5_000))).await;
    }
}

/// A length of time as people say it: its two largest units.
fn length(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, minutes) => format!("{minutes}m{:02}s", seconds % 60),
        (0, hours, minutes) => format!("{hours}h{minutes:02}m"),
        (days, hours, _) => format!("{days}d{hours:02}h"),
    }
}
