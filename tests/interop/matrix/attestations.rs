//! Attestations of both cosigns: each predicate type, and defects.

use super::case::Answer::{Accepted, Refused};
use super::case::Case;
use super::good::repository;
use super::materials::{decode, encode, flip, replace};
use super::sign::Style;
use super::specimen::{Attached, Image, Specimen};
use crate::running::stack_file;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// cosign's name of a predicate type, ours, and a predicate of it.
const TYPES: [(&str, &str, &str); 4] = [
    (
        "spdxjson",
        "spdx",
        r#"{"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT"}"#,
    ),
    (
        "cyclonedx",
        "cyclonedx",
        r#"{"bomFormat": "CycloneDX", "specVersion": "1.6"}"#,
    ),
    (
        "slsaprovenance1",
        "slsaprovenance1",
        r#"{"buildDefinition": {"buildType": "https://evidence.test/build/v1", "externalParameters": {}},
            "runDetails": {"builder": {"id": "https://evidence.test/builder"}}}"#,
    ),
    (
        "https://evidence.test/review/v1",
        "https://evidence.test/review/v1",
        r#"{"reviewer": "alice"}"#,
    ),
];

/// An image that has attestations of all types, and no signature.
pub(crate) fn all_types(style: Style) -> Vec<Case> {
    let name = format!("{}-attested", style.name);
    let image = Image::single(&name).put(&repository(&name));
    let mut cases = Vec::new();
    for (kind, ours, predicate) in TYPES {
        style.attest(&image, kind, &predicate_file(&name, predicate));
        let ask = |question: &str, flags| {
            let question = format!(
                "attestation-{question}-{}",
                ours.rsplit(':').next().unwrap()
            );
            Case::new(style, &question, &image, flags).attestation(kind, ours)
        };
        cases.push(ask("good", style.accepted()));
        cases.push(ask("by-another", style.signer.another()).refused());
    }
    cases.push(
        Case::new(
            style,
            "attestation-of-a-type-that-is-not-there",
            &image,
            style.accepted(),
        )
        .attestation("vuln", "vuln")
        .refused(),
    );
    // Whoever attests an SBOM says what is in the image, not that it may be released.
    cases.push(Case::new(style, "attested-and-not-signed", &image, style.accepted()).refused());
    cases
}

type Change = fn(&mut Attached, &str, &str);

/// An attestation of one image with one defect each.
pub(crate) fn defects(style: Style) -> Vec<Case> {
    let changes: [(&str, Change); 5] = [
        ("copied-unchanged", |_, _, _| {}),
        ("signature-edited", |attached, _, _| {
            on_envelope(attached, |envelope| {
                flip(&mut envelope["signatures"][0]["sig"])
            });
        }),
        ("predicate-edited", |attached, _, _| {
            on_envelope(attached, |envelope| {
                let payload = &mut envelope["payload"];
                *payload = encode(&replace(&decode(payload), "SPDX-2.3", "SPDX-2.2"));
            });
        }),
        ("of-another-image", |_, _, _| {}),
        ("of-another-image-edited", |attached, from, to| {
            on_envelope(attached, |envelope| {
                let payload = &mut envelope["payload"];
                *payload = encode(&replace(&decode(payload), &from[7..], &to[7..]));
            });
        }),
    ];
    let name = format!("{}-attestation", style.name);
    let (kind, ours, predicate) = TYPES[0];
    let attested = repository(&name);
    let image = Image::single(&name);
    style.attest(
        &image.put(&attested),
        kind,
        &predicate_file(&name, predicate),
    );
    let good = Specimen::read(&attested, image);
    let other = Image::single(&format!("{name} of another"));
    let cases = changes.map(|(defect, change)| {
        let mut specimen = good.clone();
        let (from, to) = (good.image.digest(), other.digest());
        if defect.starts_with("of-another-image") {
            specimen.image = other.clone();
        }
        let attached = specimen
            .attestations
            .iter_mut()
            .chain(&mut specimen.bundles);
        attached.for_each(|one| change(one, &from, &to));
        let image = specimen.put(&repository(&format!("{name}-{defect}")));
        let wanted = if defect == "copied-unchanged" {
            Accepted
        } else {
            Refused
        };
        Case::new(
            style,
            &format!("attestation-{defect}"),
            &image,
            style.accepted(),
        )
        .attestation(kind, ours)
        .wants(wanted)
    });
    cases.to_vec()
}

/// Changes the envelope, which a legacy layer is and a Sigstore bundle holds.
fn on_envelope(attached: &mut Attached, change: impl FnOnce(&mut Value)) {
    attached.edit(|content| match content.get_mut("dsseEnvelope") {
        Some(envelope) => change(envelope),
        None => change(content),
    });
}

fn predicate_file(name: &str, predicate: &str) -> PathBuf {
    let path = PathBuf::from(stack_file(&format!("{name}-{}.json", predicate.len())));
    fs::write(&path, predicate).unwrap();
    path
}
