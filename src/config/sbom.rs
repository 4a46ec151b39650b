//! What is demanded of an image's SBOM, in `evidence.yaml` and in a policy.

use super::diagnostic::{Problems, quoted};
use super::fields::{self, Fields};
use super::metrics::percent;
use super::node::{Node, Value};
use crate::model::{
    Coverage, DriftLimits, Element, LicenseDemand, Need, Percent, Profile, QualityLimits,
    SbomChecks, limits,
};
use crate::sbom::licenses::LicenseEntry;

/// Keys of an SBOM in a policy.
pub(super) const KEYS: &[&str] = &[
    "format",
    "signed-by",
    "platforms",
    "waive",
    "quality",
    "licenses",
];

/// Reads what is demanded besides format and signature.
pub(super) fn checks(fields: &Fields<'_>, problems: &mut Problems) -> SbomChecks {
    SbomChecks {
        coverage: coverage(fields, problems),
        quality: fields
            .get("quality")
            .and_then(|node| quality(node, problems)),
        licenses: fields
            .get("licenses")
            .and_then(|node| licenses(node, problems)),
    }
}

fn coverage(fields: &Fields<'_>, problems: &mut Problems) -> Coverage {
    let index = fields.word("platforms", &[("each", false), ("index", true)], problems);
    let Some(node) = fields.get("waive") else {
        return match index {
            Some(true) => Coverage::Index,
            _ => Coverage::default(),
        };
    };
    if index == Some(true) {
        problems.add(
            node.at,
            "\"platforms: index\" waives every platform: nothing is left to waive",
        );
    }
    let mut waived = Vec::new();
    for text in fields::texts(fields::one_or_more(node, problems), problems) {
        if is_platform(&text.value) {
            waived.push(text.value);
        } else {
            problems.hinted(
                text.at,
                format!("{} is no platform", quoted(&text.value)),
                "OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT, such as linux/arm64",
            );
        }
    }
    waived.sort();
    waived.dedup();
    Coverage::Platforms { waived }
}

fn is_platform(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    let parts: Vec<&str> = text.split('/').collect();
    matches!(parts.len(), 2 | 3) && parts.into_iter().all(part)
}

fn quality(node: &Node, problems: &mut Problems) -> Option<QualityLimits> {
    let fields = Fields::of(node, &["profile", "min", "complete"], problems)?;
    let profiles: Vec<(String, Profile)> = (Profile::ALL.iter())
        .map(|profile| (profile.to_string(), *profile))
        .collect();
    let profile = fields.need("profile", problems);
    let profile = profile.and_then(|node| fields::word(node, &words(&profiles), problems));
    let elements: Vec<(String, Element)> = (Element::ALL.iter())
        .map(|element| (element.to_string(), *element))
        .collect();
    let complete = set(&fields, "complete", &words(&elements), problems);
    if let (Some(profile), Some(node)) = (profile, fields.get("complete"))
        && let Some(other) = (complete.iter()).find(|element| !profile.elements().contains(element))
    {
        let message = format!("{profile} does not count the element {other}");
        problems.add(node.at, message);
    }
    Some(QualityLimits {
        profile: profile?,
        min_percent: (percent(&fields, "min", problems))
            .and_then(|whole| Percent::from_tenths(u16::from(whole) * 10)),
        complete,
    })
}

fn licenses(node: &Node, problems: &mut Problems) -> Option<LicenseDemand> {
    let fields = Fields::of(node, &["allow", "deny", "unknown", "missing"], problems)?;
    if fields.get("allow").is_none() && fields.get("deny").is_none() {
        problems.hinted(node.at, "no license is named", "give allow or deny");
    }
    let list = |key: &str, problems: &mut Problems| -> Vec<String> {
        let nodes = fields
            .get(key)
            .map(|node| fields::one_or_more(node, problems));
        let texts = fields::texts(nodes.unwrap_or_default(), problems);
        if let (true, Some(node)) = (texts.len() > limits::LICENSE_RULES, fields.get(key)) {
            let message = format!("more than {} licenses", limits::LICENSE_RULES);
            problems.add(node.at, message);
        }
        for text in &texts {
            if let Err(error) = text.value.parse::<LicenseEntry>() {
                problems.add(text.at, error.to_string());
            }
        }
        let texts = texts.into_iter().take(limits::LICENSE_RULES);
        texts.map(|text| text.value).collect()
    };
    let may = [("deny", false), ("allow", true)];
    Some(LicenseDemand {
        allow: list("allow", problems),
        deny: list("deny", problems),
        allow_unknown: fields.word("unknown", &may, problems).unwrap_or_default(),
        allow_missing: fields.word("missing", &may, problems).unwrap_or_default(),
    })
}

/// Reads how far packages may have moved.
pub(super) fn drift(node: &Node, problems: &mut Problems) -> Option<DriftLimits> {
    const KEYS: &[&str] = &[
        "max-added",
        "max-removed",
        "max-upgraded",
        "max-downgraded",
        "max-changed",
        "max-relicensed",
        "max-rehashed",
        "new-packages-need",
    ];
    let fields = Fields::of(node, KEYS, problems)?;
    let mut most = |key: &str| {
        let number = fields.number(key, (0, i64::from(u32::MAX)), problems)?;
        u64::try_from(number.value).ok()
    };
    let limits = DriftLimits {
        max_added: most("max-added"),
        max_removed: most("max-removed"),
        max_upgraded: most("max-upgraded"),
        max_downgraded: most("max-downgraded"),
        max_changed: most("max-changed"),
        max_relicensed: most("max-relicensed"),
        max_rehashed: most("max-rehashed"),
        new_packages_need: Vec::new(),
    };
    let needs: Vec<(String, Need)> = (Need::ALL.iter())
        .map(|need| (need.to_string(), *need))
        .collect();
    Some(DriftLimits {
        new_packages_need: set(&fields, "new-packages-need", &words(&needs), problems),
        ..limits
    })
}

fn words<T: Copy>(named: &[(String, T)]) -> Vec<(&str, T)> {
    named
        .iter()
        .map(|(name, value)| (name.as_str(), *value))
        .collect()
}

/// Words of a list, ascending, each once.
fn set<T: Copy + Ord>(
    fields: &Fields<'_>,
    key: &str,
    words: &[(&str, T)],
    problems: &mut Problems,
) -> Vec<T> {
    let nodes = match fields.get(key) {
        Some(node) if matches!(node.value, Value::List(_)) => fields::one_or_more(node, problems),
        Some(node) => std::slice::from_ref(node),
        None => &[],
    };
    let mut found: Vec<T> = nodes
        .iter()
        .filter_map(|node| fields::word(node, words, problems))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}
