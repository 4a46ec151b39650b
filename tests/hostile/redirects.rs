//! Redirects: content may lie elsewhere, credentials stay where they belong.

use crate::case::{Good, Row, TOKEN, judge, judge_all, verify};
use crate::server::{Ask, Reply, Server, fetch};

fn asks(ask: &Ask, kind: &str) -> Option<()> {
    (ask.is_for(kind) && ask.header("authorization").is_some()).then_some(())
}

#[test]
fn redirects_that_lead_nowhere_are_undetermined() {
    let rows: [Row; 6] = [
        (
            "to itself",
            |ask| asks(ask, "manifests").map(|()| Reply::new(302, "").with("location", &*ask.path)),
            3,
            "not followed",
        ),
        (
            "to and fro",
            |ask| {
                asks(ask, "blobs")?;
                Some(Reply::new(307, "").with("location", format!("{}x", ask.path)))
            },
            3,
            "not followed",
        ),
        (
            "to a file",
            |ask| {
                asks(ask, "manifests")?;
                Some(Reply::new(302, "").with("location", "file:///etc/passwd"))
            },
            3,
            "not followed",
        ),
        (
            "to no address",
            |ask| asks(ask, "manifests").map(|()| Reply::new(302, "").with("location", "http://")),
            3,
            "302",
        ),
        (
            "to a closed port",
            |ask| {
                asks(ask, "blobs")?;
                Some(Reply::new(307, "").with("location", "http://127.0.0.1:1/x?sig=s3cr3t"))
            },
            3,
            "127.0.0.1:1/x: ",
        ),
        (
            "without a place",
            |ask| asks(ask, "manifests").map(|()| Reply::new(307, "")),
            3,
            "307",
        ),
    ];
    judge_all(&Good::shared().new, 10, &rows);
}

/// A server elsewhere that has all content and notes what it is told.
fn elsewhere() -> Server {
    Server::start(|ask| fetch(&Good::shared().host, &ask.path))
}

fn assert_told_nothing(thief: &Server) {
    let asked = thief.asked();
    assert!(!asked.is_empty(), "the redirect was not followed");
    for ask in asked {
        for secret in ["authorization", "cookie", "proxy-authorization"] {
            assert_eq!(ask.header(secret), None, "{ask:?}");
        }
    }
}

#[test]
fn content_elsewhere_is_taken_and_no_credential_goes_there() {
    for kind in ["manifests", "blobs", "referrers"] {
        let thief = elsewhere();
        let to = format!("http://{}", thief.host);
        let good = Good::shared();
        let server = good.but(move |ask| {
            asks(ask, kind)?;
            let place = format!("{to}{}", ask.path);
            Some(Reply::new(307, "").with("location", place))
        });

        let command = verify(&server.host, &good.new.at(&server.host), 20);
        judge(kind, &command, 20, 0, "verified");

        assert_told_nothing(&thief);
    }
}

#[test]
fn a_thief_that_asks_for_a_password_gets_none() {
    for challenge in [
        "Basic realm=\"r\"",
        "Bearer realm=\"THIEF/token\",service=\"s\"",
    ] {
        let thief = Server::start(move |ask| {
            let place = format!("http://{}", ask.header("host").unwrap());
            let challenge = challenge.replace("THIEF", &place);
            Reply::error(401, "UNAUTHORIZED").with("www-authenticate", challenge)
        });
        let to = format!("http://{}/x", thief.host);
        let good = Good::shared();
        let server = good.but(move |ask| {
            asks(ask, "manifests")?;
            Some(Reply::new(307, "").with("location", &*to))
        });

        let command = verify(&server.host, &good.new.at(&server.host), 20);
        judge("thief", &command, 20, 3, "denies access");

        assert_told_nothing(&thief);
        assert!(thief.asked().iter().all(|ask| ask.path == "/x"));
    }
}

#[test]
fn there_and_back_again_is_without_the_password() {
    let good = Good::shared();
    let back = std::sync::Arc::new(std::sync::OnceLock::<String>::new());
    let known = back.clone();
    let thief = Server::start(move |_| {
        let place = format!("http://{}/v2/stolen/manifests/x", known.get().unwrap());
        Reply::new(307, "").with("location", place)
    });
    let to = format!("http://{}/x", thief.host);
    let server = good.but(move |ask| {
        if ask.path.contains("stolen") {
            return Some(Reply::new(200, "{}"));
        }
        asks(ask, "manifests")?;
        Some(Reply::new(307, "").with("location", &*to))
    });
    back.set(server.host.clone()).unwrap();

    let command = verify(&server.host, &good.new.at(&server.host), 20);
    judge("back", &command, 20, 1, "digest");

    assert_told_nothing(&thief);
    let asked = server.asked();
    let stolen = asked.iter().find(|ask| ask.path.contains("stolen"));
    assert_eq!(stolen.unwrap().header("authorization"), None);
}

#[test]
fn the_next_page_of_referrers_is_on_the_same_server_or_refused() {
    let thief = elsewhere();
    let next = format!("<http://{}/v2/x>; rel=\"next\"", thief.host);
    let good = Good::shared();
    let server = good.but(move |ask| {
        asks(ask, "referrers")?;
        Some(fetch(&Good::shared().host, &ask.path).with("link", &*next))
    });

    let command = verify(&server.host, &good.new.at(&server.host), 20);
    judge("next page", &command, 20, 1, "on another server");

    assert!(thief.asked().is_empty());
}

#[test]
fn cookies_are_not_kept() {
    let good = Good::shared();
    let server = good.but(|ask| {
        ask.header("authorization")?;
        let cookie = format!("id={TOKEN}; Path=/");
        Some(fetch(&Good::shared().host, &ask.path).with("set-cookie", cookie))
    });

    let command = verify(&server.host, &good.new.at(&server.host), 20);
    judge("cookies", &command, 20, 0, "verified");

    assert!(
        server
            .asked()
            .iter()
            .all(|ask| ask.header("cookie").is_none())
    );
}
