//! Colours of a terminal, where they are wanted.

/// Whether text is coloured.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Paint {
    /// It is not.
    #[default]
    Plain,
    /// With the eight colours that every terminal has.
    Ansi,
}

impl Paint {
    pub(crate) fn green(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub(crate) fn red(self, text: &str) -> String {
        self.paint("31", text)
    }

    pub(crate) fn yellow(self, text: &str) -> String {
        self.paint("33", text)
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        match self {
            Self::Plain => text.into(),
            Self::Ansi => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ansi_has_colours_and_each_ends_where_the_text_does() {
        assert_eq!(Paint::Plain.red("a"), "a");
        assert_eq!(Paint::Ansi.red("a"), "\u{1b}[31ma\u{1b}[0m");
    }
}
