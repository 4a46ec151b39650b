//! Credentials and shapes in bytes: first where one may begin, then a closer look.

use super::forms::{SHORTEST, forms};
use super::place::Place;
use super::shapes::{AFTER, BEFORE, SHAPES, Shape};
use super::texts::Texts;
use super::{Known, kubernetes};
use crate::model::limits::{SECRET_DOCUMENT_BYTES, SECRET_HITS, SECRETS};
use aho_corasick::BuildError;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read};
use std::ops::Range;

/// A search for the credentials of a run and for shapes.
pub struct Search {
    shapes: Texts,
    /// The shape of each text of theirs.
    shaped: Vec<&'static Shape>,
    known: Texts,
    /// For each beginning of a form: the forms that begin so.
    begun: Vec<Vec<usize>>,
    forms: Vec<Form>,
    names: Vec<String>,
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
        let mut begun: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
        for (at, form) in found.iter().enumerate() {
            let beginning = form.bytes.get(..SHORTEST).unwrap_or(&form.bytes);
            begun.entry(beginning).or_default().push(at);
        }
        let beginnings: Vec<&[u8]> = begun.keys().copied().collect();
        let known = Texts::of(&beginnings)?;
        let begun = begun.into_values().collect();
        let shaped = (shapes.iter()).flat_map(|shape| shape.literals.iter().map(move |_| shape));
        let literals = shapes.iter().flat_map(|shape| shape.literals);
        let literals: Vec<&[u8]> = literals.map(|literal| literal.as_bytes()).collect();
        Ok(Self {
            shapes: Texts::of(&literals)?,
            shaped: shaped.collect(),
            known,
            begun,
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

    /// What stands in a file, which is opened again when there is something to be placed in it: most have nothing, and
    /// none of those is ever held.
    ///
    /// # Errors
    /// When it cannot be opened or read.
    pub fn file<R: Read>(&self, open: impl Fn() -> io::Result<R>) -> io::Result<Vec<Hit>> {
        let mut is_clean = true;
        windows(open()?, |_, window, part| {
            let found = self.find(window, part);
            is_clean = found.raw.is_empty() && found.kinds.is_empty();
            is_clean
        })?;
        match is_clean {
            true => Ok(Vec::new()),
            false => self.read(open()?),
        }
    }

    /// What stands in all that a source gives. What is larger than [`SECRET_DOCUMENT_BYTES`] is never held as a whole:
    /// places in it are offsets, and a Secret of Kubernetes is one by what stands near its kind.
    ///
    /// # Errors
    /// When the source cannot be read.
    pub fn read(&self, mut source: impl Read) -> io::Result<Vec<Hit>> {
        let mut document = Vec::new();
        let first = (&mut source).take(SECRET_DOCUMENT_BYTES + 1);
        { first }.read_to_end(&mut document)?;
        if document.len() as u64 <= SECRET_DOCUMENT_BYTES {
            return Ok(self.bytes(&document));
        }
        let mut hits: Vec<Hit> = Vec::new();
        windows(document.as_slice().chain(source), |before, window, part| {
            for one in self.look(window, part) {
                let known = hits.iter().filter(|hit| hit.what == one.what).count();
                if known < SECRET_HITS {
                    let place = Place::at(before + one.start as u64);
                    let what = one.what;
                    hits.push(Hit { what, place });
                }
            }
            true
        })?;
        Ok(hits)
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
        let mut found = self.find(bytes, part);
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

    /// What begins in this part of the bytes, in any order; of kinds, what may be that of a Secret.
    fn find(&self, bytes: &[u8], part: Range<usize>) -> Found {
        // A text that begins in the part may end behind it.
        let end = bytes.len().min(part.end.saturating_add(LONGEST));
        let mut found = Found::default();
        self.known.each(bytes, part.start..end, |text, start| {
            for at in self.begun.get(text).into_iter().flatten() {
                let Some(form) = self.forms.get(*at).filter(|_| part.contains(&start)) else {
                    continue;
                };
                let rest = bytes.get(start..).unwrap_or_default();
                if rest.starts_with(&form.bytes) {
                    let name = self.names.get(form.known).cloned().unwrap_or_default();
                    let end = start + form.bytes.len();
                    found.add(start..end, What::Known(name));
                }
            }
        });
        // What begins before its literal may begin in the part, and the literal behind it.
        self.shapes.each(bytes, part.start..end, |text, start| {
            let Some(shape) = self.shaped.get(text) else {
                return;
            };
            let start = start.saturating_sub(shape.back);
            let is_here = part.contains(&start) && (shape.is_one)(bytes, start);
            match shape.name == kubernetes::NAME {
                true if is_here => found.kinds.push(start),
                false if is_here => found.add(start..start, What::Shape(shape.name)),
                _ => {}
            }
        });
        found
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

/// Shows a source part by part, each with the offset of its window: whatever begins in the part is whole in the window, as
/// far as a closer look reads. Ends where `see` says no.
fn windows(
    mut source: impl Read,
    mut see: impl FnMut(u64, &[u8], Range<usize>) -> bool,
) -> io::Result<()> {
    let mut window = Vec::new();
    let (mut before, mut done) = (0_u64, 0);
    loop {
        let next = (&mut source).take(CHUNK);
        let is_end = { next }.read_to_end(&mut window)? == 0;
        let sure = match is_end {
            true => window.len(),
            false => window.len().saturating_sub(AFTER).max(done),
        };
        if !see(before, &window, done..sure) || is_end {
            return Ok(());
        }
        let gone = sure.saturating_sub(BEFORE);
        window.drain(..gone);
        before += gone as u64;
        done = sure - gone;
    }
}

/// Bytes of the longest text that is looked for, and more.
const LONGEST: usize = 32;
/// Bytes that are read at once of what is too large to be held.
const CHUNK: u64 = 1 << 20;

#[cfg(test)]
mod tests;
