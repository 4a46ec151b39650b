//! Token services: named by the registry, so trusted with nothing but what is for them.

use crate::case::{BASIC, Good, TOKEN, judge, verify};
use crate::server::{Ask, Reply, Server, fetch};

/// A registry with tokens; `token` is what the token service answers, on the same server.
fn with_tokens(token: impl Fn(&Ask) -> Reply + Send + Sync + 'static) -> Server {
    Server::start(move |ask| {
        let place = format!("http://{}/token", ask.header("host").unwrap());
        match ask.header("authorization") {
            _ if ask.path.starts_with("/token") => token(ask),
            Some(bearer) if bearer == format!("Bearer {TOKEN}") => {
                fetch(&Good::shared().host, &ask.path)
            }
            _ => {
                let challenge = format!("Bearer realm=\"{place}\",service=\"s\"");
                Reply::error(401, "UNAUTHORIZED").with("www-authenticate", challenge)
            }
        }
    })
}

/// A registry that always says this.
fn challenging(challenge: impl Fn(&Ask) -> Reply + Send + Sync + 'static) -> Server {
    Server::start(challenge)
}

fn unauthorized(challenge: &str) -> Reply {
    Reply::error(401, "UNAUTHORIZED").with("www-authenticate", challenge)
}

fn judge_at(name: &str, server: &Server, seconds: u32, code: i32, says: &str) {
    let image = Good::shared().new.at(&server.host);
    judge(
        name,
        &verify(&server.host, &image, seconds),
        seconds,
        code,
        says,
    );
}

#[test]
fn a_good_token_service_is_asked_once_and_told_the_password() {
    let server = with_tokens(|_| Reply::new(200, format!(r#"{{"token":"{TOKEN}"}}"#)));

    judge_at("tokens", &server, 20, 0, "verified");

    let asked = server.asked();
    let tokens: Vec<_> = asked
        .iter()
        .filter(|ask| ask.path.starts_with("/token"))
        .collect();
    assert_eq!(tokens.len(), 1);
    let told = format!("Basic {BASIC}");
    assert_eq!(tokens[0].header("authorization"), Some(told.as_str()));
    assert!(
        tokens[0]
            .path
            .contains("scope=repository%3Ademo%2Fnew%3Apull")
    );
}

#[test]
fn what_is_no_token_is_undetermined() {
    type Service = fn(&Ask) -> Reply;
    let rows: [(&str, Service, &str); 9] = [
        (
            "with a line break",
            |_| Reply::new(200, format!(r#"{{"token":"{TOKEN}\nx-a: b"}}"#)),
            "no token",
        ),
        (
            "of a megabyte",
            |_| Reply::new(200, format!(r#"{{"token":"{}"}}"#, "t".repeat(200_000))),
            "no token",
        ),
        (
            "in a body without an end",
            |_| {
                Reply::raw(|stream| {
                    use std::io::Write as _;
                    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n{\"token\":\"")?;
                    loop {
                        stream.write_all(&[b'a'; 64 << 10])?;
                    }
                })
            },
            "larger than",
        ),
        (
            "a hundred thousand brackets deep",
            |_| Reply::new(200, format!(r#"{{"token":{}"#, "[".repeat(100_000))),
            "no token",
        ),
        ("empty", |_| Reply::new(200, r#"{"token":""}"#), "no token"),
        (
            "a number",
            |_| Reply::new(200, r#"{"token":7}"#),
            "no token",
        ),
        (
            "a page for people",
            |_| Reply::new(200, "<html>"),
            "no token",
        ),
        ("denied", |_| Reply::error(403, "DENIED"), "denies access"),
        (
            "redirected",
            |_| Reply::new(307, "").with("location", "http://127.0.0.1:1/"),
            "not followed",
        ),
    ];
    for (name, service, says) in rows {
        judge_at(name, &with_tokens(service), 20, 3, says);
    }
}

#[test]
fn a_token_service_that_says_nothing_is_left_in_time() {
    let server = with_tokens(|_| Reply::silence());

    judge_at("stalls", &server, 1, 3, "no answer in time");
}

#[test]
fn a_token_that_is_never_accepted_is_not_fetched_for_ever() {
    let server = with_tokens(|_| Reply::new(200, r#"{"token":"another"}"#));

    judge_at("refused", &server, 20, 3, "denies access");

    // The greeting, a token, a try; another token, which is the same: no other try.
    assert!(server.asked().len() <= 6, "{:#?}", server.asked());
}

#[test]
fn a_token_that_allows_too_little_is_said_to() {
    let server = challenging(|ask| match ask.path.as_str() {
        path if path.starts_with("/token") => Reply::new(200, format!(r#"{{"token":"{TOKEN}"}}"#)),
        _ => {
            let place = format!("http://{}/token", ask.header("host").unwrap());
            let challenge = format!("Bearer realm=\"{place}\",error=\"insufficient_scope\"");
            unauthorized(&challenge)
        }
    });

    judge_at("scope", &server, 20, 3, "insufficient_scope");
}

#[test]
fn passwords_do_not_follow_a_realm_to_where_they_could_be_read() {
    for realm in [
        "http://auth.example.invalid/token",
        "http://10.0.0.1/token",
        "ftp://127.0.0.1/token",
        "https://user:word@127.0.0.1/token",
        "/token",
        "",
    ] {
        let server = challenging(move |_| unauthorized(&format!("Bearer realm=\"{realm}\"")));

        judge_at(realm, &server, 20, 3, "no token");
    }
}

#[test]
fn challenges_without_an_end_or_a_sense_are_survived() {
    let bombs: [fn() -> String; 5] = [
        || "Bearer ".to_owned() + &"a=\"b\",".repeat(20_000),
        || "Basic ".repeat(20_000),
        || "\"".repeat(100_000),
        || "Bearer realm=".to_owned() + &"\\".repeat(8_000),
        || ",".repeat(8_000) + "=" + &"=".repeat(8_000),
    ];
    for bomb in bombs {
        let server = challenging(move |_| unauthorized(&bomb()));

        judge_at("bomb", &server, 20, 3, "demo/new");

        assert!(server.asked().len() <= 6, "{}", server.asked().len());
    }
}

#[test]
fn a_hundred_challenges_at_once_are_survived() {
    let server = challenging(|_| {
        let one = format!(
            "www-authenticate: Basic realm=\"{}\"\r\n",
            "r".repeat(3_000)
        );
        let all = one.repeat(90);
        Reply::bytes(format!(
            "HTTP/1.1 401 Unauthorized\r\n{all}content-length: 0\r\n\r\n"
        ))
    });

    judge_at("many", &server, 20, 3, "denies access");
}
