//! A tiled log, as Rekor v2 is.

use crate::liar::{Answer, Liar, ask};
use crate::shared::{Signed, caught, confirmed, open, others};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const CHECKPOINT: &str = "/api/v2/checkpoint";
const ENTRIES: &str = "/api/v2/tile/entries/";
const HASHES: &str = "/api/v2/tile/0/";
const UPPER: &str = "/api/v2/tile/1/";

#[test]
fn a_tiled_log_that_only_grew_confirms_a_signature() {
    let signed = Signed::in_tiles();

    assert_eq!(signed.online(), confirmed());

    let text = signed.verify(&["--online"]).stdout;
    assert!(
        text.contains("at index 299; it has 600 entries now, and is the log that had 300 then"),
        "{text}"
    );
}

#[test]
fn a_tiled_log_that_did_not_grow_confirms_a_signature() {
    let signed = Signed::in_tiles();
    signed.rewrite(300, &[]);

    assert_eq!(signed.online(), confirmed());
}

#[test]
fn a_tiled_log_that_was_rewound_is_caught_as_shrunk() {
    let signed = Signed::in_tiles();
    signed.rewrite(200, &[]);

    assert_eq!(signed.online(), caught("shrunk"));
}

#[test]
fn a_tiled_log_that_shows_another_tree_of_the_same_size_is_caught_as_forked() {
    let signed = Signed::in_tiles();
    signed.rewrite(299, &others(1));

    assert_eq!(signed.online(), caught("forked"));
}

#[test]
fn a_tiled_log_that_grew_from_another_tree_is_caught_as_inconsistent() {
    let signed = Signed::in_tiles();
    let entry =
        signed.bundle()["verificationMaterial"]["tlogEntries"][0]["canonicalizedBody"].take();
    let mut then = others(1);
    // The signature's own entry is where it was.
    then.push(STANDARD.decode(entry.as_str().unwrap()).unwrap());
    then.extend(others(700));
    signed.rewrite(298, &then);

    assert_eq!(signed.online(), caught("inconsistent"));
}

#[test]
fn another_entry_in_the_bundle_is_caught() {
    let signed = Signed::in_tiles();
    let liar = lie_about(&signed, ENTRIES, |mut answer| {
        let last = answer.body.len() - 1;
        // All entries of the bundle are changed, its form is not.
        let mut at = 0;
        while at < last {
            let length = usize::from(u16::from_be_bytes([answer.body[at], answer.body[at + 1]]));
            answer.body[at + 2] ^= 1;
            at += 2 + length;
        }
        answer
    });

    assert_eq!(signed.online_at(&liar.url), caught("entry"));
}

#[test]
fn a_log_without_the_entry_bundle_is_caught() {
    let signed = Signed::in_tiles();
    let liar = lie_about(&signed, ENTRIES, |_| Answer::new(404, b""));

    assert_eq!(signed.online_at(&liar.url), caught("entry-missing"));
}

#[test]
fn a_wrong_tile_is_caught() {
    let signed = Signed::in_tiles();
    for (path, code) in [(HASHES, "inconsistent"), (UPPER, "inconsistent")] {
        let liar = lie_about(&signed, path, |mut answer| {
            answer.body.iter_mut().for_each(|byte| *byte ^= 1);
            answer
        });

        assert_eq!(signed.online_at(&liar.url), caught(code), "{path}");
    }
}

#[test]
fn a_wrong_tile_that_only_the_entry_needs_is_caught() {
    let signed = Signed::in_tiles();
    signed.rewrite(300, &[]);
    let liar = lie_about(&signed, HASHES, |mut answer| {
        answer.body.iter_mut().for_each(|byte| *byte ^= 1);
        answer
    });

    assert_eq!(signed.online_at(&liar.url), caught("inclusion"));
}

#[test]
fn a_checkpoint_by_a_foreign_key_or_of_another_log_is_caught() {
    let (signed, foreign) = (Signed::in_tiles(), Signed::in_tiles());

    assert_eq!(signed.online_at(&foreign.url()), caught("checkpoint"));

    let liar = lie_about(&signed, CHECKPOINT, |answer| {
        let note = String::from_utf8(answer.body).unwrap();
        Answer::new(200, note.replace("tiles.demo", "other.demo").as_bytes())
    });
    assert_eq!(signed.online_at(&liar.url), caught("checkpoint"));
}

#[test]
fn tiles_and_checkpoints_that_are_none_leave_the_question_open() {
    let signed = Signed::in_tiles();
    for (path, body) in [
        (CHECKPOINT, &b"<html>"[..]),
        (CHECKPOINT, b"\xff"),
        (HASHES, b"short"),
        (HASHES, &[0; 32]),
        (UPPER, b""),
        (ENTRIES, b"\x00"),
    ] {
        let liar = lie_about(&signed, path, move |_| Answer::new(200, body));

        assert_eq!(
            signed.online_at(&liar.url),
            open("answer"),
            "{path} {body:?}"
        );
    }
}

#[test]
fn a_tile_at_the_edge_that_the_log_has_dropped_is_read_from_the_whole_one() {
    let signed = Signed::in_tiles();
    let checkpoint = ask(signed.url().strip_prefix("http://").unwrap(), CHECKPOINT).body;
    // The log grows between two questions, and drops what is no longer its edge.
    signed.grow(400);
    let liar = Liar::new(&signed.url(), move |path, answer| match path {
        CHECKPOINT => Answer::new(200, &checkpoint),
        path if path.contains(".p/") && path.contains("/000.p/") => answer,
        path if path.contains(".p/") => Answer::new(404, b""),
        _ => answer,
    });

    assert_eq!(signed.online_at(&liar.url), confirmed());

    let asked = liar.asked();
    assert!(asked.contains(&format!("{HASHES}002.p/88")), "{asked:?}");
    assert!(asked.contains(&format!("{HASHES}002")), "{asked:?}");
}

#[test]
fn a_bare_file_server_with_the_logs_folder_will_do() {
    let signed = Signed::in_tiles();
    let upstream = signed.url().strip_prefix("http://").unwrap().to_owned();
    for status in [404, 501] {
        let upstream = upstream.clone();
        let files = Liar::new(&signed.url(), move |path, _| {
            if path.starts_with("/api/") {
                Answer::new(status, b"")
            } else {
                ask(&upstream, &format!("/api/v2{path}"))
            }
        });

        assert_eq!(signed.online_at(&files.url), confirmed());
        assert!(files.asked().contains(&"/checkpoint".to_owned()));
    }
}

#[test]
fn nothing_is_asked_of_a_tiled_log_twice() {
    let signed = Signed::in_tiles();
    let honest = Liar::new(&signed.url(), |_, answer| answer);

    assert_eq!(signed.online_at(&honest.url), confirmed());

    let asked = honest.asked();
    let once: std::collections::BTreeSet<_> = asked.iter().collect();
    assert_eq!(once.len(), asked.len(), "{asked:?}");
    assert!(asked.len() <= 6, "{asked:?}");
}

/// Lies about what is asked for below this path, and nothing else.
fn lie_about(
    signed: &Signed,
    path: &'static str,
    lie: impl Fn(Answer) -> Answer + Send + Sync + 'static,
) -> Liar {
    Liar::new(&signed.url(), move |asked, answer| {
        if asked.starts_with(path) {
            lie(answer)
        } else {
            answer
        }
    })
}
