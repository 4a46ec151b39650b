//! CycloneDX 1.4 to 1.7 (ECMA-424): what JSON and XML have in common.

mod component;
pub(super) mod json;
pub(super) mod xml;

use super::connect::{Relations, connect};
use super::document::{
    Dependencies, Edge, EdgeKind, Encoding, LicenseBy, Package, Role, Sbom, Text, Tool, is_unknown,
};
use super::error::SbomError;
use crate::model::expectation::SbomFormat;
use crate::model::limits;

/// What a reader has gathered of a document.
#[derive(Debug, Default)]
struct Draft<'a> {
    version: Text<'a>,
    id: Option<Text<'a>>,
    created: Option<Text<'a>>,
    authors: Vec<Text<'a>>,
    tools: Vec<Tool<'a>>,
    lifecycles: Vec<Text<'a>>,
    components: Components<'a>,
    relations: Relations<'a>,
    /// Ids of services and tools, which are no packages.
    others: Vec<Text<'a>>,
}

/// Components, nested ones after the one that holds them.
#[derive(Debug, Default)]
struct Components<'a> {
    packages: Vec<Package<'a>>,
    /// Which package each is nested in.
    nested: Vec<Edge>,
    /// How many of them are of the type `file`.
    files: usize,
    /// What there is too much of.
    too_many: Option<(&'static str, usize)>,
}

impl<'a> Components<'a> {
    fn is_full(&self) -> bool {
        self.packages.len() >= limits::SBOM_PACKAGES
    }

    /// Takes a place for a component before those that are nested in it; [`Self::close`] fills it.
    fn open(&mut self, holder: Option<u32>) -> u32 {
        // Lists of components end at the limit, far below 2^32.
        let place = u32::try_from(self.packages.len()).unwrap_or(u32::MAX);
        if let Some(from) = holder {
            let kind = EdgeKind::Contains;
            self.nested.push(Edge {
                from,
                to: place,
                kind,
            });
        }
        self.packages.push(Package::default());
        place
    }

    fn close(&mut self, place: u32, package: Package<'a>) {
        self.files += usize::from(is_file(&package));
        let slot = usize::try_from(place)
            .ok()
            .and_then(|at| self.packages.get_mut(at));
        if let Some(slot) = slot {
            *slot = package;
        }
    }

    /// Remembers that there is too much of something.
    fn check(&mut self, is_too_much: bool, what: &'static str) {
        if is_too_much {
            self.too_many = Some((what, limits::SBOM_PER_PACKAGE));
        }
    }

    /// Puts these before `rest`, whose room is used: it is the larger by far.
    fn before(self, mut rest: Self) -> Self {
        let shift = u32::try_from(self.packages.len()).unwrap_or(u32::MAX);
        for edge in &mut rest.nested {
            edge.from = edge.from.saturating_add(shift);
            edge.to = edge.to.saturating_add(shift);
        }
        rest.nested.extend(self.nested);
        rest.packages.splice(0..0, self.packages);
        rest.files += self.files;
        rest.too_many = rest.too_many.or(self.too_many);
        rest
    }

    /// Takes the files out; what is nested in one belongs to its holder. Returns their ids.
    fn without_files(&mut self) -> Vec<Text<'a>> {
        if self.files == 0 {
            return Vec::new();
        }
        let mut holders: Vec<Option<u32>> = vec![None; self.packages.len()];
        let at = |place: u32| usize::try_from(place).unwrap_or(usize::MAX);
        for edge in &self.nested {
            if let Some(holder) = holders.get_mut(at(edge.to)) {
                *holder = Some(edge.from);
            }
        }
        let mut ids = Vec::new();
        let mut kept: Vec<Package<'a>> = Vec::with_capacity(self.packages.len() - self.files);
        // Where each has gone: a file, to where its holder is. Holders come first.
        let mut places: Vec<Option<u32>> = Vec::with_capacity(self.packages.len());
        self.nested.clear();
        for (package, holder) in std::mem::take(&mut self.packages).into_iter().zip(holders) {
            let holder = holder.and_then(|place| places.get(at(place)).copied().flatten());
            if is_file(&package) {
                places.push(holder);
                ids.push(package.id);
                continue;
            }
            let place = u32::try_from(kept.len()).unwrap_or(u32::MAX);
            let kind = EdgeKind::Contains;
            self.nested.extend(holder.map(|from| Edge {
                from,
                to: place,
                kind,
            }));
            places.push(Some(place));
            kept.push(package);
        }
        self.packages = kept;
        ids
    }
}

fn is_file(package: &Package<'_>) -> bool {
    package.purpose.as_deref() == Some("file") && package.role != Role::Metadata
}

impl<'a> Draft<'a> {
    /// # Errors
    /// When the version is not read, or there is too much of something.
    fn finish(mut self, encoding: Encoding) -> Result<Sbom<'a>, SbomError> {
        if let Some((what, limit)) = self.components.too_many {
            return Err(SbomError::TooMany { what, limit });
        }
        self.relations.checked()?;
        self.others.extend(self.components.without_files());
        self.relations.nested = self.components.nested;
        let mut packages = self.components.packages;
        let others = &self.others;
        let (edges, defects) = connect(
            &mut packages,
            &self.relations,
            // A component of another document.
            |id| id.starts_with("urn:cdx:"),
            |missing| {
                for id in others {
                    missing.remove(id.as_ref());
                }
                Ok(())
            },
        )?;
        let own = packages
            .first()
            .filter(|package| package.role == Role::Metadata);
        Ok(Sbom {
            format: SbomFormat::Cyclonedx,
            version: self.version,
            encoding,
            name: own.map(|package| package.name.clone()),
            id: self.id,
            created: self.created,
            authors: self.authors,
            tools: self.tools,
            lifecycles: self.lifecycles,
            files: self.components.files,
            packages,
            edges,
            defects,
        })
    }
}

fn is_read(version: &str) -> Result<(), SbomError> {
    if matches!(version, "1.4" | "1.5" | "1.6" | "1.7") {
        return Ok(());
    }
    Err(SbomError::version(SbomFormat::Cyclonedx, version))
}

/// Group and name in one; beside a group, no name and one that is not known stay what they are.
fn full_name<'a>(group: Option<Text<'a>>, name: Text<'a>) -> Text<'a> {
    match group.filter(|_| !name.trim().is_empty() && !is_unknown(&name)) {
        Some(group) => format!("{group}/{name}").into(),
        None => name,
    }
}

/// Who says that a license applies (`acknowledgement`, from 1.6 on).
fn license_by(acknowledgement: Option<&str>) -> LicenseBy {
    match acknowledgement {
        Some("declared") => LicenseBy::Declared,
        Some("concluded") => LicenseBy::Concluded,
        _ => LicenseBy::Unsaid,
    }
}

/// What a composition says of those whose dependencies it is about.
fn aggregate(text: &str) -> Option<Dependencies> {
    (text == "unknown").then_some(Dependencies::Unknown)
}
