//! SBOMs, what moved in them, and what scanners found: tables that a reader narrows down without a script.
//!
//! Each table stands under check boxes; a style rule hides the rows whose box is empty (`:has`), so the page still loads
//! and runs nothing.

use super::{signer, word};
use maud::{Markup, html as markup};
use serde_json::Value;

/// Rows of one table; a page of more is no page.
const ROWS: usize = 2_000;

/// The documents of an SBOM item: whose, and how good.
pub(super) fn documents(facts: &Value) -> Markup {
    let list = list(facts, "documents");
    markup! {
        @if !list.is_empty() {
            div.wide { table {
                caption { "SBOM documents" }
                tr { th { "Bound to" } th { "Document" } th { "Packages" } th { "Judged" } th { "Signer" } }
                @for object in list {
                    @let document = object.get("document").unwrap_or(&Value::Null);
                    tr {
                        td.short { (word(object, "platform")) " " span.mono { (word(object, "boundTo").chars().take(19).collect::<String>()) } }
                        td { (word(document, "name")) " ("  (word(document, "version")) ")" }
                        td { (word(document, "packages")) }
                        td { (word(object, "outcome")) }
                        td.long { (signer(object.get("signer"))) }
                    }
                }
            } }
            @for object in list {
                @let document = object.get("document").unwrap_or(&Value::Null);
                (quality(&word(object, "platform"), document.get("quality")))
                (licenses(&word(object, "platform"), document.get("licenses")))
            }
        }
    }
}

fn quality(platform: &str, quality: Option<&Value>) -> Markup {
    let Some(quality) = quality else {
        return Markup::default();
    };
    let score = quality.get("score").unwrap_or(&Value::Null);
    markup! {
        div.wide { table {
            caption {
                "Minimum elements " (word(quality, "profile")) @if !platform.is_empty() { ", " (platform) } ": "
                (word(score, "percent")) " % (" (word(score, "part")) " of " (word(score, "whole")) ")"
            }
            tr { th { "Element" } th { "Present" } th { "Unknown" } th { "Missing" } th { "Lacking it" } }
            @for element in list(quality, "elements") {
                tr {
                    td.short { (word(element, "element")) }
                    td { (word(element, "present")) }
                    td { (word(element, "unknown")) }
                    td { (word(element, "missing")) }
                    td.long { (lacking(element)) }
                }
            }
        } }
    }
}

/// The first few packages without an element, and how many more.
fn lacking(element: &Value) -> String {
    let all = list(element, "lacking");
    let titles: Vec<String> = all.iter().take(5).map(|one| word(one, "title")).collect();
    let count = |key| element.get(key).and_then(Value::as_u64).unwrap_or_default();
    let more = (count("unknown") + count("missing")).saturating_sub(titles.len() as u64);
    match (titles.is_empty(), more) {
        (true, _) => word(element, "found"),
        (false, 0) => titles.join(", "),
        (false, more) => format!("{} and {more} more", titles.join(", ")),
    }
}

fn licenses(platform: &str, licenses: Option<&Value>) -> Markup {
    let Some(licenses) = licenses else {
        return Markup::default();
    };
    let standings: Vec<String> = (list(licenses, "licenses").iter())
        .map(|one| word(one, "standing"))
        .collect();
    markup! {
        div.filter {
            (boxes(&standings))
            div.wide { table {
                caption { "Licenses " (platform) }
                tr { th { "License" } th { "Packages" } th { "By the lists" } }
                @for one in list(licenses, "licenses").iter().take(ROWS) {
                    tr class={ "k-" (class(&word(one, "standing"))) } {
                        td.long { (word(one, "license")) }
                        td { (word(one, "packages")) }
                        td.short { (word(one, "standing")) }
                    }
                }
            } }
        }
    }
}

/// What moved since the release before, each platform in a table.
pub(super) fn drift(facts: &Value) -> Markup {
    markup! {
        @for comparison in list(facts, "comparisons") {
            @if let Some(drift) = comparison.get("drift") {
                @let rows = moves(drift);
                @let kinds: Vec<String> = rows.iter().map(|row| row.kind.to_owned()).collect();
                @let platform = word(comparison, "platform");
                @if rows.is_empty() {
                    p { (platform) " Nothing moved." }
                } @else {
                    div.filter {
                        (boxes(&kinds))
                        div.wide { table {
                            caption { "What moved " (platform) }
                            tr { th { "What" } th { "Package" } th { "Before" } th { "Now" } }
                            @for row in rows.iter().take(ROWS) {
                                tr class={ "k-" (class(row.kind)) } {
                                    td.short { (row.kind) }
                                    td.long { (row.package) }
                                    td { (row.before) }
                                    td { (row.now) }
                                }
                            }
                            (cut(rows.len(), 4))
                        } }
                    }
                }
            }
        }
    }
}

struct Row {
    kind: &'static str,
    package: String,
    before: String,
    now: String,
}

fn moves(drift: &Value) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |key: &str,
                   kind: &'static str,
                   before: &dyn Fn(&Value) -> String,
                   now: &dyn Fn(&Value) -> String| {
        rows.extend(list(drift, key).iter().map(|one| Row {
            kind,
            package: word(one, "identity"),
            before: before(one),
            now: now(one),
        }));
    };
    let nothing = |_: &Value| String::new();
    let version = |one: &Value| word(one, "version");
    let (from, to) = (
        |one: &Value| word(one, "from"),
        |one: &Value| word(one, "to"),
    );
    add("rehashed", "other hash", &version, &|one| hashes(one));
    add("downgraded", "downgraded", &from, &to);
    add("changed", "other version", &from, &to);
    add("added", "added", &nothing, &|one| {
        format!("{} {}", version(one), texts(one, "licenses"))
    });
    add("removed", "removed", &version, &nothing);
    add(
        "relicensed",
        "other license",
        &|one| terms(one, "from"),
        &|one| terms(one, "to"),
    );
    add("upgraded", "upgraded", &from, &to);
    rows
}

fn hashes(rehash: &Value) -> String {
    let changed = list(rehash, "hashes").iter().map(|one| {
        let short = |key| texts(one, key).chars().take(12).collect::<String>();
        format!(
            "{} {}… → {}…",
            word(one, "algorithm"),
            short("from"),
            short("to")
        )
    });
    changed.collect::<Vec<_>>().join("; ")
}

fn terms(change: &Value, side: &str) -> String {
    let changed = list(change, "licenses").iter();
    let sides = changed.map(|one| texts(one, side));
    sides.collect::<Vec<_>>().join("; ")
}

/// What a scanner found, the worst first, then what is suppressed.
pub(super) fn scan(facts: &Value) -> Markup {
    let Some(scan) = facts.get("scan").filter(|scan| !scan.is_null()) else {
        return Markup::default();
    };
    let unlisted = (list(facts, "sboms").iter()).flat_map(|sbom| list(sbom, "unlisted"));
    let unlisted: Vec<&str> = unlisted.filter_map(Value::as_str).collect();
    let (counted, suppressed) = (list(scan, "vulnerabilities"), list(scan, "suppressed"));
    let mut kinds: Vec<String> = counted.iter().map(|one| word(one, "severity")).collect();
    if !suppressed.is_empty() {
        kinds.push("suppressed".into());
    }
    markup! {
        @if counted.is_empty() && suppressed.is_empty() {
            p { "No vulnerability was reported." }
        } @else {
            div.filter {
                (boxes(&kinds))
                div.wide { table {
                    caption { "Vulnerabilities" }
                    tr { th { "Severity" } th { "Vulnerability" } th { "Package" } th { "Published" } th { "Fixed in" } th { "Suppressed by" } }
                    @for one in counted.iter().take(ROWS) {
                        tr class={ "k-" (class(&word(one, "severity"))) } { (vulnerability(one)) td {} }
                    }
                    @for one in suppressed.iter().take(ROWS) {
                        tr.k-suppressed { (vulnerability(one)) td.long { (reasons(one)) } }
                    }
                    (cut(counted.len().max(suppressed.len()), 6))
                } }
            }
        }
        @if !unlisted.is_empty() {
            p { "In packages that the image's SBOM does not list, so that one of both is wrong: " (unlisted.join(", ")) }
        }
    }
}

fn vulnerability(one: &Value) -> Markup {
    let aliases = texts(one, "aliases");
    let published = word(one, "published");
    markup! {
        td.short { (word(one, "severity")) }
        td.short { (word(one, "id")) @if !aliases.is_empty() { br; small { (aliases) } } }
        td { (word(one, "package")) " " (word(one, "version")) }
        td.short { (published.chars().take(10).collect::<String>()) }
        td { (texts(one, "fixedIn")) }
    }
}

fn reasons(one: &Value) -> String {
    let reasons = list(one, "suppressedBy").iter();
    let reasons =
        reasons.map(|reason| format!("{}: {}", word(reason, "by"), word(reason, "reason")));
    reasons.collect::<Vec<_>>().join("; ")
}

/// A check box for each kind of row, in the order in which they come first; its count beside it.
fn boxes(kinds: &[String]) -> Markup {
    let mut counted: Vec<(&str, usize)> = Vec::new();
    for kind in kinds {
        match counted.iter_mut().find(|(known, _)| known == kind) {
            Some((_, count)) => *count += 1,
            None => counted.push((kind, 1)),
        }
    }
    markup! {
        @if counted.len() > 1 {
            p.boxes {
                @for (kind, count) in counted {
                    label { input type="checkbox" class={ "f-" (class(kind)) } checked; " " (kind) " (" (count) ")" }
                    " "
                }
            }
        }
    }
}

fn cut(rows: usize, columns: usize) -> Markup {
    markup! {
        @if rows > ROWS {
            tr { td colspan=(columns) { (rows - ROWS) " more are not shown here: evidence verify --output json has all." } }
        }
    }
}

/// A class of the style sheet for one of the known kinds.
fn class(kind: &str) -> String {
    kind.replace(' ', "-")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    let list = value.get(key).and_then(Value::as_array);
    list.map(Vec::as_slice).unwrap_or_default()
}

fn texts(value: &Value, key: &str) -> String {
    let texts = list(value, key).iter().filter_map(Value::as_str);
    texts.collect::<Vec<_>>().join(", ")
}
