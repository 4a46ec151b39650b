//! What goes to a terminal.

use evidence::report::text::one_line;

/// Text with control characters made visible: captured text must not steer a terminal. Line feeds and tabs stay.
pub(crate) fn plain(text: &str) -> String {
    text.split_inclusive(['\n', '\t'])
        .map(|part| match part.strip_suffix(['\n', '\t']) {
            Some(bare) => one_line(bare) + part.get(bare.len()..).unwrap_or_default(),
            None => one_line(part),
        })
        .collect()
}
