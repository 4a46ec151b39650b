//! The moment of which metrics servers have all samples: now, less what they need to settle.

use super::servers::Servers;
use crate::config::PlannedItem;
use crate::model::{Expectation, Timestamp};
use std::collections::BTreeSet;
use std::time::Duration;

/// What servers need until their newest samples are whole: twice the common scrape interval of 15 s, and at least a
/// minute.
pub const SETTLE: Duration = Duration::from_secs(60);

/// The latest moment of which servers have all samples.
pub fn settled_now() -> Timestamp {
    let now = Timestamp::now();
    now.checked_sub(SETTLE).unwrap_or(now)
}

/// The latest moment of which all servers that these items ask now have all samples; none where none answers.
///
/// A server that fails is left out here: its metrics say so.
pub async fn settled(servers: &Servers, items: &[PlannedItem]) -> Option<Timestamp> {
    let asked: BTreeSet<&str> = (items.iter())
        .filter(|item| item.phase.is_none())
        .filter_map(|item| match &item.expectation {
            Expectation::Metric(metric) => Some(metric.from.as_str()),
            _ => None,
        })
        .collect();
    let mut least = None;
    for (http, server) in asked
        .iter()
        .filter_map(|name| servers.prometheus.get(*name))
    {
        if let Ok(at) = server.settled(http).await {
            least = Some(least.map_or(at, |least: Timestamp| least.min(at)));
        }
    }
    least
}
