//! What rules find in a document: values that are left, and places where one was.

use super::documents::{Reads, reads};
use super::rules::{Rules, What};
use super::{RedactError, csv, json};
use crate::model::limits::{REDACT_BYTES, REDACT_PLACES};
use crate::model::{CapturedFile, Kind};
use std::collections::BTreeMap;
use std::ops::Range;

/// What rules find in a member.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Looked {
    /// Places where a value was blanked: rule and pointer (`MEMBER#…`), in the order of the text.
    pub marked: Vec<(String, String)>,
    /// Names of rules that find something that is not blanked, each once.
    pub left: Vec<String>,
    /// Names of rules whose text stands where the rule would not have put it, each once.
    pub stray: Vec<String>,
}

/// Looks at a member of an item of this kind.
///
/// # Errors
/// When it is too large, or not of a form that its rules read.
pub fn look(rules: &Rules, kind: Kind, file: &CapturedFile) -> Result<Looked, RedactError> {
    let Some(reads) = reads(kind, file).filter(|_| !rules.is_empty()) else {
        return Ok(Looked::default());
    };
    let member = file.path.as_str();
    let seen = see(rules, reads, member, &file.bytes)?;
    let mut found = Looked::default();
    for mark in &seen.marks {
        match &mark.place {
            Some(place) => {
                let pointer = format!("{member}#{place}");
                (found.marked).push((rules.id(mark.rule).into(), pointer));
            }
            None => found.stray.push(rules.id(mark.rule).into()),
        }
    }
    found.left = (seen.left.iter())
        .map(|span| rules.id(span.rule).into())
        .collect();
    for names in [&mut found.left, &mut found.stray] {
        names.sort();
        names.dedup();
    }
    Ok(found)
}

/// A value that a rule blanks.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) rule: usize,
    pub(super) span: Range<usize>,
}

/// The text of a rule.
#[derive(Clone, Debug)]
pub(super) struct Marked {
    pub(super) rule: usize,
    pub(super) at: usize,
    /// Where that is, when the rule would put it there.
    pub(super) place: Option<String>,
}

/// All that rules find, each list in the order of the text.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) marks: Vec<Marked>,
    pub(super) left: Vec<Wanted>,
}

pub(super) fn see(
    rules: &Rules,
    reads: Reads,
    member: &str,
    bytes: &[u8],
) -> Result<Seen, RedactError> {
    if bytes.len() as u64 > REDACT_BYTES {
        return Err(RedactError::TooLarge {
            member: member.into(),
            found: bytes.len(),
        });
    }
    let mut marks = marks(rules, bytes);
    if marks.len() > REDACT_PLACES {
        return Err(RedactError::Places {
            member: member.into(),
        });
    }
    let mut left = Vec::new();
    for (rule, place, span) in selected(rules, reads, member, bytes)? {
        // A value of JSON is blanked with its quotes, and the text stands between them.
        let inner = match bytes.get(span.clone()) {
            Some([b'"', .., b'"']) => span.start + 1..span.end - 1,
            _ => span.clone(),
        };
        let length = rules.marker(rule).len();
        let own = |mark: &&mut Marked| {
            mark.rule == rule
                && [&span, &inner]
                    .into_iter()
                    .any(|range| mark.at == range.start && mark.at + length == range.end)
        };
        let touching = touching(rules, &mut marks, &span);
        let is_touched = !touching.is_empty();
        match touching.iter_mut().find(own) {
            Some(mark) => mark.place = Some(place),
            // Inside of what another rule blanked, or around it.
            None if is_touched => {}
            None => left.push(Wanted { rule, span }),
        }
    }
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for mark in &mut marks {
        if let Some(What::Pattern(_)) = rules.0.get(mark.rule).map(|rule| &rule.what) {
            let count = counts.entry(mark.rule).or_default();
            *count += 1;
            mark.place = Some(format!("match={count}"));
        }
    }
    for (rule, span) in matched(rules, reads, bytes) {
        if touching(rules, &mut marks, &span).is_empty() {
            left.push(Wanted { rule, span });
        }
    }
    Ok(Seen { marks, left })
}

/// Each text of a rule, in the order of the text. No two overlap: each begins and ends with a bracket.
fn marks(rules: &Rules, bytes: &[u8]) -> Vec<Marked> {
    let markers: Vec<&str> = rules.0.iter().map(|rule| rule.marker.as_str()).collect();
    let Ok(search) = aho_corasick::AhoCorasick::new(markers) else {
        return Vec::new();
    };
    (search.find_iter(bytes))
        .take(REDACT_PLACES + 1)
        .map(|found| Marked {
            rule: found.pattern().as_usize(),
            at: found.start(),
            place: None,
        })
        .collect()
}

/// The marks that the span overlaps.
fn touching<'m>(rules: &Rules, marks: &'m mut [Marked], span: &Range<usize>) -> &'m mut [Marked] {
    let end = |mark: &Marked| mark.at + rules.marker(mark.rule).len();
    let first = marks.partition_point(|mark| end(mark) <= span.start);
    let rest = marks.get_mut(first..).unwrap_or_default();
    let count = rest.partition_point(|mark| mark.at < span.end);
    rest.get_mut(..count).unwrap_or_default()
}

/// Rule, place and bytes of the values of pointers and columns.
fn selected(
    rules: &Rules,
    reads: Reads,
    member: &str,
    bytes: &[u8],
) -> Result<Vec<(usize, String, Range<usize>)>, RedactError> {
    let mut found = Vec::new();
    let form = |rule: usize, reason: String| RedactError::Form {
        rule: rules.id(rule).into(),
        member: member.into(),
        reason,
    };
    let (mut places, mut patterns) = (Vec::new(), Vec::new());
    for (at, rule) in rules.0.iter().enumerate() {
        match &rule.what {
            What::Pointer(pattern) if reads.json => {
                places.push(at);
                patterns.push(pattern);
            }
            What::Column(name) if reads.table => {
                let fields = csv::column(bytes, name)
                    .ok_or_else(|| form(at, "it has no such column".into()))?;
                found.extend(fields.into_iter().map(|field| {
                    let place = format!("column={name};row={}", field.row);
                    (at, place, field.span)
                }));
            }
            _ => {}
        }
    }
    if let Some(first) = places.first() {
        let values = json::select(bytes, &patterns).map_err(|reason| form(*first, reason))?;
        found.extend(values.into_iter().filter_map(|value| {
            let rule = places.get(value.pattern)?;
            Some((*rule, value.pointer, value.span))
        }));
    }
    // An empty field has nothing to blank.
    found.retain(|(_, _, span)| !span.is_empty());
    Ok(found)
}

/// Rule and bytes of what patterns match.
fn matched<'a>(
    rules: &'a Rules,
    reads: Reads,
    bytes: &'a [u8],
) -> impl Iterator<Item = (usize, Range<usize>)> + 'a {
    let patterns = rules.0.iter().enumerate().filter(move |_| reads.text);
    let patterns = patterns.filter_map(|(at, rule)| match &rule.what {
        What::Pattern(pattern) => Some((at, pattern)),
        _ => None,
    });
    patterns.flat_map(|(at, pattern)| {
        let all = pattern.captures_iter(bytes);
        let values = all.filter_map(|found| match found.len() {
            1 => found.get(0),
            // A group that is not part of this match means that there is nothing to blank in it.
            _ => found.get(1),
        });
        let spans = values.map(|value| value.range());
        spans
            .filter(|span| !span.is_empty())
            .map(move |span| (at, span))
    })
}
