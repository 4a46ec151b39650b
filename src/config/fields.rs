//! Reading maps: known keys, kinds of value, and words for what is wrong.

use super::diagnostic::{Position, Problems, Spot, did_you_mean, quoted};
use super::node::{Node, Value, wrong_kind};

/// The entries of a map whose keys are all known.
pub(super) struct Fields<'n> {
    pub(super) at: Position,
    entries: &'n [(Spot<String>, Node)],
}

impl<'n> Fields<'n> {
    /// The map's entries; each key that is not in `known` is a problem.
    pub(super) fn of(node: &'n Node, known: &[&str], problems: &mut Problems) -> Option<Self> {
        let entries = entries(node, problems)?;
        for (key, _) in entries {
            if !known.contains(&key.value.as_str()) {
                unknown_key(key, known, problems);
            }
        }
        Some(Self {
            at: node.at,
            entries,
        })
    }

    pub(super) fn get(&self, key: &str) -> Option<&'n Node> {
        let mut entries = self.entries.iter();
        entries.find(|(k, _)| k.value == key).map(|(_, node)| node)
    }

    /// The node under a key that must be there.
    pub(super) fn need(&self, key: &str, problems: &mut Problems) -> Option<&'n Node> {
        let found = self.get(key);
        if found.is_none() {
            problems.add(self.at, format!("the key {key:?} is missing"));
        }
        found
    }

    /// A text that may be absent; never empty.
    pub(super) fn text(&self, key: &str, problems: &mut Problems) -> Option<Spot<String>> {
        text(self.get(key)?, problems)
    }

    /// A text that must be there; never empty.
    pub(super) fn need_text(&self, key: &str, problems: &mut Problems) -> Option<Spot<String>> {
        text(self.need(key, problems)?, problems)
    }

    /// A whole number within bounds, both included.
    pub(super) fn number(
        &self,
        key: &str,
        range: (i64, i64),
        problems: &mut Problems,
    ) -> Option<Spot<i64>> {
        let node = self.get(key)?;
        let (least, most) = range;
        let found = match &node.value {
            Value::Number(written) => written.parse().ok(),
            _ => None,
        };
        match found.filter(|number| (least..=most).contains(number)) {
            Some(value) => Some(Spot { value, at: node.at }),
            None => {
                wrong_kind(
                    node,
                    &format!("a whole number from {least} to {most}"),
                    problems,
                );
                None
            }
        }
    }

    /// True or false; false when it is absent.
    pub(super) fn flag(&self, key: &str, problems: &mut Problems) -> bool {
        match self.get(key) {
            None => false,
            Some(Spot {
                value: Value::Bool(flag),
                ..
            }) => *flag,
            Some(node) => {
                wrong_kind(node, "true or false", problems);
                false
            }
        }
    }

    /// Both keys may not be there: says so at the second.
    pub(super) fn exclude(&self, first: &str, second: &str, problems: &mut Problems) {
        if let (Some(_), Some(node)) = (self.get(first), self.get(second)) {
            let message = format!("{first:?} and {second:?} exclude each other");
            problems.add(node.at, message);
        }
    }

    /// One of a few words; none when it is absent or, with a problem, another one.
    pub(super) fn word<T: Copy>(
        &self,
        key: &str,
        words: &[(&str, T)],
        problems: &mut Problems,
    ) -> Option<T> {
        word(self.get(key)?, words, problems)
    }
}

/// One of a few words.
pub(super) fn word<T: Copy>(
    node: &Node,
    words: &[(&str, T)],
    problems: &mut Problems,
) -> Option<T> {
    let found = text(node, problems)?;
    if let Some((_, value)) = words.iter().find(|(name, _)| *name == found.value) {
        return Some(*value);
    }
    let names: Vec<_> = words.iter().map(|(name, _)| *name).collect();
    problems.add(
        found.at,
        format!(
            "expected {}, found {}",
            names.join(" or "),
            quoted(&found.value)
        ),
    );
    None
}

/// The entries of a map, whatever its keys.
pub(super) fn entries<'n>(
    node: &'n Node,
    problems: &mut Problems,
) -> Option<&'n [(Spot<String>, Node)]> {
    match &node.value {
        Value::Map(entries) => Some(entries),
        _ => {
            wrong_kind(node, "a map", problems);
            None
        }
    }
}

/// The elements of a list.
pub(super) fn list<'n>(node: &'n Node, problems: &mut Problems) -> Option<&'n [Node]> {
    match &node.value {
        Value::List(list) => Some(list),
        _ => {
            wrong_kind(node, "a list", problems);
            None
        }
    }
}

/// The elements of a list that is not empty, or the one value that stands in its place.
pub(super) fn one_or_more<'n>(node: &'n Node, problems: &mut Problems) -> &'n [Node] {
    match &node.value {
        Value::List(list) if list.is_empty() => {
            problems.add(node.at, "the list is empty");
            &[]
        }
        Value::List(list) => list,
        _ => std::slice::from_ref(node),
    }
}

/// A text that is not empty and has no control characters but line ends and tabs.
pub(super) fn text(node: &Node, problems: &mut Problems) -> Option<Spot<String>> {
    let Value::Text(found) = &node.value else {
        wrong_kind(node, "a text", problems);
        return None;
    };
    if found.is_empty() {
        problems.add(node.at, "expected a text, found an empty one");
        return None;
    }
    if found
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\t'))
    {
        problems.add(
            node.at,
            format!("the text {} has control characters", quoted(found)),
        );
        return None;
    }
    Some(Spot {
        value: found.clone(),
        at: node.at,
    })
}

/// Each element as a text.
pub(super) fn texts(nodes: &[Node], problems: &mut Problems) -> Vec<Spot<String>> {
    nodes
        .iter()
        .filter_map(|node| text(node, problems))
        .collect()
}

/// Whether a text can name an item, a server or an identity.
///
/// 1 to 40 lower-case letters, digits and `_ . -`, of which a letter or digit is the first: an id is a folder in the bundle.
pub(super) fn is_id(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.-".contains(&b))
}

/// The same with a problem when it can not.
pub(super) fn check_id(id: &Spot<String>, problems: &mut Problems) {
    if !is_id(&id.value) {
        problems.hinted(
            id.at,
            format!("{} is no id", quoted(&id.value)),
            "1 to 40 lower-case letters, digits and _ . -, the first a letter or digit",
        );
    }
}

/// Longest id of a planned item: `dashboards/<id>/` and a name of 26 bytes still make a member path of 100.
const PLANNED_ID_BYTES: usize = 62;

/// Whether a text can name an item of a plan: an id, or an id and its phase.
pub(super) fn is_planned_id(text: &str) -> bool {
    (1..=PLANNED_ID_BYTES).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.-+".contains(&b))
}

/// The same with a problem when it can not.
pub(super) fn check_planned_id(id: &Spot<String>, problems: &mut Problems) {
    if !is_planned_id(&id.value) {
        problems.hinted(
            id.at,
            format!("{} is no id", quoted(&id.value)),
            format!("1 to {PLANNED_ID_BYTES} lower-case letters, digits and _ . - +, the first a letter or digit"),
        );
    }
}

fn unknown_key(key: &Spot<String>, known: &[&str], problems: &mut Problems) {
    let message = format!("unknown key {}", quoted(&key.value));
    let secret = match key.value.as_str() {
        "bearer" | "token" | "bearer-token" => Some("bearer-env"),
        "password" | "pass" => Some("password-env"),
        _ => None,
    };
    if let Some(instead) = secret.filter(|instead| known.contains(instead)) {
        let file = instead.replace("-env", "-file");
        problems.hinted(
            key.at,
            message,
            format!("secrets are never written here: name an environment variable with \"{instead}\" or a file with \"{file}\""),
        );
        return;
    }
    match did_you_mean(&key.value, known) {
        Some(hint) => problems.hinted(key.at, message, hint),
        None => problems.hinted(key.at, message, format!("known here: {}", known.join(", "))),
    }
}
