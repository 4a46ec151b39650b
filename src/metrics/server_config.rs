//! The harmless part of a Prometheus server's configuration: what its answers depend on, and no secret.
//!
//! A server prints its whole configuration, tokens in it among them: it is read here and never stored.

use crate::model::limits::{EXTERNAL_LABELS, FEATURES, SERVER_TEXT_BYTES};
use granit_parser::{Event, Options, Parser};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The part of a configuration that is kept.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ServerConfig {
    /// `global.scrape_interval` as it is written, such as `15s`.
    pub scrape_interval: Option<String>,
    /// `global.external_labels`.
    pub external_labels: BTreeMap<String, String>,
}

impl ServerConfig {
    /// Reads `data` of `/api/v1/status/config`: the configuration as YAML text in JSON.
    ///
    /// None when it is no configuration of Prometheus or larger than one is.
    pub fn of_status(data: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Data {
            yaml: String,
        }
        let data: Data = serde_json::from_str(data).ok()?;
        let mut walk = Walk::default();
        for event in Parser::new_from_str_with_options(&data.yaml, options()).take(EVENTS) {
            let (event, _) = event.ok()?;
            // The rest holds the secrets, and nothing that is kept.
            if walk.step(event)? {
                return Some(walk.found);
            }
        }
        None
    }

    /// `global.scrape_interval` in milliseconds.
    pub fn scrape_interval_ms(&self) -> Option<u64> {
        duration_ms(self.scrape_interval.as_deref()?)
    }
}

/// Names of the features that were switched on, ascending, from `data` of `/api/v1/status/flags`. Its other values
/// name folders and addresses and are dropped.
///
/// None when it does not have the flag.
pub fn features(data: &str) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    struct Flags {
        #[serde(rename = "enable-feature")]
        features: String,
    }
    let flags: Flags = serde_json::from_str(data).ok()?;
    let is_name = |text: &&str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        !text.is_empty() && text.len() <= SERVER_TEXT_BYTES && text.bytes().all(plain)
    };
    let words = flags.features.split([',', ' ', '[', ']']).map(str::trim);
    let names: BTreeSet<&str> = words.filter(is_name).take(FEATURES).collect();
    Some(names.into_iter().map(String::from).collect())
}

/// A duration as Prometheus writes it (`1m30s`), in milliseconds.
fn duration_ms(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut total = 0_u64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, after) = rest.split_at_checked(digits)?;
        let (unit, scale) = [
            ("ms", 1),
            ("s", 1_000),
            ("m", 60_000),
            ("h", 3_600_000),
            ("d", 86_400_000),
            ("w", 604_800_000),
            ("y", 31_536_000_000),
        ]
        .into_iter()
        .find(|(unit, _)| after.starts_with(unit))?;
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(scale)?)?;
        rest = after.strip_prefix(unit)?;
    }
    (total > 0).then_some(total)
}

/// Where in the document the events are.
#[derive(Default)]
struct Walk {
    open: Vec<Level>,
    found: ServerConfig,
}

/// A collection that is not closed yet.
struct Level {
    is_map: bool,
    /// The key whose value comes next.
    key: Option<String>,
}

impl Walk {
    /// Takes an event; true once `global` has been read. None when it is no configuration.
    fn step(&mut self, event: Event<'_>) -> Option<bool> {
        match event {
            Event::Scalar(text, ..) => {
                let path = self.path();
                match self.open.last_mut()? {
                    level if level.is_map && level.key.is_none() => {
                        level.key = Some(short(&text)?);
                    }
                    level => {
                        level.key = None;
                        self.keep(&path, &text)?;
                    }
                }
            }
            Event::MappingStart(..) => self.begin(true)?,
            Event::SequenceStart(..) => self.begin(false)?,
            Event::MappingEnd | Event::SequenceEnd => {
                self.open.pop()?;
                let level = self.open.last_mut()?;
                let ended = level.key.take();
                return Some(self.open.len() == 1 && ended.as_deref() == Some("global"));
            }
            Event::StreamStart | Event::DocumentStart(..) => {}
            // Prometheus prints no aliases.
            _ => return None,
        }
        Some(false)
    }

    fn begin(&mut self, is_map: bool) -> Option<()> {
        // A key that is a collection has no place in a configuration.
        let is_key = (self.open.last()).is_some_and(|level| level.is_map && level.key.is_none());
        let key = None;
        self.open.push(Level { is_map, key });
        (!is_key).then_some(())
    }

    /// The keys on the way to the next value, as far as they count.
    fn path(&self) -> Vec<String> {
        let keys = self.open.iter().take(DEEPEST + 1);
        keys.map(|level| level.key.clone().unwrap_or_default())
            .collect()
    }

    fn keep(&mut self, path: &[String], text: &str) -> Option<()> {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["global", "scrape_interval"] => self.found.scrape_interval = Some(short(text)?),
            ["global", "external_labels", name] => {
                let labels = &mut self.found.external_labels;
                let is_new = labels.insert((*name).into(), short(text)?).is_none();
                if !is_new || labels.len() > EXTERNAL_LABELS {
                    return None;
                }
            }
            _ => {}
        }
        Some(())
    }
}

/// A text that is not longer than what is kept.
fn short(text: &str) -> Option<String> {
    (text.len() <= SERVER_TEXT_BYTES).then(|| text.into())
}

fn options() -> Options {
    granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: NESTING,
        block_nesting_limit: NESTING,
    }
}

/// Depth of an external label.
const DEEPEST: usize = 3;
/// Depth of nested YAML up to the end of `global`.
const NESTING: usize = 32;
/// YAML events up to the end of `global`, which Prometheus prints first.
const EVENTS: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::fixture::body;

    fn data(response: &[u8]) -> String {
        #[derive(Deserialize)]
        struct Body {
            data: Box<serde_json::value::RawValue>,
        }
        let body: Body = serde_json::from_slice(&body(response)).unwrap();
        body.data.get().into()
    }

    fn of_yaml(yaml: &str) -> Option<ServerConfig> {
        ServerConfig::of_status(&serde_json::json!({ "yaml": yaml }).to_string())
    }

    #[test]
    fn of_a_recorded_configuration_labels_and_interval_are_kept_and_no_secret() {
        for response in [
            include_bytes!("../../fixtures/prometheus/http/prometheus-2.42/status-config.resp")
                .as_slice(),
            include_bytes!("../../fixtures/prometheus/http/prometheus-3.15/status-config.resp"),
        ] {
            let found = ServerConfig::of_status(&data(response)).unwrap();

            assert_eq!(found.scrape_interval.as_deref(), Some("15s"));
            assert_eq!(found.scrape_interval_ms(), Some(15_000));
            let labels: Vec<_> = found.external_labels.iter().collect();
            assert_eq!(
                format!("{labels:?}"),
                r#"[("cluster", "prod-us-east"), ("replica", "a")]"#
            );
            assert!(!format!("{found:?}").contains("secret"));
        }
    }

    #[test]
    fn of_recorded_flags_the_names_of_features_are_kept_and_nothing_else() {
        let v2 = include_bytes!("../../fixtures/prometheus/http/prometheus-2.42/status-flags.resp");
        let v3 = include_bytes!("../../fixtures/prometheus/http/prometheus-3.15/status-flags.resp");

        assert_eq!(features(&data(v2)).unwrap(), ["native-histograms"]);
        assert!(features(&data(v3)).unwrap().is_empty());
        let several = r#"{"enable-feature":"b-two, a.one,b-two,/etc/x","config.file":"/y"}"#;
        assert_eq!(features(several).unwrap(), ["a.one", "b-two"]);
        assert_eq!(features("{}"), None);
    }

    #[test]
    fn an_interval_elsewhere_is_not_the_global_one() {
        let found = of_yaml(
            "a: [1, {scrape_interval: 9s}]\nglobal:\n  x: {scrape_interval: 8s}\n  external_labels: {}\n",
        );

        assert_eq!(found, Some(ServerConfig::default()));
    }

    #[test]
    fn what_is_no_configuration_gives_nothing() {
        let many: String = (0..=EXTERNAL_LABELS)
            .map(|n| format!("    l{n}: x\n"))
            .collect();
        let long = "x".repeat(SERVER_TEXT_BYTES + 1);
        for yaml in [
            "",
            "x",
            "[]",
            "scrape_configs: []",
            "global: &a\n  b: *a\n",
            "global:\n  external_labels: {a: 1, a: 2}\n",
            "global:\n  ? [a]\n  : b\n",
            &format!("global:\n  external_labels:\n{many}"),
            &format!("global:\n  scrape_interval: {long}\n"),
            &"[".repeat(10_000),
            &format!("a: [{}]\nglobal: {{}}", "1,".repeat(EVENTS)),
        ] {
            assert_eq!(of_yaml(yaml), None, "{yaml:.40}");
        }
        assert_eq!(ServerConfig::of_status("{}"), None);
    }

    #[test]
    fn durations_are_added_up_without_overflow() {
        for (text, ms) in [
            ("15s", Some(15_000)),
            ("1m30s", Some(90_000)),
            ("500ms", Some(500)),
            ("1d", Some(86_400_000)),
            ("0s", None),
            ("", None),
            ("15", None),
            ("s", None),
            ("1x", None),
            ("99999999999999999999s", None),
            ("18446744073709551615y", None),
        ] {
            assert_eq!(duration_ms(text), ms, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_a_configuration_or_nothing(text in "(global|scrape_interval|external_labels|[a-z{}\\[\\]:&*!?|>\"' \\n-]){0,60}") {
            let _ = of_yaml(&text);
            let _ = ServerConfig::of_status(&text);
            let _ = features(&text);
            let _ = duration_ms(&text);
        }
    }
}
