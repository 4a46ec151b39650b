//! From captured bytes to claims. The only maker of claims: pure functions of capture, expectation and trust.

pub mod claim;
pub mod command;
pub mod compare;
pub mod configuration;
pub mod dashboard;
pub mod demand;
pub mod derived;
pub mod drift;
pub mod file;
pub mod gate;
pub mod image;
pub mod image_sboms;
pub mod metric;
pub mod picture;
pub mod release;
pub mod sbom;
pub mod scan;

mod attested;
mod dashboard_document;
pub mod dashboard_pairs;
mod dashboard_panels;
mod metric_answer;
mod metric_facts;
mod metric_inputs;
mod recompute;
mod signatures;
mod signed;

pub use claim::{Appraised, Claim, REDACTED};
pub use command::command;
pub use compare::{Comparison, compare};
pub use configuration::configuration;
pub use dashboard::dashboard;
pub use derived::derived;
pub use file::file;
pub use gate::gate;
pub use image::ImageRequest;
pub use metric::metric;
pub use release::release;
pub use signatures::SignatureTrust;
pub use signed::{Signed, Vouched};

#[cfg(test)]
mod cutover;

use crate::model::{Capture, Expectation, Kind, Release};

/// What an appraisal may lean on besides the capture.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The release that the bundle is about.
    pub release: &'a Release,
    /// Roots and keys for signatures.
    pub signatures: SignatureTrust<'a>,
}

/// Appraises a capture by its expectation; gives who validly signed what it is about, too.
pub fn item(
    capture: &Capture,
    expectation: &Expectation,
    context: &Context<'_>,
) -> (Appraised, Signed) {
    let (appraised, signed) = whole(capture, expectation, context);
    match capture.is_redacted() && expectation.kind() != Kind::Gate {
        true => (appraised.redacted(), signed),
        // A gate sees to it itself: it is judged without an item, too.
        false => (appraised, signed),
    }
}

/// The same as if nothing had been blanked.
fn whole(
    capture: &Capture,
    expectation: &Expectation,
    context: &Context<'_>,
) -> (Appraised, Signed) {
    let about = context.release;
    let unsigned = |appraised| (appraised, Signed::default());
    match expectation {
        Expectation::Configuration { path } => {
            unsigned(configuration(capture, path.as_deref(), about))
        }
        Expectation::Release { tag } => unsigned(release(capture, tag, about)),
        Expectation::Image {
            reference,
            signed_by,
        } => {
            let found = image::image(capture, reference, signed_by, context);
            (found.appraised, found.signed)
        }
        Expectation::Sbom {
            format,
            signed_by,
            checks,
            ..
        } => {
            let found = sbom::sbom(capture, *format, signed_by, checks, &context.signatures);
            (found.appraised, found.signed)
        }
        Expectation::Drift(wanted) => drift::drift(capture, wanted, context),
        Expectation::Scan(wanted) => unsigned(scan::scan(capture, wanted, context)),
        Expectation::Metric(wanted) => unsigned(metric(capture, wanted)),
        Expectation::Derived(wanted) => unsigned(derived(capture, wanted)),
        Expectation::Gate(wanted) => unsigned(gate(capture, wanted)),
        Expectation::Dashboard(wanted) => unsigned(dashboard(capture, wanted)),
        Expectation::File { path, .. } => unsigned(file(capture, path, about)),
        Expectation::Command { run, exit_code } => unsigned(command(capture, run, *exit_code)),
    }
}
