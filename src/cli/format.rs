//! `--output FORMAT[=PATH]`.

use super::exit::CliError;
use super::{files, pictures};
use evidence::model::Report;
use evidence::report;
use std::path::{Path, PathBuf};
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

/// Formats of a verification's report.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Format {
    Text,
    Json,
    Html,
    Markdown,
    Statements,
}

impl Formats for Format {
    const NAMED: &'static [(&'static str, Self)] = &[
        ("text", Self::Text),
        ("json", Self::Json),
        ("html", Self::Html),
        ("markdown", Self::Markdown),
        ("statements", Self::Statements),
    ];
}

/// The same, and its pictures alone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum PageFormat {
    Report(Format),
    Svg,
}

impl Formats for PageFormat {
    const NAMED: &'static [(&'static str, Self)] = &[
        ("html", Self::Report(Format::Html)),
        ("markdown", Self::Report(Format::Markdown)),
        ("svg", Self::Svg),
        ("json", Self::Report(Format::Json)),
        ("text", Self::Report(Format::Text)),
        ("statements", Self::Report(Format::Statements)),
    ];
}

/// Formats of what is checked outside of bundles: SBOMs and scanners' reports.
#[cfg(feature = "net")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CheckFormat {
    Text,
    Json,
    Markdown,
    Sarif,
    Junit,
}

#[cfg(feature = "net")]
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
    /// Writes a report to where it goes. Markdown in a file has its pictures beside it, in the folder `<stem>.charts`.
    pub(crate) fn write(&self, report: &Report) -> Result<(), CliError> {
        self.put(&match self.format {
            Format::Text => report::text(report),
            Format::Json => report::json(report),
            Format::Html => report::html(report),
            Format::Markdown => self.markdown(report)?,
            Format::Statements => report::statements(report),
        })
    }

    fn markdown(&self, report: &Report) -> Result<String, CliError> {
        let pictures = pictures::pictures(report, None);
        // A folder beside /dev/stdout is nobody's wish.
        let path = self.path.as_deref().filter(|path| !files::is_special(path));
        let stem = path.and_then(Path::file_stem);
        let (Some(path), Some(stem), false) = (path, stem, pictures.is_empty()) else {
            return Ok(report::markdown(report, &|_| Vec::new()));
        };
        let folder = format!("{}.charts", stem.to_string_lossy());
        let names = pictures::write(&pictures, &path.with_file_name(&folder))?;
        Ok(report::markdown(report, &|id| {
            let names = names.get(id).into_iter().flatten();
            names.map(|name| format!("{folder}/{name}")).collect()
        }))
    }
}

impl Output<PageFormat> {
    /// Writes a report, or its pictures: to the folder that is named, or the only one to standard output.
    pub(crate) fn write(&self, report: &Report, item: Option<&str>) -> Result<(), CliError> {
        let pictures = || pictures::pictures(report, item);
        match (self.format, &self.path) {
            (PageFormat::Report(format), path) => Output {
                format,
                path: path.clone(),
            }
            .write(report),
            (PageFormat::Svg, Some(folder)) => pictures::write(&pictures(), folder).map(drop),
            (PageFormat::Svg, None) => pictures::print(&pictures(), report),
        }
    }
}
