//! Large files of a repository: judged by what git calls their content, without holding them.

use crate::common::project::git;
use crate::common::{evidence, finish};
use crate::stage::Stage;
use serde_json::Value;
use std::fs;

/// More than is hashed without looking whether the commit has it.
const LARGE: usize = 300 << 10;

#[test]
fn a_large_file_is_the_commit_s_differs_or_is_not_there_as_a_small_one() {
    let stage = Stage::new();
    let ids = ["kept", "changed", "made"];
    let items = ids.map(|id| format!("{{id: {id}, path: deploy/{id}.bin}}"));
    let all = "{id: all, path: 'deploy/more/*'}";
    let project = stage.project(&format!("files: [{}, {all}]\n", items.join(", ")));
    fs::create_dir(project.path("deploy/more")).unwrap();
    for (name, byte) in [("kept", 1_u8), ("changed", 2), ("more/kept", 5)] {
        fs::write(
            project.path(&format!("deploy/{name}.bin")),
            vec![byte; LARGE],
        )
        .unwrap();
    }
    git(&project.root, &["add", "deploy"]);
    git(
        &project.root,
        &["commit", "--quiet", "--amend", "--no-edit"],
    );
    git(
        &project.root,
        &[
            "tag",
            "--force",
            "--annotate",
            &project.tag,
            "--message",
            "The shop",
        ],
    );
    fs::write(project.path("deploy/changed.bin"), vec![3; LARGE]).unwrap();
    fs::write(project.path("deploy/made.bin"), vec![4; LARGE]).unwrap();
    fs::write(project.path("deploy/more/made.bin"), vec![6; LARGE]).unwrap();

    let run = stage.release(&project);

    let mut verify = evidence();
    verify
        .args(["verify", "--output", "json"])
        .arg(project.bundle());
    let report = finish(verify.args(stage.world.trust_args()));
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    let items = report["items"].as_array().unwrap();
    let found = |id: &str| {
        let item = items.iter().find(|item| item["id"] == id).unwrap();
        let problems = item["problems"].as_array().unwrap().iter();
        let codes: Vec<&str> = problems.map(|one| one["code"].as_str().unwrap()).collect();
        (item["met"].as_bool().unwrap(), codes)
    };
    assert_eq!(found("kept"), (true, vec![]), "{}", run.stderr);
    assert_eq!(found("changed"), (false, vec!["file-differs"]));
    assert_eq!(found("made"), (true, vec!["file-untracked"]));
    assert_eq!(found("all"), (true, vec!["file-untracked"]));
    // What was told while the bytes were at hand is what follows from their digests.
    let refuted = |finding: &&Value| finding["check"] == "claim" && finding["outcome"] == "fail";
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.iter().find(refuted), None);
    assert!(findings.iter().any(|finding| finding["check"] == "claim"));
}
