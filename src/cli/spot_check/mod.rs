//! The answer of a spot check: for each thing that was asked about, who signed it, or why not.

pub(super) mod demand;
mod json;
mod text;

use super::exit::{CliError, Exit};
use super::format::{Formats, Output};
#[cfg(feature = "net")]
use demand::failure;
use demand::{Candidate, Demand};
#[cfg(feature = "net")]
use evidence::model::Group;
use evidence::model::{Check, Digest, Finding, Identity, Outcome, Verdict};
use evidence::oci::Listed;
use evidence::report::junit::Suite;
use evidence::report::sarif::{Entry, Location};
use evidence::report::{junit, sarif};
#[cfg(feature = "net")]
use evidence::sigstore::Signature;
use evidence::sigstore::statement::PredicateType;

/// The answer about one image or file.
#[derive(Debug)]
pub(super) struct SpotCheck {
    /// As it was named.
    pub(super) reference: String,
    /// Which platform of it was asked about.
    pub(super) platform: Option<String>,
    /// Its digest, once known.
    pub(super) digest: Option<Digest>,
    /// Whether all that was asked for is there.
    pub(super) is_met: bool,
    /// What was found.
    pub(super) findings: Vec<Finding>,
    /// Whose signatures hold, accepted or not.
    pub(super) signers: Vec<Identity>,
    /// The signatures that are what was asked for.
    #[cfg(feature = "net")]
    pub(super) accepted: Vec<Signature>,
    /// What else is to be known: shown, and changes nothing.
    pub(super) notes: Vec<String>,
    /// Where it stands in the files that were searched.
    pub(super) mentions: Vec<String>,
    /// The platforms of an index, as far as it was read.
    pub(super) listed: Vec<Listed>,
}

impl SpotCheck {
    /// Judges the candidates.
    pub(super) fn of(
        reference: &str,
        digest: Digest,
        demand: &Demand,
        candidates: &[Candidate<'_>],
    ) -> Self {
        let answer = demand.answer(reference, candidates);
        let signers = candidates.iter().filter_map(Candidate::signer).cloned();
        Self {
            digest: Some(digest),
            is_met: answer.is_met,
            signers: signers.collect(),
            #[cfg(feature = "net")]
            accepted: demand.accepted(reference, candidates),
            ..Self::about(reference, answer.findings)
        }
    }

    /// Nothing could be read.
    #[cfg(feature = "net")]
    pub(super) fn unreadable(reference: &str, code: &str, message: String) -> Self {
        let finding =
            Finding::undetermined(Check::Signature, Group::Integrity, reference, code, message);
        Self::about(reference, vec![finding])
    }

    /// Nothing that is attached could be enough.
    #[cfg(feature = "net")]
    pub(super) fn refused(reference: &str, code: &str, message: String) -> Self {
        Self::about(reference, vec![failure(reference, code, message)])
    }

    fn about(reference: &str, findings: Vec<Finding>) -> Self {
        Self {
            reference: reference.into(),
            platform: None,
            digest: None,
            is_met: false,
            findings,
            signers: Vec::new(),
            #[cfg(feature = "net")]
            accepted: Vec::new(),
            notes: Vec::new(),
            mentions: Vec::new(),
            listed: Vec::new(),
        }
    }

    /// Verified when all that was asked for is there, and no log that was asked says otherwise; undetermined when a
    /// root, a source or an answer is lacking; else refused.
    pub(super) fn verdict(&self) -> Verdict {
        let any = |outcome| self.findings.iter().any(|one| one.outcome == outcome);
        if self.is_met && any(Outcome::Fail) {
            Verdict::Refused
        } else if self.is_met && !any(Outcome::Undetermined) {
            Verdict::Verified
        } else if self.is_met || self.findings.iter().any(is_open) {
            Verdict::Undetermined
        } else {
            Verdict::Refused
        }
    }

    /// Adds what could not be read. It decides only where what could be read does not.
    #[cfg(feature = "net")]
    pub(super) fn add_trouble(&mut self, is_undetermined: bool, message: &str) {
        let about = &self.reference;
        let mut finding = match is_undetermined {
            true => Finding::undetermined(
                Check::Signature,
                Group::Integrity,
                about,
                "unreachable",
                message,
            ),
            false => failure(about, "malformed", message.into()),
        };
        if self.is_met {
            finding.outcome = Outcome::NotChecked;
        } else if is_undetermined {
            // Where nobody could look, nobody knows that it is missing.
            let missing = "EV-signature-missing";
            self.findings.retain(|one| one.code != missing);
        }
        self.findings.push(finding);
    }

    /// As it was named, and for which platform.
    pub(super) fn name(&self) -> String {
        match &self.platform {
            Some(platform) => format!("{} ({platform})", self.reference),
            None => self.reference.clone(),
        }
    }
}

/// A signature that could not be judged might have been the one. What a log did not answer is about another question.
fn is_open(finding: &Finding) -> bool {
    finding.check == Check::Signature && finding.outcome == Outcome::Undetermined
}

/// The exit of all answers: refused before undetermined before verified.
pub(super) fn exit(checks: &[SpotCheck]) -> Exit {
    let any = |verdict| checks.iter().any(|check| check.verdict() == verdict);
    if any(Verdict::Refused) {
        Exit::Refused
    } else if any(Verdict::Undetermined) {
        Exit::Undetermined
    } else {
        Exit::Verified
    }
}

/// How results are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Format {
    /// For people: a line for each.
    Text,
    /// For programs.
    Json,
    /// For code hosts.
    Sarif,
    /// For CI servers.
    Junit,
}

impl Formats for Format {
    const NAMED: &'static [(&'static str, Self)] = &[
        ("text", Self::Text),
        ("json", Self::Json),
        ("sarif", Self::Sarif),
        ("junit", Self::Junit),
    ];
}

/// Writes all answers. `list` names them in JSON.
pub(super) fn write(
    output: &Output<Format>,
    list: &str,
    checks: &[SpotCheck],
) -> Result<(), CliError> {
    output.put(&match output.format {
        Format::Text => text::text(checks),
        Format::Json => json::json(list, checks),
        Format::Sarif => sarif(&entries(checks)),
        Format::Junit => junit(&suites(checks)),
    })
}

/// What does not hold, with the thing that was asked about.
fn entries(checks: &[SpotCheck]) -> Vec<Entry> {
    let of = |check: &SpotCheck| -> Vec<Entry> {
        let findings = check.findings.iter();
        findings
            .filter_map(|finding| Entry::of(&check.name(), finding))
            .map(|entry| match check.mentions.first() {
                // Code hosts show a result at its line.
                Some(mention) => Entry {
                    location: place(mention),
                    ..entry
                },
                None => entry,
            })
            .collect()
    };
    checks.iter().flat_map(of).collect()
}

/// `FILE:LINE[:COLUMN]` as a place.
fn place(mention: &str) -> Location {
    let split = |text: &str| {
        let (before, number) = text.rsplit_once(':')?;
        Some((before.to_owned(), number.parse::<u32>().ok()?))
    };
    let Some((before, last)) = split(mention) else {
        return Location::File {
            path: mention.into(),
            position: None,
        };
    };
    let (path, position) = match split(&before) {
        Some((path, line)) => (path, (line, last)),
        None => (before, (last, 1)),
    };
    Location::File {
        path,
        position: Some(position),
    }
}

fn suites(checks: &[SpotCheck]) -> Vec<Suite> {
    let of = |check: &SpotCheck| Suite::of(&check.name(), &check.findings);
    checks.iter().map(of).collect()
}

/// cosign's short name of a predicate type, or a URI.
pub(super) fn predicate_type(text: &str) -> Result<PredicateType, String> {
    PredicateType::parse(text).ok_or_else(|| {
        "expected spdx, cyclonedx, slsaprovenance, slsaprovenance1, vuln, openvex, link, custom or a URI".into()
    })
}
