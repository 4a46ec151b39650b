//! Which elements are read, by what they stand in.

/// An element of the CycloneDX namespace. Those whose text is read have a name of their own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Tag {
    Bom,
    Metadata,
    Timestamp,
    Lifecycles,
    Lifecycle,
    /// `phase` or `name` of a lifecycle.
    Phase,
    Tools,
    /// `components` or `services` of `tools`.
    ToolList,
    Tool,
    ToolGroup,
    ToolName,
    ToolVersion,
    Authors,
    /// A person or an organisation in the metadata.
    Party,
    PartyName,
    /// The metadata's component.
    Own,
    Components,
    Component,
    Group,
    Name,
    Version,
    Purl,
    Cpe,
    Swid,
    /// `omniborId` or `swhid`.
    OtherId,
    Publisher,
    Author,
    Supplier,
    SupplierName,
    Manufacturer,
    ManufacturerName,
    Makers,
    Maker,
    MakerName,
    Licenses,
    License,
    LicenseId,
    LicenseName,
    Expression,
    DetailedExpression,
    Hashes,
    Hash,
    Services,
    Service,
    Dependencies,
    Dependency,
    Provides,
    Compositions,
    Composition,
    Aggregate,
    /// `dependencies` of a composition.
    Dependents,
    Dependent,
    /// Whatever is not read, and everything in it.
    Other,
}

impl Tag {
    /// The element of this name inside of this one.
    pub(super) fn child(self, name: &str) -> Self {
        match (self, name) {
            (Self::Bom, "metadata") => Self::Metadata,
            (Self::Bom | Self::Own | Self::Component, "components") => Self::Components,
            (Self::Bom | Self::Service, "services") => Self::Services,
            (Self::Bom, "dependencies") => Self::Dependencies,
            (Self::Bom, "compositions") => Self::Compositions,
            (Self::Metadata, "component") => Self::Own,
            (Self::Components, "component") => Self::Component,
            (Self::Own | Self::Component, name) => Self::of_component(name),
            (Self::Metadata, name) => Self::of_metadata(name),
            (Self::Lifecycles, "lifecycle") => Self::Lifecycle,
            (Self::Lifecycle, "phase" | "name") => Self::Phase,
            (Self::Tools, "components" | "services") => Self::ToolList,
            (Self::Tools, "tool") | (Self::ToolList, "component" | "service") => Self::Tool,
            (Self::Tool, "group") => Self::ToolGroup,
            (Self::Tool, "name") => Self::ToolName,
            (Self::Tool, "version") => Self::ToolVersion,
            (Self::Authors, "author") => Self::Party,
            (Self::Party, "name") => Self::PartyName,
            (Self::Supplier, "name") => Self::SupplierName,
            (Self::Manufacturer, "name") => Self::ManufacturerName,
            (Self::Makers, "author") => Self::Maker,
            (Self::Maker, "name") => Self::MakerName,
            (Self::Licenses, "license") => Self::License,
            (Self::Licenses, "expression") => Self::Expression,
            (Self::Licenses, "expression-detailed") => Self::DetailedExpression,
            (Self::License, "id") => Self::LicenseId,
            (Self::License, "name") => Self::LicenseName,
            (Self::Hashes, "hash") => Self::Hash,
            (Self::Services, "service") => Self::Service,
            (Self::Dependencies | Self::Dependency, "dependency") => Self::Dependency,
            (Self::Dependency, "provides") => Self::Provides,
            (Self::Compositions, "composition") => Self::Composition,
            (Self::Composition, "aggregate") => Self::Aggregate,
            (Self::Composition, "dependencies") => Self::Dependents,
            (Self::Dependents, "dependency") => Self::Dependent,
            _ => Self::Other,
        }
    }

    fn of_metadata(name: &str) -> Self {
        match name {
            "timestamp" => Self::Timestamp,
            "lifecycles" => Self::Lifecycles,
            "tools" => Self::Tools,
            "authors" => Self::Authors,
            "manufacturer" => Self::Party,
            _ => Self::Other,
        }
    }

    fn of_component(name: &str) -> Self {
        match name {
            "group" => Self::Group,
            "name" => Self::Name,
            "version" => Self::Version,
            "purl" => Self::Purl,
            "cpe" => Self::Cpe,
            "swid" => Self::Swid,
            "omniborId" | "swhid" => Self::OtherId,
            "publisher" => Self::Publisher,
            "author" => Self::Author,
            "supplier" => Self::Supplier,
            "manufacturer" => Self::Manufacturer,
            "authors" => Self::Makers,
            "licenses" => Self::Licenses,
            "hashes" => Self::Hashes,
            _ => Self::Other,
        }
    }

    /// Whether its text is read.
    pub(super) fn is_text(self) -> bool {
        matches!(
            self,
            Self::Timestamp
                | Self::Phase
                | Self::ToolGroup
                | Self::ToolName
                | Self::ToolVersion
                | Self::PartyName
                | Self::Group
                | Self::Name
                | Self::Version
                | Self::Purl
                | Self::Cpe
                | Self::OtherId
                | Self::Publisher
                | Self::Author
                | Self::SupplierName
                | Self::ManufacturerName
                | Self::MakerName
                | Self::LicenseId
                | Self::LicenseName
                | Self::Expression
                | Self::Hash
                | Self::Aggregate
        )
    }
}
