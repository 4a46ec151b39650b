//! How complete an SBOM is, as a table of elements.

use super::columns::{bar, grouped, listed, wrapped};
use super::markup::{Markdown, code};
use crate::sbom::quality::{ElementQuality, Quality};
use std::fmt::Write as _;

/// Cells of a bar.
const BAR: usize = 20;
/// Packages that are named for an element in text.
const NAMED: usize = 3;
/// Packages that are named for an element in a table.
const NAMED_IN_TABLE: usize = 10;

/// The score, a line for each element, and the first packages that lack one. Lines end at 80 columns.
pub fn quality_text(quality: &Quality) -> String {
    let mut text = format!(
        "{}: {} present, {} % answered\n",
        quality.profile,
        quality.score,
        quality.answered.percent()
    );
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "  {:<24} {:>8} {:>8} {:>8}",
        "element", "present", "unknown", "missing"
    );
    for one in &quality.elements {
        let [present, unknown, missing] = [one.present, one.unknown, one.missing].map(grouped);
        let share = bar(one.present, one.unknown, one.cells(), BAR);
        let title = one.element.title();
        let _ = writeln!(
            text,
            "  {title:<24} {present:>8} {unknown:>8} {missing:>8}  {share}"
        );
    }
    for one in &quality.elements {
        if let Some(found) = &one.found {
            let words = format!("the {} is {found:?}", one.element.title());
            text += &wrapped("  ", &[words]);
        }
    }
    for (one, titles) in lacking_together(quality) {
        text += &wrapped("  ", &lacking(one, &titles));
    }
    for title in quality.not_counted {
        text += &wrapped("  ", &[format!("{title}: not counted")]);
    }
    text
}

/// Elements that packages lack; those that the same packages lack, such as a hash and its algorithm, together.
fn lacking_together(quality: &Quality) -> Vec<(&ElementQuality, Vec<&'static str>)> {
    let mut all: Vec<(&ElementQuality, Vec<&'static str>)> = Vec::new();
    for one in quality
        .elements
        .iter()
        .filter(|one| !one.lacking.is_empty())
    {
        let same = |other: &ElementQuality| {
            (other.missing, other.unknown) == (one.missing, one.unknown)
                && other.lacking == one.lacking
        };
        match all.iter_mut().find(|(other, _)| same(other)) {
            Some((_, titles)) => titles.push(one.element.title()),
            None => all.push((one, vec![one.element.title()])),
        }
    }
    all
}

/// Such as `12 without component version: a, b, c and 9 more`.
fn lacking(one: &ElementQuality, titles: &[&str]) -> Vec<String> {
    let all = one.missing + one.unknown;
    let head = format!("{} without {}:", grouped(all), titles.join(", "));
    let named = one.lacking.iter().take(NAMED);
    let labels = named.map(|lacking| match lacking.unknown {
        true => format!("{} (unknown)", lacking.package.label()),
        false => lacking.package.label().to_owned(),
    });
    let mut words: Vec<String> = head.split(' ').map(Into::into).collect();
    words.extend(listed(labels));
    let more = all.saturating_sub(one.lacking.len().min(NAMED));
    if more > 0 {
        words.push(format!("and {} more", grouped(more)));
    }
    words
}

/// The score and the table, the packages that lack an element folded away.
pub(crate) fn quality_markdown(quality: &Quality, out: &mut Markdown) {
    out.line(&format!(
        "**{}**: {} present, {} % answered",
        quality.profile,
        quality.score,
        quality.answered.percent()
    ));
    out.table(&["element", "present", "unknown", "missing"], "elements");
    for one in &quality.elements {
        let numbers = [one.present, one.unknown, one.missing].map(grouped);
        let [present, unknown, missing] = numbers;
        out.row(&[one.element.title().into(), present, unknown, missing]);
    }
    out.end_table();
    let lacking = lacking_together(quality);
    if lacking.is_empty() {
        return;
    }
    out.fold("Packages that lack an element");
    out.table(&["element", "lacking", "first packages"], "elements");
    for (one, titles) in lacking {
        let first = one.lacking.iter().take(NAMED_IN_TABLE);
        let labels: Vec<String> = first.map(|one| code(one.package.label())).collect();
        let all = grouped(one.missing + one.unknown);
        out.row(&[titles.join(", "), all, labels.join(" ")]);
    }
    out.end_table();
    out.end_fold();
}
