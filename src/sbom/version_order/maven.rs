//! Versions of Maven artifacts ([POM reference, "Version Order Specification"](https://maven.apache.org/pom.html), as
//! `ComparableVersion` of Maven 3 reads it). Every text is a version there.

use super::{is_digit, numbers};
use std::cmp::Ordering;

pub(super) fn compare(old: &str, new: &str) -> Option<Ordering> {
    let (old, new) = (old.to_lowercase(), new.to_lowercase());
    Some(lists(&parse(&old), &parse(&new)))
}

/// Recursion goes as deep as lists are nested: no deeper than a version of limited length has characters.
enum Item<'a> {
    Number(&'a str),
    Text(&'a str),
    List(Vec<Item<'a>>),
}

/// Builds the nested lists: each `-` and each change from digits to letters or back begins one inside of the last.
fn parse(text: &str) -> Vec<Item<'_>> {
    let mut lists = Lists(vec![Vec::new()]);
    let (mut start, mut is_number) = (0, false);
    let part = |start: usize, end: usize| text.get(start..end).unwrap_or_default();
    for (place, c) in text.char_indices() {
        if matches!(c, '.' | '-') {
            lists.add(match (place == start, is_number) {
                (true, _) => Item::Number("0"),
                (false, true) => Item::Number(part(start, place)),
                (false, false) => Item::Text(qualifier(part(start, place), false)),
            });
            start = place + 1;
            if c == '-' {
                lists.nest();
            }
            continue;
        }
        if is_digit(c) != is_number && place > start {
            if is_number {
                lists.add(Item::Number(part(start, place)));
            } else {
                lists.nest_unless_empty();
                lists.add(Item::Text(qualifier(part(start, place), true)));
            }
            start = place;
            lists.nest();
        }
        is_number = is_digit(c);
    }
    match part(start, text.len()) {
        "" => {}
        last if is_number => lists.add(Item::Number(last)),
        last => {
            lists.nest_unless_empty();
            lists.add(Item::Text(qualifier(last, false)));
        }
    }
    lists.folded()
}

/// Open lists, each to become the last item of the one before it.
struct Lists<'a>(Vec<Vec<Item<'a>>>);

impl<'a> Lists<'a> {
    fn add(&mut self, item: Item<'a>) {
        if let Some(list) = self.0.last_mut() {
            list.push(item);
        }
    }

    fn nest(&mut self) {
        self.0.push(Vec::new());
    }

    fn nest_unless_empty(&mut self) {
        if self.0.last().is_some_and(|list| !list.is_empty()) {
            self.nest();
        }
    }

    fn folded(mut self) -> Vec<Item<'a>> {
        let mut inner = None;
        while let Some(mut list) = self.0.pop() {
            list.extend(inner.take().map(Item::List));
            normalise(&mut list);
            inner = Some(list);
        }
        inner.unwrap_or_default()
    }
}

/// Drops what means nothing at the end, before lists too: `1.0.0-rc` is `1-rc`.
fn normalise(list: &mut Vec<Item<'_>>) {
    for place in (0..list.len()).rev() {
        match list.get(place) {
            Some(item) if item.is_null() => _ = list.remove(place),
            Some(Item::List(_)) => {}
            _ => break,
        }
    }
}

fn qualifier(text: &str, is_before_digit: bool) -> &str {
    match (text, is_before_digit) {
        ("a", true) => "alpha",
        ("b", true) => "beta",
        ("m", true) => "milestone",
        ("cr", _) => "rc",
        ("ga" | "final" | "release", _) => "",
        _ => text,
    }
}

/// Where a qualifier stands; unknown ones come last, in the order of their letters.
fn rank(text: &str) -> (u8, &str) {
    match text {
        "alpha" => (0, ""),
        "beta" => (1, ""),
        "milestone" => (2, ""),
        "rc" => (3, ""),
        "snapshot" => (4, ""),
        "" => (5, ""),
        "sp" => (6, ""),
        _ => (7, text),
    }
}

fn lists(a: &[Item<'_>], b: &[Item<'_>]) -> Ordering {
    (0..a.len().max(b.len()))
        .map(|place| match (a.get(place), b.get(place)) {
            (Some(a), Some(b)) => a.compare(b),
            (Some(a), None) => a.compare_to_none(),
            (None, Some(b)) => b.compare_to_none().reverse(),
            (None, None) => Ordering::Equal,
        })
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

impl Item<'_> {
    fn is_null(&self) -> bool {
        match self {
            Self::List(list) => list.is_empty(),
            _ => self.compare_to_none().is_eq(),
        }
    }

    fn compare_to_none(&self) -> Ordering {
        match self {
            Self::Number(digits) => numbers(digits, "0"),
            Self::Text(text) => rank(text).cmp(&rank("")),
            Self::List(list) => lists(list, &[]),
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => numbers(a, b),
            (Self::Number(_), _) => Ordering::Greater,
            (_, Self::Number(_)) => Ordering::Less,
            (Self::List(a), Self::List(b)) => lists(a, b),
            (Self::List(_), Self::Text(_)) => Ordering::Greater,
            (Self::Text(_), Self::List(_)) => Ordering::Less,
            (Self::Text(a), Self::Text(b)) => rank(a).cmp(&rank(b)),
        }
    }
}
