//! `evidence inspect`: everything that is there, and what is not as listed; the bytes of one member.

use crate::sample::{Sample, good};
use crate::stage::Stage;
use serde_json::Value;
use std::process::Stdio;

const FILE: &str = "bundle.tar.gz";
const STDOUT: &str = "files/history/stdout";

#[test]
fn the_list_has_each_member_with_its_size_and_digest_from_a_file_and_from_standard_input() {
    let stage = Stage::with(FILE, &good().pack());

    let by_file = json(&stage, &["inspect", FILE, "--output", "json"], 0);
    let from_stdin = stage.run_on(&["inspect", "-", "--output", "json"], &good().pack());

    let members = by_file["members"].as_array().unwrap();
    assert_eq!(members.len(), good().members.len());
    for (row, (path, body)) in members.iter().zip(&good().members) {
        assert_eq!(row["path"], path.as_str());
        assert_eq!(row["size"], body.len());
        assert_eq!(row["sha256"], evidence::model::Digest::of(body).to_string());
    }
    let mut from_stdin: Value = serde_json::from_slice(&from_stdin.stdout).unwrap();
    assert_eq!(from_stdin["bundle"]["name"], "standard input");
    from_stdin["bundle"]["name"] = FILE.into();
    assert_eq!(from_stdin, by_file);
}

#[test]
fn items_members_and_folders_are_chosen_by_name() {
    let stage = Stage::with(FILE, &good().pack());
    let chosen = |more: &[&str]| {
        let mut args = vec!["inspect", FILE, "--output", "json"];
        args.extend(more);
        let list = json(&stage, &args, 0);
        let ids = |rows: &str, name: &str| -> Vec<String> {
            let rows = list[rows].as_array().unwrap().iter();
            rows.map(|row| row[name].as_str().unwrap().to_owned())
                .collect()
        };
        (ids("items", "id"), ids("members", "path"))
    };

    let by_item = chosen(&["--item", "history"]);
    let by_folder = chosen(&["files/history/"]);
    let by_path = chosen(&[STDOUT]);

    assert_eq!(by_item.0, ["history"]);
    assert_eq!(by_item, by_folder);
    assert_eq!(by_path, (vec!["history".into()], vec![STDOUT.into()]));
    for wrong in [
        &["inspect", FILE, "files/hist"][..],
        &["inspect", FILE, "--item", "histori"],
    ] {
        let run = stage.run(wrong);
        assert_eq!(run.code, Some(2), "{wrong:?}");
        assert_eq!(run.text(), "");
    }
}

#[test]
fn what_is_not_as_the_manifest_lists_it_is_said_and_ends_in_exit_1() {
    let changed = good().clone().edit(STDOUT, |body| body[0] ^= 1);
    let longer = good().clone().edit(STDOUT, |body| body.push(b'x'));
    let mut unlisted = good().clone();
    unlisted.members.push(("files/zz".into(), b"more".to_vec()));
    let mut doubled = good().clone();
    doubled.members.push(good().members[5].clone());
    let mut missing = good().clone();
    missing.members.pop();
    let twice = good().clone().edit_manifest(|manifest| {
        let files = manifest["files"].as_array_mut().unwrap();
        files.insert(1, files[0].clone());
    });
    let by_case = listed_as(&good().clone(), "evidence.yaml", "EVIDENCE.yaml");
    let in_a_file = listed_as(&good().clone(), "evidence.yaml", "evidence.yaml/x");
    for (sample, code, subject) in [
        (changed, "changed", STDOUT),
        (longer, "changed", STDOUT),
        (unlisted, "unlisted", "files/zz"),
        (doubled, "doubled", good().members[5].0.as_str()),
        (
            missing,
            "missing",
            good().members.last().unwrap().0.as_str(),
        ),
        (twice, "doubled", "evidence.yaml"),
        (by_case, "case", "evidence.yaml"),
        (in_a_file, "folder", "evidence.yaml/x"),
    ] {
        let stage = Stage::with(FILE, &sample.pack());

        let list = json(&stage, &["inspect", FILE, "--output", "json"], 1);
        let text = stage.run(&["inspect", FILE]);

        let defects = list["defects"].as_array().unwrap();
        assert_eq!(defects.len(), 1, "{code}: {defects:?}");
        assert_eq!(defects[0]["code"], code);
        assert_eq!(defects[0]["subject"], subject);
        assert_eq!(text.code, Some(1));
        let said = text
            .text()
            .split_once("not as the manifest lists it\n")
            .unwrap()
            .1;
        assert!(said.starts_with(&format!("  ✗ {subject}: ")), "{said}");
    }
}

#[test]
fn a_bundle_that_breaks_off_is_listed_as_far_as_it_goes() {
    let mut tar = good().tar();
    // The padding after the last member.
    let at = tar.len() - 1_025;
    tar[at] = 1;
    let stage = Stage::with(FILE, &crate::sample::gzip(&tar));

    let list = json(&stage, &["inspect", FILE, "--output", "json"], 1);

    assert_eq!(list["complete"], false);
    assert_eq!(list["defects"][0]["code"], "archive");
    assert_eq!(list["members"].as_array().unwrap().len(), 75);
}

#[test]
fn names_and_titles_cannot_steer_the_terminal() {
    let sample = good().clone().edit_manifest(|manifest| {
        manifest["items"][0]["title"] = "\u{1b}[2Jverified\n  all good".into();
        manifest["files"][0]["name"] = "a\u{202e}b".into();
        manifest["stage"] = "tag\u{7}".into();
    });
    let stage = Stage::with(FILE, &sample.pack());

    let run = stage.run(&["inspect", FILE]);

    let text = run.text();
    assert!(
        text.chars().all(|c| c == '\n' || !c.is_control()),
        "{text:?}"
    );
    assert!(!text.contains('\u{202e}'));
    assert!(text.contains("\\u{1b}[2Jverified\\n  all good"), "{text}");
}

#[test]
fn one_member_is_printed_as_it_is() {
    let stage = Stage::with(FILE, &good().pack());
    for path in [
        "manifest.json",
        "evidence.yaml",
        "dashboards/overview/render.png",
    ] {
        let run = stage.run(&["inspect", FILE, "--member", path]);
        let from_stdin = stage.run_on(&["inspect", "-", "--member", path], &good().pack());

        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert_eq!(run.stdout, good().body(path), "{path}");
        assert_eq!(run.stdout, from_stdin.stdout);
        assert_eq!(run.stderr, "");
    }
}

#[test]
fn a_member_that_is_not_the_listed_one_ends_in_exit_1() {
    let changed = good().clone().edit(STDOUT, |body| body[0] ^= 1);
    let mut missing = good().clone();
    missing.members.remove(missing.position(STDOUT));
    let stage = Stage::with("changed", &changed.pack());
    std::fs::write(stage.path("missing"), missing.pack()).unwrap();

    let changed = stage.run(&["inspect", "changed", "--member", STDOUT]);
    let missing = stage.run(&["inspect", "missing", "--member", STDOUT]);

    assert_eq!((changed.code, missing.code), (Some(1), Some(1)));
    assert!(
        changed.stderr.starts_with(
            "error: files/history/stdout is not what the bundle's manifest lists\n  it has sha256:"
        ),
        "{}",
        changed.stderr
    );
    assert!(
        missing
            .stderr
            .contains("is listed in the bundle's manifest and not there")
    );
    assert_eq!(missing.text(), "");
}

#[test]
fn a_pipe_that_is_closed_early_is_no_error() {
    let large = good()
        .clone()
        .edit(STDOUT, |body| body.resize(3 << 20, b'x'))
        .relist();
    let stage = Stage::with(FILE, &large.pack());
    let mut child = stage
        .command(&["inspect", FILE, "--member", STDOUT])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();

    drop(child.stdout.take());

    assert_eq!(child.wait().unwrap().code(), Some(0));
}

fn json(stage: &Stage, args: &[&str], code: i32) -> Value {
    let run = stage.run(args);
    assert_eq!(run.code, Some(code), "{args:?}: {}", run.stderr);
    serde_json::from_slice(&run.stdout).unwrap()
}

/// One more member like `path`, under another path.
fn listed_as(sample: &Sample, path: &str, other: &str) -> Sample {
    let mut sample = sample.clone();
    let at = sample.position(path);
    let twin = (other.to_owned(), sample.members[at].1.clone());
    sample.members.insert(at + 1, twin);
    sample.edit_manifest(|manifest| {
        let files = manifest["files"].as_array_mut().unwrap();
        let mut entry = files[at - 1].clone();
        entry["path"] = other.into();
        files.insert(at, entry);
    })
}
