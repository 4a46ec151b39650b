//! Sizes and numbers without end: refused by name, in little memory.

use crate::case::{Good, Row, judge, judge_all, tree, verify};
use crate::server::{Ask, Reply, fetch};
use serde_json::{Value, json};
use std::io::Write as _;
use std::net::TcpStream;

const JSON: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/vnd.oci.image.index.v1+json\r\n";

fn asks(ask: &Ask, kind: &str) -> Option<()> {
    (ask.is_for(kind) && ask.header("authorization").is_some()).then_some(())
}

/// `[` or blanks for ever, in chunks of 64 KiB, or as long as the client takes it.
fn endless(status: &'static str, byte: u8) -> Reply {
    Reply::raw(move |stream: &mut TcpStream| {
        let head = format!("HTTP/1.1 {status}\r\ntransfer-encoding: chunked\r\n\r\n");
        stream.write_all(head.as_bytes())?;
        let chunk = [b"10000\r\n", &[byte; 64 << 10][..], b"\r\n"].concat();
        loop {
            stream.write_all(&chunk)?;
        }
    })
}

fn claims_10_gib() -> Reply {
    Reply::raw(|stream| {
        stream.write_all(format!("{JSON}content-length: 10737418240\r\n\r\n").as_bytes())?;
        loop {
            stream.write_all(&[b' '; 64 << 10])?;
        }
    })
}

#[test]
fn ten_gibibytes_are_not_read() {
    let rows: [Row; 9] = [
        (
            "a manifest that says so",
            |ask| asks(ask, "manifests").map(|()| claims_10_gib()),
            1,
            "larger than",
        ),
        (
            "a manifest that does not say so",
            |ask| asks(ask, "manifests").map(|()| endless("200 OK", b' ')),
            1,
            "larger than",
        ),
        (
            "a blob",
            |ask| asks(ask, "blobs").map(|()| endless("200 OK", b'[')),
            1,
            "larger than",
        ),
        (
            "a list of referrers",
            |ask| asks(ask, "referrers").map(|()| endless("200 OK", b' ')),
            1,
            "larger than",
        ),
        (
            "a list of referrers that says so",
            |ask| asks(ask, "referrers").map(|()| claims_10_gib()),
            1,
            "larger than",
        ),
        (
            "the words of a 404",
            |ask| asks(ask, "manifests").map(|()| endless("404 Not Found", b' ')),
            3,
            "answered 404",
        ),
        (
            "the words of a 401",
            |_| Some(endless("401 Unauthorized", b' ')),
            3,
            "answered 401",
        ),
        (
            "the greeting",
            |_| Some(endless("200 OK", b' ')),
            3,
            "larger than",
        ),
        (
            "gzip that grows a thousandfold",
            |ask| {
                asks(ask, "manifests")?;
                let body = gzip(64 << 20);
                Some(Reply::new(200, body).with("content-encoding", "gzip"))
            },
            1,
            "is no manifest",
        ),
    ];
    judge_all(&Good::shared().new, 20, &rows);
}

fn gzip(plain_bytes: usize) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(&vec![b' '; plain_bytes]).unwrap();
    writer.finish().unwrap()
}

fn descriptor(number: usize) -> Value {
    json!({
        "mediaType": "m", "size": 2, "digest": format!("sha256:{number:064x}"),
    })
}

fn listing(numbers: std::ops::Range<usize>) -> Reply {
    let list: Vec<_> = numbers.map(descriptor).collect();
    Reply::new(
        200,
        json!({"schemaVersion": 2, "manifests": list}).to_string(),
    )
}

#[test]
fn referrers_without_an_end_are_refused() {
    let rows: [Row; 6] = [
        (
            "a hundred thousand on one page",
            |ask| asks(ask, "referrers").map(|()| listing(0..100_000)),
            1,
            "larger than 4194304 bytes",
        ),
        (
            "twenty thousand on a page that fits",
            |ask| asks(ask, "referrers").map(|()| listing(0..20_000)),
            // The first thousand are looked for, and are not there.
            3,
            "more than 1024",
        ),
        (
            "each page names a next one",
            |ask| {
                asks(ask, "referrers")?;
                let next = format!("<{}x>; rel=\"next\"", ask.path);
                Some(listing(0..0).with("link", next))
            },
            1,
            "more than 64 pages",
        ),
        (
            "pages that name themselves",
            |ask| {
                asks(ask, "referrers")?;
                let next = format!("<{}>; rel=\"next\"", ask.path);
                Some(listing(0..1).with("link", next))
            },
            1,
            "more than 64 pages",
        ),
        (
            "pages of three megabytes",
            |ask| {
                asks(ask, "referrers")?;
                let page = json!({"schemaVersion": 2, "manifests": [], "x": " ".repeat(3 << 20)});
                let next = format!("<{}x>; rel=\"next\"", ask.path);
                Some(Reply::new(200, page.to_string()).with("link", next))
            },
            1,
            "more than 16777216 bytes",
        ),
        (
            "a thousand that are not there",
            |ask| asks(ask, "referrers").map(|()| listing(0..1_000)),
            3,
            "does not have it",
        ),
    ];
    judge_all(&Good::shared().new, 20, &rows);
}

/// A registry whose tag holds this.
fn tagged(ask: &Ask, body: impl Into<Vec<u8>>) -> Option<Reply> {
    asks(ask, "manifests")?;
    ask.path
        .ends_with("/v1.4.0")
        .then(|| Reply::new(200, body.into()))
}

fn children(count: usize, size: u64) -> String {
    let list: Vec<_> = (0..count)
        .map(|number| {
            let mut one = descriptor(number);
            one["size"] = size.into();
            one
        })
        .collect();
    json!({"schemaVersion": 2, "manifests": list}).to_string()
}

/// An index whose only child is an index whose only child …, `depth` deep.
fn nested(depth: usize) -> Vec<String> {
    let mut all = vec![json!({"schemaVersion": 2, "manifests": []}).to_string()];
    for _ in 0..depth {
        let inner = all.last().unwrap();
        let child = json!({
            "mediaType": "m", "size": inner.len(), "digest": crate::case::digest(inner.as_bytes()),
        });
        all.push(json!({"schemaVersion": 2, "manifests": [child]}).to_string());
    }
    all
}

#[test]
fn an_image_without_an_end_is_refused() {
    let rows: [Row; 7] = [
        (
            "brackets for ever deep",
            |ask| tagged(ask, "[".repeat(1 << 20)),
            1,
            "is no manifest",
        ),
        (
            "a manifest and an index at once",
            |ask| tagged(ask, r#"{"schemaVersion":2,"layers":[],"manifests":[]}"#),
            1,
            "this one has both",
        ),
        (
            "another schema",
            |ask| tagged(ask, r#"{"schemaVersion":1,"layers":[]}"#),
            1,
            "schemaVersion is 1",
        ),
        (
            "three hundred platforms",
            |ask| tagged(ask, children(300, 2)),
            1,
            "more than 256 manifests",
        ),
        (
            "platforms of a gibibyte together",
            |ask| tagged(ask, children(256, 4 << 20)),
            1,
            "bytes in all",
        ),
        (
            "a platform of a gibibyte",
            |ask| tagged(ask, children(1, 1 << 30)),
            1,
            "more than 536870912",
        ),
        (
            "indexes in indexes in indexes",
            |ask| {
                let all = nested(20);
                if let Some(outermost) = tagged(ask, all[20].as_str()) {
                    return Some(outermost);
                }
                asks(ask, "manifests")?;
                let own =
                    |text: &&String| ask.path.ends_with(&crate::case::digest(text.as_bytes()));
                all.iter()
                    .find(own)
                    .map(|text| Reply::new(200, text.as_str()))
            },
            1,
            "more than 8 indexes inside each other",
        ),
    ];
    let good = Good::shared();
    for (name, wrong, code, says) in rows {
        let server = good.but(wrong);
        let command = tree(&server.host, &good.new.tagged(&server.host), 20);
        judge(name, &command, 20, code, says);
    }
}

#[test]
fn five_hundred_times_the_same_referrer_is_asked_for_once() {
    let good = Good::shared();
    let server = good.but(|ask| {
        asks(ask, "referrers")?;
        let one = fetch(&Good::shared().host, &ask.path);
        let mut list: Value = serde_json::from_slice(one.body()).unwrap();
        let entry = list["manifests"][0].clone();
        list["manifests"] = vec![entry; 500].into();
        Some(Reply::new(200, list.to_string()))
    });

    let command = verify(&server.host, &good.new.at(&server.host), 20);
    judge("repeated", &command, 20, 0, "verified");

    assert!(server.asked().len() < 15, "{:#?}", server.asked().len());
}
