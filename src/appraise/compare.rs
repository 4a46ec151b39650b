//! Does a stated claim follow? The same shape by shape, but for words and for what one side could not know.

use super::Claim;
use crate::model::{StatedClaim, Status};
use serde_json::Value;

/// Whether a stated claim follows from its capture.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Comparison {
    /// It does.
    Follows,
    /// It does not; where the two differ.
    Differs(String),
    /// This verifier lacks a root that the producer had.
    Undetermined(String),
}

/// Compares a stated claim with the one that follows.
///
/// Messages are words, not facts: a later version may put them better, so only codes are compared. A signature
/// that the producer could not judge for lack of a root or key, and this verifier can, is no contradiction as long
/// as the producer did not claim more than follows; all else must be the same.
pub fn compare(stated: &StatedClaim, found: &Claim) -> Comparison {
    let found = found.to_stated();
    let (left, right) = (comparable(stated), comparable(&found));
    if left == right {
        return Comparison::Follows;
    }
    let (mut left_facts, mut right_facts) = (facts(&left), facts(&right));
    let (mut knows_less, mut knows_more) = (false, false);
    for list in JUDGED {
        for (stated, found) in objects(&mut left_facts, list)
            .iter_mut()
            .zip(objects(&mut right_facts, list))
        {
            let (was, is) = (outcome(stated), outcome(found));
            if was == is {
                continue;
            }
            let is_unknown = is == "unknown-root";
            if is_unknown || matches!(was.as_str(), "unknown-root" | "unknown-key") {
                knows_less |= is_unknown;
                knows_more |= !is_unknown;
                drop_judgement(stated);
                drop_judgement(found);
            }
        }
    }
    let is_same_but_for_judgements = left_facts == right_facts;
    if is_same_but_for_judgements && knows_less {
        return Comparison::Undetermined(
            "a signature was made under a root that this verifier does not have (--trusted-root)"
                .into(),
        );
    }
    let claims_more = stated.met == Some(true) && found.met != Some(true)
        || stated.status == Status::Verified && found.status != Status::Verified;
    if is_same_but_for_judgements && knows_more && !claims_more {
        return Comparison::Follows;
    }
    Comparison::Differs(difference("", &left, &right))
}

/// The lists of what was judged under roots, in the facts of images, SBOMs, drifts and scans. Elsewhere a name such as `outcome` or `message` may
/// be anybody's: the label of a series, for one.
const JUDGED: [&str; 6] = [
    "attestations",
    "comparisons",
    "documents",
    "sboms",
    "seals",
    "signatures",
];

fn comparable(claim: &StatedClaim) -> Value {
    let mut value = serde_json::to_value(claim).unwrap_or_default();
    let drop_message = |problem: &mut Value| {
        if let Some(map) = problem.as_object_mut() {
            map.remove("message");
        }
    };
    if let Some(problems) = value.get_mut("problems").and_then(Value::as_array_mut) {
        problems.iter_mut().for_each(drop_message);
    }
    if let Some(facts) = value.get_mut("facts") {
        drop_words(facts);
    }
    for list in JUDGED {
        for object in value
            .get_mut("facts")
            .map_or(&mut [][..], |facts| objects(facts, list))
        {
            for problem in ["problem", "unreadable"] {
                object.get_mut(problem).map(drop_message);
            }
            // Another version of the strict reader may take what this one does not.
            let document = object.get_mut("document").and_then(Value::as_object_mut);
            document.map(|document| document.remove("strict"));
        }
    }
    value
}

/// Takes the words out of facts, which a later version may put better.
fn drop_words(facts: &mut Value) {
    let strike = |object: &mut Value, words: &[&str]| {
        if let Some(map) = object.as_object_mut() {
            words.iter().for_each(|word| drop(map.remove(*word)));
        }
    };
    if let Some(recomputed) = facts.get_mut("recomputed") {
        strike(recomputed, &["reason"]);
    }
    for check in objects(facts, "checks") {
        objects(check, "reasons")
            .iter_mut()
            .for_each(|one| strike(one, &["message"]));
        for series in objects(check, "series") {
            objects(series, "rules")
                .iter_mut()
                .for_each(|one| strike(one, &["rule", "found"]));
        }
    }
}

fn facts(claim: &Value) -> Value {
    claim.get("facts").cloned().unwrap_or_default()
}

fn objects<'a>(facts: &'a mut Value, list: &str) -> &'a mut [Value] {
    facts
        .get_mut(list)
        .and_then(Value::as_array_mut)
        .map_or(&mut [], Vec::as_mut_slice)
}

fn outcome(object: &Value) -> String {
    let text = object.get("outcome").and_then(Value::as_str);
    text.unwrap_or_default().into()
}

/// Takes out what depends on roots and keys.
fn drop_judgement(object: &mut Value) {
    if let Some(map) = object.as_object_mut() {
        // Of a comparison or of an SBOM that was read with a scan nothing stands when it was not accepted.
        for dependent in [
            "outcome",
            "signer",
            "logIndex",
            "signedAt",
            "problem",
            "now",
            "before",
            "drift",
            "packages",
            "unlisted",
            "unlistedCount",
        ] {
            map.remove(dependent);
        }
    }
}

/// The JSON pointer of the first difference, with both values in short.
fn difference(at: &str, left: &Value, right: &Value) -> String {
    match (left, right) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let (a, b) = (
                    a.get(key).unwrap_or(&Value::Null),
                    b.get(key).unwrap_or(&Value::Null),
                );
                if a != b {
                    return difference(&format!("{at}/{key}"), a, b);
                }
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (number, (a, b)) in a.iter().zip(b).enumerate() {
                if a != b {
                    return difference(&format!("{at}/{number}"), a, b);
                }
            }
        }
        _ => {}
    }
    format!(
        "{at} is stated as {}, what follows is {}",
        short(left),
        short(right)
    )
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(80) {
        Some((cut, _)) => format!("{}…", text.get(..cut).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Problem;
    use serde_json::json;

    fn claim(met: Option<bool>, facts: &Value) -> Claim {
        let problems = if met == Some(true) {
            vec![]
        } else {
            vec![Problem::new("image-root-unknown", "words")]
        };
        Claim::new(Status::Recorded, met, facts, problems)
    }

    fn object(outcome: &str) -> Value {
        json!({"signatures": [{"object": "sha256:1", "outcome": outcome, "signer": outcome}]})
    }

    #[test]
    fn other_words_are_no_other_claim() {
        let mut stated = claim(None, &json!({"value": "1"})).to_stated();
        stated.problems[0].message = "put differently".into();

        assert_eq!(
            compare(&stated, &claim(None, &json!({"value": "1"}))),
            Comparison::Follows
        );
    }

    #[test]
    fn an_edited_value_is_named_by_its_place() {
        let stated = claim(Some(true), &json!({"value": "0.2"})).to_stated();

        let Comparison::Differs(place) =
            compare(&stated, &claim(Some(true), &json!({"value": "0.4"})))
        else {
            panic!("not seen");
        };
        assert_eq!(
            place,
            "/facts/value is stated as \"0.2\", what follows is \"0.4\""
        );
    }

    #[test]
    fn what_an_sbom_a_seal_or_a_comparison_says_is_set_aside_with_a_root_that_is_lacking() {
        for (known, unknown) in [
            (
                json!({"sboms": [{"outcome": "valid", "packages": 3, "unlisted": ["a"], "unlistedCount": 1}]}),
                json!({"sboms": [{"outcome": "unknown-root", "packages": 0, "unlisted": [], "unlistedCount": 0}]}),
            ),
            (
                json!({"seals": [{"outcome": "valid", "signer": "a", "signedAt": "b"}]}),
                json!({"seals": [{"outcome": "unknown-root", "signer": null, "signedAt": null}]}),
            ),
            (
                json!({"comparisons": [{"platform": null, "outcome": "valid", "now": {}, "before": {}, "drift": {}}]}),
                json!({"comparisons": [{"platform": null, "outcome": "unknown-root"}]}),
            ),
        ] {
            let stated = claim(Some(true), &known).to_stated();

            let found = compare(&stated, &claim(None, &unknown));

            assert!(matches!(found, Comparison::Undetermined(_)), "{found:?}");
        }
    }

    #[test]
    fn a_root_that_the_verifier_lacks_makes_it_undetermined_and_one_more_root_changes_nothing() {
        let stated = claim(Some(true), &object("valid")).to_stated();
        let lacking = compare(&stated, &claim(None, &object("unknown-root")));
        assert!(matches!(lacking, Comparison::Undetermined(_)));

        let modest = claim(None, &object("unknown-root")).to_stated();
        assert_eq!(
            compare(&modest, &claim(Some(true), &object("valid"))),
            Comparison::Follows
        );
    }

    #[test]
    fn a_better_claim_than_follows_is_refused_even_where_the_verifier_knows_more() {
        let mut stated = claim(None, &object("unknown-key")).to_stated();
        stated.met = Some(true);

        assert!(matches!(
            compare(&stated, &claim(Some(false), &object("invalid"))),
            Comparison::Differs(_)
        ));
    }

    #[test]
    fn only_judged_objects_may_be_judged_otherwise() {
        let two = |first: &str, second: &str, signer: &str| {
            json!({"signatures": [
                {"object": "sha256:1", "outcome": first},
                {"object": "sha256:2", "outcome": second, "signer": signer},
            ], "platform": "a"})
        };
        let found = claim(Some(true), &two("valid", "invalid", "a"));
        for lie in [
            two("unknown-key", "valid", "a"),
            two("unknown-key", "invalid", "b"),
        ] {
            let stated = claim(None, &lie).to_stated();
            assert!(
                matches!(compare(&stated, &found), Comparison::Differs(_)),
                "{lie}"
            );
        }
        let mut better = claim(None, &two("unknown-key", "invalid", "a")).to_stated();
        assert_eq!(compare(&better, &found), Comparison::Follows);
        better.status = Status::Verified;
        assert!(matches!(compare(&better, &found), Comparison::Differs(_)));

        let mut elsewhere = two("valid", "valid", "a");
        elsewhere["platform"] = json!("b");
        let lacking = claim(None, &two("unknown-root", "valid", "a"));
        let stated = claim(Some(true), &elsewhere).to_stated();
        assert!(matches!(compare(&stated, &lacking), Comparison::Differs(_)));
    }

    #[test]
    fn labels_of_a_metrics_server_are_facts_whatever_their_names() {
        let series = |outcome: &str, message: &str| {
            json!({"series": [{"labels": {
                "object": "x", "outcome": outcome, "code": "500", "message": message,
            }}]})
        };
        let found = claim(Some(false), &series("unknown-root", "a"));
        for lie in [
            series("valid", "a"),
            series("unknown-root", "b"),
            series("unknown", "a"),
        ] {
            let stated = claim(Some(false), &lie).to_stated();
            assert!(
                matches!(compare(&stated, &found), Comparison::Differs(_)),
                "{lie}"
            );
        }
    }
}
