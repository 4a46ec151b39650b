//! Files that want too much: an answer or an error in bounded time.

use evidence::model::limits::{PINS_DOCUMENTS, PINS_FILE_BYTES, PINS_MENTIONS};
use evidence::oci::pins::{FindError, find};
use std::time::{Duration, Instant};

/// Far above what any of these takes, far below what a quadratic reading would.
const SOON: Duration = Duration::from_secs(20);

#[track_caller]
fn soon<T>(what: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = what();
    assert!(start.elapsed() < SOON, "took {:?}", start.elapsed());
    result
}

#[test]
fn a_line_of_a_megabyte_is_read() {
    let long = "x".repeat(1 << 20);
    let yaml = format!("a: \"{long}\"\nimage: b:1\n");
    let docker = format!("RUN {long}\nFROM b:1\n");
    let mounts = format!("RUN {}\n", "--mount=from=c:1 ".repeat(10_000));

    assert_eq!(
        soon(|| find("values.yaml", yaml.as_bytes())).unwrap()[0].line,
        2
    );
    assert_eq!(
        soon(|| find("Dockerfile", docker.as_bytes())).unwrap()[0].line,
        2
    );
    assert_eq!(
        soon(|| find("Dockerfile", mounts.as_bytes()))
            .unwrap()
            .len(),
        10_000
    );
}

#[test]
fn one_line_of_many_references_is_read_in_linear_time() {
    let items = r#"{"image":"a:1"},"#.repeat(19_000);
    let json = format!(r#"{{"kind":"Pod","spec":{{"containers":[{items}{{"image":"b:1"}}]}}}}"#);

    assert_eq!(
        soon(|| find("a.json", json.as_bytes())).unwrap().len(),
        19_001
    );
}

#[test]
fn more_than_the_limits_is_an_error_that_says_of_what() {
    let documents = "--- {image: a}\n".repeat(100_000);
    let mentions = format!("a: [{}]", "{image: a}, ".repeat(PINS_MENTIONS + 1));
    let keys: String = (0..10_001)
        .map(|n| format!("k{n}: {{image: a}}\n"))
        .collect();
    let nodes = format!("image: [{}]", "x,".repeat(1_000_001));
    for (text, limit, what) in [
        (documents, PINS_DOCUMENTS, "documents"),
        (mentions, PINS_MENTIONS, "image references"),
        (keys, 10_000, "keys in one map"),
        (nodes, 1_000_000, "YAML nodes in one document"),
    ] {
        let error = soon(|| find("values.yaml", text.as_bytes())).unwrap_err();

        assert_eq!(error, FindError::TooMany { limit, what });
    }
    let large = vec![b' '; usize::try_from(PINS_FILE_BYTES).unwrap() + 1];
    assert!(matches!(
        find("a.yaml", &large),
        Err(FindError::TooLarge { .. })
    ));
}

#[test]
fn bombs_of_aliases_and_circles_cost_what_they_weigh() {
    let mut bomb = String::from("a0: &a0 [{image: 'x:1'}]\n");
    for level in 1..60 {
        let alias = format!("*a{}", level - 1);
        bomb += &format!(
            "a{level}: &a{level} [{}]\n",
            [alias.as_str(); 10].join(", ")
        );
    }
    assert_eq!(
        soon(|| find("values.yaml", bomb.as_bytes())).unwrap().len(),
        1
    );
    let chain: String = (1..9_000)
        .map(|n| format!("k{n}: &k{n} {{x: *k{}}}\n", n - 1))
        .collect();
    let chain = format!("k0: &k0 {{image: 'x:1'}}\n{chain}");
    assert_eq!(
        soon(|| find("values.yaml", chain.as_bytes()))
            .unwrap()
            .len(),
        1
    );
    let circle = "a: &a {image: 'x:1', b: *a, <<: *a}\n";
    assert_eq!(
        soon(|| find("values.yaml", circle.as_bytes()))
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn deep_nesting_is_refused() {
    for text in [
        format!("image: {}", "[".repeat(100_000)),
        (0..500)
            .map(|n| format!("{}image:\n", " ".repeat(n)))
            .collect(),
    ] {
        let error = soon(|| find("values.yaml", text.as_bytes())).unwrap_err();

        assert!(matches!(error, FindError::Malformed { .. }), "{error}");
    }
}

#[test]
fn what_is_no_text_or_no_yaml_is_refused_at_its_line() {
    for (bytes, line) in [
        (b"image: a\nb: \xff\n".as_slice(), 2),
        (b"image: a\nb: [1\nc: 2\n", 3),
        (b"image: a\n\tb: 1\n", 1),
        (b"a: 1\nimage: *nowhere\n", 2),
        (b"image: a\nb: 1\nimage: c\n", 3),
    ] {
        let error = find("values.yaml", bytes).unwrap_err();

        assert_eq!(error.position().unwrap().0, line, "{error}");
    }
    assert_eq!(
        find("values.yaml", b"image: a\nimage: b\n").unwrap_err(),
        FindError::DuplicateKey {
            line: 2,
            column: 1,
            key: "image".into()
        }
    );
}
