//! What is asked about an image or file, and whether judged signatures answer it.

#[cfg(feature = "net")]
use evidence::model::policy::SbomDemand;
use evidence::model::{Check, Finding, Group, Identity, IdentityRule, Outcome, Signers};
use evidence::sigstore::docker_reference;
use evidence::sigstore::statement::PredicateType;
#[cfg(feature = "net")]
use evidence::sigstore::{Content, Object};
use evidence::sigstore::{Judgement, Key, Signature};
use std::collections::BTreeMap;
use std::fmt;

/// All that is asked about one image or file.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct Demand {
    /// Each of these must be there.
    pub(in crate::cli) wants: Vec<Want>,
    /// Must be signed with a signature for it to count.
    pub(in crate::cli) annotations: Vec<(String, String)>,
    /// Whether a signature that was made for another name counts for nothing. Which name that is, only some formats say.
    pub(in crate::cli) must_be_made_for_it: bool,
    /// The repository whose CI may sign, unless a rule names another.
    pub(in crate::cli) repository: Option<String>,
    /// What SBOMs must be besides signed.
    #[cfg(feature = "net")]
    pub(in crate::cli) sboms: Vec<SbomDemand>,
}

/// One thing that must be there.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Want {
    /// What.
    pub(in crate::cli) kind: Kind,
    /// By whom.
    pub(in crate::cli) signers: Signers,
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
        let asked_for: Vec<_> = candidates
            .iter()
            .filter(|one| self.wants.iter().any(|want| want.kind.is(&one.says)))
            .collect();
        let mut findings: Vec<_> = asked_for
            .iter()
            .map(|candidate| self.judge(about, candidate))
            .collect();
        let unmet: Vec<_> = self
            .wants
            .iter()
            .flat_map(|want| {
                let counted: Vec<_> = asked_for
                    .iter()
                    .filter(|one| want.kind.is(&one.says))
                    .filter_map(|one| self.counted(about, one))
                    .collect();
                let groups = want.signers.unmet_in(&counted, self.repository.as_deref());
                groups.into_iter().map(move |group| (want, group))
            })
            .collect();
        let is_met = unmet.is_empty()
            && !self.wants.is_empty()
            && self.wants.iter().all(|want| !want.signers.is_empty());
        let passed = findings.iter().any(|one| one.outcome == Outcome::Pass);
        if is_met {
            for finding in &mut findings {
                // Another's signature beside the accepted one takes nothing from it.
                if finding.outcome != Outcome::Pass {
                    finding.outcome = Outcome::NotChecked;
                }
            }
        }
        for (want, group) in unmet {
            // Where candidates stand for it, each has said why it does not count.
            let silent = !asked_for.iter().any(|one| want.kind.is(&one.says));
            if silent || passed {
                findings.push(want.missing(about, group, silent));
            }
        }
        if findings.is_empty() {
            let kinds = self.wants.iter().map(|want| want.kind.to_string());
            let kinds = kinds.collect::<Vec<_>>().join(" and no ");
            findings.push(failure(about, "missing", format!("there is no {kinds}")));
        }
        Answer { findings, is_met }
    }

    /// Whether these objects are all that is asked for. `about` as in [`Self::answer`].
    #[cfg(feature = "net")]
    pub(in crate::cli) fn is_met_by(&self, about: &str, objects: &[Object]) -> bool {
        let candidates: Vec<_> = objects.iter().filter_map(Candidate::of).collect();
        self.answer(about, &candidates).is_met
    }

    /// The signatures that are what was asked for.
    #[cfg(feature = "net")]
    pub(in crate::cli) fn accepted(
        &self,
        about: &str,
        candidates: &[Candidate<'_>],
    ) -> Vec<Signature> {
        let counted = candidates.iter().filter_map(|one| self.counted(about, one));
        counted.cloned().collect()
    }

    fn judge(&self, about: &str, candidate: &Candidate<'_>) -> Finding {
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
        if let Some((detail, reason)) = self.unfit(about, candidate, signature) {
            return failure(about, detail, format!("{what}: {reason}"));
        }
        let mut message = describe(what, signature);
        if let Some(other) = other_name(about, &candidate.says) {
            message += &format!("; it was made for {other:?}");
        }
        Finding::pass(Check::Signature, Group::Integrity, about, message)
    }

    /// The signature of a candidate, if it is one that counts.
    fn counted<'a>(&self, about: &str, candidate: &Candidate<'a>) -> Option<&'a Signature> {
        let signature = candidate.judgement.valid()?;
        self.unfit(about, candidate, signature)
            .is_none()
            .then_some(signature)
    }

    /// Why a signature that holds is not what was asked for.
    fn unfit(
        &self,
        about: &str,
        candidate: &Candidate<'_>,
        signature: &Signature,
    ) -> Option<(&'static str, String)> {
        let signer = &signature.identity;
        let mut asked = self
            .wants
            .iter()
            .filter(|want| want.kind.is(&candidate.says) && want.signers.accept(signature))
            .peekable();
        if asked.peek().is_none() {
            return Some((
                "identity",
                format!("signed by {signer}, who is not accepted"),
            ));
        }
        let repository = self.repository.as_deref();
        if !asked.any(|want| want.signers.accept_in(signature, repository)) {
            let wanted = repository.unwrap_or_default();
            let message = format!("signed by {signer}, which is not the CI of {wanted}");
            return Some(("repository", message));
        }
        let Says::Signature { annotations, .. } = &candidate.says else {
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
        let name = match &candidate.says {
            Says::Signature {
                docker_reference, ..
            } if self.must_be_made_for_it => (*docker_reference).filter(|name| !name.is_empty())?,
            _ => return None,
        };
        // On disk there is no name that it could fit.
        let fits = docker_reference::fits(name, about) == Some(true);
        (!fits).then(|| ("docker-reference", format!("it was made for {name:?}")))
    }
}

/// The name for which a signature was made, where it is another one than was asked about.
fn other_name<'a>(about: &str, says: &Says<'a>) -> Option<&'a str> {
    let Says::Signature {
        docker_reference, ..
    } = says
    else {
        return None;
    };
    let name = (*docker_reference)?;
    (docker_reference::fits(name, about) == Some(false)).then_some(name)
}

impl Want {
    fn missing(&self, about: &str, group: &[IdentityRule], silent: bool) -> Finding {
        let mut message = format!("there is no {}", self.kind);
        if !silent || self.signers.groups().len() > 1 {
            let names: Vec<_> = group.iter().map(words).collect();
            message += &format!(" by {}", names.join(" or "));
        }
        failure(about, "missing", message)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signature => f.write_str("signature"),
            Self::Attestation(kind) => write!(f, "attestation {}", kind.uri()),
        }
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
    #[cfg(feature = "net")]
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

/// Whom a rule accepts.
fn words(rule: &IdentityRule) -> String {
    match rule {
        IdentityRule::Key { pem } => Key::parse(pem.as_bytes()).map_or_else(
            |_| rule.to_string(),
            |key| {
                let fingerprint = key.fingerprint();
                Identity::Key { fingerprint }.to_string()
            },
        ),
        IdentityRule::Certificate { .. } => rule.to_string(),
    }
}

/// A failed check of a signature.
pub(in crate::cli) fn failure(about: &str, detail: &str, message: String) -> Finding {
    Finding::fail(Check::Signature, Group::Integrity, about, detail, message)
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
        None => {
            text += ", in no log";
            if let Some(why) = signature.unlogged {
                text += &format!(" ({why})");
            }
        }
    }
    text
}
