//! `evidence pins --fix` against a registry that runs in this process.

use crate::command::{folder, pins};
use crate::common::World;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

/// One registry for all tests here.
fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(World::start)
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn tags_become_digests_in_place_and_a_second_run_changes_nothing() {
    let images = &world().images;
    let (api, client) = (&images.api.reference, &images.client.reference);
    let (name, tag) = api.rsplit_once(':').unwrap();
    let (registry, repository) = name.split_once('/').unwrap();
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - image: {api} # the api\n    - {{image: '{client}'}}\n"
    );
    let docker = format!("FROM {client} AS base\r\nFROM base\r\nCOPY --from={api} /a /b\r\n");
    let values = format!(
        "image:\n  registry: \"{registry}\"\n  repository: {repository}\n  tag: {tag}\n  digest: \"\"\n"
    );
    let kustomization = format!("images:\n  - name: api\n    newName: {name}\n    newTag: {tag}\n");
    let folder = folder(&[
        ("pod.yaml", &pod),
        ("Dockerfile", &docker),
        ("values.yaml", &values),
        ("kustomization.yaml", &kustomization),
    ]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let odd = fs::Permissions::from_mode(0o640);
        fs::set_permissions(folder.path().join("pod.yaml"), odd).unwrap();
    }

    let run = pins(folder.path(), &[".", "--fix"]);

    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    let (api_digest, client_digest) = (
        images.api.descriptor.digest,
        images.client.descriptor.digest,
    );
    assert_eq!(
        read(folder.path(), "pod.yaml"),
        pod.replace(api, &format!("{api}@{api_digest}"))
            .replace(client, &format!("{client}@{client_digest}"))
    );
    assert_eq!(
        read(folder.path(), "Dockerfile"),
        docker
            .replace(api, &format!("{api}@{api_digest}"))
            .replace(client, &format!("{client}@{client_digest}"))
    );
    assert_eq!(
        read(folder.path(), "values.yaml"),
        values.replace("\"\"", &format!("\"{api_digest}\""))
    );
    assert_eq!(
        read(folder.path(), "kustomization.yaml"),
        kustomization.replace("newTag", &format!("digest: {api_digest}\n    newTag"))
    );
    let shown = format!(
        "pod.yaml:5:14: {api}: pinned\n  - - image: {api} # the api\n  + - image: {api}@{api_digest} # the api\n"
    );
    assert!(run.stdout.contains(&shown), "{}", run.stdout);
    assert!(run.stdout.ends_with(
        "6 image references in 4 files: 6 pinned, 0 not pinned, 0 not known; 6 fixed now\n"
    ));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let metadata = fs::metadata(folder.path().join("pod.yaml")).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o640);
    }
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 4, "a part is left: {names:?}");

    let before: Vec<_> = [
        "pod.yaml",
        "Dockerfile",
        "values.yaml",
        "kustomization.yaml",
    ]
    .map(|name| read(folder.path(), name))
    .into();
    let again = pins(folder.path(), &[".", "--fix"]);

    assert_eq!(again.code, Some(0));
    assert_eq!(
        again.stdout,
        "6 image references in 4 files: 6 pinned, 0 not pinned, 0 not known\n"
    );
    let after: Vec<_> = [
        "pod.yaml",
        "Dockerfile",
        "values.yaml",
        "kustomization.yaml",
    ]
    .map(|name| read(folder.path(), name))
    .into();
    assert_eq!(before, after);
}

#[test]
fn an_image_is_asked_for_once_however_often_it_stands() {
    let world = World::start();
    let gateway = &world.images.gateway.reference;
    let docker = format!("FROM {gateway} AS a\nFROM {gateway} AS b\n");
    let folder = folder(&[("Dockerfile", &docker), ("other.Dockerfile", &docker)]);
    let asked = || {
        let all = world.sandbox.registry_requests();
        all.iter()
            .filter(|line| line.contains("/demo/gateway/manifests/v"))
            .count()
    };
    let before = asked();

    let run = pins(folder.path(), &[".", "--fix"]);

    assert_eq!(run.code, Some(0), "{}", run.stdout);
    assert_eq!(asked() - before, 1);
}

#[test]
fn a_dry_run_shows_what_would_be_written_and_writes_nothing() {
    let api = &world().images.api.reference;
    let digest = world().images.api.descriptor.digest;
    let docker = format!("FROM {api}\n");
    let folder = folder(&[("Dockerfile", &docker)]);

    let run = pins(folder.path(), &["Dockerfile", "--fix", "--dry-run"]);

    assert_eq!(
        run.stdout,
        format!(
            "Dockerfile:1:6: {api}: would be pinned\n  - FROM {api}\n  + FROM {api}@{digest}\n\
             1 image reference in 1 file: 0 pinned, 1 not pinned, 0 not known\n"
        )
    );
    assert_eq!(run.code, Some(4));
    assert_eq!(read(folder.path(), "Dockerfile"), docker);
}

#[test]
fn a_registry_that_is_not_there_is_exit_3_and_a_tag_that_is_not_is_exit_4() {
    let registry = world().sandbox.registry();
    let gone = "FROM 127.0.0.1:1/a:v1\n";
    let absent = format!("FROM {registry}/demo/api:v0.0.0\n");
    let mixed = format!(
        "FROM {}\nFROM 127.0.0.1:1/a:v1\n",
        world().images.api.reference
    );
    let folder = folder(&[
        ("gone/Dockerfile", gone),
        ("absent/Dockerfile", &absent),
        ("mixed/Dockerfile", &mixed),
    ]);

    let unreachable = pins(folder.path(), &["gone", "--fix"]);
    let unknown = pins(folder.path(), &["absent", "--fix"]);
    let both = pins(folder.path(), &["mixed", "--fix"]);

    assert_eq!(unreachable.code, Some(3), "{}", unreachable.stdout);
    assert!(
        unreachable
            .stdout
            .contains("not fixed, cannot ask: cannot reach the registry for 127.0.0.1:1/a:v1")
    );
    assert_eq!(read(folder.path(), "gone/Dockerfile"), gone);
    assert_eq!(unknown.code, Some(4), "{}", unknown.stdout);
    assert!(
        unknown
            .stdout
            .contains("not fixed: the registry has no such image")
    );
    assert_eq!(read(folder.path(), "absent/Dockerfile"), absent);
    assert_eq!(both.code, Some(3));
    assert!(
        read(folder.path(), "mixed/Dockerfile").contains("@sha256:"),
        "what can be fixed is"
    );
}

#[test]
fn what_something_else_fills_in_or_may_not_be_pinned_stays_as_it_is() {
    let api = &world().images.api.reference;
    let (name, tag) = api.rsplit_once(':').unwrap();
    let files = [
        (
            "compose.yaml",
            format!(
                "services:\n  a: {{image: '{name}:${{TAG:-{tag}}}'}}\n  b: {{image: '{api}', build: .}}\n"
            ),
        ),
        (
            "values.yaml",
            format!("image: {{repository: '{name}', tag: {tag}}}\n"),
        ),
        (
            "templates/a.yaml",
            format!("image: {{{{ .Values.image }}}}:{tag}\n"),
        ),
        (
            "pod.yaml",
            format!("containers: [{{image: '{name}@sha256:9f2c41d0a1b2'}}]\n"),
        ),
        (
            "Dockerfile",
            format!("ARG TAG={tag}\nFROM {name}:$TAG\nARG BASE={api}\n"),
        ),
    ];
    let given: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    let folder = folder(&given);

    let run = pins(folder.path(), &[".", "--fix"]);

    assert_eq!(run.code, Some(4), "{}", run.stdout);
    for (name, text) in &files {
        assert_eq!(&read(folder.path(), name), text);
    }
    assert_eq!(
        run.stdout.matches("; not fixed: ").count(),
        6,
        "{}",
        run.stdout
    );
}

#[test]
fn an_edit_that_would_break_another_reference_is_not_made() {
    let api = &world().images.api.reference;
    let docker = format!("ARG BASE={api}\nFROM ${{BASE}}\nFROM ${{BASE}}-debug\n");
    let folder = folder(&[("Dockerfile", &docker)]);

    let run = pins(folder.path(), &["Dockerfile", "--fix"]);

    assert_eq!(read(folder.path(), "Dockerfile"), docker);
    assert!(
        run.stdout
            .contains("Dockerfile: error: not written: with the digests in it"),
        "{}",
        run.stdout
    );
    assert_eq!(run.code, Some(4));
}

#[cfg(unix)]
#[test]
fn a_link_that_is_named_stays_a_link() {
    let api = &world().images.api.reference;
    let folder = folder(&[("real/Dockerfile", &format!("FROM {api}\n"))]);
    let link = folder.path().join("Dockerfile");
    std::os::unix::fs::symlink("real/Dockerfile", &link).unwrap();

    let run = pins(folder.path(), &["Dockerfile", "--fix"]);

    assert_eq!(run.code, Some(0), "{}", run.stdout);
    assert!(link.is_symlink());
    assert!(read(folder.path(), "real/Dockerfile").contains("@sha256:"));
}
