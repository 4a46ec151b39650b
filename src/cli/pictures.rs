//! Charts of reports and gates, as SVG files.

use super::exit::{CliError, Exit};
use super::files;
use evidence::disk;
use evidence::model::{Chart, Exhibit, Report};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Letters of a file's name that come from an item's id.
const NAME: usize = 100;

/// One chart.
pub(crate) struct Picture<'a> {
    /// Id of its item.
    id: &'a str,
    /// Title of its item.
    title: &'a str,
    chart: &'a Chart,
    /// Name of its file, without folders: letters, figures, `_`, `.` and `-`, none at the front a dot.
    name: String,
}

impl Picture<'_> {
    fn draw(&self) -> String {
        evidence::report::chart::svg(self.title, self.chart)
    }
}

/// The charts of all items, or of one: `<item>.svg`, or `<item>-<n>.svg` where it has several.
pub(crate) fn pictures<'a>(report: &'a Report, only: Option<&str>) -> Vec<Picture<'a>> {
    let items = report.items.iter().map(|item| {
        let charts = item.exhibits.iter().filter_map(|exhibit| match exhibit {
            Exhibit::Chart(chart) => Some(chart),
            Exhibit::Picture { .. } => None,
        });
        (item.id.as_str(), item.title.as_str(), charts.collect())
    });
    let mut pictures = named(items);
    pictures.retain(|picture| only.is_none_or(|id| id == picture.id));
    pictures
}

/// Charts by id and title, each with a file name of its own.
pub(crate) fn named<'a>(
    items: impl Iterator<Item = (&'a str, &'a str, Vec<&'a Chart>)>,
) -> Vec<Picture<'a>> {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut pictures = Vec::new();
    for (id, title, charts) in items {
        for (number, chart) in charts.iter().enumerate() {
            let mut stem = plain(id);
            if charts.len() > 1 {
                stem.push_str(&format!("-{}", number + 1));
            }
            // An item `a-1` beside the first chart of an item `a`.
            while !taken.insert(stem.clone()) {
                stem.push('_');
            }
            let name = format!("{stem}.svg");
            pictures.push(Picture {
                id,
                title,
                chart,
                name,
            });
        }
    }
    pictures
}

/// An id as a part of a file's name on any system, whatever a bundle calls its items.
fn plain(id: &str) -> String {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-.".contains(c);
    let name: String = (id.chars().take(NAME))
        .map(|c| if is_plain(c) { c } else { '_' })
        .collect();
    match name.strip_prefix('.') {
        Some(rest) => format!("_{rest}"),
        None => name,
    }
}

/// Writes each picture to a file in a folder, which is made; gives the names of the files by item.
pub(crate) fn write(
    pictures: &[Picture<'_>],
    folder: &Path,
) -> Result<BTreeMap<String, Vec<String>>, CliError> {
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    disk::make_folder(folder).map_err(|error| files::cannot_write_file(&error))?;
    for picture in pictures {
        files::write(&folder.join(&picture.name), picture.draw().as_bytes())?;
        let of_item = names.entry(picture.id.to_owned()).or_default();
        of_item.push(picture.name.clone());
    }
    Ok(names)
}

/// Writes the only picture to standard output.
///
/// # Errors
/// When there is none, or more than one.
pub(crate) fn print(pictures: &[Picture<'_>], report: &Report) -> Result<(), CliError> {
    match pictures {
        [picture] => files::print(&picture.draw()),
        [] => {
            // A bundle that is refused has nothing to draw, and says so by its own exit code.
            let exit = match Exit::from_report(report) {
                Exit::Verified | Exit::Unmet | Exit::Conditional => Exit::Usage,
                worse => worse,
            };
            Err(CliError::new(exit, "there is no chart to draw")
                .hint("`evidence report --output text` tells what was captured"))
        }
        several => {
            let mut ids: Vec<&str> = several.iter().map(|one| one.id).collect();
            ids.dedup();
            Err(CliError::usage(format!(
                "there are {} charts, standard output takes one",
                several.len()
            ))
            .detail(format!("of: {}", super::output::plain(&ids.join(", "))))
            .hint("give a folder: --output svg=DIR; or choose an item with one chart: --item ID"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use evidence::model::{ItemReport, Kind, StatedClaim, Status, Timestamp};

    fn report(items: &[(&str, usize)]) -> Report {
        let items = items.iter().map(|(id, charts)| ItemReport {
            id: (*id).into(),
            title: String::new(),
            kind: Kind::Metric,
            captured: Timestamp::UNIX_EPOCH,
            window: None,
            request: serde_json::Value::Null,
            files: Vec::new(),
            status: Status::Verified,
            claim: StatedClaim {
                status: Status::Verified,
                met: None,
                facts: serde_json::Value::Null,
                problems: Vec::new(),
            },
            summary: String::new(),
            exhibits: vec![Exhibit::Chart(Chart::default()); *charts],
        });
        Report {
            items: items.collect(),
            ..Report::default()
        }
    }

    #[test]
    fn each_chart_has_a_file_of_its_own_inside_the_folder_whatever_the_ids() {
        let report = report(&[
            ("a", 2),
            ("a-1", 1),
            ("../../etc/B", 1),
            ("..", 1),
            ("b", 0),
        ]);

        let all = pictures(&report, None);

        let names: Vec<&str> = all.iter().map(|picture| picture.name.as_str()).collect();
        let expected = [
            "a-1.svg",
            "a-2.svg",
            "a-1_.svg",
            "_._.._etc__.svg",
            "_..svg",
        ];
        assert_eq!(names, expected);
        assert_eq!(pictures(&report, Some("a")).len(), 2);
    }

    #[test]
    fn files_are_named_by_item_and_lie_in_a_new_folder() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("x").join("charts");
        let report = report(&[("a", 2), ("b", 1)]);

        let names = write(&pictures(&report, None), &folder).unwrap();

        assert_eq!(names["a"], ["a-1.svg", "a-2.svg"]);
        assert_eq!(names["b"], ["b.svg"]);
        let text = std::fs::read_to_string(folder.join("b.svg")).unwrap();
        assert!(text.starts_with("<svg "));
    }

    #[test]
    fn standard_output_takes_one_chart_and_the_error_says_what_to_do() {
        let report = report(&[("a", 2), ("b", 1)]);

        let error = print(&pictures(&report, None), &report).unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        assert!(error.message.contains("3 charts") && error.hint.unwrap().contains("svg=DIR"));

        let error = print(&pictures(&report, Some("c")), &report).unwrap_err();
        assert_eq!(error.exit, Exit::Undetermined, "the report itself is");
    }
}
