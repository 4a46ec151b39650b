//! JUnit XML, as CI servers read it: a suite for each group, a case for each check of a subject.

use super::text::one_line;
use crate::model::{Finding, Outcome};
use std::fmt::Write as _;

/// Cases that belong together, such as those of one image.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Suite {
    /// Its name.
    pub name: String,
    /// Its cases.
    pub cases: Vec<Case>,
}

/// One check.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Case {
    /// What was checked, such as `signature`.
    pub check: String,
    /// What it was checked on.
    pub subject: String,
    /// How it ended.
    pub ended: Ended,
}

/// How a check ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Ended {
    /// It holds.
    Passed {
        /// What was found.
        message: String,
    },
    /// It does not hold.
    Failed {
        /// Stable code.
        code: String,
        /// What was found.
        message: String,
    },
    /// It could not be judged.
    Undetermined {
        /// Stable code.
        code: String,
        /// Why.
        message: String,
    },
    /// It was not asked for.
    Skipped {
        /// Why.
        message: String,
    },
}

impl Suite {
    /// The suite of findings about one thing.
    pub fn of(name: &str, findings: &[Finding]) -> Self {
        Self {
            name: name.into(),
            cases: findings.iter().map(Case::of).collect(),
        }
    }

    fn count(&self, which: fn(&Ended) -> bool) -> usize {
        self.cases.iter().filter(|case| which(&case.ended)).count()
    }
}

impl Case {
    fn of(finding: &Finding) -> Self {
        let (code, message) = (finding.code.clone(), finding.message.clone());
        Self {
            check: finding.check.to_string(),
            subject: finding.subject.clone(),
            ended: match finding.outcome {
                // JUnit has no word between the two: what is to be looked at is in the output.
                Outcome::Pass | Outcome::Warning => Ended::Passed { message },
                Outcome::Fail => Ended::Failed { code, message },
                Outcome::Undetermined => Ended::Undetermined { code, message },
                Outcome::NotChecked => Ended::Skipped { message },
            },
        }
    }
}

/// The suites as XML with a closing line feed. Times are left out: the same findings give the same text.
pub fn junit(suites: &[Suite]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let all = |which| suites.iter().map(|suite| suite.count(which)).sum();
    let counts = counts(
        all(|_| true),
        all(is_failure),
        all(is_error),
        all(is_skipped),
    );
    line(
        &mut out,
        0,
        &format!("<testsuites name=\"evidence\" {counts}>"),
    );
    for suite in suites {
        let name = quoted(&suite.name);
        let counts = self::counts(
            suite.cases.len(),
            suite.count(is_failure),
            suite.count(is_error),
            suite.count(is_skipped),
        );
        line(&mut out, 1, &format!("<testsuite name={name} {counts}>"));
        for case in &suite.cases {
            write_case(&mut out, &suite.name, case);
        }
        line(&mut out, 1, "</testsuite>");
    }
    line(&mut out, 0, "</testsuites>");
    out
}

fn is_failure(ended: &Ended) -> bool {
    matches!(ended, Ended::Failed { .. })
}

fn is_error(ended: &Ended) -> bool {
    matches!(ended, Ended::Undetermined { .. })
}

fn is_skipped(ended: &Ended) -> bool {
    matches!(ended, Ended::Skipped { .. })
}

fn counts(tests: usize, failures: usize, errors: usize, skipped: usize) -> String {
    format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
}

fn write_case(out: &mut String, suite: &str, case: &Case) {
    let name = quoted(&format!("{} {}", case.check, case.subject));
    let class = quoted(suite);
    line(out, 2, &format!("<testcase name={name} classname={class}>"));
    let inner = match &case.ended {
        Ended::Passed { message } => format!("<system-out>{}</system-out>", escaped(message)),
        Ended::Failed { code, message } => {
            format!(
                "<failure type={} message={}/>",
                quoted(code),
                quoted(message)
            )
        }
        Ended::Undetermined { code, message } => {
            format!("<error type={} message={}/>", quoted(code), quoted(message))
        }
        Ended::Skipped { message } => format!("<skipped message={}/>", quoted(message)),
    };
    line(out, 3, &inner);
    line(out, 2, "</testcase>");
}

fn line(out: &mut String, depth: usize, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}{text}", "  ".repeat(depth));
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// Text as XML 1.0 may hold it: what it can hold by no reference (control characters, U+FFFE, U+FFFF) is written out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => out.extend(c.escape_unicode()),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Check, Group};
    use proptest::prelude::*;

    fn findings(text: &str) -> Vec<Finding> {
        let (check, group) = (Check::Signature, Group::Integrity);
        vec![
            Finding::pass(check, group, text, text),
            Finding::fail(check, group, text, "missing", text),
            Finding::undetermined(check, group, text, "unreachable", text),
            Finding::not_checked(check, group, text, text),
        ]
    }

    #[test]
    fn each_outcome_has_its_element_and_is_counted() {
        let xml = junit(&[
            Suite::of("a", &findings("x")),
            Suite::of("b", &findings("y")[..1]),
        ]);

        let document = roxmltree::Document::parse(&xml).unwrap();

        let root = document.root_element();
        let count = |name| root.attribute(name).unwrap().to_owned();
        assert_eq!(
            [
                count("tests"),
                count("failures"),
                count("errors"),
                count("skipped")
            ],
            ["5", "1", "1", "1"]
        );
        let suites: Vec<_> = root.children().filter(|node| node.is_element()).collect();
        assert_eq!(suites.len(), 2);
        let inner: Vec<_> = suites[0]
            .descendants()
            .filter(|node| {
                ["system-out", "failure", "error", "skipped"].contains(&node.tag_name().name())
            })
            .map(|node| (node.tag_name().name(), node.attribute("type")))
            .collect();
        assert_eq!(
            inner,
            [
                ("system-out", None),
                ("failure", Some("EV-signature-missing")),
                ("error", Some("EV-signature-unreachable")),
                ("skipped", None),
            ]
        );
        let case = suites[0]
            .children()
            .find(|node| node.has_tag_name("testcase"))
            .unwrap();
        assert_eq!(case.attribute("name"), Some("signature x"));
        assert_eq!(case.attribute("classname"), Some("a"));
    }

    proptest! {
        #[test]
        fn whatever_the_text_it_is_read_back_as_it_was(text in any::<String>()) {
            let xml = junit(&[Suite::of(&text, &findings(&text))]);

            let document = roxmltree::Document::parse(&xml).unwrap();

            let said = |name: &str| {
                let mut all = document.descendants().filter(|node| node.has_tag_name(name));
                all.next().unwrap().attribute("message").unwrap().to_owned()
            };
            let shown = one_line(&text).replace('\u{fffe}', "\\u{fffe}").replace('\u{ffff}', "\\u{ffff}");
            for name in ["failure", "error", "skipped"] {
                prop_assert_eq!(said(name), shown.clone());
            }
        }
    }
}
