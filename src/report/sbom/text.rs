//! One screen for each document.

use super::{
    CheckedSbom, DocumentFacts, PassedOver, SbomAnswer, SbomTarget, Standing, TargetKind,
    format_word,
};
use crate::model::Problem;
use crate::report::columns::{counted, listed, wrapped};
use crate::report::licenses::licenses_text;
use crate::report::quality::quality_text;
use crate::report::text::one_line;

/// Documents that do not count and are named.
const PASSED_OVER: usize = 5;
/// Defects that are named.
const DEFECTS: usize = 5;

/// The answer as plain text of 80 columns, without colours.
pub fn text(answer: &SbomAnswer) -> String {
    let targets = answer.targets.iter().map(|one| target(one, answer));
    let mut text = targets.collect::<Vec<_>>().join("\n");
    if answer.targets.len() > 1 {
        let count = |standing| {
            let of_it = answer.targets.iter().filter(|one| one.standing == standing);
            of_it.count()
        };
        text += &format!(
            "\n{} checked: {} met, {} refused, {} unmet, {} undetermined\n",
            answer.targets.len(),
            count(Standing::Met),
            count(Standing::Refused),
            count(Standing::Unmet),
            count(Standing::Undetermined),
        );
    }
    text
}

fn target(target: &SbomTarget, answer: &SbomAnswer) -> String {
    let mut text = format!("{}\n", one_line(&target.target));
    if let Some(image) = target.image {
        text += &format!("  image    {image}\n");
    }
    if target.unverified {
        text += match target.kind {
            TargetKind::Bundle => {
                "  UNVERIFIED: nothing of this bundle was verified; `evidence verify` judges it\n"
            }
            _ => "  UNVERIFIED: no signature was asked for; anyone may have written this\n",
        };
    }
    for (number, one) in target.documents.iter().enumerate() {
        if number > 0 {
            text.push('\n');
        }
        text += &document(one);
    }
    for one in target.passed_over.iter().take(PASSED_OVER) {
        text += &passed_over(one);
    }
    let more = target.passed_over.len().saturating_sub(PASSED_OVER);
    if more > 0 {
        text += &format!("not counted: {more} more documents\n");
    }
    for note in &target.notes {
        text += &wrapped("note: ", &words(note));
    }
    text + &verdict(target, answer)
}

fn document(one: &CheckedSbom) -> String {
    let mut text = String::new();
    let place = one.origin.place();
    if !place.is_empty() {
        text += &format!("{}\n", one_line(&place));
    }
    text += &facts(&one.document);
    text += &wrapped("  of       ", &words(&one.origin.of_what()));
    text += &wrapped("  signed   ", &words(&one.origin.signed()));
    text += &quality_text(&one.quality);
    text += &licenses_text(&one.licenses);
    for defect in one.document.defects.iter().take(DEFECTS) {
        text += &wrapped("defect: ", &words(defect));
    }
    let more = one.document.defects.len().saturating_sub(DEFECTS);
    if more > 0 {
        text += &format!("defect: and {more} more\n");
    }
    if let Some(error) = &one.strict_error {
        let note = format!("not strictly SPDX: {error}");
        text += &wrapped("note: ", &words(&note));
    }
    text
}

fn facts(facts: &DocumentFacts) -> String {
    let format = format!(
        "{} {} ({})",
        format_word(facts.format),
        facts.format_version,
        facts.encoding.word()
    );
    let mut made = Vec::new();
    if !facts.tools.is_empty() {
        made.push("by".to_owned());
        made.extend(listed(facts.tools.iter().take(3).cloned()));
    }
    if let Some(created) = &facts.created {
        made.push(format!("on {created}"));
    }
    let mut text = wrapped("  format   ", &[format]);
    if let Some(name) = &facts.name {
        text += &wrapped("  name     ", std::slice::from_ref(name));
    }
    if !made.is_empty() {
        text += &wrapped("  made     ", &made);
    }
    let has = [
        counted(facts.packages, "package", "packages"),
        counted(facts.files, "file", "files"),
        counted(facts.relationships, "relationship", "relationships"),
    ];
    text + &wrapped("  has      ", &listed(has))
}

fn passed_over(one: &PassedOver) -> String {
    let place = one.origin.place();
    let place = match place.as_str() {
        "" => String::new(),
        place => format!("{place}: "),
    };
    wrapped("not counted: ", &words(&format!("{place}{}", one.reason)))
}

fn verdict(target: &SbomTarget, answer: &SbomAnswer) -> String {
    let mut text = String::new();
    for problem in &target.problems {
        text += &against("", problem);
    }
    for one in &target.documents {
        let place = match target.documents.len() {
            1 => String::new(),
            _ => one.origin.place(),
        };
        for problem in &one.problems {
            text += &against(&place, problem);
        }
    }
    if text.is_empty() {
        let demands = match answer.demands.as_slice() {
            [] => "nothing was demanded".into(),
            some => format!("met: {}", some.join("; ")),
        };
        // Nothing is ticked where nothing was demanded.
        let mark = if answer.demands.is_empty() {
            "○ "
        } else {
            "✓ "
        };
        return wrapped(mark, &words(&demands));
    }
    text
}

fn against(place: &str, problem: &Problem) -> String {
    let place = match place {
        "" => String::new(),
        place => format!("{place}: "),
    };
    let text = format!("{place}{} [{}]", problem.message, problem.code);
    wrapped("✗ ", &words(&text))
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(Into::into).collect()
}
