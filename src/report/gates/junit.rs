//! A gate for a CI server: a case for each check.

use super::{Row, row};
use crate::model::{CheckResult, GateResult, GateVerdict};
use crate::report::junit::{Case, Ended, Suite, junit};

/// Gates' results as JUnit XML, a suite each: RED is a failure, INCONCLUSIVE an error, YELLOW passes with its words in
/// the output.
pub fn gate_junit(gates: &[(&str, &GateResult)]) -> String {
    let suites: Vec<Suite> = (gates.iter())
        .map(|(name, result)| Suite {
            name: format!("gate {name}"),
            cases: result.checks.iter().map(case).collect(),
        })
        .collect();
    junit(&suites)
}

fn case(check: &CheckResult) -> Case {
    let Row {
        verdict,
        id,
        rule,
        found,
    } = row(check);
    let words = [verdict.to_string(), rule, found];
    let words: Vec<String> = words
        .into_iter()
        .filter(|words| !words.is_empty())
        .collect();
    let message = words.join(": ");
    let first = check.reasons.first();
    let code = first.map_or_else(|| "EV-gate".into(), |reason| format!("EV-{}", reason.code));
    Case {
        check: "gate".into(),
        subject: id,
        ended: match verdict {
            GateVerdict::Green | GateVerdict::Yellow => Ended::Passed { message },
            GateVerdict::Red => Ended::Failed { code, message },
            GateVerdict::Inconclusive => Ended::Undetermined { code, message },
        },
    }
}
