//! `evidence verify --online`: the seal of a bundle.

use crate::common::project::Project;
use crate::common::{REPOSITORY, Run, World, evidence, finish, run, text};
use crate::shared::others;
use serde_json::Value;

/// A sealed bundle.
struct Sealed {
    world: World,
    project: Project,
}

impl Sealed {
    /// With one file in it.
    fn small() -> Self {
        Self::of(|world| {
            Project::with(world, |_| {
                format!(
                    "version: 1\nrelease: {{repository: github.com/{REPOSITORY}}}\n\
                     files: [{{id: values, path: deploy/values.yaml}}]\n"
                )
            })
        })
    }

    fn of(project: impl Fn(&World) -> Project) -> Self {
        let world = World::start();
        let project = project(&world);
        let run = finish(evidence().args(world.release_args(&project)));
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        Self { world, project }
    }

    fn verify(&self, flags: &[&str]) -> Run {
        let mut args = vec!["verify".to_owned(), text(&self.project.bundle())];
        args.extend(self.world.trust_args());
        args.extend(flags.iter().map(|flag| String::from(*flag)));
        run(&args)
    }

    /// Codes of what failed or stayed open when the log is asked.
    fn online(&self) -> (Option<i32>, Vec<String>) {
        let run = self.verify(&["--online", "--output", "json"]);
        let page: Value = serde_json::from_str(&run.stdout).unwrap();
        let codes = page["findings"].as_array().unwrap().iter();
        let codes = codes
            .filter(|finding| finding["outcome"] == "fail" || finding["undetermined"] == true)
            .map(|finding| finding["code"].as_str().unwrap().to_owned())
            .collect();
        (run.code, codes)
    }
}

#[test]
fn the_seals_entry_is_confirmed_by_a_log_that_only_grew() {
    let sealed = Sealed::of(Project::new);
    let offline = sealed.verify(&[]);
    assert!(
        offline.stdout.contains("the log was not asked"),
        "{}",
        offline.stdout
    );
    let size = sealed.world.sandbox.log_size();
    sealed.world.sandbox.rewrite_log(size, &others(5));

    let online = sealed.verify(&["--online"]);

    assert_eq!(online.code, Some(0), "{}{}", online.stdout, online.stderr);
    assert!(
        !online.stdout.contains("the log was not asked"),
        "{}",
        online.stdout
    );
    assert!(
        online.stdout.contains("✓ log-online seal: "),
        "{}",
        online.stdout
    );
    assert!(online.stdout.contains("verdict: verified"));
}

#[test]
fn a_bundle_whose_log_was_rewound_or_rewritten_is_refused_by_that_check_alone() {
    let sealed = Sealed::small();
    let size = sealed.world.sandbox.log_size();

    sealed.world.sandbox.rewrite_log(size - 1, &[]);
    assert_eq!(
        sealed.online(),
        (Some(1), vec!["EV-log-online-shrunk".to_owned()])
    );

    sealed.world.sandbox.rewrite_log(size - 1, &others(8));
    assert_eq!(
        sealed.online(),
        (Some(1), vec!["EV-log-online-inconsistent".to_owned()])
    );
    assert_eq!(sealed.verify(&[]).code, Some(0));
}

#[test]
fn a_bundle_whose_log_is_down_is_undetermined() {
    let mut sealed = Sealed::small();
    let stopped = sealed.world.sandbox.stop(evidence::sandbox::Service::Rekor);
    tokio::runtime::Runtime::new().unwrap().block_on(stopped);

    assert_eq!(
        sealed.online(),
        (Some(3), vec!["EV-log-online-unreachable".to_owned()])
    );
}

#[test]
fn offline_and_online_exclude_each_other() {
    let run = run(&["verify", "b.tar.gz", "--offline", "--online"]);

    assert_eq!(run.code, Some(2), "{}", run.stderr);
}
