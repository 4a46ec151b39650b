//! What passes is tried again, and then the image verifies: the control for all that is undetermined elsewhere.

use crate::case::{Good, Image, Row, judge, judge_all, verify};
use crate::server::{Ask, Reply};

fn first(ask: &Ask, kind: &str) -> Option<()> {
    let is_signed_in = ask.header("authorization").is_some();
    (ask.is_for(kind) && is_signed_in && ask.before == 0).then_some(())
}

const ONCE_WRONG: [Row; 6] = [
    ("nothing wrong", |_| None, 0, "verified"),
    (
        "busy once",
        |ask| first(ask, "manifests").map(|()| Reply::new(503, "").with("retry-after", "0")),
        0,
        "verified",
    ),
    (
        "limited once, until a date gone by",
        |ask| {
            first(ask, "blobs")?;
            let date = "Thu, 01 Jan 2026 00:00:00 GMT";
            Some(Reply::error(429, "TOOMANYREQUESTS").with("retry-after", date))
        },
        0,
        "verified",
    ),
    (
        "broken once",
        |ask| first(ask, "manifests").map(|()| Reply::error(500, "UNKNOWN")),
        0,
        "verified",
    ),
    (
        "hangs up once",
        |ask| first(ask, "blobs").map(|()| Reply::bytes("")),
        0,
        "verified",
    ),
    (
        "cuts a body off once",
        |ask| {
            first(ask, "manifests")?;
            Some(Reply::bytes(
                "HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{",
            ))
        },
        0,
        "verified",
    ),
];

#[test]
fn both_formats_verify_though_something_failed_once() {
    let good = Good::shared();
    for image in [&good.new, &good.old] {
        judge_all(image, 20, &ONCE_WRONG);
    }
}

#[test]
fn a_good_registry_is_greeted_once_and_asked_for_nothing_twice() {
    let good = Good::shared();
    for image in [&good.new, &good.old] {
        let asked = requests(image);

        let mut once = asked.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), asked.len(), "{asked:#?}");
        assert_eq!(asked.iter().filter(|path| *path == "/v2/").count(), 1);
    }
}

fn requests(image: &'static Image) -> Vec<String> {
    let server = Good::shared().but(|_| None);
    let command = verify(&server.host, &image.at(&server.host), 20);
    judge("good", &command, 20, 0, "verified");
    server.asked().into_iter().map(|ask| ask.path).collect()
}
