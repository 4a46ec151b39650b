//! The page that a person reads: tables that can be narrowed down, and nothing that a document could smuggle in.

use crate::common::{TAG, run, text};
use crate::image::{BEFORE, before, described, package, project, released};
use crate::sample::world;

#[test]
fn what_moved_and_what_was_found_are_tables_with_boxes_and_no_script() {
    let mut hostile = package("<script>alert(1)</script>", "1.0.0");
    hostile.license = "MIT";
    let old = described(
        BEFORE,
        &[package("left", "1.0.0"), package("gone", "1.0.0")],
    );
    let new = described(TAG, &[package("left", "1.1.0"), hostile]);
    let demands = "quality: {profile: ntia-2021}, licenses: {deny: [AGPL-3.0-only]}, drift: {}";
    let project = project(TAG, &new, demands, ", previous: v1.3.0", "");
    before(&old, &project);
    let bundle = released(&project, 0).write();
    let mut args = vec!["report".into(), text(&bundle)];
    args.extend(world().trust_args());
    args.extend(["--output".into(), "html".into()]);

    let page = run(&args).stdout;

    assert!(
        !page.contains("<script"),
        "a document reached the page as markup"
    );
    assert!(
        page.contains("pkg:cargo/%3Cscript%3E"),
        "the package is not shown"
    );
    assert!(
        page.contains("Minimum elements ntia-2021"),
        "no table of elements"
    );
    for kind in ["added", "removed", "upgraded"] {
        assert!(
            page.contains(&format!("class=\"f-{kind}\" checked")),
            "no box for {kind}"
        );
        assert!(
            page.contains(&format!("class=\"k-{kind}\"")),
            "no row of {kind}"
        );
        assert!(
            page.contains(&format!(".f-{kind}:not(:checked)) .k-{kind}")),
            "no rule for {kind}"
        );
    }
}
