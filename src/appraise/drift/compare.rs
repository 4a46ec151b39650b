//! Two sides, platform by platform: which documents are compared, and what moved between them.

use super::super::attested::{self, Attested, AttestedSbom, SpeaksFor};
use super::super::signatures::{ObjectFact, Outcome, SignatureTrust};
use super::super::{Signed, Vouched};
use crate::model::expectation::SbomFormat;
use crate::model::{Coverage, Digest, DriftExpectation, Problem, Signers};
use crate::oci::Layout;
use crate::sbom::document::Sbom;
use crate::sbom::drift::{self, Drift};
use crate::sbom::from_statement;
use crate::sigstore::{Content, Judgement};
use serde::Serialize;
use std::collections::BTreeSet;

/// One platform's SBOM of now beside the one before.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ComparisonFact {
    /// None for one that speaks for the whole image.
    platform: Option<String>,
    outcome: Outcome,
    /// The attestation of now; none when the platform is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    now: Option<ObjectFact>,
    /// The attestation before; none when the platform is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<ObjectFact>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) drift: Option<Drift>,
}

/// What one document says of when it was made, to choose among several.
pub(super) type Created = String;

pub(super) fn documents(
    layout: &Layout,
    image: Option<Digest>,
    format: SbomFormat,
    signed_by: &Signers,
    trust: &SignatureTrust<'_>,
) -> Attested<Created> {
    let keys = trust.keys_with(signed_by);
    // Each platform is compared by itself where a document says which one it is about.
    let coverage = Coverage::default();
    attested::find(
        layout,
        image,
        format,
        &coverage,
        (&keys, trust),
        &|_, document| document.created.clone().unwrap_or_default().into_owned(),
    )
}

/// The documents of one side.
pub(super) struct Side<'a> {
    found: &'a Attested<Created>,
    signed_by: &'a Signers,
}

/// The document that stands for a platform on one side.
enum Chosen<'a> {
    One(&'a AttestedSbom<Created>),
    /// Nobody attested any.
    Absent,
    /// None by somebody who is asked for; whether one was made under a root that is not known here.
    Unaccepted {
        is_root_unknown: bool,
    },
}

impl<'a> Side<'a> {
    pub(super) fn of(found: &'a Attested<Created>, signed_by: &'a Signers) -> Self {
        Self { found, signed_by }
    }

    /// What a document is about: a platform's name, or the whole image.
    fn place(&self, one: &AttestedSbom<Created>) -> Option<Option<String>> {
        match one.speaks_for {
            SpeaksFor::Whole | SpeaksFor::NoPlatform => Some(None),
            SpeaksFor::Platform(at) => {
                let platform = self.found.platforms.get(at)?;
                Some(Some(platform.name.clone()))
            }
            SpeaksFor::Other | SpeaksFor::Nothing => None,
        }
    }

    fn places(&self) -> BTreeSet<Option<String>> {
        let documents = self.found.documents.iter();
        documents.filter_map(|one| self.place(one)).collect()
    }

    /// Of several accepted ones the one that was signed last, else made last.
    fn choose(&self, place: &Option<String>) -> Chosen<'a> {
        let documents = self.found.documents.iter();
        let here: Vec<_> = documents
            .filter(|one| self.place(one).as_ref() == Some(place))
            .collect();
        let accepted = here.iter().filter(|one| {
            (one.object.judgement.valid()).is_some_and(|signature| self.signed_by.accept(signature))
        });
        let latest = accepted.max_by_key(|one| {
            let fact = ObjectFact::of(&one.object);
            let created = one.reading.as_ref().ok();
            (fact.signed_at, created.cloned(), one.object.source)
        });
        let is_unknown =
            |one: &&&AttestedSbom<_>| matches!(one.object.judgement, Judgement::UnknownRoot(_));
        match latest {
            Some(one) => Chosen::One(one),
            None if here.is_empty() => Chosen::Absent,
            None => Chosen::Unaccepted {
                is_root_unknown: here.iter().any(|one| is_unknown(&one)),
            },
        }
    }
}

pub(super) struct Pairs<'a> {
    pub(super) now: Side<'a>,
    pub(super) before: Side<'a>,
}

impl Pairs<'_> {
    pub(super) fn compare(
        &self,
        wanted: &DriftExpectation,
        signed: &mut Signed,
        problems: &mut Vec<Problem>,
    ) -> Vec<ComparisonFact> {
        let (now, before) = (self.now.places(), self.before.places());
        if now.is_empty() {
            let message = format!("no {} document of the image can be read", wanted.format);
            problems.push(Problem::new("drift-sbom", message));
        }
        if before.is_empty() {
            let message = format!(
                "the bundle before has no readable {} document of the image",
                wanted.format
            );
            problems.push(Problem::new("drift-sbom-before", message));
        }
        if now.is_empty() || before.is_empty() {
            return Vec::new();
        }
        let mut places: BTreeSet<_> = now.union(&before).cloned().collect();
        if places.len() > 1 {
            // One that speaks for the whole stands for each platform, where the other side tells them apart.
            places.remove(&None);
        }
        let places = places.into_iter().map(|place| {
            let new = self
                .now
                .choose(if now.contains(&place) { &place } else { &None });
            let old = (self.before).choose(if before.contains(&place) {
                &place
            } else {
                &None
            });
            (place, new, old)
        });
        places
            .map(|(place, new, old)| compare(place, &new, &old, wanted, signed, problems))
            .collect()
    }
}

fn compare(
    platform: Option<String>,
    now: &Chosen<'_>,
    before: &Chosen<'_>,
    wanted: &DriftExpectation,
    signed: &mut Signed,
    problems: &mut Vec<Problem>,
) -> ComparisonFact {
    let place = platform.as_ref().map(|name| format!("{name}: "));
    let place = place.unwrap_or_default();
    let mut outcome = Outcome::Valid;
    let sides = [
        (now, "drift-sbom", "the image", &wanted.signed_by),
        (
            before,
            "drift-sbom-before",
            "the bundle before",
            &wanted.previous_signed_by,
        ),
    ];
    for (chosen, code, whose, asked) in sides {
        match chosen {
            Chosen::Unaccepted {
                is_root_unknown: true,
            } => {
                outcome = Outcome::UnknownRoot;
                let message = format!(
                    "{place}the SBOM of {whose} was made under a root that is not known here"
                );
                problems.push(Problem::new("drift-root-unknown", message));
            }
            Chosen::Unaccepted { .. } => {
                // A root that is lacking on one side leaves the whole open.
                if outcome == Outcome::Valid {
                    outcome = Outcome::Invalid;
                }
                let message = format!(
                    "{place}no SBOM of {whose} is signed by {}",
                    asked
                        .rules()
                        .map(ToString::to_string)
                        .collect::<Vec<_>>()
                        .join(" or ")
                );
                problems.push(Problem::new(code, message));
            }
            Chosen::One(_) | Chosen::Absent => {}
        }
    }
    let mut fact = ComparisonFact {
        platform,
        outcome,
        now: None,
        before: None,
        drift: None,
    };
    if outcome != Outcome::Valid {
        return fact;
    }
    let (new, old) = (now.statement(), before.statement());
    let compared = with_document(old, wanted.format, |old| {
        with_document(new, wanted.format, |new| drift::drift(old, new))
    });
    // A document that was read once is read again: the same bytes, so nothing is left to fail.
    let Some(drift) = compared.flatten() else {
        problems.push(Problem::new(
            "drift-sbom",
            format!("{place}the documents cannot be read"),
        ));
        return fact;
    };
    for problem in drift::judge(&drift, &wanted.limits) {
        problems.push(Problem::new(
            problem.code,
            format!("{place}{}", problem.message),
        ));
    }
    for chosen in [now, before] {
        if let Chosen::One(one) = chosen {
            signed
                .platforms
                .push(Vouched::of(&one.object).into_iter().collect());
        }
    }
    fact.now = now.fact();
    fact.before = before.fact();
    fact.drift = Some(drift);
    fact
}

impl Chosen<'_> {
    fn statement(&self) -> Option<&[u8]> {
        match self {
            Self::One(one) => match &one.object.content {
                Content::Attestation { statement, .. } => Some(statement),
                _ => None,
            },
            _ => None,
        }
    }

    fn fact(&self) -> Option<ObjectFact> {
        match self {
            Self::One(one) => Some(ObjectFact::of(&one.object)),
            _ => None,
        }
    }
}

/// Reads the document of a statement; that of none is empty, so that all of the other side is new or gone.
fn with_document<T>(
    statement: Option<&[u8]>,
    format: SbomFormat,
    read: impl FnOnce(&Sbom<'_>) -> T,
) -> Option<T> {
    let Some(statement) = statement else {
        return Some(read(&Sbom::empty(format)));
    };
    let embedded = from_statement(statement).ok()?;
    let document = embedded.parse().ok()?;
    Some(read(&document))
}
