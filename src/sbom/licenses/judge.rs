//! What a gate may ask of licenses.

use super::entry::{LicenseEntry, LicenseEntryError};
use super::report::{LicenseReport, Several};
use crate::model::{LicenseDemand, Problem};
use crate::sbom::shown::first_three;
use serde::{Deserialize, Serialize};

/// Which licenses are allowed.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LicenseRules {
    /// Licenses that are allowed; when there are any, no other is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<LicenseEntry>,
    /// Licenses that are denied, allowed or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deny: Vec<LicenseEntry>,
    /// What becomes of packages about which an unknown identifier decides; denied by default when there is a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<Answer>,
    /// What becomes of packages without a license; denied by default when there is a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Answer>,
}

/// What becomes of packages of one kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// They are let through.
    Allow,
    /// They are a problem.
    Deny,
}

impl LicenseRules {
    /// The rules that a configuration or policy demands.
    ///
    /// # Errors
    /// When an entry is no license.
    pub fn of(demand: &LicenseDemand) -> Result<Self, LicenseEntryError> {
        let read = |texts: &[String]| -> Result<Vec<LicenseEntry>, LicenseEntryError> {
            texts.iter().map(|text| text.parse()).collect()
        };
        let answer = |may: bool| Some(if may { Answer::Allow } else { Answer::Deny });
        Ok(Self {
            allow: read(&demand.allow)?,
            deny: read(&demand.deny)?,
            unknown: answer(demand.allow_unknown),
            missing: answer(demand.allow_missing),
        })
    }

    fn denies(&self, answer: Option<Answer>) -> bool {
        let has_list = !self.allow.is_empty() || !self.deny.is_empty();
        answer.map_or(has_list, |answer| answer == Answer::Deny)
    }
}

/// Returns what stands against a document's licenses; `report` is [`super::licenses`]'s by the same rules.
pub fn judge(report: &LicenseReport, rules: &LicenseRules) -> Vec<Problem> {
    let licensed = |code: &str, several: &Several<super::Judged>, have: &str| {
        let labels: Vec<_> = (several.first.iter().take(3))
            .map(|one| format!("{} ({})", one.package.label(), one.license))
            .collect();
        let first = first_three(labels.iter().map(String::as_str), several.count);
        let all = report.packages;
        (several.count > 0).then(|| {
            Problem::new(
                code,
                format!("{} of {all} packages {have}: {first}", several.count),
            )
        })
    };
    let denied = licensed(
        "license-denied",
        &report.denied,
        "have a license that is not allowed",
    );
    let unknown = licensed(
        "license-unknown",
        &report.undecided,
        "have a license that is not known",
    )
    .filter(|_| rules.denies(rules.unknown));
    let (missing, all) = (report.missing.count, report.packages);
    let without = (missing > 0 && rules.denies(rules.missing)).then(|| {
        let first = first_three(report.missing.first.iter().map(|one| one.label()), missing);
        Problem::new(
            "license-missing",
            format!("{missing} of {all} packages have no license: {first}"),
        )
    });
    [denied, unknown, without].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sbom::licenses::licenses;
    use crate::sbom::sample::{declared, licensed, sbom};

    fn rules(text: &str) -> LicenseRules {
        serde_json::from_str(text).unwrap()
    }

    fn problems(texts: &[&'static str], rules: &LicenseRules) -> Vec<Problem> {
        let packages = texts
            .iter()
            .map(|text| licensed("a", vec![declared(*text)]));
        judge(&licenses(&sbom(packages.collect()), rules), rules)
    }

    #[test]
    fn each_kind_of_package_has_a_problem_of_its_own() {
        let found = problems(
            &[
                "MIT",
                "GPL-3.0-only",
                "Foo",
                "NONE",
                "GPL-3.0-only",
                "ISC",
                "ISC",
            ],
            &rules(r#"{"allow":["MIT"]}"#),
        );

        assert_eq!(
            found,
            [
                Problem::new(
                    "license-denied",
                    "4 of 7 packages have a license that is not allowed: a@1.0 (GPL-3.0-only), \
                     a@1.0 (GPL-3.0-only), a@1.0 (ISC) and 1 more"
                ),
                Problem::new(
                    "license-unknown",
                    "1 of 7 packages have a license that is not known: a@1.0 (Foo)"
                ),
                Problem::new("license-missing", "1 of 7 packages have no license: a@1.0"),
            ]
        );
    }

    #[test]
    fn unknown_and_missing_are_denied_with_any_list_and_let_through_only_when_the_rules_say_so() {
        let texts = ["Foo", "NONE"];
        let codes = |text: &str| -> Vec<_> {
            let found = problems(&texts, &rules(text));
            found.into_iter().map(|one| one.code).collect()
        };

        let both = ["license-unknown", "license-missing"];
        assert_eq!(codes(r#"{"deny":["GPL-3.0-only"]}"#), both);
        assert_eq!(codes(r#"{"unknown":"deny","missing":"deny"}"#), both);
        assert_eq!(
            codes(r#"{"deny":["GPL-3.0-only"],"unknown":"allow"}"#),
            both[1..]
        );
        assert_eq!(
            codes(r#"{"deny":["GPL-3.0-only"],"missing":"allow"}"#),
            both[..1]
        );
        assert!(codes("{}").is_empty());
    }

    #[test]
    fn a_misspelt_license_keeps_the_rules_from_being_read() {
        let error = serde_json::from_str::<LicenseRules>(r#"{"allow":["MTI"]}"#).unwrap_err();

        let wanted = "\"MTI\" is no identifier of the SPDX license list: did you mean";
        assert!(error.to_string().starts_with(wanted), "{error}");
    }

    #[test]
    fn rules_are_written_as_they_were_read() {
        let text = r#"{"allow":["mit","GPL-2.0+"],"deny":["LicenseRef-Acme"],"unknown":"allow"}"#;

        assert_eq!(serde_json::to_string(&rules(text)).unwrap(), text);
    }
}
