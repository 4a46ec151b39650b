//! What is wrong with a configuration or policy, where, and what to write instead.

use std::fmt;

/// A place in a text: line and column count from 1, in characters.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Position {
    /// Line, from 1; 0 when the place is the text as a whole.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// A value and where it stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Spot<T> {
    /// The value.
    pub value: T,
    /// Where it begins.
    pub at: Position,
}

/// One thing that is wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Diagnostic {
    /// Name of the file, as the caller gave it.
    pub file: String,
    /// Where in it.
    pub at: Position,
    /// What is wrong: a lower-case phrase.
    pub message: String,
    /// What to do: a lower-case phrase.
    pub hint: Option<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, at, .. } = self;
        if at.line == 0 {
            write!(f, "{file}: {}", self.message)?;
        } else {
            write!(f, "{file}:{}:{}: {}", at.line, at.column, self.message)?;
        }
        match &self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// All that was found wrong in one file: at least one, in the order of the text.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}", lines(.0))]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// What was found, in the order of the text.
    pub fn list(&self) -> &[Diagnostic] {
        &self.0
    }
}

fn lines(all: &[Diagnostic]) -> String {
    all.iter()
        .map(Diagnostic::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Collects what is wrong while a text is read to its end.
#[derive(Debug)]
pub(super) struct Problems {
    file: String,
    found: Vec<Diagnostic>,
}

impl Problems {
    /// More than anybody reads: a text of 1 MiB can be wrong in very many places.
    const KEPT: usize = 50;

    pub(super) fn of(file: &str) -> Self {
        Self {
            file: file.into(),
            found: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, at: Position, message: impl Into<String>) {
        self.push(at, message.into(), None);
    }

    pub(super) fn hinted(
        &mut self,
        at: Position,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.push(at, message.into(), Some(hint.into()));
    }

    /// The value when nothing was found wrong.
    pub(super) fn finish<T>(mut self, value: Option<T>) -> Result<T, Diagnostics> {
        match value {
            Some(value) if self.found.is_empty() => Ok(value),
            _ => {
                if self.found.is_empty() {
                    self.add(Position::default(), "the file cannot be read");
                }
                self.found.sort_by_key(|diagnostic| diagnostic.at);
                Err(Diagnostics(self.found))
            }
        }
    }

    fn push(&mut self, at: Position, message: String, hint: Option<String>) {
        let diagnostic = Diagnostic {
            file: self.file.clone(),
            at,
            message,
            hint,
        };
        // What is planned once per phase is wrong once.
        if self.found.len() < Self::KEPT && !self.found.contains(&diagnostic) {
            self.found.push(diagnostic);
        }
    }
}

/// The text in quotes, cut to what fits on a line, with control characters escaped.
pub(super) fn quoted(text: &str) -> String {
    const SHOWN: usize = 80;
    if text.chars().count() <= SHOWN {
        return format!("{text:?}");
    }
    let cut: String = text.chars().take(SHOWN).collect();
    format!("{:?}", format!("{cut}…"))
}

/// A hint with the word that was probably meant.
pub(super) fn did_you_mean(word: &str, known: &[&str]) -> Option<String> {
    known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min()
        .map(|(_, candidate)| format!("did you mean {candidate:?}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnostic_reads_as_editors_and_compilers_print_it() {
        let mut problems = Problems::of("evidence.yaml");
        problems.add(
            Position {
                line: 30,
                column: 2,
            },
            "later",
        );
        problems.hinted(
            Position {
                line: 12,
                column: 5,
            },
            "unknown key \"signedby\"",
            "x",
        );

        let error = problems.finish(Some(())).unwrap_err();

        assert_eq!(
            error.to_string(),
            "evidence.yaml:12:5: unknown key \"signedby\"\n  hint: x\nevidence.yaml:30:2: later"
        );
    }

    #[test]
    fn a_suggestion_is_close_or_absent() {
        let known = ["signed-by", "sbom", "name"];

        assert_eq!(
            did_you_mean("signedby", &known).as_deref(),
            Some("did you mean \"signed-by\"?")
        );
        assert_eq!(did_you_mean("colour", &known), None);
    }
}
