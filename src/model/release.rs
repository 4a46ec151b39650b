//! What was released.

use serde::{Deserialize, Serialize};

/// The release that a bundle is about.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Release {
    /// Host and path of the repository, such as `github.com/intelgraph/maestro`.
    pub repository: String,
    /// The tag's name, without `refs/tags/`.
    pub tag: String,
    /// Object id of the annotated tag, 40 hex digits (64 in a SHA-256 repository); none for a lightweight tag.
    pub tag_object: Option<String>,
    /// Object id of the commit.
    pub commit: String,
    /// The version that is released.
    pub version: String,
    /// The previous release's tag.
    pub previous: Option<String>,
}
