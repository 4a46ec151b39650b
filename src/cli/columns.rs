//! Tables and sizes as people read them.

use evidence::report::text::one_line;

/// A table: words to the left, numbers to the right, two blanks between columns.
pub(crate) struct Table {
    /// For each column, whether it holds numbers.
    numbers: Vec<bool>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings; those that begin with `>` are over numbers.
    pub(crate) fn new(headings: &[&str]) -> Self {
        let bare = |heading: &&str| heading.trim_start_matches('>').to_owned();
        Self {
            numbers: headings.iter().map(|one| one.starts_with('>')).collect(),
            rows: vec![headings.iter().map(bare).collect()],
        }
    }

    /// Adds a row. Its cells are escaped.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        let cells = cells.iter().map(|cell| one_line(cell));
        self.rows.push(cells.collect());
    }

    /// Its lines, each two blanks in.
    pub(crate) fn lines(&self) -> String {
        let width = |at: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(at));
            cells.map(|cell| cell.chars().count()).max()
        };
        let columns: Vec<(usize, bool)> = (self.numbers.iter().enumerate())
            .map(|(at, is_number)| (width(at).unwrap_or_default(), *is_number))
            .collect();
        let mut text = String::new();
        for row in &self.rows {
            let cells = row.iter().zip(&columns);
            let line: String = cells
                .map(|(cell, (width, is_number))| match is_number {
                    true => format!("  {cell:>width$}"),
                    false => format!("  {cell:width$}"),
                })
                .collect();
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// A size such as `512 B`, `4.1 KiB`, `1.0 GiB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1_024 {
        return format!("{bytes} B");
    }
    // Tenths, rounded half up; what rounds to 1024 of a unit is 1 of the next.
    let mut tenths = (u128::from(bytes) * 10 + 512) / 1_024;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths = (tenths + 512) / 1_024;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or_default();
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_one_digit_after_the_point_and_the_unit_that_keeps_them_short() {
        for (bytes, text) in [
            (0, "0 B"),
            (1_023, "1023 B"),
            (1_024, "1.0 KiB"),
            (4_200, "4.1 KiB"),
            (1_048_575, "1.0 MiB"),
            (1 << 20, "1.0 MiB"),
            (5 << 30, "5.0 GiB"),
            (u64::MAX, "16777216.0 TiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn numbers_stand_to_the_right_and_no_cell_leaves_its_line() {
        let mut table = Table::new(&["name", ">size", "kind"]);
        table.row(vec!["a\nb".into(), "1 B".into(), "x".into()]);
        table.row(vec!["c".into(), "1.0 KiB".into(), String::new()]);

        assert_eq!(
            table.lines(),
            "  name     size  kind\n  a\\nb      1 B  x\n  c     1.0 KiB\n"
        );
    }
}
