//! How the flags go together.

use crate::shared::{Signed, confirmed};

#[test]
fn an_address_is_for_one_log_of_the_trusted_roots() {
    let signed = Signed::in_rekor();
    let url = signed.url();
    let (id, unknown) = (signed.log_id(), "f".repeat(64));
    for (flags, words) in [
        (
            vec!["--rekor-url".to_owned(), url.clone()],
            "for which log?",
        ),
        (
            vec!["--rekor-url".to_owned(), format!("{unknown}={url}")],
            "no trusted root has such a log",
        ),
        (
            vec!["--rekor-url".to_owned(), format!("{id}=ftp://x/")],
            "no http or https URL",
        ),
        (
            vec!["--rekor-url".to_owned(), "localhost".into()],
            "no http or https URL",
        ),
        (
            vec![
                "--rekor-url".to_owned(),
                format!("{id}={url}"),
                "--rekor-url".to_owned(),
                format!("{}={url}/x", &id[..8]),
            ],
            "two addresses",
        ),
    ] {
        let mut all = vec!["--online"];
        all.extend(flags.iter().map(String::as_str));

        let run = signed.verify(&all);

        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{flags:?}");
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
}

#[test]
fn an_address_without_asking_is_a_usage_error() {
    let signed = Signed::in_rekor();

    let run = signed.verify(&["--rekor-url", "http://127.0.0.1:1"]);

    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("--online"), "{}", run.stderr);
}

#[test]
fn an_address_may_have_a_path_and_a_slash_at_its_end() {
    let signed = Signed::in_rekor();
    let upstream = signed.url().strip_prefix("http://").unwrap().to_owned();
    let below = crate::liar::Liar::new(&signed.url(), move |path, _| {
        crate::liar::ask(&upstream, path.strip_prefix("/rekor").unwrap_or("/none"))
    });

    for end in ["/rekor", "/rekor/"] {
        assert_eq!(
            signed.online_at(&format!("{}{end}", below.url)),
            confirmed()
        );
    }
}

#[test]
fn a_signature_that_is_not_accepted_is_not_asked_about() {
    let signed = Signed::in_rekor();
    let honest = crate::liar::Liar::new(&signed.url(), |_, answer| answer);
    let other = evidence::sandbox::LocalKey::generate().unwrap();
    std::fs::write(signed.folder.join("key.pub"), other.public_pem().unwrap()).unwrap();

    let (code, found) = signed.online_at(&honest.url);

    assert_eq!((code, found), (Some(1), vec![]));
    assert!(honest.asked().is_empty());
}
