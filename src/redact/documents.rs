//! Which files of an item rules are applied to, and how each is read.

use crate::model::{CapturedFile, Kind};

/// How a file may be read.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Reads {
    pub(super) json: bool,
    pub(super) table: bool,
    pub(super) text: bool,
}

/// How a file of an item of this kind may be read; none where nothing in it is ever blanked.
///
/// What is signed or addressed by its content is never blanked, nor are records of our own: what they say stands in the
/// manifest too. A picture shows what it shows.
pub(super) fn reads(kind: Kind, file: &CapturedFile) -> Option<Reads> {
    let path = file.path.as_str();
    let (folder, name) = (path.split('/').next()?, path.rsplit('/').next()?);
    let media_type = file.media_type.as_str();
    let is_json = media_type == "application/json" || media_type.ends_with("+json");
    let found = match (kind, folder) {
        (Kind::Command, "files") if name == "stdout" => Reads {
            json: true,
            table: true,
            text: true,
        },
        (Kind::Command, "files") if name == "stderr" => Reads {
            text: true,
            ..Reads::default()
        },
        (Kind::Metric | Kind::Dashboard, "metrics" | "dashboards") if !RECORDS.contains(&name) => {
            Reads {
                json: is_json,
                table: false,
                text: is_json,
            }
        }
        (Kind::File | Kind::Scan, "files") => Reads {
            json: is_json,
            table: media_type == "text/csv",
            text: !media_type.starts_with("image/"),
        },
        _ => return None,
    };
    (found != Reads::default()).then_some(found)
}

/// Whether the file may hold what a rule blanks, in a form that no rule reads: samples that came compressed.
pub(super) fn is_closed(kind: Kind, file: &CapturedFile) -> bool {
    let is_foreign = matches!(kind, Kind::Metric | Kind::Dashboard)
        && (file.path.is_under("metrics") || file.path.is_under("dashboards"));
    let name = file.path.as_str().rsplit('/').next().unwrap_or_default();
    is_foreign
        && !RECORDS.contains(&name)
        && !file.media_type.starts_with("image/")
        && reads(kind, file).is_none()
}

/// Files that the collector writes about how it asked, beside those that it was given.
const RECORDS: [&str; 4] = ["exchange.json", "raw.json", "request.json", "server.json"];
