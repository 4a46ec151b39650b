//! Names that are different here and one somewhere else.

use crate::model::MemberPath;
use std::collections::{BTreeMap, BTreeSet};

/// Names that cannot lie side by side in every file system: the path, the detail of the finding, and why.
pub(super) fn colliding<T>(
    listed: &BTreeMap<MemberPath, T>,
) -> Vec<(MemberPath, &'static str, String)> {
    let mut found = Vec::new();
    let mut folded = BTreeMap::new();
    let mut folders = BTreeSet::new();
    for path in listed.keys() {
        let lower = path.as_str().to_ascii_lowercase();
        if let Some(other) = folded.get(&lower) {
            let message = format!("it differs from {other} by case alone");
            found.push((path.clone(), "case", message));
        }
        for (at, _) in lower.match_indices('/') {
            folders.insert(lower.get(..at).unwrap_or_default().to_owned());
        }
        folded.insert(lower, path);
    }
    for (lower, path) in folded {
        if folders.contains(&lower) {
            let message = "it is a folder of other members, too".to_owned();
            found.push((path.clone(), "folder", message));
        }
    }
    found
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
    fn names_that_differ_by_case_or_are_folders_of_others_collide() {
        assert_eq!(
            of(&["files/a/x", "files/a/X"]),
            [("files/a/x".into(), "case")]
        );
        assert_eq!(
            of(&["files/a", "files/a/x"]),
            [("files/a".into(), "folder")]
        );
        assert_eq!(
            of(&["files/a/x", "files/A"]),
            [("files/A".into(), "folder")]
        );
        assert_eq!(of(&["files/a", "files/a.b", "files/ab/c"]), []);
    }
}
