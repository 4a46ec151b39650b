//! Names that are different here and one somewhere else.

use super::MANIFEST;
use crate::model::MemberPath;
use std::collections::BTreeMap;

/// Names that cannot lie side by side in every file system: the path, the detail of the finding, and why.
pub fn colliding<T>(listed: &BTreeMap<MemberPath, T>) -> Vec<(MemberPath, &'static str, String)> {
    let mut found = Vec::new();
    let mut files: BTreeMap<String, &str> = BTreeMap::new();
    files.insert(MANIFEST.into(), MANIFEST);
    // In small letters: how the first member that lies in it writes the folder.
    let mut folders: BTreeMap<String, &str> = BTreeMap::new();
    for path in listed.keys() {
        let text = path.as_str();
        let lower = text.to_ascii_lowercase();
        let mut by_case = (files.get(&lower).copied()).filter(|other| *other != text);
        for (own, folded) in parents(text, &lower) {
            let first = folders.entry(folded.to_owned()).or_insert(own);
            if *first != own {
                by_case = by_case.or(Some(first));
            }
        }
        if let Some(other) = by_case {
            let message = format!("it differs from {other} by case alone");
            found.push((path.clone(), "case", message));
        }
        files.insert(lower, text);
    }
    for path in listed.keys() {
        let text = path.as_str();
        let lower = text.to_ascii_lowercase();
        let mut folders = parents(text, &lower);
        if let Some(file) = folders.find_map(|(_, folded)| files.get(folded)) {
            let message = format!("it lies in {file}, which is a file");
            found.push((path.clone(), "folder", message));
        }
    }
    found
}

/// The folders that a path lies in, as they are written and in small letters.
fn parents<'a, 'b>(text: &'a str, lower: &'b str) -> impl Iterator<Item = (&'a str, &'b str)> {
    let ends = text.match_indices('/').map(|(at, _)| at);
    ends.filter_map(|at| Some((text.get(..at)?, lower.get(..at)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str]) -> Vec<(String, &'static str)> {
        let listed = (names.iter())
            .map(|name| (MemberPath::try_from(*name).unwrap(), ()))
            .collect();
        let found = colliding(&listed).into_iter();
        found
            .map(|(path, detail, _)| (path.into(), detail))
            .collect()
    }

    #[test]
    fn names_that_differ_by_case_or_lie_in_a_file_collide() {
        let case = |name: &str| vec![(name.to_owned(), "case")];
        let folder = |name: &str| vec![(name.to_owned(), "folder")];
        assert_eq!(of(&["files/a/X", "files/a/x"]), case("files/a/x"));
        assert_eq!(of(&["files/A/x", "files/a/y"]), case("files/a/y"));
        assert_eq!(of(&["Manifest.json"]), case("Manifest.json"));
        assert_eq!(of(&["files/a", "files/a/x"]), folder("files/a/x"));
        assert_eq!(of(&["files/A", "files/a/x"]), folder("files/a/x"));
        assert_eq!(of(&["files/a", "files/a.b", "files/ab/c"]), []);
    }
}
