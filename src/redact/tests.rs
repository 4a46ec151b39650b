use super::*;
use crate::model::{Blank, Digest, MemberPath, RedactRule};
use proptest::prelude::*;

fn rule(id: &str, what: Blank) -> RedactRule {
    RedactRule {
        id: id.into(),
        what,
    }
}

fn pointer(id: &str, text: &str) -> RedactRule {
    rule(id, Blank::Pointer(text.into()))
}

fn regular(id: &str, text: &str) -> RedactRule {
    rule(id, Blank::Pattern(text.into()))
}

fn column(id: &str, text: &str) -> RedactRule {
    rule(id, Blank::Column(text.into()))
}

fn stdout(text: &str) -> CapturedFile {
    let path = MemberPath::try_from("files/c/stdout").unwrap();
    CapturedFile::new(path, "text/plain", text.as_bytes().to_vec())
}

/// What is left of a command's output, and the places of what is not.
fn blanked(rules: &[RedactRule], text: &str) -> Result<(String, Vec<String>), RedactError> {
    let rules = Rules::of(rules).unwrap();
    let mut files = [stdout(text)];
    let mut next = 0;
    let salts = blank(&rules, Kind::Command, &mut files, &mut || {
        next += 1;
        Some([next; 32])
    })?;
    let [file] = files;
    let looked = look(&rules, Kind::Command, &file).unwrap();
    assert_eq!((&looked.left, &looked.stray), (&vec![], &vec![]));
    let mut marked = looked.marked;
    let mut listed: Vec<_> = (file.redactions.iter())
        .map(|place| (place.rule.clone(), place.pointer.clone()))
        .collect();
    marked.sort();
    listed.sort();
    assert_eq!(marked, listed);
    assert!(file.redactions.is_sorted());
    let places = salts.iter().map(|salt| {
        let place = salt.place.pointer.strip_prefix("files/c/stdout#").unwrap();
        format!("{} {place}", salt.place.rule)
    });
    let places = places.collect();
    let text = String::from_utf8(file.bytes.to_vec()).unwrap();
    Ok((text, places))
}

#[test]
fn a_json_value_is_replaced_and_every_other_byte_stays() {
    let text =
        "{ \"a\" :[ {\"pw\" : {\"deep\":[1]},\t\"x\":1.50}, {\"pw\":\"é\\n\"} ],\n\"pw\":null}";

    let (found, places) = blanked(&[pointer("pw", "/a/*/pw")], text).unwrap();

    assert_eq!(
        found,
        "{ \"a\" :[ {\"pw\" : \"[redacted:pw]\",\t\"x\":1.50}, {\"pw\":\"[redacted:pw]\"} ],\n\"pw\":null}"
    );
    assert_eq!(places, ["pw /a/0/pw", "pw /a/1/pw"]);
}

#[test]
fn both_of_a_key_that_stands_twice_are_replaced() {
    let (found, places) = blanked(&[pointer("p", "/a")], r#"{"a":1,"a":2}"#).unwrap();

    assert_eq!(found, r#"{"a":"[redacted:p]","a":"[redacted:p]"}"#);
    assert_eq!(places, ["p /a", "p /a"]);
}

#[test]
fn a_column_is_blanked_below_its_header() {
    let rules = [column("who", "owner")];

    let (found, places) = blanked(&rules, "id,owner\r\n1,\"a \"\"b\"\", c\"\r\n2,\r\n3,d").unwrap();

    assert_eq!(
        found,
        "id,owner\r\n1,[redacted:who]\r\n2,\r\n3,[redacted:who]"
    );
    assert_eq!(places, ["who column=owner;row=1", "who column=owner;row=3"]);
    assert!(matches!(
        blanked(&rules, "id,owners\n1,2\n"),
        Err(RedactError::Form { .. })
    ));
}

#[test]
fn a_pattern_blanks_its_first_group_or_else_all_of_it() {
    let rules = [
        regular("mail", r"\w+@example\.org"),
        regular("pin", r"pin=(\d+)(;)?"),
    ];

    let (found, places) = blanked(&rules, "me@example.org pin=12; pin=3\nyou@example.org").unwrap();

    assert_eq!(
        found,
        "[redacted:mail] pin=[redacted:pin]; pin=[redacted:pin]\n[redacted:mail]"
    );
    assert_eq!(
        places,
        ["mail match=1", "pin match=1", "pin match=2", "mail match=2"]
    );
}

#[test]
fn rules_that_want_the_same_bytes_blank_them_once() {
    let rules = [
        pointer("inner", "/a/b"),
        pointer("outer", "/a"),
        pointer("again", "/a"),
        regular("digits", r"\d+"),
    ];

    let (found, places) = blanked(&rules, r#"{"a":{"b":12},"c":"x34y"}"#).unwrap();

    assert_eq!(
        found,
        r#"{"a":"[redacted:outer]","c":"x[redacted:digits]y"}"#
    );
    assert_eq!(places, ["outer /a", "digits match=1"]);
}

#[test]
fn a_rule_that_would_match_its_own_text_comes_to_rest() {
    let rules = [regular("r1", r"\d"), regular("all", r"=(\S+)")];

    let (found, _) = blanked(&rules, "a=b1c 2 3").unwrap();

    assert_eq!(found, "a=[redacted:all] [redacted:r1] [redacted:r1]");
}

#[test]
fn what_only_shows_once_something_is_gone_is_blanked_too() {
    let (found, places) = blanked(&[regular("x", "a(b)|c(?:)")], "abc c").unwrap();

    assert!(!found.contains('b'), "{found}");
    assert!(!places.is_empty());
}

#[test]
fn the_digest_is_of_the_salt_and_the_values_own_bytes() {
    let rules = Rules::of(&[pointer("p", "/a")]).unwrap();
    let mut files = [stdout(r#"{"a":  "v\u0041"}"#)];

    let salts = blank(&rules, Kind::Command, &mut files, &mut || Some([7; 32])).unwrap();

    let wanted = Digest::of(&[&[7; 32][..], br#""v\u0041""#].concat());
    assert_eq!(salts[0].place.salted, wanted);
    assert_eq!(files[0].redactions, [salts[0].place.clone()]);
}

#[test]
fn what_cannot_be_told_or_read_is_refused() {
    let p = [pointer("p", "/a")];
    let refused = |rules: &[RedactRule], text: &str| blanked(rules, text).unwrap_err();

    let marker = refused(&p, r#"{"x":"[redacted:p]"}"#);
    let form = refused(&p, "warning: s3cr3t\n{}");
    let crossing = refused(
        &[regular("r", "1,\"b\":\"x"), pointer("p", "/b")],
        r#"{"a":1,"b":"xy"}"#,
    );

    assert!(matches!(marker, RedactError::Marker { .. }), "{marker}");
    assert!(matches!(form, RedactError::Form { .. }), "{form}");
    assert!(!form.to_string().contains("s3cr3t"));
    assert!(matches!(crossing, RedactError::Form { .. }), "{crossing}");
    let rules = Rules::of(&p).unwrap();
    let mut files = [stdout(r#"{"a":1}"#)];
    assert_eq!(
        blank(&rules, Kind::Command, &mut files, &mut || None),
        Err(RedactError::Salt)
    );
}

#[test]
fn a_document_beyond_the_limit_is_refused() {
    let rules = Rules::of(&[regular("r", "x")]).unwrap();
    let mut files = [stdout("")];
    files[0].bytes =
        vec![b' '; usize::try_from(crate::model::limits::REDACT_BYTES).unwrap() + 1].into();

    let error = blank(&rules, Kind::Command, &mut files, &mut || None).unwrap_err();

    assert!(matches!(error, RedactError::TooLarge { .. }), "{error}");
}

#[test]
fn more_places_than_a_manifest_should_list_are_refused() {
    let rules = Rules::of(&[regular("r", "x")]).unwrap();
    let many = "x ".repeat(crate::model::limits::REDACT_PLACES + 1);
    let mut files = [stdout(&many)];

    let error = blank(&rules, Kind::Command, &mut files, &mut || Some([0; 32])).unwrap_err();

    assert!(matches!(error, RedactError::Places { .. }), "{error}");
}

fn named(path: &str, media_type: &str) -> CapturedFile {
    CapturedFile::new(
        MemberPath::try_from(path).unwrap(),
        media_type,
        br#"{"a":1}"#.to_vec(),
    )
}

#[test]
fn signed_addressed_and_own_files_and_pictures_are_never_touched() {
    let rules = Rules::of(&[regular("r", "a")]).unwrap();
    let json = "application/json";
    for (kind, path, media_type) in [
        (Kind::Image, "oci/index.json", json),
        (Kind::Scan, "oci/blobs/sha256/00", json),
        (Kind::File, "git/tree-00", json),
        (Kind::Configuration, "evidence.yaml", "application/yaml"),
        (Kind::Configuration, "config/a.pub", "text/plain"),
        (Kind::Command, "files/c/record.json", json),
        (Kind::Metric, "metrics/m/request.json", json),
        (Kind::Dashboard, "dashboards/d/render.png", "image/png"),
        (Kind::Gate, "metrics/m/chunk-000.json", json),
    ] {
        let mut files = [named(path, media_type), stdout("a")];
        let before = files[0].bytes.clone();
        // Another file of the item is there for the rule to read.
        if kind != Kind::Command {
            files[1] = named("files/s/other.txt", "text/plain");
        }
        let _ = blank(&rules, kind, &mut files, &mut || Some([0; 32]));
        assert_eq!(files[0].bytes, before, "{path}");
        assert!(files[0].redactions.is_empty(), "{path}");
    }
}

#[test]
fn a_rule_that_reads_no_file_is_an_error_and_so_are_compressed_samples() {
    let table = Rules::of(&[column("c", "x")]).unwrap();
    let text = Rules::of(&[regular("r", "a")]).unwrap();
    let answer = named("metrics/m/chunk-000.json", "application/json");
    let raw = named("metrics/m/raw-000-000.pb", "application/x-protobuf");

    let nothing = check(&table, Kind::Metric, std::slice::from_ref(&answer));
    let closed = check(&text, Kind::Metric, &[answer.clone(), raw]);

    assert!(matches!(nothing, Err(RedactError::Nothing { .. })));
    assert!(matches!(closed, Err(RedactError::Closed { .. })));
    assert_eq!(check(&text, Kind::Metric, &[answer]), Ok(()));
}

#[test]
fn looking_tells_what_is_left_and_what_stands_astray() {
    let rules = Rules::of(&[pointer("p", "/a"), regular("r", "x+")]).unwrap();
    let looked = |text: &str| look(&rules, Kind::Command, &stdout(text)).unwrap();

    let left = looked(r#"{"a":1,"b":"xx"}"#);
    let stray = looked(r#"{"a":"[redacted:p]","b":"[redacted:p]"}"#);

    assert_eq!(left.left, ["p", "r"]);
    assert_eq!(stray.stray, ["p"]);
    assert_eq!(stray.marked.len(), 1);
}

#[test]
fn patterns_are_bounded_and_never_empty() {
    assert!(matches!(pattern("("), Err(RuleError::Pattern(_))));
    assert!(matches!(
        pattern(r"\w{1000}{1000}"),
        Err(RuleError::Pattern(_))
    ));
    assert_eq!(pattern("x*").unwrap_err(), RuleError::Empty);
}

#[test]
fn after_blanking_nothing_is_left_and_every_place_is_listed_whatever_the_text() {
    let rules = [
        pointer("p", "/*/a"),
        regular("r", "[ab]+1"),
        regular("s", "b(c+)"),
    ];
    proptest!(|(text in "(\\{\"[ab]\":\\{\"a\":\"[abc1]{0,6}\"\\},\"x\":\"[abc1]{0,9}\"\\})")| {
        // Asserts in itself.
        let _ = blanked(&rules, &text);
    });
}
