//! `--watch`: each phase in its turn.

use crate::common::finish;
use crate::stage::{at_t0, command, errors, project, project_with, world};
use evidence::model::Timestamp;

#[test]
fn a_schedule_is_walked_to_its_end_and_the_worst_counts() {
    let world = world(vec![errors(0.05, 20, 26)]);

    let found = at_t0(&["gate", "cutover", "--watch"], &project(&world));

    assert_eq!(found.code, Some(5), "{}{}", found.stdout, found.stderr);
    let t15 = found.stdout.find("cutover.t15").unwrap();
    let t60 = found.stdout.find("cutover.t60").unwrap();
    assert!(t15 < t60, "{}", found.stdout);
}

#[test]
fn red_ends_the_schedule() {
    let world = world(vec![errors(0.2, 2, 40)]);
    let impatient = project_with(&world, |text| {
        text.replace(
            r#"red: "> 1%", for: "> 15m""#,
            r#"red: "> 1%", for: "> 5m""#,
        )
    });

    let found = at_t0(&["gate", "cutover", "--watch"], &impatient);

    assert_eq!(found.code, Some(4), "{}{}", found.stdout, found.stderr);
    assert!(
        found
            .stderr
            .contains("what is still to come is not waited for")
    );
    assert!(!found.stdout.contains("cutover.t60"), "{}", found.stdout);
}

#[test]
fn it_waits_for_what_is_still_to_come() {
    let world = world(vec![]);
    let project = project(&world);
    // T+15m is a moment from now: what servers need to settle passes while it waits.
    let t0 = Timestamp::now().as_millisecond() - 15 * 60_000 - 57_000;
    let t0 = Timestamp::from_millisecond(t0).unwrap().to_string();
    let started = std::time::Instant::now();

    let mut child = command(&["gate", "cutover", "--watch", "--t0", &t0], &project)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // The second phase is three quarters of an hour away.
    let stderr = child.stderr.take().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(stderr));
    let mut seen = Vec::new();
    for line in &mut lines {
        let line = line.unwrap();
        let is_second = line.contains("cutover.t60 (2 of 2)");
        seen.push(line);
        if is_second {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();

    let text = seen.join("\n");
    assert!(text.contains("waiting   cutover.t15 (1 of 2)"), "{text}");
    assert!(text.contains("captured  error_ratio.t15"), "{text}");
    assert!(started.elapsed().as_secs() >= 2, "{text}");
}

#[test]
fn a_gate_without_times_cannot_be_watched() {
    let world = world(vec![]);
    let project = project(&world);

    let found = finish(&mut command(&["gate", "now", "--watch"], &project));

    assert_eq!(found.code, Some(2), "{}", found.stderr);
    assert!(
        found.stderr.contains("phases with times"),
        "{}",
        found.stderr
    );
}
