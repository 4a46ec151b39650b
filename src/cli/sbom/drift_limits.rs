//! Limits on what changed, as flags.

use clap::Args;
use evidence::model::{DriftLimits, Need};

/// How much may change.
#[derive(Args, Clone, Debug)]
pub(super) struct LimitFlags {
    /// Allow at most so many added packages.
    #[arg(long, value_name = "N", env = "EVIDENCE_MAX_ADDED")]
    max_added: Option<u64>,
    /// Allow at most so many removed packages.
    #[arg(long, value_name = "N", env = "EVIDENCE_MAX_REMOVED")]
    max_removed: Option<u64>,
    /// Allow at most so many upgraded packages.
    #[arg(long, value_name = "N", env = "EVIDENCE_MAX_UPGRADED")]
    max_upgraded: Option<u64>,
    /// Allow at most so many downgraded packages; those in another version that is not known to be newer count too, unless
    /// --max-changed is given.
    #[arg(long, value_name = "N", env = "EVIDENCE_MAX_DOWNGRADED")]
    max_downgraded: Option<u64>,
    /// Allow at most so many packages in another version that is not known to be newer or older.
    #[arg(long, value_name = "N", env = "EVIDENCE_MAX_CHANGED")]
    max_changed: Option<u64>,
    /// Allow at most so many packages under other licenses.
    #[arg(long, value_name = "N", env = "EVIDENCE_MAX_RELICENSED")]
    max_relicensed: Option<u64>,
    /// Allow at most so many packages of the same version with other hashes.
    #[arg(long, value_name = "N", env = "EVIDENCE_MAX_REHASHED")]
    max_rehashed: Option<u64>,
    /// Demand that every added package has these: purl, version, license, supplier, hash; repeatable.
    #[arg(
        long,
        value_name = "WHAT",
        value_delimiter = ',',
        value_parser = need,
        env = "EVIDENCE_NEW_PACKAGES_NEED"
    )]
    new_packages_need: Vec<Need>,
}

impl LimitFlags {
    pub(super) fn read(&self) -> DriftLimits {
        DriftLimits {
            max_added: self.max_added,
            max_removed: self.max_removed,
            max_upgraded: self.max_upgraded,
            max_downgraded: self.max_downgraded,
            max_changed: self.max_changed,
            max_relicensed: self.max_relicensed,
            max_rehashed: self.max_rehashed,
            new_packages_need: self.new_packages_need.clone(),
        }
    }

    pub(super) fn words(&self) -> Vec<String> {
        let counts = [
            (self.max_added, "added"),
            (self.max_removed, "removed"),
            (self.max_upgraded, "upgraded"),
            (self.max_downgraded, "downgraded"),
            (self.max_changed, "changed"),
            (self.max_relicensed, "relicensed"),
            (self.max_rehashed, "rehashed"),
        ];
        let mut words: Vec<String> = (counts.into_iter())
            .filter_map(|(max, what)| Some(format!("at most {} {what}", max?)))
            .collect();
        if !self.new_packages_need.is_empty() {
            let needs = self.new_packages_need.iter().map(ToString::to_string);
            let needs = needs.collect::<Vec<_>>().join(", ");
            words.push(format!("new packages with {needs}"));
        }
        words
    }
}

fn need(text: &str) -> Result<Need, String> {
    let mut all = Need::ALL.into_iter();
    all.find(|need| need.to_string() == text)
        .ok_or_else(|| "expected purl, version, license, supplier or hash".into())
}
