//! A server that is gone, before a run or in the middle of it: exit code 3, and the next run fetches only the rest.

use super::images;
use super::project::{Project, Sealer, Sources};
use super::running::{Alone, Promise, Ran, image, variable, workflow};
use super::tripwire::Tripwire;
use std::fs;

#[test]
fn an_image_whose_registry_is_down_is_undetermined() {
    let alone = Alone::with_all_servers();
    for (server, registry) in [
        ("registry-referrers", "STACK_REGISTRY"),
        ("registry-plain", "STACK_REGISTRY_PLAIN"),
    ] {
        let down = alone.promise(&[server]);
        down.stop();

        let ran = images::verify(&image(registry, "api"), &workflow()).exits(3);

        assert_eq!(ran.json()["images"][0]["verdict"], "undetermined");
        assert!(ran.stdout.contains(&variable(registry)), "{ran:?}");
    }
}

#[test]
fn a_registry_that_is_down_fails_its_own_images_only() {
    let alone = Alone::with_all_servers();
    let down = alone.promise(&["registry-referrers"]);
    let project = Project::new(&Sources::real());
    down.stop();

    let its_items = ["api", "api.sbom", "gateway", "gateway.sbom"];
    assert_capture_resumes(&project, &down, &variable("STACK_REGISTRY"), &its_items);
}

#[test]
fn a_registry_that_goes_down_in_mid_run_fails_its_own_images_only() {
    let alone = Alone::with_all_servers();
    let down = alone.promise(&["registry-plain"]);
    let wire = Tripwire::new("registry-plain", &variable("STACK_REGISTRY_PLAIN"), 5);
    let project = Project::new(&Sources {
        plain: wire.address.clone(),
        ..Sources::real()
    });

    let its_items = ["client", "client.sbom", "legacy-key"];
    assert_capture_resumes(&project, &down, &wire.address, &its_items);
}

#[test]
fn a_metrics_server_that_is_down_fails_its_own_queries_only() {
    let alone = Alone::with_all_servers();
    let down = alone.promise(&["prometheus"]);
    let project = Project::new(&Sources::real());
    down.stop();

    let its_items = ["canary", "lag", "p95"];
    assert_capture_resumes(
        &project,
        &down,
        &variable("STACK_PROMETHEUS_URL"),
        &its_items,
    );
}

#[test]
fn a_metrics_server_that_goes_down_in_mid_run_fails_its_own_queries_only() {
    let alone = Alone::with_all_servers();
    let down = alone.promise(&["prometheus"]);
    let upstream = variable("STACK_PROMETHEUS_URL");
    let upstream = upstream.strip_prefix("http://").unwrap();
    let wire = Tripwire::new("prometheus", upstream, 5);
    let project = Project::new(&Sources {
        prometheus: format!("http://{}", wire.address),
        ..Sources::real()
    });

    let its_items = ["canary", "lag", "p95"];
    assert_capture_resumes(&project, &down, &wire.address, &its_items);
}

#[test]
fn a_log_that_is_down_leaves_the_bundle_whole_for_a_later_seal() {
    assert_seal_resumes("rekor1", "the transparency log", "STACK_REKOR1_URL", &[]);
}

#[test]
fn a_log_of_version_2_that_is_down_leaves_the_bundle_whole_for_a_later_seal() {
    let flags = ["--rekor-version", "2"];
    assert_seal_resumes("rekor2", "the transparency log", "STACK_REKOR2_URL", &flags);
}

#[test]
fn a_certificate_authority_that_is_down_leaves_the_bundle_whole_for_a_later_seal() {
    assert_seal_resumes(
        "fulcio",
        "the certificate authority",
        "STACK_FULCIO_URL",
        &[],
    );
}

#[test]
fn a_timestamp_authority_that_is_down_leaves_the_bundle_whole_for_a_later_seal() {
    assert_seal_resumes("tsa", "the timestamp authority", "STACK_TSA_URL", &[]);
}

#[test]
fn a_log_that_lost_its_own_server_answers_with_an_error_and_a_later_run_seals() {
    let alone = Alone::with_all_servers();
    let down = alone.promise(&["trillian-server", "ct", "rekor1"]);
    let project = Project::new(&Sources::stopping("trillian-server"));

    let first = project.release(Sealer::PlainKey, &[]).exits(3);

    assert_names(&first, "the transparency log", "STACK_REKOR1_URL");
    // Those behind it would connect again in their own time: a fresh start does it at once.
    down.stop();
    down.start();
    let second = project.release(Sealer::PlainKey, &[]).exits(0);
    assert_eq!(second.items("kept"), first.items("captured"));
}

/// The service is down from the start, then goes down between the captures and the seal: each time everything is
/// captured and packed, nothing is sealed, and the next run or `evidence seal` does that alone.
#[track_caller]
fn assert_seal_resumes(server: &'static str, words: &str, url: &str, flags: &[&str]) {
    let alone = Alone::with_all_servers();
    let down = alone.promise(&[server]);

    down.stop();
    let before = Project::new(&Sources::real());
    let first = before.release(Sealer::Workflow, flags).exits(3);
    assert_names(&first, words, url);
    let bundle = fs::read(before.bundle()).unwrap();
    let digest = before.bundle_sha256();
    assert_unsealed(&before);
    down.start();
    before.seal(Sealer::Workflow, &before.commit).exits(0);
    assert_eq!(fs::read(before.bundle()).unwrap(), bundle);
    assert_eq!(before.bundle_sha256(), digest);

    let during = Project::new(&Sources::stopping(server));
    let first = during.release(Sealer::Workflow, flags).exits(3);
    assert_names(&first, words, url);
    assert!(first.items("captured").contains(&"stop"), "{first:?}");
    assert_unsealed(&during);
    let bundle = fs::read(during.bundle()).unwrap();
    down.start();
    let second = during.release(Sealer::Workflow, flags).exits(0);
    assert_eq!(second.items("kept"), first.items("captured"));
    assert!(second.items("captured").is_empty(), "{second:?}");
    assert_eq!(fs::read(during.bundle()).unwrap(), bundle);
}

fn assert_names(ran: &Ran, words: &str, url: &str) {
    assert!(ran.stderr.contains(words), "{words}: {ran:?}");
    let url = variable(url);
    assert!(ran.stderr.contains(&url), "{url}: {ran:?}");
}

fn assert_unsealed(project: &Project) {
    let mut seal = project.bundle().into_os_string();
    seal.push(".sigstore.json");
    assert!(!fs::exists(seal).unwrap());
}

/// Every item of the shop.
const ALL: [&str; 14] = [
    "api",
    "api.sbom",
    "canary",
    "client",
    "client.sbom",
    "configuration",
    "gateway",
    "gateway.sbom",
    "history",
    "lag",
    "legacy-key",
    "p95",
    "release",
    "roll-back",
];

/// A source of captures is gone: its items fail, by name of the source, and all others are kept for the next run.
fn assert_capture_resumes(project: &Project, down: &Promise<'_>, source: &str, its_items: &[&str]) {
    let first = project.release(Sealer::Workflow, &[]).exits(3);
    let (captured, failed) = (first.items("captured"), first.items("failed"));
    assert!(!failed.is_empty(), "{first:?}");
    assert!(failed.iter().all(|id| its_items.contains(id)), "{first:?}");
    let mut both = [&captured[..], &failed].concat();
    both.sort_unstable();
    assert_eq!(both, ALL, "{first:?}");
    let is_named = |line: &str| line.contains(source);
    assert!(lines_of(&first, "failed").all(is_named), "{first:?}");
    assert!(!project.bundle().exists());

    down.start();
    let second = project.release(Sealer::Workflow, &[]).exits(0);
    assert_eq!(second.items("kept"), captured);
    assert_eq!(second.items("captured"), failed);
    project.bundle_sha256();
}

fn lines_of<'a>(ran: &'a Ran, how: &'static str) -> impl Iterator<Item = &'a str> {
    ran.stderr.lines().filter(move |line| line.starts_with(how))
}
