use super::*;
use RuleOutcome::{Fired, Inconclusive, Quiet};

const MINUTE: u64 = 60_000;

fn lasts(steps: &str, length_ms: u64, inclusive: bool) -> RuleResult {
    let rule = red(lasting(above("0.35"), length_ms, inclusive));
    outcome(uncovered(vec![rule]), &drawn(steps))
}

#[test]
fn a_run_of_just_the_length_fires_when_that_is_enough() {
    // Last step less first: 5 steps are one minute.
    assert_eq!(lasts(".xxxxx.", MINUTE, true).outcome, Fired);
    assert_eq!(lasts(".xxxxx.", MINUTE, false).outcome, Quiet);
    assert_eq!(lasts(".xxxxxx.", MINUTE, false).outcome, Fired);
    assert_eq!(lasts(".xxxx.", MINUTE, true).outcome, Quiet);
    // Between two steps.
    assert_eq!(lasts(".xxxxx.", MINUTE - 1, false).outcome, Fired);
    assert_eq!(lasts(".xxxxx.", MINUTE + 1, true).outcome, Quiet);
}

#[test]
fn without_a_length_any_bad_step_fires() {
    for inclusive in [true, false] {
        assert_eq!(lasts("...x...", 0, inclusive).outcome, Fired);
        assert_eq!(lasts("x------", 0, inclusive).outcome, Fired);
        assert_eq!(lasts(".......", 0, inclusive).outcome, Quiet);
    }
}

#[test]
fn a_run_bridges_missing_steps_and_begins_and_ends_on_a_bad_one() {
    let found = lasts("--xx-nxx--.x", MINUTE, true);

    assert_eq!(found.outcome, Fired);
    let [first, second] = found.runs[..] else {
        panic!("two runs");
    };
    let at = |index: i64| START + index * 15_000;
    assert_eq!((first.start_ms, first.end_ms), (at(2), at(7)));
    assert_eq!((first.bad, first.bridged), (4, 2));
    assert_eq!((first.open_start, first.open_end), (true, false));
    assert_eq!((second.start_ms, second.end_ms), (at(11), at(11)));
    assert_eq!((second.open_start, second.open_end), (false, true));
    assert_eq!(
        found.found,
        "1m15s from 15:00:30 to 15:01:45 UTC, worst 0.9 s at 15:00:30 UTC, 2 steps between without a value; 2 runs in all"
    );
}

#[test]
fn a_good_step_ends_a_run() {
    assert_eq!(lasts("xxx.xxx", MINUTE, true).outcome, Quiet);
    assert_eq!(lasts("xxx-xxx", MINUTE, true).outcome, Fired);
}

#[test]
fn a_long_run_that_is_bad_for_less_than_half_of_its_steps_is_inconclusive() {
    let sparse = lasts(".x--x--x.", MINUTE, true);
    assert_eq!(sparse.outcome, Inconclusive);
    assert_eq!(
        sparse.found,
        "1m30s from 15:00:15 to 15:01:45 UTC, worst 0.9 s at 15:00:15 UTC, 4 steps between without a value; \
         only 3 of its 7 steps are known to be bad"
    );
    // Just half: 3 of 6.
    assert_eq!(lasts("x--x-x", MINUTE, true).outcome, Fired);
    // Of the facts: bad, 4:45 missing, bad, 4:45 missing, bad.
    let gap = "-".repeat(19);
    let carried = lasts(&format!(".x{gap}x{gap}x."), 9 * MINUTE, true);
    assert_eq!(carried.outcome, Inconclusive);
    assert_eq!(
        lasts(&format!(".x{gap}x{gap}x."), 11 * MINUTE, true).outcome,
        Quiet
    );
}

#[test]
fn a_run_that_fires_still_does_when_good_steps_after_it_are_lost() {
    assert_eq!(lasts("xxxxx................x", MINUTE, true).outcome, Fired);
    assert_eq!(lasts("xxxxx----------------x", MINUTE, true).outcome, Fired);
}

#[test]
fn a_run_that_the_window_cuts_off_is_said_to_be_open_and_may_be_inconclusive() {
    let of = |steps: &str, open_run| {
        let rule = red(lasting(above("0.35"), MINUTE, true));
        let check = GateCheck {
            open_run,
            ..uncovered(vec![rule])
        };
        judged(check, &inputs(&drawn(steps)))
    };

    let open = of("....xxx", OpenRun::SoFar);
    assert_eq!(open.verdict, GateVerdict::Green);
    assert_eq!(codes(&open), ["gate-open-run"]);
    assert_eq!(
        open.reasons[0].message,
        "> 0.35 s for at least 1m: not so far, but the window ends in 30s from 15:01:00 to 15:01:30 UTC, \
         worst 0.9 s at 15:01:00 UTC, still so at the end of the window"
    );
    let open = of("....xxx", OpenRun::Inconclusive);
    assert_eq!(open.verdict, GateVerdict::Inconclusive);
    assert_eq!(codes(&open), ["gate-open-run"]);
    // Lost steps do not close a run, a good one does.
    assert_eq!(
        of("...xx--", OpenRun::Inconclusive).verdict,
        GateVerdict::Inconclusive
    );
    assert_eq!(
        of("...xx-.", OpenRun::Inconclusive).verdict,
        GateVerdict::Green
    );
    assert_eq!(
        of("..xxxxx", OpenRun::Inconclusive).verdict,
        GateVerdict::Red
    );
}

fn checkpoints(steps: &str, at_ms: &[u64], consecutive: u32) -> RuleResult {
    let test = Test::Checkpoints {
        when: above("0.35"),
        at_ms: at_ms.to_vec(),
        consecutive,
        max_age_ms: 30_000,
    };
    outcome(uncovered(vec![red(test)]), &drawn(steps))
}

#[test]
fn checkpoints_fire_on_so_many_bad_ones_in_a_row() {
    // Steps at 0, 15, 30, 45, 60, 75, 90 s.
    assert_eq!(
        checkpoints("..x.x..", &[0, 30_000, 60_000], 2).outcome,
        Fired
    );
    assert_eq!(
        checkpoints("x...x..", &[0, 30_000, 60_000], 2).outcome,
        Quiet
    );
    let found = checkpoints("x...x..", &[0, 30_000, 60_000], 2).found;
    assert_eq!(found, "FPF at 15:00 15:00:30 15:01 UTC");
}

#[test]
fn a_checkpoint_looks_at_the_last_valid_step_that_is_younger_than_the_age() {
    // Two steps back is just too old.
    assert_eq!(checkpoints("..-....", &[30_000], 1).outcome, Quiet);
    assert_eq!(checkpoints(".--....", &[30_000], 1).outcome, Fired);
    assert_eq!(checkpoints(".--....", &[29_999], 1).outcome, Quiet);
    assert_eq!(checkpoints("x.-....", &[30_000], 1).outcome, Quiet);
    assert_eq!(checkpoints(".x-....", &[30_000], 1).outcome, Fired);
    // A step after it does not count.
    assert_eq!(checkpoints("..-x...", &[44_999], 1).outcome, Quiet);
}

#[test]
fn a_checkpoint_that_was_not_captured_is_inconclusive_where_the_rule_does_not_fire() {
    let found = checkpoints(".......", &[0, 104_999, 105_000], 2);
    assert_eq!(found.outcome, Inconclusive);
    assert_eq!(
        found.found,
        "PP? at 15:00 15:01:44.999 15:01:45 UTC (? is not in the judged window)"
    );
    assert_eq!(
        checkpoints("x.x....", &[0, 30_000, 105_000], 2).outcome,
        Fired
    );
    assert_eq!(
        checkpoints("..x....", &[30_000, 105_000], 2).outcome,
        Inconclusive
    );
    assert_eq!(checkpoints(".......", &[], 1).outcome, Inconclusive);
    assert_eq!(checkpoints(".......", &[0], 0).outcome, Inconclusive);
}

#[test]
fn of_many_checkpoints_those_are_shown_that_fired() {
    let at: Vec<u64> = (0..40).map(|index| index * STEP).collect();
    let steps = format!("{}xx{}", ".".repeat(33), ".".repeat(5));

    let found = checkpoints(&steps, &at, 2);

    assert_eq!(found.outcome, Fired);
    let (letters, times) = found.found.split_once(" at ").unwrap();
    assert_eq!(letters, format!("{}FF", "P".repeat(22)));
    assert!(
        times.ends_with("15:08:15 15:08:30 UTC (16 more are not shown)"),
        "{times}"
    );
}
