//! Commands, run in the repository's root, and their records.

use super::process::{self, Kept};
use super::secrets::speaks_of_a_secret;
use crate::appraise::command::{CommandRecord, OutputRecord};
use crate::model::{Capture, CapturedFile, Digest, MemberPath, Timestamp, limits};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use tokio::process::Command;

/// What to run.
#[derive(Clone, Debug)]
pub struct CommandSource<'a> {
    /// Id of the item; members lie in `files/<id>/`.
    pub id: &'a str,
    /// Program and arguments; no shell reads them.
    pub run: &'a [String],
    /// Names of variables that the command gets besides `PATH`, `HOME`, `LANG` and `TMPDIR`.
    pub environment: &'a [String],
    /// How long it may take.
    pub timeout: Duration,
}

/// How long a command may take when nothing else is said.
pub const TIMEOUT: Duration = Duration::from_secs(600);

/// Why there is no record of a command.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// Nothing to run.
    #[error("the command is empty")]
    Empty,
    /// The program could not be started.
    #[error("{program} cannot be run")]
    Run {
        /// The program.
        program: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The id gives no member name.
    #[error("no member name")]
    Member(#[from] crate::model::MemberPathError),
    /// The record could not be written.
    #[error("the record cannot be written")]
    Record(#[source] serde_json::Error),
}

/// Runs a command and captures its record and output. Any exit code is a record; so is a time that was up.
///
/// Variables of the allow-list are recorded with their values, but for those whose names speak of a secret.
///
/// # Errors
/// When the program cannot be started.
pub async fn capture(root: &Path, source: &CommandSource<'_>) -> Result<Capture, CommandError> {
    let (program, arguments) = source.run.split_first().ok_or(CommandError::Empty)?;
    let environment = environment(source.environment);
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root);
    let always = ["PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT"];
    let asked = source.environment.iter().map(String::as_str);
    process::keep_variables(&mut command, always.into_iter().chain(asked));
    let started = Timestamp::now();
    let finished = process::run(command, b"", limits::COMMAND_OUTPUT_BYTES, source.timeout).await;
    let finished = finished.map_err(|source| CommandError::Run {
        program: program.clone(),
        source,
    })?;
    let captured = Timestamp::now();
    let record = CommandRecord {
        argv: source.run.to_vec(),
        exit_code: finished.exit_code,
        signal: finished.signal,
        timed_out: finished.timed_out,
        started_ms: started.as_millisecond(),
        ended_ms: captured.as_millisecond(),
        environment,
        stdout: output(&finished.stdout),
        stderr: output(&finished.stderr),
    };
    let record_bytes = serde_json::to_vec_pretty(&record).map_err(CommandError::Record)?;
    let file = |name: &str, bytes: Vec<u8>, media_type: &str| {
        let path = MemberPath::try_from(format!("files/{}/{name}", source.id))?;
        Ok::<_, CommandError>(CapturedFile::new(path, media_type, bytes))
    };
    let text = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(_) => "text/plain",
        Err(_) => "application/octet-stream",
    };
    let (stdout_type, stderr_type) = (text(&finished.stdout.bytes), text(&finished.stderr.bytes));
    Ok(Capture {
        captured,
        window: None,
        request: serde_json::json!({ "run": source.run, "environment": source.environment }),
        files: vec![
            file("record.json", record_bytes, "application/json")?,
            file("stderr", finished.stderr.bytes, stderr_type)?,
            file("stdout", finished.stdout.bytes, stdout_type)?,
        ],
    })
}

/// What is recorded of the allow-list.
fn environment(names: &[String]) -> BTreeMap<String, Option<String>> {
    let values = names.iter().filter_map(|name| {
        let value = std::env::var_os(name)?.to_string_lossy().into_owned();
        Some((name.clone(), (!speaks_of_a_secret(name)).then_some(value)))
    });
    values.collect()
}

fn output(kept: &Kept) -> OutputRecord {
    OutputRecord {
        size: kept.bytes.len() as u64,
        sha256: Digest::of(&kept.bytes),
        truncated: kept.truncated,
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::appraise;
    use crate::model::Status;

    fn argv(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).into()).collect()
    }

    async fn run(words: &[&str]) -> Result<Capture, CommandError> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("here.txt"), "here").unwrap();
        let source = CommandSource {
            id: "c",
            run: &argv(words),
            environment: &argv(&["CARGO_PKG_NAME", "NO_SUCH_VARIABLE"]),
            timeout: TIMEOUT,
        };
        capture(dir.path(), &source).await
    }

    fn file<'a>(capture: &'a Capture, name: &str) -> &'a [u8] {
        let path = format!("files/c/{name}");
        let mut files = capture.files.iter();
        &files.find(|file| file.path.as_str() == path).unwrap().bytes
    }

    fn record(capture: &Capture) -> CommandRecord {
        serde_json::from_slice(file(capture, "record.json")).unwrap()
    }

    #[tokio::test]
    async fn a_command_runs_in_the_root_and_its_output_is_recorded() {
        let words = ["sh", "-c", "cat here.txt; echo bad >&2; exit 3"];

        let capture = run(&words).await.unwrap();

        assert_eq!(file(&capture, "stdout"), b"here");
        assert_eq!(file(&capture, "stderr"), b"bad\n");
        assert_eq!(record(&capture).exit_code, Some(3));
        let wanted = appraise::command(&capture, &argv(&words), 3).claim;
        let unwanted = appraise::command(&capture, &argv(&words), 0).claim;
        assert_eq!(
            (wanted.status(), wanted.met()),
            (Status::Recorded, Some(true))
        );
        assert_eq!(unwanted.problems()[0].code, "command-exit");
    }

    #[tokio::test]
    async fn arguments_are_no_shell_text() {
        let capture = run(&["echo", "$HOME; exit 1"]).await.unwrap();

        assert_eq!(file(&capture, "stdout"), b"$HOME; exit 1\n");
    }

    #[tokio::test]
    async fn the_environment_is_the_allow_list_and_nothing_else() {
        let capture = run(&["env"]).await.unwrap();

        let stdout = String::from_utf8(file(&capture, "stdout").to_vec()).unwrap();
        assert!(stdout.contains("CARGO_PKG_NAME="), "{stdout}");
        assert!(!stdout.contains("CARGO_MANIFEST_DIR="), "{stdout}");
        let names: Vec<_> = record(&capture).environment.into_keys().collect();
        assert_eq!(names, ["CARGO_PKG_NAME"]);
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_an_error() {
        let error = run(&["no-such-program-here"]).await.unwrap_err();

        assert!(matches!(error, CommandError::Run { .. }), "{error}");
    }

    #[tokio::test]
    async fn when_the_time_is_up_the_whole_group_is_ended_and_recorded() {
        let source = CommandSource {
            id: "c",
            run: &argv(&["sh", "-c", "sleep 1000 & wait"]),
            environment: &[],
            timeout: Duration::ZERO,
        };

        let capture = capture(Path::new("."), &source).await.unwrap();

        let record = record(&capture);
        assert!(record.timed_out);
        assert_eq!((record.exit_code, record.signal), (None, Some(9)));
        let claim = appraise::command(&capture, source.run, 0).claim;
        assert_eq!(claim.problems()[0].code, "command-exit");
    }

    #[tokio::test]
    async fn an_output_beyond_the_limit_is_cut_and_said_so() {
        let mut command = Command::new("sh");
        command.args(["-c", "printf 0123456789"]);

        let finished = process::run(command, b"", 4, TIMEOUT).await.unwrap();

        assert_eq!(finished.stdout.bytes, b"0123");
        assert!(finished.stdout.truncated && !finished.stderr.truncated);
    }
}
