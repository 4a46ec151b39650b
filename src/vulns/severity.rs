//! Scanners' words for severities: a table per scanner that says which of its words is which.

use crate::model::Severity;

/// Words of grype (`vulnerability.Severity`, `grype/vulnerability/severity.go`).
pub(super) const GRYPE: &[(&str, Severity)] = &[
    ("Critical", Severity::Critical),
    ("High", Severity::High),
    ("Medium", Severity::Medium),
    ("Low", Severity::Low),
    ("Negligible", Severity::Negligible),
    ("Unknown", Severity::Unknown),
];

/// Words of trivy (`SeverityNames`, `trivy-db/pkg/types/types.go`).
pub(super) const TRIVY: &[(&str, Severity)] = &[
    ("CRITICAL", Severity::Critical),
    ("HIGH", Severity::High),
    ("MEDIUM", Severity::Medium),
    ("LOW", Severity::Low),
    ("UNKNOWN", Severity::Unknown),
];

/// Words of `database_specific.severity` in OSV records: GitHub's (`MODERATE`) and others' (`MEDIUM`).
pub(super) const OSV: &[(&str, Severity)] = &[
    ("CRITICAL", Severity::Critical),
    ("HIGH", Severity::High),
    ("MODERATE", Severity::Medium),
    ("MEDIUM", Severity::Medium),
    ("LOW", Severity::Low),
];

/// Words of an in-toto vulnerability predicate's `severity[].score` where it is no number.
pub(super) const IN_TOTO: &[(&str, Severity)] = &[
    ("critical", Severity::Critical),
    ("high", Severity::High),
    ("moderate", Severity::Medium),
    ("medium", Severity::Medium),
    ("low", Severity::Low),
    ("negligible", Severity::Negligible),
    ("none", Severity::Unknown),
    ("unknown", Severity::Unknown),
];

/// The severity that a word means in a table, in any letter case; none for a word that is not in it.
pub(super) fn of_word(table: &[(&str, Severity)], word: &str) -> Option<Severity> {
    let word = word.trim();
    let found = table.iter().find(|(one, _)| one.eq_ignore_ascii_case(word));
    found.map(|(_, severity)| *severity)
}

/// The qualitative rating of a CVSS score (CVSS v3.1 section 5); none for 0.0, which rates nothing, and for no score.
pub(super) fn of_score(text: &str) -> Option<Severity> {
    let score: f64 = text.trim().parse().ok()?;
    // The rating's ends are given to one decimal, as scores are.
    let tenths = (score * 10.0).round();
    if !(1.0..=100.0).contains(&tenths) {
        return None;
    }
    Some(match tenths {
        90.0.. => Severity::Critical,
        70.0.. => Severity::High,
        40.0.. => Severity::Medium,
        _ => Severity::Low,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_rated_as_cvss_rates_them() {
        for (text, severity) in [
            ("0.1", Severity::Low),
            ("3.9", Severity::Low),
            ("4.0", Severity::Medium),
            ("6.9", Severity::Medium),
            ("7", Severity::High),
            ("8.9", Severity::High),
            ("9.0", Severity::Critical),
            ("10.0", Severity::Critical),
        ] {
            assert_eq!(of_score(text), Some(severity), "{text}");
        }
        for text in ["", "0", "0.0", "10.1", "-1", "NaN", "inf", "high"] {
            assert_eq!(of_score(text), None, "{text}");
        }
    }

    #[test]
    fn a_word_that_is_not_in_the_table_has_no_severity() {
        assert_eq!(of_word(OSV, "moderate"), Some(Severity::Medium));
        assert_eq!(of_word(TRIVY, "MODERATE"), None);
        assert_eq!(of_word(GRYPE, "Crit1cal"), None);
    }
}
