//! How a digest gets into a file: which bytes are replaced by what.

use crate::model::Digest;
use std::ops::Range;

/// Whether and how the digest of a reference can be written into its file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fix {
    /// By replacing these bytes.
    Edit(Edit),
    /// Not: why.
    No(&'static str),
}

/// Bytes of a file that are replaced by a digest with something around it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Edit {
    /// What is replaced; empty where something is put in.
    pub span: Range<usize>,
    before: String,
    after: String,
    only_hex: bool,
}

impl Edit {
    /// Puts `@sha256:…` in at this byte.
    pub(super) fn behind(offset: usize) -> Self {
        Self::around(offset..offset, "@", "")
    }

    /// Replaces these bytes by the digest between two texts.
    pub(super) fn around(span: Range<usize>, before: &str, after: &str) -> Self {
        Self {
            span,
            before: before.into(),
            after: after.into(),
            only_hex: false,
        }
    }

    /// The same without `sha256:`.
    pub(super) fn only_hex(mut self) -> Self {
        self.only_hex = true;
        self
    }

    /// What stands there then.
    pub fn text(&self, digest: &Digest) -> String {
        let (before, after) = (&self.before, &self.after);
        match self.only_hex {
            true => format!("{before}{}{after}", digest.hex()),
            false => format!("{before}{digest}{after}"),
        }
    }
}

/// The file with these edits made. Edits that lie outside of it or overlap an earlier one are left out; edits at one
/// place are made once.
pub fn apply(file: &[u8], edits: &[(Edit, Digest)]) -> Vec<u8> {
    let mut sorted: Vec<&(Edit, Digest)> = edits.iter().collect();
    sorted.sort_by_key(|(edit, _)| (edit.span.start, edit.span.end));
    let mut out = Vec::with_capacity(file.len() + 80 * edits.len());
    let mut at = 0;
    let mut last = None;
    for (edit, digest) in sorted {
        if last == Some(&edit.span) || edit.span.start < at {
            continue;
        }
        let (Some(kept), true) = (file.get(at..edit.span.start), edit.span.end <= file.len())
        else {
            continue;
        };
        out.extend_from_slice(kept);
        out.extend_from_slice(edit.text(digest).as_bytes());
        at = edit.span.end;
        last = Some(&edit.span);
    }
    out.extend_from_slice(file.get(at..).unwrap_or_default());
    out
}
