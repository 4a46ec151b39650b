//! "This SBOM is attested for this image": bound to the image's digest or to each of its platforms', about no other
//! image, and as good as it must be.

use super::attested::{self, Attested, AttestedSbom, SpeaksFor, is_waived};
use super::image::{ImageRequest, layout_of};
use super::signatures::{ObjectFact, SignatureTrust, why_unmet};
use super::{Appraised, Claim, Signed};
use crate::model::expectation::SbomFormat;
use crate::model::policy::SbomDemand;
use crate::model::{Capture, Digest, LicenseDemand, Problem, SbomChecks, Signers, Status, limits};
use crate::oci::Layout;
use crate::sbom::binding::{self, Agreement};
use crate::sbom::document::Sbom;
use crate::sbom::licenses::{self, LicenseReport, LicenseRules};
use crate::sbom::quality::{self, Quality};
use crate::sbom::{EmbeddedSbom, from_statement, strict_spdx};
use crate::sigstore::{Key, Signature};
use serde::Serialize;

/// An appraised SBOM, and who attested it.
#[derive(Clone, Debug)]
pub struct AppraisedSbom {
    /// The claim.
    pub appraised: Appraised,
    /// Valid signatures over documents that can be read, by what they speak for.
    pub signed: Signed,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Facts {
    image: Option<Digest>,
    format: SbomFormat,
    documents: Vec<DocumentFact>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DocumentFact {
    bound_to: Digest,
    platform: Option<String>,
    #[serde(flatten)]
    object: ObjectFact,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Described>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<Problem>,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    version: String,
    name: Option<String>,
    packages: usize,
    /// Whether the strict reader takes it too (SPDX 2.x only).
    strict: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<Quality>,
    #[serde(skip_serializing_if = "Option::is_none")]
    licenses: Option<LicenseReport>,
    /// What of it breaks a demand; part of the claim's problems when the document counts.
    #[serde(skip)]
    problems: Vec<Problem>,
}

/// Judges every attestation of that format on the captured image and its platforms.
pub fn sbom(
    capture: &Capture,
    format: SbomFormat,
    signed_by: &Signers,
    checks: &SbomChecks,
    trust: &SignatureTrust<'_>,
) -> AppraisedSbom {
    let (layout, image) = image_of(capture);
    let keys = trust.keys_with(signed_by);
    let found = find(&layout, image, format, checks, &keys, trust);
    let signed = found.signed(&checks.coverage);
    let problems = problems(format, signed_by, checks, &found, &signed);
    let unknown = problems
        .iter()
        .any(|problem| problem.code == "sbom-root-unknown");
    let met = if unknown {
        None
    } else {
        Some(problems.is_empty())
    };
    let status = match (signed.meets(signed_by, None), found.documents.is_empty()) {
        (true, _) => Status::Verified,
        (_, true) => Status::Missing,
        _ => Status::Recorded,
    };
    let packages: usize = (found.documents.iter())
        .filter_map(|document| document.reading.as_ref().ok())
        .map(|document| document.packages)
        .sum();
    let summary = match problems.first() {
        Some(problem) => problem.message.clone(),
        None => {
            let count = found.documents.len();
            let mut text = format!("{count} {format} document(s), {packages} packages");
            let documents = found
                .documents
                .iter()
                .filter_map(|one| one.reading.as_ref().ok());
            // The least complete one counts.
            let shares = documents.clone().filter_map(|one| one.quality.as_ref());
            if let Some(least) = shares.min_by_key(|quality| quality.score.percent()) {
                let share = least.score.percent();
                text.push_str(&format!("; {share} % of {}", least.profile));
            }
            let loose = documents.filter(|one| one.strict == Some(false)).count();
            if loose > 0 {
                text.push_str(&format!("; {loose} not strictly SPDX"));
            }
            text
        }
    };
    let facts = Facts {
        image,
        format,
        documents: found.documents.into_iter().map(fact).collect(),
    };
    let claim = Claim::new(status, met, facts, problems);
    AppraisedSbom {
        appraised: Appraised::new(claim, summary),
        signed,
    }
}

/// What a captured image's SBOM lacks by a policy's demand; empty when it is met.
pub fn lacking(capture: &Capture, demand: &SbomDemand, trust: &SignatureTrust<'_>) -> Vec<Problem> {
    match image_of(capture) {
        (layout, Some(image)) => lacking_in(&layout, &image, demand, trust),
        // Said already, by the claim.
        (_, None) => Vec::new(),
    }
}

/// The first thing that stands against an attested SBOM of an image, whoever signed it: that it cannot be read, is of
/// another image, or breaks a demand. Which platforms are covered is not asked.
pub fn objection(
    statement: &[u8],
    image: &Digest,
    layout: &Layout,
    checks: &SbomChecks,
) -> Option<Problem> {
    let described = from_statement(statement).and_then(|embedded| {
        let document = embedded.parse()?;
        let names = attested::names_of(layout, image);
        let agreement = binding::agrees(&binding::named(&document), *image, &names);
        Ok((agreement, describe(&embedded, &document, checks)))
    });
    match described {
        Err(error) => Some(Problem::new("sbom-unreadable", error.to_string())),
        Ok((Agreement::Other { found }, _)) => {
            let named: Vec<String> = found.iter().map(ToString::to_string).collect();
            let message = format!("the document names another image, {}", named.join(", "));
            Some(Problem::new("sbom-other-image", message))
        }
        Ok((_, described)) => described.problems.into_iter().next(),
    }
}

fn image_of(capture: &Capture) -> (Layout, Option<Digest>) {
    let layout = layout_of(capture);
    let request: Option<ImageRequest> = serde_json::from_value(capture.request.clone()).ok();
    let image = request
        .map(|request| request.digest)
        .filter(|digest| layout.blob(digest).is_some());
    (layout, image)
}

/// What the image, whose layout is at hand, lacks by a policy's demand; empty when it is met.
///
/// `keys` of `trust` are all that may have signed.
pub fn lacking_in(
    layout: &Layout,
    image: &Digest,
    demand: &SbomDemand,
    trust: &SignatureTrust<'_>,
) -> Vec<Problem> {
    let checks = &demand.checks;
    let found = find(
        layout,
        Some(*image),
        demand.format,
        checks,
        trust.keys,
        trust,
    );
    let signed = found.signed(&checks.coverage);
    problems(demand.format, &demand.signed_by, checks, &found, &signed)
}

fn find(
    layout: &Layout,
    image: Option<Digest>,
    format: SbomFormat,
    checks: &SbomChecks,
    keys: &[Key],
    trust: &SignatureTrust<'_>,
) -> Attested<Described> {
    attested::find(
        layout,
        image,
        format,
        &checks.coverage,
        (keys, trust),
        &|embedded, document| describe(embedded, document, checks),
    )
}

fn describe(embedded: &EmbeddedSbom<'_>, document: &Sbom<'_>, checks: &SbomChecks) -> Described {
    let is_spdx2 = document.format == SbomFormat::Spdx && document.version.starts_with('2');
    let mut problems = Vec::new();
    let quality = checks.quality.as_ref().map(|demand| {
        let quality = quality::quality(document, demand.profile);
        problems.extend(quality::judge(&quality, demand));
        quality
    });
    let licenses = checks.licenses.as_ref().map(|rules| {
        let (report, against) = licenses(document, rules);
        problems.extend(against);
        report
    });
    Described {
        version: document.version.clone().into_owned(),
        name: document.name.as_deref().map(Into::into),
        packages: document.listed().count(),
        strict: is_spdx2.then(|| strict_spdx(&embedded.document).is_ok()),
        quality,
        licenses,
        problems,
    }
}

/// Lists that cannot be read allow nothing; a configuration that is planned has none.
fn licenses(document: &Sbom<'_>, demand: &LicenseDemand) -> (LicenseReport, Vec<Problem>) {
    match LicenseRules::of(demand) {
        Ok(rules) => {
            let report = licenses::licenses(document, &rules);
            let problems = licenses::judge(&report, &rules);
            (report, problems)
        }
        Err(error) => {
            let report = licenses::licenses(document, &LicenseRules::default());
            (
                report,
                vec![Problem::new("license-rules", error.to_string())],
            )
        }
    }
}

fn fact(one: AttestedSbom<Described>) -> DocumentFact {
    let (document, unreadable) = match one.reading {
        Ok(document) => (Some(document), None),
        Err(problem) => (None, Some(problem)),
    };
    DocumentFact {
        bound_to: one.bound_to,
        platform: one.platform,
        object: ObjectFact::of(&one.object),
        document,
        unreadable,
    }
}

/// All that stands against the demand: who signed first, then what the documents of those who count say.
fn problems(
    format: SbomFormat,
    signed_by: &Signers,
    checks: &SbomChecks,
    found: &Attested<Described>,
    signed: &Signed,
) -> Vec<Problem> {
    let counts = |one: &&AttestedSbom<Described>| {
        (one.object.judgement.valid()).is_some_and(|signature| signed_by.accept(signature))
    };
    let mut problems = Vec::new();
    let accepted: Vec<_> = found.documents.iter().filter(counts).collect();
    for one in &accepted {
        if let (SpeaksFor::Other, Some(named)) = (one.speaks_for, one.names) {
            let message = format!(
                "the {format} document that is attested for {} names another image, {named}",
                one.bound_to
            );
            problems.push(Problem::new("sbom-other-image", message));
        }
    }
    if problems.is_empty() && !signed.meets(signed_by, None) {
        problems.push(why_not(format, signed_by, checks, found, signed));
    }
    for one in accepted {
        let Ok(document) = &one.reading else { continue };
        let place = one.platform.as_deref().map(|name| format!("{name}: "));
        problems.extend(document.problems.iter().map(|problem| {
            let message = format!(
                "{}{}",
                place.as_deref().unwrap_or_default(),
                problem.message
            );
            Problem::new(problem.code.clone(), message)
        }));
    }
    problems
}

fn why_not(
    format: SbomFormat,
    signed_by: &Signers,
    checks: &SbomChecks,
    found: &Attested<Described>,
    signed: &Signed,
) -> Problem {
    if found.documents.is_empty() {
        return Problem::new(
            "sbom-missing",
            format!("no {format} attestation found for the image"),
        );
    }
    let mut unreadable = found
        .documents
        .iter()
        .filter_map(|one| one.reading.as_ref().err());
    if let Some(problem) = unreadable.next() {
        return problem.clone();
    }
    let objects = found.documents.iter().map(|one| &one.object);
    let valid: Vec<&Signature> = (objects.clone())
        .filter_map(|object| object.judgement.valid())
        .collect();
    let unmet = signed_by.unmet(&valid);
    // Somebody asked for is there for one part of the image, and not for the others.
    if !signed_by.is_empty() && unmet.is_empty() {
        return Problem::new(
            "sbom-platform",
            bare(format, signed_by, checks, found, signed),
        );
    }
    why_unmet("sbom", signed_by, &unmet, objects)
}

/// Which platforms nothing speaks for.
fn bare(
    format: SbomFormat,
    signed_by: &Signers,
    checks: &SbomChecks,
    found: &Attested<Described>,
    signed: &Signed,
) -> String {
    let platforms = found.platforms.iter();
    let names = platforms
        .map(|platform| platform.name.as_str())
        .filter(|name| !is_waived(&checks.coverage, name));
    let bare: Vec<&str> = names
        .zip(&signed.platforms)
        .filter(|(_, own)| {
            let alone = Signed {
                whole: signed.whole.iter().chain(*own).cloned().collect(),
                platforms: Vec::new(),
            };
            !alone.meets(signed_by, None)
        })
        .map(|(name, _)| name)
        .collect();
    let mut message = match found.has_too_many {
        true => format!("the index has more than {} platforms", limits::PLATFORMS),
        false => format!("no accepted {format} attestation for {}", bare.join(", ")),
    };
    let is_index_only = |one: &AttestedSbom<_>| one.speaks_for == SpeaksFor::NoPlatform;
    if found.documents.iter().any(is_index_only) {
        message.push_str("; the one for the index names no platform");
    }
    message
}
