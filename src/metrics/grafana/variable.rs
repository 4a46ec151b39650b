//! The variables of a dashboard with the values that they have.

use super::wire::{Body, Current, Loose, Variable as Wire};
use std::collections::BTreeMap;

/// A variable.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Variable {
    pub(super) value: Value,
    /// Whether its values stand in a regular expression: it may have several.
    pub(super) several: bool,
    /// The type of the data sources that it chooses from.
    pub(super) plugin: Option<String>,
}

/// What a variable has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Value {
    /// Values, to be escaped.
    Chosen(Vec<String>),
    /// What its author wrote for all of them: put in as it is.
    All(String),
    /// Nothing that is known, and why.
    Unknown(String),
}

/// All variables of a dashboard.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Variables {
    pub(super) by_name: BTreeMap<String, Variable>,
    /// A variable that changes every query: filters that are added to each selector.
    pub(super) filtering: Option<String>,
}

impl Variables {
    /// Values of the configuration come before those that the dashboard was saved with.
    pub(super) fn of(body: &Body, configured: &BTreeMap<String, Vec<String>>) -> Self {
        let classic = (body.templating.iter())
            .flat_map(|templating| &templating.list)
            .map(|wire| (wire.r#type.as_deref().unwrap_or_default(), wire));
        let newer = (body.variables.iter()).map(|one| (kind_of(&one.kind), &one.spec));
        let mut found = Self::default();
        for (kind, wire) in classic.chain(newer) {
            let given = configured.get(&wire.name);
            if matches!(kind, "adhoc" | "groupby") {
                let chosen = saved(wire).is_some_and(|values| !values.is_empty());
                let saved = !wire.filters.is_empty() || !wire.base_filters.is_empty();
                if saved || given.is_some() || kind == "groupby" && chosen {
                    found.filtering = Some(wire.name.clone());
                }
                continue;
            }
            let plugin = (kind == "datasource")
                .then(|| wire.plugin_id.clone().or(wire.query.as_ref()?.text()))
                .flatten();
            let variable = Variable {
                value: value(kind, wire, given),
                several: is(&wire.multi) || is(&wire.include_all),
                plugin,
            };
            found.by_name.insert(wire.name.clone(), variable);
        }
        found
    }
}

/// Kinds of schema version 2 by the names that they had before.
fn kind_of(kind: &str) -> &'static str {
    match kind {
        "CustomVariable" => "custom",
        "ConstantVariable" => "constant",
        "TextVariable" => "textbox",
        "DatasourceVariable" => "datasource",
        "AdhocVariable" => "adhoc",
        "GroupByVariable" => "groupby",
        _ => "query",
    }
}

fn value(kind: &str, wire: &Wire, given: Option<&Vec<String>>) -> Value {
    let query = || wire.query.as_ref().and_then(Loose::text);
    let values = match (kind, given) {
        // An address cannot change a constant.
        ("constant", _) => query().map(|text| vec![text]).or_else(|| saved(wire)),
        (_, Some(values)) => Some(values.clone()),
        ("textbox", None) => saved(wire).or_else(|| query().map(|text| vec![text])),
        (_, None) => saved(wire),
    };
    match values {
        None => Value::Unknown(
            "has no value: neither the configuration nor the dashboard has one".into(),
        ),
        Some(values) if values.is_empty() => Value::Unknown("has no value chosen".into()),
        Some(values) if is_all(&values, wire) => all(kind, wire),
        Some(values) => Value::Chosen(values),
    }
}

fn is_all(values: &[String], wire: &Wire) -> bool {
    let all = |text: &String| text == "$__all" || text == "All" && is(&wire.include_all);
    values.iter().any(all)
}

/// All values: what the author wrote for them, else those that the dashboard itself lists.
fn all(kind: &str, wire: &Wire) -> Value {
    let written = wire.all_value.as_ref().and_then(Loose::text);
    if let Some(text) = written.filter(|text| !text.is_empty()) {
        return Value::All(text);
    }
    let listed: Vec<String> = (wire.options.iter())
        .filter_map(chosen)
        .flatten()
        .filter(|value| value != "$__all")
        .collect();
    match kind {
        "custom" if !listed.is_empty() => Value::Chosen(listed),
        _ => Value::Unknown(
            "stands for all values, which are looked up when the dashboard is opened: name them under variables".into(),
        ),
    }
}

fn saved(wire: &Wire) -> Option<Vec<String>> {
    chosen(wire.current.as_ref()?)
}

fn chosen(current: &Current) -> Option<Vec<String>> {
    match current {
        Current::Bare(text) => Some(vec![text.clone()]),
        Current::Chosen {
            value: Loose::List(values),
        } => values.iter().map(Loose::text).collect(),
        Current::Chosen { value } => value.text().map(|text| vec![text]),
        Current::Other(_) => None,
    }
}

fn is(value: &Option<Loose>) -> bool {
    value.as_ref().is_some_and(Loose::is_true)
}
