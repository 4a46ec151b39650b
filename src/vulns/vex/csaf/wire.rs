//! What is read of CSAF's objects.

use super::super::super::json::{List, Str};
use crate::model::limits;
use serde::Deserialize;

type Ids<'a> = List<Str<'a>, { limits::VEX_PRODUCTS }>;

#[derive(Deserialize)]
pub(super) struct Document<'a> {
    #[serde(borrow)]
    pub(super) document: Own<'a>,
    #[serde(borrow)]
    pub(super) product_tree: Option<WireTree<'a>>,
    #[serde(borrow, default)]
    pub(super) vulnerabilities: List<Vulnerability<'a>, { limits::VEX_STATEMENTS }>,
}

#[derive(Deserialize)]
pub(super) struct Own<'a> {
    #[serde(borrow)]
    pub(super) csaf_version: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) publisher: Option<Publisher<'a>>,
    #[serde(borrow)]
    pub(super) tracking: Option<Tracking<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Publisher<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Str<'a>>,
}

#[derive(Default, Deserialize)]
pub(super) struct Tracking<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) current_release_date: Option<Str<'a>>,
}

#[derive(Default, Deserialize)]
pub(super) struct WireTree<'a> {
    #[serde(borrow, default)]
    pub(super) branches: List<Branch<'a>, { limits::VEX_PRODUCTS }>,
    #[serde(borrow, default)]
    pub(super) full_product_names: List<FullProductName<'a>, { limits::VEX_PRODUCTS }>,
    #[serde(borrow, default)]
    pub(super) relationships: List<Relationship<'a>, { limits::VEX_PRODUCTS }>,
    #[serde(borrow, default)]
    pub(super) product_groups: List<ProductGroup<'a>, { limits::VEX_PRODUCTS }>,
}

/// Nested as deep as the document is, which is bounded before anything is parsed.
#[derive(Deserialize)]
pub(super) struct Branch<'a> {
    #[serde(borrow)]
    pub(super) product: Option<FullProductName<'a>>,
    #[serde(borrow, default)]
    pub(super) branches: List<Branch<'a>, { limits::VEX_PRODUCTS }>,
}

#[derive(Deserialize)]
pub(super) struct FullProductName<'a> {
    #[serde(borrow)]
    pub(super) product_id: Option<Str<'a>>,
    #[serde(borrow, rename = "product_identification_helper")]
    pub(super) helper: Option<Helper<'a>>,
}

#[derive(Default, Deserialize)]
pub(super) struct Helper<'a> {
    #[serde(borrow)]
    pub(super) purl: Option<Str<'a>>,
    // Version 2.1's.
    #[serde(borrow, default)]
    pub(super) purls: List<Str<'a>, { limits::SCAN_ALIASES }>,
    #[serde(borrow)]
    pub(super) cpe: Option<Str<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Relationship<'a> {
    #[serde(borrow)]
    pub(super) full_product_name: Option<FullProductName<'a>>,
    #[serde(borrow, rename = "product_reference")]
    pub(super) part: Option<Str<'a>>,
    #[serde(borrow, rename = "relates_to_product_reference")]
    pub(super) whole: Option<Str<'a>>,
}

#[derive(Deserialize)]
pub(super) struct ProductGroup<'a> {
    #[serde(borrow)]
    pub(super) group_id: Option<Str<'a>>,
    #[serde(borrow, default)]
    pub(super) product_ids: Ids<'a>,
}

#[derive(Deserialize)]
pub(super) struct Vulnerability<'a> {
    #[serde(borrow)]
    pub(super) cve: Option<Str<'a>>,
    #[serde(borrow, default)]
    pub(super) ids: List<Id<'a>, { limits::SCAN_ALIASES }>,
    #[serde(borrow)]
    pub(super) product_status: Option<ProductStatus<'a>>,
    #[serde(borrow, default)]
    pub(super) flags: List<Reason<'a>, { limits::VEX_PRODUCTS }>,
    #[serde(borrow, default)]
    pub(super) threats: List<Reason<'a>, { limits::VEX_PRODUCTS }>,
}

#[derive(Deserialize)]
pub(super) struct Id<'a> {
    #[serde(borrow)]
    pub(super) text: Option<Str<'a>>,
}

#[derive(Default, Deserialize)]
pub(super) struct ProductStatus<'a> {
    #[serde(borrow, default)]
    pub(super) known_not_affected: Ids<'a>,
    #[serde(borrow, default)]
    pub(super) fixed: Ids<'a>,
    #[serde(borrow, default)]
    pub(super) first_fixed: Ids<'a>,
    #[serde(borrow, default)]
    pub(super) under_investigation: Ids<'a>,
    #[serde(borrow, default)]
    pub(super) known_affected: Ids<'a>,
    #[serde(borrow, default)]
    pub(super) first_affected: Ids<'a>,
    #[serde(borrow, default)]
    pub(super) last_affected: Ids<'a>,
}

/// A flag with its label, or a threat with its category and details.
#[derive(Deserialize)]
pub(super) struct Reason<'a> {
    #[serde(borrow)]
    pub(super) label: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) category: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) details: Option<Str<'a>>,
    #[serde(borrow, default)]
    pub(super) product_ids: Ids<'a>,
    #[serde(borrow, default)]
    pub(super) group_ids: Ids<'a>,
}
