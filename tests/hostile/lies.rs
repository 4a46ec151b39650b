//! Answers that are well-formed and wrong: refused; and failures that would be taken for "nothing there": undetermined.

use crate::case::{Good, Row, digest, judge, judge_all, verify};
use crate::server::{Ask, Reply, fetch};
use serde_json::Value;

fn asks(ask: &Ask, kind: &str) -> Option<()> {
    (ask.is_for(kind) && ask.header("authorization").is_some()).then_some(())
}

fn good(ask: &Ask) -> Reply {
    fetch(&Good::shared().host, &ask.path)
}

/// The list of referrers with its first descriptor changed.
fn listed(ask: &Ask, change: impl Fn(&mut Value)) -> Option<Reply> {
    asks(ask, "referrers")?;
    let mut list: Value = serde_json::from_slice(good(ask).body()).unwrap();
    change(&mut list["manifests"][0]);
    Some(Reply::new(200, list.to_string()))
}

#[test]
fn other_bytes_than_asked_for_are_refused() {
    let rows: [Row; 8] = [
        (
            "another manifest",
            |ask| asks(ask, "manifests").map(|()| Reply::new(200, r#"{"schemaVersion":2}"#)),
            1,
            "the registry served bytes with digest",
        ),
        (
            "an empty manifest",
            |ask| asks(ask, "manifests").map(|()| Reply::new(200, "")),
            1,
            "the registry served bytes with digest",
        ),
        (
            "a manifest with a blank more",
            |ask| {
                asks(ask, "manifests")?;
                let body = [good(ask).body(), b" "].concat();
                Some(Reply::new(200, body))
            },
            1,
            "the registry served bytes with digest",
        ),
        (
            "a length that is too short",
            |ask| {
                asks(ask, "manifests")?;
                Some(Reply::new(200, good(ask).body()).with("content-length", "10"))
            },
            1,
            "the registry served bytes with digest",
        ),
        (
            "another blob",
            |ask| asks(ask, "blobs").map(|()| Reply::new(200, "{}")),
            1,
            "the registry served bytes with digest",
        ),
        (
            "a header with another digest",
            |ask| {
                asks(ask, "manifests")?;
                Some(good(ask).with("docker-content-digest", digest(b"other")))
            },
            1,
            "the registry served bytes with digest",
        ),
        (
            "a size that is too small",
            |ask| listed(ask, |one| one["size"] = 1.into()),
            1,
            "its descriptor says 1",
        ),
        (
            "a size that is too large",
            |ask| listed(ask, |one| one["size"] = 4_000_000.into()),
            1,
            "its descriptor says 4000000",
        ),
    ];
    judge_all(&Good::shared().new, 20, &rows);
}

#[test]
fn a_tag_whose_digest_is_a_lie_is_refused() {
    let good_one = Good::shared();
    let server = good_one.but(|ask| {
        asks(ask, "manifests")?;
        Some(good(ask).with("docker-content-digest", digest(b"other")))
    });

    let command = verify(&server.host, &good_one.new.tagged(&server.host), 20);

    judge(
        "tag",
        &command,
        20,
        1,
        "the registry served bytes with digest",
    );
}

#[test]
fn an_image_that_is_its_own_referrer_is_judged_by_its_signature() {
    let rows: [Row; 1] = [(
        "names itself",
        |ask| {
            asks(ask, "referrers")?;
            let mut list: Value = serde_json::from_slice(good(ask).body()).unwrap();
            let image = &Good::shared().new;
            let own = fetch(
                &Good::shared().host,
                &format!("/v2/{}/manifests/{}", image.repository, image.digest),
            );
            let mut one = list["manifests"][0].clone();
            one["digest"] = image.digest.to_string().into();
            one["size"] = own.body().len().into();
            list["manifests"].as_array_mut().unwrap().push(one);
            Some(Reply::new(200, list.to_string()))
        },
        0,
        "verified",
    )];
    judge_all(&Good::shared().new, 20, &rows);
}

/// The registry without the referrers API, with this at the fallback tag.
fn fallback(ask: &Ask, reply: Reply) -> Option<Reply> {
    if asks(ask, "referrers").is_some() {
        return Some(Reply::new(404, "404 page not found\n"));
    }
    asks(ask, "manifests")?;
    let hex = Good::shared().new.digest.to_string().replace(':', "-");
    ask.path.ends_with(&hex).then_some(reply)
}

#[test]
fn no_failure_means_that_there_are_no_signatures() {
    let rows: [Row; 11] = [
        (
            "referrers denied",
            |ask| asks(ask, "referrers").map(|()| Reply::error(403, "DENIED")),
            3,
            "denies access",
        ),
        (
            "referrers broken",
            |ask| asks(ask, "referrers").map(|()| Reply::error(500, "UNKNOWN")),
            3,
            "500",
        ),
        (
            "referrers limited",
            |ask| {
                asks(ask, "referrers")?;
                Some(Reply::error(429, "TOOMANYREQUESTS").with("retry-after", "0"))
            },
            3,
            "limits the rate",
        ),
        (
            "referrers without content",
            |ask| asks(ask, "referrers").map(|()| Reply::new(204, "")),
            3,
            "204",
        ),
        (
            "referrers as a page for people",
            |ask| asks(ask, "referrers").map(|()| Reply::new(200, "<html>log in</html>")),
            1,
            "list of referrers",
        ),
        (
            "fallback tag denied",
            |ask| fallback(ask, Reply::error(403, "DENIED")),
            3,
            "denies access",
        ),
        (
            "fallback tag unauthorized",
            |ask| fallback(ask, Reply::error(401, "UNAUTHORIZED")),
            3,
            "denies access",
        ),
        (
            "fallback tag broken",
            |ask| fallback(ask, Reply::error(500, "UNKNOWN")),
            3,
            "500",
        ),
        (
            "fallback tag limited",
            |ask| {
                let busy = Reply::error(429, "TOOMANYREQUESTS").with("retry-after", "0");
                fallback(ask, busy)
            },
            3,
            "limits the rate",
        ),
        (
            "fallback tag missing, says a proxy",
            |ask| fallback(ask, Reply::new(404, "<html>no such host</html>")),
            3,
            "404",
        ),
        (
            "signature tag denied",
            |ask| {
                asks(ask, "manifests")?;
                ask.path
                    .ends_with(".sig")
                    .then(|| Reply::error(403, "DENIED"))
            },
            // A signature among the referrers is enough; what could not be read is told all the same.
            0,
            "denies access",
        ),
    ];
    judge_all(&Good::shared().new, 20, &rows);
}

#[test]
fn only_a_registry_that_says_so_has_no_signatures() {
    let rows: [Row; 1] = [(
        "no signatures",
        |ask| {
            if asks(ask, "referrers").is_some() {
                return Some(Reply::new(200, r#"{"schemaVersion":2,"manifests":[]}"#));
            }
            None
        },
        1,
        "there is no signature",
    )];
    judge_all(&Good::shared().new, 20, &rows);
}
