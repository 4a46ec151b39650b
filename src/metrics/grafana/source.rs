//! Which configured server answers a query of a dashboard.

use super::interpolate::{Style, fill};
use super::panel::{Panel, Target};
use super::resolve::Dashboard;
use super::wire::Datasource;

impl Dashboard<'_> {
    /// Which configured server answers the query.
    pub(super) fn server(&self, panel: &Panel, target: &Target) -> Result<Option<String>, String> {
        let (uid, kind) = self.source(panel, target)?;
        let shown: String = uid.chars().take(60).collect();
        match (uid.as_str(), kind.as_deref()) {
            ("__expr__", _) | (_, Some("__expr__")) => {
                return Err("it computes with the answers of other queries".into());
            }
            ("-- Dashboard --", _) => return Err("it shows the answer of another panel".into()),
            ("-- Grafana --", _) | (_, Some("grafana")) => {
                return Err("it asks Grafana itself".into());
            }
            (_, Some(kind)) if !PROMETHEUS.contains(&kind) => {
                let kind: String = kind.chars().take(60).collect();
                return Err(format!("its data source is no Prometheus but {kind:?}"));
            }
            _ => {}
        }
        let Some(data) = self.data() else {
            return match kind {
                Some(_) => Ok(None),
                None => Err(format!("the type of its data source {shown:?} is not told")),
            };
        };
        if let Some(server) = data.datasources.get(&uid) {
            return Ok(Some(server.clone()));
        }
        match (kind, &data.prometheus) {
            (Some(_), Some(server)) => Ok(Some(server.clone())),
            (Some(_), None) => Err(format!(
                "the configuration names no server for the data source {shown:?}"
            )),
            (None, _) => Err(format!(
                "the type of its data source {shown:?} is not told: name its server under datasources"
            )),
        }
    }

    /// Uid or name of the data source that is asked, and its type where that is told.
    fn source(&self, panel: &Panel, target: &Target) -> Result<(String, Option<String>), String> {
        let own = (target.datasource.as_ref()).map(parts);
        let is_expression = own
            .as_ref()
            .is_some_and(|(uid, kind)| uid == "__expr__" || kind.as_deref() == Some("__expr__"));
        // A panel's own source counts before its queries', unless it is the one that mixes several.
        let whole = (panel.datasource.as_ref()).map(parts);
        let whole = whole.filter(|(uid, kind)| {
            uid != "-- Mixed --" && kind.as_deref() != Some("mixed") && !is_expression
        });
        let (uid, kind) = whole.or(own).unwrap_or_else(|| ("default".into(), None));
        let name = uid
            .trim_start_matches("${")
            .trim_start_matches(['$', '['])
            .trim_end_matches(['}', ']']);
        let plugin = (name != uid)
            .then(|| self.variables.by_name.get(name)?.plugin.clone())
            .flatten();
        let uid = fill(&uid, &self.variables, &|_| None, Style::Plain)
            .map_err(|reason| format!("its data source is not known: {reason}"))?;
        Ok((uid, kind.or(plugin)))
    }
}

fn parts(source: &Datasource) -> (String, Option<String>) {
    match source {
        Datasource::Named(name) => (name.clone(), None),
        Datasource::Reference { r#type, uid } => (
            uid.clone().unwrap_or_else(|| "default".into()),
            r#type.clone(),
        ),
        Datasource::Other(_) => ("default".into(), None),
    }
}

/// Types of data sources that are asked in PromQL.
const PROMETHEUS: &[&str] = &[
    "prometheus",
    "grafana-amazonprometheus-datasource",
    "grafana-azureprometheus-datasource",
];
