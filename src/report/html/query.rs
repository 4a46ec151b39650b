//! How a metric was asked for.

use super::word;
use maud::{Markup, html as markup};
use serde_json::Value;

/// What a metric's query was, what the demand's own text asks for, and whether the answer follows from the samples.
pub(super) fn query(facts: &Value) -> Markup {
    let (expr, source) = (word(facts, "expr"), word(facts, "sourceQuery"));
    let nothing = Value::Null;
    let recomputed = facts.get("recomputed").unwrap_or(&nothing);
    let outcome = match word(recomputed, "outcome").as_str() {
        "equal" => {
            "the answer was computed again from the raw samples and is the same to the last bit"
        }
        "open" => "whether the answer follows from the raw samples is not known",
        "differs" => "computed again from the raw samples, the answer is ANOTHER one",
        _ => "",
    };
    let reason = word(recomputed, "reason");
    markup! {
        @if !expr.is_empty() || !source.is_empty() {
            dl.query {
                @if !expr.is_empty() { dt { "Query" } dd { pre { code { (expr) } } } }
                @if !source.is_empty() && source != expr { dt { "As demanded" } dd { pre { code { (source) } } } }
            }
        }
        @if !outcome.is_empty() {
            p.bad[word(recomputed, "outcome") == "differs"] { "Recomputed: " (outcome) @if !reason.is_empty() { " (" (reason) ")" } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_query_stands_beside_what_was_demanded_and_another_answer_is_said_loudly() {
        let facts = json!({
            "expr": "rate(a[5m]) < 1",
            "sourceQuery": "rate(<b>)",
            "recomputed": {"outcome": "differs", "reason": "2 of 481 values"},
        });

        let page = query(&facts).into_string();

        assert!(page.contains("<code>rate(a[5m]) &lt; 1</code>"), "{page}");
        assert!(page.contains("<code>rate(&lt;b&gt;)</code>"));
        assert!(page.contains("ANOTHER one (2 of 481 values)"));
        assert_eq!(query(&json!({})).into_string(), "");
        assert_eq!(query(&Value::Null).into_string(), "");
    }
}
