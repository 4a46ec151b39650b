//! The sections `prometheus` and `grafana`.

use super::diagnostic::{Problems, Spot, quoted};
use super::fields::{self, Fields};
use super::model::{Credentials, HeaderSource, Prometheus, SecretSource, Server};
use super::node::{Node, Value};
use crate::metrics::chunks::CHUNK_POINTS;
use std::collections::BTreeMap;

const KEYS: &[&str] = &[
    "url",
    "bearer-env",
    "bearer-file",
    "basic",
    "headers",
    "ca-file",
];
const PROMETHEUS_KEYS: &[&str] = &[
    "url",
    "bearer-env",
    "bearer-file",
    "basic",
    "headers",
    "ca-file",
    "chunk-points",
];

/// Reads one Prometheus server.
pub(super) fn prometheus(node: &Node, problems: &mut Problems) -> Option<Prometheus> {
    let fields = Fields::of(node, PROMETHEUS_KEYS, problems)?;
    let most = i64::try_from(CHUNK_POINTS).unwrap_or(i64::MAX);
    let points = fields.number("chunk-points", (1, most), problems);
    Some(Prometheus {
        server: server(&fields, problems)?,
        chunk_points: points
            .and_then(|points| u64::try_from(points.value).ok())
            .unwrap_or(CHUNK_POINTS),
    })
}

/// Reads one Grafana server.
pub(super) fn grafana(node: &Node, problems: &mut Problems) -> Option<Server> {
    let fields = Fields::of(node, KEYS, problems)?;
    server(&fields, problems)
}

/// Reads a map of servers by name.
pub(super) fn by_name<T>(
    node: &Node,
    read: impl Fn(&Node, &mut Problems) -> Option<T>,
    problems: &mut Problems,
) -> BTreeMap<String, T> {
    let mut servers = BTreeMap::new();
    for (name, node) in fields::entries(node, problems).unwrap_or_default() {
        fields::check_id(name, problems);
        if let Some(server) = read(node, problems) {
            servers.insert(name.value.clone(), server);
        }
    }
    servers
}

fn server(fields: &Fields<'_>, problems: &mut Problems) -> Option<Server> {
    let url = fields
        .need_text("url", problems)
        .and_then(|url| check_url(&url, problems));
    let credentials = credentials(fields, problems);
    let headers = match fields.get("headers") {
        Some(node) => headers(node, problems),
        None => BTreeMap::new(),
    };
    let ca_file = fields.text("ca-file", problems).map(|path| path.value);
    Some(Server {
        url: url?,
        credentials,
        headers,
        ca_file,
    })
}

/// The URL without a slash at its end.
fn check_url(url: &Spot<String>, problems: &mut Problems) -> Option<String> {
    let text = url.value.as_str();
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let Some(rest) = rest else {
        problems.add(url.at, "a url begins with https:// or http://");
        return None;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // The url itself may hold a password: it is in none of these messages.
    if authority.contains('@') {
        problems.hinted(
            url.at,
            "the url holds a user or password",
            "secrets are never written here: use basic: {username: …, password-env: …} or bearer-env",
        );
        return None;
    }
    if text.contains(['?', '#']) {
        problems.hinted(
            url.at,
            "a server's url has no query and no fragment",
            "a token belongs into bearer-env, a tenant into headers",
        );
        return None;
    }
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\' | '{' | '}');
    if authority.is_empty() || authority.starts_with(':') || !text.chars().all(plain) {
        problems.add(url.at, "the url is malformed");
        return None;
    }
    Some(text.trim_end_matches('/').into())
}

fn credentials(fields: &Fields<'_>, problems: &mut Problems) -> Option<Credentials> {
    let bearer = secret(fields, "bearer-env", "bearer-file", problems);
    let Some(node) = fields.get("basic") else {
        return bearer.map(Credentials::Bearer);
    };
    if bearer.is_some() {
        problems.add(
            node.at,
            "a server takes bearer or basic credentials, not both",
        );
    }
    let keys = &["username", "password-env", "password-file"];
    let basic = Fields::of(node, keys, problems)?;
    let username = basic.need_text("username", problems);
    let password = secret(&basic, "password-env", "password-file", problems);
    if basic.get("password-env").is_none() && basic.get("password-file").is_none() {
        problems.add(
            basic.at,
            "basic needs \"password-env\" or \"password-file\"",
        );
    }
    let username = username?;
    // RFC 7617: the first colon ends the user's name.
    if username.value.contains(':') {
        problems.add(username.at, "a user name of basic credentials has no colon");
    }
    Some(Credentials::Basic {
        username: username.value,
        password: password?,
    })
}

fn secret(
    fields: &Fields<'_>,
    env: &str,
    file: &str,
    problems: &mut Problems,
) -> Option<SecretSource> {
    if let (Some(_), Some(node)) = (fields.get(env), fields.get(file)) {
        problems.add(node.at, format!("{env:?} and {file:?} exclude each other"));
    }
    if fields.get(env).is_some() {
        let name = fields.text(env, problems)?;
        check_variable(&name, problems)?;
        return Some(SecretSource::Env(name.value));
    }
    fields
        .text(file, problems)
        .map(|path| SecretSource::File(path.value))
}

/// A problem when the text is no name of an environment variable.
pub(super) fn check_variable(name: &Spot<String>, problems: &mut Problems) -> Option<()> {
    let text = &name.value;
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.len() <= 200;
    if plain {
        return Some(());
    }
    // It may be the secret itself, put in the wrong place: not repeated.
    problems.hinted(
        name.at,
        "this is no name of an environment variable",
        "letters, digits and _; the name, not the value",
    );
    None
}

fn headers(node: &Node, problems: &mut Problems) -> BTreeMap<String, HeaderSource> {
    let mut headers = BTreeMap::new();
    for (name, node) in fields::entries(node, problems).unwrap_or_default() {
        if check_header(name, problems).is_none() {
            continue;
        }
        if let Some(value) = header(&name.value, node, problems) {
            headers.insert(name.value.clone(), value);
        }
    }
    headers
}

fn header(name: &str, node: &Node, problems: &mut Problems) -> Option<HeaderSource> {
    if matches!(node.value, Value::Map(_)) {
        let fields = Fields::of(node, &["env", "file"], problems)?;
        let found = secret(&fields, "env", "file", problems);
        if fields.get("env").is_none() && fields.get("file").is_none() {
            problems.add(
                node.at,
                "a header's value is a text, {env: NAME} or {file: PATH}",
            );
        }
        return found.map(HeaderSource::Secret);
    }
    let lower = name.to_ascii_lowercase();
    let secretive = ["auth", "cookie", "token", "secret", "password", "key"];
    if secretive.iter().any(|word| lower.contains(word)) {
        problems.hinted(
            node.at,
            format!("the header {name:?} may hold a secret"),
            "secrets are never written here: use {env: NAME} or {file: PATH}",
        );
        return None;
    }
    let text = fields::text(node, problems)?;
    if !text.value.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
        problems.add(text.at, "a header's value has ASCII characters only");
        return None;
    }
    Some(HeaderSource::Plain(text.value))
}

fn check_header(name: &Spot<String>, problems: &mut Problems) -> Option<()> {
    let text = &name.value;
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if text.is_empty() || text.len() > 100 || !text.bytes().all(token) {
        problems.add(name.at, format!("{} is no header name", quoted(text)));
        return None;
    }
    let ours = [
        "host",
        "content-length",
        "content-type",
        "transfer-encoding",
        "connection",
        "accept-encoding",
    ];
    if ours.contains(&text.to_ascii_lowercase().as_str()) {
        problems.add(name.at, format!("the header {text:?} cannot be set"));
        return None;
    }
    Some(())
}
