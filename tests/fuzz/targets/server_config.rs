//! Any text as the configuration that a server prints: the length that its interval is read as is more than none.

#![no_main]

use evidence::metrics::{ServerConfig, server_config};
use evidence::model::limits::{EXTERNAL_LABELS, SERVER_TEXT_BYTES};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let json = serde_json::json!({"yaml": text, "enable-feature": text}).to_string();
    if let Some(config) = ServerConfig::of_status(&json) {
        assert!(config.scrape_interval_ms() != Some(0));
        assert!(config.external_labels.len() <= EXTERNAL_LABELS);
        let texts = config
            .external_labels
            .iter()
            .flat_map(|(name, value)| [name, value]);
        assert!(
            texts
                .chain(&config.scrape_interval)
                .all(|text| text.len() <= SERVER_TEXT_BYTES)
        );
    }
    let features = server_config::features(&json).unwrap();
    assert!(features.is_sorted());
});
