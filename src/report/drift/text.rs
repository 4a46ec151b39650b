//! What changed, a line for each package.

use super::{Comparison, DiffAnswer, DiffSide, ScanComparison, hashes, licenses, summary};
use crate::model::Problem;
use crate::report::columns::{grouped, wrapped};
use crate::report::paint::Paint;
use crate::report::sbom::TargetKind;
use crate::report::text::one_line;
use crate::sbom::drift::{Drift, Move, Part};
use crate::vulns::Vulnerability;

/// The answer as text; coloured where that is wanted.
pub fn text(answer: &DiffAnswer, paint: Paint) -> String {
    let mut text = side("old", &answer.old) + &side("new", &answer.new);
    for one in &answer.comparisons {
        text += &comparison(one, paint);
    }
    for one in &answer.scans {
        text += &scans(one, paint);
    }
    for note in &answer.notes {
        text += &wrapped("note: ", &words(note));
    }
    text + &verdict(answer, paint)
}

fn side(word: &str, side: &DiffSide) -> String {
    let image = side.image.map(|digest| format!("  {digest}"));
    let mut text = format!(
        "{word}  {}{}\n",
        one_line(&side.target),
        image.unwrap_or_default()
    );
    if side.unverified {
        text += match side.kind {
            TargetKind::Bundle => "     UNVERIFIED: `evidence verify` judges bundles\n",
            _ => "     UNVERIFIED: no signature was asked for\n",
        };
    }
    text
}

fn comparison(one: &Comparison, paint: Paint) -> String {
    let place = match one.place().as_str() {
        "" => "packages".to_owned(),
        place => one_line(place),
    };
    let mut head = format!("{place}: {}", summary(&one.drift));
    match (&one.old, &one.new) {
        (None, _) => head += " (there was none before)",
        (_, None) => head += " (there is none any more)",
        _ => {}
    }
    let mut text = format!("{}\n", paint.bold(&head));
    text += &lists(&one.drift, paint);
    text += &format!(
        "  {} packages before, {} after, {} unchanged\n",
        grouped(one.drift.old.distinct),
        grouped(one.drift.new.distinct),
        grouped(one.drift.unchanged)
    );
    text
}

fn lists(drift: &Drift, paint: Paint) -> String {
    let part = |one: &Part| with_lacks(one);
    let moved = |one: &Move| one.title();
    let mut text = String::new();
    let mut add = |title: &str, lines: Vec<String>, line: &dyn Fn(&str) -> String| {
        if lines.is_empty() {
            return;
        }
        text += &format!("  {title}\n");
        for one in lines {
            text += &format!("    {}\n", line(&one_line(&one)));
        }
    };
    let plus = |line: &str| paint.green(&format!("+ {line}"));
    let minus = |line: &str| paint.red(&format!("- {line}"));
    let up = |line: &str| paint.green(&format!("↑ {line}"));
    let down = |line: &str| paint.red(&format!("↓ {line}"));
    let other = |line: &str| paint.yellow(&format!("~ {line}"));
    let alarm = |line: &str| paint.red(&format!("! {line}"));
    add("added", drift.added.iter().map(part).collect(), &plus);
    add(
        "removed",
        drift.removed.iter().map(Part::title).collect(),
        &minus,
    );
    add("upgraded", drift.upgraded.iter().map(moved).collect(), &up);
    add(
        "downgraded",
        drift.downgraded.iter().map(moved).collect(),
        &down,
    );
    let title = "in another version, which is not known to be newer or older";
    add(title, drift.changed.iter().map(moved).collect(), &other);
    let relicensed = drift.relicensed.iter();
    let relicensed = relicensed.map(|one| format!("{}: {}", one.package.title(), licenses(one)));
    add("under other licenses", relicensed.collect(), &other);
    let rehashed = drift.rehashed.iter();
    let rehashed =
        rehashed.map(|one| format!("{} {}: {}", one.name, one.version, hashes(&one.hashes)));
    let title = "SUSPICIOUS: the same version with another hash, rebuilt or exchanged";
    add(title, rehashed.collect(), &alarm);
    text
}

/// Such as `left-pad 1.3.0 (without license, hash)`.
fn with_lacks(part: &Part) -> String {
    let lacks: Vec<String> = part.lacks.iter().map(ToString::to_string).collect();
    match lacks.is_empty() {
        true => part.title(),
        false => format!("{} (without {})", part.title(), lacks.join(", ")),
    }
}

fn scans(one: &ScanComparison, paint: Paint) -> String {
    let diff = &one.diff;
    let name = one
        .scan
        .as_deref()
        .map(|name| format!(" {}", one_line(name)));
    let head = format!(
        "vulnerabilities{}: {} new, {} resolved, {} suppressed, {} no longer suppressed, {} as before",
        name.unwrap_or_default(),
        diff.new.len(),
        diff.resolved.len(),
        diff.suppressed.len(),
        diff.resurfaced.len(),
        diff.still.len()
    );
    let mut text = format!("{}\n", paint.bold(&head));
    let mut add = |title: &str, sign: &str, list: &[Vulnerability], is_bad: bool| {
        if list.is_empty() {
            return;
        }
        text += &format!("  {title}\n");
        for one in list {
            let line = format!(
                "{sign} {:<10} {}",
                one.severity.to_string(),
                one_line(&one.title())
            );
            let line = if is_bad {
                paint.red(&line)
            } else {
                paint.green(&line)
            };
            text += &format!("    {line}\n");
        }
    };
    add("new", "+", &diff.new, true);
    add("no longer suppressed", "+", &diff.resurfaced, true);
    add("resolved", "-", &diff.resolved, false);
    add("suppressed", "-", &diff.suppressed, false);
    text
}

fn verdict(answer: &DiffAnswer, paint: Paint) -> String {
    let mut text = String::new();
    let mut add = |place: &str, problem: &Problem| {
        let place = match place {
            "" => String::new(),
            place => format!("{place}: "),
        };
        let line = format!("{place}{} [{}]", problem.message, problem.code);
        text += &paint.red(wrapped("✗ ", &words(&line)).trim_end());
        text.push('\n');
    };
    for problem in &answer.problems {
        add("", problem);
    }
    for one in &answer.comparisons {
        for problem in &one.problems {
            add(&one.place(), problem);
        }
    }
    if text.is_empty() && !answer.demands.is_empty() {
        let line = format!("met: {}", answer.demands.join("; "));
        text = wrapped("✓ ", &words(&line));
    }
    text
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(Into::into).collect()
}
