//! Git is asked about the project's repository, and about no other.

use crate::common::finish;
use crate::stage::{Stage, command, line};

#[test]
fn variables_that_would_point_git_elsewhere_do_not_reach_it() {
    let stage = Stage::new();
    let project = stage.project("files: [{id: values, path: deploy/values.yaml}]\n");
    let other = stage.project("files: [{id: other, path: docs/runbooks/on-call.md}]\n");
    let git = other.path(".git");

    let run = finish(
        command("collect", &project)
            .env("GIT_DIR", &git)
            .env("GIT_OBJECT_DIRECTORY", git.join("objects"))
            .env("GIT_INDEX_FILE", git.join("index")),
    );

    assert_eq!(run.code, Some(0), "{}", run.stderr);
    for id in ["configuration", "values"] {
        assert_eq!(line(&run, id), format!("captured  {id}: verified"));
    }
}
