//! Relationships by id become edges by place, whatever the format.

use super::document::{Defect, Dependencies, Edge, EdgeKind, Package, Text};
use super::error::SbomError;
use crate::model::limits;
use foldhash::{HashMap, HashMapExt as _};
use std::collections::BTreeSet;

/// A relationship as a document has it, with inverse ones turned round.
#[derive(Clone, Copy, Debug)]
struct Relation {
    from: Id,
    to: Id,
    kind: EdgeKind,
}

/// Place of an id in [`Relations`]. One that many relationships begin with is there once: text with an escape
/// would be copied for each of them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Id(u32);

impl Id {
    fn place(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// Everything that a document says about how packages belong together.
#[derive(Debug, Default)]
pub(super) struct Relations<'a> {
    ids: Vec<Text<'a>>,
    latest: Option<Id>,
    all: Vec<Relation>,
    /// By place, where the document nests one in the other.
    pub(super) nested: Vec<Edge>,
    /// Of which packages it says that they have no dependencies, or that these are not known.
    pub(super) said: Vec<(Id, Dependencies)>,
    /// What describes what, besides being a relationship.
    pub(super) describes: Vec<(Id, Id)>,
}

impl<'a> Relations<'a> {
    /// Takes an id.
    pub(super) fn id(&mut self, text: Text<'a>) -> Id {
        // Far fewer than 2^32: a document has no more bytes than 2^27.
        let place = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        self.ids.push(text);
        Id(place)
    }

    /// Takes the id that a relationship begins with: often the same as the one before.
    pub(super) fn holder(&mut self, text: Text<'a>) -> Id {
        match self.latest {
            Some(id) if self.text(id) == text => id,
            _ => {
                let id = self.id(text);
                self.latest = Some(id);
                id
            }
        }
    }

    /// The text of an id.
    pub(super) fn text(&self, id: Id) -> &str {
        self.ids.get(id.place()).map_or("", AsRef::as_ref)
    }

    pub(super) fn relate(&mut self, from: Id, kind: EdgeKind, to: Id) {
        self.all.push(Relation { from, to, kind });
    }

    pub(super) fn has_too_many(&self) -> bool {
        self.all.len() + self.said.len() > limits::SBOM_RELATIONSHIPS
    }

    /// # Errors
    /// When there are more than are read.
    pub(super) fn checked(&self) -> Result<(), SbomError> {
        if self.has_too_many() {
            return Err(SbomError::TooMany {
                what: "relationships",
                limit: limits::SBOM_RELATIONSHIPS,
            });
        }
        Ok(())
    }
}

/// Ids that relationships name and no package has; those that name something else are struck out.
pub(super) type Missing<'a> = BTreeSet<&'a str>;

/// Turns relationships into edges, says of every package what is known of its dependencies, and finds what is
/// wrong with either.
///
/// `is_outside` tells by an id alone that it means no package; `strike` takes ids of what else there is (files) out
/// of the set, and is called only when there are ids that no package has.
pub(super) fn connect<'a>(
    packages: &mut [Package<'a>],
    relations: &Relations<'a>,
    is_outside: impl Fn(&str) -> bool,
    strike: impl FnOnce(&mut Missing<'_>) -> Result<(), SbomError>,
) -> Result<(Vec<Edge>, Vec<Defect>), SbomError> {
    let mut defects = Defects::default();
    let mut places: HashMap<&str, u32> = HashMap::with_capacity(packages.len());
    let mut doubled = BTreeSet::new();
    for (package, place) in packages.iter().zip(0_u32..) {
        let id = package.id.as_ref();
        if !id.is_empty() && *places.entry(id).or_insert(place) != place && doubled.insert(id) {
            defects.add(|| Defect::DuplicateId(short(id)));
        }
        if package.name.trim().is_empty() {
            defects.add(|| Defect::Nameless(short(id)));
        }
        for purl in package.purl.iter().chain(&package.more_purls) {
            if !is_purl(purl) {
                defects.add(|| Defect::Purl(short(purl)));
            }
        }
    }

    // Most ids of a large document are of files; hardly a package is called like one.
    let mut own = packages.iter().map(|package| package.id.as_ref());
    let any_outside = own.any(|id| !id.is_empty() && is_outside(id));
    let at: Vec<Option<u32>> = (relations.ids.iter())
        .map(|id| match !any_outside && is_outside(id) {
            true => None,
            false => places.get(id.as_ref()).copied(),
        })
        .collect();
    drop(places);
    let place = |id: Id| at.get(id.place()).copied().flatten();
    let mut edges = relations.nested.clone();
    // By id, so that a long one that begins many relationships is compared once.
    let mut is_missing = vec![false; at.len()];
    for Relation { from, to, kind } in relations.all.iter().copied() {
        if let (Some(from), Some(to)) = (place(from), place(to)) {
            edges.push(Edge { from, to, kind });
            continue;
        }
        for id in [from, to].into_iter().filter(|id| place(*id).is_none()) {
            if let Some(flag) = is_missing.get_mut(id.place()) {
                *flag = true;
            }
        }
    }
    edges.sort_unstable();
    edges.dedup();
    let ids = || relations.ids.iter().map(AsRef::as_ref);
    let named = ids().zip(&is_missing).filter(|(_, flag)| **flag);
    let mut missing: Missing<'_> = named
        .map(|(id, _)| id)
        .filter(|id| !is_outside(id))
        .collect();
    if !missing.is_empty() {
        strike(&mut missing)?;
    }
    if !missing.is_empty() {
        for (flag, id) in is_missing.iter_mut().zip(ids()) {
            *flag = *flag && missing.contains(id);
        }
        let flagged = |id: &Id| is_missing.get(id.place()).copied().unwrap_or_default();
        let first = |one: &Relation| [one.from, one.to].into_iter().find(flagged);
        let mut dangling = relations.all.iter().filter_map(first);
        if let Some(example) = dangling.next() {
            let example = short(relations.text(example));
            let count = 1 + dangling.count();
            defects.add(|| Defect::Dangling { count, example });
        }
    }

    let said: Vec<(u32, Dependencies)> = (relations.said.iter())
        .filter_map(|(id, what)| Some((place(*id)?, *what)))
        .collect();
    say(packages, &edges, &said);
    for place in cycles(packages.len(), &edges) {
        if let Some(package) = packages.get(place) {
            defects.add(|| Defect::Cycle(short(&package.id)));
        }
    }
    Ok((edges, defects.finish()))
}

/// An edge says more than that something is not known, and that more than nothing.
fn say(packages: &mut [Package<'_>], edges: &[Edge], said: &[(u32, Dependencies)]) {
    let mut set = |place: u32, what: Dependencies, replaces: fn(Dependencies) -> bool| {
        let package = usize::try_from(place)
            .ok()
            .and_then(|at| packages.get_mut(at));
        if let Some(package) = package.filter(|package| replaces(package.dependencies)) {
            package.dependencies = what;
        }
    };
    for (place, what) in said {
        if *what == Dependencies::Unknown {
            set(*place, *what, |_| true);
        } else {
            set(*place, *what, |now| now == Dependencies::Missing);
        }
    }
    for edge in edges.iter().filter(|edge| edge.kind == EdgeKind::DependsOn) {
        set(edge.from, Dependencies::Stated, |_| true);
        set(edge.to, Dependencies::Stated, |_| true);
    }
}

/// Places of packages at which a circle of containment closes, in linear time and without recursion.
///
/// `edges` are sorted. Circles of dependencies are common and nothing wrong.
fn cycles(packages: usize, edges: &[Edge]) -> BTreeSet<usize> {
    #[derive(Clone, Copy, PartialEq)]
    enum Colour {
        White,
        Grey,
        Black,
    }

    let contains: Vec<(usize, usize)> = (edges.iter())
        .filter(|edge| edge.kind == EdgeKind::Contains)
        .filter_map(|edge| Some((edge.from.try_into().ok()?, edge.to.try_into().ok()?)))
        .collect();
    let mut closed = BTreeSet::new();
    if contains.is_empty() {
        return closed;
    }
    let first = |place: usize| contains.partition_point(|(from, _)| *from < place);
    let mut colours = vec![Colour::White; packages];
    // A package on the way, and the next of its edges.
    let mut way: Vec<(usize, usize)> = Vec::new();
    for (start, _) in &contains {
        if colours.get(*start) != Some(&Colour::White) {
            continue;
        }
        way.push((*start, first(*start)));
        while let Some((place, next)) = way.last_mut() {
            let place = *place;
            if let Some(colour) = colours.get_mut(place) {
                *colour = Colour::Grey;
            }
            match contains.get(*next).filter(|(from, _)| *from == place) {
                Some((_, to)) => {
                    *next += 1;
                    match colours.get(*to) {
                        Some(Colour::White) => way.push((*to, first(*to))),
                        Some(Colour::Grey) => _ = closed.insert(*to),
                        Some(Colour::Black) | None => {}
                    }
                }
                None => {
                    if let Some(colour) = colours.get_mut(place) {
                        *colour = Colour::Black;
                    }
                    way.pop();
                }
            }
        }
    }
    closed
}

/// `pkg:type/name` at least; whoever needs more of it parses it.
fn is_purl(text: &str) -> bool {
    let scheme = text
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("pkg:"));
    let rest = text.get(4..).unwrap_or_default().trim_start_matches('/');
    let parts = rest.split_once('/');
    scheme
        && parts.is_some_and(|(kind, name)| {
            let is_kind = |byte: u8| byte.is_ascii_alphanumeric() || b".+-".contains(&byte);
            !kind.is_empty()
                && kind.bytes().all(is_kind)
                && !matches!(
                    name.trim_matches('/').as_bytes().first(),
                    None | Some(b'@' | b'?' | b'#')
                )
        })
}

/// Text for a defect, cut to 200 characters.
fn short(text: &str) -> String {
    text.chars().take(200).collect()
}

/// Up to [`limits::SBOM_DEFECTS`] defects, and how many more there are.
#[derive(Default)]
struct Defects {
    kept: Vec<Defect>,
    more: usize,
}

impl Defects {
    fn add(&mut self, defect: impl FnOnce() -> Defect) {
        if self.kept.len() < limits::SBOM_DEFECTS {
            self.kept.push(defect());
        } else {
            self.more += 1;
        }
    }

    fn finish(mut self) -> Vec<Defect> {
        if self.more > 0 {
            self.kept.push(Defect::More(self.more));
        }
        self.kept
    }
}
