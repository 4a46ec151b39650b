//! Is there a picture of the dashboard that was asked for? More than that a picture cannot say.

pub use super::dashboard_document::{DashboardDocument, document};
use super::dashboard_panels::{self, PanelFacts, Panels};
pub use super::dashboard_panels::{REFUSAL, Refusal, library_name};
use super::{Appraised, Claim, picture};
use crate::model::limits::DOCUMENT_BYTES;
use crate::model::{
    Capture, CapturedFile, DashboardExpectation, Digest, Exhibit, Problem, Status, Window,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Name of the picture's file.
pub const RENDER: &str = "render.png";
/// Name of the dashboard's own JSON, as the API answered it.
pub const DASHBOARD: &str = "dashboard.json";
/// Name of the request's file.
pub const REQUEST: &str = "request.json";
/// Name of the picture that the server gave for a dashboard that does not exist; not every server gives one.
pub const CONTROL: &str = "control.png";

/// `request.json` of a dashboard item.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DashboardRequest {
    /// The dashboard's uid.
    pub uid: String,
    /// The panel's id; none for the whole dashboard.
    pub panel: Option<u64>,
    /// First moment of the window, milliseconds since 1970.
    pub from_ms: i64,
    /// Last moment of the window, milliseconds since 1970.
    pub to_ms: i64,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// `light` or `dark`.
    pub theme: String,
    /// Dashboard variables.
    pub variables: BTreeMap<String, Vec<String>>,
    /// HTTP method.
    pub method: String,
    /// The endpoint, without user, password and query.
    pub url: String,
    /// The server's version, as it says.
    pub version: Option<String>,
    /// The version of its image renderer, as it says.
    pub renderer_version: Option<String>,
}

/// Appraises a captured dashboard.
///
/// Never more than [`Status::Recorded`]: a picture of a dashboard without data, or drawn by anybody, is a picture too.
/// Where the configuration names who answers its panels' queries, each of them must be there, be the answer to exactly
/// the query that follows from the dashboard's JSON, and no panel may be without a number.
pub fn dashboard(capture: &Capture, expectation: &DashboardExpectation) -> Appraised {
    let mut problems = Vec::new();
    let base = dashboard_panels::base(capture).unwrap_or_default();
    let file = |name: &str| dashboard_panels::own(capture, &base, name);
    if let Err(text) = asked(capture, file(REQUEST), expectation) {
        problems.push(Problem::new("dashboard-request", text));
    }
    let bytes = file(RENDER).map(|file| &file.bytes);
    let control = file(CONTROL).map(|file| &file.bytes);
    let shown = match bytes {
        None => Err(Problem::new("dashboard-missing", "there is no picture")),
        // Before all else: a placeholder mostly has another size, too.
        Some(bytes) if control == Some(bytes) => {
            Err(Problem::new("dashboard-placeholder", PLACEHOLDER))
        }
        Some(bytes) => picture::check(bytes, expectation.width, expectation.height)
            .map(|_| bytes)
            .map_err(|error| Problem::new(error.code(), error.to_string())),
    };
    let shown = shown.map_err(|problem| problems.push(problem)).ok();
    let document = match file(DASHBOARD) {
        None => Err("there is no dashboard JSON".into()),
        Some(file) => document(&file.bytes, &expectation.uid),
    };
    let mut panels = match (&document, file(DASHBOARD)) {
        (Ok(_), Some(file)) => dashboard_panels::panels(capture, &base, &file.bytes, expectation),
        _ => Panels::default(),
    };
    let document = document
        .map_err(|text| problems.push(Problem::new("dashboard-json", text)))
        .ok();
    if let (Some(document), Some(panel)) = (&document, expectation.panel)
        && !document
            .panels
            .iter()
            .any(|id| u64::try_from(*id) == Ok(panel))
    {
        let text = format!("the dashboard has no panel {panel}");
        problems.push(Problem::new("dashboard-panel", text));
    }
    problems.append(&mut panels.problems);
    let title = document.as_ref().map(|document| document.title.clone());
    let name = title.as_deref().unwrap_or(&expectation.uid);
    let panel = expectation
        .panel
        .map(|panel| format!(", panel {panel}"))
        .unwrap_or_default();
    let summary = match problems.first() {
        None => format!(
            "a picture of {name}{panel}, {} x {}{}",
            expectation.width,
            expectation.height,
            data(&panels)
        ),
        Some(problem) => format!("{name}{panel}: {}", problem.message),
    };
    let facts = Facts {
        uid: expectation.uid.clone(),
        panel: expectation.panel,
        title: title.clone(),
        window: capture.window,
        width: expectation.width,
        height: expectation.height,
        picture: shown.map(|bytes| Digest::of(bytes)),
        compared: control.is_some(),
        panels: panels.facts,
    };
    let picture = shown
        .map(|bytes| Exhibit::Picture {
            png: bytes.clone(),
            alt: format!("{name}{panel}"),
        })
        .into_iter();
    let exhibits = picture.chain(panels.charts).collect();
    let status = if shown.is_some() {
        Status::Recorded
    } else {
        Status::Missing
    };
    Appraised {
        exhibits,
        ..Appraised::new(
            Claim::new(status, Some(problems.is_empty()), facts, problems),
            summary,
        )
    }
}

/// What a picture is that comes for any dashboard.
pub const PLACEHOLDER: &str = "the server gives this very picture for a dashboard that does not exist, too: a login page, an error or a placeholder";

/// What the summary says of the data behind the picture.
fn data(panels: &Panels) -> String {
    match panels.judged {
        0 => String::new(),
        judged => format!(
            ", data of {} of {judged} queries captured",
            panels.with_numbers
        ),
    }
}

/// Whether the stored request is the expectation's over the capture's window.
fn asked(
    capture: &Capture,
    file: Option<&CapturedFile>,
    expectation: &DashboardExpectation,
) -> Result<(), String> {
    let file = file.ok_or("there is no request.json")?;
    let request: DashboardRequest = (file.bytes.len() as u64 <= DOCUMENT_BYTES)
        .then(|| serde_json::from_slice(&file.bytes))
        .and_then(Result::ok)
        .ok_or("request.json does not parse")?;
    if serde_json::to_value(&request).ok().as_ref() != Some(&capture.request) {
        return Err("the item states another request than its request.json".into());
    }
    let window = capture.window.ok_or("the capture has no window")?;
    let length = i128::from(window.end_ms) - i128::from(window.start_ms);
    if length != i128::from(expectation.window_ms) {
        return Err("the window has another length than expected".into());
    }
    let wanted = DashboardRequest {
        uid: expectation.uid.clone(),
        panel: expectation.panel,
        from_ms: window.start_ms,
        to_ms: window.end_ms,
        width: expectation.width,
        height: expectation.height,
        theme: expectation.theme.clone(),
        variables: expectation.variables.clone(),
        ..request.clone()
    };
    match request == wanted {
        true => Ok(()),
        false => Err("another picture was asked for than the one that is expected".into()),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Facts {
    uid: String,
    panel: Option<u64>,
    title: Option<String>,
    window: Option<Window>,
    width: u32,
    height: u32,
    /// Digest of the picture, once checked.
    picture: Option<Digest>,
    /// Whether it was compared with the picture for a dashboard that does not exist.
    compared: bool,
    /// Its panels that draw data, with what was asked for each; where a server is named for their queries.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    panels: Vec<PanelFacts>,
}

#[cfg(test)]
mod tests;
