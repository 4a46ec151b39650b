//! The gates over a recorded cutover, judged by what real servers answer over its samples.

use super::project::{Project, Sealer};
use super::running::{Ran, TAG, evidence, prometheus3, run, shared, variable};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::Path;

const GATES: &str = include_str!("../../fixtures/prometheus/cutover/gates.json");
const EXPECTED: &str = include_str!("../../fixtures/prometheus/cutover/expected-verdicts.json");
const T0: &str = "2025-09-21T15:00:00Z";
/// The same in milliseconds since 1970.
const T0_MS: i64 = 1_758_466_800_000;

#[test]
fn each_gate_of_the_cutover_has_the_verdict_of_the_recordings_live_and_replayed_and_sealed() {
    let _servers = shared();
    let cutover = Cutover::new();
    let project = Project::with_configuration(&cutover.configuration);

    let mut verdicts = BTreeSet::new();
    for gate in &cutover.gates {
        let live = gate.live(&project).exits(exit(&gate.verdict));
        let replayed = replay(&project.store(), &["--gate", &gate.name]);
        let found = &live.json()["gates"][0];
        assert_eq!(found["verdict"], *gate.verdict, "{}: {found:#}", gate.name);
        assert_eq!(found["phase"], *gate.phase);
        assert_eq!(live.exit, replayed.exit, "{replayed:?}");
        assert_eq!(live.stdout, replayed.stdout);
        verdicts.insert(&*gate.verdict);
    }
    assert_eq!(verdicts.len(), 4, "{verdicts:?}");

    let of_store = replay(&project.store(), &[]).exits(4);
    project.release(Sealer::PlainKey, &[]).exits(4);
    let of_bundle = replay(&project.bundle(), &[]).exits(4);
    assert_eq!(of_store.stdout, of_bundle.stdout);
    let sealed = of_store.json()["gates"].as_array().unwrap().len();
    assert_eq!(sealed, cutover.gates.len());

    let report = project.verify().exits(4).json();
    assert_eq!(report["gateVerdict"], "RED");
    assert_eq!(report["verdict"], "undetermined");
    let undetermined = cutover.gates.iter();
    let undetermined = undetermined.filter(|gate| gate.verdict == "INCONCLUSIVE");
    let undetermined = undetermined.map(|gate| format!("{}.{}", gate.name, gate.phase));
    assert_eq!(left_open(&report), undetermined.collect());
    let items = report["items"].as_array().unwrap();
    let metrics: Vec<_> = items.iter().filter(|one| one["kind"] == "metric").collect();
    assert!(!metrics.is_empty());
    for item in metrics {
        assert_eq!(item["facts"]["recomputed"]["outcome"], "equal", "{item:#}");
        assert_eq!(item["status"], "verified", "{item:#}");
    }
}

/// The gates of the recordings as a configuration, once for each kind of server.
struct Cutover {
    configuration: String,
    gates: Vec<Gate>,
}

struct Gate {
    name: String,
    phase: String,
    /// That of the recordings.
    verdict: String,
}

impl Gate {
    fn live(&self, project: &Project) -> Ran {
        let mut command = evidence();
        command.args(["gate", &self.name, "--phase", &self.phase, "--t0", T0]);
        command.args(["--tag", TAG, "--output", "json", "--config"]);
        run(command.arg(project.path("shop/evidence.yaml")))
    }
}

impl Cutover {
    fn new() -> Self {
        let all: Value = serde_json::from_str(GATES).unwrap();
        let mut this = Sections::default();
        let mut gates = Vec::new();
        let mut servers = Map::new();
        for (server, recorded, url) in servers_with_recordings() {
            servers.insert(server.into(), json!({"url": url}));
            for gate in all["gates"].as_array().unwrap() {
                let query = format!("{}-{server}", text(&gate["query"]));
                let phase = this.add_phase(gate);
                this.add_metric(&query, server, text(&all["queries"][text(&gate["query"])]));
                this.judge_in(&query, &phase);
                let baseline = gate.get("baseline").map(|window| this.add_phase(window));
                if let Some(phase) = &baseline {
                    this.judge_in(&query, phase);
                }
                let name = format!("{}-{server}", text(&gate["id"]).replace(':', ""));
                let length = millis(&gate["end"]) - millis(&gate["start"]);
                let rules = gate["rules"].as_array().unwrap().iter();
                // A configuration refuses a rule that can never fire, which the gates of short phases have.
                let rules = rules.filter(|one| one["for"].as_i64().is_none_or(|run| run <= length));
                let rules: Vec<Value> = rules
                    .map(|one| rule(one, gate, baseline.as_deref()))
                    .collect();
                let check = json!({"metric": query, "rules": rules});
                let judged = json!({"phases": [phase], "checks": [check]});
                this.gates.insert(name.clone(), judged);
                gates.push(Gate {
                    name,
                    phase,
                    verdict: expected(recorded, text(&gate["id"])),
                });
            }
        }
        let repository = format!("github.com/{}", variable("STACK_REPOSITORY"));
        let package = "evidence-bundle-{tag}.tar.gz";
        let metrics: Vec<Value> = this.metrics.into_values().collect();
        let configuration = json!({
            "version": 1,
            "release": {"repository": repository, "package": package},
            "prometheus": servers,
            "phases": this.phases,
            "metrics": metrics,
            "gates": this.gates,
        });
        Self {
            // Every JSON text is one of YAML.
            configuration: format!("{configuration:#}"),
            gates,
        }
    }
}

/// Sections of the configuration, by name.
#[derive(Default)]
struct Sections {
    phases: Map<String, Value>,
    metrics: Map<String, Value>,
    gates: Map<String, Value>,
}

impl Sections {
    /// Gives the phase of that window, by its seconds after T0.
    fn add_phase(&mut self, window: &Value) -> String {
        let second = |key: &str| (millis(&window[key]) - T0_MS) / 1000;
        let (start, end) = (second("start"), second("end"));
        let name = format!("s{start}_{end}");
        let sign = if end < 0 { '-' } else { '+' };
        let at = format!("T{sign}{}s", end.abs());
        let window = format!("{}s", end - start);
        self.phases
            .insert(name.clone(), json!({"at": at, "window": window}));
        name
    }

    fn add_metric(&mut self, id: &str, server: &str, expr: &str) {
        let metric = json!({
            "id": id, "from": server, "expr": expr, "window": "2h", "step": "15s", "raw": true, "phases": [],
        });
        self.metrics.entry(id).or_insert(metric);
    }

    fn judge_in(&mut self, metric: &str, phase: &str) {
        let phases = self.metrics[metric]["phases"].as_array_mut().unwrap();
        if !phases.iter().any(|one| one == phase) {
            phases.push(phase.into());
        }
    }
}

/// A rule in the words of a configuration.
fn rule(rule: &Value, gate: &Value, baseline: Option<&str>) -> Value {
    let mut words = json!({"level": rule["level"]});
    if let Some(growth) = rule.get("growth") {
        words["growth"] = json!({"relative": percent(&growth["rel"]), "absolute": growth["abs"]});
        return words;
    }
    let ratio = rule.get("ok_ratio");
    let when = &ratio.unwrap_or(rule)["when"];
    words["when"] = match when.get("relative") {
        Some(of) => format!("{} {}x", text(&of["op"]), text(&of["factor"])).into(),
        None => format!("{} {}", text(&when["op"]), text(&when["value"])).into(),
    };
    if when.get("relative").is_some() {
        words["baseline"] = json!({"phase": baseline, "statistic": gate["baseline"]["agg"]});
    }
    if let Some(ratio) = ratio {
        words["ok-ratio"] = percent(&ratio["min"]);
    } else if let Some(statistic) = rule.get("reduce") {
        words["reduce"] = statistic.clone();
    } else if let Some(moments) = rule.get("checkpoints") {
        let moments = moments.as_array().unwrap().iter();
        let elapsed = |ms: &Value| format!("T+{}s", (millis(ms) - T0_MS) / 1000);
        words["checkpoints"] = moments.map(elapsed).collect();
        words["consecutive"] = rule["consecutive"].clone();
        words["max-age"] = format!("{}ms", rule["max_age"]).into();
    } else if rule["for"] != 0 {
        let operator = rule.get("for_op").map_or(">=", |operator| text(operator));
        words["for"] = format!("{operator} {}ms", rule["for"]).into();
    }
    words
}

/// Every kind of server that is there, with the name of its recordings and its address.
fn servers_with_recordings() -> Vec<(&'static str, &'static str, String)> {
    let two = variable("STACK_PROMETHEUS_URL");
    let mut servers = vec![("two", "prometheus-2.42", two)];
    servers.extend(prometheus3().map(|url| ("three", "prometheus-3.15", url)));
    servers
}

fn expected(server: &str, gate: &str) -> String {
    let all: Vec<Value> = serde_json::from_str(EXPECTED).unwrap();
    let found = (all.iter()).find(|one| one["server"] == server && one["gate"] == gate);
    text(&found.unwrap()["verdict"]).to_uppercase()
}

fn exit(verdict: &str) -> i32 {
    match verdict {
        "GREEN" => 0,
        "YELLOW" => 5,
        "RED" => 4,
        "INCONCLUSIVE" => 3,
        other => panic!("{other}"),
    }
}

fn replay(path: &Path, more: &[&str]) -> Ran {
    let mut command = evidence();
    command.args(["gate", "replay", "--output", "json"]);
    run(command.arg(path).args(more))
}

fn percent(share: &Value) -> Value {
    let share: f64 = text(share).parse().unwrap();
    format!("{:.0}%", share * 100.0).into()
}

/// What the findings are about that leave the verdict open.
fn left_open(report: &Value) -> BTreeSet<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let findings = findings.filter(|finding| finding["undetermined"] == true);
    findings
        .map(|finding| text(&finding["subject"]).to_owned())
        .collect()
}

fn millis(value: &Value) -> i64 {
    value.as_i64().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
