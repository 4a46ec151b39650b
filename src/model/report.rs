//! Everything a verification found.

use super::{
    Digest, FileEntry, Finding, Group, Identity, Kind, Level, Moments, Outcome, Release,
    StatedClaim, Status, Timestamp, Window,
};
use std::collections::BTreeMap;

/// All findings about one bundle, with who sealed it and when. The verdict follows from the findings.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The bundle that was judged.
    pub bundle: BundleName,
    /// The release, once the manifest was proven to be the sealed one.
    pub release: Option<Release>,
    /// Stage of the bundle in its chain.
    pub stage: Option<String>,
    /// Who sealed it, once the signature was verified; accepted or not.
    pub signer: Option<Signer>,
    /// The seal's log entry, once verified.
    pub log: Option<LogRecord>,
    /// Trusted times of the seal.
    pub sealed_at: Vec<Timestamp>,
    /// APPROVED, CONDITIONAL or HOLD; none where no approvals are asked for.
    pub decision: Option<Decision>,
    /// All findings, in the order in which they were made.
    pub findings: Vec<Finding>,
    /// What was appraised, in the order of the manifest.
    pub items: Vec<ItemReport>,
    /// Whether the seal is under a throw-away root of `evidence demo`: every report says so at its head.
    pub demo: bool,
}

/// Name and digest of a bundle file.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct BundleName {
    /// File name, without folders.
    pub name: String,
    /// SHA-256 of the file; none when it could not be read to its end.
    pub digest: Option<Digest>,
    /// Bytes read.
    pub size: u64,
}

/// Who signed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Signer {
    /// The identity.
    pub identity: Identity,
    /// Whether the verifier asked for it.
    pub accepted: bool,
}

/// A transparency log entry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogRecord {
    /// Index in the log.
    pub index: u64,
    /// SHA-256 of the log's key (Rekor v1) or the tiled log's key id, hex.
    pub log_id: String,
    /// Rekor v1's UUID, without the tree id: the leaf hash, 64 hex digits.
    pub leaf_hash: String,
    /// When the log says that it took the entry (Rekor v1 only).
    pub integrated: Option<Timestamp>,
    /// Kind and version of the entry, such as `dsse 0.0.1`.
    pub kind: String,
    /// The tree in which the log proved the entry; none where there is its promise only.
    pub tree: Option<LogTree>,
}

/// A state of a log that the log itself signed (a checkpoint, <https://c2sp.org/tlog-checkpoint>).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogTree {
    /// The log's name for the tree.
    pub origin: String,
    /// Number of entries.
    pub size: u64,
    /// Root hash.
    pub root: Digest,
    /// Index of the entry in this tree; a Rekor v1 shard counts from 0, unlike [`LogRecord::index`].
    pub leaf_index: u64,
}

/// Gates, requirements and approvals together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Decision {
    /// All required approvals are there and nothing stands against the release.
    Approved,
    /// Approved, with a gate YELLOW or conditions.
    Conditional,
    /// Not approved.
    Hold,
}

/// What all findings together say.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// All that was asked was checked and holds, as far as integrity goes.
    Verified,
    /// An integrity check failed.
    Refused,
    /// Something needed could not be read, reached or judged.
    Undetermined,
}

/// One item as appraised by this verification.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemReport {
    /// Its id.
    pub id: String,
    /// For people.
    pub title: String,
    /// Its kind.
    pub kind: Kind,
    /// When it was captured.
    pub captured: Timestamp,
    /// The window it speaks of.
    pub window: Option<Window>,
    /// The request, without secrets.
    pub request: serde_json::Value,
    /// Its members.
    pub files: Vec<FileEntry>,
    /// How far it is proven to this verifier.
    pub status: Status,
    /// The claim as appraised again.
    pub claim: StatedClaim,
    /// One sentence for people.
    pub summary: String,
    /// Series and pictures that a page shows.
    pub exhibits: Vec<Exhibit>,
}

/// What a page shows of an item besides text.
#[derive(Clone, Debug, PartialEq)]
pub enum Exhibit {
    /// Samples over time.
    Chart(Chart),
    /// A PNG picture.
    Picture {
        /// The bytes, checked to be a whole PNG.
        png: std::sync::Arc<[u8]>,
        /// Text in its place.
        alt: String,
    },
}

/// Samples over time, with what is said of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chart {
    /// What is drawn; empty where the item's title says it.
    pub title: String,
    /// Unit of the values.
    pub unit: String,
    /// The window: the axis of time, samples or not.
    pub window: Option<Window>,
    /// Milliseconds from one step to the next; a longer way between two samples is a gap.
    pub step_ms: u64,
    /// One for each series.
    pub lines: Vec<Line>,
    /// Values that are compared with.
    pub thresholds: Vec<Threshold>,
    /// Stretches of time in which something was so.
    pub shades: Vec<Shade>,
    /// Moments.
    pub marks: Vec<Mark>,
}

impl Chart {
    /// Marks T0 and the changes of phases that lie in the window; several at one moment share a mark.
    pub fn mark(&mut self, moments: &Moments) {
        let Some(window) = self.window else { return };
        let t0 = moments.t0.map(|t0| (t0.as_millisecond(), "T0"));
        let changes = (moments.phases.iter())
            .filter_map(|(name, moment)| Some((moment.change?.as_millisecond(), name.as_str())));
        let mut at: BTreeMap<i64, Vec<&str>> = BTreeMap::new();
        for (ms, label) in t0.into_iter().chain(changes) {
            if (window.start_ms..=window.end_ms).contains(&ms) {
                at.entry(ms).or_default().push(label);
            }
        }
        let marks = at.into_iter().map(|(ms, labels)| Mark {
            ms,
            // What counts from T0 as its change is not told again.
            label: match labels.as_slice() {
                ["T0", ..] => "T0".into(),
                labels => labels.join(", "),
            },
        });
        self.marks.extend(marks);
    }
}

/// The samples of one series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// Label set as text.
    pub name: String,
    /// Time in milliseconds since 1970 and value, ascending; NaN where there is none.
    pub points: Vec<(i64, f64)>,
}

/// A value that samples are compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// The value.
    pub value: f64,
    /// What it is, such as `limit` or `baseline`.
    pub label: String,
    /// What crossing it may come to; none for a plain limit.
    pub level: Option<Level>,
}

/// A stretch of time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Shade {
    /// Its first moment, milliseconds since 1970.
    pub start_ms: i64,
    /// Its last.
    pub end_ms: i64,
    /// What it came to.
    pub level: Level,
    /// What it is, in short, such as `9m > 0.35 s`.
    pub label: String,
}

/// A moment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mark {
    /// When, milliseconds since 1970.
    pub ms: i64,
    /// What, in short, such as `T0`.
    pub label: String,
}

impl Report {
    /// Refused before undetermined before verified; a report without a single passed check is never verified.
    pub fn verdict(&self) -> Verdict {
        let any = |group, outcome| {
            self.findings
                .iter()
                .any(|f| f.group == group && f.outcome == outcome)
        };
        if any(Group::Integrity, Outcome::Fail) {
            Verdict::Refused
        } else if any(Group::Integrity, Outcome::Undetermined)
            || any(Group::Requirement, Outcome::Undetermined)
            || !any(Group::Integrity, Outcome::Pass)
        {
            Verdict::Undetermined
        } else {
            Verdict::Verified
        }
    }

    /// Whether a requirement failed.
    pub fn requirement_failed(&self) -> bool {
        self.findings
            .iter()
            .any(|f| f.group == Group::Requirement && f.outcome == Outcome::Fail)
    }

    /// Whether something holds that is to be looked at: a gate is YELLOW.
    pub fn has_warning(&self) -> bool {
        self.findings.iter().any(|f| f.outcome == Outcome::Warning)
    }

    /// The exit code, as the README's table says: 1 before 4 before 3 before 5 before 0.
    pub fn exit_code(&self) -> u8 {
        match self.verdict() {
            Verdict::Refused => 1,
            _ if self.requirement_failed() => 4,
            Verdict::Undetermined => 3,
            Verdict::Verified if self.has_warning() => 5,
            Verdict::Verified => 0,
        }
    }

    /// The checks that failed, each once, in order.
    pub fn failed(&self) -> Vec<super::Check> {
        let mut checks: Vec<_> = self
            .findings
            .iter()
            .filter(|f| f.outcome == Outcome::Fail)
            .map(|f| f.check)
            .collect();
        checks.sort_unstable();
        checks.dedup();
        checks
    }
}
