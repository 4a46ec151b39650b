//! Helm templates that are not rendered: no YAML yet, so they are read line by line.

use super::mention::{Mentions, Place, Spot};

/// Keys whose value is a reference.
const KEYS: [&str; 2] = ["image", "imageName"];

/// Finds what stands behind `image:` on each line.
pub(super) fn find(text: &str, found: &mut Mentions) {
    let mut start = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if let Some((at, value)) = value(line) {
            let span = start + at..start + at + value.len();
            let column = line.get(..at).map_or(0, |before| before.chars().count());
            let spot = Spot {
                line: u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1),
                column: u32::try_from(column).unwrap_or(u32::MAX).saturating_add(1),
                span: span.clone(),
                place: Place::Template,
            };
            // A literal in a template can still stand inside of a condition: only a person knows.
            found.add(value, spot, Mentions::behind(&span));
        }
        start += line.len();
    }
}

/// The value behind `image:`, without quotes, and its place in the line.
fn value(line: &str) -> Option<(usize, &str)> {
    let mut key_line = line.trim_start();
    // `{{- if … }}image: …` and `- image: …`.
    while let Some((_, after)) = key_line
        .strip_prefix("{{")
        .and_then(|action| action.split_once("}}"))
    {
        key_line = after.trim_start();
    }
    let key_line = key_line.trim_start_matches("- ").trim_start();
    let (key, rest) = key_line.split_once(':')?;
    let bare = key.trim_matches(['"', '\'']);
    if !KEYS.contains(&bare) || !rest.starts_with([' ', '\t']) {
        return None;
    }
    let mut value = rest.trim();
    if let Some((before, _)) = value.split_once(" #")
        && !before.contains("{{")
    {
        value = before.trim_end();
    }
    for quote in ['"', '\''] {
        if let Some(inner) = value
            .strip_prefix(quote)
            .and_then(|value| value.strip_suffix(quote))
        {
            value = inner;
        }
    }
    // `value` is a part of `line`: what is left of it says where it begins.
    let at = line.len() - rest.len() + rest.find(value)?;
    let is_map = value.is_empty() || value.starts_with(['&', '*', '|', '>']);
    (!is_map).then_some((at, value))
}
