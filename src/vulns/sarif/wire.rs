//! What is read of SARIF's objects.

use super::super::json::{List, Str};
use crate::model::limits;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
pub(super) struct Document<'a> {
    #[serde(borrow)]
    pub(super) version: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) runs: List<Run<'a>, { limits::SCAN_ALIASES }>,
}

#[derive(Deserialize)]
pub(super) struct Run<'a> {
    #[serde(borrow)]
    pub(super) tool: Option<WireTool<'a>>,
    #[serde(borrow)]
    pub(super) results: Option<List<WireResult<'a>, { limits::SCAN_MATCHES }>>,
    #[serde(borrow)]
    pub(super) properties: Option<Image<'a>>,
}

#[derive(Deserialize)]
pub(super) struct WireTool<'a> {
    #[serde(borrow)]
    pub(super) driver: Option<Driver<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Driver<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) version: Option<Str<'a>>,
    #[serde(borrow, rename = "semanticVersion")]
    pub(super) semantic_version: Option<Str<'a>>,
    #[serde(borrow, default)]
    pub(super) rules: List<WireRule<'a>, { limits::SCAN_MATCHES }>,
}

#[derive(Deserialize)]
pub(super) struct WireRule<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Str<'a>>,
    #[serde(borrow, default, rename = "deprecatedIds")]
    pub(super) deprecated_ids: List<Str<'a>, { limits::SCAN_ALIASES }>,
    #[serde(borrow, rename = "shortDescription")]
    pub(super) short: Option<Message<'a>>,
    #[serde(borrow, rename = "defaultConfiguration")]
    pub(super) configuration: Option<Configuration<'a>>,
    #[serde(borrow)]
    pub(super) properties: Option<Properties<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub(super) text: Option<Str<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Configuration<'a> {
    #[serde(borrow)]
    pub(super) level: Option<Str<'a>>,
}

#[derive(Default, Deserialize)]
pub(super) struct Properties<'a> {
    #[serde(borrow, rename = "security-severity")]
    pub(super) score: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) tags: List<Str<'a>, { limits::SCAN_ALIASES }>,
    #[serde(borrow, default)]
    pub(super) purls: List<Str<'a>, { limits::SCAN_ALIASES }>,
}

#[derive(Deserialize)]
pub(super) struct WireResult<'a> {
    #[serde(borrow, rename = "ruleId")]
    pub(super) rule_id: Option<Str<'a>>,
    #[serde(rename = "ruleIndex")]
    pub(super) rule_index: Option<usize>,
    #[serde(borrow)]
    pub(super) level: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) kind: Option<Str<'a>>,
    #[serde(borrow, rename = "baselineState")]
    pub(super) baseline_state: Option<Str<'a>>,
    #[serde(borrow, default)]
    pub(super) suppressions: List<WireSuppression<'a>, { limits::SCAN_ALIASES }>,
}

#[derive(Deserialize)]
pub(super) struct WireSuppression<'a> {
    #[serde(borrow)]
    pub(super) kind: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) status: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) justification: Option<Str<'a>>,
}

#[derive(Default, Deserialize)]
pub(super) struct Image<'a> {
    #[serde(borrow, rename = "imageName")]
    pub(super) image_name: Option<Str<'a>>,
    #[serde(borrow, rename = "imageID")]
    pub(super) image_id: Option<Str<'a>>,
    #[serde(borrow, default, rename = "repoDigests")]
    pub(super) repo_digests: List<Str<'a>, { limits::SCAN_ALIASES }>,
}
