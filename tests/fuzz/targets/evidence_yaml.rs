//! Any bytes as `evidence.yaml`: read, it has a plan or reasons why not, and each item of the plan its own name.

#![no_main]

use evidence::config::{Binding, FILE_NAME, parse, plan};
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeSet;
use std::sync::LazyLock;

static BINDINGS: LazyLock<[Binding; 2]> = LazyLock::new(|| {
    ["tag", "t+120"].map(|stage| Binding {
        tag: "v1.4.0".into(),
        commit: "8dd0ed3f9a3f0b8a8d6b2c3d4e5f60718293a4b5".into(),
        version: None,
        stage: stage.into(),
        config_path: Some(FILE_NAME.into()),
    })
});
const KEY: &[u8] = include_bytes!("../../../fixtures/sigstore/test-keys/alice.pub");

fuzz_target!(|bytes: &[u8]| {
    let config = match parse(bytes, FILE_NAME) {
        Ok(config) => config,
        Err(problems) => return assert!(!problems.to_string().is_empty()),
    };
    for binding in &*BINDINGS {
        match plan(&config, binding, &mut |_| Some(KEY.to_vec())) {
            Ok(plan) => {
                let ids: BTreeSet<_> = plan.items.iter().map(|item| &item.id).collect();
                assert_eq!(ids.len(), plan.items.len());
                assert!(plan.config_files.is_sorted());
                assert!(!plan.package.contains('/'), "{}", plan.package);
            }
            Err(problems) => assert!(!problems.to_string().is_empty()),
        }
    }
});
