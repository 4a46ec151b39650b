//! The verifier's policy: text in, [`Policy`] out.
//!
//! It shares the syntax of identities and roots with the configuration. What this version cannot judge is read all the
//! same, so that `verify` says so: a policy is never met by being ignored.

use super::diagnostic::{Diagnostics, Position, Problems, Spot, quoted};
use super::fields::{self, Fields};
use super::identity::{Paths, check_known, file, identity};
use super::images::FORMATS;
use super::model::RootSource;
use super::node::{self, Node, Value};
use super::read::{check_repository, check_version, names, roots};
use super::sbom;
use super::signers;
use super::template::Placeholder;
use crate::model::limits::DOCUMENT_BYTES;
use crate::model::policy::{
    ApprovalDemand, AskedRelease, ImageDemand, Policy, PolicyRoot, Required, SbomDemand,
};
use crate::model::repository::RepositoryGlob;
use crate::model::{IdentityRule, Signers};
use std::collections::BTreeMap;

const KEYS: &[&str] = &[
    "version",
    "trusted-roots",
    "release",
    "seal",
    "images",
    "require",
    "roles",
    "approvals",
];
const IMAGE_KEYS: &[&str] = &[
    "signed-by",
    "sbom",
    "reference",
    "docker-reference",
    "repository",
];

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
    let fields = Fields::of(root, KEYS, problems)?;
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
    let seal = match fields.need("seal", problems) {
        Some(node) => reader.any_of(node, "a seal", problems),
        None => Vec::new(),
    };
    let mut images = BTreeMap::new();
    for (name, node) in entries(&fields, "images", problems) {
        if name.value != "*" {
            fields::check_id(name, problems);
        }
        if let Some(demand) = image(node, &mut reader, problems) {
            if name.value == "*" && demand.reference.is_some() {
                problems.hinted(
                    node.at,
                    "\"*\" is for every image without an entry and has no reference",
                    "give the entry a name of its own",
                );
            }
            images.insert(name.value.clone(), demand);
        }
    }
    let mut roles = BTreeMap::new();
    for (name, node) in entries(&fields, "roles", problems) {
        fields::check_id(name, problems);
        roles.insert(
            name.value.clone(),
            reader.any_of(node, "an approval in a role", problems),
        );
    }
    let known = names(&fields, "roles");
    let mut approvals = BTreeMap::new();
    for (name, node) in entries(&fields, "approvals", problems) {
        fields::check_id(name, problems);
        let mut role = |node: &Node, problems: &mut Problems| {
            let role = fields::text(node, problems)?;
            check_known(&role, "role", &known, problems);
            Some(role.value)
        };
        let roles = signers::groups(node, &mut role, problems);
        approvals.insert(name.value.clone(), ApprovalDemand { roles });
    }
    let require = fields
        .get("require")
        .and_then(|node| required(node, problems));
    Some(Policy {
        trusted_roots,
        release,
        seal,
        images,
        require: require.unwrap_or_default(),
        roles,
        approvals,
    })
}

/// The entries of a map that may be absent.
fn entries<'n>(
    fields: &Fields<'n>,
    key: &str,
    problems: &mut Problems,
) -> &'n [(Spot<String>, Node)] {
    fields
        .get(key)
        .and_then(|node| fields::entries(node, problems))
        .unwrap_or_default()
}

/// Reads identities into rules.
struct Rules<'p, 'r> {
    release: &'p AskedRelease,
    read: &'p mut Read<'r>,
}

impl Rules<'_, '_> {
    /// Who must have signed, together.
    fn signers(&mut self, node: &Node, problems: &mut Problems) -> Signers {
        let mut one = |node: &Node, problems: &mut Problems| self.one(node, problems);
        Signers::all_of(signers::groups(node, &mut one, problems))
    }

    /// Any of several, where one signer is all there can be.
    fn any_of(&mut self, node: &Node, what: &str, problems: &mut Problems) -> Vec<IdentityRule> {
        let mut one = |node: &Node, problems: &mut Problems| self.one(node, problems);
        signers::only_any_of(node, what, &mut one, problems)
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
        for template in source.templates() {
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
        Placeholder::Version | Placeholder::Stage | Placeholder::Phase => None,
    }
}

fn release(node: &Node, problems: &mut Problems) -> Option<AskedRelease> {
    let fields = Fields::of(node, &["repository", "tag", "commit"], problems)?;
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
    let fields = Fields::of(node, IMAGE_KEYS, problems)?;
    if fields.get("signed-by").is_none() && fields.get("sbom").is_none() {
        problems.hinted(
            node.at,
            "nothing is demanded of the image",
            "give signed-by or sbom",
        );
    }
    for key in ["docker-reference", "repository"] {
        if let (Some(node), None) = (fields.get(key), fields.get("signed-by")) {
            problems.add(
                node.at,
                format!("{key:?} is about signatures, and \"signed-by\" asks for none"),
            );
        }
    }
    let signed_by = fields.get("signed-by");
    let signed_by = signed_by.map_or(Signers::NOBODY, |node| rules.signers(node, problems));
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
    let reference = fields.text("reference", problems);
    let repository = fields.text("repository", problems);
    Some(ImageDemand {
        reference: reference.and_then(|text| glob(&text, problems)),
        signed_by,
        sboms,
        docker_reference_must_match: fields
            .word("docker-reference", &[("must-match", true)], problems)
            .unwrap_or_default(),
        repository: repository.and_then(|text| check_repository(text, problems)),
    })
}

fn glob(text: &Spot<String>, problems: &mut Problems) -> Option<RepositoryGlob> {
    let glob = RepositoryGlob::parse(&text.value);
    if glob.is_none() {
        problems.hinted(
            text.at,
            format!("{} is no pattern for repositories", quoted(&text.value)),
            "HOST/REPOSITORY without tag and digest; * for one part of the path, ** at its end for the rest",
        );
    }
    glob
}

fn sbom(
    node: &Node,
    image_signers: &Signers,
    rules: &mut Rules<'_, '_>,
    problems: &mut Problems,
) -> Option<SbomDemand> {
    let fields = Fields::of(node, sbom::KEYS, problems)?;
    let format = fields.need("format", problems);
    let format = format.and_then(|node| fields::word(node, FORMATS, problems));
    let signed_by = match fields.get("signed-by") {
        Some(node) => rules.signers(node, problems),
        None => image_signers.clone(),
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
        checks: sbom::checks(&fields, problems),
    })
}

fn required(node: &Node, problems: &mut Problems) -> Option<Required> {
    let keys = ["items", "gates", "stages"];
    let fields = Fields::of(node, &keys, problems)?;
    if keys.iter().all(|key| fields.get(key).is_none()) {
        problems.hinted(
            node.at,
            "nothing is required",
            "give items, gates or stages",
        );
    }
    let items = listed(&fields, "items", check_item, problems);
    Some(Required {
        items,
        gates: listed(&fields, "gates", fields::check_planned_id, problems),
        stages: listed(&fields, "stages", |_, _| {}, problems),
    })
}

/// The names of a list that may be absent.
fn listed(
    fields: &Fields<'_>,
    key: &str,
    check: fn(&Spot<String>, &mut Problems),
    problems: &mut Problems,
) -> Vec<String> {
    let list = fields
        .get(key)
        .and_then(|node| fields::list(node, problems));
    let names = fields::texts(list.unwrap_or_default(), problems);
    for name in &names {
        check(name, problems);
    }
    names.into_iter().map(|name| name.value).collect()
}

/// Ids of items, with those of SBOMs, which are longer than what they are derived from.
fn check_item(id: &Spot<String>, problems: &mut Problems) {
    let name = id.value.split(".sbom").next().unwrap_or_default();
    if !fields::is_id(name) {
        fields::check_planned_id(id, problems);
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
