//! The answer of a spot check: for each thing that was asked about, who signed it, or why not.

use super::exit::Exit;
use super::output;
use clap::ValueEnum;
use evidence::model::{Check, Digest, Finding, Group, Identity, IdentityRule, Outcome, Verdict};
use evidence::report::json::FindingPage;
use evidence::report::text::one_line;
use evidence::report::verdict_word;
use evidence::sigstore::statement::PredicateType;
use evidence::sigstore::{Judgement, Signature, accepted};
use serde_json::{Value, json};

/// How results are printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// The answer about one image or file.
pub(super) struct SpotCheck {
    /// As it was named.
    pub reference: String,
    /// Its digest, once known.
    pub digest: Option<Digest>,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Whose signatures hold, accepted or not.
    pub signers: Vec<Identity>,
    /// The signatures that are what was asked for.
    #[cfg(feature = "net")]
    pub accepted: Vec<Signature>,
}

/// One signature that might be what was asked for.
pub(super) struct Candidate<'a> {
    /// What it is, in a few words.
    pub what: String,
    /// Whether it holds.
    pub judgement: &'a Judgement,
    /// Why it is not what was asked for although it holds.
    pub unfit: Option<String>,
}

impl SpotCheck {
    /// Judges the candidates: one that holds, by an accepted signer, is enough.
    pub(super) fn of(
        reference: &str,
        digest: Digest,
        rules: &[IdentityRule],
        candidates: &[Candidate<'_>],
        wanted: &str,
    ) -> Self {
        let mut findings: Vec<_> = candidates
            .iter()
            .map(|candidate| candidate.finding(reference, rules))
            .collect();
        let proven = findings.iter().any(|one| one.outcome == Outcome::Pass);
        if proven {
            for finding in &mut findings {
                // Another's signature beside the accepted one takes nothing from it.
                if finding.outcome != Outcome::Pass {
                    finding.outcome = Outcome::NotChecked;
                }
            }
        }
        if findings.is_empty() {
            let message = format!("there is no {wanted}");
            findings.push(failure(reference, "missing", message));
        }
        let signers = candidates
            .iter()
            .filter_map(|candidate| Some(candidate.judgement.valid()?.identity.clone()))
            .collect();
        Self {
            reference: reference.into(),
            digest: Some(digest),
            findings,
            signers,
            #[cfg(feature = "net")]
            accepted: candidates
                .iter()
                .filter(|candidate| candidate.unfit.is_none())
                .filter_map(|candidate| candidate.judgement.valid())
                .filter(|signature| accepted(rules, signature))
                .cloned()
                .collect(),
        }
    }

    /// Nothing could be read.
    #[cfg(feature = "net")]
    pub(super) fn unreadable(reference: &str, code: &str, message: String) -> Self {
        Self {
            reference: reference.into(),
            digest: None,
            findings: vec![Finding::undetermined(
                Check::Signature,
                Group::Integrity,
                reference,
                code,
                message,
            )],
            signers: Vec::new(),
            accepted: Vec::new(),
        }
    }

    /// What was read is no image.
    #[cfg(feature = "net")]
    pub(super) fn malformed(reference: &str, message: String) -> Self {
        Self {
            reference: reference.into(),
            digest: None,
            findings: vec![failure(reference, "malformed", message)],
            signers: Vec::new(),
            accepted: Vec::new(),
        }
    }

    /// Verified by one accepted signature of which no log says otherwise; undetermined when a root, a source or an
    /// answer is lacking; refused otherwise.
    pub(super) fn verdict(&self) -> Verdict {
        let any = |outcome| self.findings.iter().any(|one| one.outcome == outcome);
        let accepted = self
            .findings
            .iter()
            .any(|one| one.check == Check::Signature && one.outcome == Outcome::Pass);
        // Beside an accepted signature only what was asked for about it can still fail.
        if accepted && any(Outcome::Fail) {
            Verdict::Refused
        } else if any(Outcome::Undetermined) {
            Verdict::Undetermined
        } else if accepted {
            Verdict::Verified
        } else {
            Verdict::Refused
        }
    }

    fn text(&self) -> String {
        let mark = match self.verdict() {
            Verdict::Verified => "✓",
            Verdict::Refused => "✗",
            Verdict::Undetermined => "?",
        };
        let word = verdict_word(self.verdict());
        let mut text = format!("{mark} {}: {word}\n", self.reference);
        if let Some(digest) = self
            .digest
            .filter(|digest| !self.reference.ends_with(&digest.hex()))
        {
            text += &format!("    {digest}\n");
        }
        for finding in &self.findings {
            let message = one_line(&finding.message);
            let line = match finding.outcome {
                Outcome::Pass => format!("    {message}\n"),
                Outcome::NotChecked if finding.check == Check::Signature => {
                    format!("    not counted: {message}\n")
                }
                Outcome::NotChecked => format!("    not checked: {message}\n"),
                _ => format!("    {}: {message}\n", finding.code),
            };
            text += &line;
        }
        text
    }

    fn json(&self) -> Value {
        json!({
            "reference": self.reference,
            "digest": self.digest,
            "verdict": verdict_word(self.verdict()),
            "findings": self.findings.iter().map(FindingPage::from).collect::<Vec<_>>(),
        })
    }
}

impl Candidate<'_> {
    fn finding(&self, reference: &str, rules: &[IdentityRule]) -> Finding {
        match self.judgement {
            Judgement::Valid(signature) if !accepted(rules, signature) => {
                let message = format!(
                    "{}: signed by {}, who is not accepted",
                    self.what, signature.identity
                );
                failure(reference, "identity", message)
            }
            Judgement::Valid(signature) => match &self.unfit {
                Some(reason) => failure(reference, "unfit", format!("{}: {reason}", self.what)),
                None => Finding::pass(
                    Check::Signature,
                    Group::Integrity,
                    reference,
                    describe(&self.what, signature),
                ),
            },
            Judgement::UnknownRoot(problem) => Finding::undetermined(
                Check::Signature,
                Group::Integrity,
                reference,
                &problem.code,
                format!("{}: {}", self.what, problem.message),
            ),
            Judgement::Invalid(problem) | Judgement::UnknownKey(problem) => failure(
                reference,
                &problem.code,
                format!("{}: {}", self.what, problem.message),
            ),
        }
    }
}

fn failure(reference: &str, detail: &str, message: String) -> Finding {
    Finding::fail(
        Check::Signature,
        Group::Integrity,
        reference,
        detail,
        message,
    )
}

fn describe(what: &str, signature: &Signature) -> String {
    let mut text = format!("{what}: signed by {}", signature.identity);
    if let Some(time) = signature.times.first() {
        text += &format!(", {time}");
    }
    match &signature.log {
        Some(log) => {
            let id = log.log_id.get(..12).unwrap_or_default();
            text += &format!(", log {id}… index {}", log.index);
        }
        None => text += ", in no log",
    }
    text
}

/// Prints all answers; refused before undetermined before verified.
pub(super) fn print(list: &str, checks: &[SpotCheck], format: Format) -> Exit {
    match format {
        Format::Text => {
            for check in checks {
                print!("{}", output::plain(&check.text()));
            }
        }
        Format::Json => {
            let all: Vec<_> = checks.iter().map(SpotCheck::json).collect();
            println!("{:#}", json!({ "version": 1, list: all }));
        }
    }
    let any = |verdict| checks.iter().any(|check| check.verdict() == verdict);
    if any(Verdict::Refused) {
        Exit::Refused
    } else if any(Verdict::Undetermined) {
        Exit::Undetermined
    } else {
        Exit::Verified
    }
}

/// cosign's short name of a predicate type, or a URI.
pub(super) fn predicate_type(text: &str) -> Result<PredicateType, String> {
    PredicateType::parse(text).ok_or_else(|| {
        "expected spdx, cyclonedx, slsaprovenance, slsaprovenance1, vuln, openvex, link, custom or a URI".into()
    })
}
