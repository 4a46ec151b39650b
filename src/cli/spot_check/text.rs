//! Answers for people: a line for each, with the reason where it is not verified.

use super::SpotCheck;
use crate::cli::output::plain;
use evidence::model::{Check, Finding, Outcome, Verdict};
use evidence::report::text::one_line;
use evidence::report::verdict_word;

/// Columns that a name may take; a longer one moves its line only.
const NAME_COLUMNS: usize = 64;

/// Lines about one image besides its own: a registry may list a thousand things that it does not have.
const SAID: usize = 12;

/// A table of all answers, and how many there are of each kind.
pub(super) fn text(checks: &[SpotCheck]) -> String {
    let width = checks
        .iter()
        .map(|check| check.name().chars().count())
        .max()
        .unwrap_or_default()
        .min(NAME_COLUMNS);
    let mut text: String = checks.iter().map(|check| lines(check, width)).collect();
    if checks.len() > 1 {
        text += &format!("\n{}\n", summary(checks));
    }
    plain(&text)
}

fn lines(check: &SpotCheck, width: usize) -> String {
    let verdict = check.verdict();
    let mark = match verdict {
        Verdict::Verified => '✓',
        Verdict::Refused => '✗',
        Verdict::Undetermined => '?',
    };
    let digest = match check.digest {
        // A name that ends with it says it already.
        Some(digest) if check.reference.ends_with(&digest.hex()) => String::new(),
        Some(digest) => format!("  {digest}"),
        None => String::new(),
    };
    let mut said: Vec<_> = check.findings.iter().filter(is_said).collect();
    said.sort_by_key(|finding| rank(finding));
    let mut said = said.into_iter();
    let first = said.next().map(reason).unwrap_or_default();
    let word = verdict_word(verdict);
    let name = one_line(&check.name());
    let mut text = format!("{mark} {word:<12}  {name:<width$}{digest}  {first}\n");
    for finding in said.by_ref().take(SAID) {
        text += &format!("{:17}{}\n", "", reason(finding));
    }
    match said.count() {
        0 => {}
        more => text += &format!("{:17}and {more} more of these, all in --output json\n", ""),
    }
    if let (true, [first, rest @ ..]) = (verdict != Verdict::Verified, check.mentions.as_slice()) {
        let more = match rest.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        text += &format!("{:17}in {}{more}\n", "", one_line(first));
    }
    for note in &check.notes {
        text += &format!("{:17}note: {}\n", "", one_line(note));
    }
    text
}

/// What was found is said, also where it is not counted; which attachments were not looked at is left to the formats for
/// programs.
fn is_said(finding: &&Finding) -> bool {
    finding.outcome != Outcome::NotChecked
        || finding.check != Check::Signature
        || !finding.code.is_empty()
}

/// What decided comes first.
fn rank(finding: &Finding) -> u8 {
    match finding.outcome {
        Outcome::Pass | Outcome::Warning => 0,
        Outcome::Fail => 1,
        Outcome::Undetermined => 2,
        Outcome::NotChecked => 3,
    }
}

fn reason(finding: &Finding) -> String {
    let message = one_line(&finding.message);
    match finding.outcome {
        Outcome::Pass => message,
        Outcome::NotChecked if finding.check == Check::Signature => {
            format!("not counted: {message}")
        }
        Outcome::NotChecked => format!("not checked: {message}"),
        _ => format!("{}: {message}", finding.code),
    }
}

fn summary(checks: &[SpotCheck]) -> String {
    let count = |verdict| {
        let of_it = checks.iter().filter(|check| check.verdict() == verdict);
        of_it.count()
    };
    format!(
        "{} checked: {} verified, {} refused, {} undetermined",
        checks.len(),
        count(Verdict::Verified),
        count(Verdict::Refused),
        count(Verdict::Undetermined)
    )
}
