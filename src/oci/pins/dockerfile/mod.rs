//! Dockerfiles, as BuildKit reads them: `FROM`, `COPY --from=`, `RUN --mount=from=`, `# syntax=`.

mod lines;
mod variables;

use super::classify::classify;
use super::edit::Fix;
use super::error::FindError;
use super::mention::{Mentions, Place, Spot};
use lines::{Line, Word};
use std::collections::BTreeSet;
use std::ops::Range;
use variables::{Arguments, Expanded};

/// Finds the references of a Dockerfile.
///
/// # Errors
/// When a here-document has no end: what follows would be read as a part of it, or not, by the reader's choice.
pub(super) fn find(text: &str, found: &mut Mentions) -> Result<(), FindError> {
    let mut file = File::default();
    for line in lines::of(text)? {
        file.line(&line);
    }
    for reference in file.references {
        let spot = Spot {
            line: reference.position.0,
            column: reference.position.1,
            span: reference.span,
            place: reference.place,
        };
        let (state, image) = match &reference.resolved {
            Some(resolved) => classify(resolved),
            None => classify(&reference.text),
        };
        found.add_judged(&reference.text, spot, state, image, reference.fix);
    }
    Ok(())
}

/// Finds the references of a Dockerfile that stands in a text of another file, at that place.
pub(super) fn inside(text: &str, at: &Spot, fix: &Fix, found: &mut Mentions) {
    let mut file = File::default();
    for line in lines::of(text).unwrap_or_default() {
        file.line(&line);
    }
    for reference in file.references {
        let spot = Spot {
            line: at.line,
            column: at.column,
            span: at.span.clone(),
            place: reference.place,
        };
        let (state, image) = classify(reference.resolved.as_ref().unwrap_or(&reference.text));
        found.add_judged(&reference.text, spot, state, image, fix.clone());
    }
}

struct Found {
    text: String,
    /// With the defaults of `ARG` filled in, where there are any.
    resolved: Option<String>,
    position: (u32, u32),
    span: Range<usize>,
    place: Place,
    fix: Fix,
}

/// What has been read of a Dockerfile so far.
#[derive(Default)]
struct File {
    arguments: Arguments,
    /// Names of stages, in lower case.
    stages: BTreeSet<String>,
    stage_count: usize,
    references: Vec<Found>,
}

impl File {
    fn line(&mut self, line: &Line) {
        if let Some(frontend) = &line.syntax {
            return self.literal(frontend, Place::Syntax);
        }
        let words = &line.words;
        let name = words.first().map(|word| word.text.to_ascii_uppercase());
        let rest = words.get(1..).unwrap_or_default();
        match name.as_deref() {
            Some("FROM") => self.from(rest),
            // Only an argument before the first FROM can stand in one.
            Some("ARG") if self.stage_count == 0 => self.arguments.declare(rest),
            Some("ONBUILD") => self.instruction(rest),
            _ => self.instruction(words),
        }
    }

    fn instruction(&mut self, words: &[Word]) {
        let name = words.first().map(|word| word.text.to_ascii_uppercase());
        let flags = words
            .iter()
            .skip(1)
            .take_while(|word| word.text.starts_with("--"));
        match name.as_deref() {
            Some("COPY" | "ADD") => {
                for word in flags {
                    if let Some(from) = word.after("--from=") {
                        self.source(&from, Place::CopyFrom);
                    }
                }
            }
            Some("RUN") => {
                for word in flags.filter(|word| word.text.starts_with("--mount=")) {
                    if let Some(from) = word.field("from=") {
                        self.source(&from, Place::MountFrom);
                    }
                }
            }
            _ => {}
        }
    }

    fn from(&mut self, words: &[Word]) {
        let mut words = words.iter().skip_while(|word| word.text.starts_with("--"));
        if let Some(image) = words.next() {
            self.image(&image.unquoted());
        }
        let as_word = words.next().map(|word| word.text.to_ascii_lowercase());
        if as_word.as_deref() == Some("as")
            && let Some(stage) = words.next()
        {
            self.stages.insert(stage.text.to_ascii_lowercase());
        }
        self.stage_count += 1;
    }

    /// The image of a `FROM`, where arguments may stand.
    fn image(&mut self, word: &Word) {
        match self.arguments.expand(&word.text) {
            Expanded::Plain => {
                if !self.is_stage(&word.text) {
                    self.literal(word, Place::From);
                }
            }
            Expanded::Whole { value, default } => {
                // The whole reference is the default of one argument: it is pinned there.
                if !self.is_stage(&value) {
                    self.literal(&default, Place::From);
                }
            }
            Expanded::Parts { value } => {
                if !self.is_stage(&value) {
                    self.add(
                        word,
                        Some(value),
                        Place::From,
                        Fix::No(
                            "an ARG is a part of it: pin by an ARG that is the whole reference",
                        ),
                    );
                }
            }
            Expanded::Unknown => {
                self.add(
                    word,
                    None,
                    Place::From,
                    Fix::No("something else fills it in"),
                );
            }
        }
    }

    /// What `from=` names: a stage by name or number, or an image.
    fn source(&mut self, word: &Word, place: Place) {
        let word = word.unquoted();
        let is_number = !word.text.is_empty() && word.text.bytes().all(|b| b.is_ascii_digit());
        if !is_number && !self.is_stage(&word.text) {
            self.literal(&word, place);
        }
    }

    fn is_stage(&self, name: &str) -> bool {
        name == "scratch" || self.stages.contains(&name.to_ascii_lowercase())
    }

    fn literal(&mut self, word: &Word, place: Place) {
        let fix = match &word.span {
            Some(span) => Mentions::behind(span),
            None => Fix::No("it is written over several lines"),
        };
        self.add(word, None, place, fix);
    }

    fn add(&mut self, word: &Word, resolved: Option<String>, place: Place, fix: Fix) {
        self.references.push(Found {
            text: word.text.clone(),
            resolved,
            position: (word.line, word.column),
            span: word.span.clone().unwrap_or(word.start..word.start),
            place,
            fix,
        });
    }
}
