//! Images made anew by both cosigns in all their ways, good and with one defect each: `evidence` and both cosigns are
//! asked the same and give the same answer, but for the differences that [`differences`] explains.

mod attestations;
mod bundles;
mod case;
mod differences;
mod good;
mod handmade;
mod legacy;
mod materials;
mod mixed;
mod registry;
mod roots;
mod sign;
mod specimen;

use self::case::Answer::{Accepted, Refused, Undetermined};
use self::case::{Case, Cosign};
use self::differences::DIFFERENCES;
use self::good::{STYLES, style, style_of};
use self::sign::{Signer, Way};
use crate::running::shared;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::thread;

/// Signing mostly waits for the logs.
const MAKERS: usize = 8;
/// Asking mostly computes.
const ASKERS: usize = 4;

type Recipe = Box<dyn FnOnce() -> Vec<Case> + Send>;

#[test]
fn evidence_answers_as_both_cosigns_do_or_as_the_table_of_differences_says() {
    let _servers = shared();
    let cases: Vec<Case> = in_parallel(MAKERS, recipes(), |recipe: Recipe| recipe())
        .into_iter()
        .flatten()
        .collect();

    let mut wrong: Vec<String> = in_parallel(ASKERS, cases.clone(), |case| ask(&case))
        .into_iter()
        .flatten()
        .collect();

    wrong.extend(idle_differences(&cases));
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    assert_is_a_matrix(&cases);
}

/// What has to be made, each independent of the others.
fn recipes() -> Vec<Recipe> {
    let mut all: Vec<Recipe> = Vec::new();
    for &style in STYLES {
        all.push(Box::new(move || good::single(style)));
    }
    let some = [
        "legacy-key",
        "legacy-workflow",
        "bundle-key-log1",
        "bundle-workflow-log2",
    ];
    for style in some.map(style_of) {
        all.push(Box::new(move || good::index(style)));
        all.push(Box::new(move || good::plain(style, false)));
        all.push(Box::new(move || good::plain(style, true)));
        all.push(Box::new(move || attestations::all_types(style)));
        all.push(Box::new(move || attestations::defects(style)));
    }
    all.push(Box::new(|| good::fork(Way::Legacy, "legacy-fork")));
    all.push(Box::new(|| {
        good::fork(Way::Bundle("rekor2_tsa"), "bundle-fork")
    }));
    all.extend(several());
    all.extend(defective());
    all.extend(under_other_roots());
    all
}

/// Several signatures on one image.
fn several() -> Vec<Recipe> {
    let pairs = [
        ("legacy-key", "legacy-workflow"),
        ("legacy-key", "legacy-rsa"),
        ("bundle-key-log1", "bundle-workflow-log2"),
        ("bundle-email-log1", "bundle-workflow-log1"),
        ("bundle-key-log1", "bundle-rsa-log1"),
    ];
    let mut all: Vec<Recipe> = Vec::new();
    for (first, second) in pairs {
        all.push(Box::new(move || {
            mixed::both(style_of(first), style_of(second))
        }));
    }
    all.push(Box::new(|| {
        mixed::beside_a_broken_one(style_of("bundle-key-log1"))
    }));
    all.push(Box::new(|| {
        mixed::beside_a_broken_one(style_of("bundle-workflow-log2"))
    }));
    all.push(Box::new(mixed::foreign_bundle));
    all
}

/// One defect an image.
fn defective() -> Vec<Recipe> {
    let (key, email) = (Signer::Key("bob"), Signer::Email);
    let (first, second) = (Way::Bundle("rekor1"), Way::Bundle("rekor2_tsa"));
    let legacy = [("legacy-key", key), ("legacy-workflow", email)];
    let bundles = [
        ("bundle-key-log1", key, first),
        ("bundle-key-log2", key, second),
        ("bundle-workflow-log1", email, first),
        ("bundle-workflow-log2", email, second),
    ];
    let mut all: Vec<Recipe> = vec![Box::new(handmade::legacy), Box::new(handmade::bundles)];
    for (name, signer) in legacy {
        let stranger = style("stranger", signer, Way::Legacy);
        all.push(Box::new(move || legacy::defects(style_of(name), stranger)));
    }
    for (name, signer, way) in bundles {
        let stranger = style("stranger", signer, way);
        all.push(Box::new(move || bundles::defects(style_of(name), stranger)));
    }
    all
}

/// Answers in the order of `roots`: without authority, logs, certificate logs, timestamp authority; then after each.
fn under_other_roots() -> Vec<Recipe> {
    let (a, r, u) = (Accepted, Refused, Undetermined);
    let all = [
        ("legacy-key", [a, u, a, a, a, r, a, a]),
        ("legacy-workflow", [u, u, u, a, r, r, r, a]),
        ("bundle-key-log1", [a, u, a, a, a, r, a, a]),
        ("bundle-workflow-log1", [u, u, u, a, r, r, r, a]),
        ("bundle-workflow-log2", [u, u, u, u, r, r, r, r]),
    ];
    all.map(|(name, answers)| -> Recipe {
        Box::new(move || roots::under_each(style_of(name), answers))
    })
    .into()
}

/// Puts a case to all three; says what is not as it should be.
fn ask(case: &Case) -> Vec<String> {
    let mut wrong = Vec::new();
    let (ours, words) = case.ask_evidence();
    if ours != case.wanted {
        wrong.push(format!(
            "{}: evidence says {ours:?}, wanted {:?}: {words}",
            case.name, case.wanted
        ));
    }
    for cosign in Cosign::BOTH {
        let known = DIFFERENCES
            .iter()
            .find(|one| one.is_about(&case.name, cosign));
        let expected = known.map_or(case.wanted.as_cosign(), |one| one.says);
        let (theirs, words) = case.ask(cosign);
        if theirs != expected {
            wrong.push(format!(
                "{}: cosign {cosign:?} says {theirs:?}, expected {expected:?}{}: {words}",
                case.name,
                known.map_or(String::new(), |one| format!(", since {}", one.why)),
            ));
        }
    }
    wrong
}

/// Differences that are none: nothing is about them, or they say what is said anyway.
fn idle_differences(cases: &[Case]) -> Vec<String> {
    let mut idle = Vec::new();
    for difference in DIFFERENCES {
        let about: Vec<_> = cases
            .iter()
            .filter(|case| {
                difference
                    .who
                    .iter()
                    .any(|&who| difference.is_about(&case.name, who))
            })
            .collect();
        if about.is_empty() {
            idle.push(format!("no case is about {}", difference.cases));
        }
        for case in about {
            if case.wanted.as_cosign() == difference.says {
                idle.push(format!(
                    "{}: {} is no difference",
                    case.name, difference.cases
                ));
            }
        }
    }
    idle
}

#[track_caller]
fn assert_is_a_matrix(cases: &[Case]) {
    let names: BTreeSet<_> = cases.iter().map(|case| &case.name).collect();
    assert_eq!(names.len(), cases.len(), "two cases have one name");
    assert!(cases.len() >= 100, "{} cases", cases.len());
    let refusals = cases.iter().filter(|case| case.wanted != Accepted);
    let defects: BTreeSet<_> = refusals
        .filter_map(|case| case.name.split('/').nth(1))
        .collect();
    assert!(defects.len() >= 12, "{defects:?}");
    println!(
        "{} cases, each put to two cosigns; {} kinds of defects",
        cases.len(),
        defects.len()
    );
}

/// Does that with all of them, so many at the same time; gives the results in the order of the inputs.
fn in_parallel<T: Send, R: Send>(
    workers: usize,
    inputs: Vec<T>,
    work: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let queue = Mutex::new(inputs.into_iter().enumerate());
    let results = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().next();
                    let Some((place, input)) = next else {
                        break;
                    };
                    let result = work(input);
                    results.lock().unwrap().push((place, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap();
    results.sort_by_key(|(place, _)| *place);
    results.into_iter().map(|(_, result)| result).collect()
}
