//! YAML text as a tree with positions, bounded in every direction.

use super::diagnostic::{Position, Problems, Spot, quoted};
use crate::model::limits::CONFIG_BYTES;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy};
use serde_saphyr::{Location, MessageFormatter, Options, Spanned, UserMessageFormatter};
use std::fmt;

/// A node and where it stands. An alias stands where it is used.
pub(super) type Node = Spot<Value>;

/// What a YAML 1.2 node is under the core schema.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    /// A number as it is written: `1.10` is not `1.1`.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Spot<String>, Node)>),
}

impl Value {
    /// What it is, in words.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

/// Reads one YAML document. What is wrong with it as YAML is one problem: nothing after it can be trusted.
pub(super) fn parse(bytes: &[u8], problems: &mut Problems) -> Option<Node> {
    let whole = Position::default();
    if u64::try_from(bytes.len()).map_or(true, |size| size > CONFIG_BYTES) {
        let limit = CONFIG_BYTES >> 20;
        problems.add(whole, format!("the file is larger than {limit} MiB"));
        return None;
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        problems.add(whole, "the file is not UTF-8");
        return None;
    };
    match serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options()) {
        Ok(root) => Some(resolve(root, text)),
        Err(error) => {
            let at = error.location().map_or(whole, position);
            let message = UserMessageFormatter.format_message(error.without_snippet());
            let message: String = message.chars().filter(|c| !c.is_control()).collect();
            problems.add(at, message);
            None
        }
    }
}

/// Budgets far above any real configuration and far below what could tire a machine.
fn options() -> Options {
    serde_saphyr::options! {
        budget: Some(budget()),
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 20_000,
            max_replay_stack_depth: 4,
            max_alias_expansions_per_anchor: 200,
        },
        // YAML 1.2 has no merge keys; two ways to say one thing would need two readings.
        merge_keys: MergeKeyPolicy::Error,
        duplicate_keys: DuplicateKeyPolicy::Error,
        strict_booleans: true,
        reject_unsupported_tags: true,
        with_snippet: false,
        emit_comments: false,
    }
}

fn budget() -> serde_saphyr::Budget {
    let mut budget = serde_saphyr::Budget::default();
    budget.max_depth = 16;
    budget.flow_nesting_limit = 16;
    budget.max_documents = 1;
    // As many items as a configuration may plan, each with a handful of keys.
    budget.max_events = 250_000;
    budget.max_nodes = 120_000;
    budget.max_aliases = 500;
    budget.max_anchors = 100;
    budget.max_recorded_anchor_events = 50_000;
    budget.max_recorded_anchor_bytes = 1 << 20;
    budget.max_total_scalar_bytes = 4 << 20;
    budget.max_inclusion_depth = 0;
    budget
}

fn position(location: Location) -> Position {
    Position {
        line: u32::try_from(location.line()).unwrap_or(u32::MAX),
        column: u32::try_from(location.column()).unwrap_or(u32::MAX),
    }
}

fn resolve(raw: Spanned<Raw>, text: &str) -> Node {
    let at = position(raw.referenced);
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Bool(bool) => Value::Bool(bool),
        Raw::Number(number) => Value::Number(written(raw.defined, text).unwrap_or(number)),
        Raw::Text(string) => Value::Text(string),
        Raw::List(list) => Value::List(list.into_iter().map(|node| resolve(node, text)).collect()),
        Raw::Map(map) => Value::Map(
            map.into_iter()
                .map(|(key, node)| {
                    let at = position(key.referenced);
                    let key = Spot {
                        value: key.value,
                        at,
                    };
                    (key, resolve(node, text))
                })
                .collect(),
        ),
    };
    Spot { value, at }
}

/// The scalar's own characters.
fn written(location: Location, text: &str) -> Option<String> {
    let span = location.span();
    let start = usize::try_from(span.byte_offset()?).ok()?;
    let len = usize::try_from(span.byte_len()?).ok()?;
    let found = text.get(start..start.checked_add(len)?)?.trim();
    (!found.is_empty()).then(|| found.into())
}

/// A node as serde gives it, before numbers get their own characters back.
enum Raw {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML node")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(node) = seq.next_element()? {
            list.push(node);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

/// Says that something else was expected.
pub(super) fn wrong_kind(node: &Node, expected: &str, problems: &mut Problems) {
    let found = match &node.value {
        Value::Number(number) => format!("the number {number}"),
        Value::Text(text) => format!("the text {}", quoted(text)),
        other => other.kind().into(),
    };
    let message = format!("expected {expected}, found {found}");
    match &node.value {
        Value::Number(written) if expected.contains("text") => {
            problems.hinted(node.at, message, format!("put it in quotes: \"{written}\""));
        }
        Value::Bool(written) if expected.contains("text") => {
            problems.hinted(node.at, message, format!("put it in quotes: \"{written}\""));
        }
        _ => problems.add(node.at, message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &[u8]) -> String {
        let mut problems = Problems::of("f");
        let node = parse(text, &mut problems);
        problems.finish(node).unwrap_err().to_string()
    }

    fn ok(text: &str) -> Node {
        let mut problems = Problems::of("f");
        let node = parse(text.as_bytes(), &mut problems);
        problems.finish(node).unwrap()
    }

    #[test]
    fn a_number_keeps_its_own_characters_and_every_node_its_place() {
        let root = ok("a: 1.10\nb:\n  - yes\n  - &x 'é'\nc: *x\n");

        let Value::Map(map) = root.value else {
            panic!()
        };
        assert_eq!(map[0].1.value, Value::Number("1.10".into()));
        assert_eq!(map[0].1.at, Position { line: 1, column: 4 });
        assert_eq!(map[1].0.at, Position { line: 2, column: 1 });
        let Value::List(list) = &map[1].1.value else {
            panic!()
        };
        assert_eq!(list[0].value, Value::Text("yes".into()));
        assert_eq!(list[0].at, Position { line: 3, column: 5 });
        assert_eq!(map[2].1.value, Value::Text("é".into()));
        assert_eq!(map[2].1.at, Position { line: 5, column: 4 });
    }

    #[test]
    fn what_is_no_single_plain_document_is_refused_at_its_place() {
        for (text, expected) in [
            ("a: 1\na: 2\n", "f:2:1: duplicate mapping key `a`"),
            ("a: [1\nb: 2\n", "f:2:2: "),
            ("a: 1\n---\nb: 2\n", "f:"),
            (
                "x: &x {a: 1}\ny: {<<: *x}\n",
                "f:2:5: merge key not allowed here",
            ),
            ("a: !!python/object x\n", "f:1:"),
            ("a: *nowhere\n", "f:1:4: "),
            ("a: .nan\n", "f:1:4: "),
        ] {
            assert!(
                error(text.as_bytes()).starts_with(expected),
                "{text:?}: {}",
                error(text.as_bytes())
            );
        }
        assert_eq!(error(b"\xff"), "f: the file is not UTF-8");
        assert_eq!(
            error(&vec![b' '; (1 << 20) + 1]),
            "f: the file is larger than 1 MiB"
        );
    }

    #[test]
    fn a_bomb_of_aliases_or_of_depth_is_refused() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..10 {
            let alias = format!("*a{}", level - 1);
            bomb += &format!(
                "a{level}: &a{level} [{}]\n",
                [alias.as_str(); 10].join(", ")
            );
        }
        error(bomb.as_bytes());
        error("[".repeat(100_000).as_bytes());
        let deep: String = (0..200).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
        error(deep.as_bytes());
        error(format!("a: [{}]", "x,".repeat(200_000)).as_bytes());
    }
}
