//! `--output FORMAT[=PATH]`.

use super::exit::CliError;
use super::files;
use evidence::model::Report;
use evidence::report;
use std::path::PathBuf;
use std::str::FromStr;

/// Formats of a report.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Format {
    Text,
    Json,
    Html,
}

/// A format and where it goes; standard output without a path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Output {
    pub(crate) format: Format,
    pub(crate) path: Option<PathBuf>,
}

impl Output {
    pub(crate) fn stdout(format: Format) -> Self {
        Self { format, path: None }
    }

    pub(crate) fn write(&self, report: &Report) -> Result<(), CliError> {
        let text = match self.format {
            Format::Text => report::text(report),
            Format::Json => report::json(report),
            Format::Html => report::html(report),
        };
        match &self.path {
            None => files::print(&text),
            Some(path) => files::write(path, text.as_bytes()),
        }
    }
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (format, path) = match text.split_once('=') {
            Some((format, path)) if !path.is_empty() => (format, Some(path.into())),
            Some(_) => return Err("the path after = is missing".into()),
            None => (text, None),
        };
        let format = match format {
            "text" => Format::Text,
            "json" => Format::Json,
            "html" => Format::Html,
            other => return Err(format!("{other:?} is no format: text, json or html")),
        };
        Ok(Self { format, path })
    }
}
