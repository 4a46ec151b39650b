//! The verifier's policy: text in, [`Policy`] out.
//!
//! It shares the syntax of identities and roots with the configuration. A demand that this version cannot check is an error:
//! a policy is never met by being ignored.

use super::diagnostic::{Diagnostics, Position, Problems, Spot, quoted};
use super::fields::{self, Fields};
use super::identity::{IdentitySource, Paths, SubjectSource, file, identity};
use super::images::FORMATS;
use super::model::RootSource;
use super::node::{self, Node, Value};
use super::read::{check_repository, check_version, roots};
use super::template::Placeholder;
use crate::model::IdentityRule;
use crate::model::limits::DOCUMENT_BYTES;
use crate::model::policy::{AskedRelease, ImageDemand, Policy, PolicyRoot, SbomDemand};
use std::collections::BTreeMap;

const KEYS: &[&str] = &[
    "version",
    "trusted-roots",
    "release",
    "seal",
    "images",
    "require",
];
/// Demands that a later version will check.
const LATER: &[&str] = &["stages", "roles", "approvals", "gates"];

type Read<'r> = dyn FnMut(&str) -> Option<Vec<u8>> + 'r;

/// Reads a policy; `read` gives a file that it names, by its path as written.
///
/// # Errors
/// All that is wrong with it.
pub fn parse_policy(text: &[u8], name: &str, read: &mut Read<'_>) -> Result<Policy, Diagnostics> {
    let mut problems = Problems::of(name);
    let policy =
        node::parse(text, &mut problems).and_then(|root| policy(&root, read, &mut problems));
    problems.finish(policy)
}

fn policy(root: &Node, read: &mut Read<'_>, problems: &mut Problems) -> Option<Policy> {
    check_version(root, problems)?;
    let fields = open(root, KEYS, problems)?;
    let trusted_roots = fields.get("trusted-roots");
    let trusted_roots =
        trusted_roots.map_or_else(Vec::new, |node| read_roots(node, read, problems));
    let release = fields
        .get("release")
        .and_then(|node| release(node, problems));
    let release = release.unwrap_or_default();
    let mut reader = Rules {
        release: &release,
        read,
    };
    let seal = seal(&fields, &mut reader, problems);
    let images = fields
        .get("images")
        .and_then(|node| fields::entries(node, problems));
    let mut demands = BTreeMap::new();
    for (name, node) in images.unwrap_or_default() {
        if name.value != "*" {
            fields::check_id(name, problems);
        }
        if let Some(demand) = image(node, &mut reader, problems) {
            demands.insert(name.value.clone(), demand);
        }
    }
    let items = fields
        .get("require")
        .map_or_else(Vec::new, |node| items(node, problems));
    Some(Policy {
        trusted_roots,
        release,
        seal,
        images: demands,
        items,
    })
}

/// A map's entries; a demand of a later version has its own words.
fn open<'n>(node: &'n Node, known: &[&str], problems: &mut Problems) -> Option<Fields<'n>> {
    let mut accepted = known.to_vec();
    for (key, _) in fields::entries(node, problems)? {
        if LATER.contains(&key.value.as_str()) {
            problems.hinted(
                key.at,
                format!("{:?} is not supported by this version", key.value),
                "a policy that demands what cannot be checked is refused",
            );
            accepted.push(&key.value);
        }
    }
    Fields::of(node, &accepted, problems)
}

/// Reads identities into rules.
struct Rules<'p, 'r> {
    release: &'p AskedRelease,
    read: &'p mut Read<'r>,
}

impl Rules<'_, '_> {
    /// One identity or a list of them, not empty.
    fn list(&mut self, node: &Node, problems: &mut Problems) -> Vec<IdentityRule> {
        let nodes = fields::one_or_more(node, problems);
        nodes
            .iter()
            .filter_map(|node| self.one(node, problems))
            .collect()
    }

    fn one(&mut self, node: &Node, problems: &mut Problems) -> Option<IdentityRule> {
        if let Value::Text(name) = &node.value {
            problems.hinted(
                node.at,
                format!("expected an identity, found the name {}", quoted(name)),
                "a policy names nothing of the bundle's configuration: write {issuer: …, subject: …} or {key: PATH}",
            );
            return None;
        }
        let source = identity(node, Paths::Any, problems)?;
        if let IdentitySource::Certificate {
            subject: SubjectSource::Exact(template),
            ..
        } = &source
        {
            for placeholder in template.value.placeholders() {
                self.check(placeholder, template.at, problems)?;
            }
        }
        let release = self.release;
        let fill = |placeholder| value(release, placeholder).unwrap_or_default();
        source.rule(&fill, &mut *self.read, problems)
    }

    fn check(&self, placeholder: Placeholder, at: Position, problems: &mut Problems) -> Option<()> {
        if value(self.release, placeholder).is_some() {
            return Some(());
        }
        let name = placeholder.name();
        let message = format!("nothing fills in {{{name}}} here");
        match placeholder {
            Placeholder::Tag | Placeholder::Commit => {
                problems.hinted(
                    at,
                    message,
                    format!("give release: {{{name}: …}}, or use subject-regexp"),
                );
            }
            _ => problems.hinted(at, message, "known here: {tag} {commit}"),
        }
        None
    }
}

fn value(release: &AskedRelease, placeholder: Placeholder) -> Option<String> {
    match placeholder {
        Placeholder::Tag => release.tag.clone(),
        Placeholder::Commit => release.commit.clone(),
        Placeholder::Version | Placeholder::Stage => None,
    }
}

fn seal(
    fields: &Fields<'_>,
    rules: &mut Rules<'_, '_>,
    problems: &mut Problems,
) -> Vec<IdentityRule> {
    let Some(node) = fields.need("seal", problems) else {
        return Vec::new();
    };
    let any_of = open(node, &["any-of"], problems).and_then(|seal| seal.need("any-of", problems));
    let Some(any_of) = any_of.filter(|node| fields::list(node, problems).is_some()) else {
        return Vec::new();
    };
    rules.list(any_of, problems)
}

fn release(node: &Node, problems: &mut Problems) -> Option<AskedRelease> {
    let fields = open(node, &["repository", "tag", "commit"], problems)?;
    let repository = fields.text("repository", problems);
    let commit = fields.text("commit", problems);
    if let Some(commit) = commit.as_ref().filter(|commit| !is_commit(&commit.value)) {
        problems.hinted(
            commit.at,
            format!("{} is no commit", quoted(&commit.value)),
            "40 or 64 lower-case hex digits",
        );
    }
    Some(AskedRelease {
        repository: repository.and_then(|text| check_repository(text, problems)),
        tag: fields
            .text("tag", problems)
            .and_then(|tag| check_tag(tag, problems)),
        commit: commit.map(|commit| commit.value),
    })
}

fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn check_tag(tag: Spot<String>, problems: &mut Problems) -> Option<String> {
    if tag.value.starts_with("refs/") {
        problems.hinted(
            tag.at,
            "a tag is named without refs/tags/",
            "such as v1.0.0",
        );
        return None;
    }
    Some(tag.value)
}

fn image(node: &Node, rules: &mut Rules<'_, '_>, problems: &mut Problems) -> Option<ImageDemand> {
    let fields = open(node, &["signed-by", "sbom"], problems)?;
    if fields.get("signed-by").is_none() && fields.get("sbom").is_none() {
        problems.hinted(
            node.at,
            "nothing is demanded of the image",
            "give signed-by or sbom",
        );
    }
    let signed_by = fields.get("signed-by");
    let signed_by = signed_by.map_or_else(Vec::new, |node| rules.list(node, problems));
    let nodes = fields
        .get("sbom")
        .map_or(&[][..], |node| fields::one_or_more(node, problems));
    let mut sboms: Vec<SbomDemand> = Vec::new();
    for node in nodes {
        let Some(sbom) = sbom(node, &signed_by, rules, problems) else {
            continue;
        };
        if sboms.iter().any(|other| other.format == sbom.format) {
            problems.add(
                node.at,
                format!("the format {} is listed twice", sbom.format),
            );
        }
        sboms.push(sbom);
    }
    Some(ImageDemand { signed_by, sboms })
}

fn sbom(
    node: &Node,
    image_signers: &[IdentityRule],
    rules: &mut Rules<'_, '_>,
    problems: &mut Problems,
) -> Option<SbomDemand> {
    let fields = open(node, &["format", "signed-by"], problems)?;
    let format = fields.need("format", problems);
    let format = format.and_then(|node| fields::word(node, FORMATS, problems));
    let signed_by = match fields.get("signed-by") {
        Some(node) => rules.list(node, problems),
        None => image_signers.to_vec(),
    };
    if signed_by.is_empty() && fields.get("signed-by").is_none() {
        problems.add(
            node.at,
            "an SBOM needs \"signed-by\", its own or the image's",
        );
    }
    Some(SbomDemand {
        format: format?,
        signed_by,
    })
}

fn items(node: &Node, problems: &mut Problems) -> Vec<String> {
    let list = open(node, &["items"], problems)
        .and_then(|fields| fields.need("items", problems))
        .and_then(|node| fields::list(node, problems));
    let items = fields::texts(list.unwrap_or_default(), problems);
    for item in &items {
        check_item(item, problems);
    }
    items.into_iter().map(|item| item.value).collect()
}

/// Ids of items, with those of SBOMs, which are longer than what they are derived from.
fn check_item(id: &Spot<String>, problems: &mut Problems) {
    let name = id.value.split(".sbom").next().unwrap_or_default();
    if !fields::is_id(name) {
        fields::check_id(id, problems);
    }
}

fn read_roots(node: &Node, read: &mut Read<'_>, problems: &mut Problems) -> Vec<PolicyRoot> {
    let mut found = Vec::new();
    for root in roots(node, Paths::Any, problems) {
        match root {
            RootSource::Instance(instance) => found.push(PolicyRoot::Instance(instance)),
            RootSource::File(path) => {
                if let Some(bytes) = file(&path, DOCUMENT_BYTES, read, problems) {
                    found.push(PolicyRoot::Json {
                        path: path.value,
                        bytes,
                    });
                }
            }
        }
    }
    found
}
