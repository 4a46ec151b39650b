//! Every value of a Sigstore bundle is looked at: changed or taken away, it is refused, unless nothing depends on it.

use crate::stage::{BYTES, Stage, stage, statement};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidence::model::Digest;
use evidence::sandbox::{LogVersion, Recipe, SignedBy};
use evidence::sigstore::{Artifact, Key, Options, Roots, judge_bundle};
use serde_json::Value;

/// What may be changed: nothing is proven by it, and nothing is reported of it.
const FREE_TO_CHANGE: &[&str] = &[
    // Which key it is, the verifier says.
    "/verificationMaterial/publicKey/hint",
];

/// Rekor 2 signs these in its checkpoint; the proof's own are not read.
const FREE_IN_REKOR_2: &[&str] = &[
    "/verificationMaterial/tlogEntries/0/inclusionProof/logIndex",
    "/verificationMaterial/tlogEntries/0/inclusionProof/rootHash",
    "/verificationMaterial/tlogEntries/0/inclusionProof/treeSize",
];

/// What may be taken away, since something else proves the same.
const FREE_TO_TAKE: &[&str] = &[
    // Without it a bundle is of version 0.1.
    "/mediaType",
    // The signature is over the file itself.
    "/messageSignature/messageDigest",
    "/verificationMaterial/publicKey/hint",
];

/// Of Rekor 1: its promise has a time, and so has the timestamp. One of them is enough.
const FREE_TO_TAKE_IN_REKOR_1: &[&str] = &[
    "/verificationMaterial/tlogEntries/0/inclusionPromise",
    "/verificationMaterial/timestampVerificationData",
    "/verificationMaterial/timestampVerificationData/rfc3161Timestamps",
];

#[test]
fn a_changed_value_of_a_bundle_is_refused() {
    let mut accepted = Vec::new();
    let mut changes = 0;
    for (what, log, signer, bundle) in bundles(stage()) {
        for place in places(&bundle) {
            let value = bundle.pointer(&place).unwrap();
            for other in changed(&place, value) {
                let mut edited = bundle.clone();
                *edited.pointer_mut(&place).unwrap() = other;
                changes += 1;
                let is_free = FREE_TO_CHANGE.contains(&place.as_str())
                    || log == LogVersion::Two && FREE_IN_REKOR_2.contains(&place.as_str());
                if holds(stage(), &signer, &edited) && !is_free {
                    let text = edited.pointer(&place).unwrap().to_string();
                    accepted.push(format!("{what}: {place}: {text:.300}"));
                }
            }
        }
    }
    assert!(accepted.is_empty(), "accepted:\n{}", accepted.join("\n"));
    assert!(changes > 300, "{changes}");
}

#[test]
fn a_bundle_with_a_value_taken_away_is_refused() {
    let mut accepted = Vec::new();
    for (what, log, signer, bundle) in bundles(stage()) {
        for place in places(&bundle).iter().chain(&objects(&bundle)) {
            let (parent, name) = place.rsplit_once('/').unwrap();
            let mut edited = bundle.clone();
            match edited.pointer_mut(parent).unwrap() {
                Value::Object(object) => drop(object.remove(name)),
                Value::Array(list) => drop(list.remove(name.parse().unwrap())),
                _ => unreachable!(),
            }
            let is_time = place.ends_with("/rfc3161Timestamps/0");
            let is_free = FREE_TO_TAKE.contains(&place.as_str())
                || log == LogVersion::One
                    && (is_time || FREE_TO_TAKE_IN_REKOR_1.contains(&place.as_str()));
            // A key's signature needs no time at all.
            let is_free =
                is_free || matches!(signer, SignedBy::Key(_)) && place.contains("imestamp");
            let is_unread = log == LogVersion::Two && FREE_IN_REKOR_2.contains(&place.as_str());
            if holds(stage(), &signer, &edited) && !is_free && !is_unread {
                accepted.push(format!("{what}: {place}"));
            }
        }
    }
    assert!(accepted.is_empty(), "accepted:\n{}", accepted.join("\n"));
}

type Kind = (&'static str, LogVersion, SignedBy, Value);

/// One good bundle of each kind.
fn bundles(stage: &Stage) -> Vec<Kind> {
    let mut all = Vec::new();
    for signer in [stage.by_key(), stage.workflow()] {
        for log in [LogVersion::One, LogVersion::Two] {
            let recipe = Recipe {
                log,
                ..Recipe::new(&signer, None)
            };
            let about = statement(Digest::of(BYTES), crate::stage::PREDICATE).to_string();
            let blob = stage.sandbox.sign_blob_as(BYTES, &recipe);
            let stated = stage.sandbox.sign_statement_as(about.as_bytes(), &recipe);
            for (what, text) in [("signature", blob), ("statement", stated)] {
                let bundle: Value = serde_json::from_str(&text.unwrap()).unwrap();
                assert!(holds(stage, &signer, &bundle));
                all.push((what, log, signer.clone(), bundle));
            }
        }
    }
    all
}

fn holds(stage: &Stage, signer: &SignedBy, bundle: &Value) -> bool {
    let mut roots = Roots::none();
    let json = stage.sandbox.trusted_root_json();
    roots.add("sandbox", json.as_bytes()).unwrap();
    let keys = match signer {
        SignedBy::Key(key) => vec![Key::parse(key.public_pem().unwrap().as_bytes()).unwrap()],
        SignedBy::Identity(_) => Vec::new(),
    };
    let bundle = bundle.to_string();
    let artifact = Artifact::Bytes(BYTES);
    judge_bundle(bundle.as_bytes(), artifact, &roots, &keys, &Options::STRICT)
        .judgement
        .valid()
        .is_some()
}

/// Where the texts of a document stand.
fn places(json: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(json, "", &mut |place, value| {
        if value.is_string() {
            found.push(place.to_owned());
        }
    });
    found
}

/// Where its objects and lists stand, but for the whole.
fn objects(json: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(json, "", &mut |place, value| {
        if !value.is_string() && !place.is_empty() {
            found.push(place.to_owned());
        }
    });
    found
}

fn walk(json: &Value, place: &str, see: &mut impl FnMut(&str, &Value)) {
    see(place, json);
    match json {
        Value::Object(object) => {
            for (name, value) in object {
                walk(value, &format!("{place}/{name}"), see);
            }
        }
        Value::Array(list) => {
            for (number, value) in list.iter().enumerate() {
                walk(value, &format!("{place}/{number}"), see);
            }
        }
        _ => {}
    }
}

/// Other values of the same kind: another number; one bit flipped in some places of the bytes; another text.
fn changed(place: &str, value: &Value) -> Vec<Value> {
    let text = value.as_str().unwrap();
    if let Ok(number) = text.parse::<u64>() {
        return [number + 1, number.saturating_sub(1), 0]
            .into_iter()
            .filter(|other| *other != number)
            .map(|other| other.to_string().into())
            .collect();
    }
    let is_base64 = text.len() >= 4 && !place.ends_with("/kind");
    let bytes = STANDARD.decode(text).ok().filter(|_| is_base64);
    if let Some(bytes) = bytes {
        let last = bytes.len() - 1;
        let parts = if place.ends_with("/signedTimestamp") {
            // The certificate inside is no evidence: the root has its own. The signature stands last.
            vec![last]
        } else {
            vec![0, last / 4, last / 2, last * 3 / 4, last]
        };
        return parts
            .into_iter()
            .map(|at| {
                let mut other = bytes.clone();
                other[at] ^= 1;
                STANDARD.encode(other).into()
            })
            .collect();
    }
    if place.ends_with("/envelope") {
        // The name before the signature is not signed, and nobody asks for it: the key is known.
        let (note, signature) = text.rsplit_once(' ').unwrap();
        let at = signature.len() / 2;
        let other = if &signature[at..=at] == "A" { "B" } else { "A" };
        let flipped = format!("{}{other}{}", &signature[..at], &signature[at + 1..]);
        let (host, rest) = text.split_once('\n').unwrap();
        let (size, root) = rest.split_once('\n').unwrap();
        return vec![
            format!("{note} {flipped}").into(),
            format!("{host}#\n{size}\n{root}").into(),
            format!("{host}\n1{size}\n{root}").into(),
            format!("{host}\n{size}\nA{root}").into(),
            note.into(),
            "".into(),
        ];
    }
    let half = text.char_indices().nth(text.chars().count() / 2);
    let half = half.map_or(0, |(at, _)| at);
    vec![
        "".into(),
        text[..half].into(),
        format!("{}#{}", &text[..half], &text[half..]).into(),
        format!("{text}#").into(),
    ]
}
