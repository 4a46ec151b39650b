//! The shapes of dashboard JSON that matter here: the classic one and schema version 2, as far as both are read.

use crate::model::limits::DASHBOARD_VALUES;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;

/// The body of any answer that is a dashboard.
#[derive(Deserialize)]
pub(super) struct Envelope {
    /// `/api/dashboards/uid/UID`
    pub(super) dashboard: Option<Body>,
    /// `/apis/dashboard.grafana.app/…`
    pub(super) spec: Option<Body>,
}

/// `/api/library-elements/UID`
#[derive(Deserialize)]
pub(super) struct LibraryElement {
    pub(super) result: LibraryResult,
}

#[derive(Deserialize)]
pub(super) struct LibraryResult {
    pub(super) uid: String,
    pub(super) model: Panel,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    #[serde(default)]
    pub(super) panels: Vec<Panel>,
    /// Before schema version 16.
    #[serde(default)]
    pub(super) rows: Vec<Panel>,
    pub(super) templating: Option<Templating>,
    pub(super) timepicker: Option<Delay>,
    /// Schema version 2, as all that follows.
    #[serde(default)]
    pub(super) elements: BTreeMap<String, Element>,
    #[serde(default)]
    pub(super) variables: Vec<Variable2>,
    pub(super) time_settings: Option<Delay>,
    pub(super) layout: Option<Layout>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Delay {
    pub(super) now_delay: Option<Loose>,
}

#[derive(Deserialize)]
pub(super) struct Templating {
    #[serde(default)]
    pub(super) list: Vec<Variable>,
}

/// A value whose type differs between versions.
#[derive(Clone)]
pub(super) enum Loose {
    Truth(bool),
    Whole(i64),
    Text(String),
    List(Vec<Loose>),
    Other(IgnoredAny),
}

impl<'de> Deserialize<'de> for Loose {
    /// Without a buffer: an untagged enum would copy what is nested once for each level.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Loose;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }
            fn visit_bool<E>(self, value: bool) -> Result<Loose, E> {
                Ok(Loose::Truth(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Loose, E> {
                Ok(Loose::Whole(value))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Loose, E> {
                Ok(i64::try_from(value).map_or(Loose::Other(IgnoredAny), Loose::Whole))
            }
            fn visit_f64<E>(self, _: f64) -> Result<Loose, E> {
                Ok(Loose::Other(IgnoredAny))
            }
            fn visit_str<E>(self, value: &str) -> Result<Loose, E> {
                Ok(Loose::Text(value.into()))
            }
            fn visit_unit<E>(self) -> Result<Loose, E> {
                Ok(Loose::Other(IgnoredAny))
            }
            fn visit_none<E>(self) -> Result<Loose, E> {
                Ok(Loose::Other(IgnoredAny))
            }
            fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Loose, D::Error> {
                inner.deserialize_any(Any)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Loose, A::Error> {
                let mut values = Vec::new();
                while values.len() < DASHBOARD_VALUES {
                    match list.next_element()? {
                        Some(value) => values.push(value),
                        None => return Ok(Loose::List(values)),
                    }
                }
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Loose::Other(IgnoredAny))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Loose::Other(IgnoredAny))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Variable {
    pub(super) name: String,
    /// Not there in schema version 2, whose kind says it.
    pub(super) r#type: Option<String>,
    pub(super) multi: Option<Loose>,
    pub(super) include_all: Option<Loose>,
    pub(super) all_value: Option<Loose>,
    pub(super) current: Option<Current>,
    #[serde(default)]
    pub(super) options: Vec<Current>,
    pub(super) query: Option<Loose>,
    pub(super) plugin_id: Option<String>,
    #[serde(default)]
    pub(super) filters: Vec<IgnoredAny>,
    #[serde(default)]
    pub(super) base_filters: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
pub(super) struct Variable2 {
    pub(super) kind: String,
    pub(super) spec: Variable,
}

/// A chosen value, or one that may be chosen.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Current {
    Chosen { value: Loose },
    Bare(String),
    Other(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Panel {
    pub(super) id: Option<i64>,
    pub(super) r#type: Option<String>,
    pub(super) title: Option<Loose>,
    pub(super) datasource: Option<Datasource>,
    #[serde(default)]
    pub(super) targets: Option<Vec<Target>>,
    pub(super) interval: Option<Loose>,
    pub(super) max_data_points: Option<Loose>,
    pub(super) time_from: Option<Loose>,
    pub(super) time_shift: Option<Loose>,
    pub(super) time_compare: Option<Loose>,
    pub(super) repeat: Option<Loose>,
    pub(super) repeat_panel_id: Option<Loose>,
    pub(super) library_panel: Option<LibraryPanel>,
    pub(super) field_config: Option<FieldConfig>,
    /// Of a collapsed row.
    #[serde(default)]
    pub(super) panels: Vec<Panel>,
}

#[derive(Deserialize)]
pub(super) struct LibraryPanel {
    pub(super) uid: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct FieldConfig {
    pub(super) defaults: Option<Defaults>,
}

#[derive(Deserialize)]
pub(super) struct Defaults {
    pub(super) unit: Option<Loose>,
}

/// Which data source is asked.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Datasource {
    Named(String),
    Reference {
        r#type: Option<String>,
        uid: Option<String>,
    },
    Other(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Target {
    pub(super) ref_id: Option<Loose>,
    pub(super) hide: Option<Loose>,
    pub(super) datasource: Option<Datasource>,
    #[serde(flatten)]
    pub(super) query: Query,
}

/// What a query of Prometheus holds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Query {
    pub(super) expr: Option<Loose>,
    pub(super) range: Option<Loose>,
    pub(super) instant: Option<Loose>,
    pub(super) interval: Option<Loose>,
    pub(super) interval_factor: Option<Loose>,
}

#[derive(Deserialize)]
pub(super) struct Element {
    pub(super) spec: Option<ElementSpec>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ElementSpec {
    pub(super) id: Option<i64>,
    pub(super) title: Option<Loose>,
    pub(super) data: Option<Data>,
    pub(super) viz_config: Option<VizConfig>,
    pub(super) library_panel: Option<LibraryPanel>,
}

#[derive(Deserialize)]
pub(super) struct Data {
    pub(super) spec: DataSpec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DataSpec {
    #[serde(default)]
    pub(super) queries: Vec<PanelQuery2>,
    pub(super) query_options: Option<QueryOptions>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct QueryOptions {
    pub(super) interval: Option<Loose>,
    pub(super) max_data_points: Option<Loose>,
    pub(super) time_from: Option<Loose>,
    pub(super) time_shift: Option<Loose>,
    pub(super) time_compare: Option<Loose>,
}

#[derive(Deserialize)]
pub(super) struct PanelQuery2 {
    pub(super) spec: PanelQuerySpec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PanelQuerySpec {
    pub(super) ref_id: Option<Loose>,
    pub(super) hidden: Option<Loose>,
    pub(super) query: DataQuery,
    /// Where version 2's first drafts had it.
    pub(super) datasource: Option<Datasource>,
}

#[derive(Deserialize)]
pub(super) struct DataQuery {
    pub(super) kind: Option<String>,
    pub(super) group: Option<String>,
    pub(super) datasource: Option<NamedDatasource>,
    pub(super) spec: Query,
}

#[derive(Deserialize)]
pub(super) struct NamedDatasource {
    pub(super) name: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct VizConfig {
    pub(super) group: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) spec: Option<VizSpec>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VizSpec {
    pub(super) field_config: Option<FieldConfig>,
}

#[derive(Deserialize)]
pub(super) struct Layout {
    #[serde(default)]
    pub(super) spec: LayoutSpec,
}

/// Of a layout, and of the rows, tabs and places in it.
#[derive(Default, Deserialize)]
pub(super) struct LayoutSpec {
    #[serde(default)]
    pub(super) items: Vec<Layout>,
    #[serde(default)]
    pub(super) rows: Vec<Layout>,
    #[serde(default)]
    pub(super) tabs: Vec<Layout>,
    pub(super) layout: Option<Box<Layout>>,
    pub(super) element: Option<ElementName>,
    pub(super) repeat: Option<Repeat>,
}

#[derive(Deserialize)]
pub(super) struct ElementName {
    pub(super) name: String,
}

#[derive(Deserialize)]
pub(super) struct Repeat {
    pub(super) value: String,
}

impl Loose {
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Whole(number) => Some(number.to_string()),
            Self::Truth(truth) => Some(truth.to_string()),
            Self::List(_) | Self::Other(_) => None,
        }
    }

    pub(super) fn is_true(&self) -> bool {
        matches!(self, Self::Truth(true))
    }

    /// The number, also where it stands in quotes.
    pub(super) fn number(&self) -> Option<u64> {
        match self {
            Self::Whole(number) => u64::try_from(*number).ok(),
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }
}
