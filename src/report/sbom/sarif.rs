//! What stands against SBOMs, as results of a SARIF log.

use super::{SbomAnswer, SbomTarget, Standing, TargetKind};
use crate::model::Problem;
use crate::report::sarif::{Entry, Level, Location};

/// An entry for each problem.
pub fn entries(answer: &SbomAnswer) -> Vec<Entry> {
    let of = |target: &SbomTarget| -> Vec<Entry> {
        let own = target.problems.iter().map(|one| (String::new(), one));
        let documents = target.documents.iter().flat_map(|one| {
            let place = one.origin.place();
            one.problems
                .iter()
                .map(move |problem| (place.clone(), problem))
        });
        (own.chain(documents))
            .map(|(place, problem)| entry(target, &place, problem))
            .collect()
    };
    answer.targets.iter().flat_map(of).collect()
}

fn entry(target: &SbomTarget, place: &str, problem: &Problem) -> Entry {
    let is_file = target.kind == TargetKind::File && target.target != "-";
    let message = match place {
        "" => problem.message.clone(),
        place => format!("{place}: {}", problem.message),
    };
    Entry {
        rule: format!("EV-{}", problem.code),
        demand: demand(&problem.code),
        level: match target.standing {
            Standing::Undetermined => Level::Warning,
            _ => Level::Error,
        },
        message,
        location: match is_file {
            true => Location::File {
                path: target.target.clone(),
                position: None,
            },
            false => Location::Thing(target.target.clone()),
        },
        key: place.into(),
    }
}

/// What a problem's rule demands, by its code.
fn demand(code: &str) -> String {
    match code {
        "license-denied" => "Every license is allowed".into(),
        "license-unknown" => "Every license that decides about a package is known".into(),
        "license-missing" => "Every package has a license".into(),
        "sbom-quality-score" => "An SBOM is as complete as it must be".into(),
        "sbom-other-image" => "An SBOM is of the image that it is attested for".into(),
        _ => match code.strip_prefix("sbom-quality-") {
            Some(element) => format!("An SBOM says the {element} everywhere"),
            None => "An SBOM is there, readable, and by whom was asked".into(),
        },
    }
}
