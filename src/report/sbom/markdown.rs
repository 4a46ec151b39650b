//! The answer for a pull request.

use super::{CheckedSbom, SbomAnswer, SbomTarget, Standing, TargetKind, format_word};
use crate::report::columns::counted;
use crate::report::licenses::licenses_markdown;
use crate::report::markup::{Markdown, code};
use crate::report::quality::quality_markdown;

/// The answer as Markdown of at most 60,000 bytes.
pub fn markdown(answer: &SbomAnswer) -> String {
    let mut out = Markdown::new();
    // What stands against anything comes before all tables: those may be cut.
    for target in &answer.targets {
        head(target, answer, &mut out);
    }
    for target in &answer.targets {
        for document in &target.documents {
            body(target, document, &mut out);
        }
    }
    out.finish()
}

fn head(target: &SbomTarget, answer: &SbomAnswer, out: &mut Markdown) {
    let mark = match target.standing {
        Standing::Met if answer.demands.is_empty() => "○",
        Standing::Met => "✓",
        Standing::Undetermined => "?",
        Standing::Unmet | Standing::Refused => "✗",
    };
    out.line(&format!(
        "### {mark} SBOM check: {} {}",
        code(&target.target),
        target.standing.word()
    ));
    if target.unverified {
        out.line(match target.kind {
            TargetKind::Bundle => {
                "**UNVERIFIED**: nothing of this bundle was verified; `evidence verify` judges it"
            }
            _ => "**UNVERIFIED**: no signature was asked for; anyone may have written this",
        });
    }
    let of_documents = target.documents.iter().flat_map(|one| {
        let place = one.origin.place();
        one.problems
            .iter()
            .map(move |problem| (place.clone(), problem))
    });
    let own = target.problems.iter().map(|one| (String::new(), one));
    let mut any = false;
    for (place, problem) in own.chain(of_documents) {
        let place = match place.as_str() {
            "" => String::new(),
            place => format!("{} ", code(place)),
        };
        let (id, message) = (code(&problem.code), code(&problem.message));
        out.entry(&format!("✗ {place}{id}: {message}"));
        any = true;
    }
    for one in &target.passed_over {
        out.entry(&format!("not counted: {}", code(&one.reason)));
        any = true;
    }
    for note in &target.notes {
        out.entry(&format!("note: {}", code(note)));
        any = true;
    }
    if !answer.demands.is_empty() {
        out.entry(&format!("demanded: {}", code(&answer.demands.join("; "))));
        any = true;
    }
    if any {
        out.end_list();
    }
}

fn body(target: &SbomTarget, one: &CheckedSbom, out: &mut Markdown) {
    let place = match one.origin.place().as_str() {
        "" => code(&target.target),
        place => format!("{} {}", code(&target.target), code(place)),
    };
    let facts = &one.document;
    out.line(&format!(
        "#### {place}: {} {}, {}",
        format_word(facts.format),
        code(&facts.format_version),
        counted(facts.packages, "package", "packages")
    ));
    out.entry(&format!("of: {}", code(&one.origin.of_what())));
    out.entry(&format!("signed: {}", code(&one.origin.signed())));
    if !facts.tools.is_empty() {
        out.entry(&format!("made by: {}", code(&facts.tools.join(", "))));
    }
    if let Some(created) = &facts.created {
        out.entry(&format!("made on: {}", code(created)));
    }
    for defect in &facts.defects {
        out.entry(&format!("defect: {}", code(defect)));
    }
    if let Some(error) = &one.strict_error {
        out.entry(&format!("not strictly SPDX: {}", code(error)));
    }
    out.end_list();
    quality_markdown(&one.quality, out);
    licenses_markdown(&one.licenses, out);
}
