//! A world whose services stop and start again, and what a run left in its store.

use crate::common::project::Project;
use crate::common::{REPOSITORY, Run, TAG, World, evidence, finish, text};
use evidence::model::Digest;
use evidence::sandbox::Service;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tokio::runtime::Runtime;

/// A world of this story alone.
pub(crate) struct Stage {
    pub(crate) world: World,
    runtime: Runtime,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self {
            world: World::start(),
            runtime: Runtime::new().unwrap(),
        }
    }

    pub(crate) fn stop(&mut self, service: Service) {
        self.runtime.block_on(self.world.sandbox.stop(service));
    }

    pub(crate) fn restart(&mut self, service: Service) {
        let restarted = self.world.sandbox.restart(service);
        self.runtime.block_on(restarted).unwrap();
    }

    /// The project with nothing but these sections.
    pub(crate) fn project(&self, sections: &str) -> Project {
        Project::with(&self.world, |_| {
            format!("version: 1\nrelease: {{repository: github.com/{REPOSITORY}}}\n{sections}")
        })
    }

    /// Sections with one metric and the server that it is from.
    pub(crate) fn metric(&self) -> String {
        metric(&self.world.sandbox.url(Service::Prometheus), "")
    }

    /// `evidence release` by the release workflow.
    pub(crate) fn release(&self, project: &Project) -> Run {
        finish(evidence().args(self.world.release_args(project)))
    }

    /// The flags of `evidence seal` without the signer.
    pub(crate) fn services(&self) -> Vec<String> {
        let file = |name| text(&self.world.path(name));
        vec![
            "--signing-config".into(),
            file("signing_config.json"),
            "--seal-trusted-root".into(),
            file("trusted_root.json"),
        ]
    }
}

/// Sections with one metric from the server at this URL, which has these keys more.
pub(crate) fn metric(url: &str, more: &str) -> String {
    format!(
        "prometheus:\n  main: {{url: \"{url}\"{more}}}\n\
         metrics:\n  - {{id: up, from: main, expr: 'queue_lag{{queue=\"orders\"}}', window: 10m, step: 60s}}\n"
    )
}

/// `evidence COMMAND` for the project.
pub(crate) fn command(name: &str, project: &Project) -> Command {
    let mut command = evidence();
    command.args([name, "--tag", TAG, "--config"]);
    command.arg(project.path("evidence.yaml"));
    command
}

/// Runs `evidence collect` for the project.
pub(crate) fn collect(project: &Project) -> Run {
    finish(&mut command("collect", project))
}

/// The project's capture store.
pub(crate) fn store(project: &Project) -> PathBuf {
    project.path(".evidence").join(TAG)
}

/// How each item fared, as standard error says: `kept`, `captured` or `failed`.
pub(crate) fn fared(run: &Run) -> BTreeMap<&str, &str> {
    run.stderr
        .lines()
        .filter_map(|line| {
            let (word, rest) = line.split_once(' ')?;
            let (id, _) = rest.trim_start().split_once(':')?;
            ["kept", "captured", "failed"]
                .contains(&word)
                .then_some((id, word))
        })
        .collect()
}

/// The items that fared so.
pub(crate) fn those<'a>(run: &'a Run, word: &str) -> BTreeSet<&'a str> {
    let all = fared(run).into_iter();
    all.filter(|(_, found)| *found == word)
        .map(|(id, _)| id)
        .collect()
}

/// The line about an item.
pub(crate) fn line<'a>(run: &'a Run, id: &str) -> &'a str {
    let about = format!(" {id}: ");
    let found = run.stderr.lines().find(|line| line.contains(&about));
    found.unwrap_or_else(|| panic!("nothing about {id}: {}", run.stderr))
}

/// An item as the store has it.
pub(crate) fn stored(project: &Project, id: &str) -> Value {
    let path = store(project).join("items").join(format!("{id}.json"));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Ids of the stored items.
pub(crate) fn ids(project: &Project) -> BTreeSet<String> {
    names(&store(project).join("items"))
        .iter()
        .filter_map(|name| name.strip_suffix(".json").map(Into::into))
        .collect()
}

/// Asserts that every item parses and has its blobs, and that every blob is what its name says.
#[track_caller]
pub(crate) fn assert_whole(project: &Project) {
    let blobs = store(project).join("blobs");
    for name in names(&blobs) {
        let bytes = fs::read(blobs.join(&name)).unwrap();
        assert_eq!(Digest::of(&bytes).hex(), name, "a half blob");
    }
    for id in ids(project) {
        for file in stored(project, &id)["files"].as_array().unwrap() {
            let digest: Digest = file["sha256"].as_str().unwrap().parse().unwrap();
            assert!(blobs.join(digest.hex()).is_file(), "{id} lacks {digest}");
        }
    }
}

/// Names in a folder that are no temporary ones; none when there is no folder.
pub(crate) fn names(folder: &Path) -> BTreeSet<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return BTreeSet::new();
    };
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !(name.starts_with('.') && name.contains(".part-")))
        .collect()
}

/// Every file below a folder.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found
}
