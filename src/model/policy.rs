//! What a verifier demands.

use super::expectation::SbomFormat;
use super::repository::RepositoryGlob;
use super::{IdentityRule, Instance, SbomChecks, Signers};
use std::collections::BTreeMap;

/// What a verifier demands of a bundle: the policy file as values.
///
/// There is always someone who must have sealed it: [`Policy::seal`] is never empty where `config::parse_policy` made it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Policy {
    /// Roots that the policy names; none leaves the choice to the command line.
    pub trusted_roots: Vec<PolicyRoot>,
    /// The release that is asked for.
    pub release: AskedRelease,
    /// Who may have sealed the bundle: any of these.
    pub seal: Vec<IdentityRule>,
    /// Demands on images by their names in the bundle; `*` is for those without an entry.
    pub images: BTreeMap<String, ImageDemand>,
    /// What the bundle must hold.
    pub require: Required,
    /// Who may act in a role, by the role's name: any of these.
    pub roles: BTreeMap<String, Vec<IdentityRule>>,
    /// Approvals that must have been given, by name.
    pub approvals: BTreeMap<String, ApprovalDemand>,
}

/// A root that a policy names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PolicyRoot {
    /// The root of an instance that is known by name.
    Instance(Instance),
    /// A `trusted_root.json`.
    Json {
        /// Its path, as the policy names it.
        path: String,
        /// Its bytes.
        bytes: Vec<u8>,
    },
}

/// The release that is asked for; what is none was not asked for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AskedRelease {
    /// `github.com/OWNER/REPO`.
    pub repository: Option<String>,
    /// The tag's name.
    pub tag: Option<String>,
    /// Object id of the commit.
    pub commit: Option<String>,
}

/// What is demanded of an image.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ImageDemand {
    /// Which images of registries are meant, where an image is not known by its name in a bundle.
    pub reference: Option<RepositoryGlob>,
    /// Who must have signed it; nobody demands no signature.
    pub signed_by: Signers,
    /// SBOMs that must be attested for it, each of another format.
    pub sboms: Vec<SbomDemand>,
    /// Whether a signature that says where its signer met the image counts only when that is this image's repository.
    pub docker_reference_must_match: bool,
    /// The repository whose CI may sign, `github.com/OWNER/REPO`, where it is not the release's.
    pub repository: Option<String>,
}

/// An SBOM that is demanded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SbomDemand {
    /// Its format.
    pub format: SbomFormat,
    /// Who must have signed it; never nobody.
    pub signed_by: Signers,
    /// What else is demanded of it.
    pub checks: SbomChecks,
}

/// What a bundle must hold, by name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Required {
    /// Ids of items that must be there and meet their expectation.
    pub items: Vec<String>,
    /// Gates that must be there and not RED, each in every phase that it is judged in; a YELLOW one is a warning.
    pub gates: Vec<String>,
    /// Stages whose bundles must be there.
    pub stages: Vec<String>,
}

/// Whose approval is needed: of each group one role.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ApprovalDemand {
    /// Names of roles; all of the groups, any role of each.
    pub roles: Vec<Vec<String>>,
}

impl Policy {
    /// What is demanded of the image of that name in a bundle: its own entry, else that of `*`.
    pub fn image(&self, name: &str) -> Option<&ImageDemand> {
        self.images.get(name).or_else(|| self.images.get("*"))
    }

    /// What is demanded of an image outside of any bundle, and the entry's name.
    ///
    /// `repository` is `HOST/REPOSITORY`, none for an image on disk. Of the entries whose `reference` means it, the
    /// one that writes out most applies, else `*`. None: the policy says nothing of this image, and accepts nobody.
    pub fn image_at(&self, repository: Option<&str>) -> Option<(&str, &ImageDemand)> {
        let matching = self.images.iter().filter_map(|(name, demand)| {
            let glob = demand.reference.as_ref()?;
            let meant = repository.is_some_and(|repository| glob.matches(repository));
            meant.then(|| (glob.precision(), name.as_str(), demand))
        });
        // Of equals the first by name: `max_by` would give the last.
        let best = matching.max_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(a.1)));
        best.map(|(_, name, demand)| (name, demand)).or_else(|| {
            let (name, demand) = self.images.get_key_value("*")?;
            demand
                .reference
                .is_none()
                .then_some((name.as_str(), demand))
        })
    }

    /// The repository whose CI may sign an image outside of any bundle; none when the policy names none.
    pub fn repository_of<'p>(&'p self, demand: &'p ImageDemand) -> Option<&'p str> {
        (demand.repository.as_deref()).or(self.release.repository.as_deref())
    }

    /// What the policy demands besides and no look at a single image can judge, in words.
    pub fn beyond_images(&self) -> Vec<String> {
        let mut parts = vec!["seal".to_owned()];
        let mut add = |is: bool, part: &str| {
            if is {
                parts.push(part.into());
            }
        };
        add(self.release.tag.is_some(), "release.tag");
        add(self.release.commit.is_some(), "release.commit");
        add(!self.require.items.is_empty(), "require.items");
        add(!self.require.gates.is_empty(), "require.gates");
        add(!self.require.stages.is_empty(), "require.stages");
        add(!self.approvals.is_empty(), "approvals");
        parts
    }

    /// Every rule that the policy holds, with where it stands.
    pub fn rules(&self) -> impl Iterator<Item = (String, &IdentityRule)> {
        let at = |place: String, rule| (place, rule);
        let seal = self.seal.iter().map(move |rule| at("seal".into(), rule));
        let images = self.images.iter().flat_map(move |(name, demand)| {
            let own =
                (demand.signed_by.rules()).map(move |rule| at(format!("images.{name}"), rule));
            let sboms = demand.sboms.iter().flat_map(move |sbom| {
                let place = format!("images.{name}.sbom");
                (sbom.signed_by.rules()).map(move |rule| at(place.clone(), rule))
            });
            own.chain(sboms)
        });
        let roles = self.roles.iter().flat_map(move |(name, rules)| {
            rules
                .iter()
                .map(move |rule| at(format!("roles.{name}"), rule))
        });
        seal.chain(images).chain(roles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(images: &[(&str, Option<&str>)]) -> Policy {
        let demand = |reference: &Option<&str>| ImageDemand {
            reference: reference.map(|text| RepositoryGlob::parse(text).unwrap()),
            ..ImageDemand::default()
        };
        Policy {
            trusted_roots: Vec::new(),
            release: AskedRelease::default(),
            seal: Vec::new(),
            images: (images.iter())
                .map(|(name, reference)| ((*name).to_owned(), demand(reference)))
                .collect(),
            require: Required::default(),
            roles: BTreeMap::new(),
            approvals: BTreeMap::new(),
        }
    }

    #[test]
    fn the_entry_that_writes_out_most_applies_to_an_image_of_a_registry() {
        let policy = policy(&[
            ("*", None),
            ("all", Some("ghcr.io/o/**")),
            ("api", Some("ghcr.io/o/api")),
            ("team", Some("ghcr.io/o/*")),
            ("web", None),
        ]);
        let entry = |repository| policy.image_at(Some(repository)).map(|(name, _)| name);

        assert_eq!(entry("ghcr.io/o/api"), Some("api"));
        assert_eq!(entry("ghcr.io/o/other"), Some("team"));
        assert_eq!(entry("ghcr.io/o/deep/er"), Some("all"));
        assert_eq!(entry("quay.io/o/api"), Some("*"));
        // A name in a bundle says nothing of a repository.
        assert_eq!(entry("docker.io/library/web"), Some("*"));
        assert_eq!(policy.image_at(None).map(|(name, _)| name), Some("*"));
    }

    #[test]
    fn without_an_entry_nothing_is_said_of_an_image() {
        let policy = policy(&[("api", Some("ghcr.io/o/api")), ("web", None)]);

        assert_eq!(policy.image_at(Some("ghcr.io/o/web")), None);
        assert_eq!(policy.image_at(None), None);
    }

    #[test]
    fn what_a_look_at_an_image_cannot_judge_is_named() {
        let mut policy = policy(&[]);
        policy.release.tag = Some("v1".into());
        policy.release.repository = Some("github.com/o/r".into());
        policy.require.gates = vec!["cutover".into()];

        let beyond = policy.beyond_images();

        assert_eq!(beyond, ["seal", "release.tag", "require.gates"]);
    }
}
