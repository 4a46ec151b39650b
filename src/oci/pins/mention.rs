//! One image reference where it stands.

use super::classify::classify;
use super::edit::{Edit, Fix};
use super::error::FindError;
use crate::model::Digest;
use crate::oci::Reference;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

/// An image reference in a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mention {
    /// The reference as written; put together where the file holds it in parts.
    pub text: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The bytes of the reference, or of the part of it that says which image of the repository is meant.
    pub span: Range<usize>,
    /// What it is there for.
    pub place: Place,
    /// Whether it says by digest which image is meant.
    pub state: State,
    /// The image that is meant, where that is known: with the defaults of a Dockerfile's `ARG` filled in.
    pub reference: Option<Reference>,
    /// How the digest gets into the file.
    pub fix: Fix,
}

/// What a reference is there for.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Place {
    /// An image in a Kubernetes object: of a container, a step, a custom resource.
    Kubernetes,
    /// An image that is mounted as a volume.
    ImageVolume,
    /// `images:` of a kustomization.
    Kustomization,
    /// Helm values.
    Values,
    /// A line of a Helm template that is not rendered.
    Template,
    /// A service of a compose file.
    Compose,
    /// `FROM` of a Dockerfile.
    From,
    /// `COPY --from=`.
    CopyFrom,
    /// `RUN --mount=from=`.
    MountFrom,
    /// `# syntax=` of a Dockerfile.
    Syntax,
    /// A GitHub workflow or action.
    Workflow,
}

/// Whether a reference says by digest which image is meant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum State {
    /// `@sha256:` and 64 hex digits, with or without a tag before.
    Pinned {
        /// The digest.
        digest: Digest,
    },
    /// A tag, or none, which is `latest`.
    Tag,
    /// No reference, or a digest that is none.
    Invalid {
        /// Why.
        reason: String,
    },
    /// Not known from this file alone.
    Unresolvable(Unknown),
}

/// What decides which image is meant.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Unknown {
    /// `{{ … }}`.
    Template,
    /// `${…}`, `$(…)` or `$NAME`.
    Variable,
    /// The tag is empty: the chart decides.
    ChartDefault,
    /// A kustomization that gives another name and no tag: the manifests decide.
    BaseManifest,
}

impl Unknown {
    /// What decides and what to do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Template => {
                "filled in by a template: render it first (helm template) and check what comes out"
            }
            Self::Variable => "filled in by a variable: whoever sets it decides which image it is",
            Self::ChartDefault => {
                "the tag is left to the chart: render it first (helm template), or set tag and digest"
            }
            Self::BaseManifest => "the tag is left to the base's manifests: give newTag or digest",
        }
    }
}

impl Mention {
    /// Whether it names an image by digest.
    pub fn is_pinned(&self) -> bool {
        matches!(self.state, State::Pinned { .. })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kubernetes => "kubernetes",
            Self::ImageVolume => "image-volume",
            Self::Kustomization => "kustomization",
            Self::Values => "values",
            Self::Template => "template",
            Self::Compose => "compose",
            Self::From => "from",
            Self::CopyFrom => "copy-from",
            Self::MountFrom => "mount-from",
            Self::Syntax => "syntax",
            Self::Workflow => "workflow",
        })
    }
}

/// A reference and where it stands, before it is judged.
pub(super) struct Spot {
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) span: Range<usize>,
    pub(super) place: Place,
}

/// The references of a file: each byte range once, and not too many.
pub(super) struct Mentions {
    /// By where they begin and end.
    found: BTreeMap<(usize, usize, String), Mention>,
    limit: usize,
    full: bool,
}

impl Mentions {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            found: BTreeMap::new(),
            limit,
            full: false,
        }
    }

    /// Adds a reference whose text stands in the file as it is at `spot.span`, or nowhere in whole when `fix` says so.
    pub(super) fn add(&mut self, text: &str, spot: Spot, fix: Fix) {
        let (state, reference) = classify(text);
        self.add_judged(text, spot, state, reference, fix);
    }

    /// Adds a reference that something beyond its text decides.
    pub(super) fn add_judged(
        &mut self,
        text: &str,
        spot: Spot,
        state: State,
        reference: Option<Reference>,
        fix: Fix,
    ) {
        if self.found.len() >= self.limit {
            self.full = true;
            return;
        }
        let fix = match (&state, fix) {
            (State::Pinned { .. }, _) => Fix::No("it is pinned"),
            (State::Invalid { .. }, _) => Fix::No("what is meant is not known"),
            (State::Unresolvable(_), Fix::Edit(_)) => Fix::No("something else fills it in"),
            (_, fix) => fix,
        };
        let key = (spot.span.start, spot.span.end, text.to_owned());
        self.found.entry(key).or_insert(Mention {
            text: text.into(),
            line: spot.line,
            column: spot.column,
            span: spot.span,
            place: spot.place,
            state,
            reference,
            fix,
        });
    }

    /// The edit that writes the digest behind a reference that stands at these bytes.
    pub(super) fn behind(span: &Range<usize>) -> Fix {
        Fix::Edit(Edit::behind(span.end))
    }

    pub(super) fn finish(self) -> Result<Vec<Mention>, FindError> {
        if self.full {
            return Err(FindError::TooMany {
                limit: self.limit,
                what: "image references",
            });
        }
        Ok(self.found.into_values().collect())
    }
}
