//! Who must have signed, in the one grammar that configuration and policy share: a signer, a list (any of them),
//! `{any-of: […]}`, or `{all-of: […]}` of such.

use super::diagnostic::Problems;
use super::fields::{self, Fields};
use super::node::{Node, Value};
use crate::model::limits::SIGNER_RULES;

/// What reads one signer or role.
type One<'o, T> = dyn FnMut(&Node, &mut Problems) -> Option<T> + 'o;

/// Reads groups, each of which is any of its elements; `one` reads an element.
pub(super) fn groups<T>(node: &Node, one: &mut One<'_, T>, problems: &mut Problems) -> Vec<Vec<T>> {
    let groups = match whole(node, problems) {
        Form::AllOf(list) => (list.iter())
            .map(|node| any_of(node, one, problems))
            .collect(),
        Form::AnyOf => vec![any_of(node, one, problems)],
        Form::Wrong => Vec::new(),
    };
    let count: usize = groups.iter().map(Vec::len).sum();
    if count > SIGNER_RULES {
        problems.add(
            node.at,
            format!("{count} are named, at most {SIGNER_RULES} are read"),
        );
    }
    groups
}

/// Reads any of several; all of several is a problem, since `what` is one signature by one signer.
pub(super) fn only_any_of<T>(
    node: &Node,
    what: &str,
    one: &mut One<'_, T>,
    problems: &mut Problems,
) -> Vec<T> {
    if let Form::AllOf(list) = whole(node, problems)
        && list.len() > 1
    {
        problems.hinted(
            node.at,
            format!("{what} is by one signer, not by all of several"),
            "write any-of",
        );
    }
    groups(node, one, problems).into_iter().flatten().collect()
}

enum Form<'n> {
    AnyOf,
    AllOf(&'n [Node]),
    Wrong,
}

fn whole<'n>(node: &'n Node, problems: &mut Problems) -> Form<'n> {
    if !has_key(node, "all-of") {
        return Form::AnyOf;
    }
    let list = Fields::of(node, &["all-of"], problems).and_then(|fields| fields.get("all-of"));
    match list.and_then(|node| some(node, problems)) {
        Some(list) => Form::AllOf(list),
        None => Form::Wrong,
    }
}

fn any_of<T>(node: &Node, one: &mut One<'_, T>, problems: &mut Problems) -> Vec<T> {
    let nodes = if has_key(node, "any-of") {
        let list = Fields::of(node, &["any-of"], problems).and_then(|fields| fields.get("any-of"));
        list.and_then(|node| some(node, problems))
            .unwrap_or_default()
    } else {
        fields::one_or_more(node, problems)
    };
    let mut found = Vec::new();
    for node in nodes {
        if has_key(node, "all-of") || has_key(node, "any-of") {
            problems.hinted(
                node.at,
                "this is nested too deeply",
                "all-of may hold any-of, and nothing else may hold either",
            );
            continue;
        }
        found.extend(one(node, problems));
    }
    found
}

/// The elements of a list that is not empty.
fn some<'n>(node: &'n Node, problems: &mut Problems) -> Option<&'n [Node]> {
    let list = fields::list(node, problems)?;
    if list.is_empty() {
        problems.add(node.at, "the list is empty");
        return None;
    }
    Some(list)
}

fn has_key(node: &Node, key: &str) -> bool {
    matches!(&node.value, Value::Map(entries) if entries.iter().any(|(found, _)| found.value == key))
}
