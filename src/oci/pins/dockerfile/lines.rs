//! The logical lines of a Dockerfile: continuations joined, comments and here-documents taken out.

use crate::oci::pins::error::FindError;
use std::collections::VecDeque;
use std::ops::Range;

/// One instruction, or the directive that names the frontend.
#[derive(Default)]
pub(super) struct Line {
    pub(super) words: Vec<Word>,
    /// Value of `# syntax=`.
    pub(super) syntax: Option<Word>,
}

/// What stands between white space.
#[derive(Clone, Debug, Default)]
pub(super) struct Word {
    pub(super) text: String,
    /// The word's bytes in the file; none when a line ends inside of it.
    pub(super) span: Option<Range<usize>>,
    /// Where it begins, in bytes.
    pub(super) start: usize,
    pub(super) line: u32,
    pub(super) column: u32,
}

impl Word {
    /// What stands behind this beginning.
    pub(super) fn after(&self, start: &str) -> Option<Word> {
        let at = start.len();
        self.text
            .starts_with(start)
            .then(|| self.part(at..self.text.len()))
    }

    /// The value of a field of `--mount=type=…,from=…`.
    pub(super) fn field(&self, name: &str) -> Option<Word> {
        let mut at = self.text.find('=')? + 1;
        for field in self.text.get(at..)?.split(',') {
            let quotes = field.len() - field.trim_start_matches('"').len();
            let bare = field.trim_matches('"');
            if bare
                .get(..name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(name))
            {
                let start = at + quotes + name.len();
                return Some(self.part(start..at + quotes + bare.len()));
            }
            at += field.len() + 1;
        }
        None
    }

    /// Without quotes around it.
    pub(super) fn unquoted(&self) -> Word {
        let len = self.text.len();
        let quoted = ['"', '\'']
            .iter()
            .any(|quote| len >= 2 && self.text.starts_with(*quote) && self.text.ends_with(*quote));
        if quoted {
            self.part(1..len - 1)
        } else {
            self.clone()
        }
    }

    /// These bytes of it.
    pub(super) fn part(&self, range: Range<usize>) -> Word {
        let before = self.text.get(..range.start).unwrap_or_default();
        let columns = u32::try_from(before.chars().count()).unwrap_or(u32::MAX);
        Word {
            text: self.text.get(range.clone()).unwrap_or_default().into(),
            span: self
                .span
                .as_ref()
                .map(|span| span.start + range.start..span.start + range.end),
            start: self.start + range.start,
            line: self.line,
            column: self.column.saturating_add(columns),
        }
    }
}

/// Splits a Dockerfile.
pub(super) fn of(text: &str) -> Result<Vec<Line>, FindError> {
    let mut reader = Reader {
        physical: Physical::of(text).collect(),
        escape: '\\',
        lines: Vec::new(),
    };
    reader.directives();
    while reader.instruction()? {}
    Ok(reader.lines)
}

/// A line as it is in the file, without its line feed.
#[derive(Clone, Copy)]
struct Physical<'t> {
    text: &'t str,
    start: usize,
    number: u32,
}

impl<'t> Physical<'t> {
    fn of(text: &'t str) -> impl Iterator<Item = Physical<'t>> {
        let mut start = 0;
        text.split_inclusive('\n')
            .zip(1_u32..)
            .map(move |(line, number)| {
                let at = start;
                start += line.len();
                // A byte order mark is no part of the first line.
                let mark = if at == 0 && line.starts_with('\u{feff}') {
                    3
                } else {
                    0
                };
                let line = line.get(mark..).unwrap_or_default();
                Physical {
                    text: line.trim_end_matches(['\n', '\r']),
                    start: at + mark,
                    number,
                }
            })
    }

    /// These bytes of it as a word.
    fn word(&self, range: Range<usize>) -> Word {
        let before = self.text.get(..range.start).unwrap_or_default();
        let columns = u32::try_from(before.chars().count()).unwrap_or(u32::MAX);
        Word {
            text: self.text.get(range.clone()).unwrap_or_default().into(),
            span: Some(self.start + range.start..self.start + range.end),
            start: self.start + range.start,
            line: self.number,
            column: columns.saturating_add(1),
        }
    }
}

struct Reader<'t> {
    physical: VecDeque<Physical<'t>>,
    escape: char,
    lines: Vec<Line>,
}

impl Reader<'_> {
    /// Directives are comments of the form `# name=value` before anything else.
    fn directives(&mut self) {
        while let Some(line) = self.physical.front().copied() {
            let Some(comment) = line.text.trim_start().strip_prefix('#') else {
                return;
            };
            let Some((name, value)) = comment.split_once('=') else {
                return;
            };
            let name = name.trim();
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
                return;
            }
            let trimmed = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "syntax" if !trimmed.is_empty() => {
                    let lead = value.len() - value.trim_start().len();
                    let at = line.text.len() - value.len() + lead;
                    // The frontend is the first word; what follows is passed to it.
                    let len = trimmed.split_ascii_whitespace().next().map_or(0, str::len);
                    self.lines.push(Line {
                        syntax: Some(line.word(at..at + len)),
                        ..Line::default()
                    });
                }
                "escape" if trimmed == "`" => self.escape = '`',
                _ => {}
            }
            self.physical.pop_front();
        }
    }

    /// Reads one instruction; false at the end.
    fn instruction(&mut self) -> Result<bool, FindError> {
        let mut words = Words::default();
        let mut first = None;
        while let Some(line) = self.physical.pop_front() {
            let trimmed = line.text.trim();
            // Comments and empty lines inside of a continued instruction are no part of it.
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            first = first.or(Some(line.number));
            let bare = line.text.trim_end();
            match bare.strip_suffix(self.escape) {
                Some(continued) => words.add(&line, continued),
                None => {
                    words.add(&line, bare);
                    break;
                }
            }
        }
        let Some(first) = first else {
            return Ok(false);
        };
        let words = words.finish();
        self.here_documents(&words, first)?;
        self.lines.push(Line {
            words,
            syntax: None,
        });
        Ok(true)
    }

    /// Takes the bodies of here-documents out (`RUN <<EOF`).
    fn here_documents(&mut self, words: &[Word], first: u32) -> Result<(), FindError> {
        let name = |at: usize| words.get(at).map(|word| word.text.to_ascii_uppercase());
        let at = usize::from(name(0).as_deref() == Some("ONBUILD"));
        if !matches!(name(at).as_deref(), Some("RUN" | "COPY" | "ADD")) {
            return Ok(());
        }
        for word in words.iter().skip(at + 1) {
            let Some((end, tabs)) = here_document(&word.text) else {
                continue;
            };
            loop {
                let Some(line) = self.physical.pop_front() else {
                    return Err(FindError::Malformed {
                        line: first,
                        column: 1,
                        reason: format!("the here-document {end:?} has no end"),
                    });
                };
                let text = if tabs {
                    line.text.trim_start_matches('\t')
                } else {
                    line.text
                };
                if text == end {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Name of the here-document that a word begins (`[0-9]*<<-?NAME`), and whether tabs before its end are left out.
fn here_document(word: &str) -> Option<(String, bool)> {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = rest.strip_prefix("<<")?;
    let (rest, tabs) = match rest.strip_prefix('-') {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    let name = rest.trim_matches(['"', '\'']);
    (!name.is_empty() && !rest.contains('<')).then(|| (name.into(), tabs))
}

/// Words over continued lines. Quotes hold white space together.
#[derive(Default)]
struct Words {
    done: Vec<Word>,
    current: Option<Word>,
    quote: Option<char>,
}

impl Words {
    fn add(&mut self, line: &Physical<'_>, text: &str) {
        // A word that goes on from the line before has no bytes of its own in the file.
        let mut column = 1_u32;
        if let (Some(word), false) = (
            self.current.as_mut(),
            text.starts_with(char::is_whitespace) && self.quote.is_none(),
        ) {
            word.span = None;
        }
        let mut escaped = false;
        for (at, c) in text.char_indices() {
            self.one(line, at, column, c, escaped);
            escaped = c == '\\' && !escaped && self.quote != Some('\'');
            column = column.saturating_add(1);
        }
    }

    fn one(&mut self, line: &Physical<'_>, at: usize, column: u32, c: char, escaped: bool) {
        if c.is_whitespace() && self.quote.is_none() {
            self.done.extend(self.current.take());
            return;
        }
        match self.quote {
            _ if escaped => {}
            Some(quote) if quote == c => self.quote = None,
            None if c == '"' || c == '\'' => self.quote = Some(c),
            _ => {}
        }
        let start = line.start + at;
        let word = self.current.get_or_insert_with(|| Word {
            span: Some(start..start),
            start,
            line: line.number,
            column,
            ..Word::default()
        });
        word.text.push(c);
        if let Some(span) = &mut word.span {
            span.end = start + c.len_utf8();
        }
    }

    fn finish(mut self) -> Vec<Word> {
        self.done.extend(self.current.take());
        self.done
    }
}
