//! The sections `dashboards`, `files` and `commands`.

use super::defaults;
use super::diagnostic::{Problems, Spot, quoted};
use super::fields::{self, Fields};
use super::identity::template;
use super::metrics::{duration, server_name, title};
use super::model::{Command, Dashboard, FileSet};
use super::node::Node;
use super::paths;
use super::servers::check_variable;
use super::template::Placeholder;
use crate::model::DashboardExpectation;
use std::collections::BTreeMap;

const DASHBOARD_KEYS: &[&str] = &[
    "id",
    "title",
    "grafana",
    "uid",
    "panel",
    "window",
    "width",
    "height",
    "theme",
    "variables",
];

/// Reads one dashboard.
pub(super) fn dashboard(
    node: &Node,
    servers: &[&str],
    problems: &mut Problems,
) -> Option<Dashboard> {
    let fields = Fields::of(node, DASHBOARD_KEYS, problems)?;
    let id = fields.need_text("id", problems);
    let grafana = server_name(&fields, "grafana", "Grafana server", servers, problems);
    let uid = fields
        .need_text("uid", problems)
        .and_then(|uid| check_uid(uid, problems));
    let panel = fields.number("panel", (1, i64::from(u32::MAX)), problems);
    fields.need("window", problems)?;
    let window = duration(&fields, "window", problems);
    let width = pixels(&fields, "width", defaults::WIDTH, problems);
    let height = pixels(&fields, "height", defaults::HEIGHT, problems);
    let theme = fields.word("theme", &[("light", "light"), ("dark", "dark")], problems);
    let variables = match fields.get("variables") {
        Some(node) => variables(node, problems),
        None => BTreeMap::new(),
    };
    let id = id?;
    Some(Dashboard {
        title: title(&fields, &id, problems),
        id,
        expectation: DashboardExpectation {
            grafana: grafana?,
            uid: uid?,
            panel: panel.and_then(|panel| u64::try_from(panel.value).ok()),
            window_ms: window?.value,
            width,
            height,
            theme: theme.unwrap_or(defaults::THEME).into(),
            variables,
        },
    })
}

/// Reads one set of files.
pub(super) fn files(node: &Node, problems: &mut Problems) -> Option<FileSet> {
    let fields = Fields::of(node, &["id", "title", "path", "media-type"], problems)?;
    let id = fields.need_text("id", problems);
    let path = fields.need_text("path", problems);
    let path = path.and_then(|path| {
        // Names stand in for what is filled in: the rest must be a glob by itself.
        let template = template(&path, &Placeholder::ALL, problems)?;
        paths::check_glob(&template.value.fill(|_| "x".into()), path.at, problems)?;
        Some(template)
    });
    let media_type = fields.text("media-type", problems);
    let media_type = media_type.and_then(|media_type| check_media_type(media_type, problems));
    let id = id?;
    Some(FileSet {
        title: title(&fields, &id, problems),
        id,
        path: path?,
        media_type,
    })
}

/// Reads one command.
pub(super) fn command(node: &Node, problems: &mut Problems) -> Option<Command> {
    let keys = &["id", "title", "run", "exit-code", "env", "timeout"];
    let fields = Fields::of(node, keys, problems)?;
    let id = fields.need_text("id", problems);
    let run = fields
        .need("run", problems)
        .and_then(|node| arguments(node, problems));
    let exit_code = fields.number("exit-code", (0, 255), problems);
    let env = fields
        .get("env")
        .and_then(|node| fields::list(node, problems));
    let env = fields::texts(env.unwrap_or_default(), problems);
    for name in &env {
        check_variable(name, problems);
    }
    let timeout = duration(&fields, "timeout", problems);
    if let Some(timeout) = timeout
        .as_ref()
        .filter(|timeout| timeout.value > 86_400_000)
    {
        problems.add(timeout.at, "a command runs for at most 24h");
    }
    let id = id?;
    Some(Command {
        title: title(&fields, &id, problems),
        id,
        run: run?,
        exit_code: exit_code
            .and_then(|code| i32::try_from(code.value).ok())
            .unwrap_or(0),
        env: env.into_iter().map(|name| name.value).collect(),
        timeout_ms: timeout.map_or(defaults::COMMAND_TIMEOUT_MS, |timeout| timeout.value),
    })
}

fn arguments(node: &Node, problems: &mut Problems) -> Option<Vec<String>> {
    let nodes = fields::list(node, problems)?;
    if nodes.is_empty() {
        problems.add(node.at, "a command has at least its program");
        return None;
    }
    let texts = fields::texts(nodes, problems);
    (texts.len() == nodes.len()).then(|| texts.into_iter().map(|text| text.value).collect())
}

fn pixels(fields: &Fields<'_>, key: &str, default: u32, problems: &mut Problems) -> u32 {
    fields
        .number(key, (100, 10_000), problems)
        .and_then(|pixels| u32::try_from(pixels.value).ok())
        .unwrap_or(default)
}

fn check_uid(uid: Spot<String>, problems: &mut Problems) -> Option<String> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if uid.value.len() <= 40 && uid.value.bytes().all(plain) {
        return Some(uid.value);
    }
    problems.hinted(
        uid.at,
        format!("{} is no uid of a dashboard", quoted(&uid.value)),
        "at most 40 letters, digits, - and _: the part after /d/ in the dashboard's address",
    );
    None
}

fn variables(node: &Node, problems: &mut Problems) -> BTreeMap<String, Vec<String>> {
    let mut variables = BTreeMap::new();
    for (name, node) in fields::entries(node, problems).unwrap_or_default() {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
        if !(1..=100).contains(&name.value.len()) || !name.value.bytes().all(plain) {
            problems.add(
                name.at,
                format!("{} is no name of a variable", quoted(&name.value)),
            );
        }
        let values = fields::texts(fields::one_or_more(node, problems), problems);
        let values = values.into_iter().map(|value| value.value).collect();
        variables.insert(name.value.clone(), values);
    }
    variables
}

fn check_media_type(media_type: Spot<String>, problems: &mut Problems) -> Option<String> {
    // RFC 6838 section 4.2.
    let name = |part: &str| {
        (1..=127).contains(&part.len())
            && part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    let whole = media_type.value.split_once('/');
    if whole.is_some_and(|(kind, sub)| name(kind) && name(sub)) {
        return Some(media_type.value);
    }
    let message = format!("{} is no media type", quoted(&media_type.value));
    problems.hinted(
        media_type.at,
        message,
        "such as application/json or text/csv",
    );
    None
}
