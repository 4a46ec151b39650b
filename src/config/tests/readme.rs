//! What the README shows can be planned as it stands.

use super::*;
use crate::config::Binding;

const README: &str = include_str!("../../../README.md");

#[test]
fn the_gates_of_the_readme_are_planned() {
    let (_, section) = README.split_once("## Metrics and gates").unwrap();
    let (_, example) = section.split_once("```yaml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let text = format!(
        "version: 1\nrelease: {{repository: github.com/o/r}}\nprometheus: {{main: {{url: 'http://h'}}}}\n{example}"
    );
    let config = parse(text.as_bytes(), "README.md").unwrap_or_else(|error| panic!("{error}"));

    let binding = Binding {
        stage: "tag".into(),
        ..binding("v1.0.0")
    };
    let plan = plan(&config, &binding, &mut no_files).unwrap_or_else(|error| panic!("{error}"));

    let gates = plan
        .items
        .iter()
        .filter(|item| item.id.starts_with("cutover."));
    assert_eq!(gates.count(), 1);
}
