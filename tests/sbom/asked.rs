//! The binary in the folder of the fixtures, and its answers held against their schemas.

use crate::common::{Run, evidence, finish};
use serde_json::Value;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// Documents by real tools.
pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sbom")
}

/// Runs the binary in the folder of the fixtures.
pub(crate) fn ask(args: &[&str]) -> Run {
    finish(evidence().current_dir(fixtures()).args(args))
}

/// The same with bytes on standard input.
pub(crate) fn ask_with(bytes: &[u8], args: &[&str]) -> Run {
    let mut command = evidence();
    let mut child = command
        .current_dir(fixtures())
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Who refuses early may not read to the end.
    let _ = child.stdin.take().unwrap().write_all(bytes);
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Exit code and JSON, which is by its schema.
pub(crate) fn answer(args: &[&str]) -> (Option<i32>, Value) {
    valid(ask(&[args, &["--output", "json"]].concat()), args)
}

/// The same with bytes on standard input.
pub(crate) fn answer_with(bytes: &[u8], args: &[&str]) -> (Option<i32>, Value) {
    let ran = ask_with(bytes, &[args, &["--output", "json"]].concat());
    valid(ran, args)
}

/// The run's answer, which is by the schema of the command.
pub(crate) fn valid(ran: Run, args: &[&str]) -> (Option<i32>, Value) {
    let value: Value = serde_json::from_str(&ran.stdout)
        .unwrap_or_else(|_| panic!("{args:?}: {}{}", ran.stdout, ran.stderr));
    let name = format!("{}-{}", args[0], args[1]);
    let path = format!("schemas/evidence-{name}-v1.schema.json");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
    (ran.code, value)
}

/// Codes of what stands against an answer's part.
pub(crate) fn codes(part: &Value) -> Vec<&str> {
    let problems = part["problems"].as_array().unwrap();
    problems
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect()
}
