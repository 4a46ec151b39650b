//! Questions about a file's Sigstore bundle that several themes ask.

use crate::case::Ask;
use crate::stage::Stage;
use evidence::sandbox::{Defect, SignedBy};
use serde_json::Value;

/// Signed with the defect.
pub(crate) fn defective(stage: &Stage, signer: &SignedBy, wrong: bool, defect: Defect) -> Ask {
    let bundle = stage.blob(signer, wrong.then_some(defect));
    stage.ask(bundle, stage.accept(signer))
}

/// Edited after it was signed.
pub(crate) fn edited(
    stage: &Stage,
    signer: &SignedBy,
    wrong: bool,
    edit: impl Fn(&mut Value),
) -> Ask {
    let mut bundle = stage.blob(signer, None);
    if wrong {
        edit(&mut bundle);
    }
    stage.ask(bundle, stage.accept(signer))
}

/// Judged under an edited root.
pub(crate) fn rooted(stage: &Stage, signer: &SignedBy, wrong: bool, edit: fn(&mut Value)) -> Ask {
    judged_under(stage, signer, &stage.blob(signer, None), wrong, edit)
}

/// This bundle, judged under an edited root.
pub(crate) fn judged_under(
    stage: &Stage,
    signer: &SignedBy,
    bundle: &Value,
    wrong: bool,
    edit: fn(&mut Value),
) -> Ask {
    let root = stage.root(|root| {
        if wrong {
            edit(root);
        }
    });
    stage.ask_under(bundle, stage.accept(signer), &root)
}

/// This bundle, judged under the sandbox's own root where something is to be wrong, else under the strangers', too.
pub(crate) fn judged_by_half(stage: &Stage, signer: &SignedBy, bundle: &Value, wrong: bool) -> Ask {
    let (own, both) = (stage.root(|_| {}), stage.root_of_both());
    let root = if wrong { own } else { both };
    stage.ask_under(bundle, stage.accept(signer), &root)
}
