//! The section `choices`: what documents leave open, and what was chosen.

use super::diagnostic::{Problems, Spot, quoted};
use super::fields::Fields;
use super::node::Node;

/// What a document leaves open.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What it is called, such as `C-12`.
    pub id: Spot<String>,
    /// What is left open.
    pub about: String,
    /// What was chosen; none while it is open.
    pub chosen: Option<String>,
}

/// Reads one choice.
pub(super) fn choice(node: &Node, problems: &mut Problems) -> Option<Choice> {
    let fields = Fields::of(node, &["id", "about", "chosen"], problems)?;
    let id = fields.need_text("id", problems);
    let about = fields.need_text("about", problems);
    let chosen = fields.text("chosen", problems);
    if let Some(id) = id.as_ref().filter(|id| !is_name(&id.value)) {
        problems.hinted(
            id.at,
            format!("{} is no name of a choice", quoted(&id.value)),
            "1 to 40 letters, digits and _ . -, such as C-12",
        );
    }
    Some(Choice {
        id: id?,
        about: about?.value,
        chosen: chosen.map(|chosen| chosen.value),
    })
}

fn is_name(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}
