//! Below HTTP, and HTTP that is none: undetermined, in time.

use crate::case::{Good, Row, judge_all};
use crate::server::{Ask, Reply};
use std::io::Write as _;
use std::thread::sleep;
use std::time::Duration;

const HEAD: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: application/vnd.oci.image.manifest.v1+json\r\n";

/// The image's own manifest, once the password was shown.
fn manifest(ask: &Ask) -> Option<()> {
    (ask.is_for("manifests") && ask.header("authorization").is_some()).then_some(())
}

#[test]
fn a_registry_that_holds_us_is_left_in_time() {
    let rows: [Row; 9] = [
        (
            "says nothing at all",
            |_| Some(Reply::silence()),
            3,
            "no answer in time",
        ),
        (
            "says nothing when asked for the manifest",
            |ask| manifest(ask).map(|()| Reply::silence()),
            3,
            "no answer in time",
        ),
        (
            "stops amid the headers",
            |ask| {
                manifest(ask)?;
                Some(Reply::then_silence(HEAD.into()))
            },
            3,
            "no answer in time",
        ),
        (
            "stops amid the body",
            |ask| {
                manifest(ask)?;
                let begun = format!("{HEAD}content-length: 900\r\n\r\n{{");
                Some(Reply::then_silence(begun))
            },
            3,
            "no answer in time",
        ),
        (
            "drips the body",
            |ask| {
                manifest(ask)?;
                Some(Reply::raw(|stream| {
                    stream.write_all(format!("{HEAD}content-length: 900\r\n\r\n").as_bytes())?;
                    loop {
                        stream.write_all(b" ")?;
                        sleep(Duration::from_millis(200));
                    }
                }))
            },
            3,
            "no answer in time",
        ),
        (
            "drips headers",
            |ask| {
                manifest(ask)?;
                Some(Reply::raw(|stream| {
                    stream.write_all(HEAD.as_bytes())?;
                    loop {
                        stream.write_all(b"x-a: b\r\n")?;
                        sleep(Duration::from_millis(200));
                    }
                }))
            },
            3,
            "no answer in time",
        ),
        (
            "goes on to say 100 Continue",
            |ask| {
                manifest(ask)?;
                Some(Reply::raw(|stream| {
                    loop {
                        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
                    }
                }))
            },
            3,
            "127.0.0.1",
        ),
        (
            "takes its time for each of endless pages",
            |ask| {
                let is_signed_in = ask.header("authorization").is_some();
                (ask.is_for("referrers") && is_signed_in).then_some(())?;
                sleep(Duration::from_millis(500));
                let next = format!("<{}x>; rel=\"next\"", ask.path);
                let page = r#"{"schemaVersion":2,"manifests":[]}"#;
                Some(Reply::new(200, page).with("link", next))
            },
            3,
            "did not come within 5 s",
        ),
        (
            "redirects slowly, for ever",
            |ask| {
                manifest(ask)?;
                sleep(Duration::from_millis(700));
                Some(Reply::new(307, "").with("location", format!("{}x", ask.path)))
            },
            3,
            "no answer in time",
        ),
    ];
    judge_all(&Good::shared().new, 1, &rows);
}

#[test]
fn what_is_no_http_or_is_cut_off_is_undetermined() {
    let rows: [Row; 10] = [
        (
            "binary garbage",
            |ask| manifest(ask).map(|()| Reply::bytes([0x00, 0xff, 0x16, 0x03, 0x01, b'\n'])),
            3,
            "invalid",
        ),
        (
            "another protocol",
            |_| Some(Reply::bytes("SSH-2.0-OpenSSH_9.6\r\n")),
            3,
            "invalid",
        ),
        (
            "hangs up at once",
            |ask| manifest(ask).map(|()| Reply::bytes("")),
            3,
            "cannot reach",
        ),
        (
            "cuts the body off",
            |ask| {
                manifest(ask)?;
                Some(Reply::bytes(format!("{HEAD}content-length: 900\r\n\r\n{{")))
            },
            3,
            "cannot reach",
        ),
        (
            "cuts a chunked body off",
            |ask| {
                manifest(ask)?;
                let head = format!("{HEAD}transfer-encoding: chunked\r\n\r\n");
                Some(Reply::bytes(format!("{head}3\r\nabc\r\n")))
            },
            3,
            "cannot reach",
        ),
        (
            "chunks without a size",
            |ask| {
                manifest(ask)?;
                let head = format!("{HEAD}transfer-encoding: chunked\r\n\r\n");
                Some(Reply::bytes(format!("{head}zz\r\nabc\r\n0\r\n\r\n")))
            },
            3,
            "cannot reach",
        ),
        (
            "two lengths",
            |ask| {
                manifest(ask)?;
                let head = format!("{HEAD}content-length: 1\r\ncontent-length: 2\r\n\r\n");
                Some(Reply::bytes(format!("{head}ab")))
            },
            3,
            "cannot reach",
        ),
        (
            "a length below nothing",
            |ask| {
                manifest(ask)?;
                Some(Reply::bytes(format!("{HEAD}content-length: -1\r\n\r\nab")))
            },
            3,
            "cannot reach",
        ),
        (
            "a thousand headers",
            |ask| {
                manifest(ask)?;
                let many = "x-a: b\r\n".repeat(1_000);
                Some(Reply::bytes(format!("{HEAD}{many}\r\n{{}}")))
            },
            3,
            "cannot reach",
        ),
        (
            "one header without an end",
            |ask| {
                manifest(ask)?;
                Some(Reply::raw(|stream| {
                    stream.write_all(format!("{HEAD}x-a: ").as_bytes())?;
                    loop {
                        stream.write_all(&[b'a'; 64 << 10])?;
                    }
                }))
            },
            3,
            "cannot reach",
        ),
    ];
    judge_all(&Good::shared().new, 10, &rows);
}

#[test]
fn a_registry_that_is_busy_for_ever_is_undetermined_and_not_waited_for() {
    let rows: [Row; 5] = [
        (
            "429, come back in thirty years",
            |ask| {
                manifest(ask)?;
                Some(Reply::error(429, "TOOMANYREQUESTS").with("retry-after", "1000000000"))
            },
            3,
            "limits the rate",
        ),
        (
            "429, come back in the year 2100",
            |ask| {
                manifest(ask)?;
                let date = "Fri, 01 Jan 2100 00:00:00 GMT";
                Some(Reply::error(429, "TOOMANYREQUESTS").with("retry-after", date))
            },
            3,
            "limits the rate",
        ),
        (
            "503 at once, for ever",
            |ask| {
                manifest(ask)?;
                Some(Reply::new(503, "").with("retry-after", "0"))
            },
            3,
            "503",
        ),
        (
            "500",
            |ask| manifest(ask).map(|()| Reply::error(500, "INTERNAL")),
            3,
            "500",
        ),
        (
            "403",
            |ask| manifest(ask).map(|()| Reply::error(403, "DENIED")),
            3,
            "denies access",
        ),
    ];
    judge_all(&Good::shared().new, 5, &rows);
}
