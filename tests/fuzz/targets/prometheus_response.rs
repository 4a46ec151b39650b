//! Any bytes as an answer of the Prometheus API: whole or laid on the grid, series and samples are the same.

#![no_main]

use evidence::metrics::{Answer, Columns, Data, Grid, server_config};
use evidence::metrics::{ServerConfig, TimeSeries};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let answer = Answer::parse(bytes);
    let grid = Grid {
        start_ms: 1_758_470_400_000,
        step_ms: 15_000,
        points: 500,
    };
    let mut columns = Columns::new(grid);
    let added = columns.add(&grid, bytes);
    if let Ok(answer) = &answer {
        let series: &[TimeSeries] = match &answer.data {
            Data::Vector(all) | Data::Matrix(all) => all,
            _ => &[],
        };
        for pair in series.windows(2) {
            assert!(pair[0].labels < pair[1].labels);
        }
        for one in series {
            assert!(one.samples.windows(2).all(|pair| pair[0].ms < pair[1].ms));
        }
        if !matches!(answer.data, Data::Vector(_) | Data::Matrix(_)) {
            return;
        }
        added.unwrap();
        let on_grid = |one: &TimeSeries| {
            let mut times = one.samples.iter();
            times.all(|sample| grid.index_of(sample.ms).is_some())
        };
        match columns.finish() {
            Err(_) => assert!(!series.iter().all(on_grid)),
            Ok(columns) => {
                let found: Vec<_> = columns.iter().map(|one| one.to_series(&grid)).collect();
                // A NaN is not equal to itself.
                assert_eq!(format!("{found:?}"), format!("{series:?}"));
            }
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        drop(ServerConfig::of_status(text));
        drop(server_config::features(text));
    }
});
