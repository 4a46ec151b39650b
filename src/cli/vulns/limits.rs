//! Limits on a scan, as flags.

use clap::{Args, ValueEnum};
use evidence::model::time::parse_duration_ms;
use evidence::model::{MatchesInSbom, Severity, SeverityLimit, VulnLimits};
use std::str::FromStr;

/// What a scan may say.
#[derive(Args, Clone, Debug)]
pub(super) struct LimitFlags {
    /// Allow at most N vulnerabilities of a severity (critical, high, medium, low, negligible, unknown); with older-than only
    /// those count that were published longer ago, such as high=0,older-than=30d; repeatable.
    #[arg(
        long,
        value_name = "SEVERITY=N[,older-than=AGE]",
        value_delimiter = ';',
        env = "EVIDENCE_MAX_VULNERABILITIES"
    )]
    max: Vec<MaxFlag>,
    /// Demand that the vulnerability database is no older than this, such as 5d or 12h.
    #[arg(long, value_name = "AGE", value_parser = age, env = "EVIDENCE_MAX_DATABASE_AGE")]
    max_database_age: Option<Age>,
    /// What a vulnerability means in a package that the SBOM does not list.
    #[arg(
        long,
        value_name = "ANSWER",
        default_value = "show",
        env = "EVIDENCE_UNLISTED_PACKAGES"
    )]
    unlisted_packages: Unlisted,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Unlisted {
    /// It is shown.
    Show,
    /// It breaks a limit.
    Deny,
}

/// A limit as it was written.
#[derive(Clone, Debug)]
struct MaxFlag {
    limit: SeverityLimit,
    text: String,
}

#[derive(Clone, Debug)]
struct Age {
    ms: u64,
    text: String,
}

impl LimitFlags {
    pub(super) fn read(&self) -> VulnLimits {
        VulnLimits {
            severities: self.max.iter().map(|one| one.limit).collect(),
            max_database_age_ms: self.max_database_age.as_ref().map(|age| age.ms),
            matches_in_sbom: match self.unlisted_packages {
                Unlisted::Show => MatchesInSbom::Show,
                Unlisted::Deny => MatchesInSbom::Require,
            },
        }
    }

    /// What is demanded, in words.
    pub(super) fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = self.max.iter().map(|one| one.text.clone()).collect();
        if let Some(age) = &self.max_database_age {
            words.push(format!("a database no older than {}", age.text));
        }
        if self.unlisted_packages == Unlisted::Deny {
            words.push("every package in the SBOM".into());
        }
        words
    }

    pub(super) fn denies_unlisted(&self) -> bool {
        self.unlisted_packages == Unlisted::Deny
    }
}

impl FromStr for MaxFlag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form =
            || "expected SEVERITY=N or SEVERITY=N,older-than=AGE, such as high=0,older-than=30d";
        let (limit, older) = match text.split_once(',') {
            Some((limit, older)) => (limit, Some(older)),
            None => (text, None),
        };
        let (severity, max) = limit.split_once('=').ok_or_else(form)?;
        let severity: Severity = severity
            .parse()
            .map_err(|error| format!("{severity:?}: {error}"))?;
        let max: u64 = max.parse().map_err(|_| form())?;
        let older = older.map(|text| text.strip_prefix("older-than=").ok_or_else(form));
        let older = older.transpose()?.map(age).transpose()?;
        let of_age = older
            .as_ref()
            .map(|age| format!(" older than {}", age.text));
        Ok(Self {
            limit: SeverityLimit {
                severity,
                max,
                older_than_ms: older.as_ref().map(|age| age.ms),
            },
            text: format!("at most {max} {severity}{}", of_age.unwrap_or_default()),
        })
    }
}

fn age(text: &str) -> Result<Age, String> {
    match parse_duration_ms(text).filter(|ms| *ms > 0) {
        Some(ms) => Ok(Age {
            ms,
            text: text.into(),
        }),
        None => Err(format!("{text:?} is no age: such as 30d, 12h or 1d12h")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_severity_a_number_and_perhaps_an_age() {
        let read = |text: &str| text.parse::<MaxFlag>().map(|one| (one.limit, one.text));

        let (limit, words) = read("high=3,older-than=30d").unwrap();

        assert_eq!((limit.severity, limit.max), (Severity::High, 3));
        assert_eq!(limit.older_than_ms, Some(30 * 86_400_000));
        assert_eq!(words, "at most 3 high older than 30d");
        assert_eq!(read("critical=0").unwrap().0.older_than_ms, None);
        for bad in [
            "",
            "high",
            "high=",
            "high=-1",
            "High=0",
            "severe=0",
            "high=0,",
            "high=0,30d",
            "high=0,older-than=",
            "high=0,older-than=0s",
            "high=0,older-than=30",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
