//! What a second run asks for again, and what it keeps.

use crate::common::project::Project;
use crate::common::{Run, finish};
use crate::stage::{Stage, assert_whole, collect, command, fared, line, store, stored, those};
use evidence::model::Digest;
use evidence::sandbox::{Caller, Content, Format, SignRequest, SignedBy};
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

#[test]
fn a_second_run_keeps_every_item_and_asks_no_server() {
    let mut stage = Stage::new();
    let project = Project::new(&stage.world);

    let first = collect(&project);
    let asked = stage.world.sandbox.registry_requests();
    stage.stop(evidence::sandbox::Service::Prometheus);
    stage.stop(evidence::sandbox::Service::Grafana);
    let second = collect(&project);

    assert_eq!(first.code, Some(0), "{}", first.stderr);
    assert_eq!(second.code, Some(0), "{}", second.stderr);
    assert_eq!(those(&first, "captured").len(), 13);
    assert_eq!(those(&second, "kept"), those(&first, "captured"));
    assert_eq!(stage.world.sandbox.registry_requests(), asked);
}

#[test]
fn a_damaged_capture_is_taken_again_and_heals() {
    let stage = Stage::new();
    let project = stage.project("files: [{id: values, path: deploy/values.yaml}]\n");
    collect(&project);
    let blob = store(&project)
        .join("blobs")
        .join(Digest::of(b"replicas: 3\n").hex());
    fs::write(&blob, "replicas: 9\n").unwrap();

    let again = collect(&project);

    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert_eq!(those(&again, "captured"), ["values"].into());
    assert_whole(&project);
}

#[test]
fn an_image_that_was_signed_later_is_captured_again() {
    let stage = Stage::new();
    let sandbox = &stage.world.sandbox;
    let image = sandbox.push_image("late/api", "late").unwrap();
    let sections = format!(
        "identities:\n  release: {{issuer: \"{}\", subject: \"{}\"}}\n\
         trusted-roots: [trusted_root.json]\n\
         images:\n  - {{name: late, reference: \"{}/late/api:{{tag}}\", signed-by: release}}\n",
        sandbox.issuer_url(),
        sandbox.workflow().identity(),
        sandbox.registry(),
    );
    let project = stage.project(&sections);

    let before = collect(&project);
    let signer = SignedBy::Identity(Caller::Workflow(sandbox.workflow().clone()));
    sandbox
        .sign(&SignRequest {
            repository: image.repository,
            image: image.descriptor,
            signer,
            format: Format::Bundle,
            content: Content::Signature(BTreeMap::new()),
            defect: None,
        })
        .unwrap();
    let after = collect(&project);

    assert_eq!(before.code, Some(4), "{}", before.stderr);
    assert!(line(&before, "late").starts_with("captured  late: NOT MET, "));
    assert_eq!(after.code, Some(0), "{}", after.stderr);
    assert_eq!(line(&after, "late"), "captured  late: verified");
    assert_eq!(fared(&after)["release"], "kept");
}

#[test]
fn a_value_that_breaks_its_limit_and_a_command_that_failed_are_not_asked_again_until_they_fit() {
    let stage = Stage::new();
    let project = Project::with(&stage.world, |text| {
        text.replace("<= 350ms", "<= 1ms")
            .replace("run: [git, ", "exit-code: 7, run: [git, ")
    });

    let first = collect(&project);
    let second = collect(&project);

    assert_eq!(first.code, Some(4), "{}", first.stderr);
    assert_eq!(second.code, Some(4), "{}", second.stderr);
    for id in ["api_p95", "history"] {
        assert!(line(&first, id).starts_with(&format!("captured  {id}: NOT MET, ")));
        assert!(line(&second, id).starts_with(&format!("kept      {id}: NOT MET, ")));
    }
}

#[test]
fn an_edited_configuration_is_captured_again_and_not_packed_before() {
    let stage = Stage::new();
    let project = stage.project("files: [{id: values, path: deploy/values.yaml}]\n");
    collect(&project);
    let file = project.path("evidence.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text + "# a remark\n").unwrap();

    let packed = finish(command("pack", &project).arg("--out-dir").arg(&project.out));
    let again = collect(&project);

    assert_eq!(packed.code, Some(3), "{}", packed.stderr);
    assert!(
        packed
            .stderr
            .contains("captured for another configuration: configuration"),
        "{}",
        packed.stderr
    );
    // It is not the tag's any more.
    assert_eq!(again.code, Some(4), "{}", again.stderr);
    assert_eq!(those(&again, "captured"), ["configuration"].into());
    assert_eq!(those(&again, "kept"), ["release", "values"].into());
}

#[test]
fn a_time_that_is_asked_for_lies_on_the_grid_and_another_one_is_another_capture() {
    let stage = Stage::new();
    let project = stage.project(&stage.metric());
    let at = |time: &str| -> Run { finish(command("collect", &project).args(["--at", time])) };
    let end = || {
        stored(&project, "up")["item"]["window"]["endMs"]
            .as_i64()
            .unwrap()
    };

    let first = at("2026-01-02T03:04:05.678Z");
    let first_end = end();
    let same = at("2026-01-02T03:04:59Z");
    let other = at("2026-01-02T03:05:00Z");

    let minute = 1_767_323_040_000;
    assert_eq!(fared(&first)["up"], "captured", "{}", first.stderr);
    assert_eq!(fared(&same)["up"], "kept", "{}", same.stderr);
    assert_eq!(fared(&other)["up"], "captured", "{}", other.stderr);
    assert_eq!((first_end, end()), (minute, minute + 60_000));
}

#[test]
fn a_time_to_come_is_refused_before_anything_is_done() {
    let stage = Stage::new();
    let project = stage.project(&stage.metric());

    let run = finish(command("collect", &project).args(["--at", "9000-01-01T00:00:00Z"]));

    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(run.stderr.contains("lies in the future"), "{}", run.stderr);
    assert!(!project.path(".evidence").exists());
}

#[test]
fn a_store_of_another_commit_is_refused_with_a_hint() {
    let stage = Stage::new();
    let project = stage.project("");
    collect(&project);
    git(
        &project,
        &["commit", "--quiet", "--allow-empty", "--message", "more"],
    );
    git(
        &project,
        &[
            "tag",
            "--force",
            "--annotate",
            "v1.4.0",
            "--message",
            "again",
        ],
    );

    for name in ["collect", "pack"] {
        let run = finish(&mut command(name, &project));

        assert_eq!(run.code, Some(2), "{}", run.stderr);
        assert!(run.stderr.contains(&project.commit), "{}", run.stderr);
        assert!(
            run.stderr
                .contains("  hint: a store holds one release: name another with --store"),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn a_tag_that_a_shallow_clone_lacks_is_refused_with_the_line_that_fetches_it() {
    let stage = Stage::new();
    let project = stage.project("");
    git(&project, &["tag", "--delete", "v1.4.0"]);

    let run = collect(&project);

    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(
        run.stderr.contains("`git fetch --force origin tag v1.4.0`"),
        "{}",
        run.stderr
    );
}

fn git(project: &Project, args: &[&str]) {
    let who = ["-c", "user.name=Test", "-c", "user.email=test@example.test"];
    let plain = ["-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"];
    let output = Command::new("git")
        .arg("-C")
        .arg(&project.root)
        .args(who.into_iter().chain(plain).chain(args.iter().copied()))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}
