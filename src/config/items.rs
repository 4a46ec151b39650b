//! The sections `files` and `commands`.

use super::defaults;
use super::diagnostic::{Problems, Spot, quoted};
use super::fields::{self, Fields};
use super::identity::template;
use super::metrics::{duration, title};
use super::model::{Command, FileSet};
use super::node::Node;
use super::paths;
use super::phases;
use super::servers::check_variable;
use super::template::Placeholder;

/// Reads one set of files.
pub(super) fn files(node: &Node, known: &[&str], problems: &mut Problems) -> Option<FileSet> {
    let keys = &["id", "title", "path", "media-type", "phases"];
    let fields = Fields::of(node, keys, problems)?;
    let phases = phases::of_item(&fields, known, problems);
    let id = fields.need_text("id", problems);
    let path = fields.need_text("path", problems);
    let path = path.and_then(|path| {
        // Names stand in for what is filled in: the rest must be a glob by itself.
        let allowed: &[Placeholder] = match fields.get("phases") {
            Some(_) => &Placeholder::PHASED,
            None => &Placeholder::ALL,
        };
        let template = template(&path, allowed, problems)?;
        paths::check_glob(&template.value.fill(|_| "x".into()), path.at, problems)?;
        Some(template)
    });
    let media_type = fields.text("media-type", problems);
    let media_type = media_type.and_then(|media_type| check_media_type(media_type, problems));
    let id = id?;
    Some(FileSet {
        title: title(&fields, &id, problems),
        id,
        phases,
        path: path?,
        media_type,
    })
}

/// Reads one command.
pub(super) fn command(node: &Node, known: &[&str], problems: &mut Problems) -> Option<Command> {
    let keys = &[
        "id",
        "title",
        "run",
        "exit-code",
        "env",
        "timeout",
        "phases",
    ];
    let fields = Fields::of(node, keys, problems)?;
    let phases = phases::of_item(&fields, known, problems);
    let id = fields.need_text("id", problems);
    let run = fields
        .need("run", problems)
        .and_then(|node| arguments(node, &phases, problems));
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
        phases,
        run: run?,
        exit_code: exit_code
            .and_then(|code| i32::try_from(code.value).ok())
            .unwrap_or(0),
        env: env.into_iter().map(|name| name.value).collect(),
        timeout_ms: timeout.map_or(defaults::COMMAND_TIMEOUT_MS, |timeout| timeout.value),
    })
}

fn arguments(node: &Node, phases: &[Spot<String>], problems: &mut Problems) -> Option<Vec<String>> {
    let nodes = fields::list(node, problems)?;
    if nodes.is_empty() {
        problems.add(node.at, "a command has at least its program");
        return None;
    }
    let texts = fields::texts(nodes, problems);
    for text in &texts {
        phases::check_place(text, phases, problems);
    }
    (texts.len() == nodes.len()).then(|| texts.into_iter().map(|text| text.value).collect())
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
