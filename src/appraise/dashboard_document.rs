//! The JSON of a Grafana dashboard, in each shape that its API has.

use crate::model::limits::DOCUMENT_BYTES;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What a dashboard's JSON says of itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DashboardDocument {
    /// Its title.
    pub title: String,
    /// Ids of all its panels, those in collapsed rows too.
    pub panels: Vec<i64>,
}

/// Reads a dashboard's JSON as `/api/dashboards/uid/UID` or `/apis/dashboard.grafana.app/…` answer it.
///
/// # Errors
/// A phrase, when it is no dashboard or one with another uid.
pub fn document(bytes: &[u8], uid: &str) -> Result<DashboardDocument, String> {
    if bytes.len() as u64 > DOCUMENT_BYTES {
        return Err(format!(
            "the dashboard JSON has more than {DOCUMENT_BYTES} bytes"
        ));
    }
    let wire: Wire = serde_json::from_slice(bytes)
        .map_err(|error| format!("the dashboard JSON does not parse: {error}"))?;
    let (found, body) = match (wire.dashboard, wire.metadata, wire.spec) {
        (Some(body), _, _) => (body.uid.clone(), body),
        (None, Some(metadata), Some(body)) => (Some(metadata.name), body),
        _ => return Err("the dashboard JSON is no dashboard".into()),
    };
    if found.as_deref() != Some(uid) {
        let found: String = found.unwrap_or_default().chars().take(100).collect();
        return Err(format!("the dashboard JSON has the uid {found:?}"));
    }
    let mut panels = Vec::new();
    for panel in body.panels.iter().chain(&body.rows) {
        panel.add_ids(&mut panels);
    }
    panels.extend(
        body.elements
            .values()
            .filter_map(|element| element.spec.as_ref()?.id),
    );
    Ok(DashboardDocument {
        title: body.title.chars().take(300).collect(),
        panels,
    })
}

#[derive(Deserialize)]
struct Wire {
    dashboard: Option<Body>,
    metadata: Option<Metadata>,
    spec: Option<Body>,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
}

#[derive(Deserialize)]
struct Body {
    uid: Option<String>,
    title: String,
    #[serde(default)]
    panels: Vec<Panel>,
    /// Before schema version 16.
    #[serde(default)]
    rows: Vec<Panel>,
    /// Schema version 2.
    #[serde(default)]
    elements: BTreeMap<String, Element>,
}

#[derive(Deserialize)]
struct Panel {
    id: Option<i64>,
    /// Of a collapsed row.
    #[serde(default)]
    panels: Vec<Panel>,
}

#[derive(Deserialize)]
struct Element {
    spec: Option<ElementSpec>,
}

#[derive(Deserialize)]
struct ElementSpec {
    id: Option<i64>,
}

impl Panel {
    fn add_ids(&self, ids: &mut Vec<i64>) {
        ids.extend(self.id);
        for panel in &self.panels {
            panel.add_ids(ids);
        }
    }
}
