//! What is demanded of a document: by flags, by a policy, or by both.

use super::found::FoundSbom;
use crate::cli::exit::{CliError, Exit};
use clap::Args;
use evidence::model::expectation::SbomFormat;
use evidence::model::policy::SbomDemand;
use evidence::model::{Element, LicenseDemand, Percent, Problem, Profile, QualityLimits};
use evidence::report::sbom::{CheckedSbom, DocumentFacts};
use evidence::sbom::document::{Encoding, Sbom};
use evidence::sbom::licenses::{self, LicenseReport, LicenseRules};
use evidence::sbom::quality::{self, Quality};
use evidence::sbom::strict_spdx;

/// How good a document must be.
#[derive(Args, Clone, Debug)]
pub(super) struct DemandFlags {
    /// Count by this list of minimum elements: ntia-2021, or cisa-2026, the list in force, which replaces NTIA's
    /// [default: the policy's, else cisa-2026].
    #[arg(long, value_name = "PROFILE", env = "EVIDENCE_PROFILE")]
    profile: Option<Profile>,
    /// Demand that at least this share of the profile's elements is present, in percent: 0 to 100, with one decimal.
    #[arg(long, value_name = "PERCENT", env = "EVIDENCE_MIN")]
    min: Option<Percent>,
    /// Demand that these elements are present in the document or in every package, such as supplier,version; repeatable.
    #[arg(
        long,
        value_name = "ELEMENT",
        value_delimiter = ',',
        env = "EVIDENCE_COMPLETE"
    )]
    complete: Vec<Element>,
    /// Allow only these licenses: SPDX ids, LicenseRef-…, or an id WITH an exception; repeatable.
    #[arg(
        long,
        value_name = "ID",
        value_delimiter = ',',
        env = "EVIDENCE_ALLOW_LICENSE"
    )]
    allow_license: Vec<String>,
    /// Allow none of these licenses; repeatable.
    #[arg(
        long,
        value_name = "ID",
        value_delimiter = ',',
        env = "EVIDENCE_DENY_LICENSE"
    )]
    deny_license: Vec<String>,
    /// With a list of licenses, let packages pass whose license SPDX does not know.
    #[arg(long, env = "EVIDENCE_ALLOW_UNKNOWN_LICENSE")]
    allow_unknown_license: bool,
    /// With a list of licenses, let packages pass that have no license.
    #[arg(long, env = "EVIDENCE_ALLOW_MISSING_LICENSE")]
    allow_missing_license: bool,
}

/// What the flags demand, read.
pub(super) struct Demands {
    profile: Option<Profile>,
    quality: Option<QualityLimits>,
    licenses: Option<LicenseRules>,
    words: Vec<String>,
}

impl DemandFlags {
    /// Reads them.
    ///
    /// # Errors
    /// When an element is none of the profile's, or a license is none.
    pub(super) fn read(&self) -> Result<Demands, CliError> {
        let profile = self.profile.unwrap_or(Profile::Cisa2026);
        let foreign = |one: &&Element| !profile.elements().contains(one);
        if let Some(element) = self.complete.iter().find(foreign) {
            let names = profile.elements().iter().map(|one| one.name());
            return Err(
                CliError::usage(format!("{element} is no element of {profile}"))
                    .hint(format!("it has {}", names.collect::<Vec<_>>().join(", "))),
            );
        }
        let mut words = Vec::new();
        if let Some(min) = self.min {
            words.push(format!("at least {min} % of {profile}"));
        }
        if !self.complete.is_empty() {
            let names = self.complete.iter().map(|one| one.name());
            words.push(format!("complete {}", names.collect::<Vec<_>>().join(", ")));
        }
        let has_quality = !words.is_empty();
        let has_lists = !self.allow_license.is_empty() || !self.deny_license.is_empty();
        if !has_lists && (self.allow_unknown_license || self.allow_missing_license) {
            return Err(CliError::usage(
                "--allow-unknown-license and --allow-missing-license go with a list",
            )
            .hint("give --allow-license or --deny-license"));
        }
        for (what, list) in [
            ("licenses only of", &self.allow_license),
            ("no license of", &self.deny_license),
        ] {
            if !list.is_empty() {
                words.push(format!("{what} {}", list.join(", ")));
            }
        }
        let demand = LicenseDemand {
            allow: self.allow_license.clone(),
            deny: self.deny_license.clone(),
            allow_unknown: self.allow_unknown_license,
            allow_missing: self.allow_missing_license,
        };
        let rules = has_lists.then(|| LicenseRules::of(&demand)).transpose();
        Ok(Demands {
            profile: self.profile,
            quality: has_quality.then(|| QualityLimits {
                profile,
                min_percent: self.min,
                complete: self.complete.clone(),
            }),
            licenses: rules.map_err(|error| CliError::from_error(Exit::Usage, &error))?,
            words,
        })
    }
}

impl Demands {
    /// What is demanded, in words; `policy` where there is one.
    pub(super) fn words(&self, policy: Option<&str>) -> Vec<String> {
        let policy = policy.map(|name| format!("the policy {name}"));
        self.words.iter().cloned().chain(policy).collect()
    }

    /// Checks a document.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn check(&self, found: &FoundSbom) -> Result<CheckedSbom, Problem> {
        let document = found.parse()?;
        let format = document.format;
        let demands: Vec<_> = (found.demands.iter())
            .filter(|one| one.format == format)
            .collect();
        let (quality, mut problems) = self.quality(&document, &demands);
        let (licenses, against) = self.licenses(&document, &demands);
        problems.extend(against);
        problems.dedup();
        let is_strict_read = document.encoding == Encoding::Json
            && format == SbomFormat::Spdx
            && document.version.starts_with('2');
        Ok(CheckedSbom {
            origin: found.origin_of(&document),
            document: DocumentFacts::of(found.bytes(), &document),
            quality,
            licenses,
            strict_error: is_strict_read
                .then(|| strict_spdx(found.bytes()).err())
                .flatten(),
            strict_read: is_strict_read,
            problems,
        })
    }

    fn quality(&self, document: &Sbom<'_>, policy: &[&SbomDemand]) -> (Quality, Vec<Problem>) {
        let by_policy = || policy.iter().filter_map(|one| one.checks.quality.as_ref());
        let mut problems = Vec::new();
        for limits in self.quality.iter().chain(by_policy()) {
            let counted = quality::quality(document, limits.profile);
            problems.extend(quality::judge(&counted, limits));
        }
        let own = self.quality.as_ref().map(|limits| limits.profile);
        let profile = (self.profile.or(own))
            .or_else(|| by_policy().next().map(|limits| limits.profile))
            .unwrap_or(Profile::Cisa2026);
        (quality::quality(document, profile), problems)
    }

    /// The licenses held against the flags' lists, else the policy's.
    fn licenses(
        &self,
        document: &Sbom<'_>,
        policy: &[&SbomDemand],
    ) -> (LicenseReport, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut all: Vec<LicenseRules> = self.licenses.iter().cloned().collect();
        for demand in policy.iter().filter_map(|one| one.checks.licenses.as_ref()) {
            match LicenseRules::of(demand) {
                Ok(rules) => all.push(rules),
                // A policy that is read has none of these.
                Err(error) => problems.push(Problem::new("license-rules", error.to_string())),
            }
        }
        for rules in &all {
            problems.extend(licenses::judge(&licenses::licenses(document, rules), rules));
        }
        let none = LicenseRules::default();
        let shown = licenses::licenses(document, all.first().unwrap_or(&none));
        (shown, problems)
    }
}
