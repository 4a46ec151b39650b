//! A run whose every credential is known: none of them is in anything that it writes or says, in whatever encoding, be
//! it a good run or one against servers and commands that repeat what they were given.

mod proxy;
mod repeating;
mod search;

use crate::common::project::Project;
use crate::common::{Run, evidence, finish, text};
use crate::stage::{Stage, command, store};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidence::model::Digest;
use evidence::sandbox::Service;
use proxy::guarded;
use search::{Canaries, assert_none_below};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::Ordering;

/// Where nobody seals.
const NO_TOKEN: &str = "n0-header.n0-claims.n0-signature-of-anybody";

/// The credentials of the run, new in each.
struct Keys {
    bearer: String,
    header: String,
    cookie: String,
    basic: String,
    grafana: String,
    registry: String,
    proxy: String,
    command: String,
    cluster: String,
    secret: String,
}

impl Keys {
    fn new() -> Self {
        let drawn = |name: &str| {
            let seed = format!(
                "{name} {:?} {}",
                std::time::SystemTime::now(),
                std::process::id()
            );
            Digest::of(seed.as_bytes()).hex()[..24].to_owned()
        };
        Self {
            bearer: drawn("bearer"),
            header: format!("k/{}+=", drawn("header")),
            cookie: format!("session={}", drawn("cookie")),
            basic: format!("pä ß/+%&\"{}", drawn("basic")),
            grafana: format!("glsa_{}", drawn("grafana")),
            registry: format!("r:{}/+", drawn("registry")),
            proxy: drawn("proxy"),
            command: format!("db {}", drawn("command")),
            cluster: drawn("cluster"),
            secret: drawn("secret"),
        }
    }

    fn canaries(&self, token: &str) -> Canaries {
        Canaries::new(&[
            ("bearer token", &self.bearer),
            ("header", &self.header),
            // What is secret of it.
            ("cookie", self.cookie.strip_prefix("session=").unwrap()),
            ("basic password", &self.basic),
            ("token of grafana", &self.grafana),
            ("registry password", &self.registry),
            ("proxy password", &self.proxy),
            ("variable of a command", &self.command),
            ("token of the cluster", &self.cluster),
            ("a Secret of the cluster", &self.secret),
            ("identity token", token),
            (
                "signature of the identity token",
                token.rsplit('.').next().unwrap(),
            ),
        ])
    }
}

/// A world with its keys, and a home and a path of its own.
struct Scene {
    stage: Stage,
    keys: Keys,
    home: PathBuf,
}

impl Scene {
    fn new() -> Self {
        let stage = Stage::new();
        let home = stage.world.new_folder();
        let keys = Keys::new();
        let write = |name: &str, text: &str| {
            let path = home.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            ".kube/config",
            &format!("users: [{{name: ci, user: {{token: {}}}}}]\n", keys.cluster),
        );
        // Prints what is asked of the cluster, and what it was given.
        write(
            "bin/kubectl",
            "#!/bin/sh\ncase \"$2\" in\n\
             pods) echo '{\"items\": [{\"metadata\": {\"name\": \"api-0\"}}]}' ;;\n\
             secrets) printf '{\"kind\": \"List\", \"items\": [{\"kind\": \"Secret\", \"data\": {\"pw\": \"%s\"}}]}' \
             \"$(printf %s \"$CLUSTER_SECRET\" | base64)\" ;;\n\
             config) cat \"$HOME/.kube/config\" ;;\n\
             env) env ;;\nesac\n",
        );
        let kubectl = home.join("bin/kubectl");
        fs::set_permissions(kubectl, fs::Permissions::from_mode(0o755)).unwrap();
        Self { stage, keys, home }
    }

    /// The command with all credentials where it looks for them.
    fn with_keys(&self, mut command: Command, registry: &str) -> Command {
        let keys = &self.keys;
        let pair = STANDARD.encode(format!("me:{}", keys.registry));
        let docker = self.home.join(".docker");
        fs::create_dir_all(&docker).unwrap();
        let config = format!("{{\"auths\": {{\"{registry}\": {{\"auth\": \"{pair}\"}}}}}}");
        fs::write(docker.join("config.json"), config).unwrap();
        let path = std::env::var("PATH").unwrap();
        command
            .env("HOME", &self.home)
            .env(
                "PATH",
                format!("{}:{path}", self.home.join("bin").display()),
            )
            .env("PROM_TOKEN", &keys.bearer)
            .env("API_KEY", &keys.header)
            .env("PROM_COOKIE", &keys.cookie)
            .env("PROM_PASSWORD", &keys.basic)
            .env("GRAFANA_TOKEN", &keys.grafana)
            .env("DB_PASSWORD", &keys.command)
            .env("CLUSTER_SECRET", &keys.secret)
            .env(
                "HTTPS_PROXY",
                format!("http://me:{}@127.0.0.1:1", keys.proxy),
            )
            .env("NO_PROXY", "127.0.0.1,localhost");
        command
    }

    /// `evidence collect` for the sections; nothing that it says or writes holds a canary.
    #[track_caller]
    fn collected(&self, name: &str, sections: &str, code: i32) -> Run {
        let project = self.stage.project(sections);
        let run = finish(&mut self.with_keys(command("collect", &project), "127.0.0.1:1"));
        assert_eq!(run.code, Some(code), "{name}: {}", run.stderr);
        assert_clean(&self.keys.canaries(NO_TOKEN), &run, name);
        if project.path(".evidence").exists() {
            assert_none_below(&self.keys.canaries(NO_TOKEN), &store(&project));
        }
        run
    }
}

#[track_caller]
fn assert_clean(canaries: &Canaries, run: &Run, name: &str) {
    for said in [&run.stdout, &run.stderr] {
        let found = canaries.found(said.as_bytes());
        assert_eq!(found, Vec::<String>::new(), "{name}: {said}");
    }
}

fn guarded_sections(scene: &Scene, registry: &str, servers: [&str; 3]) -> String {
    let [main, other, grafana] = servers;
    let sandbox = &scene.stage.world.sandbox;
    format!(
        "identities:\n  release: {{issuer: \"{}\", subject: \"{}\"}}\n\
         trusted-roots: [trusted_root.json]\n\
         images: [{{name: api, reference: \"{registry}/demo/api:{{tag}}\", signed-by: release, sbom: {{format: spdx, signed-by: release}}}}]\n\
         prometheus:\n  main: {{url: \"http://{main}\", bearer-env: PROM_TOKEN, headers: {{X-Api-Key: {{env: API_KEY}}, Cookie: {{env: PROM_COOKIE}}}}}}\n\
         \x20 other: {{url: \"http://{other}\", basic: {{username: me, password-env: PROM_PASSWORD}}}}\n\
         grafana: {{main: {{url: \"http://{grafana}\", bearer-env: GRAFANA_TOKEN}}}}\n\
         metrics:\n  - {{id: up, from: main, expr: 'queue_lag{{queue=\"orders\"}}', window: 10m, step: 60s}}\n\
         \x20 - {{id: lag, from: other, expr: 'queue_lag{{queue=\"orders\"}}', window: 10m, step: 60s}}\n\
         dashboards: [{{id: overview, grafana: main, uid: shop-overview, window: 2h, width: 400, height: 200, prometheus: main}}]\n\
         commands:\n  - {{id: pods, run: [kubectl, get, pods], env: [DB_PASSWORD]}}\n\
         \x20 - {{id: secrets, run: [kubectl, get, secrets], env: [CLUSTER_SECRET]}}\n\
         redact: [{{id: secret-data, items: [secrets], pointer: '/items/*/data'}}]\n",
        sandbox.issuer_url(),
        sandbox.workflow().identity(),
    )
}

#[test]
fn a_release_with_every_kind_of_credential_writes_and_says_none_of_them() {
    let scene = Scene::new();
    let (keys, sandbox) = (&scene.keys, &scene.stage.world.sandbox);
    let bearer = |token: &str| ("authorization", format!("Bearer {token}"));
    let basic = |password: &str| {
        let pair = STANDARD.encode(format!("me:{password}"));
        ("authorization", format!("Basic {pair}"))
    };
    let (main, asked_main) = guarded(
        &sandbox.url(Service::Prometheus),
        &[
            bearer(&keys.bearer),
            ("x-api-key", keys.header.clone()),
            ("cookie", keys.cookie.clone()),
        ],
        "",
    );
    let prometheus = sandbox.url(Service::Prometheus);
    let (other, asked_other) = guarded(&prometheus, &[basic(&keys.basic)], "");
    let grafana_url = sandbox.url(Service::Grafana);
    let (grafana, asked_grafana) = guarded(&grafana_url, &[bearer(&keys.grafana)], "");
    let challenge = "www-authenticate: Basic realm=\"r\"\r\n";
    let (registry, asked_registry) =
        guarded(&sandbox.registry(), &[basic(&keys.registry)], challenge);
    let sections = guarded_sections(&scene, &registry, [&main, &other, &grafana]);
    let project = scene.stage.project(&sections);
    let args = scene.stage.world.release_args(&project);
    let token = args
        .iter()
        .skip_while(|arg| *arg != "--identity-token")
        .nth(1);
    let canaries = keys.canaries(token.unwrap());
    let mut release = evidence();
    release.args(&args);

    let released = finish(&mut scene.with_keys(release, &registry));

    // What was redacted is recorded, so the verdict is open.
    assert_eq!(released.code, Some(3), "{}", released.stderr);
    for (name, asked) in [
        ("prometheus main", asked_main),
        ("prometheus other", asked_other),
        ("grafana", asked_grafana),
        ("registry", asked_registry),
    ] {
        assert!(asked.load(Ordering::Relaxed) > 2, "{name} was not asked");
    }
    assert_clean(&canaries, &released, "release");
    assert!(assert_none_below(&canaries, &store(&project)) > 20);
    assert!(assert_none_below(&canaries, &project.out) >= 4);
    let bundle = text(&project.bundle());
    for format in ["text", "json", "markdown", "html", "statements"] {
        let mut report = evidence();
        report.args(["verify", &bundle, "--output", format]);
        report.args(scene.stage.world.trust_args());
        let run = finish(&mut scene.with_keys(report, &registry));
        assert!(run.stdout.len() > 100, "{format}: {}", run.stderr);
        assert_clean(&canaries, &run, format);
    }
    // The salts are the collector's alone.
    let salts = store(&project).join("salts/secrets.json");
    let mode = fs::metadata(&salts).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let salts = fs::read_to_string(salts).unwrap();
    let salt = salts.split("\"salt\": \"").nth(1).unwrap()[..64].to_owned();
    let salt = Canaries::new(&[("salt", &salt)]);
    assert_none_below(&salt, &project.out);
}

#[test]
fn a_password_of_a_key_is_in_nothing_that_is_written_or_said() {
    const KEY: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/sigstore/test-keys/alice.key"
    );
    let scene = Scene::new();
    let sections = "commands: [{id: dump, run: [sh, -c, 'echo $COSIGN_PASSWORD | base64'], env: [COSIGN_PASSWORD]}]\n";
    let wrong = "wr0ng-p4ssword-of-a-key";
    let canaries = Canaries::new(&[("password", wrong)]);
    for (sections, code, says) in [
        ("", 2, "the password does not open the key"),
        (sections, 2, "the password does not open the key"),
    ] {
        let project = scene.stage.project(sections);
        let mut release = command("release", &project);
        release
            .args(["--signing-key", KEY])
            .args(scene.stage.services());

        let run = finish(release.env("COSIGN_PASSWORD", wrong));

        assert_eq!(run.code, Some(code), "{}", run.stderr);
        assert!(run.stderr.contains(says), "{}", run.stderr);
        assert_clean(&canaries, &run, "release");
    }
    let project = scene.stage.project(sections);
    let collected = finish(command("collect", &project).env("COSIGN_PASSWORD", wrong));
    assert_eq!(collected.code, Some(3), "{}", collected.stderr);
    assert_clean(&canaries, &collected, "collect");
    assert_none_below(&canaries, &store(&project));
}

#[test]
fn a_password_written_into_a_url_is_refused_and_not_repeated() {
    let scene = Scene::new();
    let password = &scene.keys.proxy;
    let sections = format!(
        "prometheus: {{main: {{url: \"http://me:{password}@h\"}}}}\ngrafana: {{main: {{url: \"http://h/?token={password}\"}}}}\n"
    );

    let run = scene.collected("url", &sections, 2);

    assert!(
        run.stderr.contains("the url holds a user or password"),
        "{}",
        run.stderr
    );
}

/// A project with captures in its store that nothing was wrong with when they were taken.
fn captured_before(scene: &Scene, output: &str) -> Project {
    let project = scene.stage.project(
        "prometheus: {main: {url: \"http://127.0.0.1:1\", bearer-env: PROM_TOKEN}}\n\
         commands: [{id: dump, run: [cat, output.txt]}]\n",
    );
    fs::write(project.path("output.txt"), output).unwrap();
    let run = finish(command("collect", &project).env("PROM_TOKEN", "another"));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    project
}

#[test]
fn a_credential_that_only_packing_knows_of_stops_it_and_is_told_by_place_alone() {
    let scene = Scene::new();
    let output = format!("one\ntwo {}", scene.keys.bearer);
    let project = captured_before(&scene, &output);
    let mut pack = command("pack", &project);
    pack.arg("--out-dir").arg(&project.out);

    let run = finish(pack.env("PROM_TOKEN", &scene.keys.bearer));

    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let wanted = "  dump: files/dump/stdout 2:5: a credential of this run (bearer token of prometheus main)\n";
    assert!(run.stderr.contains(wanted), "{}", run.stderr);
    assert!(
        run.stderr
            .contains("  hint: blank it with a rule under `redact:`")
    );
    let canaries = scene.keys.canaries(NO_TOKEN);
    assert_clean(&canaries, &run, "pack");
    assert!(!project.bundle().exists());
}
