//! How fast bytes are searched for secrets: a run's credentials in all their forms and all shapes, in one pass.
//!
//! `cargo bench --bench secrets`; text as metrics servers, clusters and SBOM tools write it.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark that cannot be set up has failed"
)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use evidence::secrets::{Known, Search};
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Duration;

const SIZE: usize = 32 << 20;

/// Samples of series.
fn metrics() -> Vec<u8> {
    let mut text = String::from(r#"{"status":"success","data":{"resultType":"matrix","result":["#);
    let mut at = 0_u64;
    while text.len() < SIZE {
        let _ = write!(
            text,
            r#"{{"metric":{{"job":"api","instance":"10.0.{}.{}:9090"}},"values":["#,
            at % 7,
            at % 251
        );
        for step in 0..60 {
            let value = (at * 7_919 + step) % 1_000_003;
            let _ = write!(text, r#"[{},"0.{value}"],"#, 1_758_463_200 + step * 60);
        }
        text.push_str("[0,\"0\"]]},");
        at += 1;
    }
    text.into_bytes()
}

/// Packages with their addresses.
fn sbom() -> Vec<u8> {
    let mut text = String::from(r#"{"spdxVersion":"SPDX-2.3","packages":["#);
    let mut at = 0_u64;
    while text.len() < SIZE {
        let _ = write!(
            text,
            r#"{{"name":"lib{at}","SPDXID":"SPDXRef-{at}","downloadLocation":"https://registry.example/lib{at}/-/lib{at}-1.{}.0.tgz","checksums":[{{"algorithm":"SHA256","checksumValue":"{:064x}"}}],"externalRefs":[{{"referenceLocator":"pkg:npm/lib{at}@1.{}.0"}}]}},"#,
            at % 40,
            u128::from(at) * 0x9E37_79B9_7F4A_7C15_F39C,
            at % 40
        );
        at += 1;
    }
    text.into_bytes()
}

fn searched(criterion: &mut Criterion) {
    let known: Vec<Known> = (0..20)
        .map(|at| Known::new("k", format!("s3cr3t/+ of {at} {:x}", at * 0x9E37_79B9_u64)))
        .collect();
    let few = Search::new(&[]).unwrap();
    let many = Search::new(&known).unwrap();
    let mut group = criterion.benchmark_group("secrets");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(3));
    group.throughput(Throughput::Bytes(SIZE as u64));
    for (name, text) in [("metrics", metrics()), ("sbom", sbom())] {
        for (keys, search) in [("shapes", &few), ("shapes and 20 credentials", &many)] {
            group.bench_function(format!("{name}/{keys}"), |bencher| {
                bencher.iter(|| black_box(search.is_in(black_box(&text))));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, searched);
criterion_main!(benches);
