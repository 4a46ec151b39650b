//! Where cosign answers otherwise, and why `evidence` does not follow it.

use super::case::{Answer, Cosign};

/// A class of cases about which that cosign says otherwise.
pub(crate) struct Difference {
    /// STYLE/QUESTION; a `*` stands for any text.
    pub(crate) cases: &'static str,
    pub(crate) who: &'static [Cosign],
    pub(crate) says: Answer,
    pub(crate) why: &'static str,
}

impl Difference {
    pub(crate) fn is_about(&self, case: &str, cosign: Cosign) -> bool {
        self.who.contains(&cosign) && fits(self.cases, case)
    }
}

/// Where `evidence` is right to say otherwise: all of them.
pub(crate) const DIFFERENCES: &[Difference] = &[
    both(
        "*/pattern-not-anchored",
        Answer::Accepted,
        "cosign searches the pattern in the subject, so a fork's workflow passes; evidence matches the whole subject",
    ),
    both(
        "bundle-key-log1/log-promise-removed",
        Answer::Accepted,
        "cosign asks no time of a signature by key; then nothing says whether the log's key counted when it signed",
    ),
    both(
        "bundle-*/attested-and-not-signed",
        Answer::Accepted,
        "cosign takes any Sigstore bundle for a signature, an SBOM's as well; it does not look at the predicate type",
    ),
    both(
        "bundle-handmade/of-another-type",
        Answer::Accepted,
        "the same: it does not look at the predicate type",
    ),
    both(
        "bundle-handmade/without-type",
        Answer::Accepted,
        "the same: it does not look at the predicate type",
    ),
    both(
        "bundle-handmade/no-statement",
        Answer::Accepted,
        "cosign does not look at the statement's own type, and so reads what another format meant otherwise",
    ),
    both(
        "legacy-key/beside-a-foreign-bundle",
        Answer::Refused,
        "cosign looks at no tag once there is a Sigstore bundle, so anybody who may push hides a good signature; \
            evidence judges every signature on its own",
    ),
    both(
        "legacy-handmade/of-another-type",
        Answer::Accepted,
        "cosign does not look at critical.type: a payload of another purpose passes",
    ),
    both(
        "legacy-handmade/without-type",
        Answer::Accepted,
        "the same: it does not look at critical.type",
    ),
    both(
        "legacy-handmade/two-digests",
        Answer::Accepted,
        "cosign takes the last of two digests by one name; another reader takes the first",
    ),
    both(
        "legacy-handmade/digest-in-other-letters",
        Answer::Accepted,
        "cosign reads names whatever the case of their letters; JSON has no such rule",
    ),
    both(
        "legacy-*/layer-of-another-type",
        Answer::Accepted,
        "cosign takes any layer under the tag for a payload, whatever it says that it is",
    ),
    both(
        "bundle-*/log-kind-contradicts-the-body",
        Answer::Accepted,
        "cosign does not compare the kind of entry that a bundle states with the one that was logged",
    ),
    both(
        "bundle-key-log2/timestamp-*",
        Answer::Accepted,
        "cosign does not look at timestamps when a key signed; evidence reports times, so one is there and each holds",
    ),
    both(
        "bundle-workflow-log2/root-after-the-logs",
        Answer::Accepted,
        "cosign compares a log's window with the log's own time, which Rekor v2 has not",
    ),
    Difference {
        cases: "bundle-*-log2/log-body-of-another-image",
        who: &[Cosign::Three],
        says: Answer::Accepted,
        why: "cosign 3 makes the body of an entry of Rekor v2 itself and does not look at the one in the bundle",
    },
    Difference {
        cases: "bundle-*/annotation-*",
        who: &[Cosign::Two],
        says: Answer::Accepted,
        why: "cosign 2 says that it verified the annotations of a Sigstore bundle and does not compare them",
    },
];

const fn both(cases: &'static str, says: Answer, why: &'static str) -> Difference {
    Difference {
        cases,
        who: &Cosign::BOTH,
        says,
        why,
    }
}

fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|after| {
            (0..=after.len())
                .filter(|&at| after.is_char_boundary(at))
                .any(|at| fits(rest, &after[at..]))
        }),
    }
}

#[test]
fn a_star_stands_for_any_text() {
    assert!(fits("*/good", "legacy-key/good"));
    assert!(fits(
        "bundle-*/annotation-*",
        "bundle-key-log1/annotation-other-value"
    ));
    assert!(!fits("*/good", "legacy-key/goods"));
    assert!(!fits("bundle-*", "legacy-key/good"));
}
