//! A case: what is asked, and how it must be answered.

use crate::stage::{Stage, stage};
use evidence::sigstore::Judgement;
use serde_json::Value;
use std::fmt::Write as _;
use std::process::Command;

/// One defect and the code of the finding that it must give.
pub(crate) struct Case {
    /// A sentence.
    pub(crate) name: &'static str,
    /// Without `EV-signature-`.
    pub(crate) code: &'static str,
    verdict: &'static str,
    /// With the defect or without.
    ask: fn(&Stage, bool) -> Ask,
}

/// What is asked about a signature.
pub(crate) enum Ask {
    /// Arguments of the program.
    Program(Vec<String>),
    /// What the library answers where no command line leads.
    Library(Judgement),
}

/// What came back: the verdict, and the codes of the findings that did not pass.
#[derive(Debug, Eq, PartialEq)]
struct Answer {
    exit: Option<i32>,
    verdict: String,
    codes: Vec<String>,
}

/// A case in which the signature is refused.
pub(crate) const fn refused(
    name: &'static str,
    code: &'static str,
    ask: fn(&Stage, bool) -> Ask,
) -> Case {
    Case {
        name,
        code,
        verdict: "refused",
        ask,
    }
}

/// A case in which it cannot be judged: what is lacking is no fault of the signature.
pub(crate) const fn undetermined(
    name: &'static str,
    code: &'static str,
    ask: fn(&Stage, bool) -> Ask,
) -> Case {
    Case {
        name,
        code,
        verdict: "undetermined",
        ask,
    }
}

/// Asks every case with and without its defect, and lists all that were answered otherwise.
pub(crate) fn tell(cases: &[Case]) {
    let mut wrong = tell_apart(cases, true);
    wrong += &tell_apart(cases, false);
    assert!(wrong.is_empty(), "{wrong}");
}

/// Asks every case with its defect alone, where all are of one thing whose good form is asked for elsewhere.
pub(crate) fn tell_defects(cases: &[Case]) {
    let wrong = tell_apart(cases, true);
    assert!(wrong.is_empty(), "{wrong}");
}

fn tell_apart(cases: &[Case], with_defect: bool) -> String {
    let mut wrong = String::new();
    for case in cases {
        let expected = if with_defect {
            case.answer()
        } else {
            verified()
        };
        let (answer, text) = answer((case.ask)(stage(), with_defect));
        if answer != expected {
            let which = if with_defect { "with" } else { "without" };
            writeln!(
                wrong,
                "{} ({which} the defect):\n  wanted {expected:?}\n  got    {answer:?}\n{text}",
                case.name
            )
            .unwrap();
        }
    }
    wrong
}

impl Case {
    fn answer(&self) -> Answer {
        Answer {
            exit: Some(if self.verdict == "refused" { 1 } else { 3 }),
            verdict: self.verdict.into(),
            codes: vec![format!("EV-signature-{}", self.code)],
        }
    }
}

/// Checks that it is verified, and nothing stands against it.
pub(crate) fn tell_good(name: &str, ask: Ask) {
    let (answer, text) = answer(ask);
    assert_eq!(answer, verified(), "{name}\n{text}");
}

fn verified() -> Answer {
    Answer {
        exit: Some(0),
        verdict: "verified".into(),
        codes: Vec::new(),
    }
}

fn answer(ask: Ask) -> (Answer, String) {
    match ask {
        Ask::Program(args) => ask_program(&args),
        Ask::Library(judgement) => {
            let (exit, verdict) = match &judgement {
                Judgement::Valid(_) => (0, "verified"),
                Judgement::Invalid(_) | Judgement::UnknownKey(_) => (1, "refused"),
                Judgement::UnknownRoot(_) => (3, "undetermined"),
            };
            let problem = judgement.problem();
            let code = problem.map(|problem| format!("EV-signature-{}", problem.code));
            let answer = Answer {
                exit: Some(exit),
                verdict: verdict.into(),
                codes: code.into_iter().collect(),
            };
            (answer, format!("{judgement:?}"))
        }
    }
}

fn ask_program(args: &[String]) -> (Answer, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_evidence"))
        .env_clear()
        .args(args)
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let text = format!(
        "{}\n{stdout}{}",
        args.join(" "),
        String::from_utf8(output.stderr).unwrap()
    );
    let json: Value = serde_json::from_str(&stdout).unwrap_or_default();
    let list = json.get("images").or(json.get("blobs"));
    let Some([only]) = list.and_then(Value::as_array).map(Vec::as_slice) else {
        let answer = Answer {
            exit: output.status.code(),
            verdict: "none".into(),
            codes: Vec::new(),
        };
        return (answer, text);
    };
    let findings = only["findings"].as_array().unwrap();
    let codes = findings
        .iter()
        .filter(|finding| finding["outcome"] != "pass")
        .map(|finding| finding["code"].as_str().unwrap().to_owned());
    let answer = Answer {
        exit: output.status.code(),
        verdict: only["verdict"].as_str().unwrap().into(),
        codes: codes.collect(),
    };
    (answer, text)
}
