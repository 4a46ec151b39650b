//! The result of one check.

use super::Status;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is checked. One word per check; each has a test in which exactly that is wrong.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Check {
    /// There is a seal and it parses.
    SealPresent,
    /// The seal's signature, certificate chain, log entry and timestamps hold under a trusted root.
    SealSignature,
    /// The seal's signer is one that was asked for.
    SealIdentity,
    /// The seal's predicate is ours and well formed.
    SealPredicate,
    /// The seal names the digest of this file.
    SealSubject,
    /// The seal names the digest of this `manifest.json`.
    SealManifest,
    /// The certificate's repository, ref and commit are the release's.
    ReleaseBinding,
    /// The release is the one that was asked for.
    ReleaseAsked,
    /// Archive and compression are well formed and within limits.
    Archive,
    /// `manifest.json` is first, canonical and well formed.
    Manifest,
    /// Members stand in the manifest's order.
    MemberOrder,
    /// Every member is listed once and every listed one is there.
    ClosedWorld,
    /// Each member's size and digest are the listed ones.
    MemberDigest,
    /// `evidence.yaml` in the bundle parses.
    Configuration,
    /// The plan of `evidence.yaml` is the items' expectations.
    Plan,
    /// What was redacted is listed, by a rule of `evidence.yaml`, and nothing that a rule means is left.
    Redaction,
    /// The stated claim follows from the captured bytes.
    Claim,
    /// The expectation of an item is met.
    Requirement,
    /// What the verifier's policy demands is there.
    Policy,
    /// A signature on an image or blob.
    Signature,
    /// The log, asked now, still holds the entry and is the log of then, only longer.
    LogOnline,
    /// What the signature rests on is still in force in the present trusted root.
    RootRotation,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SealPresent => "seal-present",
            Self::SealSignature => "seal-signature",
            Self::SealIdentity => "seal-identity",
            Self::SealPredicate => "seal-predicate",
            Self::SealSubject => "seal-subject",
            Self::SealManifest => "seal-manifest",
            Self::ReleaseBinding => "release-binding",
            Self::ReleaseAsked => "release-asked",
            Self::Archive => "archive",
            Self::Manifest => "manifest",
            Self::MemberOrder => "member-order",
            Self::ClosedWorld => "closed-world",
            Self::MemberDigest => "member-digest",
            Self::Configuration => "configuration",
            Self::Plan => "plan",
            Self::Redaction => "redaction",
            Self::Claim => "claim",
            Self::Requirement => "requirement",
            Self::Policy => "policy",
            Self::Signature => "signature",
            Self::LogOnline => "log-online",
            Self::RootRotation => "root-rotation",
        })
    }
}

/// Only a failed integrity finding refuses a bundle; a failed requirement leaves it valid.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// The bytes are what seal and manifest say.
    Integrity,
    /// What was asked for is there.
    Requirement,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Outcome {
    /// Holds.
    Pass,
    /// Holds, with something to look at: a gate is YELLOW.
    Warning,
    /// Does not hold.
    Fail,
    /// Was asked for and could not be judged: the verdict is undetermined.
    Undetermined,
    /// Was not asked for or does not apply; listed so that nobody thinks it was checked.
    NotChecked,
}

/// The result of one check on one subject.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// What was checked.
    pub check: Check,
    /// Whether a failure refuses the bundle.
    pub group: Group,
    /// What it was checked on: a member, an item, an image.
    pub subject: String,
    /// How it ended.
    pub outcome: Outcome,
    /// How far the thing is proven.
    pub status: Status,
    /// Stable code, `EV-…`; empty for a pass.
    pub code: String,
    /// One sentence without a full stop.
    pub message: String,
}

impl Finding {
    /// A check that held.
    pub fn pass(
        check: Check,
        group: Group,
        subject: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self::new(
            check,
            group,
            Outcome::Pass,
            Status::Verified,
            subject,
            String::new(),
            message,
        )
    }

    /// A check that failed; the code is `EV-<check>` or, with a detail, `EV-<check>-<detail>`.
    pub fn fail(
        check: Check,
        group: Group,
        subject: impl Into<String>,
        detail: &str,
        message: impl Into<String>,
    ) -> Self {
        Self::new(
            check,
            group,
            Outcome::Fail,
            Status::Missing,
            subject,
            code(check, detail),
            message,
        )
    }

    /// A check that could not be made although it was asked for.
    pub fn undetermined(
        check: Check,
        group: Group,
        subject: impl Into<String>,
        detail: &str,
        message: impl Into<String>,
    ) -> Self {
        Self::new(
            check,
            group,
            Outcome::Undetermined,
            Status::Missing,
            subject,
            code(check, detail),
            message,
        )
    }

    /// A check that held with something to look at.
    pub fn warning(
        check: Check,
        group: Group,
        subject: impl Into<String>,
        detail: &str,
        message: impl Into<String>,
    ) -> Self {
        Self::new(
            check,
            group,
            Outcome::Warning,
            Status::Verified,
            subject,
            code(check, detail),
            message,
        )
    }

    /// A check that was not asked for.
    pub fn not_checked(
        check: Check,
        group: Group,
        subject: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self::new(
            check,
            group,
            Outcome::NotChecked,
            Status::NotApplicable,
            subject,
            String::new(),
            message,
        )
    }

    /// The same finding with another status.
    #[must_use]
    pub fn with_status(mut self, status: Status) -> Self {
        self.status = status;
        self
    }

    fn new(
        check: Check,
        group: Group,
        outcome: Outcome,
        status: Status,
        subject: impl Into<String>,
        code: String,
        message: impl Into<String>,
    ) -> Self {
        Self {
            check,
            group,
            subject: subject.into(),
            outcome,
            status,
            code,
            message: message.into(),
        }
    }
}

fn code(check: Check, detail: &str) -> String {
    if detail.is_empty() {
        format!("EV-{check}")
    } else {
        format!("EV-{check}-{detail}")
    }
}
