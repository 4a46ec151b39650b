//! What a bundle holds, for programs: `schemas/evidence-inspect-v1.schema.json`.

use super::Shown;
use evidence::model::{Digest, Item, MemberPath, Producer, Release, Status, Timestamp};
use evidence::report;
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'l> {
    version: u32,
    /// Nothing that is listed was verified; said in each answer, so that no program takes it for more.
    verified: bool,
    bundle: Bundle<'l>,
    release: &'l Release,
    stage: &'l str,
    sequence: u32,
    previous: Option<Digest>,
    producer: &'l Producer,
    items: Vec<ItemRow<'l>>,
    members: Vec<MemberRow<'l>>,
    complete: bool,
    defects: Vec<DefectRow<'l>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bundle<'l> {
    name: &'l str,
    digest: Digest,
    size: u64,
    plain_size: u64,
    ratio: f64,
    tar: Option<Digest>,
    manifest: Option<Digest>,
}

#[derive(Serialize)]
struct ItemRow<'l> {
    id: &'l str,
    kind: String,
    title: &'l str,
    phase: Option<&'l str>,
    captured: Timestamp,
    stated: Stated,
    size: u64,
    files: &'l [MemberPath],
}

#[derive(Serialize)]
struct Stated {
    status: Status,
    met: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MemberRow<'l> {
    path: &'l MemberPath,
    name: Option<&'l str>,
    size: u64,
    sha256: Digest,
    media_type: Option<&'l str>,
}

#[derive(Serialize)]
struct DefectRow<'l> {
    subject: &'l str,
    code: &'l str,
    message: &'l str,
}

pub(super) fn json(shown: &Shown<'_>) -> String {
    let (manifest, summary) = (&shown.listing.manifest, &shown.listing.summary);
    report::json::page(&Page {
        version: 1,
        verified: false,
        bundle: Bundle {
            name: &shown.name,
            digest: summary.file.digest,
            size: summary.file.size,
            plain_size: summary.plain,
            ratio: hundredths(summary.plain, summary.file.size),
            tar: summary.tar,
            manifest: (shown.listing.members.first()).map(|first| first.sha256),
        },
        release: &manifest.release,
        stage: &manifest.stage,
        sequence: manifest.sequence,
        previous: manifest.previous,
        producer: &manifest.producer,
        items: shown.items.iter().map(|item| row(shown, item)).collect(),
        members: (shown.members.iter())
            .map(|member| MemberRow {
                path: &member.path,
                name: member.name.as_deref(),
                size: member.size,
                sha256: member.sha256,
                media_type: member.media_type.as_deref(),
            })
            .collect(),
        complete: shown.listing.is_complete,
        defects: (summary.defects.iter())
            .map(|defect| DefectRow {
                subject: &defect.subject,
                code: &defect.problem.code,
                message: &defect.problem.message,
            })
            .collect(),
    })
}

fn row<'l>(shown: &Shown<'_>, item: &'l Item) -> ItemRow<'l> {
    ItemRow {
        id: &item.id,
        kind: item.expectation.kind().to_string(),
        title: &item.title,
        phase: item.phase.as_deref(),
        captured: item.captured,
        stated: Stated {
            status: item.claim.status,
            met: item.claim.met,
        },
        size: shown.bytes(item),
        files: &item.files,
    }
}

/// Plain bytes for each packed one, two digits after the point.
fn hundredths(plain: u64, packed: u64) -> f64 {
    (plain as f64 / packed.max(1) as f64 * 100.0).round() / 100.0
}
