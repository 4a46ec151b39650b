//! Documents that are broken, or made to harm who reads them.

use crate::asked::{answer, answer_with, ask, ask_with, codes, fixtures};
use serde_json::{Value, json};
use std::path::PathBuf;
use tempfile::TempDir;

const SYFT: &str = "documents/syft-1.57.1/npm-lock.spdx-2.3.json";
/// What a terminal, a table, or a code host might take for more than text.
const NAME: &str =
    "a\u{1b}[2J|`b`\n| x | @team <img src=x onerror=1> [c](https://e.test) \u{202e}#1";

/// An SPDX document with packages of these names.
fn document(names: &[&str]) -> Vec<u8> {
    let packages = names.iter().enumerate().map(|(number, name)| {
        json!({
            "SPDXID": format!("SPDXRef-{number}"),
            "name": name,
            "versionInfo": "1.0",
            "licenseDeclared": name,
            "supplier": "NOASSERTION",
        })
    });
    json!({
        "spdxVersion": "SPDX-2.3",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": names.first(),
        "documentNamespace": "https://example.test/1",
        "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": [format!("Tool: {}-1", names[0])]},
        "packages": packages.collect::<Vec<_>>(),
        "relationships": [],
    })
    .to_string()
    .into_bytes()
}

fn file(folder: &TempDir, name: &str, bytes: &[u8]) -> String {
    let path: PathBuf = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().into()
}

#[test]
fn what_is_no_document_is_refused_with_a_reason() {
    let good = std::fs::read(fixtures().join(SYFT)).unwrap();
    let deep = [
        b"{\"a\":".repeat(100_000),
        b"1".to_vec(),
        b"}".repeat(100_000),
    ]
    .concat();
    for (name, bytes, said) in [
        ("empty", &b""[..], "neither SPDX nor CycloneDX"),
        ("cut off", &good[..good.len() / 2], "malformed JSON: EOF"),
        (
            "not UTF-8",
            &[b"{\"a\":\"", &[0xff, 0xfe][..], b"\"}"].concat(),
            "not UTF-8",
        ),
        ("nested", &deep, ""),
        ("another's", b"{\"bomFormat\":\"SPDX\"}", ""),
        ("a list", b"[1, 2]", ""),
    ] {
        let (code, answer) = answer_with(bytes, &["sbom", "check", "-"]);

        assert_eq!(code, Some(1), "{name}");
        assert_eq!(codes(&answer["targets"][0]), ["sbom-unreadable"], "{name}");
        let message = answer["targets"][0]["problems"][0]["message"]
            .as_str()
            .unwrap();
        assert!(message.contains(said), "{name}: {message}");
    }
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "large.json", b"{");
    let large = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    large.set_len((128 << 20) + 1).unwrap();

    let (code, answer) = answer(&["sbom", "check", &path]);

    assert_eq!(code, Some(3));
    assert_eq!(codes(&answer["targets"][0]), ["unreachable"]);
}

#[test]
fn a_compressed_file_that_is_no_bundle_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "b.tar.gz", &[0x1f, 0x8b, 8, 0, 1, 2, 3]);

    let (code, answer) = answer(&["sbom", "check", &path]);

    assert_eq!(code, Some(1));
    assert_eq!(answer["targets"][0]["kind"], "bundle");
    assert_eq!(codes(&answer["targets"][0]), ["bundle-unreadable"]);
}

#[test]
fn names_steer_no_terminal_and_forge_no_line() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (
        file(&folder, "old", &document(&["plain"])),
        file(&folder, "new", &document(&[NAME])),
    );

    for ran in [
        ask(&["sbom", "check", &new]),
        ask(&[
            "sbom",
            "check",
            &new,
            "--deny-license",
            "MIT",
            "--complete",
            "producer",
        ]),
        ask(&["sbom", "diff", &old, &new, "--max-added", "0"]),
    ] {
        let text = ran.stdout;
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\r']), "{text}");
        let forged = text.lines().any(|line| line.starts_with("| x"));
        assert!(!forged, "{text}");
        assert!(text.contains("\\u{1b}"), "{text}");
    }
}

#[test]
fn names_are_neither_markup_nor_mentions_in_a_pull_request() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (
        file(&folder, "old", &document(&["plain"])),
        file(&folder, "new", &document(&[NAME, "b"])),
    );

    for args in [
        &["sbom", "check", &new, "--deny-license", "MIT"][..],
        &["sbom", "diff", &old, &new, "--max-added", "0"],
    ] {
        let text = ask(&[args, &["--output", "markdown"]].concat()).stdout;

        for line in text.lines() {
            // What is left outside of code spans is ours.
            let outside: String = line.split('`').step_by(2).collect();
            assert!(line.matches('`').count().is_multiple_of(2), "{line}");
            assert!(
                !outside.contains(['@', '#']) || outside.starts_with('#'),
                "{line}"
            );
            assert!(
                !outside.contains("<img") && !outside.contains("https://"),
                "{line}"
            );
        }
        let rows = text.lines().filter(|line| line.starts_with("| `"));
        for row in rows {
            let bars = row.matches('|').count();
            assert!((4..=5).contains(&bars), "{row}");
        }
        assert!(!text.contains(['\u{1b}', '\u{202e}']));
    }
}

#[test]
fn a_pull_requests_comment_has_at_most_60_000_bytes_and_says_what_was_cut() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..5_000)
        .map(|number| format!("package-{number:05}"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (old, new) = (
        file(&folder, "old", &document(&["plain"])),
        file(&folder, "new", &document(&names)),
    );

    let ran = ask(&["sbom", "diff", &old, &new, "--output", "markdown"]);

    assert!(ran.stdout.len() <= 60_000, "{}", ran.stdout.len());
    let last = ran.stdout.lines().last().unwrap();
    assert!(last.starts_with("_Cut at 60000 bytes: "), "{last}");
    let rows = ran.stdout.lines();
    let shown = rows.filter(|row| row.starts_with("| `package-")).count();
    assert!(last.contains(&format!("{} rows", 5_001 - shown)), "{last}");
    let open = ran.stdout.matches("<details>").count();
    assert_eq!(open, ran.stdout.matches("</details>").count());
}

#[test]
fn a_report_with_hostile_ids_stays_text() {
    let mut report: Value =
        serde_json::from_slice(&std::fs::read(fixtures().join("scans/grype/rootfs.json")).unwrap())
            .unwrap();
    report["matches"][0]["vulnerability"]["id"] = NAME.into();
    report["matches"][0]["relatedVulnerabilities"] = json!([]);
    report["matches"][0]["artifact"]["name"] = NAME.into();
    let bytes = report.to_string().into_bytes();

    let text = ask_with(&bytes, &["vulns", "check", "-"]).stdout;
    let markdown = ask_with(&bytes, &["vulns", "check", "-", "-o", "markdown"]).stdout;
    let sarif = ask_with(&bytes, &["vulns", "check", "-", "-o", "sarif"]).stdout;

    for out in [&text, &markdown, &sarif] {
        assert!(!out.contains(['\u{1b}', '\u{202e}']), "{out}");
        assert!(out.contains("u{1b}"), "{out}");
    }
    let row = markdown
        .lines()
        .find(|line| line.contains("u{1b}"))
        .unwrap();
    assert_eq!(row.matches('|').count(), 5, "{row}");
    serde_json::from_str::<Value>(&sarif).unwrap();
}
