//! What metrics cost in process, each beside a peer in the same run and beside its goal.
//!
//! `scripts/bench` builds, then runs this too; by itself it is `cargo bench --bench metrics -- [--rounds N] [--jsonl FILE]
//! [--gate]`. Every input is made by seed, or is a recording of `fixtures/prometheus`. Comparisons are made in pairs,
//! A B A B …, after one of each to warm up; printed are the median of each and the ratio pair by pair, least, middle, most.
//! Each side is a process of its own that does only that: this program again with `--job`, or the peer. CPU is that of the
//! work alone, without starting and without making the input, but for `jq`, of which it is all; MiB is the most that the
//! process held. A peer that is not there is printed as skipped.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark whose input cannot be made or read has failed"
)]

mod bodies;
mod chart;
mod cutover;
#[path = "../../../src/metrics/fixture.rs"]
mod fixture;
mod gates;
mod peer;
mod process;
mod seeded;
mod table;

use clap::Parser;
use peer::Peer;
use process::Cost;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::exit;
use table::{Comparison, Goal, HEAD, Row};

static COMPARISONS: [Comparison; 8] = [
    Comparison {
        name: "capture and merge",
        job: "capture+merge",
        peer: Peer::Job("serde_json Value", "value"),
        goals: &[
            Goal("≤ 0.6 s CPU", |row| row.ours.cpu_s <= 0.6),
            Goal("≤ 64 MiB beside a body", |row| {
                row.ours.beside_input() <= 64 << 20
            }),
        ],
    },
    Comparison {
        name: "capture and merge",
        job: "capture+merge",
        peer: Peer::Jq,
        goals: &[Goal("ahead of jq", Row::is_ahead)],
    },
    Comparison {
        name: "merge",
        job: "merge",
        peer: Peer::Job("JSON syntax alone", "syntax"),
        goals: &[],
    },
    Comparison {
        name: "20 gates, 72 h",
        job: "gates",
        peer: Peer::Job("comparing alone", "loop"),
        goals: &[],
    },
    Comparison {
        name: "20 gates, 72 h",
        job: "gates",
        peer: Peer::Python("python3", "judge", "json"),
        goals: &[
            Goal("ahead of python3", Row::is_ahead),
            Goal("same verdicts", Row::is_alike),
        ],
    },
    Comparison {
        name: "recompute cutover",
        job: "recompute",
        peer: Peer::Job("parsing alone", "parse"),
        goals: &[],
    },
    Comparison {
        name: "chart of 10^6",
        job: "chart",
        peer: Peer::Job("path of all points", "path"),
        goals: &[
            Goal("ahead of the path", Row::is_ahead),
            Goal("≤ 64 KiB", |row| row.ours.output_bytes <= 64 << 10),
        ],
    },
    Comparison {
        name: "chart of 10^6",
        job: "chart",
        peer: Peer::Python("matplotlib", "draw", "matplotlib"),
        goals: &[Goal("ahead of matplotlib", Row::is_ahead)],
    },
];

#[derive(Parser)]
struct Args {
    /// Pairs of each comparison.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// File for one JSON line a comparison.
    #[arg(long, default_value = "target/bench-metrics.jsonl")]
    jsonl: PathBuf,
    /// Exit with 1 when a goal is missed.
    #[arg(long)]
    gate: bool,
    /// What `cargo bench` says.
    #[arg(long, hide = true)]
    bench: bool,
    /// Do this and print what it cost.
    #[arg(long, hide = true, requires = "folder")]
    job: Option<String>,
    /// Where its input is.
    #[arg(long, hide = true)]
    folder: Option<PathBuf>,
}

fn main() {
    let args = Args::parse();
    if let (Some(job), Some(folder)) = (&args.job, &args.folder) {
        let cost = run(job, folder);
        println!("{}", serde_json::to_string(&cost).unwrap());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    bodies::write(folder.path());
    gates::write(folder.path());
    let into = args.jsonl.parent().unwrap();
    fs::create_dir_all(into).unwrap();
    let mut lines = fs::File::create(&args.jsonl).unwrap();
    let mut met = true;
    println!("{HEAD}");
    for comparison in &COMPARISONS {
        let row = comparison.made(args.rounds, folder.path());
        println!("{row}");
        writeln!(lines, "{}", row.json()).unwrap();
        met &= row.is_met();
    }
    if args.gate && !met {
        exit(1);
    }
}

fn run(job: &str, folder: &Path) -> Cost {
    match job {
        "capture+merge" => bodies::capture_and_merge(folder),
        "merge" => bodies::merge(folder),
        "value" => bodies::value(folder),
        "syntax" => bodies::syntax(folder),
        "gates" => gates::judged(),
        "loop" => gates::compared(),
        "recompute" => cutover::recomputed(),
        "parse" => cutover::parsed(),
        "chart" => chart::drawn(),
        "path" => chart::naive(),
        other => panic!("no job {other:?}"),
    }
}
