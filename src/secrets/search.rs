//! One pass over bytes for all credentials and shapes.

use super::forms::forms;
use super::place::Place;
use super::shapes::{AFTER, BEFORE, SHAPES, Shape};
use super::{Known, kubernetes};
use crate::model::limits::{SECRET_DOCUMENT_BYTES, SECRET_HITS, SECRETS};
use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, BuildError, MatchKind};
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read};
use std::ops::Range;

/// An automaton for the credentials of a run and all shapes.
pub struct Search {
    automaton: AhoCorasick,
    /// For each text that the automaton knows: what begins with it, or holds it.
    meant: Vec<Vec<Meant>>,
    forms: Vec<Form>,
    names: Vec<String>,
}

#[derive(Clone, Copy)]
enum Meant {
    /// A form, which stands here if the rest of it does.
    Form(usize),
    Shape(&'static Shape),
}

struct Form {
    known: usize,
    bytes: Vec<u8>,
}

/// Something that was found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Hit {
    /// What it is.
    pub what: What,
    /// Where it begins, or where its literal stands.
    pub place: Place,
}

/// What was found.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum What {
    /// A credential of the run, by its name.
    Known(String),
    /// Something of this shape, by its name.
    Shape(&'static str),
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(name) => write!(f, "a credential of this run ({name})"),
            Self::Shape(name) => {
                let shape = SHAPES.iter().find(|shape| shape.name == *name);
                let words = shape.map_or("a secret", |shape| shape.words);
                write!(f, "{words} ({name})")
            }
        }
    }
}

impl fmt::Debug for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Search")
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

impl Search {
    /// A search for these credentials, of which no more than [`SECRETS`] are looked for, and for all shapes.
    ///
    /// # Errors
    /// When the table would be too large, which no such number of credentials makes it.
    pub fn new(known: &[Known]) -> Result<Self, BuildError> {
        Self::of(known, SHAPES)
    }

    /// A search for these credentials alone.
    ///
    /// # Errors
    /// As [`Search::new`].
    pub fn known(known: &[Known]) -> Result<Self, BuildError> {
        Self::of(known, &[])
    }

    fn of(known: &[Known], shapes: &'static [Shape]) -> Result<Self, BuildError> {
        let mut found = Vec::new();
        let mut names = Vec::new();
        for one in known.iter().take(SECRETS) {
            let at = names.len();
            names.push(one.name.clone());
            let all = forms(one.secret.expose());
            found.extend(all.into_iter().map(|bytes| Form { known: at, bytes }));
        }
        let mut texts: BTreeMap<Vec<u8>, Vec<Meant>> = BTreeMap::new();
        for (at, form) in found.iter().enumerate() {
            let prefix = form.bytes.get(..PREFIX).unwrap_or(&form.bytes);
            let meant = texts.entry(prefix.to_ascii_lowercase()).or_default();
            meant.push(Meant::Form(at));
        }
        for shape in shapes {
            for literal in shape.literals {
                let meant = texts.entry(literal.as_bytes().into()).or_default();
                meant.push(Meant::Shape(shape));
            }
        }
        // Each byte costs one step of a table that fits in the processor's caches.
        let is_small = texts.len() <= TEXTS;
        let automaton = AhoCorasickBuilder::new()
            .kind(is_small.then_some(AhoCorasickKind::DFA))
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(true)
            .build(texts.keys())?;
        Ok(Self {
            automaton,
            meant: texts.into_values().collect(),
            forms: found,
            names,
        })
    }

    /// What stands in the bytes, in their order; of each kind the first [`SECRET_HITS`].
    pub fn bytes(&self, bytes: &[u8]) -> Vec<Hit> {
        let found = self.look(bytes, 0..bytes.len());
        let hit = |one: Raw| {
            let mut place = Place::of(bytes, one.start);
            // What keys are called is captured, too.
            let is_clean =
                |pointer: &String| self.look(pointer.as_bytes(), 0..pointer.len()).is_empty();
            place.pointer = place.pointer.filter(is_clean);
            Hit {
                what: one.what,
                place,
            }
        };
        found.into_iter().map(hit).collect()
    }

    /// Whether something stands in the bytes.
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        !self.look(bytes, 0..bytes.len()).is_empty()
    }

    /// What stands in all that a source gives. What is larger than [`SECRET_DOCUMENT_BYTES`] is never held as a whole:
    /// places in it are offsets, and a Secret of Kubernetes is one by what stands near its kind.
    ///
    /// # Errors
    /// When the source cannot be read.
    pub fn read(&self, mut source: impl Read) -> io::Result<Vec<Hit>> {
        let mut window = Vec::new();
        let first = (&mut source).take(SECRET_DOCUMENT_BYTES + 1);
        { first }.read_to_end(&mut window)?;
        if window.len() as u64 <= SECRET_DOCUMENT_BYTES {
            return Ok(self.bytes(&window));
        }
        let mut hits: Vec<Hit> = Vec::new();
        let (mut before, mut done) = (0_u64, 0);
        loop {
            let mut more = Vec::new();
            let next = (&mut source).take(CHUNK);
            let is_end = { next }.read_to_end(&mut more)? == 0;
            // Whatever begins in this part is whole in the window, or there is no more to come.
            let sure = match is_end {
                true => window.len(),
                false => window.len().saturating_sub(AFTER).max(done),
            };
            for one in self.look(&window, done..sure) {
                let known = hits.iter().filter(|hit| hit.what == one.what).count();
                if known < SECRET_HITS {
                    let place = Place::at(before + one.start as u64);
                    let what = one.what;
                    hits.push(Hit { what, place });
                }
            }
            if is_end {
                return Ok(hits);
            }
            let gone = sure.saturating_sub(BEFORE);
            window.drain(..gone);
            window.append(&mut more);
            before += gone as u64;
            done = sure - gone;
        }
    }

    /// The text with each credential of the run left out, in whichever form it stands there.
    pub fn scrubbed(&self, text: &str) -> String {
        let mut clean = String::with_capacity(text.len());
        let mut at = 0;
        for one in self.look(text.as_bytes(), 0..text.len()) {
            if one.end <= at || one.end == one.start {
                continue;
            }
            clean.push_str(text.get(at..one.start.max(at)).unwrap_or_default());
            clean.push_str("(secret)");
            at = one.end;
        }
        clean.push_str(text.get(at..).unwrap_or_default());
        clean
    }

    /// What begins in this part of the bytes, in its order.
    fn look(&self, bytes: &[u8], part: Range<usize>) -> Vec<Raw> {
        // A text that begins in the part may end behind it.
        let end = bytes.len().min(part.end.saturating_add(LONGEST));
        let Some(window) = bytes.get(..end).filter(|_| part.start < end) else {
            return Vec::new();
        };
        let input = aho_corasick::Input::new(window).range(part.start..end);
        let mut found = Found::default();
        for text in self.automaton.find_overlapping_iter(input) {
            let start = text.start();
            if !part.contains(&start) {
                continue;
            }
            let all = self.meant.get(text.pattern().as_usize());
            for meant in all.into_iter().flatten() {
                match meant {
                    Meant::Form(at) => {
                        let Some(form) = self.forms.get(*at) else {
                            continue;
                        };
                        let rest = bytes.get(start..).unwrap_or_default();
                        if rest.starts_with(&form.bytes) {
                            let name = self.names.get(form.known).cloned().unwrap_or_default();
                            let end = start + form.bytes.len();
                            found.add(start..end, What::Known(name));
                        }
                    }
                    Meant::Shape(shape) if (shape.is_one)(bytes, start) => {
                        match shape.name == kubernetes::NAME {
                            true => found.kinds.push(start),
                            false => found.add(start..start, What::Shape(shape.name)),
                        }
                    }
                    Meant::Shape(_) => {}
                }
            }
        }
        // The literals end in another order than they begin.
        found.kinds.sort_unstable();
        let kinds = std::mem::take(&mut found.kinds);
        let hold = match kinds.is_empty() {
            true => Vec::new(),
            false => kubernetes::hold_something(bytes, &kinds),
        };
        for (start, _) in kinds.into_iter().zip(hold).filter(|(_, holds)| *holds) {
            found.add(start..start, What::Shape(kubernetes::NAME));
        }
        found
            .raw
            .sort_by(|a, b| (a.start, &a.what, b.end).cmp(&(b.start, &b.what, a.end)));
        // Several forms of one credential may begin alike: the longest stays.
        found
            .raw
            .dedup_by(|later, one| later.start == one.start && later.what == one.what);
        found.raw
    }
}

struct Raw {
    start: usize,
    /// Where a credential ends; the start for a shape.
    end: usize,
    what: What,
}

#[derive(Default)]
struct Found {
    raw: Vec<Raw>,
    counts: BTreeMap<What, usize>,
    /// Where a kind stands that may be one of a Secret of Kubernetes.
    kinds: Vec<usize>,
}

impl Found {
    /// No kind of hit can hide another by its number.
    fn add(&mut self, span: Range<usize>, what: What) {
        let count = self.counts.entry(what.clone()).or_default();
        *count += 1;
        if *count <= SECRET_HITS {
            self.raw.push(Raw {
                start: span.start,
                end: span.end,
                what,
            });
        }
    }
}

/// Bytes of a form that the automaton knows: a short table is a fast one.
const PREFIX: usize = 12;
/// Bytes of its longest text.
const LONGEST: usize = 32;
/// Texts from which on the fastest table would be too large.
const TEXTS: usize = 1_000;
/// Bytes that are read at once of what is too large to be held.
const CHUNK: u64 = 1 << 20;

#[cfg(test)]
mod tests;
