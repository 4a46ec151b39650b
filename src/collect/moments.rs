//! When the phases of a release were: said once, and from then on the same.

use super::settled::{SETTLE, settled_now};
use crate::model::{Moment, Moments, Phase, Timestamp};

/// What the command line says of a phase.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Asked {
    /// What the phases' times count from.
    pub t0: Option<Timestamp>,
    /// When the phase is.
    pub at: Option<Timestamp>,
    /// When the change took place whose effect it looks at.
    pub change: Option<Timestamp>,
}

/// Why it is not known when a phase is.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MomentError {
    /// Another T0 was said before.
    #[error("T0 is {known}, as an earlier run was told, not {asked}")]
    OtherT0 {
        /// As recorded.
        known: Timestamp,
        /// As said now.
        asked: Timestamp,
    },
    /// The phase's time counts from T0, which nobody said.
    #[error("the phase {phase} has a time that counts from T0, which is not known")]
    NoT0 {
        /// Its name.
        phase: String,
    },
    /// The configuration gives the phase a time.
    #[error("the phase {phase} is at {at}, as its configuration and T0 say")]
    Scheduled {
        /// Its name.
        phase: String,
        /// When it is.
        at: Timestamp,
    },
    /// The phase has been captured at another time.
    #[error("the phase {phase} was at {known}, as an earlier run was told, not at {asked}")]
    Other {
        /// Its name.
        phase: String,
        /// As recorded.
        known: Timestamp,
        /// As said now.
        asked: Timestamp,
    },
    /// Nobody said when the change took place whose effect it looks at.
    #[error(
        "the phase {phase} looks at the effect of a change, and nobody said when that took place"
    )]
    NoChange {
        /// Its name.
        phase: String,
    },
    /// It is still to come, or servers do not have all samples of it yet.
    #[error("the phase {phase} is at {at}: servers have all samples of it at {ready}")]
    NotYet {
        /// Its name.
        phase: String,
        /// When it is.
        at: Timestamp,
        /// When it can be captured.
        ready: Timestamp,
    },
    /// Beyond what a calendar has.
    #[error("the time of the phase {phase} is beyond the calendar")]
    Beyond {
        /// Its name.
        phase: String,
    },
}

/// T0, as it is known or said now.
///
/// # Errors
/// When another was said before.
pub fn t0(known: &Moments, asked: Option<Timestamp>) -> Result<Option<Timestamp>, MomentError> {
    match (known.t0, asked) {
        (Some(known), Some(asked)) if known != asked => Err(MomentError::OtherT0 { known, asked }),
        (known, asked) => Ok(known.or(asked)),
    }
}

/// When servers have all samples of a moment.
pub fn ready(moment: Moment) -> Timestamp {
    moment.at.checked_add(SETTLE).unwrap_or(moment.at)
}

/// Writes down when the phase is; one that is known already keeps its time.
///
/// # Errors
/// When that is not known, contradicts what was said before, or is still to come.
pub fn settle(
    name: &str,
    phase: &Phase,
    asked: Asked,
    moments: &mut Moments,
) -> Result<Moment, MomentError> {
    moments.t0 = t0(moments, asked.t0)?;
    let phase_name = || name.to_owned();
    if let Some(known) = moments.phases.get(name).copied() {
        let other = |said: Option<Timestamp>, known: Option<Timestamp>| match (said, known) {
            (Some(asked), Some(known)) if asked != known => Some((asked, known)),
            _ => None,
        };
        let differs = other(asked.at, Some(known.at)).or(other(asked.change, known.change));
        return match differs {
            Some((asked, known)) => Err(MomentError::Other {
                phase: phase_name(),
                known,
                asked,
            }),
            None => Ok(known),
        };
    }
    let settled = settled_now();
    let moment = if phase.at_ms.is_some() {
        let t0 = moments.t0.ok_or_else(|| MomentError::NoT0 {
            phase: phase_name(),
        })?;
        let moment = phase.scheduled(t0).ok_or_else(|| MomentError::Beyond {
            phase: phase_name(),
        })?;
        if asked.at.is_some() || asked.change.is_some() {
            return Err(MomentError::Scheduled {
                phase: phase_name(),
                at: moment.at,
            });
        }
        moment
    } else {
        if phase.settle_ms > 0 && asked.change.is_none() {
            return Err(MomentError::NoChange {
                phase: phase_name(),
            });
        }
        Moment {
            at: asked.at.unwrap_or(settled),
            change: asked.change,
        }
    };
    if moment.at > settled {
        return Err(MomentError::NotYet {
            phase: phase_name(),
            at: moment.at,
            ready: ready(moment),
        });
    }
    moments.phases.insert(name.into(), moment);
    Ok(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const T0: &str = "2025-09-21T15:00:00Z";

    fn at_t0() -> Asked {
        Asked {
            t0: Some(time(T0)),
            ..Asked::default()
        }
    }

    #[test]
    fn a_phase_with_a_time_is_where_t0_puts_it_and_stays_there() {
        let t15 = Phase {
            at_ms: Some(900_000),
            settle_ms: 300_000,
            ..Phase::default()
        };
        let mut moments = Moments::default();

        let found = settle("t15", &t15, at_t0(), &mut moments).unwrap();

        assert_eq!(found.at, time("2025-09-21T15:15:00Z"));
        assert_eq!(found.change, Some(time(T0)));
        // Later runs need not say T0 again, and cannot say another.
        assert_eq!(
            settle("t15", &t15, Asked::default(), &mut moments),
            Ok(found)
        );
        let other = Asked {
            t0: Some(time("2025-09-21T15:01:00Z")),
            ..Asked::default()
        };
        let error = settle("t15", &t15, other, &mut moments).unwrap_err();
        assert!(matches!(error, MomentError::OtherT0 { .. }));
        let elsewhere = Asked {
            at: Some(time(T0)),
            ..Asked::default()
        };
        let error = settle("t15", &t15, elsewhere, &mut moments).unwrap_err();
        assert!(matches!(error, MomentError::Other { .. }));
    }

    #[test]
    fn a_phase_of_the_operator_is_when_it_is_captured_and_needs_its_change() {
        let canary = Phase {
            window_ms: Some(1_200_000),
            settle_ms: 300_000,
            ..Phase::default()
        };
        let mut moments = Moments::default();

        let error = settle("canary-25", &canary, Asked::default(), &mut moments).unwrap_err();
        assert!(matches!(error, MomentError::NoChange { .. }));

        let asked = Asked {
            at: Some(time("2025-09-21T15:40:00Z")),
            change: Some(time("2025-09-21T15:10:00Z")),
            t0: None,
        };
        let found = settle("canary-25", &canary, asked, &mut moments).unwrap();
        assert_eq!(moments.phases["canary-25"], found);
    }

    #[test]
    fn a_phase_that_is_still_to_come_says_when_to_ask_again() {
        let late = Phase {
            at_ms: Some(0),
            ..Phase::default()
        };
        let asked = Asked {
            t0: Some(Timestamp::now()),
            ..Asked::default()
        };
        let mut moments = Moments::default();

        let error = settle("late", &late, asked, &mut moments).unwrap_err();

        assert!(matches!(error, MomentError::NotYet { at, ready, .. } if ready > at));
        assert!(moments.phases.is_empty());
    }

    #[test]
    fn a_phase_that_counts_from_t0_needs_one() {
        let baseline = Phase {
            at_ms: Some(0),
            ..Phase::default()
        };

        let error = settle(
            "baseline",
            &baseline,
            Asked::default(),
            &mut Moments::default(),
        );

        assert!(matches!(error, Err(MomentError::NoT0 { .. })));
        let asked = Asked {
            at: Some(time(T0)),
            ..at_t0()
        };
        let error = settle("baseline", &baseline, asked, &mut Moments::default());
        assert!(matches!(error, Err(MomentError::Scheduled { .. })));
    }
}
