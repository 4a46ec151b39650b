//! Puts a fixed text in the place of values.

use super::documents::reads;
use super::look::{Wanted, see};
use super::rules::{Rules, What};
use super::{RedactError, check};
use crate::model::limits::REDACT_ROUNDS;
use crate::model::{CapturedFile, Digest, Kind, Redaction};

/// A place, and the salt of its digest. The salt stays with whoever collected.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Salt {
    /// The place.
    pub place: Redaction,
    /// 32 random bytes.
    pub salt: [u8; 32],
}

/// Blanks what the rules find in the files of an item; each file then lists its places.
///
/// All other bytes stay as they are. `random` gives 32 bytes that nobody can guess, anew for each place.
///
/// # Errors
/// When a file is too large or not of the form that a rule reads, when rules do not come to rest, or without randomness.
pub fn blank(
    rules: &Rules,
    kind: Kind,
    files: &mut [CapturedFile],
    random: &mut dyn FnMut() -> Option<[u8; 32]>,
) -> Result<Vec<Salt>, RedactError> {
    check(rules, kind, files)?;
    let mut salts = Vec::new();
    for file in files {
        let Some(reads) = reads(kind, file).filter(|_| !rules.is_empty()) else {
            continue;
        };
        let member = file.path.to_string();
        let member = member.as_str();
        let seen = see(rules, reads, member, &file.bytes)?;
        if let Some(mark) = seen.marks.first() {
            return Err(RedactError::Marker {
                member: member.into(),
                marker: rules.marker(mark.rule).into(),
            });
        }
        if seen.left.is_empty() {
            continue;
        }
        let mut text = Text {
            bytes: file.bytes.to_vec(),
            taken: Vec::new(),
        };
        let mut left = seen.left;
        for _ in 0..REDACT_ROUNDS {
            text.replace(rules, left);
            left = see(rules, reads, member, &text.bytes)?.left;
            if left.is_empty() {
                break;
            }
        }
        let restless = |rule: usize| RedactError::Restless {
            rule: rules.id(rule).into(),
            member: member.into(),
        };
        if let Some(first) = left.first() {
            return Err(restless(first.rule));
        }
        let marks = see(rules, reads, member, &text.bytes)?.marks;
        let mut places = Vec::with_capacity(marks.len());
        for (at, mark) in marks.iter().enumerate() {
            let value = text.taken.get(at).filter(|taken| taken.rule == mark.rule);
            let (Some(taken), Some(place)) = (value, &mark.place) else {
                return Err(restless(mark.rule));
            };
            let salt = random().ok_or(RedactError::Salt)?;
            let place = Redaction {
                pointer: format!("{member}#{place}"),
                rule: rules.id(mark.rule).into(),
                salted: Digest::of(&[&salt[..], &taken.value].concat()),
            };
            places.push(place.clone());
            salts.push(Salt { place, salt });
        }
        if text.taken.len() != marks.len() {
            return Err(restless(0));
        }
        places.sort();
        file.bytes = text.bytes.into();
        file.redactions = places;
    }
    Ok(salts)
}

/// A text with what was taken out of it, in the order of the text.
struct Text {
    bytes: Vec<u8>,
    taken: Vec<Taken>,
}

#[derive(Clone)]
struct Taken {
    rule: usize,
    /// Where the text that stands for it begins.
    at: usize,
    value: Vec<u8>,
}

impl Text {
    /// Puts the rules' texts in the place of the values. Values that overlap become one, of the rule that begins first;
    /// none overlaps what was put there before.
    fn replace(&mut self, rules: &Rules, mut wanted: Vec<Wanted>) {
        wanted.sort_by_key(|one| (one.span.start, std::cmp::Reverse(one.span.end), one.rule));
        let mut merged: Vec<Wanted> = Vec::new();
        for one in wanted {
            match merged.last_mut() {
                Some(last) if one.span.start < last.span.end => {
                    last.span.end = last.span.end.max(one.span.end);
                }
                _ => merged.push(one),
            }
        }
        let mut bytes = Vec::with_capacity(self.bytes.len());
        let mut taken: Vec<Taken> = Vec::with_capacity(self.taken.len() + merged.len());
        let mut before = self.taken.drain(..).peekable();
        let mut copied = 0;
        for one in merged {
            // What was taken before keeps its place in the order, and moves with the text around it.
            while let Some(earlier) = before.next_if(|earlier| earlier.at < one.span.start) {
                let at = bytes.len() + (earlier.at - copied);
                taken.push(Taken { at, ..earlier });
            }
            bytes.extend_from_slice(self.bytes.get(copied..one.span.start).unwrap_or_default());
            copied = one.span.end;
            let is_json = matches!(
                rules.0.get(one.rule).map(|rule| &rule.what),
                Some(What::Pointer(_))
            );
            let quote: &[u8] = if is_json { b"\"" } else { b"" };
            bytes.extend_from_slice(quote);
            let at = bytes.len();
            bytes.extend_from_slice(rules.marker(one.rule).as_bytes());
            bytes.extend_from_slice(quote);
            let value = self
                .bytes
                .get(one.span.clone())
                .unwrap_or_default()
                .to_vec();
            let rule = one.rule;
            taken.push(Taken { rule, at, value });
        }
        for earlier in before {
            let at = bytes.len() + (earlier.at - copied);
            taken.push(Taken { at, ..earlier });
        }
        bytes.extend_from_slice(self.bytes.get(copied..).unwrap_or_default());
        self.bytes = bytes;
        self.taken = taken;
    }
}
