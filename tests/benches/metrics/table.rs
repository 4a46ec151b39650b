//! Comparisons, and how they are printed.

use super::peer::Peer;
use super::process::{Cost, job};
use serde_json::{Value, json};
use std::fmt;
use std::path::Path;

/// A job beside a peer, and what is wanted of it.
pub(super) struct Comparison {
    pub(super) name: &'static str,
    pub(super) job: &'static str,
    pub(super) peer: Peer,
    pub(super) goals: &'static [Goal],
}

/// What is wanted, in words, and whether it is so.
pub(super) struct Goal(pub(super) &'static str, pub(super) fn(&Row) -> bool);

/// What a comparison gave: medians, and the ratio of CPU pair by pair.
pub(super) struct Row {
    pub(super) ours: Cost,
    of: &'static Comparison,
    /// None where the peer is not there.
    other: Option<Cost>,
    /// Least, middle, most.
    ratio: [f64; 3],
    pairs: usize,
}

/// A peer that takes longer than this is asked once after the first time.
const LONG_S: f64 = 5.0;

impl Comparison {
    /// Makes it over so many pairs, A B A B ….
    pub(super) fn made(&'static self, rounds: usize, folder: &Path) -> Row {
        let ours = || job(self.job, folder);
        let is_there = self.peer.is_there();
        let other = || is_there.then(|| self.peer.cost(folder));
        ours();
        let is_long = other().is_some_and(|cost| cost.cpu_s > LONG_S);
        let rounds = if is_long { 1 } else { rounds.max(1) };
        let pairs: Vec<_> = (0..rounds).map(|_| (ours(), other())).collect();
        let ratios = pairs.iter().filter_map(|(ours, other)| {
            let other = other.as_ref()?;
            Some(ours.cpu_s / other.cpu_s.max(1e-9))
        });
        let mut ratios: Vec<f64> = ratios.collect();
        ratios.sort_by(f64::total_cmp);
        let (ours, others): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        Row {
            ours: middle(ours).unwrap(),
            of: self,
            other: middle(others.into_iter().flatten().collect()),
            ratio: match ratios.as_slice() {
                [] => [f64::NAN; 3],
                all => [all[0], all[all.len() / 2], all[all.len() - 1]],
            },
            pairs: rounds,
        }
    }
}

/// The one with the middle CPU, with the most memory of all.
fn middle(mut all: Vec<Cost>) -> Option<Cost> {
    let peak_bytes = all.iter().map(|cost| cost.peak_bytes).max()?;
    all.sort_by(|a, b| a.cpu_s.total_cmp(&b.cpu_s));
    let middle = all.swap_remove(all.len() / 2);
    Some(Cost {
        peak_bytes,
        ..middle
    })
}

impl Row {
    /// Less CPU than the peer, pair by pair.
    pub(super) fn is_ahead(&self) -> bool {
        self.other.is_none() || self.ratio[1] < 1.0
    }

    /// The peer's answer is the same.
    pub(super) fn is_alike(&self) -> bool {
        let other = self.other.as_ref();
        other.is_none_or(|other| other.answer == self.ours.answer)
    }

    pub(super) fn is_met(&self) -> bool {
        self.of.goals.iter().all(|goal| goal.1(self))
    }

    pub(super) fn json(&self) -> Value {
        let goals = self.of.goals.iter();
        let goals: Vec<_> = goals
            .map(|goal| json!({"goal": goal.0, "met": goal.1(self)}))
            .collect();
        json!({
            "comparison": self.of.name,
            "peer": self.of.peer.name(),
            "pairs": self.pairs,
            "evidence": self.ours,
            "other": self.other,
            "ratio": self.other.as_ref().map(|_| self.ratio),
            "goals": goals,
        })
    }
}

/// The heads of the columns.
pub(super) const HEAD: &str = "comparison        peer                  CPU ms      peer ratio                         M/s    MiB   peer  KiB out      peer  goal";

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        let out = |bytes: u64| match bytes {
            0 => "-".to_owned(),
            bytes => format!("{:.0}", bytes as f64 / 1_024.0),
        };
        let Comparison {
            name, peer, goals, ..
        } = self.of;
        let ours = &self.ours;
        write!(f, "{name:18}{:18}{:10.2}", peer.name(), ours.cpu_s * 1e3)?;
        let rate = ours.count as f64 / ours.cpu_s / 1e6;
        match &self.other {
            Some(other) => {
                let [least, middle, most] = self.ratio;
                let ratio = format!("{middle:.3} [{least:.3} {most:.3}]");
                write!(f, "{:10.2} {ratio:24}{rate:9.1}", other.cpu_s * 1e3)?;
                let (held, theirs) = (mib(ours.peak_bytes), mib(other.peak_bytes));
                write!(f, "{held:7.1}{theirs:7.0}")?;
                let (given, theirs) = (out(ours.output_bytes), out(other.output_bytes));
                write!(f, "{given:>9}{theirs:>10}  ")?;
            }
            None => write!(f, "   skipped: not there  ")?,
        }
        if goals.is_empty() {
            return f.write_str("none; beside what cannot be left out");
        }
        let told = goals.iter().map(|goal| {
            let met = if goal.1(self) { "met" } else { "MISSED" };
            format!("{}: {met}", goal.0)
        });
        f.write_str(&told.collect::<Vec<_>>().join(", "))
    }
}
