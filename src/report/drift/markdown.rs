//! What changed, for a pull request.

use super::{Comparison, DiffAnswer, DiffSide, ScanComparison, hashes, licenses, summary};
use crate::report::columns::grouped;
use crate::report::markup::{Markdown, code};
use crate::report::sbom::Standing;
use crate::sbom::drift::{Drift, Move, Part};
use crate::vulns::Vulnerability;

/// Rows that a table may have and not be folded away.
const SHORT: usize = 10;

/// The answer as Markdown of at most 60,000 bytes.
pub fn markdown(answer: &DiffAnswer) -> String {
    let mut out = Markdown::new();
    let mark = match answer.standing {
        Standing::Met if answer.demands.is_empty() => "○",
        Standing::Met => "✓",
        Standing::Undetermined => "?",
        Standing::Unmet | Standing::Refused => "✗",
    };
    out.line(&format!("### {mark} SBOM diff: {}", headline(answer)));
    side("old", &answer.old, &mut out);
    side("new", &answer.new, &mut out);
    for problem in &answer.problems {
        out.entry(&format!(
            "✗ {}: {}",
            code(&problem.code),
            code(&problem.message)
        ));
    }
    for one in &answer.comparisons {
        for problem in &one.problems {
            let place = match one.place().as_str() {
                "" => String::new(),
                place => format!("{} ", code(place)),
            };
            let (id, message) = (code(&problem.code), code(&problem.message));
            out.entry(&format!("✗ {place}{id}: {message}"));
        }
    }
    for note in &answer.notes {
        out.entry(&format!("note: {}", code(note)));
    }
    if !answer.demands.is_empty() {
        out.entry(&format!("demanded: {}", code(&answer.demands.join("; "))));
    }
    out.end_list();
    for one in &answer.scans {
        scans(one, &mut out);
    }
    for one in &answer.comparisons {
        comparison(one, &mut out);
    }
    out.finish()
}

/// The sums of all platforms, in one line.
fn headline(answer: &DiffAnswer) -> String {
    let drifts: Vec<&Drift> = answer.comparisons.iter().map(|one| &one.drift).collect();
    let mut text = match drifts.as_slice() {
        [] => "nothing was compared".into(),
        [one] => summary(one),
        several => {
            let changed = several.iter().filter(|one| !one.is_empty()).count();
            format!("{changed} of {} SBOMs differ", several.len())
        }
    };
    let count = |list: fn(&ScanComparison) -> usize| answer.scans.iter().map(list).sum::<usize>();
    if !answer.scans.is_empty() {
        text += &format!(
            "; {} new and {} resolved vulnerabilities",
            count(|one| one.diff.new.len() + one.diff.resurfaced.len()),
            count(|one| one.diff.resolved.len() + one.diff.suppressed.len())
        );
    }
    text
}

fn side(word: &str, side: &DiffSide, out: &mut Markdown) {
    let image = side
        .image
        .map(|digest| format!(" {}", code(&digest.to_string())));
    let unverified = if side.unverified {
        " **UNVERIFIED**"
    } else {
        ""
    };
    let image = image.unwrap_or_default();
    out.entry(&format!(
        "{word}: {}{image}{unverified}",
        code(&side.target)
    ));
}

fn comparison(one: &Comparison, out: &mut Markdown) {
    let place = match one.place().as_str() {
        "" => "Packages".to_owned(),
        place => code(place),
    };
    let existence = match (&one.old, &one.new) {
        (None, _) => " (there was none before)",
        (_, None) => " (there is none any more)",
        _ => "",
    };
    let drift = &one.drift;
    out.line(&format!("#### {place}: {}{existence}", summary(drift)));
    let rehashed = drift.rehashed.iter();
    let rehashed = rehashed.map(|one| {
        [
            code(&one.name),
            code(&one.version),
            code(&hashes(&one.hashes)),
        ]
        .into()
    });
    let title = "SUSPICIOUS: the same version with another hash, rebuilt or exchanged";
    table(
        title,
        &["package", "version", "hashes"],
        rehashed.collect(),
        out,
    );
    let moves = |list: &[Move]| list.iter().map(moved).collect();
    let heads = ["package", "before", "after"];
    table("Downgraded", &heads, moves(&drift.downgraded), out);
    let title = "In another version, which is not known to be newer or older";
    table(title, &heads, moves(&drift.changed), out);
    let parts = |list: &[Part]| list.iter().map(part).collect();
    let heads_of_parts = ["package", "version", "licenses", "lacks"];
    table("Added", &heads_of_parts, parts(&drift.added), out);
    table("Removed", &heads_of_parts, parts(&drift.removed), out);
    let relicensed = drift.relicensed.iter();
    let relicensed =
        relicensed.map(|one| [code(&one.package.title()), code(&licenses(one))].into());
    table(
        "Under other licenses",
        &["package", "licenses"],
        relicensed.collect(),
        out,
    );
    table("Upgraded", &heads, moves(&drift.upgraded), out);
}

fn moved(one: &Move) -> Vec<String> {
    let version = |version: &Option<String>| version.as_deref().map_or_else(String::new, code);
    vec![code(&one.name), version(&one.from), version(&one.to)]
}

fn part(one: &Part) -> Vec<String> {
    let lacks: Vec<String> = one.lacks.iter().map(ToString::to_string).collect();
    vec![
        code(one.purl.as_deref().unwrap_or(&one.name)),
        one.version.as_deref().map_or_else(String::new, code),
        match one.licenses.is_empty() {
            true => String::new(),
            false => code(&one.licenses.join(", ")),
        },
        lacks.join(", "),
    ]
}

fn scans(one: &ScanComparison, out: &mut Markdown) {
    let name = one.scan.as_deref().map(|name| format!(" {}", code(name)));
    let diff = &one.diff;
    out.line(&format!(
        "#### Vulnerabilities{}: {} new, {} resolved, {} as before",
        name.unwrap_or_default(),
        diff.new.len() + diff.resurfaced.len(),
        diff.resolved.len() + diff.suppressed.len(),
        diff.still.len()
    ));
    let rows = |list: &[Vulnerability]| list.iter().map(vulnerability).collect::<Vec<_>>();
    let heads = ["severity", "id", "package", "fixed in"];
    table("New", &heads, rows(&diff.new), out);
    table("No longer suppressed", &heads, rows(&diff.resurfaced), out);
    table("Resolved", &heads, rows(&diff.resolved), out);
    table("Suppressed", &heads, rows(&diff.suppressed), out);
}

fn vulnerability(one: &Vulnerability) -> Vec<String> {
    crate::report::vulns::row(one)
}

/// A table under its title, folded away when it is long; nothing without rows.
fn table(title: &str, heads: &[&str], rows: Vec<Vec<String>>, out: &mut Markdown) {
    if rows.is_empty() {
        return;
    }
    let title = format!("{title} ({})", grouped(rows.len()));
    let is_long = rows.len() > SHORT;
    match is_long {
        true => out.fold(&title),
        false => out.line(&format!("**{title}**")),
    }
    out.table(heads, "rows");
    for row in rows {
        out.row(&row);
    }
    out.end_table();
    if is_long {
        out.end_fold();
    }
}
