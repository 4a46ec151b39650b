//! Configurations that are wrong or mean harm: exit 2, line and column, and nothing is done.

use crate::stage::{Stage, collect, files_below};

#[test]
fn names_that_would_leave_the_store_are_refused_where_they_stand() {
    let stage = Stage::new();
    for (sections, place) in [
        (
            "files: [{id: ../../evil, path: deploy/values.yaml}]\n",
            "3:14",
        ),
        (
            "files: [{id: /etc/evil, path: deploy/values.yaml}]\n",
            "3:14",
        ),
        ("files: [{id: values, path: ../outside}]\n", "3:28"),
        ("files: [{id: values, path: /etc/passwd}]\n", "3:28"),
        (
            "images: [{name: ../evil, reference: 'ghcr.io/a/b:c'}]\n",
            "3:17",
        ),
        ("commands: [{id: a/../b, run: [ls]}]\n", "3:17"),
    ] {
        let project = stage.project(sections);
        let before = files_below(&project.root).len();

        let run = collect(&project);

        assert_eq!(run.code, Some(2), "{sections}{}", run.stderr);
        assert!(
            run.stderr.contains(&format!("evidence.yaml:{place}: ")),
            "{sections}{}",
            run.stderr
        );
        assert_eq!(files_below(&project.root).len(), before);
    }
}

#[test]
fn a_bundle_name_that_leaves_its_folder_is_refused() {
    let stage = Stage::new();
    let project = stage.project("");
    let file = project.path("evidence.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replace("}\n", ", package: ../../x.tar.gz}\n");
    std::fs::write(&file, text).unwrap();

    let run = collect(&project);

    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(run.stderr.contains("evidence.yaml:2:"), "{}", run.stderr);
}

#[test]
fn mistakes_are_all_named_with_line_and_column() {
    let stage = Stage::new();
    let project = stage.project(
        "files:\n  - {id: a, path: docs, media-typ: text/plain}\n  - {id: a, path: docs}\n\
         metrics:\n  - {id: b, from: nowhere, expr: up, window: 2 hours, step: 60s}\n",
    );

    let run = collect(&project);

    assert_eq!(run.code, Some(2), "{}", run.stderr);
    for place in [
        "evidence.yaml:4:25: ",
        "evidence.yaml:5:10: ",
        "evidence.yaml:7:19: ",
        "evidence.yaml:7:46: ",
    ] {
        assert!(run.stderr.contains(place), "{place}{}", run.stderr);
    }
    assert!(!project.path(".evidence").exists());
}
