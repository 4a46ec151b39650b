//! Texts with `{tag}`, `{version}`, `{commit}`, `{stage}` and `{phase}` in them.

use std::fmt;

/// What can be filled in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Placeholder {
    /// The tag's name.
    Tag,
    /// The version.
    Version,
    /// Object id of the commit.
    Commit,
    /// Stage of the bundle.
    Stage,
    /// Phase of the item.
    Phase,
}

impl Placeholder {
    /// What a release fills in, whatever the item.
    pub(super) const ALL: [Self; 4] = [Self::Tag, Self::Version, Self::Commit, Self::Stage];
    /// What is filled in where an item has phases.
    pub(super) const PHASED: [Self; 5] = [
        Self::Tag,
        Self::Version,
        Self::Commit,
        Self::Stage,
        Self::Phase,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::Version => "version",
            Self::Commit => "commit",
            Self::Stage => "stage",
            Self::Phase => "phase",
        }
    }
}

/// A text whose placeholders are all known.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Piece {
    Text(String),
    Fill(Placeholder),
}

impl Template {
    /// Reads `{word}`, where `word` is lower-case letters; other braces are text (a glob's `{a,b}`).
    ///
    /// # Errors
    /// The word, when nothing of that name can be filled in.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            plain.push_str(before);
            match after.split_once('}') {
                Some((word, tail)) if is_word(word) => {
                    let placeholder = Placeholder::PHASED
                        .into_iter()
                        .find(|placeholder| placeholder.name() == word)
                        .ok_or(word)?;
                    if !plain.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut plain)));
                    }
                    pieces.push(Piece::Fill(placeholder));
                    rest = tail;
                }
                _ => {
                    plain.push('{');
                    rest = after;
                }
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Self { pieces })
    }

    /// The text with each placeholder replaced by what `value` says.
    pub fn fill(&self, value: impl Fn(Placeholder) -> String) -> String {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.clone(),
                Piece::Fill(placeholder) => value(*placeholder),
            })
            .collect()
    }

    /// The placeholders in it, in order.
    pub fn placeholders(&self) -> impl Iterator<Item = Placeholder> + '_ {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Fill(placeholder) => Some(*placeholder),
            Piece::Text(_) => None,
        })
    }
}

fn is_word(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase())
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fill(|placeholder| format!("{{{}}}", placeholder.name())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_words_are_filled_in_and_other_braces_stay() {
        let template = Template::parse("a/{tag}/{x,y}/{version}{").unwrap();

        let filled = template.fill(|p| format!("<{}>", p.name()));

        assert_eq!(filled, "a/<tag>/{x,y}/<version>{");
        assert_eq!(template.to_string(), "a/{tag}/{x,y}/{version}{");
    }

    #[test]
    fn what_is_filled_in_is_not_read_again() {
        let template = Template::parse("{tag}-{commit}").unwrap();

        assert_eq!(template.fill(|_| "{version}".into()), "{version}-{version}");
    }

    #[test]
    fn an_unknown_word_is_no_text() {
        assert_eq!(Template::parse("a:{branch}"), Err("branch".into()));
    }
}
