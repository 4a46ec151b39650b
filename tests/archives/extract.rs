//! `evidence extract`: the members as plain files in a new folder, or no folder at all.

use crate::sample::{Sample, good};
use crate::stage::{Stage, names};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

const FILE: &str = "bundle.tar.gz";
const STDOUT: &str = "files/history/stdout";

#[test]
fn every_member_is_a_plain_file_with_its_bytes_in_the_new_folder() {
    let stage = Stage::with(FILE, &good().pack());

    let run = stage.run(&["extract", FILE, "--to", "a/b"]);
    let from_stdin = stage.run_on(&["extract", "-", "-C", "c"], &good().pack());

    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(run.text(), "76 files, 447.0 KiB: a/b\n");
    assert_eq!(
        run.stderr,
        "not verified: `evidence verify` judges the bundle\n"
    );
    assert_eq!(from_stdin.code, Some(0), "{}", from_stdin.stderr);
    for folder in ["a/b", "c"] {
        let found = files(&stage.path(folder));
        assert_eq!(found.len(), good().members.len());
        for (path, body) in &good().members {
            let file = stage.path(folder).join(path);
            assert_eq!(&fs::read(&file).unwrap(), body);
            let mode = fs::symlink_metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o7133, 0, "{path}: {mode:o}");
        }
    }
    assert_eq!(stage.names(), ["a", FILE, "c"]);
}

#[test]
fn items_and_paths_choose_what_is_unpacked() {
    let stage = Stage::with(FILE, &good().pack());
    let chosen = |more: &[&str], to: &str| {
        let mut args = vec!["extract", FILE, "--to", to];
        args.extend(more);
        let run = stage.run(&args);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        files(&stage.path(to))
    };

    let by_item = chosen(&["--item", "history"], "item");
    let by_path = chosen(&["manifest.json", "files/history"], "path");

    let history = ["record.json", "stderr", "stdout"].map(|name| format!("files/history/{name}"));
    assert_eq!(by_item, history);
    assert_eq!(by_path[..3], history);
    assert_eq!(by_path[3], "manifest.json");
    for wrong in [&["--item", "histori"][..], &["files/hist"]] {
        let mut args = vec!["extract", FILE, "--to", "wrong"];
        args.extend(wrong);
        assert_eq!(stage.run(&args).code, Some(2), "{wrong:?}");
        assert!(!stage.path("wrong").exists());
    }
}

#[test]
fn an_empty_folder_is_filled_and_keeps_its_rights() {
    let stage = Stage::with(FILE, &good().pack());
    fs::create_dir(stage.path("mine")).unwrap();
    fs::set_permissions(stage.path("mine"), fs::Permissions::from_mode(0o700)).unwrap();

    let run = stage.run(&["extract", FILE, "--to", "mine"]);

    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let mode = fs::metadata(stage.path("mine"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700);
    assert_eq!(files(&stage.path("mine")).len(), 76);
}

#[test]
fn what_is_there_already_is_left_alone() {
    let stage = Stage::with(FILE, &good().pack());
    fs::create_dir(stage.path("full")).unwrap();
    fs::write(stage.path("full/thesis.txt"), "years of work").unwrap();
    fs::write(stage.path("file"), "mine").unwrap();
    fs::create_dir(stage.path("empty")).unwrap();
    symlink("empty", stage.path("link")).unwrap();
    symlink("nowhere", stage.path("dangling")).unwrap();
    for to in ["full", "file", "link", "dangling", "."] {
        let run = stage.run(&["extract", FILE, "--to", to]);

        assert_eq!(run.code, Some(2), "{to}: {}", run.stderr);
        assert!(
            run.stderr
                .contains("  hint: name a folder that is not there yet"),
            "{to}"
        );
        assert_eq!(run.text(), "");
    }
    assert_eq!(names(&stage.path("full")), ["thesis.txt"]);
    assert_eq!(names(&stage.path("empty")).len(), 0);
    assert_eq!(
        stage.names(),
        [FILE, "dangling", "empty", "file", "full", "link"]
    );
}

#[test]
fn of_a_bundle_that_is_not_what_its_manifest_lists_no_folder_is_left() {
    let changed = good().clone().edit(STDOUT, |body| body[0] ^= 1);
    let mut unlisted = good().clone();
    unlisted.members.push(("files/zz".into(), b"more".to_vec()));
    let mut doubled = good().clone();
    doubled.members.push(good().members[5].clone());
    let mut missing = good().clone();
    missing.members.pop();
    let by_case = twin(&good().clone(), "EVIDENCE.yaml");
    let in_a_file = twin(&good().clone(), "evidence.yaml/x");
    let over_the_manifest = twin(&good().clone(), "Manifest.json");
    let mut tailed = good().pack();
    tailed.extend_from_slice(b"tail");
    for (name, file) in [
        ("changed", changed.pack()),
        ("unlisted", unlisted.pack()),
        ("doubled", doubled.pack()),
        ("missing", missing.pack()),
        ("case", by_case.pack()),
        ("folder", in_a_file.pack()),
        ("manifest", over_the_manifest.pack()),
        ("tailed", tailed),
        ("cut", good().pack()[..30_000].to_vec()),
        ("empty", Vec::new()),
    ] {
        let stage = Stage::with(FILE, &file);

        let run = stage.run(&["extract", FILE, "--to", "out"]);

        assert_eq!(run.code, Some(1), "{name}: {}", run.stderr);
        assert_eq!(run.text(), "", "{name}");
        assert_eq!(stage.names(), [FILE], "{name}");
    }
}

#[test]
fn names_that_lead_out_of_the_folder_write_nothing_anywhere() {
    for name in [
        "../out.txt",
        "/tmp/out.txt",
        "files/../../out.txt",
        "files/x\\..\\y",
    ] {
        let mut tar = good().tar();
        let mut head = tar::Header::from_byte_slice(&tar[..512]).clone();
        let field = &mut head.as_ustar_mut().unwrap().name;
        field.fill(0);
        field[..name.len()].copy_from_slice(name.as_bytes());
        head.set_size(0);
        head.set_cksum();
        let end = tar.len() - 1_024;
        tar.splice(end..end, head.as_bytes().iter().copied());
        let stage = Stage::with(FILE, &crate::sample::gzip(&tar));

        let run = stage.run(&["extract", FILE, "--to", "deep/out"]);

        assert_eq!(run.code, Some(1), "{name}: {}", run.stderr);
        assert_eq!(stage.names(), [FILE, "deep"]);
        assert_eq!(names(&stage.path("deep")).len(), 0, "{name}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_undetermined() {
    let stage = Stage::with(FILE, &good().pack());
    fs::write(stage.path("file"), "mine").unwrap();

    let run = stage.run(&["extract", FILE, "--to", "file/out"]);

    assert_eq!(run.code, Some(3), "{}", run.stderr);
    assert_eq!(stage.names(), [FILE, "file"]);
}

/// Paths of the files below a folder; nothing but files and folders may be there.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let kind = fs::symlink_metadata(&path).unwrap().file_type();
            assert!(kind.is_dir() || kind.is_file(), "{path:?}");
            match kind.is_dir() {
                true => open.push(path),
                false => found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().into()),
            }
        }
    }
    found.sort_unstable();
    found
}

/// One more member like `evidence.yaml`, listed under another path.
fn twin(sample: &Sample, path: &str) -> Sample {
    let mut sample = sample.clone();
    let body = sample.body("evidence.yaml").to_vec();
    sample.members.insert(2, (path.to_owned(), body));
    sample.edit_manifest(|manifest| {
        let files = manifest["files"].as_array_mut().unwrap();
        let mut entry = files[0].clone();
        entry["path"] = path.into();
        files.insert(1, entry);
    })
}
