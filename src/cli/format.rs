//! `--output FORMAT[=PATH]`.

use super::exit::CliError;
use super::files;
use evidence::model::Report;
use evidence::report;
use std::path::PathBuf;
use std::str::FromStr;

/// Formats that a command offers, by their names.
pub(crate) trait Formats: Copy + 'static {
    /// All of them, in the order in which they are listed.
    const NAMED: &'static [(&'static str, Self)];
}

/// A format and where it goes; standard output without a path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Output<F> {
    pub(crate) format: F,
    pub(crate) path: Option<PathBuf>,
}

impl<F: Formats> Output<F> {
    /// What was asked for; `default` to standard output where nothing was.
    ///
    /// # Errors
    /// When two formats would be mixed on standard output.
    pub(crate) fn all(asked: &[Self], default: F) -> Result<Vec<Self>, CliError> {
        if asked.iter().filter(|one| one.path.is_none()).count() > 1 {
            return Err(CliError::usage("two formats go to standard output")
                .hint("give one of them a file: --output FORMAT=PATH"));
        }
        Ok(match asked {
            [] => vec![Self {
                format: default,
                path: None,
            }],
            some => some.to_vec(),
        })
    }

    /// Writes this to where it goes.
    pub(crate) fn put(&self, text: &str) -> Result<(), CliError> {
        match &self.path {
            None => files::print(text),
            Some(path) => files::write(path, text.as_bytes()),
        }
    }
}

impl<F: Formats> FromStr for Output<F> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, path) = match text.split_once('=') {
            Some((name, path)) if !path.is_empty() => (name, Some(path.into())),
            Some(_) => return Err("the path after = is missing".into()),
            None => (text, None),
        };
        match F::NAMED.iter().find(|(known, _)| *known == name) {
            Some((_, format)) => Ok(Self {
                format: *format,
                path,
            }),
            None => Err(format!("{name:?} is no format: {}", listed(F::NAMED))),
        }
    }
}

/// Such as `text, json or html`.
fn listed<F>(named: &[(&str, F)]) -> String {
    let names: Vec<_> = named.iter().map(|(name, _)| *name).collect();
    match names.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} or {last}", before.join(", ")),
        _ => names.concat(),
    }
}

/// Formats of a report.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Format {
    Text,
    Json,
    Html,
}

impl Formats for Format {
    const NAMED: &'static [(&'static str, Self)] = &[
        ("text", Self::Text),
        ("json", Self::Json),
        ("html", Self::Html),
    ];
}

/// Formats of what is checked outside of bundles: SBOMs and scanners' reports.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CheckFormat {
    Text,
    Json,
    Markdown,
    Sarif,
    Junit,
}

impl Formats for CheckFormat {
    const NAMED: &'static [(&'static str, Self)] = &[
        ("text", Self::Text),
        ("json", Self::Json),
        ("markdown", Self::Markdown),
        ("sarif", Self::Sarif),
        ("junit", Self::Junit),
    ];
}

impl Output<Format> {
    pub(crate) fn write(&self, report: &Report) -> Result<(), CliError> {
        self.put(&match self.format {
            Format::Text => report::text(report),
            Format::Json => report::json(report),
            Format::Html => report::html(report),
        })
    }
}
