//! SPDX 3.0 as JSON-LD (SPDX specification 3.0.1, serialisation with `@graph` or of one element).

mod element;
mod graph;

use super::connect::{Id, Missing, connect};
use super::document::{Encoding, Role, Sbom, Text, Tool};
use super::error::SbomError;
use super::text::{Each, Texts};
use crate::model::expectation::SbomFormat;
use crate::model::limits;
use element::{CreationInfo, Element, Ids};
use graph::{Graph, last};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashSet;

const CONTEXT: &str = "https://spdx.org/rdf/3.";

pub(super) fn parse(text: &str) -> Result<Sbom<'_>, SbomError> {
    let document: Document<'_> = serde_json::from_str(text)?;
    let Some(context) = document
        .context
        .0
        .iter()
        .find(|url| url.starts_with(CONTEXT))
    else {
        return Err(SbomError::Unknown);
    };
    let mut graph = match document.graph {
        Some(graph) => graph.of,
        None => Graph::of(serde_json::from_str::<Element<'_>>(text)?),
    };
    if let Some(too_many) = graph.too_many.take() {
        return Err(too_many);
    }
    graph.relations.checked()?;
    let version = version(&graph, context)?;
    let Some(own) = graph.document.take() else {
        return Err(SbomError::Lacks {
            format: SbomFormat::Spdx,
            what: "an SpdxDocument",
        });
    };
    let (authors, tools) = makers(&graph, own.creation.as_ref())?;
    let created = creation(&graph, own.creation.as_ref()).and_then(|info| info.created.clone());
    graph.resolve()?;

    // A document's root may be an SBOM, whose own root is the package.
    let mut roots: HashSet<&str> = own.roots.iter().map(AsRef::as_ref).collect();
    let mut lifecycles: Vec<Text<'_>> = Vec::new();
    for sbom in &graph.sboms {
        if graph.sboms.len() == 1 || roots.contains(sbom.id.as_ref()) {
            roots.extend(sbom.roots.iter().map(AsRef::as_ref));
            lifecycles.extend(sbom.types.iter().cloned());
        }
    }
    let holders = graph.sboms.iter().map(|sbom| &sbom.id).chain([&own.id]);
    let holders: HashSet<&str> = holders.map(AsRef::as_ref).collect();
    let relations = &graph.relations;
    // One id may describe much: it is looked up once.
    let mut latest: Option<(Id, bool)> = None;
    for (from, to) in &relations.describes {
        let is_holder = match latest {
            Some((id, is_holder)) if id == *from => is_holder,
            _ => holders.contains(relations.text(*from)),
        };
        latest = Some((*from, is_holder));
        if is_holder {
            roots.insert(relations.text(*to));
        }
    }
    for package in &mut graph.packages {
        if roots.contains(package.id.as_ref()) {
            package.role = Role::Subject;
        }
    }
    let (edges, defects) = connect(
        &mut graph.packages,
        &graph.relations,
        |id| own.imports.contains(id),
        |missing| strike_elements(text, missing),
    )?;
    Ok(Sbom {
        format: SbomFormat::Spdx,
        version,
        encoding: Encoding::Json,
        name: own.name,
        id: Some(own.id).filter(|id| !id.is_empty()),
        created,
        authors,
        tools,
        lifecycles,
        packages: graph.packages,
        edges,
        files: graph.files,
        defects,
    })
}

/// By the document's creation information, or by its context: `https://spdx.org/rdf/3.0.1/…`.
fn version<'a>(graph: &Graph<'a>, context: &Text<'a>) -> Result<Text<'a>, SbomError> {
    let own = graph
        .document
        .as_ref()
        .and_then(|document| document.creation.as_ref());
    let stated = creation(graph, own).and_then(|info| info.version.clone());
    let version = stated.unwrap_or_else(|| {
        let rest = context.trim_start_matches("https://spdx.org/rdf/");
        Cow::Owned(rest.split('/').next().unwrap_or_default().into())
    });
    if version == "3.0" || version.starts_with("3.0.") {
        return Ok(version);
    }
    Err(SbomError::version(SbomFormat::Spdx, &version))
}

/// The creation information of that id, or else the first.
fn creation<'g, 'a>(graph: &'g Graph<'a>, id: Option<&Text<'a>>) -> Option<&'g CreationInfo<'a>> {
    let own = id.and_then(|id| graph.creations.iter().find(|(own, _)| own == id));
    own.or(graph.creations.first()).map(|(_, info)| info)
}

/// Who made the document, and with what.
fn makers<'a>(
    graph: &Graph<'a>,
    id: Option<&Text<'a>>,
) -> Result<(Vec<Text<'a>>, Vec<Tool<'a>>), SbomError> {
    let (mut authors, mut tools) = (Vec::new(), Vec::new());
    let Some(info) = creation(graph, id) else {
        return Ok((authors, tools));
    };
    let limit = limits::SBOM_AUTHORS;
    if info.created_by.0.len() > limit || info.created_using.0.len() > limit {
        let what = "creators";
        return Err(SbomError::TooMany { what, limit });
    }
    let mut copied = 0;
    for id in &info.created_by.0 {
        let name = graph.who(id, &mut copied)?;
        // Some name a program among those that created it.
        if name.is_empty() {
            continue;
        }
        if graph.programs.contains(id.as_ref()) {
            let version = None;
            tools.push(Tool { name, version });
        } else {
            authors.push(name);
        }
    }
    for id in &info.created_using.0 {
        let name = graph.who(id, &mut copied)?;
        if !name.is_empty() {
            let version = None;
            tools.push(Tool { name, version });
        }
    }
    Ok((authors, tools))
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Document<'a> {
    #[serde(rename = "@context", default)]
    context: Texts<'a>,
    #[serde(rename = "@graph")]
    graph: Option<Each<Graph<'a>>>,
}

/// Takes elements that are no packages out of the ids that no package has: a second look at the document.
fn strike_elements(text: &str, missing: &mut Missing<'_>) -> Result<(), SbomError> {
    #[derive(Deserialize)]
    #[serde(bound(deserialize = "'de: 'a"))]
    struct Others<'a> {
        #[serde(rename = "@graph", default)]
        graph: Each<Ids<'a>>,
    }

    missing.retain(|id| !matches!(last(id), "NoneElement" | "NoAssertionElement"));
    if missing.is_empty() {
        return Ok(());
    }
    let others: Others<'_> = serde_json::from_str(text)?;
    for id in &others.graph.of.0 {
        missing.remove(id.as_ref());
    }
    Ok(())
}
