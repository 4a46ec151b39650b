//! Two dashboards with one picture: what came is no picture of at least one of them.

use crate::model::{DashboardExpectation, Digest, Expectation, Item, Problem, StatedClaim, Window};
use std::collections::BTreeMap;

/// A rendered item.
#[derive(Clone, Copy, Debug)]
pub struct Rendered<'a> {
    /// The item's id.
    pub id: &'a str,
    /// What was asked for.
    pub expectation: &'a DashboardExpectation,
    /// Over which window.
    pub window: Option<Window>,
    /// Digest of the picture.
    pub picture: Digest,
}

impl Rendered<'_> {
    /// Whether another picture was asked for than that of the other.
    fn differs(&self, other: &Self) -> bool {
        let asked = |one: &Self| {
            let expectation = one.expectation;
            (
                expectation.grafana.clone(),
                expectation.uid.clone(),
                expectation.panel,
                expectation.variables.clone(),
                one.window,
            )
        };
        asked(self) != asked(other)
    }
}

impl<'a> Rendered<'a> {
    /// The picture of a dashboard's item; none when the item is another or no picture was accepted.
    ///
    /// `claim` is what was appraised of it.
    pub fn of(item: &'a Item, claim: &StatedClaim) -> Option<Self> {
        let Expectation::Dashboard(expectation) = &item.expectation else {
            return None;
        };
        Some(Self {
            id: &item.id,
            expectation,
            window: item.window,
            picture: claim.facts.get("picture")?.as_str()?.parse().ok()?,
        })
    }
}

/// The problem of each item whose picture is that of another item which shows another thing, by id.
///
/// A login page or an error that is drawn in the size that was asked for passes every check of form; it is the same
/// for whatever is asked.
pub fn same_pictures(rendered: &[Rendered<'_>]) -> BTreeMap<String, Problem> {
    let mut by_picture: BTreeMap<Digest, Vec<&Rendered<'_>>> = BTreeMap::new();
    for one in rendered {
        by_picture.entry(one.picture).or_default().push(one);
    }
    let mut found = BTreeMap::new();
    for group in by_picture.values() {
        for one in group {
            let Some(twin) = group.iter().find(|other| other.differs(one)) else {
                continue;
            };
            let message = format!(
                "its picture is the very one of {}, which shows another thing: a login page, an error or a placeholder",
                twin.id
            );
            found.insert(
                one.id.into(),
                Problem::new("dashboard-same-picture", message),
            );
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expectation(uid: &str) -> DashboardExpectation {
        DashboardExpectation {
            grafana: "main".into(),
            uid: uid.into(),
            panel: None,
            window_ms: 1,
            width: 100,
            height: 100,
            theme: "light".into(),
            variables: BTreeMap::new(),
            data: None,
        }
    }

    fn ids(rendered: &[(&str, &DashboardExpectation, i64, &[u8])]) -> Vec<String> {
        let rendered: Vec<_> = rendered
            .iter()
            .map(|(id, expectation, end_ms, picture)| Rendered {
                id,
                expectation,
                window: Some(Window {
                    start_ms: 0,
                    end_ms: *end_ms,
                }),
                picture: Digest::of(picture),
            })
            .collect();
        same_pictures(&rendered).into_keys().collect()
    }

    #[test]
    fn one_picture_for_two_dashboards_is_a_problem_of_both_and_of_no_third() {
        let (a, b, c) = (expectation("a"), expectation("b"), expectation("c"));

        let found = ids(&[
            ("x", &a, 1, b"same"),
            ("y", &b, 1, b"same"),
            ("z", &c, 1, b"own"),
        ]);

        assert_eq!(found, ["x", "y"]);
    }

    #[test]
    fn one_picture_of_one_thing_is_none() {
        let a = expectation("a");

        assert!(ids(&[("x", &a, 1, b"same"), ("y", &a, 1, b"same")]).is_empty());
    }

    #[test]
    fn another_panel_window_or_variable_is_another_thing() {
        let a = expectation("a");
        let panel = DashboardExpectation {
            panel: Some(1),
            ..a.clone()
        };
        let mut variable = a.clone();
        variable.variables.insert("v".into(), vec!["1".into()]);

        assert_eq!(ids(&[("x", &a, 1, b"p"), ("y", &panel, 1, b"p")]).len(), 2);
        assert_eq!(
            ids(&[("x", &a, 1, b"p"), ("y", &variable, 1, b"p")]).len(),
            2
        );
        assert_eq!(ids(&[("x", &a, 1, b"p"), ("y", &a, 2, b"p")]).len(), 2);
    }
}
