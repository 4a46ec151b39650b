//! Two runs at once, and what one that was killed left behind.

use crate::common::project::Project;
use crate::common::{Run, evidence, finish, text};
use crate::killed::{gated, open_gate, start};
use crate::stage::{Stage, collect, command, names, store, those};
use evidence::disk::Lock;
use std::fs;
use std::path::Path;

fn small(stage: &Stage) -> Project {
    stage.project("files: [{id: values, path: deploy/values.yaml}]\n")
}

fn pack(project: &Project) -> Run {
    let mut pack = command("pack", project);
    finish(pack.arg("--out-dir").arg(&project.out))
}

fn replay(store: &Path) -> Run {
    finish(evidence().args(["gate", "replay"]).arg(store))
}

#[test]
fn a_second_run_on_a_store_is_told_who_has_it_and_can_go_on_once_that_is_killed() {
    let stage = Stage::new();
    let project = gated(&stage);
    let mut first = start(&project, 1);
    let before = names(&project.root);

    let second = [
        collect(&project),
        pack(&project),
        stage.release(&project),
        replay(&store(&project)),
    ];

    let held = store(&project).join("lock");
    let by = format!(
        "{} was last taken by process {} at ",
        held.display(),
        first.id()
    );
    for run in &second {
        assert_eq!(run.code, Some(3), "{}", run.stderr);
        let said = format!(
            "error: another run of evidence uses the capture store in {}\n",
            store(&project).display()
        );
        assert!(run.stderr.contains(&said), "{}", run.stderr);
        assert!(run.stderr.contains(&by), "{}", run.stderr);
        assert!(run.stderr.contains("  hint: let it end"), "{}", run.stderr);
    }
    assert_eq!(names(&project.root), before);
    assert!(!project.out.exists());

    first.kill().unwrap();
    first.wait().unwrap();
    open_gate(&project);
    let next = collect(&project);
    assert_eq!(next.code, Some(0), "{}", next.stderr);
}

#[test]
fn readers_share_a_store_and_a_writer_waits_for_none_of_them() {
    let stage = Stage::new();
    let project = small(&stage);
    collect(&project);
    let reader = Lock::shared(&store(&project).join("lock")).unwrap();

    let packed = pack(&project);
    let refused = collect(&project);
    drop(reader);
    let collected = collect(&project);

    assert_eq!(packed.code, Some(0), "{}", packed.stderr);
    assert_eq!(refused.code, Some(3), "{}", refused.stderr);
    assert_eq!(collected.code, Some(0), "{}", collected.stderr);
}

#[test]
fn two_runs_never_write_one_bundle_at_once() {
    let stage = Stage::new();
    let project = small(&stage);
    let released = stage.release(&project);
    assert_eq!(released.code, Some(0), "{}", released.stderr);
    let lock = project.out.join(".evidence-bundle-v1.4.0.tar.gz.lock");
    assert!(!lock.exists());
    let other = Lock::passing(&lock).unwrap();
    let before = names(&project.out);
    let token = stage.world.token("v1.4.0", &project.commit);
    let seal = finish(
        evidence()
            .args(["seal", &text(&project.bundle()), "--identity-token", &token])
            .args(stage.services()),
    );

    for run in [seal, pack(&project), stage.release(&project)] {
        assert_eq!(run.code, Some(3), "{}", run.stderr);
        let bundle = project.bundle();
        let said = format!("another run of evidence uses {}\n", bundle.display());
        assert!(run.stderr.contains(&said), "{}", run.stderr);
    }

    assert_eq!(names(&project.out), before);
    drop(other);
    assert_eq!(pack(&project).code, Some(0));
    assert!(!lock.exists());
}

#[test]
fn what_a_killed_run_left_half_done_is_cleared_away_and_nothing_of_anyone_else() {
    let stage = Stage::new();
    let project = small(&stage);
    collect(&project);
    fs::create_dir_all(&project.out).unwrap();
    let store = store(&project);
    let left = [
        store.join(".store.json.part-aB3dE9"),
        store.join("items/.values.json.part-aB3dE9"),
        store.join("blobs/.0123abcd.part-aB3dE9"),
        project
            .out
            .join(".evidence-bundle-v1.4.0.tar.gz.part-aB3dE9"),
        project
            .out
            .join(".evidence-bundle-v1.4.0.tar.gz.sha256.part-aB3dE9"),
        project
            .out
            .join(".evidence-bundle-v1.4.0.report.html.part-aB3dE9"),
        project.out.join(".evidence-bundle-v1.4.0.tar.gz.lock"),
    ];
    let others = [
        store.join(".notes.part-aB3dE9"),
        project
            .out
            .join(".evidence-bundle-v1.5.0.tar.gz.part-aB3dE9"),
        project.out.join(".evidence-bundle-v1.4.0.tar.gz.part-mine"),
    ];
    for path in left.iter().chain(&others) {
        fs::write(path, "half").unwrap();
    }

    let released = stage.release(&project);

    assert_eq!(released.code, Some(0), "{}", released.stderr);
    for path in &left {
        assert!(!path.exists(), "{}", path.display());
    }
    for path in &others {
        assert!(path.exists(), "{}", path.display());
    }
}

#[cfg(unix)]
#[test]
fn a_link_that_a_repository_has_for_a_lock_is_not_written_through() {
    let stage = Stage::new();
    let project = small(&stage);
    let precious = project.root.join("precious");
    fs::write(&precious, "mine").unwrap();
    fs::create_dir_all(store(&project)).unwrap();
    std::os::unix::fs::symlink(&precious, store(&project).join("lock")).unwrap();

    let run = collect(&project);

    assert_eq!(run.code, Some(3), "{}", run.stderr);
    assert!(run.stderr.contains("it is no plain file"), "{}", run.stderr);
    assert_eq!(fs::read(precious).unwrap(), b"mine");
}

#[test]
fn no_time_of_a_file_and_no_clock_that_jumped_makes_a_difference() {
    let stage = Stage::new();
    let project = Project::new(&stage.world);
    let first = collect(&project);
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    assert_eq!(pack(&project).code, Some(0));
    let bundle = fs::read(project.bundle()).unwrap();
    let far = std::time::Duration::from_secs(4_000_000_000);
    for time in [std::time::UNIX_EPOCH, std::time::UNIX_EPOCH + far] {
        for path in crate::stage::files_below(&store(&project)) {
            let times = fs::FileTimes::new().set_modified(time).set_accessed(time);
            let file = fs::File::options().write(true).open(path).unwrap();
            file.set_times(times).unwrap();
        }

        let again = collect(&project);
        let packed = pack(&project);

        assert_eq!(again.code, Some(0), "{}", again.stderr);
        assert!(those(&again, "captured").is_empty(), "{}", again.stderr);
        assert_eq!(packed.code, Some(0), "{}", packed.stderr);
        assert_eq!(fs::read(project.bundle()).unwrap(), bundle);
    }

    // A capture of a clock that was years ahead is one as well.
    let path = store(&project).join("items/values.json");
    let item = fs::read_to_string(&path).unwrap();
    let (before, after) = item.split_once("\"captured\": \"").unwrap();
    let moved = format!("{before}\"captured\": \"2099{}", &after[4..]);
    fs::write(path, moved).unwrap();
    let again = collect(&project);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert!(those(&again, "kept").contains("values"), "{}", again.stderr);
}
