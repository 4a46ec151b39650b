//! Metrics through what companies put before a server, and across what happens to it in mid range.

use super::project::{Project, SAMPLES_END, Sealer};
use super::running::{Alone, Ran, control, prometheus3, run, shared, stack_file, variable};
use super::tripwire::{Nth, Tripwire};
use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

/// The first piece of the range is there, this one is asked for.
const SECOND_PIECE: Nth = Nth {
    number: 2,
    path_end: "/query_range",
};
/// Pieces of the range.
const PIECES: usize = 4;

#[test]
fn a_server_behind_basic_auth_gives_the_same_bytes() {
    let _servers = shared();

    let front = Front::basic("SHOP_PASSWORD");

    front.assert_gives_what_the_server_gives(&[("SHOP_PASSWORD", &basic_password())]);
}

#[test]
fn a_wrong_password_is_told_and_neither_it_nor_anything_of_it_is_shown_or_stored() {
    let _servers = shared();
    let project = Front::basic("SHOP_PASSWORD").project();
    let wrong = "not-the-passw0rd";

    let ran = project.collects(&[("SHOP_PASSWORD", wrong)]).exits(3);

    let denied = format!("{}/api/v1/", variable("STACK_BASIC_URL"));
    assert_eq!(ran.items("failed"), ["lag"]);
    assert!(
        ran.stderr.contains("access is denied (HTTP 401)"),
        "{ran:?}"
    );
    assert!(ran.stderr.contains(&denied), "{ran:?}");
    // Base64 of `auditor:not-the-passw0rd`.
    for secret in [wrong, "YXVkaXRvcjpub3QtdGhlLXBhc3N3MHJk"] {
        assert!(!format!("{ran:?}").contains(secret));
        assert!(!project.holds(secret));
    }
    project.assert_holds_nothing_half();
}

#[test]
fn a_password_that_is_not_set_is_told_by_the_name_of_its_variable() {
    let _servers = shared();
    let project = Front::basic("SHOP_PASSWORD").project();

    let ran = project.collects(&[("SHOP_PASSWORD", "")]).exits(2);

    let unset = "the environment variable SHOP_PASSWORD is not set";
    assert!(ran.stderr.contains(unset), "{ran:?}");
}

#[test]
fn a_server_with_a_certificate_of_a_private_ca_gives_the_same_bytes() {
    let _servers = shared();
    let ca = variable("STACK_TLS_CA");

    let front = Front::new("STACK_TLS_URL", &format!(", ca-file: \"{ca}\""));

    front.assert_gives_what_the_server_gives(&[]);
}

#[test]
fn a_certificate_of_a_private_ca_is_refused_where_that_ca_is_not_named() {
    let _servers = shared();
    let other = stack_file("trust/fulcio_root.pem");
    for ca in [String::new(), format!(", ca-file: \"{other}\"")] {
        let project = Front::new("STACK_TLS_URL", &ca).project();

        let ran = project.collects(&[]).exits(3);

        assert_eq!(ran.items("failed"), ["lag"]);
        assert!(ran.stderr.contains("certificate"), "{ran:?}");
        assert!(ran.stderr.contains(&variable("STACK_TLS_URL")), "{ran:?}");
        project.assert_holds_nothing_half();
    }
}

#[test]
fn a_front_that_compresses_for_who_takes_it_gives_the_same_bytes() {
    let _servers = shared();
    let url = format!("{}/api/v1/status/buildinfo", variable("STACK_GZIP_URL"));
    let compressed = run(Command::new("curl")
        .args(["-sS", "-D-", "-o/dev/null", "-HAccept-Encoding: gzip"])
        .arg(url));
    assert!(
        compressed.stdout.contains("Content-Encoding: gzip"),
        "{compressed:?}"
    );

    let front = Front::new("STACK_GZIP_URL", "");

    front.assert_gives_what_the_server_gives(&[]);
}

#[test]
fn a_front_that_compresses_for_everybody_is_told_and_nothing_is_stored() {
    let _servers = shared();
    let project = Front::new("STACK_ALWAYS_GZIP_URL", "").project();

    let ran = project.collects(&[]).exits(3);

    assert_eq!(ran.items("failed"), ["lag"]);
    assert!(ran.stderr.contains("gzip"), "{ran:?}");
    project.assert_holds_nothing_half();
}

#[test]
fn a_query_that_a_front_refuses_in_a_url_passes() {
    let _servers = shared();
    let long = format!("kafka_consumer_lag_sum{{pod!=\"{}\"}}", "x".repeat(8_000));
    let url = variable("STACK_SHORT_URLS_URL");
    let in_url = run(Command::new("curl")
        .args(["-sS", "-o", "/dev/null", "-w", "%{http_code}", "--get"])
        .args(["--data-urlencode", &format!("query={long}")])
        .arg(format!("{url}/api/v1/query")));
    assert_eq!(in_url.stdout, "414");

    let front = Front {
        expr: format!("sum({long}) + 0 * max(max_over_time(canary_traffic_weight[5m]))"),
        ..Front::new("STACK_SHORT_URLS_URL", "")
    };

    front.assert_gives_what_the_server_gives(&[]);
}

#[test]
fn a_wire_cut_between_two_pieces_stores_nothing_half_and_the_next_run_completes() {
    let _servers = shared();
    let mut servers = vec![variable("STACK_PROMETHEUS_URL")];
    servers.extend(prometheus3());
    for server in servers {
        let wire = Tripwire::cut(without_scheme(&server), SECOND_PIECE);
        let project = Front::at(&format!("http://{}", wire.address)).project();

        let first = project.0.release(Sealer::PlainKey, &[]).exits(3);

        assert_eq!(wire.counted(), SECOND_PIECE.number);
        assert_eq!(first.items("failed"), ["lag"]);
        assert!(first.stderr.contains(&wire.address), "{first:?}");
        project.assert_holds_nothing_half();
        assert!(!project.0.bundle().exists());
        wire.mend();
        project.assert_completes();
    }
}

#[test]
fn a_run_killed_between_two_pieces_stores_nothing_half_and_the_next_run_completes() {
    let _servers = shared();
    let running: Arc<Mutex<Option<u32>>> = Arc::default();
    let wire = {
        let running = Arc::clone(&running);
        let server = variable("STACK_PROMETHEUS_URL");
        Tripwire::acting(without_scheme(&server), SECOND_PIECE, move || {
            let id = running.lock().unwrap().unwrap().to_string();
            run(Command::new("kill").args(["-KILL", &id])).exits(0);
        })
    };
    let project = Front::at(&format!("http://{}", wire.address)).project();

    let mut child = {
        // Before its number is known, nobody can kill it.
        let mut running = running.lock().unwrap();
        let mut command = project.0.collect_command(SAMPLES_END);
        let child = command.stderr(Stdio::null()).spawn().unwrap();
        *running = Some(child.id());
        child
    };

    assert_eq!(child.wait().unwrap().code(), None);
    assert_eq!(wire.counted(), SECOND_PIECE.number);
    // What else was being written at that moment may lie about; nobody takes it for an answer.
    project.assert_holds_no_answer();
    project.assert_completes();
}

#[test]
fn a_server_that_starts_anew_between_two_pieces_is_told() {
    let alone = Alone::with_all_servers();
    let mut servers = vec![("prometheus", variable("STACK_PROMETHEUS_URL"))];
    servers.extend(prometheus3().map(|url| ("prometheus3", url)));
    for (name, url) in servers {
        let promised = alone.promise(&[name]);
        let wire = Tripwire::acting(without_scheme(&url), SECOND_PIECE, move || {
            control("stop", name);
            control("start", name);
        });
        let project = Front::at(&format!("http://{}", wire.address)).project();

        let ran = project.collects(&[]).exits(4);

        assert!(ran.stderr.contains("started anew"), "{ran:?}");
        let item = project.0.stored("lag");
        assert!(
            item.to_string().contains("started anew between"),
            "{item:#}"
        );
        drop(promised);
    }
}

/// One query, in pieces, to one server, with the samples behind it.
struct Front {
    url: String,
    /// What follows `url: …` in the configuration.
    options: String,
    expr: String,
}

impl Front {
    fn at(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            options: String::new(),
            expr: "sum(kafka_consumer_lag_sum) + 0 * max(max_over_time(canary_traffic_weight[5m]))"
                .to_owned(),
        }
    }

    fn new(url: &str, options: &str) -> Self {
        Self {
            options: options.to_owned(),
            ..Self::at(&variable(url))
        }
    }

    fn basic(password_env: &str) -> Self {
        let user = variable("STACK_BASIC_USER");
        let options = format!(", basic: {{username: {user}, password-env: {password_env}}}");
        Self::new("STACK_BASIC_URL", &options)
    }

    fn project(&self) -> Shop {
        let Self { url, options, expr } = self;
        // 181 steps.
        let points = 181_usize.div_ceil(PIECES);
        let repository = variable("STACK_REPOSITORY");
        Shop(Project::with_configuration(&format!(
            "version: 1\n\
             release: {{repository: github.com/{repository}, package: \"evidence-bundle-{{tag}}.tar.gz\"}}\n\
             prometheus: {{main: {{url: \"{url}\", chunk-points: {points}{options}}}}}\n\
             metrics:\n\
             \x20 - {{id: lag, expr: '{expr}', window: 3h, step: 60s, raw: true, statistic: max, \
             limit: \"<= 2000\"}}\n"
        )))
    }

    /// Through the front as straight from the server: every piece of the answer and of the samples behind it is the
    /// same to the byte, and the answer follows from those samples.
    #[track_caller]
    fn assert_gives_what_the_server_gives(&self, variables: &[(&str, &str)]) {
        let straight = Self {
            expr: self.expr.clone(),
            ..Self::at(&variable("STACK_PROMETHEUS_URL"))
        };
        let (straight, through) = (straight.project(), self.project());
        straight.collects(&[]).exits(0);

        let ran = through.collects(variables).exits(0);

        assert!(ran.items("captured").contains(&"lag"), "{ran:?}");
        let pieces = through.pieces();
        assert_eq!(pieces.len(), PIECES);
        assert!(pieces == straight.pieces());
        // Of the selector with a range by a query, of the one without by remote read.
        for file in ["raw-000-000.json", "raw-001-000.pb"] {
            let samples = through.file(file);
            assert!(samples.is_some(), "{file}");
            assert!(samples == straight.file(file), "{file}");
        }
        for project in [&straight, &through] {
            let item = project.0.stored("lag");
            let recomputed = &item["item"]["claim"]["facts"]["recomputed"];
            assert_eq!(recomputed["outcome"], "equal", "{item:#}");
        }
        for (_, secret) in variables {
            let user = format!("{}:{secret}", variable("STACK_BASIC_USER"));
            for secret in [(*secret).to_owned(), base64(&user)] {
                assert!(!format!("{ran:?}").contains(&secret));
                assert!(!through.holds(&secret));
            }
        }
    }
}

/// A project of that one query.
struct Shop(Project);

impl Shop {
    fn collects(&self, variables: &[(&str, &str)]) -> Ran {
        run(self
            .0
            .collect_command(SAMPLES_END)
            .envs(variables.iter().copied()))
    }

    /// The server's answers as they are stored.
    fn pieces(&self) -> Vec<Vec<u8>> {
        let piece = |number: usize| self.file(&format!("chunk-{number:03}.json"));
        (0..).map_while(piece).collect()
    }

    fn file(&self, name: &str) -> Option<Vec<u8>> {
        let item = self.0.stored("lag");
        self.0.stored_bytes(&item, &format!("metrics/lag/{name}"))
    }

    /// Whether any file of the capture store has that text.
    fn holds(&self, text: &str) -> bool {
        let mut grep = Command::new("grep");
        grep.args(["-rqF", "-e", text]).arg(self.0.store());
        run(&mut grep).exit != Some(1)
    }

    /// Neither the item nor any answer is there, and no bytes that belong to no item.
    #[track_caller]
    fn assert_holds_nothing_half(&self) {
        self.assert_holds_no_answer();
        let items: String = (self.names("items").iter())
            .map(|name| fs::read_to_string(self.0.store().join("items").join(name)).unwrap())
            .collect();
        for blob in self.names("blobs") {
            assert!(items.contains(&blob), "{blob} belongs to no item");
        }
    }

    #[track_caller]
    fn assert_holds_no_answer(&self) {
        let items = self.names("items");
        assert!(!items.contains("lag.json"), "{items:?}");
        assert!(!self.holds("resultType"));
    }

    /// Names of the files in a folder of the store.
    fn names(&self, folder: &str) -> BTreeSet<String> {
        let entries = fs::read_dir(self.0.store().join(folder)).unwrap();
        let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
        entries.map(|entry| name(entry.unwrap())).collect()
    }

    /// A second run captures what is left, and the bundle verifies.
    #[track_caller]
    fn assert_completes(&self) {
        let second = self.0.release(Sealer::PlainKey, &[]).exits(0);
        assert!(second.items("captured").contains(&"lag"), "{second:?}");
        assert_eq!(self.pieces().len(), PIECES);
        self.0.bundle_sha256();
        let report = self.0.verify().exits(0).json();
        assert_eq!(report["verdict"], "verified", "{report:#}");
    }
}

fn basic_password() -> String {
    let text = fs::read_to_string(variable("STACK_BASIC_PASSWORD_FILE")).unwrap();
    text.trim().to_owned()
}

/// As it stands in a header.
fn base64(text: &str) -> String {
    let mut command = Command::new("sh");
    let script = "printf %s \"$0\" | base64 --wrap=0";
    run(command.args(["-c", script, text])).exits(0).stdout
}

fn without_scheme(url: &str) -> &str {
    url.strip_prefix("http://").unwrap()
}
