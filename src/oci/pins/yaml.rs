//! YAML and JSON as trees whose nodes know their bytes. An alias is a link to its node and never copied, so that no
//! text is larger as a tree than as text.

use super::error::FindError;
use crate::model::limits::{PINS_DEPTH, PINS_DOCUMENTS, PINS_KEYS, PINS_MERGES, PINS_NODES};
use granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, Span, StructureStyle};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// One document of a stream.
pub(super) struct Document<'t> {
    /// The whole file.
    pub(super) text: &'t str,
    nodes: Vec<Node<'t>>,
    root: Option<usize>,
}

struct Node<'t> {
    value: Value<'t>,
    span: Range<usize>,
    line: u32,
    column: u32,
    /// Whether it is in quotes or brackets.
    marked: bool,
    /// Whether an anchor or a tag stands before it.
    named: bool,
}

enum Value<'t> {
    Scalar(Cow<'t, str>),
    List(Vec<usize>),
    Map(Vec<(usize, usize)>),
    Alias(usize),
}

/// A node of a document.
#[derive(Clone, Copy)]
pub(super) struct At<'d> {
    document: &'d Document<'d>,
    node: &'d Node<'d>,
    id: usize,
}

impl<'d> At<'d> {
    /// Text of a scalar, an alias followed.
    pub(super) fn text(self) -> Option<&'d str> {
        match &self.target().node.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// Text of a scalar that is there: not empty, null, nor true or false.
    pub(super) fn word(self) -> Option<&'d str> {
        let text = self.text()?.trim();
        let plain = !self.target().node.marked;
        let is_none = text.is_empty()
            || (plain && matches!(text, "~" | "null" | "Null" | "NULL" | "true" | "false"));
        (!is_none).then_some(text)
    }

    /// The bytes of the scalar's own text, without quotes; none when escapes or folds stand between the two.
    pub(super) fn inner(self) -> Option<Range<usize>> {
        let node = self.target().node;
        let Value::Scalar(text) = &node.value else {
            return None;
        };
        let text = text.trim();
        let raw = self.document.text.get(node.span.clone())?;
        if text.is_empty() {
            let quotes = raw.len() == 2;
            return quotes.then(|| node.span.start + 1..node.span.end - 1);
        }
        let at = raw.find(text)?;
        // A text that stands there twice leaves open which one is meant.
        let once = raw.matches(text).count() == 1;
        let start = node.span.start + at;
        once.then(|| start..start + text.len())
    }

    /// The node's bytes as they are in the file.
    pub(super) fn raw(self) -> &'d str {
        let span = self.node.span.clone();
        self.document.text.get(span).unwrap_or_default()
    }

    /// The node's bytes, quotes included.
    pub(super) fn span(self) -> Range<usize> {
        self.target().node.span.clone()
    }

    /// What stands behind the node, to the end of the line.
    pub(super) fn behind(self) -> &'d str {
        let rest = self.document.text.get(self.node.span.end..);
        rest.and_then(|rest| rest.split('\n').next())
            .unwrap_or_default()
    }

    /// Characters before the node on its line, when all of them are spaces or the dashes of lists: how far the lines of
    /// its map are indented.
    pub(super) fn indent(self) -> Option<usize> {
        let before = self.document.text.get(..self.node.span.start)?;
        let line = before.rsplit('\n').next()?;
        line.bytes()
            .all(|byte| byte == b' ' || byte == b'-')
            .then_some(line.len())
    }

    /// How the node's line ends, as a new line has to.
    pub(super) fn line_end(self) -> &'static str {
        if self.behind().ends_with('\r') {
            "\r\n"
        } else {
            "\n"
        }
    }

    /// Line and column, from 1. An alias stands where its node does.
    pub(super) fn position(self) -> (u32, u32) {
        let node = self.target().node;
        (node.line, node.column)
    }

    /// Whether it is in quotes or brackets, as everything in JSON is.
    pub(super) fn is_marked(self) -> bool {
        self.node.marked
    }

    /// Whether something stands for it where its text is empty: an anchor, a tag or an alias.
    pub(super) fn is_named(self) -> bool {
        self.node.named || self.is_alias()
    }

    /// Whether it is a map, an alias followed.
    pub(super) fn is_map(self) -> bool {
        matches!(self.target().node.value, Value::Map(_))
    }

    /// Keys and values of a map, without what is merged into it. An alias is not followed: its node stands elsewhere.
    pub(super) fn entries(self) -> impl Iterator<Item = (At<'d>, At<'d>)> {
        let pairs: &[(usize, usize)] = match &self.node.value {
            Value::Map(pairs) => pairs,
            _ => &[],
        };
        let document = self.document;
        pairs
            .iter()
            .filter_map(move |(key, value)| Some((document.at(*key)?, document.at(*value)?)))
    }

    /// Elements of a list. An alias is not followed.
    pub(super) fn elements(self) -> impl Iterator<Item = At<'d>> {
        let list: &[usize] = match &self.node.value {
            Value::List(list) => list,
            _ => &[],
        };
        let document = self.document;
        list.iter().filter_map(move |id| document.at(*id))
    }

    /// The key of that name.
    pub(super) fn key(self, name: &str) -> Option<At<'d>> {
        let pairs = self.target().entries();
        let mut keys = pairs.map(|(key, _)| key);
        keys.find(|key| key.text() == Some(name))
    }

    /// The value under a key; merged maps (`<<`) are looked into when the map itself has none.
    pub(super) fn get(self, name: &str) -> Option<At<'d>> {
        self.own(name).or_else(|| {
            let merged = self.own("<<")?;
            let listed = merged.target().elements();
            // One level: a merged map that merges another is looked into by its own walk.
            std::iter::once(merged)
                .chain(listed)
                .take(PINS_MERGES)
                .find_map(|map| map.own(name))
        })
    }

    fn own(self, name: &str) -> Option<At<'d>> {
        let mut pairs = self.target().entries();
        pairs
            .find(|(key, _)| key.text() == Some(name))
            .map(|(_, value)| value)
    }

    /// The node that an alias stands for.
    pub(super) fn target(self) -> At<'d> {
        match self.node.value {
            Value::Alias(id) => self.document.at(id).unwrap_or(self),
            _ => self,
        }
    }

    /// Whether it stands for another node.
    pub(super) fn is_alias(self) -> bool {
        matches!(self.node.value, Value::Alias(_))
    }

    /// Which node of the document.
    pub(super) fn id(self) -> usize {
        self.id
    }
}

impl<'t> Document<'t> {
    /// The document's node; none in an empty document.
    pub(super) fn root(&self) -> Option<At<'_>> {
        self.at(self.root?)
    }

    /// All nodes.
    pub(super) fn all(&self) -> impl Iterator<Item = At<'_>> {
        (0..self.nodes.len()).filter_map(|id| self.at(id))
    }

    fn at(&self, id: usize) -> Option<At<'_>> {
        let node = self.nodes.get(id)?;
        Some(At {
            document: self,
            node,
            id,
        })
    }
}

/// Gives each document of a stream to `each`, one after the other.
pub(super) fn read<'t>(
    text: &'t str,
    mut each: impl FnMut(&Document<'t>) -> Result<(), FindError>,
) -> Result<(), FindError> {
    let mut builder = Builder::new(text);
    let mut documents = 0_usize;
    for event in Parser::new_from_str_with_options(text, options()) {
        let (event, span) = event.map_err(|error| malformed(&error))?;
        if matches!(event, Event::DocumentEnd) {
            documents += 1;
            if documents > PINS_DOCUMENTS {
                return Err(FindError::TooMany {
                    limit: PINS_DOCUMENTS,
                    what: "documents",
                });
            }
            each(&builder.document)?;
            builder = Builder::new(text);
        } else {
            builder.take(event, span)?;
        }
    }
    Ok(())
}

fn options() -> Options {
    granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: PINS_DEPTH,
        block_nesting_limit: PINS_DEPTH,
    }
}

fn malformed(error: &ScanError) -> FindError {
    let at = error.marker();
    FindError::Malformed {
        line: number(at.line()),
        column: number(at.col()).saturating_add(1),
        reason: error.info().chars().filter(|c| !c.is_control()).collect(),
    }
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

struct Builder<'t> {
    document: Document<'t>,
    /// Collections that are not closed yet, each with what it holds so far.
    open: Vec<(usize, Vec<usize>)>,
    anchors: BTreeMap<usize, usize>,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            document: Document {
                text,
                nodes: Vec::new(),
                root: None,
            },
            open: Vec::new(),
            anchors: BTreeMap::new(),
        }
    }

    fn take(&mut self, event: Event<'t>, span: Span) -> Result<(), FindError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let marked = style != ScalarStyle::Plain;
                let id = self.push(Value::Scalar(text), &span, marked, anchor)?;
                if let Some(node) = self.document.nodes.get_mut(id) {
                    node.named = anchor != 0 || tag.is_some();
                }
            }
            Event::SequenceStart(style, anchor, _) => {
                let marked = style == StructureStyle::Flow;
                let id = self.push(Value::List(Vec::new()), &span, marked, anchor)?;
                self.open.push((id, Vec::new()));
            }
            Event::MappingStart(style, anchor, _) => {
                let marked = style == StructureStyle::Flow;
                let id = self.push(Value::Map(Vec::new()), &span, marked, anchor)?;
                self.open.push((id, Vec::new()));
            }
            Event::Alias(anchor) => {
                let target = self.anchors.get(&anchor).copied();
                // The parser resolves names; an anchor that it knows has been pushed.
                let value = target.map_or_else(|| Value::Scalar("".into()), Value::Alias);
                self.push(value, &span, false, 0)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(&span)?,
            _ => {}
        }
        Ok(())
    }

    fn push(
        &mut self,
        value: Value<'t>,
        span: &Span,
        marked: bool,
        anchor: usize,
    ) -> Result<usize, FindError> {
        let id = self.document.nodes.len();
        if id >= PINS_NODES {
            return Err(FindError::TooMany {
                limit: PINS_NODES,
                what: "YAML nodes in one document",
            });
        }
        self.document.nodes.push(Node {
            value,
            span: span.byte_range().unwrap_or_default(),
            line: number(span.start.line()),
            column: number(span.start.col()).saturating_add(1),
            marked,
            named: false,
        });
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        match self.open.last_mut() {
            Some((_, held)) => held.push(id),
            None => self.document.root = Some(id),
        }
        Ok(id)
    }

    fn close(&mut self, span: &Span) -> Result<(), FindError> {
        let Some((id, held)) = self.open.pop() else {
            return Ok(());
        };
        let pairs: Vec<(usize, usize)> = held
            .chunks_exact(2)
            .filter_map(|pair| Some((*pair.first()?, *pair.last()?)))
            .collect();
        let is_map = matches!(
            self.document.nodes.get(id),
            Some(Node {
                value: Value::Map(_),
                ..
            })
        );
        if is_map {
            self.each_key_once(&pairs)?;
        }
        if let Some(node) = self.document.nodes.get_mut(id) {
            let end = span.byte_range().unwrap_or_default().end;
            node.span.end = end.max(node.span.end);
            node.value = match is_map {
                true => Value::Map(pairs),
                false => Value::List(held),
            };
        }
        Ok(())
    }

    fn each_key_once(&self, pairs: &[(usize, usize)]) -> Result<(), FindError> {
        if pairs.len() > PINS_KEYS {
            return Err(FindError::TooMany {
                limit: PINS_KEYS,
                what: "keys in one map",
            });
        }
        let mut seen = BTreeSet::new();
        for key in pairs.iter().filter_map(|(key, _)| self.document.at(*key)) {
            let Some(text) = key.text().filter(|text| *text != "<<") else {
                continue;
            };
            if !seen.insert(text) {
                let (line, column) = key.position();
                let key = text.chars().take(100).collect();
                return Err(FindError::DuplicateKey { line, column, key });
            }
        }
        Ok(())
    }
}
