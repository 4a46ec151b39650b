//! Packing by itself.

use crate::common::finish;
use crate::stage::{Stage, collect, command};
use std::fs::File;

#[test]
fn without_a_store_nothing_is_packed() {
    let stage = Stage::new();
    let project = stage.project("");

    let run = finish(command("pack", &project).arg("--out-dir").arg(&project.out));

    assert_eq!(run.code, Some(3), "{}", run.stderr);
    assert!(
        run.stderr.contains("  hint: run `evidence collect` first"),
        "{}",
        run.stderr
    );
    assert!(!project.out.exists());
}

#[test]
fn the_time_of_every_member_is_the_source_date_epoch_where_there_is_one() {
    let stage = Stage::new();
    let project = stage.project("");
    collect(&project);
    let bundle = project.out.join("evidence-bundle-v1.4.0.tar.gz");
    let times = || -> Vec<u64> {
        let plain = flate2::read::MultiGzDecoder::new(File::open(&bundle).unwrap());
        let mut archive = tar::Archive::new(plain);
        let entries = archive.entries().unwrap();
        entries
            .map(|entry| entry.unwrap().header().mtime().unwrap())
            .collect()
    };
    let mut pack = command("pack", &project);
    pack.arg("--out-dir").arg(&project.out);

    let by_commit = finish(&mut pack);
    let commit_times = times();
    let by_epoch = finish(pack.env("SOURCE_DATE_EPOCH", "1000000000"));

    assert_eq!(
        (by_commit.code, by_epoch.code),
        (Some(0), Some(0)),
        "{}",
        by_epoch.stderr
    );
    assert!(commit_times.iter().all(|time| *time > 1_700_000_000));
    assert!(times().iter().all(|time| *time == 1_000_000_000));
}
