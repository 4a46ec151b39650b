//! Every way of signing, and the questions that do not need a defect: other people, annotations, platforms.

use super::case::{Answer, Case};
use super::registry::Repository;
use super::sign::{Signer, Style, Way};
use super::specimen::Image;
use crate::running::{by_key, variable, workflow};

/// All ways of signing.
pub(crate) const STYLES: &[Style] = &[
    style("legacy-key", Signer::Key("alice"), Way::Legacy),
    style(
        "legacy-key-tsa",
        Signer::Key("alice"),
        Way::LegacyTimestamped,
    ),
    style("legacy-key-by-v3", Signer::Key("alice"), Way::LegacyByThree),
    style(
        "legacy-key-unlogged",
        Signer::Key("alice"),
        Way::LegacyUnlogged,
    ),
    style("legacy-rsa", Signer::Rsa, Way::Legacy),
    style("legacy-workflow", Signer::Workflow, Way::Legacy),
    style(
        "legacy-workflow-by-v3",
        Signer::Workflow,
        Way::LegacyByThree,
    ),
    style("legacy-email-tsa", Signer::Email, Way::LegacyTimestamped),
    style("bundle-key-by-v2", Signer::Key("alice"), Way::BundleByTwo),
    style("bundle-workflow-by-v2", Signer::Workflow, Way::BundleByTwo),
    style(
        "bundle-workflow-log1-tsa-by-v2",
        Signer::Workflow,
        Way::BundleByTwoTo("rekor1_tsa"),
    ),
    style(
        "bundle-key-log1",
        Signer::Key("alice"),
        Way::Bundle("rekor1"),
    ),
    style(
        "bundle-key-log1-tsa",
        Signer::Key("alice"),
        Way::Bundle("rekor1_tsa"),
    ),
    style(
        "bundle-key-log2",
        Signer::Key("alice"),
        Way::Bundle("rekor2_tsa"),
    ),
    style(
        "bundle-key-tsa-only",
        Signer::Key("alice"),
        Way::Bundle("tsa"),
    ),
    style(
        "bundle-key-unlogged",
        Signer::Key("alice"),
        Way::Bundle("none"),
    ),
    style("bundle-rsa-log1", Signer::Rsa, Way::Bundle("rekor1")),
    style("bundle-rsa-log2", Signer::Rsa, Way::Bundle("rekor2_tsa")),
    style(
        "bundle-workflow-log1",
        Signer::Workflow,
        Way::Bundle("rekor1"),
    ),
    style(
        "bundle-workflow-log1-tsa",
        Signer::Workflow,
        Way::Bundle("rekor1_tsa"),
    ),
    style(
        "bundle-workflow-log2",
        Signer::Workflow,
        Way::Bundle("rekor2_tsa"),
    ),
    style(
        "bundle-workflow-tsa-only",
        Signer::Workflow,
        Way::Bundle("tsa"),
    ),
    style("bundle-email-log1", Signer::Email, Way::Bundle("rekor1")),
    style(
        "bundle-email-log2",
        Signer::Email,
        Way::Bundle("rekor2_tsa"),
    ),
];

pub(crate) const fn style(name: &'static str, signer: Signer, way: Way) -> Style {
    Style { name, signer, way }
}

/// The style of that name.
pub(crate) fn style_of(name: &str) -> Style {
    *STYLES.iter().find(|style| style.name == name).unwrap()
}

/// A repository of the registry with the referrers API.
pub(crate) fn repository(name: &str) -> Repository {
    Repository::new(&variable("STACK_REGISTRY"), &in_this_run(name))
}

/// A repository of the registry without it.
pub(crate) fn plain_repository(name: &str) -> Repository {
    Repository::new(&variable("STACK_REGISTRY_PLAIN"), &in_this_run(name))
}

/// A stack may live longer than one run of the tests, and keeps what the earlier ones pushed.
fn in_this_run(name: &str) -> String {
    format!("matrix-{}/{name}", std::process::id())
}

/// A single image, signed with an annotation.
pub(crate) fn single(style: Style) -> Vec<Case> {
    let image = Image::single(style.name).put(&repository(style.name));
    style.sign(&image, &["-a", "stage=release"]);
    let ask = |question: &str, flags: Vec<String>| Case::new(style, question, &image, flags);
    let with = |annotation: &str| [style.accepted(), vec!["-a".into(), annotation.into()]].concat();
    let unlogged = |flags: Vec<String>| match style.is_unlogged() {
        true => [flags, vec!["--insecure-ignore-tlog".into()]].concat(),
        false => flags,
    };

    let mut cases = vec![
        ask("good", style.accepted()),
        ask("another-signer", unlogged(style.signer.another())).refused(),
        match style.way {
            Way::BundleByTwo | Way::BundleByTwoTo(_) => {
                // cosign 2 leaves annotations out of Sigstore bundles, and says nothing.
                ask("annotation-left-out", with("stage=release")).refused()
            }
            _ => ask("annotation", with("stage=release")),
        },
        ask("annotation-other-value", with("stage=test")).refused(),
        ask("annotation-not-signed", with("team=shop")).refused(),
    ];
    if style.is_unlogged() {
        cases.push(ask("log-demanded", style.signer.accepted()).refused());
    } else {
        let without = [style.accepted(), vec!["--insecure-ignore-tlog".into()]].concat();
        cases.push(ask("log-not-demanded", without));
    }
    if style.signer.is_keyless() {
        cases.extend(by_pattern(style, &image));
        cases.push(ask("another-issuer", unlogged(style.signer.by_other_issuer())).refused());
        cases.push(ask("key-wanted", unlogged(by_key("alice"))).refused());
    } else {
        cases.push(ask("certificate-wanted", unlogged(workflow())).refused());
    }
    cases
}

fn by_pattern(style: Style, image: &str) -> Vec<Case> {
    let subject = style.signer.subject();
    let end = subject.rsplit(['/', '@']).next().unwrap();
    let ask = |question: &str, pattern: &str| {
        let mut flags = vec![
            format!("--certificate-identity-regexp={pattern}"),
            style.signer.issuer_flag(),
        ];
        if style.is_unlogged() {
            flags.push("--insecure-ignore-tlog".into());
        }
        Case::new(style, question, image, flags)
    };
    vec![
        ask("pattern", &format!("^.*{}$", end.replace('.', "\\."))),
        ask(
            "pattern-of-another",
            &format!("^.*{}0$", end.replace('.', "\\.")),
        )
        .refused(),
        // A fork's workflow ends in the same way.
        ask("pattern-not-anchored", &end.replace('.', "\\.")).refused(),
    ]
}

/// An index of two platforms: only the index is signed, or all of it, or one platform.
pub(crate) fn index(style: Style) -> Vec<Case> {
    let signed = |how: &str| {
        let name = format!("{}-{how}", style.name);
        let image = Image::index(&name);
        let repository = repository(&name);
        let index = image.put(&repository);
        let child = repository.reference(&image.children[0].digest());
        match how {
            "recursive" => style.sign(&index, &["--recursive"]),
            "platform" => style.sign(&child, &[]),
            _ => style.sign(&index, &[]),
        }
        (index, child)
    };
    let ask = |question: &str, image: &str, wanted: Answer| {
        Case::new(style, question, image, style.accepted()).wants(wanted)
    };
    let mut cases = Vec::new();
    for (how, of_index, of_child) in [
        ("index", Answer::Accepted, Answer::Refused),
        ("recursive", Answer::Accepted, Answer::Accepted),
        ("platform", Answer::Refused, Answer::Accepted),
    ] {
        let (index, child) = signed(how);
        cases.push(ask(&format!("{how}-signed-index"), &index, of_index));
        cases.push(ask(&format!("{how}-signed-platform"), &child, of_child));
    }
    cases
}

/// The same in a registry without the referrers API.
pub(crate) fn plain(style: Style, docker: bool) -> Vec<Case> {
    let kind = if docker { "docker" } else { "plain" };
    let name = format!("{}-{kind}", style.name);
    let image = if docker {
        Image::docker(&name)
    } else {
        Image::single(&name)
    };
    let image = image.put(&plain_repository(&name));
    style.sign(&image, &["-a", "stage=release"]);
    let ask = |question: &str, flags| {
        Case::new(style, &format!("{kind}-registry-{question}"), &image, flags)
    };
    vec![
        ask("good", style.accepted()),
        ask("another-signer", style.signer.another()).refused(),
    ]
}

/// A workflow of the same name in a fork.
pub(crate) fn fork(way: Way, name: &'static str) -> Vec<Case> {
    let style = style(name, Signer::Fork, way);
    let image = Image::single(name).put(&repository(name));
    style.sign(&image, &[]);
    let cases = vec![
        Case::new(style, "by-itself", &image, style.accepted()),
        Case::new(style, "wanted-the-original", &image, workflow()).refused(),
    ];
    [cases, by_pattern(style, &image)].concat()
}
