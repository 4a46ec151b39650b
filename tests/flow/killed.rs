//! A run that ends in the middle, and the next one.

use crate::common::finish;
use crate::common::project::Project;
use crate::stage::{Stage, assert_whole, collect, command, ids, names, store, those};
use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A command that ends when there is a file `go` in the repository.
const GATE: &str = "  - {id: gate, run: [sh, -c, \"until test -e go; do sleep 0.05; done\"]}\n";

/// The whole project, with one item that does not end.
pub(crate) fn gated(stage: &Stage) -> Project {
    Project::with(&stage.world, |configuration| configuration + GATE)
}

pub(crate) fn open_gate(project: &Project) {
    fs::write(project.path("go"), "").unwrap();
}

/// Starts a collection and waits until that many items are in the store.
pub(crate) fn start(project: &Project, items: usize) -> Child {
    let mut child = command("collect", project)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while ids(project).len() < items {
        assert_eq!(child.try_wait().unwrap(), None, "the run ended by itself");
        std::thread::sleep(Duration::from_millis(1));
    }
    child
}

#[test]
fn runs_that_are_killed_leave_whole_items_and_the_next_one_finishes() {
    let stage = Stage::new();
    let project = gated(&stage);
    let planned = 14;

    for items in [1, 4, planned - 1] {
        let mut child = start(&project, items);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_whole(&project);
    }
    // What a kill may leave behind is never read.
    for folder in ["", "items", "blobs"] {
        fs::write(store(&project).join(folder).join(".part-x.json"), "{\"half").unwrap();
    }
    open_gate(&project);
    let last = collect(&project);

    assert_eq!(last.code, Some(0), "{}", last.stderr);
    assert_eq!(those(&last, "captured"), ["gate"].into());
    assert_eq!(those(&last, "kept").len(), planned - 1);
    assert_whole(&project);
}

#[test]
fn ctrl_c_ends_a_run_at_once_and_what_was_captured_is_kept() {
    let stage = Stage::new();
    let project = gated(&stage);
    let child = start(&project, 13);

    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    let ended = child.wait_with_output().unwrap();

    assert!(sent.unwrap().success());
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(130), "{said}");
    assert!(
        said.contains("error: interrupted\n  hint: what was captured is kept"),
        "{said}"
    );
    open_gate(&project);
    let next = collect(&project);
    assert_eq!(next.code, Some(0), "{}", next.stderr);
    assert_eq!(those(&next, "captured"), ["gate"].into());
}

#[test]
fn what_a_release_writes_is_there_whole_or_not_at_all() {
    let stage = Stage::new();
    let project = Project::new(&stage.world);
    fs::create_dir_all(&project.out).unwrap();

    let released = stage.release(&project);
    let bundle = fs::read(project.bundle()).unwrap();
    let mut again = command("pack", &project);
    let refused = finish(
        again
            .arg("--out-dir")
            .arg(&project.out)
            .env("SOURCE_DATE_EPOCH", "yesterday"),
    );

    assert_eq!(released.code, Some(0), "{}", released.stderr);
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    assert_eq!(fs::read(project.bundle()).unwrap(), bundle);
    let all = fs::read_dir(&project.out).unwrap().count();
    assert_eq!((all, names(&project.out).len()), (4, 4));
}
