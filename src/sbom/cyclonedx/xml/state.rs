//! What has been read of an XML document so far.

use super::super::super::connect::Id;
use super::super::super::document::{
    Dependencies, EdgeKind, Hash, License, LicenseBy, Package, Role, Text, Tool,
};
use super::super::super::error::SbomError;
use super::super::{Components, Draft, aggregate, full_name, license_by};
use super::tag::Tag;
use super::{attribute, wrong};
use crate::model::limits;
use quick_xml::events::BytesStart;
use std::borrow::Cow;

pub(super) struct State<'a> {
    draft: Draft<'a>,
    /// The metadata's component, with those nested in it.
    own: Components<'a>,
    /// Components that are open.
    open: Vec<Open<'a>>,
    /// Dependencies that are open: whose, and whether there is something in it.
    dependencies: Vec<(Id, bool)>,
    tool: Tool<'a>,
    tool_group: Option<Text<'a>>,
    license_by: LicenseBy,
    algorithm: Option<Text<'a>>,
    /// What is said of the dependents of the composition that is open.
    composition: Option<Dependencies>,
    dependents: Vec<Text<'a>>,
    /// Text of the element that is open.
    text: Text<'a>,
}

/// A component that is open.
struct Open<'a> {
    place: u32,
    package: Package<'a>,
    name: Option<Text<'a>>,
    group: Option<Text<'a>>,
    /// Manufacturer, publisher, author and first of the authors.
    makers: [Option<Text<'a>>; 4],
    is_own: bool,
}

impl<'a> State<'a> {
    pub(super) fn new(version: String, serial: Option<Text<'a>>) -> Self {
        Self {
            draft: Draft {
                version: version.into(),
                id: serial,
                ..Draft::default()
            },
            own: Components::default(),
            open: Vec::new(),
            dependencies: Vec::new(),
            tool: Tool {
                name: Text::default(),
                version: None,
            },
            tool_group: None,
            license_by: LicenseBy::Unsaid,
            algorithm: None,
            composition: None,
            dependents: Vec::new(),
            text: Text::default(),
        }
    }

    pub(super) fn finish(mut self) -> Draft<'a> {
        self.draft.components = self.own.before(self.draft.components);
        self.draft
    }

    pub(super) fn add(&mut self, text: Text<'a>) {
        if self.text.is_empty() {
            self.text = text;
        } else {
            self.text.to_mut().push_str(&text);
        }
    }

    pub(super) fn open(
        &mut self,
        tag: Tag,
        start: &BytesStart<'_>,
        at: u64,
    ) -> Result<(), SbomError> {
        let of = |name: &str| attribute(start, name, at);
        match tag {
            Tag::Own => return self.open_component(Role::Metadata, of("type")?, of("bom-ref")?),
            Tag::Component => return self.open_component(Role::Part, of("type")?, of("bom-ref")?),
            Tag::Tool => {
                self.draft.others.extend(of("bom-ref")?);
                self.tool.version = None;
            }
            Tag::Service => self.draft.others.extend(of("bom-ref")?),
            Tag::License | Tag::Expression => {
                self.license_by = license_by(of("acknowledgement")?.as_deref());
            }
            Tag::DetailedExpression => {
                self.license_by = license_by(of("acknowledgement")?.as_deref());
                if let Some(text) = of("expression")? {
                    return self.license(text, false);
                }
            }
            Tag::Hash => self.algorithm = of("alg")?,
            Tag::Dependency => {
                let id = self.draft.relations.id(of("ref")?.unwrap_or_default());
                if let Some((from, has_some)) = self.dependencies.last_mut() {
                    *has_some = true;
                    self.draft.relations.relate(*from, EdgeKind::DependsOn, id);
                }
                self.dependencies.push((id, false));
                return self.draft.relations.checked();
            }
            Tag::Provides => {
                if let (Some((from, _)), Some(to)) = (self.dependencies.last(), of("ref")?) {
                    let to = self.draft.relations.id(to);
                    self.draft.relations.relate(*from, EdgeKind::Other, to);
                }
                return self.draft.relations.checked();
            }
            Tag::Composition => self.composition = None,
            Tag::Dependent if self.dependents.len() < limits::SBOM_RELATIONSHIPS => {
                self.dependents.extend(of("ref")?);
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn close(&mut self, tag: Tag, at: u64) -> Result<(), SbomError> {
        let text = match tag.is_text() {
            true => Some(trimmed(std::mem::take(&mut self.text))).filter(|text| !text.is_empty()),
            false => None,
        };
        match tag {
            Tag::Timestamp => self.draft.created = text,
            Tag::Phase => keep(&mut self.draft.lifecycles, text, "lifecycles")?,
            Tag::PartyName => keep(&mut self.draft.authors, text, "authors")?,
            Tag::ToolGroup => self.tool_group = text,
            Tag::ToolName => self.tool.name = text.unwrap_or_default(),
            Tag::ToolVersion => self.tool.version = text,
            Tag::Tool => {
                let name = full_name(self.tool_group.take(), std::mem::take(&mut self.tool.name));
                let version = self.tool.version.take();
                keep(&mut self.draft.tools, Some(Tool { name, version }), "tools")?;
            }
            Tag::LicenseId | Tag::Expression => {
                if let Some(text) = text {
                    self.license(text, false)?;
                }
            }
            Tag::LicenseName => {
                if let Some(text) = text {
                    self.license(text, true)?;
                }
            }
            Tag::Dependency => {
                let is_inner = self.dependencies.len() > 1;
                if let Some((id, false)) = self.dependencies.pop().filter(|_| !is_inner) {
                    self.draft.relations.said.push((id, Dependencies::None));
                }
            }
            Tag::Aggregate => self.composition = text.as_deref().and_then(aggregate),
            Tag::Composition => {
                let ids = std::mem::take(&mut self.dependents);
                if let Some(what) = self.composition.take() {
                    for id in ids {
                        let id = self.draft.relations.id(id);
                        self.draft.relations.said.push((id, what));
                    }
                }
            }
            Tag::Own | Tag::Component => self.close_component(),
            _ => return self.close_field(tag, text, at),
        }
        Ok(())
    }

    fn close_field(&mut self, tag: Tag, text: Option<Text<'a>>, at: u64) -> Result<(), SbomError> {
        let Some(open) = self.open.last_mut() else {
            return Ok(());
        };
        let package = &mut open.package;
        let [manufacturer, publisher, author, maker] = &mut open.makers;
        let slot = match tag {
            Tag::Group => &mut open.group,
            Tag::Name => &mut open.name,
            Tag::Version => &mut package.version,
            Tag::Purl => &mut package.purl,
            Tag::SupplierName => &mut package.supplier,
            Tag::ManufacturerName => manufacturer,
            Tag::Publisher => publisher,
            Tag::Author => author,
            Tag::MakerName => {
                *maker = maker.take().or(text);
                return Ok(());
            }
            Tag::Cpe => {
                package.identifiers.cpe |= text.is_some();
                return Ok(());
            }
            Tag::Swid => {
                package.identifiers.swid = true;
                return Ok(());
            }
            Tag::OtherId => {
                package.identifiers.other |= text.is_some();
                return Ok(());
            }
            Tag::Hash => {
                let algorithm = self.algorithm.take().unwrap_or_default();
                let hash = text.map(|value| Hash { algorithm, value });
                return keep(&mut package.hashes, hash, "hashes of one component");
            }
            _ => return Ok(()),
        };
        if slot.is_some() {
            return Err(wrong(at, "a component with the same element twice"));
        }
        *slot = text;
        Ok(())
    }

    fn license(&mut self, text: Text<'a>, is_name: bool) -> Result<(), SbomError> {
        let Some(open) = self.open.last_mut() else {
            return Ok(());
        };
        let by = self.license_by;
        let license = License { text, is_name, by };
        keep(
            &mut open.package.licenses,
            Some(license),
            "licenses of one component",
        )
    }

    /// # Errors
    /// When there are more than are read.
    fn open_component(
        &mut self,
        role: Role,
        purpose: Option<Text<'a>>,
        id: Option<Text<'a>>,
    ) -> Result<(), SbomError> {
        let holder = self.open.last().map(|open| open.place);
        let is_own = role == Role::Metadata || self.open.last().is_some_and(|open| open.is_own);
        let into = self.components(is_own);
        if into.is_full() {
            return Err(SbomError::TooMany {
                what: "components",
                limit: limits::SBOM_PACKAGES,
            });
        }
        let place = into.open(holder);
        self.open.push(Open {
            place,
            package: Package {
                role,
                purpose,
                id: id.unwrap_or_default(),
                ..Package::default()
            },
            name: None,
            group: None,
            makers: Default::default(),
            is_own,
        });
        Ok(())
    }

    fn close_component(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let mut package = open.package;
        package.name = full_name(open.group, open.name.unwrap_or_default());
        package.originator = open.makers.into_iter().flatten().next();
        self.components(open.is_own).close(open.place, package);
    }

    fn components(&mut self, is_own: bool) -> &mut Components<'a> {
        match is_own {
            true => &mut self.own,
            false => &mut self.draft.components,
        }
    }
}

/// # Errors
/// When the list is full.
fn keep<T>(list: &mut Vec<T>, item: Option<T>, what: &'static str) -> Result<(), SbomError> {
    let limit = limits::SBOM_PER_PACKAGE;
    if list.len() >= limit {
        return Err(SbomError::TooMany { what, limit });
    }
    list.extend(item);
    Ok(())
}

fn trimmed(text: Text<'_>) -> Text<'_> {
    match text {
        Cow::Borrowed(text) => text.trim().into(),
        Cow::Owned(text) => text.trim().to_owned().into(),
    }
}
