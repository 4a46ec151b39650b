//! What form a file has, by name and content.

use super::error::FindError;
use super::mention::{Mentions, Place};
use super::yaml::{At, Document};
use super::{compose, kustomize, walk, workflow, yaml};

/// How a file is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    Dockerfile,
    /// YAML or JSON.
    Yaml,
    /// A Helm template, line by line.
    Template,
}

/// Whether a file in a folder is one that may hold references, by its name alone.
pub fn is_candidate(name: &str) -> bool {
    is_dockerfile(base(name)) || is_template_name(name) || is_yaml(base(name))
}

/// Whether a file is YAML or JSON by its name.
pub(super) fn is_data(name: &str) -> bool {
    is_yaml(base(name)) && !is_template_name(name)
}

/// The form of a file.
pub(super) fn of(name: &str, text: &str) -> Form {
    let file = base(name);
    if is_dockerfile(file) {
        Form::Dockerfile
    } else if is_template_name(name) && (text.contains("{{") || ends(file, &[".tpl"])) {
        Form::Template
    } else if !is_yaml(file) && reads_like_dockerfile(text) {
        Form::Dockerfile
    } else {
        Form::Yaml
    }
}

/// Finds the references of every document of a YAML or JSON file.
pub(super) fn yaml(name: &str, text: &str, found: &mut Mentions) -> Result<(), FindError> {
    yaml::read(text, |document| {
        if let Some(root) = document.root() {
            one(name, document, root, found);
        }
        Ok(())
    })
}

fn one(name: &str, document: &Document<'_>, root: At<'_>, found: &mut Mentions) {
    let file = base(name).to_ascii_lowercase();
    let word = |key| root.get(key).and_then(At::word);
    let is_object = word("apiVersion").is_some() && word("kind").is_some();
    let is_kustomization = file.trim_end_matches(".yaml").trim_end_matches(".yml")
        == "kustomization"
        || word("apiVersion")
            .is_some_and(|version| version.starts_with("kustomize.config.k8s.io/"));
    if is_kustomization {
        kustomize::find(document, root, found);
    } else if is_object {
        walk::find(document, root, Place::Kubernetes, found);
    } else if compose::is_compose(&file, root) {
        compose::find(document, root, found);
    } else if workflow::is_workflow(name, root) {
        workflow::find(root, found);
    } else {
        walk::find(document, root, Place::Values, found);
    }
}

fn base(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

fn ends(file: &str, endings: &[&str]) -> bool {
    let lower = file.to_ascii_lowercase();
    endings.iter().any(|ending| lower.ends_with(ending))
}

fn is_yaml(file: &str) -> bool {
    ends(file, &[".yaml", ".yml", ".json"]) || file.eq_ignore_ascii_case("kustomization")
}

fn is_dockerfile(file: &str) -> bool {
    let lower = file.to_ascii_lowercase();
    ["dockerfile", "containerfile"].iter().any(|word| {
        let named = lower == *word
            || lower.ends_with(&format!(".{word}"))
            || lower.starts_with(&format!("{word}."));
        named && !ends(&lower, &[".dockerignore", ".yaml", ".yml", ".json", ".md"])
    })
}

/// A file below `templates/`, where Helm has what it renders.
fn is_template_name(name: &str) -> bool {
    let below = name
        .rsplit(['/', '\\'])
        .skip(1)
        .any(|part| part == "templates");
    ends(name, &[".tpl"]) || (below && is_yaml(base(name)))
}

/// The first line that is no comment is `FROM` or `ARG`.
fn reads_like_dockerfile(text: &str) -> bool {
    text.lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'))
        .and_then(|line| line.split_ascii_whitespace().next())
        .is_some_and(|word| word.eq_ignore_ascii_case("from") || word.eq_ignore_ascii_case("arg"))
}
