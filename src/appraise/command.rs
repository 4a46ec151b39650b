//! A command's record: what ran, how it ended, what it wrote.

use super::{Appraised, Claim};
use crate::model::{Capture, CapturedFile, Digest, Problem, Status, limits};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `record.json` of a command.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CommandRecord {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Exit code; none when a signal ended it.
    pub exit_code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Whether it was ended because its time was up.
    pub timed_out: bool,
    /// When it was started, milliseconds since 1970-01-01T00:00:00Z.
    pub started_ms: i64,
    /// When it had ended, milliseconds since 1970-01-01T00:00:00Z.
    pub ended_ms: i64,
    /// Variables of the allow-list that were set; no value where the name speaks of a secret.
    pub environment: BTreeMap<String, Option<String>>,
    /// What it wrote to standard output.
    pub stdout: OutputRecord,
    /// What it wrote to standard error.
    pub stderr: OutputRecord,
}

/// One output stream of a command.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutputRecord {
    /// Bytes kept.
    pub size: u64,
    /// Of the bytes kept.
    pub sha256: Digest,
    /// Whether it wrote more than was kept.
    pub truncated: bool,
}

/// Appraises that the command `run` ended with `exit_code`. Never more than recorded: only the producer saw it.
///
/// Problems, none of which meets the expectation: `command-missing`, `command-record`, `command-argv`,
/// `command-exit`, `command-output`, `command-truncated`.
pub fn command(capture: &Capture, run: &[String], exit_code: i32) -> Appraised {
    let record = match record(capture) {
        Ok(record) => record,
        Err(problem) => {
            let summary = problem.message.clone();
            let claim = Claim::new(Status::Missing, Some(false), None::<()>, vec![problem]);
            return Appraised::new(claim, summary);
        }
    };
    let mut problems = Vec::new();
    if record.argv != run {
        let message = format!("ran {:?}, expected {run:?}", record.argv);
        problems.push(Problem::new("command-argv", message));
    }
    let ended = ended(&record);
    if record.exit_code != Some(exit_code) || record.signal.is_some() || record.timed_out {
        let message = format!("{ended}, expected exit code {exit_code}");
        problems.push(Problem::new("command-exit", message));
    }
    for (name, output) in [("stdout", &record.stdout), ("stderr", &record.stderr)] {
        let is_same = named(capture, name).is_some_and(|file| {
            file.bytes.len() as u64 == output.size && Digest::of(&file.bytes) == output.sha256
        });
        if !is_same {
            let message = format!("{name} is not what the record says");
            problems.push(Problem::new("command-output", message));
        }
        if output.truncated {
            let message = format!("{name} was longer than the {} bytes kept", output.size);
            problems.push(Problem::new("command-truncated", message));
        }
    }
    let program = record.argv.first().map_or("command", String::as_str);
    let summary = match problems.first() {
        None => format!("{program}: {ended}"),
        Some(problem) => format!("{program}: {}", problem.message),
    };
    let met = problems.is_empty();
    let claim = Claim::new(Status::Recorded, Some(met), &record, problems);
    Appraised::new(claim, summary)
}

fn ended(record: &CommandRecord) -> String {
    match (record.timed_out, record.exit_code, record.signal) {
        (true, _, _) => "its time was up".into(),
        (_, Some(code), _) => format!("exit code {code}"),
        (_, None, Some(signal)) => format!("ended by signal {signal}"),
        (_, None, None) => "no exit code".into(),
    }
}

fn record(capture: &Capture) -> Result<CommandRecord, Problem> {
    let file = named(capture, "record.json")
        .ok_or_else(|| Problem::new("command-missing", "there is no record of the command"))?;
    if file.bytes.len() as u64 > limits::COMMAND_RECORD_BYTES {
        let message = "the record is too large";
        return Err(Problem::new("command-record", message));
    }
    serde_json::from_slice(&file.bytes).map_err(|error| {
        let message = format!("the record is malformed at line {}", error.line());
        Problem::new("command-record", message)
    })
}

/// The only file whose last part is that name.
fn named<'a>(capture: &'a Capture, name: &str) -> Option<&'a CapturedFile> {
    let is_named = |file: &&CapturedFile| file.path.as_str().rsplit('/').next() == Some(name);
    let mut found = capture.files.iter().filter(is_named);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{MemberPath, Timestamp};

    fn good() -> CommandRecord {
        let output = |bytes: &[u8]| OutputRecord {
            size: bytes.len() as u64,
            sha256: Digest::of(bytes),
            truncated: false,
        };
        CommandRecord {
            argv: run(),
            exit_code: Some(0),
            signal: None,
            timed_out: false,
            started_ms: 1_000,
            ended_ms: 1_200,
            environment: BTreeMap::new(),
            stdout: output(b"{}"),
            stderr: output(b""),
        }
    }

    fn run() -> Vec<String> {
        vec!["kubectl".into(), "version".into()]
    }

    fn judge(record: &[u8], stdout: &[u8], exit_code: i32) -> Claim {
        let file = |name: &str, bytes: &[u8]| {
            let path = MemberPath::try_from(format!("files/version/{name}")).unwrap();
            CapturedFile::new(path, "text/plain", bytes.to_vec())
        };
        let capture = Capture {
            captured: Timestamp::UNIX_EPOCH,
            window: None,
            request: serde_json::json!({}),
            files: vec![
                file("record.json", record),
                file("stdout", stdout),
                file("stderr", b""),
            ],
        };
        command(&capture, &run(), exit_code).claim
    }

    #[test]
    fn the_wanted_exit_code_meets_the_expectation_and_is_never_more_than_recorded() {
        let failing = CommandRecord {
            exit_code: Some(3),
            ..good()
        };

        for (record, exit_code) in [(good(), 0), (failing, 3)] {
            let claim = judge(&serde_json::to_vec(&record).unwrap(), b"{}", exit_code);

            assert_eq!(
                (claim.status(), claim.met()),
                (Status::Recorded, Some(true))
            );
        }
    }

    #[test]
    fn each_defect_has_its_own_code_and_none_is_met() {
        let with = |change: &dyn Fn(&mut CommandRecord)| {
            let mut record = good();
            change(&mut record);
            serde_json::to_vec(&record).unwrap()
        };
        for (record, stdout, code) in [
            (
                with(&|record| record.exit_code = Some(1)),
                "{}",
                "command-exit",
            ),
            (
                with(&|record| record.timed_out = true),
                "{}",
                "command-exit",
            ),
            (
                with(&|record| record.signal = Some(9)),
                "{}",
                "command-exit",
            ),
            (
                with(&|record| record.argv.push("-v".into())),
                "{}",
                "command-argv",
            ),
            (
                with(&|record| record.stdout.truncated = true),
                "{}",
                "command-truncated",
            ),
            (with(&|_| {}), "{ }", "command-output"),
            (b"{}".to_vec(), "{}", "command-record"),
        ] {
            let claim = judge(&record, stdout.as_bytes(), 0);

            let codes: Vec<_> = claim
                .problems()
                .iter()
                .map(|problem| problem.code.as_str())
                .collect();
            assert_eq!(codes, [code]);
            assert_eq!(claim.met(), Some(false), "{code}");
        }
    }

    #[test]
    fn no_record_is_missing() {
        let capture = Capture {
            captured: Timestamp::UNIX_EPOCH,
            window: None,
            request: serde_json::json!({}),
            files: vec![],
        };

        let claim = command(&capture, &run(), 0).claim;

        assert_eq!(
            (claim.status(), claim.met()),
            (Status::Missing, Some(false))
        );
        assert_eq!(claim.problems()[0].code, "command-missing");
    }
}
