//! Many images: lists, doubles, and an answer for each.

use crate::common::text;
use crate::shop::{Shop, code, pinned, verdicts};
use evidence::sandbox::Format;

#[test]
fn every_image_is_reported_although_some_are_refused() {
    let shop = Shop::open();
    let unsigned = shop.image("unsigned");
    let signed = shop.signed("signed", Format::Bundle);
    let absent = signed.reference.replace("shop/signed", "shop/absent");

    let (images, _) = shop.counted(&[&unsigned.reference, &absent, &signed.reference]);

    assert_eq!(verdicts(&images), ["refused", "undetermined", "verified"]);
    assert_eq!(code(&images[1]), "EV-signature-unreachable");
}

#[test]
fn fail_fast_ends_at_the_first_that_is_not_verified() {
    let shop = Shop::open();
    let unsigned = shop.image("unsigned").reference;
    let mut args = vec![unsigned, "--fail-fast".into(), "--concurrency=1".into()];
    args.extend((0..20).map(|number| shop.image(&format!("other-{number}")).reference));
    let args: Vec<_> = args.iter().map(String::as_str).collect();

    let ran = shop.verify(&args);

    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stdout.contains("EV-signature-not-judged"),
        "{}",
        ran.stdout
    );
    let summary = "21 checked: 0 verified, ";
    assert!(ran.stdout.contains(summary), "{}", ran.stdout);
}

#[test]
fn a_list_is_read_with_its_lines_and_comments() {
    let shop = Shop::open();
    let (one, two) = (
        shop.signed("one", Format::Legacy),
        shop.signed("two", Format::Bundle),
    );
    let lines = format!("# of the cluster\n{}\n\n{}\n", one.reference, two.reference);
    let list = shop.file("images.txt", &lines);

    let (images, _) = shop.counted(&["-f", &text(&list)]);

    assert_eq!(verdicts(&images), ["verified", "verified"]);
    let place = images[1]["mentions"][0].as_str().unwrap();
    assert!(place.ends_with("images.txt:4"), "{place}");
}

#[test]
fn a_line_that_is_no_image_is_a_mistake_at_its_place_and_an_empty_list_is_no_success() {
    let shop = Shop::open();
    let wrong = shop.file("wrong.txt", "a.example/ok:v1\na b c\n");
    let empty = shop.file("empty.txt", "# nothing\n");

    let ran = shop.verify(&["-f", &text(&wrong)]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("wrong.txt:2: "), "{}", ran.stderr);

    let ran = shop.verify(&["-f", &text(&empty)]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("no image is named"), "{}", ran.stderr);
}

#[test]
fn two_names_of_one_digest_are_pointed_out() {
    let shop = Shop::open();
    let image = shop.signed("image", Format::Bundle);

    let (images, seen) = shop.counted(&[&image.reference, &pinned(&image)]);

    assert_eq!(verdicts(&images), ["verified", "verified"]);
    // It is looked at once: the tag, the list, the manifest and its layer; and both places by the first image.
    assert!(seen.len() <= 4 + 2, "{seen:#?}");
    let note = format!("the same image as {}", image.reference);
    assert_eq!(images[1]["notes"][0], *note);
}

#[test]
fn a_person_reads_a_line_for_each_image_with_the_reason() {
    let shop = Shop::open();
    let unsigned = shop.image("unsigned").reference;
    let signed = shop.signed("signed", Format::Legacy).reference;

    let ran = shop.verify(&[&unsigned, &signed]);

    let lines: Vec<_> = ran.stdout.lines().collect();
    assert!(
        lines[0].starts_with(&format!("✗ refused       {unsigned}")),
        "{}",
        ran.stdout
    );
    assert!(
        lines[0].ends_with("EV-signature-missing: there is no signature"),
        "{}",
        ran.stdout
    );
    assert!(
        lines[1].starts_with(&format!("✓ verified      {signed}")),
        "{}",
        ran.stdout
    );
    let summary = "2 checked: 1 verified, 1 refused, 0 undetermined";
    assert_eq!(*lines.last().unwrap(), summary);
}

#[test]
fn results_go_to_as_many_files_as_are_named() {
    let shop = Shop::open();
    let image = shop.signed("image", Format::Bundle).reference;
    let path = shop.world.path("answer.json");
    let json = format!("json={}", text(&path));

    let ran = shop.verify(&[&image, "--output", "text", "--output", &json]);

    assert_eq!(ran.code, Some(0));
    assert!(ran.stdout.starts_with("✓ verified"), "{}", ran.stdout);
    let answer = std::fs::read_to_string(path).unwrap();
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["images"][0]["verdict"], "verified");
}

#[test]
fn a_registry_that_is_down_is_found_out_once_and_not_image_by_image() {
    let shop = Shop::open();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = nobody.local_addr().unwrap();
    drop(nobody);
    let names: Vec<_> = (0..200)
        .map(|n| format!("{host}/shop/image-{n}:v1"))
        .collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let begun = std::time::Instant::now();

    let (images, _) = shop.counted(&names);

    assert_eq!(verdicts(&images), vec!["undetermined"; 200]);
    // One question with its retries takes two seconds; two hundred of them would take minutes.
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
}
