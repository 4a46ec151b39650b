use super::*;
use proptest::prelude::*;

fn search(known: &[(&str, &str)]) -> Search {
    let known: Vec<Known> = known
        .iter()
        .map(|(name, secret)| Known::new(*name, *secret))
        .collect();
    Search::new(&known).unwrap()
}

fn shown(hits: &[Hit]) -> Vec<String> {
    let line = |hit: &Hit| {
        let pointer = hit.place.pointer.clone().unwrap_or_default();
        format!("{} {pointer} {}", hit.place, hit.what)
    };
    hits.iter().map(line).collect()
}

#[test]
fn a_credential_is_told_by_name_line_column_and_pointer() {
    let search = search(&[("token of main", "s3cr3t-t0ken")]);
    let text = "{\n  \"a\": [\"é x s3cr3t-t0ken\"]\n}";

    let hits = search.bytes(text.as_bytes());

    assert_eq!(
        shown(&hits),
        ["2:14 /a/0 a credential of this run (token of main)"]
    );
    assert!(!format!("{hits:?}{search:?}").contains("s3cr3t"));
}

#[test]
fn a_pointer_whose_keys_hold_a_credential_is_not_told() {
    let search = search(&[("t", "s3cr3t-t0ken")]);

    let hits = search.bytes(br#"{"s3cr3t-t0ken":{"x":"s3cr3t-t0ken"}}"#);

    assert_eq!(hits.len(), 2);
    assert!(!shown(&hits).concat().contains("s3cr3t-t0ken"));
}

#[test]
fn bytes_that_are_no_text_are_searched_and_told_by_offset() {
    let search = search(&[("t", "s3cr3t-t0ken")]);

    let hits = search.bytes(b"\xff\xfe\x00s3cr3t-t0ken");

    assert_eq!(shown(&hits), ["byte 3  a credential of this run (t)"]);
}

#[test]
fn the_case_of_a_credential_counts() {
    let search = search(&[("t", "s3cr3t-t0ken")]);

    assert!(search.is_in(b"s3cr3t-s3cr3t-t0ken"));
    assert!(!search.is_in(b"S3CR3T-T0KEN"));
}

#[test]
fn many_hits_of_one_kind_hide_no_other() {
    let search = search(&[("t", "s3cr3t-t0ken")]);
    let text = format!("{} s3cr3t-t0ken", "http://a:hunter2@b ".repeat(500));

    let hits = search.bytes(text.as_bytes());

    assert_eq!(hits.len(), SECRET_HITS + 1);
    assert_eq!(hits.last().unwrap().what, What::Known("t".into()));
}

#[test]
fn thousands_of_kinds_without_data_hide_no_secret() {
    let text = format!(
        r#"[{}{{"kind":"Secret","data":{{"p":"c2Vj"}}}}]"#,
        r#"{"kind":"Secret"},"#.repeat(5_000)
    );

    let hits = search(&[]).bytes(text.as_bytes());

    assert_eq!(shown(&hits).len(), 1);
    assert_eq!(hits[0].place.pointer.as_deref(), Some("/5000/kind"));
}

#[test]
fn what_is_too_large_to_be_held_is_searched_across_every_seam() {
    let search = search(&[("t", "s3cr3t-t0ken"), ("u", "0ther-s3cr3t")]);
    let held = usize::try_from(SECRET_DOCUMENT_BYTES).unwrap();
    let chunk = usize::try_from(CHUNK).unwrap();
    let mut text = vec![b' '; held + 3 * chunk];
    let seams = [held - AFTER, held, held + 1 + chunk - AFTER, held + chunk];
    for (at, seam) in seams.iter().enumerate() {
        let secret: &[u8] = if at % 2 == 0 {
            b"s3cr3t-t0ken"
        } else {
            b"0ther-s3cr3t"
        };
        text[seam - 5..seam + 7].copy_from_slice(secret);
    }
    text[..12].copy_from_slice(b"s3cr3t-t0ken");
    let end = text.len();
    text[end - 12..].copy_from_slice(b"s3cr3t-t0ken");

    let hits = search.read(text.as_slice()).unwrap();

    let offsets: Vec<u64> = hits.iter().map(|hit| hit.place.offset).collect();
    let mut wanted: Vec<u64> = seams.iter().map(|seam| *seam as u64 - 5).collect();
    wanted.insert(0, 0);
    wanted.push(end as u64 - 12);
    assert_eq!(offsets, wanted);
}

#[test]
fn a_small_source_is_read_as_a_whole() {
    let hits = search(&[])
        .read(&b"\n kind: x http://a:hunter2@b"[..])
        .unwrap();

    assert_eq!(shown(&hits), ["2:14  a URL with a password (url-password)"]);
}

#[test]
fn a_file_is_opened_again_only_for_what_is_to_be_placed_in_it() {
    let opened = std::cell::Cell::new(0);
    let found = |bytes: &[u8]| {
        opened.set(0);
        let open = || {
            opened.set(opened.get() + 1);
            Ok(bytes)
        };
        let hits = search(&[("t", "s3cr3t-t0ken")]).file(open).unwrap();
        (opened.get(), shown(&hits))
    };
    let chunk = usize::try_from(CHUNK).unwrap();
    let mut text = vec![b'\n'; 3 * chunk];

    assert_eq!(found(&text), (1, vec![]));
    for at in [0, chunk - AFTER - 5, chunk - 5, 3 * chunk - 12] {
        text[at..at + 12].copy_from_slice(b"s3cr3t-t0ken");
        let line = format!("{}:1  a credential of this run (t)", at + 1);
        assert_eq!(found(&text), (2, vec![line]));
        text[at..at + 12].fill(b'\n');
    }
    // The data of a Secret may stand far from its kind: only the whole document shows it.
    let far = format!(
        r#"{{"kind":"Secret","x":"{}","data":{{"a":"aHVudGVyMg=="}}}}"#,
        "y".repeat(2 * chunk)
    );
    let (times, hits) = found(far.as_bytes());
    assert_eq!((times, hits.len()), (2, 1), "{hits:?}");
}

#[test]
fn credentials_are_taken_out_of_a_text_in_every_form_and_shapes_stay() {
    let search = search(&[("t", "s3cr3t t0ken")]);

    let clean =
        search.scrubbed("a s3cr3t t0ken, b s3cr3t+t0ken c http://a:hunter2@b s3cr3t%20t0ken");

    assert_eq!(
        clean,
        "a (secret), b (secret) c http://a:hunter2@b (secret)"
    );
    assert_eq!(search.scrubbed(""), "");
}

#[test]
fn searching_is_total_and_finds_what_is_there() {
    let search = search(&[("t", "s3cr3t-t0ken")]);
    proptest!(|(before in proptest::collection::vec(any::<u8>(), 0..50), after in proptest::collection::vec(any::<u8>(), 0..50))| {
        let text = [&before[..], b"s3cr3t-t0ken", &after].concat();
        let hits = search.bytes(&text);
        let is_it = |hit: &Hit| hit.place.offset == before.len() as u64;
        prop_assert!(hits.iter().any(is_it));
    });
}

#[test]
fn the_literals_of_all_shapes_are_looked_for_at_one_time() {
    let literals: Vec<&str> = SHAPES
        .iter()
        .flat_map(|shape| shape.literals)
        .copied()
        .collect();
    assert!(literals.len() <= 64, "{}", literals.len());
    for one in &literals {
        let within = literals.iter().filter(|other| other.contains(one)).count();
        assert!(within == 1 || *one == "\"Secret\"", "{one}");
        assert!(one.len() < LONGEST);
    }
}
