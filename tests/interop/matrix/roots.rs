//! Good images under trusted roots that lack something, or whose time is over.

use super::case::{Answer, Case};
use super::good::repository;
use super::sign::Style;
use super::specimen::Image;
use crate::running::{stack_file, trusted_root};
use serde_json::{Value, json};
use std::fs;
use std::sync::LazyLock;

/// Everything of the stack is younger.
const OVER: &str = "2025-01-02T00:00:00Z";

type Change = (&'static str, fn(&mut Value));

const LACKING: [Change; 4] = [
    ("without-authority", |root| {
        root["certificateAuthorities"] = json!([])
    }),
    ("without-logs", |root| root["tlogs"] = json!([])),
    ("without-certificate-logs", |root| {
        root["ctlogs"] = json!([])
    }),
    ("without-timestamp-authority", |root| {
        root["timestampAuthorities"] = json!([])
    }),
];

const ENDED: [Change; 4] = [
    ("after-the-authority", |root| {
        end(&mut root["certificateAuthorities"], &[])
    }),
    ("after-the-logs", |root| {
        end(&mut root["tlogs"], &["publicKey"])
    }),
    ("after-the-certificate-logs", |root| {
        end(&mut root["ctlogs"], &["publicKey"])
    }),
    ("after-the-timestamp-authority", |root| {
        end(&mut root["timestampAuthorities"], &[])
    }),
];

static FOLDER: LazyLock<String> = LazyLock::new(|| {
    let folder = stack_file(&format!("roots-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let text = fs::read(trusted_root()).unwrap();
    for (name, change) in LACKING.iter().chain(&ENDED) {
        let mut root: Value = serde_json::from_slice(&text).unwrap();
        change(&mut root);
        fs::write(format!("{folder}/{name}.json"), root.to_string()).unwrap();
    }
    folder
});

/// A signed image under each of them. The answers, in their order, are what becomes of a signature that needs what
/// is not there (undetermined: another root may have it), and of one made when it was over (refused).
pub(crate) fn under_each(style: Style, answers: [Answer; 8]) -> Vec<Case> {
    let name = format!("{}-roots", style.name);
    let image = Image::single(&name).put(&repository(&name));
    style.sign(&image, &[]);
    LACKING
        .iter()
        .chain(&ENDED)
        .zip(answers)
        .map(|((root, _), answer)| {
            Case::new(style, &format!("root-{root}"), &image, style.accepted())
                .root(&format!("{}/{root}.json", *FOLDER))
                .wants(answer)
        })
        .collect()
}

/// Lets each end before anything was signed.
fn end(list: &mut Value, inside: &[&str]) {
    for one in list.as_array_mut().unwrap() {
        let place = inside.iter().fold(one, |at, name| &mut at[*name]);
        place["validFor"] = json!({"start": "2025-01-01T00:00:00Z", "end": OVER});
    }
}
