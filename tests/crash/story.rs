//! One command, disturbed at each of its points, and the run after.

use crate::order;
use crate::stage::{Case, Stage, run};
use crate::state::state;
use crate::tracer::{Deed, Traced, trace};
use evidence::model::Digest;
use nix::errno::Errno;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::Command;

/// A command and what it must come to.
pub(crate) struct Story<'a> {
    /// What it is called where points are counted.
    pub(crate) name: &'a str,
    pub(crate) stage: &'a Stage,
    /// What it starts from.
    pub(crate) start: &'a Case,
    /// The command.
    pub(crate) command: fn(&Stage, &Case) -> Command,
    /// What is half or wrong after a run that was disturbed.
    pub(crate) wrong: &'a dyn Fn(&Case) -> Vec<String>,
    /// What is not as an undisturbed run leaves it.
    pub(crate) unlike: &'a dyn Fn(&Case) -> Vec<String>,
    /// Fewer points than these are no trial.
    pub(crate) least: usize,
}

impl Story<'_> {
    /// Kills it at every point (or each nth, as `EVIDENCE_CRASH_EVERY` says), and says on standard error how many those
    /// were.
    pub(crate) fn killed_everywhere(&self) {
        let points = self.undisturbed();
        let (killed, states) = self.killed(points);
        self.say(&format!(
            "killed at {killed} of {points} points, which left {states} different states"
        ));
        assert!(
            killed * every() >= self.least,
            "{killed} points are no trial"
        );
        assert!(
            states * every() >= self.least / 4,
            "{states} states are no trial"
        );
    }

    /// Refuses its calls from every one on.
    pub(crate) fn refused_everywhere(&self) {
        for (errno, name) in [(Errno::ENOSPC, "ENOSPC"), (Errno::EROFS, "EROFS")] {
            let (refused, states) = self.refused(errno);
            self.say(&format!(
                "refused with {name} from {refused} calls on, which left {states} different states"
            ));
            let least = self.least / 4;
            assert!(refused * every() >= least, "{refused} calls are no trial");
        }
    }

    /// Not by eprintln, which is kept back from who runs the tests.
    fn say(&self, what: &str) {
        let line = format!("{}: {what}\n", self.name);
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }

    /// Runs it once as it is: in an order that outlives a power cut, with nothing written elsewhere. Gives its points.
    fn undisturbed(&self) -> usize {
        let (case, traced) = self.traced(Deed::Watch);

        assert_eq!(traced.code, Some(0), "{}: {}", self.name, traced.stderr);
        assert_eq!(order::flaws(&traced.calls), Vec::<String>::new());
        assert_eq!(traced.elsewhere, Vec::<std::path::PathBuf>::new());
        self.assert_ended(&case, &format!("{} as it is", self.name));
        traced.points
    }

    /// Kills it at each point; gives how many there were, and how many states they left.
    fn killed(&self, points: usize) -> (usize, usize) {
        let mut states = BTreeSet::new();
        let mut tried = 0;
        // Threads are never twice as fast: a run may have some points more.
        for point in (0..points + 8).step_by(every()) {
            let (case, traced) = self.traced(Deed::Kill(point));
            if traced.code.is_some() {
                break;
            }
            tried += 1;
            let at = format!("{} killed at point {point}", self.name);
            self.assert_recovers(&case, &mut states, &at);
        }
        (tried, states.len())
    }

    /// Refuses its calls from each on.
    fn refused(&self, errno: Errno) -> (usize, usize) {
        let mut states = BTreeSet::new();
        let mut tried = 0;
        for number in (0..).step_by(every()) {
            let (case, traced) = self.traced(Deed::Refuse(number, errno));
            if traced.calls.len() <= number {
                break;
            }
            let at = format!("{} refused with {errno} from call {number} on", self.name);
            let refused = traced.calls.iter().skip(number);
            if refused
                .clone()
                .any(|call| call.can_give(errno) && call.matters())
            {
                tried += 1;
                self.assert_says(&traced, errno, &at);
            }
            self.assert_recovers(&case, &mut states, &at);
        }
        (tried, states.len())
    }

    fn traced(&self, deed: Deed) -> (Case, Traced) {
        let case = self.stage.like(self.start);
        let aside = tempfile::tempdir().unwrap();
        let command = (self.command)(self.stage, &case);
        let traced = trace(&command, case.folder.path(), aside.path(), deed);
        (case, traced)
    }

    #[track_caller]
    fn assert_says(&self, traced: &Traced, errno: Errno, at: &str) {
        let said = &traced.stderr;
        let advice = match errno {
            Errno::ENOSPC => "hint: free some space",
            _ => "hint: name another ",
        };
        assert_eq!(traced.code, Some(3), "{at}: {said}");
        assert!(said.contains("error: cannot "), "{at}: {said}");
        assert!(said.contains(advice), "{at}: {said}");
    }

    /// Nothing is half or wrong, and the next run ends as an undisturbed one does.
    #[track_caller]
    fn assert_recovers(&self, case: &Case, states: &mut BTreeSet<Digest>, at: &str) {
        assert_eq!((self.wrong)(case), Vec::<String>::new(), "{at}");
        // The next run knows nothing but what is on disk: it need not be tried twice from one state.
        if !states.insert(state(case)) {
            return;
        }

        let next = run((self.command)(self.stage, case));

        assert_eq!(next.code, Some(0), "{at}, then: {}", next.stderr);
        self.assert_ended(case, &format!("{at}, and run again"));
    }

    #[track_caller]
    fn assert_ended(&self, case: &Case, at: &str) {
        assert_eq!((self.wrong)(case), Vec::<String>::new(), "{at}");
        assert_eq!((self.unlike)(case), Vec::<String>::new(), "{at}");
    }
}

/// Each which point is tried.
fn every() -> usize {
    let said = std::env::var("EVIDENCE_CRASH_EVERY").ok();
    said.and_then(|text| text.parse().ok())
        .filter(|every| *every > 0)
        .unwrap_or(1)
}
