//! Where the fields of a column stand in a CSV document (RFC 4180, any line end).

use std::ops::Range;

/// A field of a column.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Field {
    /// Row, from 1; the header is none.
    pub(super) row: usize,
    /// Its bytes, quotes included.
    pub(super) span: Range<usize>,
}

/// The fields below each header of this name, in the order of the text; none where there is no such header.
///
/// Empty lines are no rows, and a row that is too short has no field there.
pub(super) fn column(bytes: &[u8], name: &str) -> Option<Vec<Field>> {
    let mut records = Records {
        bytes,
        at: if bytes.starts_with(BOM) { BOM.len() } else { 0 },
    };
    let header = records.next()?;
    let columns: Vec<usize> = (header.into_iter().enumerate())
        .filter(|(_, span)| text(bytes, span) == name.as_bytes())
        .map(|(column, _)| column)
        .collect();
    if columns.is_empty() {
        return None;
    }
    let mut found = Vec::new();
    for (row, record) in records.enumerate() {
        found.extend(columns.iter().filter_map(|column| {
            let span = record.get(*column)?.clone();
            Some(Field { row: row + 1, span })
        }));
    }
    Some(found)
}

const BOM: &[u8] = b"\xef\xbb\xbf";

/// The field without its quotes.
fn text(bytes: &[u8], span: &Range<usize>) -> Vec<u8> {
    let raw = bytes.get(span.clone()).unwrap_or_default();
    let inner = raw
        .strip_prefix(b"\"")
        .and_then(|rest| rest.strip_suffix(b"\""));
    let Some(inner) = inner else {
        return raw.trim_ascii().into();
    };
    let mut plain = Vec::with_capacity(inner.len());
    let mut rest = inner.iter().peekable();
    while let Some(byte) = rest.next() {
        plain.push(*byte);
        if *byte == b'"' {
            rest.next_if_eq(&&b'"');
        }
    }
    plain
}

struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Iterator for Records<'_> {
    type Item = Vec<Range<usize>>;

    fn next(&mut self) -> Option<Self::Item> {
        while matches!(self.bytes.get(self.at), Some(b'\r' | b'\n')) {
            self.at += 1;
        }
        self.bytes.get(self.at)?;
        let mut fields = Vec::new();
        loop {
            let start = self.at;
            self.skip_field();
            fields.push(start..self.at);
            match self.bytes.get(self.at) {
                Some(b',') => self.at += 1,
                _ => return Some(fields),
            }
        }
    }
}

impl Records<'_> {
    fn skip_field(&mut self) {
        let mut quoted = false;
        if self.bytes.get(self.at) == Some(&b'"') {
            quoted = true;
            self.at += 1;
        }
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'"' if quoted && self.bytes.get(self.at + 1) == Some(&b'"') => self.at += 1,
                b'"' if quoted => quoted = false,
                b',' | b'\r' | b'\n' if !quoted => return,
                _ => {}
            }
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(text: &str, name: &str) -> Option<Vec<(usize, String)>> {
        let fields = column(text.as_bytes(), name)?;
        let fields = fields.into_iter();
        Some(
            fields
                .map(|field| (field.row, text[field.span].to_owned()))
                .collect(),
        )
    }

    #[test]
    fn fields_are_found_by_their_header_quoted_or_not() {
        let text = "id,\"ow\"\"ner\",x\r\n1,me,a\r\n\r\n2,\"you, \"\"and\"\"\nme\",b\n3\n4,,";

        assert_eq!(
            found(text, "ow\"ner").unwrap(),
            [
                (1, "me".into()),
                (2, "\"you, \"\"and\"\"\nme\"".into()),
                (4, String::new())
            ]
        );
        assert_eq!(found(text, "id").unwrap().len(), 4);
        assert_eq!(found(text, "owner"), None);
        assert_eq!(found("", "id"), None);
    }

    #[test]
    fn a_header_that_stands_twice_means_both_columns() {
        let text = "\u{feff}pw, pw\na,b\n";

        assert_eq!(
            found(text, "pw").unwrap(),
            [(1, "a".into()), (1, "b".into())]
        );
    }

    #[test]
    fn reading_is_total_whatever_the_bytes() {
        proptest!(|(text in "[a,\"\r\n]{0,60}")| {
            let _ = column(text.as_bytes(), "a");
        });
    }
}
