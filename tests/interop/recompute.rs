//! The queries that can be recomputed from raw samples, over random samples with resets, gaps, NaN and staleness.

use super::project::{Project, Sealer};
use super::running::{prometheus3, shared, variable};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// The queries that are open on some grid of the default seed. Their samples come by remote read, which leaves the
/// sign of a zero out: -0 is equal to 0, and protobuf sends no field that is equal to its default.
const OPEN: [&str; 5] = [
    "{__name__=~\"random_(info|ratio)\",instance!=\"\"}",
    "random_ratio{instance=\"flaps\"} offset 7s",
    "min without (queue) (random_ratio)",
    "max(random_ratio)",
    "1 / random_ratio",
];
/// Why they are.
const WHY_OPEN: &str = "the answer depends on the signs of zeros, which remote read does not tell";
const DEFAULT_SEED: &str = "1";

/// `END WINDOW STEP` of a line `grid …`, and a query.
struct List {
    grids: Vec<Grid>,
    queries: Vec<String>,
}

struct Grid {
    /// Milliseconds since 1970.
    end_ms: i64,
    /// Window and step; none for an instant query.
    range: Option<(String, String)>,
}

#[test]
fn every_query_of_the_list_is_answered_and_computed_again_for_every_kind_of_server() {
    let _servers = shared();
    let list = List::read();
    let servers = servers();
    let mut unanswered: BTreeSet<String> = servers
        .iter()
        .flat_map(|(server, _)| (0..list.queries.len()).map(move |number| id(number, server)))
        .collect();
    let mut found = Found::default();

    for grid in &list.grids {
        let project = Project::with_configuration(&configuration(&list, grid, &servers));
        let ran = project.collect_at(&grid.end());
        // NaN and missing steps are requirements that are not met; nothing failed to answer.
        assert!(matches!(ran.exit, Some(0 | 4)), "{ran:?}");
        unanswered.retain(|id| result(&project, id).is_empty());
        for (number, query) in list.queries.iter().enumerate() {
            for (server, _) in &servers {
                let item = project.stored(&id(number, server));
                found.add(&item["item"]["claim"], server, query);
            }
        }
    }

    let seed = variable("STACK_RANDOM_SEED");
    println!("seed {seed}: {:#?}", found.counts);
    let query = |id: &String| &list.queries[id[1..4].parse::<usize>().unwrap()];
    let unanswered: Vec<_> = unanswered.iter().map(|id| (id, query(id))).collect();
    assert!(unanswered.is_empty(), "seed {seed}: {unanswered:#?}");
    assert!(found.wrong.is_empty(), "seed {seed}: {:#?}", found.wrong);
    if seed == DEFAULT_SEED {
        for (server, _) in &servers {
            let expected: BTreeSet<String> = OPEN.map(str::to_owned).into();
            assert_eq!(found.open.get(*server), Some(&expected), "{server}");
        }
    }
}

#[test]
fn what_was_computed_again_when_it_was_captured_is_so_when_its_bundle_is_verified() {
    let _servers = shared();
    let list = List::read();
    let servers = servers();
    let grid = &list.grids[0];
    let project = Project::with_configuration(&configuration(&list, grid, &servers));

    let released = project.release_at(&grid.end(), Sealer::PlainKey, &[]);
    // NaN and missing steps are requirements that are not met.
    assert!(matches!(released.exit, Some(0 | 4)), "{released:?}");
    let verified = project.verify();

    assert_eq!(verified.exit, released.exit, "{verified:?}");
    let report = verified.json();
    assert_eq!(report["verdict"], "verified");
    let items = report["items"].as_array().unwrap();
    let mut found = Found::default();
    for (server, _) in &servers {
        for (number, query) in list.queries.iter().enumerate() {
            let id = id(number, server);
            let item = items.iter().find(|item| item["id"] == *id).unwrap();
            found.add(item, server, query);
            let is_equal = item["facts"]["recomputed"]["outcome"] == "equal";
            let status = if is_equal { "verified" } else { "recorded" };
            // Where there is not one number, something is missing, whatever follows.
            let status = [status, "missing"].map(Value::from);
            assert!(status.contains(&item["status"]), "{item:#}");
        }
    }
    println!("in the bundle: {:#?}", found.counts);
    assert!(found.wrong.is_empty(), "{:#?}", found.wrong);
}

/// A target that goes away with a stale marker, and one that goes away as often and as long without a word.
#[test]
fn the_random_samples_have_stale_markers_that_both_kinds_of_server_obey() {
    let _servers = shared();
    let grid = Grid::after_start(3_600_000, Some(("1h", "10s")));
    let list = List {
        queries: ["stale", "gone"]
            .map(|way| format!("count(random_info{{instance=\"{way}\"}})"))
            .into(),
        grids: Vec::new(),
    };
    let servers = servers();

    let project = Project::with_configuration(&configuration(&list, &grid, &servers));
    let ran = project.collect_at(&grid.end());

    assert!(matches!(ran.exit, Some(0 | 4)), "{ran:?}");
    for (server, _) in servers {
        let steps = |number| {
            let result = result(&project, &id(number, server));
            result[0]["values"].as_array().unwrap().len()
        };
        // Away for 2 and for 9 minutes. Of the first absence the lookback hides all, of the other five minutes.
        let (stale, gone) = (steps(0), steps(1));
        assert_eq!(stale, 361 - 12 - 54, "{server}");
        // Only remote read tells stale markers, and without them another answer would follow.
        for number in 0..2 {
            let id = id(number, server);
            let item = project.stored(&id);
            let record = project.stored_bytes(&item, &format!("metrics/{id}/raw.json"));
            let record: Value = serde_json::from_slice(&record.unwrap()).unwrap();
            assert_eq!(record["selectors"][0]["via"], "remote-read", "{record:#}");
            let recomputed = &item["item"]["claim"]["facts"]["recomputed"];
            assert_eq!(recomputed["outcome"], "equal", "{id}: {recomputed}");
        }
        assert!(
            (361 - 54 + 28..361 - 54 + 32).contains(&gone),
            "{server}: {gone}"
        );
    }
}

/// How the answers compare with what follows from the samples behind them.
#[derive(Default)]
struct Found {
    /// By server and outcome.
    counts: BTreeMap<(String, String), usize>,
    /// The queries that are open as is expected of them, by server.
    open: BTreeMap<String, BTreeSet<String>>,
    /// What is not as it has to be.
    wrong: Vec<String>,
}

impl Found {
    fn add(&mut self, claim: &Value, server: &str, query: &str) {
        let recomputed = &claim["facts"]["recomputed"];
        let outcome = recomputed["outcome"].as_str().unwrap_or("none");
        let key = (server.to_owned(), outcome.to_owned());
        *self.counts.entry(key).or_default() += 1;
        if outcome == "open" && OPEN.contains(&query) && recomputed["reason"] == WHY_OPEN {
            let open = self.open.entry(server.to_owned()).or_default();
            open.insert(query.to_owned());
        } else if outcome != "equal" {
            self.wrong.push(format!("{server} {query}: {recomputed}"));
        }
    }
}

impl List {
    fn read() -> Self {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/interop/recompute_queries.txt"
        );
        let text = fs::read_to_string(path).unwrap();
        let mut this = Self {
            grids: Vec::new(),
            queries: Vec::new(),
        };
        for line in text.lines() {
            let words: Vec<_> = line.split(' ').collect();
            match words[..] {
                [""] | ["#", ..] => {}
                ["grid", end, "-", "-"] => {
                    this.grids
                        .push(Grid::after_start(end.parse().unwrap(), None));
                }
                ["grid", end, window, step] => {
                    let range = Some((window, step));
                    this.grids
                        .push(Grid::after_start(end.parse().unwrap(), range));
                }
                _ => this.queries.push(line.to_owned()),
            }
        }
        assert!(this.queries.len() >= 60 && this.grids.len() >= 4);
        this
    }
}

impl Grid {
    /// `end_ms` counts from the start of the random samples.
    fn after_start(end_ms: i64, range: Option<(&str, &str)>) -> Self {
        let start: i64 = variable("STACK_RANDOM_START").parse().unwrap();
        Self {
            end_ms: start * 1000 + end_ms,
            range: range.map(|(window, step)| (window.to_owned(), step.to_owned())),
        }
    }

    fn end(&self) -> String {
        let end = jiff::Timestamp::from_millisecond(self.end_ms).unwrap();
        end.to_string()
    }
}

/// Every kind of server that is there, with its address.
fn servers() -> Vec<(&'static str, String)> {
    let mut servers = vec![("two", variable("STACK_PROMETHEUS_URL"))];
    servers.extend(prometheus3().map(|url| ("three", url)));
    servers
}

fn id(number: usize, server: &str) -> String {
    format!("q{number:03}-{server}")
}

fn configuration(list: &List, grid: &Grid, servers: &[(&str, String)]) -> String {
    let repository = variable("STACK_REPOSITORY");
    let mut text = format!(
        "version: 1\n\
         release: {{repository: github.com/{repository}, package: \"evidence-bundle-{{tag}}.tar.gz\"}}\n\
         prometheus:\n"
    );
    for (server, url) in servers {
        text.push_str(&format!("  {server}: {{url: \"{url}\"}}\n"));
    }
    text.push_str("metrics:\n");
    let range = match &grid.range {
        Some((window, step)) => format!(", window: {window}, step: {step}"),
        None => String::new(),
    };
    for (number, query) in list.queries.iter().enumerate() {
        for (server, _) in servers {
            let id = id(number, server);
            text.push_str(&format!(
                "  - {{id: {id}, from: {server}, expr: '{query}', series: all, raw: true{range}}}\n"
            ));
        }
    }
    text
}

/// The series of the server's answer.
fn result(project: &Project, id: &str) -> Vec<Value> {
    let item = project.stored(id);
    let bytes = project.stored_bytes(&item, &format!("metrics/{id}/chunk-000.json"));
    let mut answer: Value = serde_json::from_slice(&bytes.unwrap()).unwrap();
    assert_eq!(answer["status"], "success", "{id}");
    match answer["data"]["result"].take() {
        Value::Array(series) => series,
        other => panic!("{id}: {other}"),
    }
}
