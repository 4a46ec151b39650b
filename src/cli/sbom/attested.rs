//! SBOMs that are attested for images: which of them count, and what is missing.

use super::found::Found;
use super::sorted::{Sorted, covers};
use super::source::Sources;
use crate::cli::trust_flags::Trust;
use evidence::appraise::SignatureTrust;
use evidence::appraise::image_sboms::{ImageSboms, image_digests, image_sboms};
use evidence::appraise::sbom::lacking_in;
use evidence::collect::FetchedImage;
use evidence::collect::bundled::BundledImage;
use evidence::collect::look::says_platform;
use evidence::model::Signers;
use evidence::model::expectation::SbomFormat;
use evidence::model::policy::{ImageDemand, SbomDemand};
use evidence::oci::descriptor::Platform;
use evidence::oci::{Document, ImageRef, Layout};
use evidence::report::sbom::{Standing, TargetKind};
use evidence::sigstore::{Options, Roots};

const FORMATS: [SbomFormat; 2] = [SbomFormat::Spdx, SbomFormat::Cyclonedx];

/// The SBOMs of an image of a bundle, whoever signed them: added to what was found.
pub(super) fn of_bundle(sources: &Sources<'_>, image: &BundledImage, found: &mut Found) {
    let Some(digest) = image.digest else {
        found.refuse(
            "image-missing",
            format!(
                "{}: the bundle does not hold the image's manifest",
                image.id
            ),
        );
        return;
    };
    let roots = Roots::none();
    let options = Options {
        ignore_tlog: false,
        now: None,
    };
    let trust = SignatureTrust {
        roots: &roots,
        keys: &[],
        options: &options,
    };
    let sboms = image_sboms(&image.layout, &digest, &formats(sources), &trust);
    let demands = sources.demands_on(&image.id);
    if demands.is_empty() && sources.has_policy() {
        let note = format!("the policy demands no SBOM of the image {}", image.id);
        found.notes.push(note);
    }
    for demand in &demands {
        if !sboms
            .documents
            .iter()
            .any(|one| one.format == demand.format)
        {
            let message = format!("{}: no {} SBOM is in the bundle", image.id, demand.format);
            found.refuse("sbom-missing", message);
        }
    }
    let sorted = Sorted {
        sources,
        sboms: &sboms,
        signers: None,
        item: Some(&image.id),
        demands: &demands,
    };
    sorted.add_to(found);
}

/// The SBOMs of an image that were signed by whom was asked for.
pub(super) fn of_image(
    sources: &Sources<'_>,
    name: &str,
    reference: &ImageRef,
    image: &FetchedImage,
) -> Found {
    let mut found = Found::new(name, TargetKind::Image);
    found.image = Some(image.digest);
    found.digests = image_digests(&image.layout, &image.digest);
    // Images are never looked at without.
    let Some(trust) = &sources.trust else {
        return found;
    };
    found.unverified = sources.flags.unverified;
    let judge = SignatureTrust {
        roots: &trust.roots,
        keys: &trust.keys,
        options: &trust.options,
    };
    let mut signers = trust.signers.clone();
    let demands = match demanded(sources, trust, reference) {
        Ok(demands) => demands,
        Err(message) => {
            found.refuse("unlisted", message);
            return found;
        }
    };
    let by_policy = !demands.is_empty();
    if !by_policy && sources.has_policy() {
        let note = "the policy demands no such SBOM of this image";
        found.notes.push(note.into());
    }
    let formats = match by_policy {
        true => demands.iter().map(|one| one.format).collect(),
        false => formats(sources),
    };
    if by_policy && signers.is_empty() {
        let rules = demands.iter().flat_map(|one| one.signed_by.rules());
        signers = Signers::any_of(rules.cloned().collect());
    }
    let sboms = image_sboms(&image.layout, &image.digest, &formats, &judge);
    if let Some(wanted) = sources.flags.wanted()
        && let Err(message) = has_platform(&sboms, wanted, image)
    {
        found.refuse("platform", message);
        return found;
    }
    let is_anyone = sources.flags.unverified;
    let sorted = Sorted {
        sources,
        sboms: &sboms,
        signers: (!is_anyone).then_some(&signers),
        item: None,
        demands: &demands,
    };
    sorted.add_to(&mut found);
    let mut problems = Vec::new();
    if by_policy && !is_anyone {
        for demand in &demands {
            let demand = sorted.bare_demand(demand, trust);
            problems.extend(lacking_in(&image.layout, &image.digest, &demand, &judge));
        }
    } else if found.problems.is_empty() {
        problems.extend(sorted.uncovered(&found));
    }
    for problem in problems {
        if found.problems.contains(&problem) {
            continue;
        }
        match problem.code.as_str() {
            "sbom-root-unknown" if found.standing != Standing::Refused => {
                found.standing = Standing::Undetermined;
                found.problems.push(problem);
            }
            _ => found.refuse(&problem.code, problem.message),
        }
    }
    found
}

fn formats(sources: &Sources<'_>) -> Vec<SbomFormat> {
    match sources.flags.format {
        Some(format) => vec![format],
        None => FORMATS.to_vec(),
    }
}

/// What the policy demands of the image; nothing where there is no policy.
fn demanded(
    sources: &Sources<'_>,
    trust: &Trust,
    reference: &ImageRef,
) -> Result<Vec<SbomDemand>, String> {
    let Some(policy) = &trust.policy else {
        return Ok(Vec::new());
    };
    let repository = match reference {
        ImageRef::Registry(reference) => {
            Some(format!("{}/{}", reference.registry, reference.repository))
        }
        ImageRef::Layout { .. } => None,
    };
    let entry: Option<&ImageDemand> = match &sources.flags.policy_image {
        Some(name) => policy.images.get(name),
        None => policy
            .image_at(repository.as_deref())
            .map(|(_, entry)| entry),
    };
    let entry = entry.ok_or("the policy says nothing of this image, and so accepts nobody")?;
    let is_asked = |one: &&SbomDemand| {
        sources
            .flags
            .format
            .is_none_or(|format| format == one.format)
    };
    let demands: Vec<_> = entry.sboms.iter().filter(is_asked).cloned().collect();
    if demands.is_empty() && trust.signers.is_empty() && !sources.flags.unverified {
        return Err(
            "the policy demands no such SBOM of this image, and so accepts nobody's".into(),
        );
    }
    Ok(demands)
}

fn has_platform(sboms: &ImageSboms, wanted: &Platform, image: &FetchedImage) -> Result<(), String> {
    if sboms.platforms.is_empty() {
        let is_it = config(&image.layout, image).is_some_and(|bytes| says_platform(bytes, wanted));
        return match is_it {
            true => Ok(()),
            false => Err(format!("the image is not for {wanted}")),
        };
    }
    let names: Vec<_> = sboms
        .platforms
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    match names.iter().any(|name| covers(wanted, name)) {
        true => Ok(()),
        false => Err(format!(
            "no platform {wanted}; it lists {}",
            names.join(", ")
        )),
    }
}

fn config<'l>(layout: &'l Layout, image: &FetchedImage) -> Option<&'l [u8]> {
    let document = Document::parse(layout.blob(&image.digest)?).ok()?;
    match document {
        Document::Manifest(manifest) => layout.blob(&manifest.config.digest).map(AsRef::as_ref),
        Document::Index(_) => None,
    }
}
