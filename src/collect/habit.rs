//! Where a registry's images have their signatures: what the first of its images teaches about the others.
//!
//! cosign 2 puts signatures under tags, cosign 3 among the referrers, and a team mostly uses one of them. Asking both
//! for each of five hundred images costs a request apiece. Only the order of looking follows from this, never the
//! verdict: where the first place is not enough, the other one is looked at too.

use crate::oci::Reference;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Duration;
use tokio::sync::watch;

/// So long others wait for what the first image teaches: a registry that stalls on one must not stall all.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where attachments are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    /// The manifests that name the image as their subject.
    Referrers,
    /// cosign's tags.
    Tags,
}

/// An image's turn: it teaches, or waits for the one that does.
#[derive(Debug)]
pub struct Turn(Role);

#[derive(Debug)]
enum Role {
    Leads(watch::Sender<Option<Place>>),
    Follows(watch::Receiver<Option<Place>>),
}

/// Hands out turns. The first image of each registry, in the order of the calls, leads: equal input gives equal looks.
#[derive(Debug, Default)]
pub struct Turns(BTreeMap<String, watch::Receiver<Option<Place>>>);

impl Turns {
    /// The turn of the next image.
    pub fn next(&mut self, reference: &Reference) -> Turn {
        match self.0.entry(reference.registry.clone()) {
            Entry::Occupied(known) => Turn(Role::Follows(known.get().clone())),
            Entry::Vacant(unknown) => {
                let (sender, receiver) = watch::channel(None);
                unknown.insert(receiver);
                Turn(Role::Leads(sender))
            }
        }
    }
}

impl Turn {
    /// Where to look first; none when that is not known.
    pub(super) async fn habit(&mut self) -> Option<Place> {
        match &mut self.0 {
            Role::Leads(_) => None,
            Role::Follows(receiver) => {
                let taught = receiver.wait_for(Option::is_some);
                // An error: the leader takes too long, or ended and learnt nothing.
                let taught = tokio::time::timeout(PATIENCE, taught).await.ok()?;
                taught.ok().and_then(|place| *place)
            }
        }
    }

    /// Tells the others where enough was found. A leader that found nothing is dropped, which tells them too.
    pub(super) fn teach(self, place: Option<Place>) {
        if let Role::Leads(sender) = self.0 {
            sender.send_replace(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_image_of_a_registry_teaches_the_others_and_no_other_registry() {
        let reference = |text: &str| text.parse::<Reference>().unwrap();
        let mut turns = Turns::default();
        let mut first = turns.next(&reference("a.example/x"));
        let mut second = turns.next(&reference("a.example/y"));
        let mut other = turns.next(&reference("b.example/x"));

        assert_eq!(first.habit().await, None);
        assert_eq!(other.habit().await, None);
        first.teach(Some(Place::Tags));
        assert_eq!(second.habit().await, Some(Place::Tags));
    }

    #[tokio::test]
    async fn nobody_waits_for_a_leader_that_ended() {
        let reference: Reference = "a.example/x".parse().unwrap();
        let mut turns = Turns::default();
        let first = turns.next(&reference);
        let mut second = turns.next(&reference);

        drop(first);

        assert_eq!(second.habit().await, None);
    }
}
