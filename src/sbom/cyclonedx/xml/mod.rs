//! CycloneDX as XML: read event by event, without recursion, a document type or entities of its own.

mod state;
mod tag;

use super::super::document::{Encoding, Sbom, Text};
use super::super::error::SbomError;
use crate::model::limits;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;
use state::State;
use tag::Tag;

const NAMESPACE: &str = "http://cyclonedx.org/schema/bom/";

pub(in crate::sbom) fn parse(text: &str) -> Result<Sbom<'_>, SbomError> {
    let mut reader = NsReader::from_str(text);
    let mut state: Option<State<'_>> = None;
    // Elements that are open.
    let mut way: Vec<Tag> = Vec::new();
    loop {
        let at = reader.buffer_position();
        let (namespace, event) = reader
            .read_resolved_event()
            .map_err(|error| malformed(at, &error))?;
        let is_ours =
            matches!(namespace, ResolveResult::Bound(Namespace(url)) if is_cyclonedx(url));
        match event {
            Event::Start(start) => {
                if way.len() >= limits::SBOM_DEPTH {
                    return Err(SbomError::TooDeep);
                }
                let tag = open(&namespace, is_ours, &way, &start, &mut state, at)?;
                way.push(tag);
            }
            Event::Empty(start) => {
                let tag = open(&namespace, is_ours, &way, &start, &mut state, at)?;
                if let Some(state) = &mut state {
                    state.close(tag, at)?;
                }
            }
            Event::End(_) => {
                if let (Some(tag), Some(state)) = (way.pop(), &mut state) {
                    state.close(tag, at)?;
                }
            }
            Event::Text(text) if is_read(&way) => add(&mut state, text.xml10_content()),
            Event::CData(text) if is_read(&way) => add(&mut state, text.xml10_content()),
            Event::GeneralRef(reference) => {
                let text = resolve(&reference, at)?;
                if is_read(&way) {
                    add(&mut state, text);
                }
            }
            Event::DocType(_) => return Err(wrong(at, "a document type")),
            Event::Eof => break,
            Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_) => {}
        }
    }
    match state {
        Some(state) if way.is_empty() => state.finish().finish(Encoding::Xml),
        Some(_) => Err(wrong(
            reader.buffer_position(),
            "elements that are not closed",
        )),
        None => Err(SbomError::Unknown),
    }
}

fn is_cyclonedx(url: &str) -> bool {
    url.starts_with(NAMESPACE)
}

/// Which element begins; the first of all begins the state.
fn open<'a>(
    namespace: &ResolveResult<'_>,
    is_ours: bool,
    way: &[Tag],
    start: &BytesStart<'_>,
    state: &mut Option<State<'a>>,
    at: u64,
) -> Result<Tag, SbomError> {
    let name = start.local_name();
    let name = name.as_ref();
    let Some(state) = state else {
        let ResolveResult::Bound(Namespace(url)) = namespace else {
            return Err(SbomError::Unknown);
        };
        let version = url.strip_prefix(NAMESPACE).filter(|_| name == "bom");
        let version = version.ok_or(SbomError::Unknown)?;
        super::is_read(version)?;
        *state = Some(State::new(
            version.to_owned(),
            attribute(start, "serialNumber", at)?,
        ));
        return Ok(Tag::Bom);
    };
    let tag = match way.last() {
        // The document's element was closed before.
        None => return Err(wrong(at, "a second document")),
        Some(within) if is_ours => within.child(name),
        Some(_) => Tag::Other,
    };
    state.open(tag, start, at)?;
    Ok(tag)
}

fn is_read(way: &[Tag]) -> bool {
    way.last().is_some_and(|tag| tag.is_text())
}

fn add<'a>(state: &mut Option<State<'a>>, text: Text<'a>) {
    if let Some(state) = state {
        state.add(text);
    }
}

/// A character, or one of the five that XML defines: nothing else is ever replaced.
fn resolve(reference: &BytesRef<'_>, at: u64) -> Result<Text<'static>, SbomError> {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => Ok(character.to_string().into()),
        Ok(None) => match resolve_predefined_entity(reference) {
            Some(text) => Ok(text.into()),
            None => Err(wrong(at, "an entity that XML does not define")),
        },
        Err(error) => Err(malformed(at, &error)),
    }
}

/// An attribute's value; none where it is missing or empty.
fn attribute(
    start: &BytesStart<'_>,
    name: &str,
    at: u64,
) -> Result<Option<Text<'static>>, SbomError> {
    let found = start
        .try_get_attribute(name)
        .map_err(|error| malformed(at, &error))?;
    let Some(found) = found else { return Ok(None) };
    let value = found
        .normalized_value(XmlVersion::Implicit1_0)
        .map_err(|error| malformed(at, &error))?;
    Ok(Some(Text::Owned(value.into_owned())).filter(|text| !text.is_empty()))
}

fn wrong(at: u64, why: &str) -> SbomError {
    let why = why.into();
    SbomError::Xml { at, why }
}

fn malformed(at: u64, error: &dyn std::error::Error) -> SbomError {
    let why = error.to_string().chars().take(200).collect();
    SbomError::Xml { at, why }
}
