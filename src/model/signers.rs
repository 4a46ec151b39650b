//! Who must have signed, together.

use super::{IdentityRule, limits};
use serde::{Deserialize, Serialize};

/// Who must have signed: for each group one of its rules must accept a signer of its own.
///
/// One group is "any of these"; several are "all of these", each by another signer. Without a group nobody is asked
/// for. Whether signatures meet it is [`Signers::unmet`]'s answer, in `sigstore`.
///
/// In JSON a single group is the list of its rules, several are `{"allOf": [[…], […]]}`.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "Form", into = "Form")]
pub struct Signers(Vec<Vec<IdentityRule>>);

/// Why a text names no signers.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SignersError {
    /// `allOf` is for two groups and more, none of them empty: each demand has one way to be written.
    #[error("\"allOf\" has an empty group, or fewer than two")]
    Groups,
    /// More rules than anybody writes.
    #[error("{found} rules, at most {} are read", limits::SIGNER_RULES)]
    TooMany {
        /// How many.
        found: usize,
    },
}

impl Signers {
    /// Nobody is asked for.
    pub const NOBODY: Self = Self(Vec::new());

    /// Any of these must have signed; no rule asks for nobody.
    pub fn any_of(rules: Vec<IdentityRule>) -> Self {
        if rules.is_empty() {
            Self::NOBODY
        } else {
            Self(vec![rules])
        }
    }

    /// For each of the groups, one of its rules must accept a signer of its own. An empty group is never met.
    pub fn all_of(groups: Vec<Vec<IdentityRule>>) -> Self {
        Self(groups)
    }

    /// Whether nobody is asked for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The groups.
    pub fn groups(&self) -> &[Vec<IdentityRule>] {
        &self.0
    }

    /// Every rule of every group.
    pub fn rules(&self) -> impl Iterator<Item = &IdentityRule> {
        self.0.iter().flatten()
    }
}

/// As JSON has it.
#[derive(Clone, Deserialize, Serialize)]
#[serde(untagged)]
enum Form {
    AnyOf(Vec<IdentityRule>),
    AllOf(AllOf),
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AllOf {
    all_of: Vec<Vec<IdentityRule>>,
}

impl TryFrom<Form> for Signers {
    type Error = SignersError;

    fn try_from(form: Form) -> Result<Self, Self::Error> {
        let signers = match form {
            Form::AnyOf(rules) => Self::any_of(rules),
            Form::AllOf(AllOf { all_of }) => {
                if all_of.len() < 2 || all_of.iter().any(Vec::is_empty) {
                    return Err(SignersError::Groups);
                }
                Self(all_of)
            }
        };
        match signers.rules().count() {
            found if found > limits::SIGNER_RULES => Err(SignersError::TooMany { found }),
            _ => Ok(signers),
        }
    }
}

impl From<Signers> for Form {
    fn from(Signers(mut groups): Signers) -> Self {
        match groups.len() {
            0 => Self::AnyOf(Vec::new()),
            1 => Self::AnyOf(groups.pop().unwrap_or_default()),
            _ => Self::AllOf(AllOf { all_of: groups }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::identity::{CertificateClaim, Pattern};
    use serde_json::{Value, json};

    fn rule(subject: &str) -> IdentityRule {
        IdentityRule::certificate(
            Pattern::Exact(subject.into()),
            Pattern::Exact("https://issuer.example".into()),
        )
    }

    fn parse(json: Value) -> Result<Signers, serde_json::Error> {
        serde_json::from_value(json)
    }

    #[test]
    fn what_bundles_hold_since_version_1_is_written_as_it_was() {
        let signers = Signers::any_of(vec![rule("a@example.org")]);

        let json = json!([{"certificate": {
            "subject": {"exact": "a@example.org"}, "issuer": {"exact": "https://issuer.example"}
        }}]);

        assert_eq!(serde_json::to_value(&signers).unwrap(), json);
        assert_eq!(parse(json).unwrap(), signers);
        assert_eq!(serde_json::to_value(Signers::NOBODY).unwrap(), json!([]));
        assert_eq!(parse(json!([])).unwrap(), Signers::NOBODY);
    }

    #[test]
    fn all_of_and_claims_come_back_as_they_were_written() {
        let mut bound = rule("b@example.org");
        if let IdentityRule::Certificate {
            subject, claims, ..
        } = &mut bound
        {
            *subject = None;
            claims.insert(
                CertificateClaim::WorkflowName,
                Pattern::Regexp("R.*".into()),
            );
        }
        let signers = Signers::all_of(vec![vec![rule("a@example.org")], vec![bound]]);

        let json = serde_json::to_value(&signers).unwrap();

        let claims = json.pointer("/allOf/1/0/certificate/claims");
        assert_eq!(claims, Some(&json!({"workflow-name": {"regexp": "R.*"}})));
        assert_eq!(parse(json).unwrap(), signers);
    }

    #[test]
    fn what_has_another_way_to_be_written_or_an_unknown_claim_is_refused() {
        let one = serde_json::to_value(rule("a")).unwrap();
        let mut unknown = one.clone();
        unknown["certificate"]["claims"] = json!({"colour": {"exact": "red"}});
        for bad in [
            json!({"allOf": [[one]]}),
            json!({"allOf": [[one], []]}),
            json!({"allOf": []}),
            json!({"allOf": [[one], [one]], "anyOf": []}),
            json!([unknown]),
            Value::Array(vec![one; limits::SIGNER_RULES + 1]),
        ] {
            assert!(parse(bad.clone()).is_err(), "{bad}");
        }
    }
}
