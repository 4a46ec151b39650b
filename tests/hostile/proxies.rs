//! Proxies, as the environment names them.

use crate::case::{Good, judge, verify};
use crate::server::{Ask, Reply, Server, fetch};
use std::process::Command;

/// A registry that only the proxy knows.
pub(crate) const FAR: &str = "registry.example:5000";
const PROXY_PASSWORD: &str = "pr0xy-s3cr3t";

fn address(proxy: &Server) -> String {
    format!("http://you:{PROXY_PASSWORD}@{}", proxy.host)
}

/// A proxy that answers for the far registry.
fn proxy() -> Server {
    Server::start(|ask| {
        let Some(path) = ask.path.strip_prefix(&format!("http://{FAR}")) else {
            return Reply::new(502, "no such host");
        };
        match ask.header("authorization") {
            Some(_) => fetch(&Good::shared().host, path),
            None => Reply::error(401, "UNAUTHORIZED").with("www-authenticate", "Basic realm=\"r\""),
        }
    })
}

fn far(seconds: u32) -> Command {
    let mut command = verify(FAR, &Good::shared().new.at(FAR), seconds);
    command.args(["--plain-http", FAR]);
    command
}

fn judge_quietly(name: &str, command: &Command, seconds: u32, code: i32, says: &str) {
    let output = judge(name, command, seconds, code, says);
    assert!(!output.contains(PROXY_PASSWORD), "{name}: {output}");
    assert!(
        !output.contains("eW91OnByMHh5LXMzY3IzdA"),
        "{name}: {output}"
    );
}

#[test]
fn a_registry_is_asked_through_the_proxy_that_the_environment_names() {
    let proxy = proxy();
    let mut command = far(20);
    command.env("HTTP_PROXY", address(&proxy));

    judge_quietly("proxy", &command, 20, 0, "verified");

    let asked = proxy.asked();
    assert!(asked.len() > 3, "{asked:?}");
    let told = |ask: &Ask| ask.header("proxy-authorization").is_some();
    assert!(asked.iter().all(told), "{asked:?}");
}

#[test]
fn what_no_proxy_names_and_this_machine_are_asked_without_it() {
    let proxy = proxy();
    let mut command = far(5);
    command.env("HTTP_PROXY", address(&proxy));
    command.env("NO_PROXY", "registry.example");
    judge_quietly("no proxy", &command, 5, 3, "cannot reach");

    let near = Good::shared().but(|_| None);
    let mut command = verify(&near.host, &Good::shared().new.at(&near.host), 20);
    command.env("HTTP_PROXY", address(&proxy));
    judge_quietly("near", &command, 20, 0, "verified");

    assert!(proxy.asked().is_empty(), "{:?}", proxy.asked());
}

#[test]
fn a_proxy_that_refuses_or_is_gone_is_undetermined_and_its_password_unsaid() {
    let proxy = Server::start(|_| Reply::new(407, "who are you?"));
    let image = Good::shared().new.at("registry.example");
    for variable in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        for place in [
            address(&proxy),
            format!("http://you:{PROXY_PASSWORD}@127.0.0.1:1"),
        ] {
            let mut command = match variable {
                "HTTP_PROXY" => far(5),
                _ => verify("registry.example", &image, 5),
            };
            command.env(variable, place);
            judge_quietly(variable, &command, 5, 3, "registry.example");
        }
    }
    let tunnels = proxy.asked();
    assert!(tunnels.iter().any(|ask| ask.method == "CONNECT"));
    // The registry's password is for the registry.
    let told = |ask: &Ask| ask.header("authorization").is_some();
    assert!(!tunnels.iter().any(told), "{tunnels:?}");
}
