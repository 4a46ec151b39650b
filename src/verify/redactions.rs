//! What was blanked: by a rule of `evidence.yaml`, listed place by place, and nothing that a rule means is left.

use super::members::{fail, pass};
use crate::bundle::{CONFIGURATION, MANIFEST};
use crate::config::{self, Config};
use crate::model::{
    CapturedFile, Check, Finding, Group, Item, Kind, Manifest, MemberPath, RedactRule, Redaction,
    Report,
};
use crate::redact::{self, Rules, look};
use std::collections::{BTreeMap, BTreeSet};

/// What the pass sees of redaction, item by item.
#[derive(Default)]
pub(super) struct Redactions {
    /// The configuration, where it has rules.
    config: Option<Config>,
    /// Members that were looked at under rules.
    looked: BTreeSet<MemberPath>,
    /// How often a rule's text stands at a place: rule and pointer.
    marked: BTreeMap<(String, String), usize>,
    /// Detail, subject and message.
    wrong: Vec<(&'static str, String, String)>,
}

impl Redactions {
    /// Takes `evidence.yaml`, which comes before all that its rules are for.
    pub(super) fn configure(&mut self, text: &[u8]) {
        // One that cannot be read fails its own check.
        let config = config::parse(text, CONFIGURATION).ok();
        self.config = config.filter(|config| !config.redact.is_empty());
    }

    /// Whether some rule is for the item.
    pub(super) fn has_rules(&self, item: &Item) -> bool {
        !self.rules(item).is_empty()
    }

    fn rules(&self, item: &Item) -> Vec<RedactRule> {
        (self.config.as_ref())
            .map(|config| config.redact_rules(&item.id, item.phase.as_deref()))
            .unwrap_or_default()
    }

    /// Looks at an item whose members have all come.
    pub(super) fn look(&mut self, item: &Item, files: &[CapturedFile]) {
        let rules = self.rules(item);
        if rules.is_empty() {
            return;
        }
        let kind = item.expectation.kind();
        let found = Rules::of(&rules).map_err(|error| error.to_string());
        let found = found.and_then(|rules| {
            redact::check(&rules, kind, files).map_err(|error| error.to_string())?;
            Ok(rules)
        });
        match found {
            Ok(rules) => files.iter().for_each(|file| self.see(&rules, kind, file)),
            Err(message) => self.wrong.push(("unreadable", item.id.clone(), message)),
        }
    }

    fn see(&mut self, rules: &Rules, kind: Kind, file: &CapturedFile) {
        self.looked.insert(file.path.clone());
        let member = file.path.to_string();
        let found = match look(rules, kind, file) {
            Ok(found) => found,
            Err(error) => {
                self.wrong.push(("unreadable", member, error.to_string()));
                return;
            }
        };
        for place in found.marked {
            *self.marked.entry(place).or_default() += 1;
        }
        for rule in found.left {
            let message = format!("the rule {rule:?} finds something that is not redacted");
            self.wrong.push(("left", member.clone(), message));
        }
        for rule in found.stray {
            let message = format!(
                "the text of the rule {rule:?} stands where the rule would not have put it"
            );
            self.wrong.push(("stray", member.clone(), message));
        }
    }

    /// Compares with what the manifest lists; says nothing of a bundle without rules and redactions.
    pub(super) fn judge(mut self, manifest: &Manifest, whole: bool, report: &mut Report) {
        if self.config.is_none() && manifest.redactions.is_empty() {
            return;
        }
        if !manifest.redactions.is_sorted() {
            let message = "the manifest does not list redactions in their order";
            self.wrong.push(("order", MANIFEST.into(), message.into()));
        }
        let listed = self.compare_listed(manifest);
        for ((rule, pointer), count) in &self.marked {
            if listed.get(&(rule.as_str(), pointer.as_str())) != Some(count) {
                let message =
                    format!("the rule {rule:?} blanked this place, as the manifest does not list");
                self.wrong.push(("unlisted", pointer.clone(), message));
            }
        }
        let holds = self.wrong.is_empty();
        for (detail, subject, message) in self.wrong.into_iter().take(TOLD) {
            fail(report, Check::Redaction, &subject, detail, &message);
        }
        let count = manifest.redactions.len();
        let message =
            format!("{count} places, each listed and by a rule of evidence.yaml; nothing is left");
        if holds && whole {
            pass(report, Check::Redaction, "redactions", &message);
        } else if holds {
            let why = "the archive could not be read to its end";
            let finding =
                Finding::not_checked(Check::Redaction, Group::Integrity, "redactions", why);
            report.findings.push(finding);
        }
    }

    /// How often each place is listed; says which must not be.
    fn compare_listed<'m>(
        &mut self,
        manifest: &'m Manifest,
    ) -> BTreeMap<(&'m str, &'m str), usize> {
        let files: BTreeMap<&str, &str> = (manifest.files.iter())
            .map(|file| (file.path.as_str(), file.media_type.as_str()))
            .collect();
        let mut rules: BTreeSet<(&str, String)> = BTreeSet::new();
        if let Some(config) = &self.config {
            for item in &manifest.items {
                for rule in config.redact_rules(&item.id, item.phase.as_deref()) {
                    let members = item.files.iter();
                    rules.extend(members.map(|path| (path.as_str(), rule.id.clone())));
                }
            }
        }
        let mut listed: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for place in &manifest.redactions {
            *listed.entry((&place.rule, &place.pointer)).or_default() += 1;
        }
        for place in &manifest.redactions {
            let found = match files.get(place.member()) {
                None => Some(("member", "the manifest lists no such member".to_owned())),
                Some(media_type) if is_fixed(place.member(), media_type) => {
                    let message =
                        "what is signed, addressed by its content or a picture is never redacted";
                    Some(("content", message.into()))
                }
                Some(_) if !rules.contains(&(place.member(), place.rule.clone())) => {
                    let message =
                        format!("evidence.yaml has no rule {:?} for this member", place.rule);
                    Some(("rule", message))
                }
                Some(_) => self.unmarked(place),
            };
            let subject = place.pointer.clone();
            self.wrong
                .extend(found.map(|(detail, message)| (detail, subject, message)));
        }
        listed
    }

    /// What is wrong with a place that is listed and not blanked; of a member that did not come, others say so.
    fn unmarked(&self, place: &Redaction) -> Option<(&'static str, String)> {
        let was_looked_at = (MemberPath::try_from(place.member()))
            .is_ok_and(|member| self.looked.contains(&member));
        let key = (place.rule.clone(), place.pointer.clone());
        (was_looked_at && !self.marked.contains_key(&key)).then(|| {
            let message = format!(
                "the manifest lists this place, where the rule {:?} blanked nothing",
                place.rule
            );
            ("unmarked", message)
        })
    }
}

/// Whether nothing in a member is ever blanked.
fn is_fixed(member: &str, media_type: &str) -> bool {
    let folder = member.split('/').next().unwrap_or_default();
    member == CONFIGURATION
        || matches!(folder, "config" | "git" | "oci")
        || media_type.starts_with("image/")
}

/// Findings after which no further one is told: one is enough to refuse a bundle.
const TOLD: usize = 100;
