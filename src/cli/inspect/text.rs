//! What a bundle holds, for people.

use super::Shown;
use crate::cli::columns::{Table, size};
use evidence::model::{Digest, Item, Kind};
use evidence::report::text::one_line;

/// Hex digits of a digest that tell members apart for an eye.
const SHORT: usize = 12;

pub(super) fn text(shown: &Shown<'_>, is_long: bool) -> String {
    let mut out = head(shown);
    if !shown.items.is_empty() {
        out.push_str(&format!("\nitems: {}\n", shown.items.len()));
        out.push_str(&items(shown));
    }
    out.push_str(&format!("\nmembers: {}\n", shown.members.len()));
    out.push_str(&members(shown, is_long));
    let defects = &shown.listing.summary.defects;
    if !defects.is_empty() {
        out.push_str("\nnot as the manifest lists it\n");
    }
    for defect in defects {
        let line = format!("{}: {}", defect.subject, defect.problem.message);
        out.push_str(&format!("  ✗ {}\n", one_line(&line)));
    }
    out
}

fn head(shown: &Shown<'_>) -> String {
    let (manifest, summary) = (&shown.listing.manifest, &shown.listing.summary);
    let release = &manifest.release;
    let mut out = String::new();
    let mut add = |name: &str, value: &str| {
        out.push_str(&format!("  {name:<9} {}\n", one_line(value)));
    };
    add(
        "release",
        &format!(
            "{} of {}, version {}",
            release.tag, release.repository, release.version
        ),
    );
    add("commit", &release.commit);
    let after = (manifest.previous.as_ref())
        .map_or_else(String::new, |digest| format!(" after the bundle {digest}"));
    add(
        "stage",
        &format!("{}, number {}{after}", manifest.stage, manifest.sequence),
    );
    let producer = &manifest.producer;
    add(
        "made by",
        &format!("{} {}", producer.name, producer.version),
    );
    add("digest", &summary.file.digest.to_string());
    match &summary.tar {
        Some(tar) => add("tar", &tar.to_string()),
        None => add("tar", "not read to its end"),
    }
    if let Some(first) = shown.listing.members.first() {
        add("manifest", &first.sha256.to_string());
    }
    let (packed, plain) = (summary.file.size, summary.plain);
    add(
        "size",
        &format!(
            "{}, unpacked {} ({} times as much)",
            size(packed),
            size(plain),
            times(plain, packed)
        ),
    );
    let name = one_line(&shown.name);
    format!(
        "{name}\n  NOT VERIFIED: this is what the bundle says of itself; `evidence verify` judges it\n{out}"
    )
}

/// With one digit after the point.
fn times(plain: u64, packed: u64) -> String {
    let tenths = u128::from(plain) * 10 / u128::from(packed.max(1));
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn items(shown: &Shown<'_>) -> String {
    let mut table = Table::new(&["id", "kind", "phase", "stated", ">files", ">size", "title"]);
    for item in &shown.items {
        table.row(vec![
            item.id.clone(),
            item.expectation.kind().to_string(),
            item.phase.clone().unwrap_or_else(|| "-".into()),
            stated(item),
            item.files.len().to_string(),
            size(shown.bytes(item)),
            item.title.clone(),
        ]);
    }
    table.lines()
}

/// What the producer says of an item. No tick: nobody has computed it here.
fn stated(item: &Item) -> String {
    let claim = &item.claim;
    let word = match (item.expectation.kind(), claim.met) {
        (Kind::Gate, _) => format!(", {}", claim.gate_verdict()),
        (_, Some(true)) => ", met".into(),
        (_, Some(false)) => ", NOT met".into(),
        (_, None) => String::new(),
    };
    format!("{}{word}", claim.status)
}

fn members(shown: &Shown<'_>, is_long: bool) -> String {
    let mut table = Table::new(&[">size", "sha256", "media type", "path"]);
    for member in &shown.members {
        // Most paths end in the name.
        let name = (member.name.as_ref())
            .filter(|name| !member.path.as_str().ends_with(name.as_str()))
            .map_or_else(String::new, |name| format!(" ({name})"));
        table.row(vec![
            size(member.size),
            digest(&member.sha256, is_long),
            member.media_type.clone().unwrap_or_else(|| "-".into()),
            format!("{}{name}", member.path),
        ]);
    }
    table.lines()
}

fn digest(digest: &Digest, is_long: bool) -> String {
    let mut hex = digest.hex();
    if !is_long {
        hex.truncate(SHORT);
    }
    hex
}
