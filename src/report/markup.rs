//! Markdown for a pull request: text of documents can neither break a table nor become markup, a link or a mention.

use super::text::one_line;

/// Bytes of a comment that code hosts take: GitHub's limit is 65,536 characters, some room is left for the caller.
const BYTES: usize = 60_000;
/// Bytes that are kept for what closes folds, and for the line that says what was cut.
const CLOSING: usize = 600;

/// Text of a document as a code span, in which hosts look for no markup, link, mention or issue.
///
/// A backtick would end the span and a bar the cell of a table (in a table a backslash before it does not always help),
/// so they are shown as an apostrophe and a broken bar.
pub(crate) fn code(text: &str) -> String {
    let plain: String = one_line(text)
        .chars()
        .map(|c| match c {
            '`' => '\'',
            '|' => '¦',
            other => other,
        })
        .collect();
    match plain.trim() {
        "" => "–".into(),
        text => format!("`{text}`"),
    }
}

/// A picture in a file; `file` is a path from where the Markdown lies.
///
/// Of the text only letters, figures and harmless signs are kept, of the path all others are percent-encoded.
pub(crate) fn picture(text: &str, file: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || " .,:-%_".contains(c);
    let text: String = (text.chars().take(120))
        .map(|c| if is_plain(c) { c } else { ' ' })
        .collect();
    let mut link = String::with_capacity(file.len());
    for byte in file.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' | b'/' => {
                link.push(char::from(byte));
            }
            other => link.push_str(&format!("%{other:02X}")),
        }
    }
    format!("![{}]({link})", text.trim())
}

/// Markdown of at most [`BYTES`] bytes; a closing line says what was cut.
pub(crate) struct Markdown {
    text: String,
    /// Folds that are open.
    open: usize,
    /// Rows and entries that are left out, by what they are; in the order of their tables.
    cut: Vec<(&'static str, usize)>,
    /// What the rows of the present table are.
    rows: &'static str,
    is_full: bool,
}

impl Markdown {
    pub(crate) fn new() -> Self {
        Self {
            text: String::new(),
            open: 0,
            cut: Vec::new(),
            rows: "lines",
            is_full: false,
        }
    }

    /// A paragraph.
    pub(crate) fn line(&mut self, line: &str) {
        self.add(&format!("{line}\n\n"), None);
    }

    /// An entry of a list; [`Self::end_list`] comes after the last.
    pub(crate) fn entry(&mut self, line: &str) {
        self.add(&format!("- {line}\n"), Some("entries"));
    }

    /// Ends a list.
    pub(crate) fn end_list(&mut self) {
        if !self.is_full {
            self.text.push('\n');
        }
    }

    /// Begins a part that is folded away. `summary` is ours, never a document's.
    pub(crate) fn fold(&mut self, summary: &str) {
        self.open += 1;
        let open = format!("<details><summary>{summary}</summary>\n\n");
        // An end without a beginning would be seen; a beginning without an end swallows what comes after it.
        if !self.add(&open, None) {
            self.open -= 1;
        }
    }

    /// Ends it.
    pub(crate) fn end_fold(&mut self) {
        if self.open > 0 {
            self.text.push_str("</details>\n\n");
            self.open -= 1;
        }
    }

    /// Begins a table; its rows are so many of `rows` where they are cut.
    pub(crate) fn table(&mut self, heads: &[&str], rows: &'static str) {
        self.rows = rows;
        let rule = "| --- ".repeat(heads.len());
        self.add(&format!("| {} |\n{rule}|\n", heads.join(" | ")), None);
    }

    /// A row of cells, each either ours or from [`code`].
    pub(crate) fn row(&mut self, cells: &[String]) {
        let rows = self.rows;
        self.add(&format!("| {} |\n", cells.join(" | ")), Some(rows));
    }

    /// Ends a table.
    pub(crate) fn end_table(&mut self) {
        if !self.is_full {
            self.text.push('\n');
        }
    }

    /// The whole.
    pub(crate) fn finish(mut self) -> String {
        while self.open > 0 {
            self.end_fold();
        }
        if self.is_full {
            let counts: Vec<String> = (self.cut.iter().take(8))
                .map(|(what, count)| format!("{count} {what}"))
                .collect();
            let what = match counts.is_empty() {
                true => "the rest".into(),
                false => counts.join(", "),
            };
            self.text.push_str(&format!(
                "_Cut at {BYTES} bytes: without {what}; `--output json` has all._\n"
            ));
        }
        let end = self.text.trim_end().len();
        self.text.truncate(end);
        self.text.push('\n');
        self.text
    }

    fn add(&mut self, text: &str, what: Option<&'static str>) -> bool {
        // Once something is left out nothing comes after it: an order with holes would mislead.
        if !self.is_full && self.text.len() + text.len() + CLOSING <= BYTES {
            self.text.push_str(text);
            return true;
        }
        self.is_full = true;
        let Some(what) = what else { return false };
        match self.cut.iter_mut().find(|(known, _)| *known == what) {
            Some((_, count)) => *count += 1,
            None => self.cut.push((what, 1)),
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_document_stays_in_its_code_span() {
        let hostile = "a`|b\n\u{1b}[2J\u{202e}@team https://x <img src=x> \\";

        let shown = code(hostile);

        assert_eq!(
            shown,
            "`a'¦b\\n\\u{1b}[2J\\u{202e}@team https://x <img src=x> \\`"
        );
        assert_eq!(code(" \u{20}"), "–");
    }

    #[test]
    fn a_picture_is_one_picture_whatever_its_text_and_path() {
        let link = picture("p95](x)![<b>_", "a b/(1).svg");

        assert_eq!(link, "![p95  x    b _](a%20b/%281%29.svg)");
    }

    #[test]
    fn what_is_too_much_is_counted_at_the_end_and_folds_are_closed() {
        let mut out = Markdown::new();
        out.fold("all");
        out.table(&["a"], "packages");
        for number in 0..20_000 {
            out.row(&[code(&number.to_string())]);
        }
        out.end_table();
        out.end_fold();
        out.fold("never");
        out.end_fold();

        let text = out.finish();

        assert!(text.len() <= BYTES, "{}", text.len());
        assert_eq!(text.matches("<details>").count(), 1);
        assert_eq!(text.matches("</details>").count(), 1);
        let rows = text.lines().filter(|line| line.starts_with("| `")).count();
        let last = text.lines().last().unwrap();
        let cut = format!(
            "_Cut at 60000 bytes: without {} packages; `--output json` has all._",
            20_000 - rows
        );
        assert_eq!(last, cut);
    }
}
