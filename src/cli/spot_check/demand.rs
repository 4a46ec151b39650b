//! What is asked about an image or file, and whether judged signatures answer it.

use evidence::model::{Check, Finding, Group, Identity, IdentityRule, Outcome};
use evidence::oci::Reference;
use evidence::sigstore::statement::PredicateType;
use evidence::sigstore::{Content, Judgement, Object, Signature, accepted};
use std::collections::BTreeMap;

/// All that is asked about one image or file.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct Demand {
    /// Each of these must be there.
    pub(in crate::cli) wants: Vec<Want>,
    /// Must be signed with a signature for it to count.
    pub(in crate::cli) annotations: Vec<(String, String)>,
    /// The name in a registry under which the image is asked about.
    pub(in crate::cli) asked_as: Option<Reference>,
    /// Whether a signature that was made for another name counts for nothing. Which name that is, only some formats say.
    pub(in crate::cli) must_be_made_for_it: bool,
}

/// One thing that must be there.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Want {
    /// What.
    pub(in crate::cli) kind: Kind,
    /// By any of these.
    pub(in crate::cli) signers: Vec<IdentityRule>,
}

/// What is wanted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::cli) enum Kind {
    /// A signature on the thing itself. An attestation never counts as one.
    Signature,
    /// An attestation of this type.
    Attestation(PredicateType),
}

/// A judged object that might be what is asked for.
pub(in crate::cli) struct Candidate<'a> {
    /// What it is, in a few words.
    pub(in crate::cli) what: String,
    /// What it says.
    pub(in crate::cli) says: Says<'a>,
    /// Whether it holds.
    pub(in crate::cli) judgement: &'a Judgement,
}

/// What an object says.
pub(in crate::cli) enum Says<'a> {
    /// "This is it", with these annotations, met under this name.
    Signature {
        annotations: &'a BTreeMap<String, String>,
        docker_reference: Option<&'a str>,
    },
    /// A statement of this type.
    Attestation(&'a str),
    /// Nobody can tell.
    Unreadable,
}

/// Findings, and whether all that was asked for is there.
pub(in crate::cli) struct Answer {
    pub(in crate::cli) findings: Vec<Finding>,
    pub(in crate::cli) is_met: bool,
}

impl Demand {
    /// Compares what was found with what is asked for. `about` names the thing in the findings.
    pub(in crate::cli) fn answer(&self, about: &str, candidates: &[Candidate<'_>]) -> Answer {
        let mut findings = Vec::new();
        let mut met = vec![false; self.wants.len()];
        for candidate in candidates {
            let asked = |want: &&Want| want.kind.is(&candidate.says);
            if self.wants.iter().any(|want| asked(&want)) {
                findings.push(self.judge(about, candidate, &mut met));
            }
        }
        let is_met = !met.is_empty() && met.iter().all(|one| *one);
        if is_met {
            for finding in &mut findings {
                // Another's signature beside the accepted one takes nothing from it.
                if finding.outcome != Outcome::Pass {
                    finding.outcome = Outcome::NotChecked;
                }
            }
        } else {
            let found = findings.len();
            let passed = findings.iter().any(|one| one.outcome == Outcome::Pass);
            for (want, _) in self.wants.iter().zip(&met).filter(|(_, met)| !**met) {
                // Where candidates stand for it, each has said why it does not count.
                if found == 0 || passed {
                    findings.push(want.missing(about, passed));
                }
            }
        }
        Answer { findings, is_met }
    }

    /// Whether these objects are all that is asked for.
    pub(in crate::cli) fn is_met_by(&self, objects: &[Object]) -> bool {
        let candidates: Vec<_> = objects.iter().filter_map(Candidate::of).collect();
        self.answer("", &candidates).is_met
    }

    fn judge(&self, about: &str, candidate: &Candidate<'_>, met: &mut [bool]) -> Finding {
        let what = &candidate.what;
        let signature = match candidate.judgement {
            Judgement::Valid(signature) => signature,
            Judgement::UnknownRoot(problem) => {
                return Finding::undetermined(
                    Check::Signature,
                    Group::Integrity,
                    about,
                    &problem.code,
                    format!("{what}: {}", problem.message),
                );
            }
            Judgement::Invalid(problem) | Judgement::UnknownKey(problem) => {
                let message = format!("{what}: {}", problem.message);
                return failure(about, &problem.code, message);
            }
        };
        let accepting: Vec<bool> = self
            .wants
            .iter()
            .map(|want| want.kind.is(&candidate.says) && accepted(&want.signers, signature))
            .collect();
        if !accepting.contains(&true) {
            let signer = &signature.identity;
            let message = format!("{what}: signed by {signer}, who is not accepted");
            return failure(about, "identity", message);
        }
        if let Some((detail, reason)) = self.unfit(&candidate.says) {
            return failure(about, detail, format!("{what}: {reason}"));
        }
        for (met, accepts) in met.iter_mut().zip(accepting) {
            *met |= accepts;
        }
        let mut message = describe(what, signature);
        if let Some(other) = self.other_name(&candidate.says) {
            message += &format!("; it was made for {other:?}");
        }
        Finding::pass(Check::Signature, Group::Integrity, about, message)
    }

    /// The name for which a signature was made, where it is another one than was asked about.
    fn other_name<'a>(&self, says: &Says<'a>) -> Option<&'a str> {
        let Says::Signature {
            docker_reference, ..
        } = says
        else {
            return None;
        };
        let (name, asked) = ((*docker_reference)?, self.asked_as.as_ref()?);
        let fits = name.parse::<Reference>().is_ok_and(|named| {
            named.registry == asked.registry && named.repository == asked.repository
        });
        (!fits).then_some(name)
    }

    /// Why a signature that holds is not what was asked for.
    fn unfit(&self, says: &Says<'_>) -> Option<(&'static str, String)> {
        let Says::Signature { annotations, .. } = says else {
            return None;
        };
        let annotation = self
            .annotations
            .iter()
            .find(|(key, value)| annotations.get(key) != Some(value))
            .map(|(key, value)| match annotations.get(key) {
                Some(other) => format!("the annotation {key} is {other:?}, not {value:?}"),
                None => format!("the annotation {key} is not signed with it"),
            });
        if let Some(reason) = annotation {
            return Some(("annotation", reason));
        }
        let name = self.other_name(says).filter(|_| self.must_be_made_for_it)?;
        Some(("docker-reference", format!("it was made for {name:?}")))
    }
}

impl Want {
    fn missing(&self, about: &str, others: bool) -> Finding {
        let what = match &self.kind {
            Kind::Signature => "signature".to_owned(),
            Kind::Attestation(kind) => format!("attestation {}", kind.uri()),
        };
        let by = if others && self.signers.len() == 1 {
            self.signers
                .first()
                .map(|rule| format!(" by {}", words(rule)))
                .unwrap_or_default()
        } else if others {
            " by the others who are asked for".into()
        } else {
            String::new()
        };
        failure(about, "missing", format!("there is no {what}{by}"))
    }
}

impl Kind {
    fn is(&self, says: &Says<'_>) -> bool {
        match (self, says) {
            (_, Says::Unreadable) | (Self::Signature, Says::Signature { .. }) => true,
            (Self::Attestation(kind), Says::Attestation(found)) => kind.matches(found),
            _ => false,
        }
    }
}

impl<'a> Candidate<'a> {
    /// An attached object; none when it is no signature at all.
    pub(in crate::cli) fn of(object: &'a Object) -> Option<Self> {
        let says = match &object.content {
            Content::Signature {
                annotations,
                docker_reference,
            } => Says::Signature {
                annotations,
                docker_reference: docker_reference.as_deref(),
            },
            Content::Attestation { predicate_type, .. } => Says::Attestation(predicate_type),
            Content::Unreadable(_) => Says::Unreadable,
            Content::Other(_) => return None,
        };
        Some(Self {
            what: format!("{} {}", object.format, object.source.short()),
            says,
            judgement: &object.judgement,
        })
    }

    /// Who signed, if it holds.
    pub(in crate::cli) fn signer(&self) -> Option<&Identity> {
        Some(&self.judgement.valid()?.identity)
    }
}

/// A failed check of a signature.
pub(in crate::cli) fn failure(about: &str, detail: &str, message: String) -> Finding {
    Finding::fail(Check::Signature, Group::Integrity, about, detail, message)
}

fn words(rule: &IdentityRule) -> String {
    format!("{rule:?}")
}

fn describe(what: &str, signature: &Signature) -> String {
    let mut text = format!("{what}: signed by {}", signature.identity);
    if let Some(time) = signature.times.first() {
        text += &format!(", {time}");
    }
    match &signature.log {
        Some(log) => {
            let id = log.log_id.get(..12).unwrap_or_default();
            text += &format!(", log {id}… index {}", log.index);
        }
        None => text += ", in no log",
    }
    text
}
