//! SBOMs that are attested for an image or for one of its platforms, and what each of them speaks for.

use super::image::{children, platform_of};
use super::signatures::SignatureTrust;
use super::{Signed, Vouched};
use crate::model::expectation::SbomFormat;
use crate::model::{Coverage, Digest, Problem, limits};
use crate::oci::{self, Layout};
use crate::sbom::binding::{self, Agreement};
use crate::sbom::document::Sbom;
use crate::sbom::{self, EmbeddedSbom};
use crate::sigstore::{Content, Key, Object, judge_image};

/// What is attested for an image in one format. `T` is what the caller reads from each document.
pub(in crate::appraise) struct Attested<T> {
    /// The platforms of an index; none of a single image.
    pub(in crate::appraise) platforms: Vec<Platform>,
    /// Whether the index has more platforms than are looked at.
    pub(in crate::appraise) has_too_many: bool,
    pub(in crate::appraise) documents: Vec<AttestedSbom<T>>,
}

/// One platform of an index.
pub(in crate::appraise) struct Platform {
    pub(in crate::appraise) name: String,
    pub(in crate::appraise) digest: Digest,
    /// Digests of its manifest and configuration: by either a document may call it.
    own: Vec<Digest>,
}

/// One attestation.
pub(in crate::appraise) struct AttestedSbom<T> {
    /// What it is attested for.
    pub(in crate::appraise) bound_to: Digest,
    /// The platform that this is.
    pub(in crate::appraise) platform: Option<String>,
    pub(in crate::appraise) object: Object,
    /// The image that the document itself names.
    pub(in crate::appraise) names: Option<Digest>,
    pub(in crate::appraise) speaks_for: SpeaksFor,
    pub(in crate::appraise) reading: Result<T, Problem>,
}

/// What a document speaks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SpeaksFor {
    /// The image with all its platforms.
    Whole,
    /// The platform at that place in the list of the image's platforms.
    Platform(usize),
    /// It is attested for an index of several platforms and names none of them.
    NoPlatform,
    /// It names another image.
    Other,
    /// It cannot be read.
    Nothing,
}

/// Finds and reads every attestation of that format on the image and its platforms.
pub(in crate::appraise) fn find<T>(
    layout: &Layout,
    image: Option<Digest>,
    format: SbomFormat,
    coverage: &Coverage,
    (keys, trust): (&[Key], &SignatureTrust<'_>),
    read: &dyn Fn(&EmbeddedSbom<'_>, &Sbom<'_>) -> T,
) -> Attested<T> {
    let mut found = Attested {
        platforms: Vec::new(),
        has_too_many: false,
        documents: Vec::new(),
    };
    let Some(image) = image else { return found };
    (found.platforms, found.has_too_many) = platforms(layout, &image);
    let is_split = found.has_too_many || found.platforms.len() > 1;
    let whole: Vec<Digest> = (own(layout, &image).into_iter())
        .chain(
            found
                .platforms
                .iter()
                .flat_map(|platform| platform.own.clone()),
        )
        .collect();
    let mut bounds = vec![(None, image)];
    let listed = found.platforms.iter().enumerate();
    bounds.extend(listed.map(|(at, platform)| (Some(at), platform.digest)));
    for (at, bound_to) in bounds {
        let platform = at.and_then(|at| found.platforms.get(at));
        for object in judge_image(&bound_to, layout, trust.roots, keys, trust.options) {
            let Content::Attestation {
                predicate_type,
                statement,
                ..
            } = &object.content
            else {
                continue;
            };
            if sbom::statement::format_of(predicate_type) != Some(format) {
                continue;
            }
            let also: Vec<Digest> = match platform {
                Some(platform) => platform.own.iter().chain([&image]).copied().collect(),
                None => whole.clone(),
            };
            let mut names = None;
            let mut speaks_for = SpeaksFor::Nothing;
            let reading = sbom::from_statement(statement).and_then(|embedded| {
                let document = embedded.parse()?;
                let agreement = binding::agrees(&binding::named(&document), bound_to, &also);
                (names, speaks_for) = match agreement {
                    Agreement::Other { found } => (found.first().copied(), SpeaksFor::Other),
                    Agreement::Names { digest } => {
                        let named = (found.platforms.iter())
                            .position(|platform| platform.own.contains(&digest));
                        (Some(digest), speaks(at, named, coverage, is_split))
                    }
                    Agreement::Silent => (None, speaks(at, None, coverage, is_split)),
                };
                Ok(read(&embedded, &document))
            });
            let reading =
                reading.map_err(|error| Problem::new("sbom-unreadable", error.to_string()));
            found.documents.push(AttestedSbom {
                bound_to,
                platform: platform.map(|platform| platform.name.clone()),
                object,
                names,
                speaks_for,
                reading,
            });
        }
    }
    found
}

fn speaks(
    bound: Option<usize>,
    named: Option<usize>,
    coverage: &Coverage,
    is_split: bool,
) -> SpeaksFor {
    match (bound, named) {
        (Some(platform), _) => SpeaksFor::Platform(platform),
        _ if !is_split || *coverage == Coverage::Index => SpeaksFor::Whole,
        (None, Some(platform)) => SpeaksFor::Platform(platform),
        (None, None) => SpeaksFor::NoPlatform,
    }
}

impl<T> Attested<T> {
    /// Who validly signed documents that can be read, by what these speak for; waived platforms are left out.
    pub(in crate::appraise) fn signed(&self, coverage: &Coverage) -> Signed {
        let by = |wanted: SpeaksFor| {
            let documents = self.documents.iter();
            let speaking = documents.filter(move |one| one.speaks_for == wanted);
            speaking
                .filter_map(|one| Vouched::of(&one.object))
                .collect()
        };
        let platforms = self.platforms.iter().enumerate();
        Signed {
            whole: by(SpeaksFor::Whole),
            platforms: platforms
                .filter(|(_, platform)| !is_waived(coverage, &platform.name))
                .map(|(at, _)| by(SpeaksFor::Platform(at)))
                .collect(),
        }
    }
}

/// The digests by which an SBOM of the image may call it, or one of its platforms where it is an index.
pub(in crate::appraise) fn names_of(layout: &Layout, image: &Digest) -> Vec<Digest> {
    let children = children(layout, image);
    let of_children = children.iter().flat_map(|child| own(layout, &child.digest));
    own(layout, image).into_iter().chain(of_children).collect()
}

/// Whether the platform needs no SBOM of its own.
pub(in crate::appraise) fn is_waived(coverage: &Coverage, platform: &str) -> bool {
    match coverage {
        Coverage::Index => false,
        Coverage::Platforms { waived } => waived.iter().any(|name| name == platform),
    }
}

/// The platforms of an index; none, and true, of more than are looked at, whose attachments are not even captured.
fn platforms(layout: &Layout, image: &Digest) -> (Vec<Platform>, bool) {
    let children = children(layout, image);
    if children.len() > limits::PLATFORMS {
        return (Vec::new(), true);
    }
    let platform = |child: &oci::Descriptor| Platform {
        name: platform_of(child),
        digest: child.digest,
        own: own(layout, &child.digest),
    };
    (children.iter().map(platform).collect(), false)
}

/// The digests by which a document may call the image.
fn own(layout: &Layout, digest: &Digest) -> Vec<Digest> {
    let mut own = vec![*digest];
    let document = layout.blob(digest).map(|bytes| oci::Document::parse(bytes));
    if let Some(Ok(oci::Document::Manifest(manifest))) = document {
        own.push(manifest.config.digest);
    }
    own
}
