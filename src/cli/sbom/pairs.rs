//! Which document of one thing belongs to which of another.

use super::found::{Found, FoundSbom};
use crate::cli::exit::CliError;
use evidence::model::expectation::SbomFormat;
use std::collections::{BTreeMap, BTreeSet};

/// Two documents that are compared; of a platform that came or went there is one.
pub(super) struct Pair<'a> {
    pub(super) item: Option<&'a str>,
    pub(super) platform: Option<&'a str>,
    pub(super) old: Option<&'a FoundSbom>,
    pub(super) new: Option<&'a FoundSbom>,
}

/// By platform, the document that stands for it.
type Places<'a> = BTreeMap<Option<&'a str>, &'a FoundSbom>;

/// Pairs by the image's name in a bundle, and by platform.
///
/// One image is paired with one image, and one document with one, whatever they are called. A document that speaks for
/// a whole image stands for each platform that only the other side tells apart.
///
/// # Errors
/// When a bundle of several images stands against a thing of one.
pub(super) fn pairs<'a>(old: &'a Found, new: &'a Found) -> Result<Vec<Pair<'a>>, CliError> {
    let (of_old, of_new) = (items(old), items(new));
    if of_old.len() <= 1 && of_new.len() <= 1 {
        let all = |found: &'a Found| found.documents.iter().collect::<Vec<_>>();
        let item = of_old.iter().chain(&of_new).next().copied();
        return Ok(of_image(item, &all(old), &all(new)));
    }
    for (found, names) in [(old, &of_old), (new, &of_new)] {
        if names.is_empty() && !found.documents.is_empty() {
            return Err(CliError::usage(format!(
                "{} is one image, and the other has several",
                found.name
            ))
            .hint("compare a bundle of several images with another bundle"));
        }
    }
    let names: BTreeSet<&str> = of_old.union(&of_new).copied().collect();
    let pairs = names.into_iter().flat_map(|name| {
        let own = |found: &'a Found| -> Vec<&'a FoundSbom> {
            let documents = found.documents.iter();
            documents
                .filter(|one| one.origin().item.as_deref() == Some(name))
                .collect()
        };
        of_image(Some(name), &own(old), &own(new))
    });
    Ok(pairs.collect())
}

/// Names of the images that have documents.
fn items(found: &Found) -> BTreeSet<&str> {
    let documents = found.documents.iter();
    documents
        .filter_map(|one| one.origin().item.as_deref())
        .collect()
}

fn of_image<'a>(
    item: Option<&'a str>,
    old: &[&'a FoundSbom],
    new: &[&'a FoundSbom],
) -> Vec<Pair<'a>> {
    let (old, new) = match common(old, new) {
        Some(format) => (places(old, Some(format)), places(new, Some(format))),
        None => (places(old, None), places(new, None)),
    };
    if let ([(place, old)], [(other, new)]) = (
        old.iter().collect::<Vec<_>>().as_slice(),
        new.iter().collect::<Vec<_>>().as_slice(),
    ) {
        let platform = place.or(**other);
        return vec![Pair {
            item,
            platform,
            old: Some(old),
            new: Some(new),
        }];
    }
    let mut names: BTreeSet<_> = old.keys().chain(new.keys()).copied().collect();
    if names.len() > 1 {
        names.remove(&None);
    }
    let of = |places: &Places<'a>, name| places.get(&name).or_else(|| places.get(&None)).copied();
    (names.into_iter())
        .map(|platform| Pair {
            item,
            platform,
            old: of(&old, platform),
            new: of(&new, platform),
        })
        .collect()
}

/// The first format that both sides have: documents of two formats differ in more than the packages.
fn common(old: &[&FoundSbom], new: &[&FoundSbom]) -> Option<SbomFormat> {
    let has = |side: &[&FoundSbom], format| side.iter().any(|one| one.format == Some(format));
    let mut formats = [SbomFormat::Spdx, SbomFormat::Cyclonedx].into_iter();
    formats.find(|format| has(old, *format) && has(new, *format))
}

fn places<'a>(documents: &[&'a FoundSbom], format: Option<SbomFormat>) -> Places<'a> {
    let mut places = Places::new();
    let asked = documents
        .iter()
        .filter(|one| format.is_none_or(|format| one.format == Some(format)));
    for one in asked {
        let best = places
            .entry(one.origin().platform.as_deref())
            .or_insert(one);
        if one.rank > best.rank {
            *best = one;
        }
    }
    places
}
