//! A scan as a JUnit suite.

use super::VulnAnswer;
use crate::report::junit::{Case, Ended, Suite};
use crate::report::sbom::Standing;

/// A suite with a case for each problem, or one that passed.
pub fn suites(answer: &VulnAnswer) -> Vec<Suite> {
    let mut cases: Vec<Case> = (answer.problems.iter())
        .map(|problem| {
            let (code, message) = (format!("EV-{}", problem.code), problem.message.clone());
            Case {
                check: problem.code.clone(),
                subject: answer.report.clone(),
                ended: match answer.standing {
                    Standing::Undetermined => Ended::Undetermined { code, message },
                    _ => Ended::Failed { code, message },
                },
            }
        })
        .collect();
    if cases.is_empty() {
        let total = answer.scan.as_ref().map_or(0, |scan| scan.counts.total());
        cases.push(Case {
            check: "vulnerabilities".into(),
            subject: answer.report.clone(),
            ended: Ended::Passed {
                message: format!("{total} vulnerabilities, within all limits"),
            },
        });
    }
    vec![Suite {
        name: answer.report.clone(),
        cases,
    }]
}
