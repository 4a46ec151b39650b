//! Targets as JUnit suites.

use super::{SbomAnswer, SbomTarget, Standing};
use crate::model::Problem;
use crate::report::junit::{Case, Ended, Suite};

/// A suite for each target, a case for each of its documents and one for each problem.
pub fn suites(answer: &SbomAnswer) -> Vec<Suite> {
    answer.targets.iter().map(suite).collect()
}

fn suite(target: &SbomTarget) -> Suite {
    let failed = |subject: &str, problem: &Problem| Case {
        check: problem.code.clone(),
        subject: subject.into(),
        ended: match target.standing {
            Standing::Undetermined => Ended::Undetermined {
                code: format!("EV-{}", problem.code),
                message: problem.message.clone(),
            },
            _ => Ended::Failed {
                code: format!("EV-{}", problem.code),
                message: problem.message.clone(),
            },
        },
    };
    let mut cases: Vec<Case> = (target.problems.iter())
        .map(|problem| failed(&target.target, problem))
        .collect();
    for one in &target.documents {
        let place = one.origin.place();
        let subject = match place.as_str() {
            "" => target.target.clone(),
            place => format!("{} {place}", target.target),
        };
        if one.problems.is_empty() {
            let message = format!("{}: {} present", one.quality.profile, one.quality.score);
            cases.push(Case {
                check: "sbom".into(),
                subject,
                ended: Ended::Passed { message },
            });
            continue;
        }
        let problems = one.problems.iter();
        cases.extend(problems.map(|problem| failed(&subject, problem)));
    }
    Suite {
        name: target.target.clone(),
        cases,
    }
}
