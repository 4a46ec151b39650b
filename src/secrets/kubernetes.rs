//! Secrets of Kubernetes: objects of kind `Secret` with something in `data` or `stringData`.

use super::shapes::{AFTER, BEFORE};
use regex::bytes::Regex;
use serde::Deserialize;
use serde_json::Value;
use std::ops::Range;
use std::sync::LazyLock;

/// Name of the shape.
pub(super) const NAME: &str = "kubernetes-secret";
/// The kind as JSON, as JSON within a text of JSON (`kubectl apply` keeps what it was given in an annotation), as YAML.
pub(super) const LITERALS: &[&str] = &["\"Secret\"", "\\\"Secret\\\"", "kind: Secret"];

/// Whether the literal is the kind of an object, and no other word.
pub(super) fn is_kind(bytes: &[u8], at: usize) -> bool {
    static KEY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"kind\\?"\s*:\s*$"#).ok());
    static LINE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?m)^kind: Secret[ \t]*\r?$").ok());
    let rest = bytes.get(at..).unwrap_or_default();
    if rest.first() == Some(&b'k') {
        let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let before = bytes.get(..at).unwrap_or_default();
        let indent = before
            .rsplit(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default();
        return LINE.as_ref().is_some_and(|form| form.is_match(line))
            && indent.iter().all(|byte| b" -".contains(byte));
    }
    let is_capital = rest.iter().find(|byte| byte.is_ascii_alphabetic()) == Some(&b'S');
    let before = bytes.get(at.saturating_sub(40)..at).unwrap_or_default();
    is_capital && KEY.as_ref().is_some_and(|form| form.is_match(before))
}

/// For each kind that stands at an offset, ascending: whether its object holds something.
///
/// In doubt, as where the object is not whole, it does.
pub(super) fn hold_something(bytes: &[u8], offsets: &[usize]) -> Vec<bool> {
    let objects = objects(bytes, offsets);
    (offsets.iter().zip(objects))
        .map(|(at, object)| match (bytes.get(*at), object) {
            (Some(b'k'), _) => yaml_holds(bytes, *at),
            (Some(b'"'), Some(span)) => {
                json_holds(bytes.get(span).unwrap_or_default()).unwrap_or(true)
            }
            _ => looks_full(bytes, *at),
        })
        .collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    data: Option<Value>,
    string_data: Option<Value>,
}

fn json_holds(object: &[u8]) -> Option<bool> {
    let object: Object = serde_json::from_slice(object).ok()?;
    let is_full = |value: Value| match value {
        Value::Object(map) => map.values().any(is_something),
        _ => false,
    };
    Some(
        [object.data, object.string_data]
            .into_iter()
            .flatten()
            .any(is_full),
    )
}

/// Not empty, and not what stands for something that was redacted.
fn is_something(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.is_empty() && !text.starts_with("[redacted:"),
        other => !other.is_null(),
    }
}

/// The innermost object around each offset, none where braces and quotes do not fit together.
fn objects(bytes: &[u8], offsets: &[usize]) -> Vec<Option<Range<usize>>> {
    let mut found = vec![None; offsets.len()];
    let mut open: Vec<(usize, Vec<usize>)> = Vec::new();
    let mut next = 0;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        while offsets.get(next).is_some_and(|offset| *offset <= at) {
            if let Some((_, waiting)) = open.last_mut() {
                waiting.push(next);
            }
            next += 1;
        }
        match byte {
            b'"' => {
                at += 1;
                while let Some(byte) = bytes.get(at).filter(|byte| **byte != b'"') {
                    at += if *byte == b'\\' { 2 } else { 1 };
                }
            }
            b'{' => open.push((at, Vec::new())),
            b'}' => {
                for one in open
                    .pop()
                    .into_iter()
                    .flat_map(|(start, waiting)| waiting.into_iter().map(move |one| (one, start)))
                {
                    if let Some(span) = found.get_mut(one.0) {
                        *span = Some(one.1..at + 1);
                    }
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Whether data stands near, in text that is no JSON by itself.
fn looks_full(bytes: &[u8], at: usize) -> bool {
    static DATA: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"\\?"(?:data|stringData)\\?"\s*:\s*\{\s*\\?"[^"]*"\s*:\s*\\?"[^"\\\[]"#).ok()
    });
    let window = around(bytes, at);
    DATA.as_ref().is_some_and(|form| form.is_match(window))
}

fn around(bytes: &[u8], at: usize) -> &[u8] {
    let end = bytes.len().min(at.saturating_add(AFTER));
    bytes
        .get(at.saturating_sub(BEFORE)..end)
        .unwrap_or_default()
}

/// Whether the YAML document has a value below `data:` or `stringData:` that is no template.
fn yaml_holds(bytes: &[u8], at: usize) -> bool {
    static DATA: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let value = r#"["']?[A-Za-z0-9+/=_.:|>-]"#;
        let form = format!(
            r"(?m)^[ -]*(?:data|stringData):[ \t]*\r?\n(?:[ \t]*(?:#.*)?\r?\n)*[ \t]+[A-Za-z0-9._-]+:[ \t]+{value}"
        );
        Regex::new(&form).ok()
    });
    let start = at.saturating_sub(AFTER);
    let before = bytes.get(start..at).unwrap_or_default();
    let after = around(bytes, at);
    let after = after.get(at.min(BEFORE)..).unwrap_or_default();
    let mark = b"\n---";
    let begin = (before.windows(mark.len()))
        .rposition(|part| part == mark)
        .map_or(0, |found| found + 1);
    let end = (after.windows(mark.len()))
        .position(|part| part == mark)
        .unwrap_or(after.len());
    let document = [
        before.get(begin..).unwrap_or_default(),
        after.get(..end).unwrap_or_default(),
    ]
    .concat();
    DATA.as_ref().is_some_and(|form| form.is_match(&document))
}
