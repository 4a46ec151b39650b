//! Packages as a result names them, cut to a size that can be shown.

use super::document::Package;
use crate::model::limits;
use serde::Serialize;

/// A package as a result names it.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// `name` or `name@version`.
    pub title: String,
    /// Its id in the document, empty when it has none.
    pub id: String,
}

impl Shown {
    /// The package's title and id, each cut to [`limits::SBOM_SHOWN_CHARACTERS`].
    pub fn of(package: &Package<'_>) -> Self {
        Self {
            title: shorten(&package.title()),
            id: shorten(&package.id),
        }
    }

    /// The title, or the id of a package without a name.
    pub fn label(&self) -> &str {
        if self.title.is_empty() {
            &self.id
        } else {
            &self.title
        }
    }
}

/// The text, cut to [`limits::SBOM_SHOWN_CHARACTERS`] with a `…` behind it.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(limits::SBOM_SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The first three labels and how many more there are: `a, b, c and 4 more`.
pub(crate) fn first_three<'a>(labels: impl Iterator<Item = &'a str>, all: usize) -> String {
    let first: Vec<_> = labels.take(3).collect();
    match all.saturating_sub(first.len()) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let long = "é".repeat(limits::SBOM_SHOWN_CHARACTERS + 1);

        let cut = shorten(&long);

        assert_eq!(cut.chars().count(), limits::SBOM_SHOWN_CHARACTERS + 1);
        assert!(cut.ends_with("é…"));
        assert_eq!(shorten("short"), "short");
    }

    #[test]
    fn three_are_named_and_the_rest_is_counted() {
        assert_eq!(first_three(["a", "b"].into_iter(), 2), "a, b");
        assert_eq!(
            first_three(["a", "b", "c", "d"].into_iter(), 9),
            "a, b, c and 6 more"
        );
    }
}
