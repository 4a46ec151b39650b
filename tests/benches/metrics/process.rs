//! What a process costs: its own work by its own reading, another program's from outside.

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, fs, thread};

/// What something cost, and what came of it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Cost {
    /// User and system time in seconds.
    pub(super) cpu_s: f64,
    /// The most that the process held.
    pub(super) peak_bytes: u64,
    /// The largest input that it held of necessity.
    pub(super) input_bytes: u64,
    /// What it gives.
    pub(super) output_bytes: u64,
    /// Samples, points or steps that it went through.
    pub(super) count: u64,
    /// The answer, where a peer is to give the same.
    pub(super) answer: String,
}

impl Cost {
    /// The most that the process held besides its input, the program itself included.
    pub(super) fn beside_input(&self) -> u64 {
        self.peak_bytes.saturating_sub(self.input_bytes)
    }
}

/// Adds up the CPU time of parts of this process's work.
#[derive(Default)]
pub(super) struct Meter {
    nanoseconds: u64,
}

impl Meter {
    pub(super) fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let before = on_cpu();
        let made = work();
        self.nanoseconds += on_cpu() - before;
        made
    }

    /// Does the same until it took long enough to be measured; gives the last result and the cost of one.
    pub(super) fn repeated<T>(work: impl Fn() -> T) -> (T, Cost) {
        let mut meter = Self::default();
        let mut times = 1_u32;
        loop {
            // The first of them warms up, and tells how many it takes.
            meter.nanoseconds = 0;
            let made = meter.time(|| {
                (1..times).for_each(|_| drop(std::hint::black_box(work())));
                work()
            });
            if meter.nanoseconds > 200_000_000 {
                let mut cost = meter.cost();
                cost.cpu_s /= f64::from(times);
                return (made, cost);
            }
            times *= 2;
        }
    }

    pub(super) fn cost(&self) -> Cost {
        Cost {
            cpu_s: self.nanoseconds as f64 / 1e9,
            peak_bytes: peak(&fs::read_to_string("/proc/self/status").unwrap()),
            ..Cost::default()
        }
    }
}

/// Nanoseconds that this thread has run; all work is done on it.
fn on_cpu() -> u64 {
    // The kernel brings the figure up to date when the thread leaves the CPU.
    thread::sleep(Duration::from_micros(50));
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

fn peak(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.map(|line| line.trim().trim_end_matches(" kB"));
    kib.map_or(0, |kib| kib.parse::<u64>().unwrap() << 10)
}

/// A job of this program, in a process of its own.
pub(super) fn job(name: &str, folder: &Path) -> Cost {
    let mut command = Command::new(env::current_exe().unwrap());
    told(command.args(["--job", name, "--folder"]).arg(folder))
}

/// A program that prints what it cost as this one does.
pub(super) fn told(command: &mut Command) -> Cost {
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A program that reads files, seen from outside; what it prints goes nowhere.
pub(super) fn watched(command: &mut Command, files: &[PathBuf]) -> Cost {
    let before = of_children();
    let mut child = command.args(files).stdout(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut held = 0;
    let ended = loop {
        held = held.max(peak(&fs::read_to_string(&status).unwrap_or_default()));
        match child.try_wait().unwrap() {
            Some(ended) => break ended,
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    assert!(ended.success(), "{command:?}: {ended}");
    Cost {
        cpu_s: of_children() - before,
        peak_bytes: held,
        ..Cost::default()
    }
}

/// User and system time of the children that have ended, in seconds.
fn of_children() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap();
    let (_, after) = text.rsplit_once(')').unwrap();
    let fields: Vec<&str> = after.split_whitespace().collect();
    // Fields 16 and 17 of proc(5), in hundredths of a second; the first of these is field 3.
    let ticks: u64 = (fields[13..15].iter())
        .map(|field| field.parse::<u64>().unwrap())
        .sum();
    ticks as f64 / 100.0
}
