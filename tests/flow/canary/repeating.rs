//! Servers and commands that repeat what they were given, in whatever encoding.

use super::proxy::{Asked, answer, reply};
use super::search::assert_none_below;
use super::{NO_TOKEN, Scene, assert_clean};
use crate::common::{evidence, finish, text};
use crate::stage::{command, line};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use std::fmt::Write as _;
use std::fs;

/// Everything that the server was sent, and each header by itself, in an encoding.
fn echo(asked: &Asked, encode: Encode) -> String {
    let mut said = encode(&asked.head);
    for line in asked.head.lines() {
        let value = line.split_once(": ").map_or("", |(_, value)| value);
        let token = value.split_once(' ').map_or(value, |(_, token)| token);
        let _ = write!(said, " {} {}", encode(value), encode(token));
    }
    said
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// How a server may write what it was sent.
type Encode = fn(&str) -> String;

const ENCODINGS: [(&str, Encode); 5] = [
    ("plain", |text| text.into()),
    ("url", percent),
    ("base64", |text| STANDARD.encode(text)),
    ("base64 one behind", |text| {
        STANDARD.encode(format!("x{text}yz"))
    }),
    ("base64 for URLs, two behind", |text| {
        URL_SAFE_NO_PAD.encode(format!("\u{7f}?{text}y"))
    }),
];

#[test]
fn servers_that_repeat_credentials_in_whatever_encoding_are_not_quoted_and_not_stored() {
    let scene = Scene::new();
    for (encoding, encode) in ENCODINGS {
        let quoted = move |asked: &Asked| serde_json::to_string(&echo(asked, encode)).unwrap();
        let json = "content-type: application/json\r\n";
        let servers: Vec<(&str, String)> = vec![
            (
                "401",
                answer(move |asked| reply("401 Unauthorized", "", echo(asked, encode).as_bytes())),
            ),
            (
                "400",
                answer(move |asked| reply("400 Bad Request", "", echo(asked, encode).as_bytes())),
            ),
            (
                "error",
                answer(move |asked| {
                    let body = format!(
                        r#"{{"status":"error","errorType":"bad_data","error":{}}}"#,
                        quoted(asked)
                    );
                    reply("422 Unprocessable Entity", json, body.as_bytes())
                }),
            ),
            (
                "label",
                answer(move |asked| {
                    let body = format!(
                        r#"{{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{"l":{}}},"values":[]}}]}}}}"#,
                        quoted(asked)
                    );
                    reply("200 OK", json, body.as_bytes())
                }),
            ),
            (
                "content type",
                answer(move |asked| {
                    let one_line = echo(asked, encode).replace(['\r', '\n'], " ");
                    let header = format!("content-type: text/{one_line}\r\n");
                    reply("200 OK", &header, b"<html>")
                }),
            ),
            (
                "redirect",
                answer(move |asked| {
                    let token = asked.header("authorization").unwrap_or_default();
                    let token = encode(token.trim_start_matches("Bearer "));
                    let location = format!("location: /login/{token}?t={token}\r\n");
                    reply("302 Found", &location, b"")
                }),
            ),
        ];
        for (name, address) in servers {
            let keys = "bearer-env: PROM_TOKEN, headers: {X-Api-Key: {env: API_KEY}, Cookie: {env: PROM_COOKIE}}";
            let sections = format!(
                "prometheus: {{main: {{url: \"http://{address}\", {keys}}}}}\n\
                 grafana: {{main: {{url: \"http://{address}\", bearer-env: GRAFANA_TOKEN}}}}\n\
                 metrics: [{{id: up, from: main, expr: up, window: 10m, step: 60s}}]\n\
                 dashboards: [{{id: overview, grafana: main, uid: x, window: 2h}}]\n\
                 images: [{{name: api, reference: \"{address}/demo/api:1\"}}]\n"
            );
            let run = scene.collected(&format!("{name}, {encoding}"), &sections, 3);
            let project = scene.stage.project(&sections);
            let check = finish(&mut scene.with_keys(command("check", &project), "127.0.0.1:1"));
            assert_clean(&scene.keys.canaries(NO_TOKEN), &check, "check");
            assert!(
                line(&run, "up").starts_with("failed"),
                "{name}: {}",
                run.stderr
            );
        }
    }
}

#[test]
fn commands_that_print_what_they_were_given_in_whatever_encoding_are_not_stored() {
    let scene = Scene::new();
    let commands = [
        "printf %s \"$DB_PASSWORD\"",
        "printf %s \"$DB_PASSWORD\" >&2",
        "printf %s \"$DB_PASSWORD\" | base64",
        "printf 'x%sy' \"$DB_PASSWORD\" | base64",
        "printf 'xy%s' \"$DB_PASSWORD\" | base64 | tr '+/' '-_' | tr -d =",
        "printf %s \"$DB_PASSWORD\" | tr ' ' +",
        "printf %s \"$DB_PASSWORD\" | sed 's/ /%20/'",
        "kubectl get config",
        "kubectl get env",
        "kubectl get secrets",
        "kubectl get config | base64",
    ];
    let mut sections = String::from("commands:\n");
    for (at, run) in commands.iter().enumerate() {
        let run = serde_json::to_string(run).unwrap();
        let env = "[DB_PASSWORD, CLUSTER_SECRET]";
        let _ = writeln!(
            sections,
            "- {{id: c{at}, run: [sh, -c, {run}], env: {env}}}"
        );
    }

    let run = scene.collected("commands", &sections, 3);

    for (at, command) in commands.iter().enumerate() {
        let said = line(&run, &format!("c{at}"));
        assert!(said.starts_with("failed"), "{command}: {said}");
        assert!(said.contains("nothing is stored"), "{said}");
    }
    let secret = line(&run, "c9");
    assert!(
        secret.contains(
            "files/c9/stdout 1:37 (/items/0/kind) holds a Secret of Kubernetes with data"
        ) || secret.contains("a credential of this run (variable CLUSTER_SECRET)"),
        "{secret}"
    );
}

#[test]
fn a_certificate_authority_that_repeats_the_identity_token_is_not_quoted() {
    let scene = Scene::new();
    let project = scene.stage.project("");
    let echo = answer(|asked| reply("400 Bad Request", "", &asked.body));
    let config = scene.stage.world.path("signing_config.json");
    let mut config: serde_json::Value = serde_json::from_slice(&fs::read(config).unwrap()).unwrap();
    for ca in config["caUrls"].as_array_mut().unwrap() {
        ca["url"] = format!("http://{echo}").into();
    }
    let elsewhere = scene.home.join("signing_config.json");
    fs::write(&elsewhere, config.to_string()).unwrap();
    let mut args = scene.stage.world.release_args(&project);
    let at = args
        .iter()
        .position(|arg| arg == "--signing-config")
        .unwrap();
    args[at + 1] = text(&elsewhere);
    let at = args
        .iter()
        .position(|arg| arg == "--identity-token")
        .unwrap();
    let canaries = scene.keys.canaries(&args[at + 1]);

    let run = finish(evidence().args(&args));

    assert_ne!(run.code, Some(0), "{}", run.stderr);
    assert_clean(&canaries, &run, "release");
    assert_none_below(&canaries, &project.out);
}
