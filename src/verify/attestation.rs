//! The seal: who signed it, when, and that it speaks of this very bundle and release.

use super::Trust;
use crate::model::predicate::{SEAL_PREDICATE_TYPE, SealPredicate, SealedItem};
use crate::model::{Check, Digest, Finding, Group, Kind, Manifest, Report, Signer};
use crate::sigstore::tag_binding::{self, TagBinding};
use crate::sigstore::verify::judge_attestation;
use crate::sigstore::{Judgement, Signature, seal_statement};
use std::collections::BTreeMap;

/// What a judged seal says; each part is there only as far as it was proven.
#[derive(Debug, Default)]
pub(super) struct Seal {
    /// The signature, when it holds under a trusted root, accepted signer or not.
    pub(super) signature: Option<Signature>,
    /// Whether its signer is one that was asked for.
    pub(super) accepted: bool,
    /// The predicate, when the signature holds.
    pub(super) predicate: Option<SealPredicate>,
    /// The bundle's digest, as the signed statement names it.
    pub(super) subject: Option<Digest>,
    /// The further subjects, by name: the images.
    pub(super) images: BTreeMap<String, Digest>,
}

/// What a seal says of its own signer, judged under roots but against no identity.
#[derive(Clone, Debug)]
pub enum SealedBy {
    /// The chain verifies; this is who signed.
    Signer(Box<Signature>),
    /// It does not, or cannot be judged.
    Unknown(String),
}

/// Who sealed, for a message to somebody who named no identity.
pub fn sealed_by(seal: &[u8], trust: &Trust) -> SealedBy {
    match judge_attestation(seal, &trust.roots, &trust.keys, &trust.options).judgement {
        Judgement::Valid(signature) => SealedBy::Signer(signature),
        Judgement::Invalid(problem)
        | Judgement::UnknownRoot(problem)
        | Judgement::UnknownKey(problem) => SealedBy::Unknown(problem.message),
    }
}

pub(super) fn judge(seal: Option<&[u8]>, trust: &Trust, report: &mut Report) -> Seal {
    let mut findings = Findings(report);
    let Some(bytes) = seal else {
        findings.fail(Check::SealPresent, "", "there is no seal beside the bundle");
        return Seal::default();
    };
    let judged = judge_attestation(bytes, &trust.roots, &trust.keys, &trust.options);
    if judged.statement.is_none() {
        let message = match judged.judgement.problem() {
            Some(problem) => problem.message.clone(),
            None => "the seal signs no in-toto statement".into(),
        };
        findings.fail(Check::SealPresent, "malformed", &message);
        return Seal::default();
    }
    findings.pass(
        Check::SealPresent,
        "an in-toto statement in a Sigstore bundle",
    );
    let signature = match judged.judgement {
        Judgement::Valid(signature) => signature,
        Judgement::Invalid(problem) => {
            findings.fail(Check::SealSignature, &problem.code, &problem.message);
            return Seal::default();
        }
        Judgement::UnknownKey(problem) => {
            findings.fail(Check::SealIdentity, &problem.code, &problem.message);
            return Seal::default();
        }
        Judgement::UnknownRoot(problem) => {
            findings.undetermined(Check::SealSignature, &problem.code, &problem.message);
            return Seal::default();
        }
    };
    findings.pass(Check::SealSignature, &signature_words(&signature));
    let accepted = trust.accepts_seal(&signature);
    if accepted {
        findings.pass(
            Check::SealIdentity,
            &format!("sealed by {}", signature.identity),
        );
    } else {
        let message = format!(
            "sealed by {}, which is not the identity asked for",
            signature.identity
        );
        findings.fail(Check::SealIdentity, "", &message);
    }
    report.signer = Some(Signer {
        identity: signature.identity.clone(),
        accepted,
    });
    report.log.clone_from(&signature.log);
    report.sealed_at.clone_from(&signature.times);
    report.demo = signature
        .root
        .as_deref()
        .is_some_and(|root| trust.roots.is_demo(root));
    let (predicate, subject, images) = match judged.statement.as_deref().map(seal_statement::parse)
    {
        Some(Ok(sealed)) => (Some(sealed.predicate), Some(sealed.bundle), sealed.images),
        Some(Err(message)) => {
            Findings(report).fail(Check::SealPredicate, "", &message);
            (None, None, BTreeMap::new())
        }
        None => {
            Findings(report).fail(
                Check::SealPredicate,
                "",
                "the seal signs no in-toto statement",
            );
            (None, None, BTreeMap::new())
        }
    };
    if predicate.is_some() {
        Findings(report).pass(Check::SealPredicate, SEAL_PREDICATE_TYPE);
    }
    Seal {
        signature: Some(*signature),
        accepted,
        predicate,
        subject,
        images,
    }
}

fn signature_words(signature: &Signature) -> String {
    let mut parts = vec!["signature holds".to_owned()];
    if let Some(root) = &signature.root {
        parts.push(format!("root {root}"));
    }
    if let Some(log) = &signature.log {
        parts.push(format!("log entry {}", log.index));
    }
    if let Some(time) = signature.times.iter().min() {
        parts.push(format!("signed {time}"));
    }
    parts.join(", ")
}

/// Compares the file's digest, known at the end of the pass, with the sealed one.
pub(super) fn compare_subject(seal: &Seal, report: &mut Report) {
    let Some(subject) = seal.subject else { return };
    match report.bundle.digest {
        Some(found) if found == subject => {
            Findings(report).pass(Check::SealSubject, &format!("the seal names {found}"));
        }
        Some(found) => {
            let message = format!("the file has {found}, the seal names {subject}");
            Findings(report).fail(Check::SealSubject, "", &message);
        }
        None => Findings(report).undetermined(
            Check::SealSubject,
            "",
            "the file could not be read to its end",
        ),
    }
}

/// Compares the sealed release with the manifest's, the certificate's and the one asked for.
pub(super) fn compare_release(
    seal: &Seal,
    manifest: &Manifest,
    trust: &Trust,
    report: &mut Report,
) {
    let release = &manifest.release;
    if let Some(predicate) = &seal.predicate {
        let sealed = &predicate.release;
        let commit = sealed.commit.digest.get("gitCommit");
        let tag_object = sealed
            .tag_object
            .as_ref()
            .and_then(|tag| tag.digest.get("gitTag"));
        let same = sealed.repository == release.repository
            && sealed.tag == release.tag
            && sealed.version == release.version
            && commit == Some(&release.commit)
            && tag_object == release.tag_object.as_ref()
            && predicate.stage == manifest.stage
            && predicate.sequence == manifest.sequence;
        if !same {
            Findings(report).fail(
                Check::SealPredicate,
                "release",
                "the sealed release is not the manifest's",
            );
        }
        compare_summary(seal, predicate, manifest, report);
    }
    if let Some(signature) = &seal.signature {
        let mut findings = Findings(report);
        match tag_binding::check(signature.certificate.as_ref(), release) {
            TagBinding::Bound => findings.pass(
                Check::ReleaseBinding,
                &format!(
                    "the certificate names {} at refs/tags/{}, commit {}",
                    release.repository, release.tag, release.commit
                ),
            ),
            TagBinding::NotApplicable => {
                let why = "sealed with a key or by a person: that the signer worked on this tag and commit is not proven";
                let finding =
                    Finding::not_checked(Check::ReleaseBinding, Group::Integrity, "seal", why);
                findings.0.findings.push(finding);
            }
            TagBinding::Broken(problems) => {
                for problem in problems {
                    let detail = problem.code.trim_start_matches("binding-");
                    findings.fail(Check::ReleaseBinding, detail, &problem.message);
                }
            }
        }
    }
    let asked = &trust.asked;
    let policy = trust.policy.as_ref().map(|policy| &policy.release);
    let wanted = [
        (
            "tag",
            asked
                .tag
                .as_ref()
                .or(policy.and_then(|release| release.tag.as_ref())),
            &release.tag,
        ),
        (
            "repository",
            asked
                .repository
                .as_ref()
                .or(policy.and_then(|release| release.repository.as_ref())),
            &release.repository,
        ),
        (
            "commit",
            asked
                .commit
                .as_ref()
                .or(policy.and_then(|release| release.commit.as_ref())),
            &release.commit,
        ),
    ];
    for (what, wanted, found) in wanted {
        match wanted {
            Some(wanted) if wanted == found => {
                Findings(report).pass(
                    Check::ReleaseAsked,
                    &format!("{what} is {found}, as asked for"),
                );
            }
            Some(wanted) => {
                let message = format!("the bundle is about {what} {found}, {wanted} was asked for");
                Findings(report).fail(Check::ReleaseAsked, what, &message);
            }
            None => {}
        }
    }
}

/// What a seal says in short, for those who read nothing else, must be what the manifest says at length.
fn compare_summary(
    seal: &Seal,
    predicate: &SealPredicate,
    manifest: &Manifest,
    report: &mut Report,
) {
    let items = manifest.items.iter().map(|item| SealedItem {
        id: item.id.clone(),
        kind: item.expectation.kind(),
        status: item.claim.status,
        met: item.claim.met,
    });
    let previous = predicate
        .previous
        .as_ref()
        .map(|previous| previous.digest.get("sha256").cloned());
    let images: BTreeMap<String, Digest> = (manifest.items.iter())
        .filter(|item| item.expectation.kind() == Kind::Image)
        .filter_map(|item| {
            let digest = item.request.get("digest")?.as_str()?.parse().ok()?;
            Some((item.id.clone(), digest))
        })
        .collect();
    let mut findings = Findings(report);
    if !predicate.items.iter().cloned().eq(items) {
        let message = "the sealed lines of items are not the manifest's claims";
        findings.fail(Check::SealPredicate, "items", message);
    }
    if previous != manifest.previous.map(|digest| Some(digest.hex())) {
        let message = "the bundle before it is another one in the manifest";
        findings.fail(Check::SealPredicate, "previous", message);
    }
    // The manifest's word is compared with what follows, claim by claim.
    let gates = manifest.gates_word();
    if predicate.gates != gates {
        let message = format!(
            "the seal says that gates are {:?}, the manifest {gates:?}",
            predicate.gates
        );
        findings.fail(Check::SealPredicate, "gates", &message);
    }
    if seal.images != images {
        let message = "the seal's further subjects are not the bundle's images";
        findings.fail(Check::SealSubject, "images", message);
    }
}

/// Integrity findings about the seal.
struct Findings<'a>(&'a mut Report);

impl Findings<'_> {
    fn pass(&mut self, check: Check, message: &str) {
        self.0
            .findings
            .push(Finding::pass(check, Group::Integrity, "seal", message));
    }

    fn fail(&mut self, check: Check, detail: &str, message: &str) {
        self.0.findings.push(Finding::fail(
            check,
            Group::Integrity,
            "seal",
            detail,
            message,
        ));
    }

    fn undetermined(&mut self, check: Check, detail: &str, message: &str) {
        self.0.findings.push(Finding::undetermined(
            check,
            Group::Integrity,
            "seal",
            detail,
            message,
        ));
    }
}
