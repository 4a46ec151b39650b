//! Any bytes as a dashboard: a folder of its own for each query, and windows whose ends are multiples of the step.

#![no_main]

use evidence::metrics::grafana::{library_panels, resolve};
use evidence::model::{DashboardData, DashboardExpectation, Window};
use libfuzzer_sys::fuzz_target;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

static WHOLE: LazyLock<DashboardExpectation> = LazyLock::new(|| {
    let one = |name: &str, value: &str| (name.to_owned(), vec![value.to_owned()]);
    DashboardExpectation {
        grafana: "g".into(),
        uid: "u".into(),
        panel: None,
        window_ms: 3_600_000,
        width: 1_000,
        height: 500,
        theme: "light".into(),
        variables: BTreeMap::from([one("service", "api"), one("node", "a|b")]),
        data: Some(DashboardData {
            prometheus: Some("p".into()),
            datasources: BTreeMap::from([("prom".into(), "q".into())]),
            scrape_interval_ms: 15_000,
            max_data_points: None,
        }),
    }
});
const WINDOW: Window = Window {
    start_ms: 1_758_470_400_000,
    end_ms: 1_758_474_000_000,
};

fuzz_target!(|bytes: &[u8]| {
    let panel = DashboardExpectation {
        panel: Some(2),
        ..WHOLE.clone()
    };
    for expectation in [&*WHOLE, &panel] {
        let uids = library_panels(bytes, expectation);
        // A library element is read from the same bytes, so that its reader is reached.
        let Ok(panels) = resolve(bytes, |_| Some(bytes), expectation, WINDOW) else {
            continue;
        };
        drop(uids.unwrap());
        let mut folders = BTreeSet::new();
        for query in panels.iter().flat_map(|panel| &panel.queries) {
            assert!(folders.insert(&query.folder), "{}", query.folder);
            assert!(!query.folder.contains(['/', '\\']) && !query.folder.starts_with('.'));
            if let Ok(asked) = &query.asked {
                assert!(asked.window.start_ms <= asked.window.end_ms);
                if let Some(range) = &asked.query.range {
                    let step = range.step_ms as i64;
                    assert_eq!(asked.window.start_ms.rem_euclid(step), 0);
                    assert_eq!(asked.window.end_ms.rem_euclid(step), 0);
                }
            }
        }
    }
});
