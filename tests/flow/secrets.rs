//! Secrets go to the one service that they are for, and nowhere else.

use crate::common::project::Project;
use crate::common::{Run, evidence, finish};
use crate::failing::serve;
use crate::stage::{Stage, command, files_below, line, metric, store};
use evidence::sandbox::Service;
use std::fs;
use std::io::Read as _;

const TOKEN: &str = "glsa_5ecret-t0ken-of-the-run";
const HEADER: &str = "an0ther-5ecret-header";

fn with_secrets(stage: &Stage, more: &str) -> Project {
    let prometheus = stage.world.sandbox.url(Service::Prometheus);
    let keys = ", bearer-env: PROM_TOKEN, headers: {X-Api-Key: {env: API_KEY}}";
    stage.project(&(metric(&prometheus, keys) + more))
}

fn says_nothing(run: &Run) {
    for secret in [TOKEN, HEADER] {
        assert!(!run.stdout.contains(secret), "{}", run.stdout);
        assert!(!run.stderr.contains(secret), "{}", run.stderr);
    }
}

#[test]
fn a_secret_stands_in_no_byte_that_is_written_or_said() {
    let stage = Stage::new();
    let project = with_secrets(&stage, "");

    let run = finish(
        evidence()
            .args(stage.world.release_args(&project))
            .env("PROM_TOKEN", TOKEN)
            .env("API_KEY", HEADER),
    );

    assert_eq!(run.code, Some(0), "{}", run.stderr);
    says_nothing(&run);
    let mut files = files_below(&store(&project));
    files.extend(files_below(&project.out));
    assert!(files.len() > 10, "{files:?}");
    for file in files {
        let raw = fs::read(&file).unwrap();
        let mut plain = Vec::new();
        let is_gzip = file.extension().is_some_and(|extension| extension == "gz");
        if is_gzip {
            let mut reader = flate2::read::MultiGzDecoder::new(raw.as_slice());
            reader.read_to_end(&mut plain).unwrap();
        }
        for bytes in [raw, plain] {
            let text = String::from_utf8_lossy(&bytes);
            for secret in [TOKEN, HEADER] {
                assert!(!text.contains(secret), "{secret} in {}", file.display());
            }
        }
    }
}

#[test]
fn a_variable_that_is_not_set_is_refused_before_anything_is_done() {
    let stage = Stage::new();
    let project = with_secrets(&stage, "");

    let run = finish(command("collect", &project).env("API_KEY", HEADER));

    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(
        run.stderr
            .contains("server main: the environment variable PROM_TOKEN is not set"),
        "{}",
        run.stderr
    );
    says_nothing(&run);
    assert!(!project.path(".evidence").exists());
}

#[test]
fn a_server_that_repeats_its_credentials_in_an_error_is_not_quoted() {
    let stage = Stage::new();
    for status in ["500 Internal Server Error", "400 Bad Request"] {
        let echo = serve(status, "application/json", |head| {
            let token = head.lines().find(|line| line.starts_with("authorization"));
            format!(
                r#"{{"status":"error","errorType":"bad_data","error":"you said {}"}}"#,
                token.unwrap_or_default()
            )
        });
        let keys = ", bearer-env: PROM_TOKEN";
        let project = stage.project(&metric(&format!("http://{echo}"), keys));

        let run = finish(command("collect", &project).env("PROM_TOKEN", TOKEN));

        assert_eq!(run.code, Some(3), "{}", run.stderr);
        says_nothing(&run);
        assert!(
            line(&run, "up").contains("repeats a credential"),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn a_command_that_prints_a_secret_of_a_header_is_not_recorded() {
    let stage = Stage::new();
    let project = with_secrets(
        &stage,
        "commands: [{id: dump, run: [sh, -c, 'echo $API_KEY'], env: [API_KEY]}]\n",
    );

    let run = finish(
        command("collect", &project)
            .env("PROM_TOKEN", TOKEN)
            .env("API_KEY", HEADER),
    );

    assert_eq!(run.code, Some(3), "{}", run.stderr);
    assert!(
        line(&run, "dump").contains(
            "files/dump/stdout 1:1 holds a credential of this run (variable API_KEY): nothing is stored"
        ),
        "{}",
        run.stderr
    );
    says_nothing(&run);
}
