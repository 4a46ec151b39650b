//! One question about one image, put to `evidence` and to both cosigns.

use super::sign::{Style, roots_by_variables};
use crate::running::{Ran, evidence, run, trusted_root};
use std::process::Command;

/// What a verifier says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Answer {
    Accepted,
    Refused,
    /// Nothing was proven and nothing refuted: only `evidence` makes this difference.
    Undetermined,
    /// It was not the image that it refused: never wanted.
    Failed,
}

impl Answer {
    /// The same in cosign's words, which has two.
    pub(crate) fn as_cosign(self) -> Self {
        match self {
            Self::Accepted => Self::Accepted,
            Self::Refused | Self::Undetermined => Self::Refused,
            Self::Failed => Self::Failed,
        }
    }
}

/// Whom `evidence` is compared with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Cosign {
    Two,
    Three,
}

impl Cosign {
    pub(crate) const BOTH: [Self; 2] = [Self::Two, Self::Three];

    fn program(self) -> &'static str {
        match self {
            Self::Two => "cosign-v2",
            Self::Three => "cosign-v3",
        }
    }
}

/// A question, and the answer that `evidence` owes.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// STYLE/QUESTION.
    pub(crate) name: String,
    image: String,
    flags: Vec<String>,
    /// cosign's name of the predicate type and ours, when it is about an attestation.
    attestation: Option<(&'static str, &'static str)>,
    root: String,
    /// The only time is an authority's: cosign 2 has to be told that it may take that.
    timed_by_authority: bool,
    is_legacy_keyless: bool,
    pub(crate) wanted: Answer,
}

impl Case {
    /// Asks whether the image is signed; by whom, the flags say.
    pub(crate) fn new(style: Style, question: &str, image: &str, flags: Vec<String>) -> Self {
        Self {
            name: format!("{}/{question}", style.name),
            image: image.into(),
            flags,
            attestation: None,
            root: trusted_root(),
            timed_by_authority: style.is_timed_by_authority(),
            is_legacy_keyless: style.is_legacy() && style.signer.is_keyless(),
            wanted: Answer::Accepted,
        }
    }

    /// Asks for an attestation of that type instead of a signature.
    pub(crate) fn attestation(mut self, cosigns: &'static str, ours: &'static str) -> Self {
        self.attestation = Some((cosigns, ours));
        self
    }

    /// With another trusted root.
    pub(crate) fn root(mut self, path: &str) -> Self {
        self.root = path.into();
        self
    }

    pub(crate) fn wants(mut self, answer: Answer) -> Self {
        self.wanted = answer;
        self
    }

    pub(crate) fn refused(self) -> Self {
        self.wants(Answer::Refused)
    }

    /// What `evidence` says, and its words.
    pub(crate) fn ask_evidence(&self) -> (Answer, String) {
        let mut command = evidence();
        command.args(["image", "verify", &self.image, "--trusted-root", &self.root]);
        if let Some((_, kind)) = self.attestation {
            command.args(["--attestation", kind]);
        }
        let ran = run(command.args(&self.flags));
        let answer = match ran.exit {
            Some(0) => Answer::Accepted,
            Some(1) => Answer::Refused,
            Some(3) => Answer::Undetermined,
            _ => Answer::Failed,
        };
        (answer, words(&ran))
    }

    /// What that cosign says, and its words.
    pub(crate) fn ask(&self, cosign: Cosign) -> (Answer, String) {
        let mut command = Command::new(cosign.program());
        match self.attestation {
            Some((kind, _)) => command.args(["verify-attestation", "--type", kind]),
            None => command.arg("verify"),
        };
        // Nobody is asked besides the registry, as `evidence` asks nobody.
        command.arg("--offline");
        // The one combination for which cosign 2 takes no trusted root.
        if cosign == Cosign::Two && self.attestation.is_some() && self.is_legacy_keyless {
            command.envs(roots_by_variables());
        } else {
            command.args(["--trusted-root", &self.root]);
        }
        if self.timed_by_authority {
            command.arg("--use-signed-timestamps");
        }
        let ran = run(command.args(&self.flags).arg(&self.image));
        let answer = match ran.exit {
            Some(0) => Answer::Accepted,
            _ if is_a_verdict(&ran) => Answer::Refused,
            _ => Answer::Failed,
        };
        (answer, words(&ran))
    }
}

/// Whether cosign refused the image, and not the question: it has one exit code for both.
fn is_a_verdict(ran: &Ran) -> bool {
    [
        "no matching signatures",
        "no matching attestations",
        "no signatures found",
        "no attestations found",
        "none of the attestations matched the predicate type",
    ]
    .iter()
    .any(|verdict| ran.stderr.contains(verdict))
}

fn words(ran: &Ran) -> String {
    let text = if ran.stdout.trim().is_empty() || ran.exit != Some(0) {
        format!("{}{}", ran.stdout, ran.stderr)
    } else {
        "(verified)".into()
    };
    let mut lines: Vec<_> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    lines.truncate(12);
    lines.join(" | ")
}
