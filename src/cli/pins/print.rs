//! The result as text, JSON and SARIF.

use super::{Fixed, Page, Row};
use crate::cli::output;
use evidence::oci::pins::{Fix, State};
use evidence::report::sarif::{Entry, Level, Location, sarif as log};
use evidence::report::text::one_line;
use serde_json::{Value, json};

/// How many references are how.
#[derive(Default)]
struct Counts {
    files: usize,
    unread: usize,
    references: usize,
    pinned: usize,
    unpinned: usize,
    unknown: usize,
    fixed: usize,
}

impl Counts {
    fn of(pages: &[Page<'_>]) -> Self {
        let mut counts = Self {
            files: pages.len(),
            ..Self::default()
        };
        for page in pages {
            counts.unread += usize::from(page.manifest.mentions.is_err());
            for row in &page.rows {
                counts.references += 1;
                counts.fixed +=
                    usize::from(matches!(row.fixed, Fixed::Pinned { written: true, .. }));
                match row.mention.state {
                    _ if row.is_pinned() => counts.pinned += 1,
                    State::Unresolvable(_) => counts.unknown += 1,
                    _ => counts.unpinned += 1,
                }
            }
        }
        counts
    }
}

/// One line for each reference that is not pinned, one for each file that could not be read, and a summary.
pub(super) fn text(pages: &[Page<'_>]) -> String {
    let mut out = String::new();
    for page in pages {
        let name = one_line(&page.manifest.name);
        if let Err(unread) = &page.manifest.mentions {
            let place = place(&name, unread.position);
            out += &format!("{place}: error: {}\n", one_line(&unread.message));
        }
        for row in page.rows.iter().filter(|row| !row.mention.is_pinned()) {
            let position = (row.mention.line, row.mention.column);
            let place = place(&name, Some(position));
            out += &format!("{place}: {}\n", one_line(&said(row)));
            if let Fixed::Pinned { lines, .. } = &row.fixed {
                for (sign, lines) in [("-", &lines.0), ("+", &lines.1)] {
                    for line in lines.lines() {
                        out += &format!("  {sign} {}\n", one_line(line));
                    }
                }
            }
        }
        if let Some(why) = &page.unwritten {
            out += &format!("{name}: error: {}\n", one_line(why));
        }
    }
    output::plain(&(out + &summary(&Counts::of(pages))))
}

fn summary(counts: &Counts) -> String {
    let many = |count: usize, word: &str| match count {
        1 => format!("1 {word}"),
        _ => format!("{count} {word}s"),
    };
    let mut text = format!(
        "{} in {}: {} pinned, {} not pinned, {} not known",
        many(counts.references, "image reference"),
        many(counts.files, "file"),
        counts.pinned,
        counts.unpinned,
        counts.unknown
    );
    if counts.fixed > 0 {
        text += &format!("; {} fixed now", counts.fixed);
    }
    if counts.unread > 0 {
        text += &format!("; {} could not be read", many(counts.unread, "file"));
    }
    text + "\n"
}

fn place(name: &str, position: Option<(u32, u32)>) -> String {
    match position {
        Some((line, column)) => format!("{name}:{line}:{column}"),
        None => name.into(),
    }
}

/// What is wrong with a reference, and what became of it.
fn said(row: &Row<'_>) -> String {
    let what = format!("{}: {}", row.mention.text, problem(row));
    match &row.fixed {
        Fixed::No => what,
        Fixed::Pinned { written: true, .. } => format!("{}: pinned", row.mention.text),
        Fixed::Pinned { .. } => format!("{}: would be pinned", row.mention.text),
        Fixed::Impossible(why) => format!("{what}; not fixed: {why}"),
        Fixed::Unreachable(why) => format!("{what}; not fixed, cannot ask: {why}"),
    }
}

fn problem(row: &Row<'_>) -> String {
    match &row.mention.state {
        State::Pinned { .. } => "pinned".into(),
        State::Tag => {
            let has_tag = row
                .mention
                .reference
                .as_ref()
                .is_some_and(|image| image.tag.is_some());
            match has_tag {
                true => "a tag, not a digest".into(),
                false => "neither tag nor digest".into(),
            }
        }
        State::Invalid { reason } => reason.clone(),
        State::Unresolvable(unknown) => unknown.advice().into(),
    }
}

/// The result by `schemas/evidence-pins-v1.schema.json`.
pub(super) fn json(pages: &[Page<'_>]) -> String {
    let counts = Counts::of(pages);
    let files: Vec<Value> = pages
        .iter()
        .filter(|page| !page.rows.is_empty() || page.manifest.mentions.is_err())
        .map(file)
        .collect();
    let page = json!({
        "version": 1,
        "files": files,
        "summary": {
            "files": counts.files,
            "unread": counts.unread,
            "references": counts.references,
            "pinned": counts.pinned,
            "unpinned": counts.unpinned,
            "unknown": counts.unknown,
            "fixed": counts.fixed,
        },
    });
    format!("{page:#}\n")
}

fn file(page: &Page<'_>) -> Value {
    let unread = page.manifest.mentions.as_ref().err();
    let error = unread
        .map(|unread| (unread.position, &unread.message))
        .or_else(|| page.unwritten.as_ref().map(|why| (None, why)));
    json!({
        "path": page.manifest.name,
        "error": error.map(|(position, message)| json!({
            "line": position.map(|(line, _)| line),
            "column": position.map(|(_, column)| column),
            "message": message,
        })),
        "references": page.rows.iter().map(reference).collect::<Vec<_>>(),
    })
}

fn reference(row: &Row<'_>) -> Value {
    let mention = row.mention;
    let (state, digest, unknown) = match &mention.state {
        State::Pinned { digest } => ("pinned", Some(digest), None),
        State::Tag => ("tag", None, None),
        State::Invalid { .. } => ("invalid", None, None),
        State::Unresolvable(unknown) => ("unresolvable", None, Some(unknown)),
    };
    let (fix, why) = match &row.fixed {
        Fixed::No => (None, None),
        Fixed::Pinned { written: true, .. } => (Some("written"), None),
        Fixed::Pinned { .. } => (Some("would-write"), None),
        Fixed::Impossible(why) => (Some("impossible"), Some(why)),
        Fixed::Unreachable(why) => (Some("unreachable"), Some(why)),
    };
    json!({
        "line": mention.line,
        "column": mention.column,
        "text": mention.text,
        "place": mention.place,
        "state": state,
        "digest": digest,
        "unknown": unknown,
        "image": mention.reference.as_ref().map(ToString::to_string),
        "message": problem(row),
        "fixable": matches!(mention.fix, Fix::Edit(_)),
        "fix": fix,
        "fixMessage": why,
    })
}

/// The references that are not pinned, and the files that could not be read, as SARIF.
pub(super) fn sarif(pages: &[Page<'_>]) -> String {
    let mut entries = Vec::new();
    for page in pages {
        let mut add = |rule: &str, demand: &str, level, message: String, key: &str, position| {
            entries.push(Entry {
                rule: rule.into(),
                demand: demand.into(),
                level,
                message,
                location: Location::File {
                    path: page.manifest.name.clone(),
                    position,
                },
                key: key.into(),
            });
        };
        if let Err(unread) = &page.manifest.mentions {
            let demand = "Files with image references can be read";
            let message = unread.message.clone();
            add(
                "EV-pins-unread",
                demand,
                Level::Error,
                message,
                "",
                unread.position,
            );
        }
        if let Some(why) = &page.unwritten {
            let demand = "Files that are fixed can be written";
            add(
                "EV-pins-unwritten",
                demand,
                Level::Error,
                why.clone(),
                "",
                None,
            );
        }
        for row in page.rows.iter().filter(|row| !row.is_pinned()) {
            let (rule, demand, level) = match row.mention.state {
                State::Invalid { .. } => (
                    "EV-pins-invalid",
                    "Image references are references, and digests are digests",
                    Level::Error,
                ),
                State::Unresolvable(_) => (
                    "EV-pins-unknown",
                    "Which image is meant is known from the file",
                    Level::Note,
                ),
                _ => ("EV-pins-tag", "Images are named by digest", Level::Warning),
            };
            let position = Some((row.mention.line, row.mention.column));
            add(rule, demand, level, said(row), &row.mention.text, position);
        }
    }
    log(&entries)
}
