//! Mirrors: what has a digest may come from them, their word counts only where the user says so.

use crate::case::{Good, judge, verify};
use crate::server::{Ask, Reply, Server, fetch};
use std::io::Write as _;
use std::process::Command;

/// Whether it is for something by its digest.
fn by_digest(ask: &Ask) -> bool {
    ask.path.contains("/blobs/sha256:") || ask.path.contains("/manifests/sha256:")
}

/// Whether it is for something whose digest is the server's word.
fn by_name(ask: &Ask) -> bool {
    (ask.is_for("manifests") && !by_digest(ask)) || ask.is_for("referrers")
}

/// A mirror that has everything, below `copies/`, for everybody.
fn mirror_but(wrong: impl Fn(&Ask) -> Option<Reply> + Send + Sync + 'static) -> Server {
    Server::start(move |ask| {
        let path = ask.path.replacen("/v2/copies/", "/v2/", 1);
        wrong(ask).unwrap_or_else(|| fetch(&Good::shared().host, &path))
    })
}

fn mirrored(registry: &Server, mirror: &Server, suffix: &str, tag: bool, seconds: u32) -> Command {
    let image = &Good::shared().new;
    let reference = match tag {
        true => image.tagged(&registry.host),
        false => image.at(&registry.host),
    };
    let mut command = verify(&registry.host, &reference, seconds);
    let flag = format!("{}={}/copies{suffix}", registry.host, mirror.host);
    command.args(["--registry-mirror", &flag]);
    command
}

fn assert_no_password(mirror: &Server) {
    let told = |ask: &Ask| ask.header("authorization").is_some();
    assert!(!mirror.asked().iter().any(told), "{:?}", mirror.asked());
}

#[test]
fn content_comes_from_the_mirror_and_names_from_the_registry() {
    let (registry, mirror) = (Good::shared().but(|_| None), mirror_but(|_| None));

    let command = mirrored(&registry, &mirror, "", true, 20);
    judge("mirror", &command, 20, 0, "verified");

    assert!(!registry.asked().iter().any(by_digest));
    assert!(registry.asked().iter().any(by_name));
    assert!(mirror.asked().iter().any(by_digest));
    assert!(!mirror.asked().iter().any(by_name), "{:?}", mirror.asked());
    assert_no_password(&mirror);
}

#[test]
fn a_mirror_that_resolves_is_asked_for_names_too() {
    let (registry, mirror) = (Good::shared().but(|_| None), mirror_but(|_| None));

    let command = mirrored(&registry, &mirror, "+resolve", true, 20);
    judge("resolve", &command, 20, 0, "verified");

    assert!(mirror.asked().iter().any(by_name));
    let tag = |ask: &Ask| ask.path.ends_with("/v1.4.0") || ask.is_for("referrers");
    assert!(!registry.asked().iter().any(tag), "{:?}", registry.asked());
    assert_no_password(&mirror);
}

#[test]
fn what_the_mirror_lacks_garbles_or_withholds_comes_from_the_registry() {
    type Wrong = fn(&Ask) -> Option<Reply>;
    let rows: [(&str, Wrong); 7] = [
        ("empty", |_| Some(Reply::error(404, "NAME_UNKNOWN"))),
        ("denied", |_| Some(Reply::error(403, "DENIED"))),
        ("other bytes", |ask| {
            by_digest(ask).then(|| Reply::new(200, "{}"))
        }),
        ("garbage", |_| Some(Reply::bytes("SSH-2.0-x\r\n"))),
        ("ten gibibytes", |ask| {
            by_digest(ask).then(|| {
                Reply::raw(|stream| {
                    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
                    loop {
                        stream.write_all(&[b' '; 64 << 10])?;
                    }
                })
            })
        }),
        ("a list without referrers", |ask| {
            let none = r#"{"schemaVersion":2,"manifests":[]}"#;
            ask.is_for("referrers").then(|| Reply::new(200, none))
        }),
        ("wants a password", |_| {
            let challenge = "Basic realm=\"r\"";
            Some(Reply::error(401, "UNAUTHORIZED").with("www-authenticate", challenge))
        }),
    ];
    for (name, wrong) in rows {
        for suffix in ["", "+resolve"] {
            let (registry, mirror) = (Good::shared().but(|_| None), mirror_but(wrong));

            let command = mirrored(&registry, &mirror, suffix, false, 20);
            judge(name, &command, 20, 0, "verified");

            assert!(!mirror.asked().is_empty(), "{name}");
            assert_no_password(&mirror);
        }
    }
}

#[test]
fn a_mirror_that_stalls_is_left_once_and_not_asked_again() {
    let registry = Good::shared().but(|_| None);
    let mirror = mirror_but(|_| Some(Reply::silence()));

    let command = mirrored(&registry, &mirror, "", false, 4);
    judge("stalls", &command, 4, 0, "verified");

    assert_eq!(mirror.asked().len(), 1, "{:?}", mirror.asked());
}

#[test]
fn when_the_registry_fails_too_both_are_said() {
    let registry = Good::shared().but(|ask| by_digest(ask).then(|| Reply::error(403, "DENIED")));
    let mirror = mirror_but(|ask| by_digest(ask).then(|| Reply::new(500, "")));

    let command = mirrored(&registry, &mirror, "", false, 20);
    let output = judge("both", &command, 20, 3, "denies access");

    assert!(output.contains("a mirror did not help"), "{output}");
    assert!(output.contains(&mirror.host), "{output}");
}

#[test]
fn what_is_no_mirror_is_a_wrong_command_line() {
    let mut command = verify("ghcr.io", "ghcr.io/a/b:c", 5);
    command.args(["--registry-mirror", "ghcr.io=https://mirror.example"]);

    judge("usage", &command, 5, 2, "HOST=MIRROR");
}
