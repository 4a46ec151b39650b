//! Logs that give no answer, or none that is one: the question stays open, within bounds of time and size.

use crate::liar::{Answer, Liar};
use crate::shared::{Signed, open};
use std::net::TcpListener;
use std::time::{Duration, Instant};

#[test]
fn a_log_that_cannot_be_reached_leaves_the_question_open() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);

    for signed in [Signed::in_rekor(), Signed::in_tiles()] {
        assert_eq!(signed.online_at(&address), open("unreachable"));
    }
}

#[test]
fn answers_without_end_are_cut_off() {
    for signed in [Signed::in_rekor(), Signed::in_tiles()] {
        let liar = Liar::new(&signed.url(), |_, mut answer| {
            answer.body = vec![b' '; 1 << 20];
            answer.endless = true;
            answer
        });
        let start = Instant::now();

        assert_eq!(signed.online_at(&liar.url), open("unreachable"));
        assert!(start.elapsed() < Duration::from_secs(15));
    }
}

#[test]
fn answers_that_are_too_large_are_not_read() {
    let signed = Signed::in_rekor();
    let liar = Liar::new(&signed.url(), |_, _| Answer::new(200, &vec![b' '; 5 << 20]));

    assert_eq!(signed.online_at(&liar.url), open("unreachable"));
}

#[test]
fn a_redirect_is_not_followed() {
    let signed = Signed::in_rekor();
    let honest = Liar::new(&signed.url(), |_, answer| answer);
    let to = honest.url.clone();
    let liar = Liar::new(&signed.url(), move |path, _| {
        let mut answer = Answer::new(302, b"");
        answer.header = format!("location: {to}{path}\r\n");
        answer
    });

    assert_eq!(signed.online_at(&liar.url).0, Some(3));
    assert!(honest.asked().is_empty());
}

#[test]
fn answers_that_are_none_leave_the_question_open() {
    let signed = Signed::in_rekor();
    let deep = "[".repeat(100_000);
    for (path, status, body) in [
        ("/api/v1/log", 200, "<html>"),
        ("/api/v1/log", 200, "{}"),
        ("/api/v1/log", 200, "\u{0}"),
        ("/api/v1/log", 200, deep.as_str()),
        ("/api/v1/log", 404, ""),
        ("/api/v1/log", 500, "{}"),
        ("/api/v1/log", 403, "{}"),
        ("/api/v1/log/proof", 200, "[1]"),
        ("/api/v1/log/proof", 200, "{\"hashes\":[\"zz\"]}"),
        ("/api/v1/log/proof", 400, "{}"),
        ("/api/v1/log/entries", 200, "{}"),
        ("/api/v1/log/entries", 200, "{\"a\":{}}"),
        ("/api/v1/log/entries", 500, "{}"),
    ] {
        let body = body.to_owned();
        let liar = Liar::new(&signed.url(), move |asked, answer| {
            if asked.split('?').next() == Some(path) {
                Answer::new(status, body.as_bytes())
            } else {
                answer
            }
        });

        assert_eq!(
            signed.online_at(&liar.url),
            open("answer"),
            "{path} {status}"
        );
    }
}

#[test]
fn two_entries_for_one_question_are_no_answer() {
    let signed = Signed::in_rekor();
    let liar = Liar::new(&signed.url(), |path, answer| {
        if !path.starts_with("/api/v1/log/entries") {
            return answer;
        }
        answer.edit(|page| {
            let entry = page.as_object().unwrap().values().next().unwrap().clone();
            page["0".repeat(80)] = entry;
        })
    });

    assert_eq!(signed.online_at(&liar.url), open("answer"));
}

#[test]
fn more_trees_than_a_log_has_are_no_answer() {
    let signed = Signed::in_rekor();
    let liar = Liar::new(&signed.url(), |path, answer| {
        if path != "/api/v1/log" {
            return answer;
        }
        answer.edit(|log| {
            let mut shard = log.clone();
            shard.as_object_mut().unwrap().remove("inactiveShards");
            log["inactiveShards"] = vec![shard; 300].into();
        })
    });

    assert_eq!(signed.online_at(&liar.url), open("answer"));
}
