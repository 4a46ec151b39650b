//! Mistakes of meaning and in the head, one at a time.

use super::{CONFIG_SCHEMA, HEAD, accepts, said};

/// Mistakes of meaning, which no schema sees.
const MEANINGLESS: &[(&str, &str)] = &[
    (
        "images: [{name: a, reference: x, signed-by: relase}]\nidentities: {release: {key: k.pub}}",
        "3:45: unknown identity \"relase\"\n  hint: did you mean \"release\"?",
    ),
    (
        "images: [{name: a, reference: x, signed-by: me}]",
        "3:45: unknown identity \"me\"\n  hint: no identity is defined",
    ),
    (
        "images: [{name: a, reference: 'h.io/A'}]",
        "3:31: \"h.io/A\" is no image reference: a repository has lower-case",
    ),
    (
        "images: [{name: a, reference: 'x:{branch}'}]",
        "3:31: nothing fills in {branch} here\n  hint: known here: {tag} {version} {commit} {stage}",
    ),
    (
        "images: [{name: a, reference: x}, {name: a, reference: y}]",
        "3:42: the id \"a\" is used twice",
    ),
    (
        "images: [{name: a, reference: x, sbom: {format: spdx}}]\nfiles: [{id: a.sbom, path: x}]",
        "4:14: the id \"a.sbom\" is used twice",
    ),
    (
        "images: [{name: release, reference: x}]",
        "3:17: the id \"release\" is taken by an item that every bundle has",
    ),
    (
        "images: [{name: a, reference: x, sbom: [{format: spdx}, {format: spdx}]}]",
        "3:17: the id \"a.sbom-spdx\" is used twice",
    ),
    (
        "identities: {a: {issuer: x, subject-regexp: 'a)|(b'}}",
        "3:45: \"a)|(b\" is no regular expression: unopened group",
    ),
    (
        "identities: {a: {issuer-regexp: '[', subject: y}}",
        "3:33: \"[\" is no regular expression: unclosed character class",
    ),
    (
        "identities: {a: {key: ../k.pub}}",
        "3:23: \"../k.pub\" cannot be a member of the bundle",
    ),
    (
        "trusted-roots: [/etc/root.json]",
        "3:17: \"/etc/root.json\" cannot be a member of the bundle",
    ),
    (
        "prometheus: {m: {url: 'http://h', headers: {X-Api-Key: pw}}}",
        "3:56: the header \"X-Api-Key\" may hold a secret",
    ),
    (
        "prometheus: {m: {url: 'http://h', headers: {Host: b}}}",
        "3:45: the header \"Host\" cannot be set",
    ),
    (
        "metrics: [{id: m, expr: up}]",
        "3:11: no Prometheus server is defined",
    ),
    (
        "dashboards: [{id: d, uid: u, window: 1h}]\ngrafana: {a: {url: 'http://h'}, b: {url: 'http://h'}}",
        "3:14: the key \"grafana\" is missing\n  hint: several are defined: a, b",
    ),
    (
        "files: [{id: f, path: 'a/../b'}]",
        "3:23: \"a/../b\" is no path inside the repository",
    ),
    (
        "files: [{id: f, path: .git/config}]",
        "3:23: git's own folder is no file of the repository",
    ),
    (
        "files: [{id: f, path: 'a/[b'}]",
        "3:23: \"a/[b\" is no glob: unclosed character class",
    ),
    (
        "commands: [{id: c, run: [ls], timeout: 25h}]",
        "3:40: a command runs for at most 24h",
    ),
];

#[test]
fn a_mistake_of_meaning_is_refused_at_its_place() {
    for (section, expected) in MEANINGLESS {
        let text = format!("{HEAD}{section}\n");
        let said = said(&text);
        assert!(
            said.starts_with(&format!("evidence.yaml:{expected}")),
            "{section}\nsaid: {said}"
        );
        assert!(!said.contains("pw"), "{said}");
        assert!(
            accepts(CONFIG_SCHEMA, &text),
            "the schema refuses {section}"
        );
    }
}

#[test]
fn a_head_that_is_wrong_is_refused_at_its_place_and_by_the_schema() {
    for (text, expected) in [
        (
            "release: {repository: a.b/c}",
            "1:1: the key \"version\" is missing\n  hint: write version: 1",
        ),
        (
            "version: 2\nbogus: 1",
            "1:10: this version of evidence reads version 1 only",
        ),
        (
            "version: '1'\nrelease: {repository: a.b/c}",
            "1:10: this version of evidence reads version 1 only",
        ),
        ("version: 1", "1:1: the key \"release\" is missing"),
        (
            "version: 1\nrelease: {}",
            "2:10: the key \"repository\" is missing",
        ),
        (
            "version: 1\nrelease: {repository: 'https://x:pw@github.com/o/r'}",
            "2:23: the repository is not of the form HOST/OWNER/REPO\n  hint: write it without https://",
        ),
        (
            "version: 1\nrelease: {repository: a.b/c, version: 1.0}",
            "2:39: expected a text, found the number 1.0\n  hint: put it in quotes: \"1.0\"",
        ),
        (
            "version: 1\nrelease: {repository: a.b/c, package: ../x.tar.gz}",
            "2:39: \"../x.tar.gz\" is no name for a bundle",
        ),
        (
            "version: 1\nrelease: {repository: a.b/c, package: x.zip}",
            "2:39: \"x.zip\" is no name for a bundle",
        ),
        ("[]", "1:1: expected a map, found a list"),
    ] {
        let said = said(text);
        assert!(
            said.starts_with(&format!("evidence.yaml:{expected}")),
            "{text}\nsaid: {said}"
        );
        assert!(!said.contains("pw"), "{said}");
        assert!(!accepts(CONFIG_SCHEMA, text), "the schema accepts {text}");
    }
}

#[test]
fn who_answers_a_dashboards_queries_is_planned_and_must_be_a_server() {
    let servers = "prometheus: {main: {url: 'http://p'}, other: {url: 'http://o'}}\ngrafana: {g: {url: 'http://g'}}\n";
    let with =
        |keys: &str| format!("{HEAD}{servers}dashboards: [{{id: d, uid: u, window: 1h{keys}}}]\n");
    let data = |keys: &str| {
        let config = crate::config::parse(with(keys).as_bytes(), "evidence.yaml").unwrap();
        config.dashboards[0].expectation.data.clone()
    };

    let named = data(", prometheus: main, datasources: {p1: other}").unwrap();

    assert_eq!(named.prometheus.as_deref(), Some("main"));
    assert_eq!(named.datasources["p1"], "other");
    assert_eq!(
        (named.scrape_interval_ms, named.max_data_points),
        (15_000, None)
    );
    let finer =
        data(", datasources: {p1: other}, scrape-interval: 5s, max-data-points: 500").unwrap();
    assert_eq!(
        (
            finer.prometheus,
            finer.scrape_interval_ms,
            finer.max_data_points
        ),
        (None, 5_000, Some(500))
    );
    assert_eq!(data(""), None);
    assert!(said(&with(", prometheus: nobody")).contains("unknown Prometheus server \"nobody\""));
    assert!(
        said(&with(", datasources: {p: nobody}")).contains("unknown Prometheus server \"nobody\"")
    );
    assert!(said(&with(", scrape-interval: 5s")).contains("has no use without a server"));
    assert!(!accepts(CONFIG_SCHEMA, &with(", scrape-interval: 5s")));
    assert!(accepts(
        CONFIG_SCHEMA,
        &with(", prometheus: main, scrape-interval: 5s")
    ));
}
