//! Exit codes and errors as people see them.

use std::fmt::Write as _;
use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Exit {
    /// All that was asked holds.
    Verified = 0,
    /// An integrity finding failed; no acceptable signature.
    Refused = 1,
    /// The command line, configuration or policy is wrong; nothing was done.
    Usage = 2,
    /// Something needed could not be read or reached.
    Undetermined = 3,
    /// A requirement failed.
    Unmet = 4,
    /// All holds, with something to look at: a gate is YELLOW.
    Conditional = 5,
    /// Interrupted; what was captured is kept.
    #[cfg(feature = "net")]
    Interrupted = 130,
}

impl Exit {
    /// The exit of a report.
    pub(crate) fn from_report(report: &evidence::model::Report) -> Self {
        match report.exit_code() {
            0 => Self::Verified,
            1 => Self::Refused,
            4 => Self::Unmet,
            5 => Self::Conditional,
            _ => Self::Undetermined,
        }
    }

    /// Of several: 1 before 4 before 3 before 5 before 0.
    pub(crate) fn worse(self, other: Self) -> Self {
        let rank = |exit| match exit {
            Self::Refused => 0,
            Self::Unmet => 1,
            Self::Undetermined => 2,
            Self::Conditional => 3,
            _ => 4,
        };
        if rank(other) < rank(self) {
            other
        } else {
            self
        }
    }
}

/// An error for the terminal: what happened, where, what to do.
#[derive(Debug)]
pub(crate) struct CliError {
    /// The exit code.
    pub(crate) exit: Exit,
    /// What happened, one line.
    pub(crate) message: String,
    /// Where and why, a line each.
    pub(crate) details: Vec<String>,
    /// What to do next.
    pub(crate) hint: Option<String>,
}

impl CliError {
    /// The command line, configuration or policy is wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Something needed could not be read or reached.
    pub(crate) fn unreachable(message: impl Into<String>) -> Self {
        Self::new(Exit::Undetermined, message)
    }

    /// With that exit code.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            details: Vec::new(),
            hint: None,
        }
    }

    /// The error with all its causes, each on a line.
    pub(crate) fn from_error(exit: Exit, error: &dyn std::error::Error) -> Self {
        let mut this = Self::new(exit, error.to_string());
        let mut cause = error.source();
        while let Some(inner) = cause {
            this.details.push(inner.to_string());
            cause = inner.source();
        }
        this
    }

    /// The same with this line.
    #[must_use]
    pub(crate) fn detail(mut self, line: impl Into<String>) -> Self {
        self.details.push(line.into());
        self
    }

    /// The same with this advice.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Prints it on stderr.
    pub(crate) fn print(&self) {
        let text = super::output::plain(&self.text());
        // Whoever was asked may have repeated what it was sent.
        #[cfg(feature = "net")]
        let text = super::secrets::scrubbed(&text);
        eprint!("{text}");
    }

    fn text(&self) -> String {
        let mut text = format!("error: {}\n", self.message);
        for line in &self.details {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {line}");
        }
        if let Some(hint) = &self.hint {
            let _ = writeln!(text, "  hint: {hint}");
        }
        text
    }
}

/// An error with all its causes on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let lines: Vec<_> = causes.map(ToString::to_string).collect();
    lines.join(": ")
}

/// Prints the error, if there is one, and gives the exit code.
pub(crate) fn finish(result: Result<Exit, CliError>) -> ExitCode {
    let exit = match result {
        Ok(exit) => exit,
        Err(error) => {
            error.print();
            error.exit
        }
    };
    ExitCode::from(exit as u8)
}
