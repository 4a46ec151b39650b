//! The manifest: not there, too large, too deep, too long, of another version, read in two ways.

use super::{Row, of_sample};
use crate::sample::Sample;
use serde_json::{Value, json};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = forms();
    rows.extend(readings());
    rows.extend(sizes());
    rows
}

/// A row about the manifest's bytes.
fn of_bytes(
    name: &'static str,
    fails: &'static [&'static str],
    change: impl Fn(&mut Vec<u8>) + 'static,
) -> Row {
    of_sample(name, fails, move |sample| {
        sample.edit("manifest.json", &change)
    })
}

/// A row about the manifest's values; it stays canonical.
fn of_value(
    name: &'static str,
    fails: &'static [&'static str],
    change: impl Fn(&mut Value) + 'static,
) -> Row {
    of_sample(name, fails, move |sample| sample.edit_manifest(&change))
}

fn forms() -> Vec<Row> {
    const MISSING: &[&str] = &["EV-manifest-missing"];
    const JSON: &[&str] = &["EV-manifest-json"];
    const VERSION: &[&str] = &["EV-manifest-version"];
    let path = |name, path: &'static str| {
        of_value(name, JSON, move |manifest| {
            manifest["files"][3]["path"] = path.into();
        })
    };
    vec![
        of_sample("an archive without members", MISSING, |mut sample| {
            sample.members.clear();
            sample
        }),
        of_sample("a manifest in the second place", MISSING, |mut sample| {
            sample.members.swap(0, 1);
            sample
        }),
        of_sample("a manifest in the last place", MISSING, |mut sample| {
            sample.members.rotate_left(1);
            sample
        }),
        of_sample("no manifest", MISSING, |mut sample| {
            sample.members.remove(0);
            sample
        }),
        of_sample("a manifest by another name", MISSING, |mut sample| {
            sample.members[0].0 = "Manifest.json".into();
            sample
        }),
        of_bytes("an empty manifest", JSON, Vec::clear),
        of_bytes("a manifest that is no JSON", JSON, |body| {
            *body = b"<manifest/>".to_vec()
        }),
        of_bytes("a manifest that is cut off", JSON, |body| {
            body.truncate(10_000)
        }),
        of_bytes("a second value after the manifest", JSON, |body| {
            body.extend_from_slice(b"{}")
        }),
        of_bytes("a mark of the byte order before it", JSON, |body| {
            body.splice(0..0, *b"\xef\xbb\xbf");
        }),
        of_bytes("a manifest in UTF-16", JSON, |body| {
            *body = body.iter().flat_map(|byte| [*byte, 0]).collect();
        }),
        of_bytes("bytes that are no UTF-8", JSON, |body| {
            replace(body, "\"stage\":\"tag\"", b"\"stage\":\"ta\xff\"");
        }),
        of_bytes("half of a surrogate pair", JSON, |body| {
            replace(body, "\"stage\":\"tag\"", b"\"stage\":\"\\ud800\"");
        }),
        of_bytes("a number that none is", JSON, |body| {
            replace(body, "\"sequence\":0", b"\"sequence\":NaN");
        }),
        of_bytes("a number beyond all bounds", JSON, |body| {
            replace(body, "\"sequence\":0", b"\"sequence\":1e999999999");
        }),
        of_value("a list in place of the manifest", JSON, |manifest| {
            *manifest = json!([])
        }),
        of_value("a field that nobody knows", JSON, |manifest| {
            manifest["approved"] = true.into();
        }),
        of_value("a field of an item that nobody knows", JSON, |manifest| {
            manifest["items"][0]["approved"] = true.into();
        }),
        of_value("no list of files", JSON, |manifest| {
            manifest.as_object_mut().unwrap().remove("files");
        }),
        of_value("a size that is negative", JSON, |manifest| {
            manifest["files"][0]["size"] = (-1).into();
        }),
        of_value("a size with a fraction", JSON, |manifest| {
            manifest["files"][0]["size"] = 1.5.into();
        }),
        of_value("a size beyond 64 bits", JSON, |manifest| {
            manifest["files"][0]["size"] = 1e30.into();
        }),
        of_value("a digest of another kind", JSON, |manifest| {
            manifest["files"][0]["sha256"] = "md5:d41d8cd98f00b204e9800998ecf8427e".into();
        }),
        of_value("a digest in capitals", JSON, |manifest| {
            let digest = manifest["files"][0]["sha256"].as_str().unwrap();
            manifest["files"][0]["sha256"] =
                digest.to_uppercase().replace("SHA256", "sha256").into();
        }),
        path("a listed path that is absolute", "/etc/passwd"),
        path("a listed path that leads out", "files/../../x"),
        path("a listed path with a composed letter", "files/\u{e9}"),
        path("a listed path with a decomposed letter", "files/e\u{301}"),
        path("a listed path with a NUL", "files/x\0y"),
        path("a listed path without a name", ""),
        of_value("an expectation that nobody knows", JSON, |manifest| {
            manifest["items"][0]["expectation"]["oracle"] = true.into();
        }),
        of_value("version 2", VERSION, |manifest| {
            manifest["version"] = 2.into()
        }),
        of_value("version 0", VERSION, |manifest| {
            manifest["version"] = 0.into()
        }),
    ]
}

fn readings() -> Vec<Row> {
    const CANONICAL: &[&str] = &["EV-manifest-canonical"];
    let swapped = |name, from: &'static str, to: &'static str| {
        of_bytes(name, CANONICAL, move |body| {
            replace(body, from, to.as_bytes())
        })
    };
    vec![
        of_bytes("a line feed after the manifest", CANONICAL, |body| {
            body.push(b'\n')
        }),
        of_bytes("a blank before the manifest", CANONICAL, |body| {
            body.insert(0, b' ')
        }),
        swapped(
            "a blank between key and value",
            "\"version\":1",
            "\"version\": 1",
        ),
        swapped(
            "a whole number with a fraction of nothing",
            "\"facts\":{",
            "\"facts\":{\"a\":1.0,",
        ),
        swapped(
            "a number with an exponent",
            "\"facts\":{",
            "\"facts\":{\"a\":1e2,",
        ),
        swapped(
            "an escaped letter",
            "\"stage\":\"tag\"",
            "\"stage\":\"t\\u0061g\"",
        ),
        swapped(
            "an escaped slash",
            "\"stage\":\"tag\"",
            "\"stage\":\"tag\\/\"",
        ),
        swapped(
            "a doubled key that nothing else reads",
            "\"facts\":{",
            "\"facts\":{\"a\":1,\"a\":2,",
        ),
        swapped(
            "keys in another order",
            "\"facts\":{",
            "\"facts\":{\"zzzz\":1,\"aaaa\":2,",
        ),
        of_bytes("keys of the manifest in another order", CANONICAL, |body| {
            let text = std::str::from_utf8(body).unwrap();
            let rest = text.strip_suffix(",\"version\":1}").unwrap();
            *body = format!("{{\"version\":1,{}}}", &rest[1..]).into_bytes();
        }),
        // A known key twice is no manifest to one reader, and the last of them to another.
        of_bytes("a doubled key", &["EV-manifest-json"], |body| {
            body.truncate(body.len() - 1);
            body.extend_from_slice(b",\"version\":1}");
        }),
    ]
}

fn sizes() -> Vec<Row> {
    const SIZE: &[&str] = &["EV-manifest-size"];
    const DEPTH: &[&str] = &["EV-manifest-depth"];
    let deep = |name, open: &'static str, close: &'static str, depth: usize| {
        of_bytes(name, DEPTH, move |body| {
            let nested = format!(
                "\"facts\":{{\"a\":{}0{},",
                open.repeat(depth),
                close.repeat(depth)
            );
            replace(body, "\"facts\":{", nested.as_bytes());
        })
    };
    vec![
        of_bytes("a manifest of 65 MiB", SIZE, |body| {
            // Text that compresses no further than to a half, or it would be a bomb as well.
            let noise: String = (0..4_096_u64)
                .map(|at| format!("{:016x}", at.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
                .collect();
            let text = format!("\"stage\":\"{}\"", noise.repeat(1_040));
            replace(body, "\"stage\":\"tag\"", text.as_bytes());
        }),
        of_sample("a manifest of a million items", SIZE, |sample| {
            with_items(sample, 1_000_000)
        }),
        of_sample(
            "a manifest of as many items as it holds",
            &["EV-manifest-items"],
            |sample| with_items(sample, 250_000),
        ),
        of_sample(
            "a manifest of 250,000 files",
            &["EV-manifest-files"],
            with_files,
        ),
        deep("lists 200 deep", "[", "]", 200),
        deep("lists a million deep", "[", "]", 1_000_000),
        deep("objects 200 deep", "{\"a\":", "}", 200),
        deep("objects 100,000 deep", "{\"a\":", "}", 100_000),
    ]
}

/// Writes something else in place of the first such text.
fn replace(body: &mut Vec<u8>, from: &str, to: &[u8]) {
    let text = std::str::from_utf8(body).unwrap();
    let at = text.find(from).unwrap_or_else(|| panic!("no {from}"));
    body.splice(at..at + from.len(), to.iter().copied());
}

/// So many items more, as small as an item can be.
fn with_items(sample: Sample, count: usize) -> Sample {
    let item = json!({
        "captured": "1970-01-01T00:00:00Z",
        "claim": {"facts": 0, "met": null, "problems": [], "status": "missing"},
        "expectation": {"kind": "release", "tag": ""},
        "files": [], "id": "", "phase": null, "request": 0, "title": "", "window": null,
    });
    let one = item.to_string() + ",";
    sample.edit("manifest.json", |body| {
        replace(
            body,
            "\"items\":[",
            format!("\"items\":[{}", one.repeat(count)).as_bytes(),
        );
    })
}

/// So many files more than are there.
fn with_files(sample: Sample) -> Sample {
    let digest = evidence::model::Digest::of(b"");
    let entries: String = (0..250_000)
        .map(|at| {
            format!(r#",{{"mediaType":"","path":"files/z/{at:06}","sha256":"{digest}","size":0}}"#)
        })
        .collect();
    sample.edit("manifest.json", |body| {
        replace(
            body,
            "],\"items\":",
            format!("{entries}],\"items\":").as_bytes(),
        );
    })
}
