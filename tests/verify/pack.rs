//! The same captures are the same bytes, and stock tools read them.

use crate::common::project::Project;
use crate::common::{TAG, evidence, finish, text};
use crate::sample::{Sample, world};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

#[test]
fn the_same_captures_are_packed_to_the_same_bytes_whatever_the_surroundings() {
    let project = Project::new(world());
    let (released, _) = Sample::release(&project);
    let surroundings = [
        ("022", "UTC", "C", world().new_folder()),
        ("077", "Asia/Kathmandu", "tr_TR.UTF-8", project.root.clone()),
    ];
    for (umask, zone, locale, folder) in surroundings {
        let out = world().new_folder();
        let packed = finish(
            Command::new("sh")
                .args(["-c", &format!("umask {umask}; exec \"$@\""), "sh"])
                .arg(evidence().get_program())
                .args(["pack", "--tag", TAG, "--config"])
                .args([
                    project.path("evidence.yaml"),
                    "--out-dir".into(),
                    out.clone(),
                ])
                .env("TZ", zone)
                .env("LC_ALL", locale)
                .current_dir(folder),
        );
        assert_eq!(packed.code, Some(0), "{}", packed.stderr);

        let file = std::fs::read(out.join(project.bundle().file_name().unwrap())).unwrap();

        assert!(file == released.file, "umask {umask}, TZ {zone}");
    }
}

#[test]
fn the_same_captures_are_packed_to_the_same_bytes_by_any_number_of_threads_from_a_folder_in_any_order()
 {
    let project = Project::new(world());
    let (released, _) = Sample::release(&project);
    let store = project.path(&format!(".evidence/{TAG}"));
    for (threads, shuffled) in [("1", false), ("2", true), ("64", true)] {
        let out = world().new_folder();
        let copy = out.join("store");
        copy_in_order(&store, &copy, shuffled);
        let packed = finish(
            evidence()
                .args(["pack", "--tag", TAG, "--threads", threads, "--config"])
                .arg(project.path("evidence.yaml"))
                .arg("--store")
                .arg(&copy)
                .arg("--out-dir")
                .arg(&out),
        );
        assert_eq!(packed.code, Some(0), "{}", packed.stderr);

        let file = std::fs::read(out.join(project.bundle().file_name().unwrap())).unwrap();

        assert!(file == released.file, "{threads} threads");
    }
}

/// Copies a folder; names come into the new one in their order, or in the opposite one.
fn copy_in_order(from: &Path, to: &Path, backwards: bool) {
    std::fs::create_dir_all(to).unwrap();
    let mut entries: Vec<_> = (std::fs::read_dir(from).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    if backwards {
        entries.reverse();
    }
    for entry in entries {
        let new = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            copy_in_order(&entry, &new, backwards);
        } else {
            std::fs::copy(&entry, &new).unwrap();
        }
    }
}

#[test]
fn stock_tools_unpack_a_bundle_and_check_its_digests() {
    let project = Project::new(world());
    let (released, _) = Sample::release(&project);
    let name = text(Path::new(project.bundle().file_name().unwrap()));
    let mut list = String::new();
    for file in released.bundle().manifest()["files"].as_array().unwrap() {
        let digest = file["sha256"].as_str().unwrap().replace("sha256:", "");
        writeln!(list, "{digest}  {}", file["path"].as_str().unwrap()).unwrap();
    }
    std::fs::write(project.out.join("list"), list).unwrap();

    let script =
        format!("sha256sum -c {name}.sha256 && tar xzf {name} && sha256sum --quiet -c list");
    let checked = finish(
        Command::new("sh")
            .args(["-ec", &script])
            .current_dir(&project.out),
    );

    assert_eq!(
        checked.code,
        Some(0),
        "{}{}",
        checked.stdout,
        checked.stderr
    );
}
