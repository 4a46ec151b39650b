//! Everything a verification found.

use super::{
    Digest, Finding, Group, Identity, Kind, Outcome, Release, StatedClaim, Status, Timestamp,
    Window,
};

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
    /// A line of samples.
    Series {
        /// Label set as text.
        name: String,
        /// Unit of the values.
        unit: String,
        /// Time in milliseconds since 1970 and value, ascending; NaN where there is none.
        points: Vec<(i64, f64)>,
        /// The limit's bound, to draw as a line.
        bound: Option<f64>,
    },
    /// A PNG picture.
    Picture {
        /// The bytes, checked to be a whole PNG.
        png: std::sync::Arc<[u8]>,
        /// Text in its place.
        alt: String,
    },
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

    /// The exit code, as the README's table says: 1 before 4 before 3 before 0.
    pub fn exit_code(&self) -> u8 {
        match self.verdict() {
            Verdict::Refused => 1,
            _ if self.requirement_failed() => 4,
            Verdict::Undetermined => 3,
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
