//! Many signatures at once, present roots, and logs without an address.

use axum::Router;
use axum::http::Uri;
use evidence::collect::online::{Online, Question};
use evidence::model::{Check, Digest, Finding, Outcome, Status};
use evidence::net::http::{Http, HttpOptions, Request, Url};
use evidence::sandbox::{LocalKey, Sandbox, SandboxOptions, Service, SignedBy};
use evidence::sigstore::{Artifact, Key, Options, Roots, Signature, judge_bundle};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn http() -> Http {
    Http::new(&HttpOptions::default()).unwrap()
}

/// Signatures by one key, each recorded in another state of the log that the place says: Rekor v1 or the tiled one.
async fn signed(count: usize, tiled: bool) -> (Sandbox, Roots, Vec<Signature>) {
    let options = SandboxOptions::release("acme/shop", "v1", &"0".repeat(40));
    let sandbox = Sandbox::start(options).await.unwrap();
    let mut roots = Roots::none();
    let json = sandbox.trusted_root_json().as_bytes();
    roots.add("mine", json).unwrap();
    let key = LocalKey::generate().unwrap();
    let keys = [Key::parse(key.public_pem().unwrap().as_bytes()).unwrap()];
    let signer = SignedBy::Key(key);
    let signatures = (0..count)
        .map(|number| {
            let blob = number.to_string();
            let bundle = if tiled {
                sandbox.sign_blob_in_tiles(blob.as_bytes(), &signer)
            } else {
                sandbox.sign_blob(blob.as_bytes(), &signer, None)
            };
            let artifact = Artifact::Digest(Digest::of(blob.as_bytes()));
            let bundle = bundle.unwrap();
            let judged = judge_bundle(bundle.as_bytes(), artifact, &roots, &keys, &Options::STRICT);
            judged.judgement.valid().unwrap().clone()
        })
        .collect();
    (sandbox, roots, signatures)
}

/// Passes on what it is asked, and remembers it.
async fn counted(upstream: String) -> (Url, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    let pass_on = move |uri: Uri| {
        let (seen, upstream) = (seen.clone(), upstream.clone());
        async move {
            seen.lock().unwrap().push(uri.to_string());
            let url = Url::parse(&format!("{upstream}{uri}")).unwrap();
            http().send(Request::get(url, 1 << 20)).await.unwrap().body
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(pass_on)).await });
    (Url::parse(&url).unwrap(), asked)
}

/// Checks every signature often and all at once; what was asked for that.
async fn asked_for(count: usize, tiled: bool) -> Vec<String> {
    let (sandbox, roots, signatures) = signed(count, tiled).await;
    let service = if tiled {
        Service::TileLog
    } else {
        Service::Rekor
    };
    let (url, asked) = counted(sandbox.url(service)).await;
    let id = signatures[0].log.as_ref().unwrap().log_id.clone();
    let addresses = BTreeMap::from([(id, url)]);
    let online = Arc::new(Online::new(&http(), &roots, &addresses));
    let mut running = tokio::task::JoinSet::new();
    for signature in signatures.iter().cycle().take(count * 10) {
        let (online, signature) = (online.clone(), signature.clone());
        running.spawn(async move { online.check("it", (&signature).into()).await });
    }
    for findings in running.join_all().await {
        assert_eq!(findings[0].outcome, Outcome::Pass, "{findings:?}");
    }
    asked.lock().unwrap().clone()
}

#[tokio::test]
async fn one_state_of_rekor_answers_for_all_signatures() {
    let asked = asked_for(4, false).await;

    let count = |path: &str| asked.iter().filter(|one| one.starts_with(path)).count();
    assert_eq!(asked.iter().filter(|one| *one == "/api/v1/log").count(), 1);
    // The last signature was recorded in the present state.
    assert_eq!(count("/api/v1/log/proof"), 3);
    assert_eq!(count("/api/v1/log/entries"), 40);
}

#[tokio::test]
async fn one_state_of_a_tiled_log_answers_for_all_signatures() {
    let asked = asked_for(4, true).await;

    assert_eq!(
        asked.iter().collect::<BTreeSet<_>>().len(),
        asked.len(),
        "{asked:?}"
    );
    assert_eq!(asked.len(), 3, "{asked:?}");
}

#[tokio::test]
async fn a_present_root_that_ended_the_logs_key_is_a_warning_and_no_failure() {
    let (sandbox, roots, signatures) = signed(1, false).await;
    let mut online = Online::new(&http(), &roots, &BTreeMap::new());
    let question = Question::from(&signatures[0]);
    let rotation = |findings: Vec<Finding>| -> Vec<Finding> {
        let found = findings.into_iter();
        found
            .filter(|finding| finding.check == Check::RootRotation)
            .collect()
    };
    let unknown = rotation(online.check("it", question).await);
    assert_eq!(unknown.len(), 1);
    assert_eq!(unknown[0].outcome, Outcome::NotChecked);

    let mut root: serde_json::Value = serde_json::from_str(sandbox.trusted_root_json()).unwrap();
    root["tlogs"][0]["publicKey"]["validFor"]["end"] = "2099-01-01T00:00:00Z".into();
    let present = root.to_string();
    online.present_root("mine", present.as_bytes()).unwrap();
    let findings = online.check("it", question).await;
    assert!(findings.iter().all(|one| one.outcome == Outcome::Pass));
    let told = rotation(findings);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].status, Status::Recorded);
    assert!(told[0].message.contains("ended on 2099-01-01T00:00:00Z"));

    let same = sandbox.trusted_root_json().as_bytes();
    online.present_root("mine", same).unwrap();
    let told = rotation(online.check("it", question).await);
    assert_eq!(told[0].status, Status::Verified);
}

#[tokio::test]
async fn a_present_root_of_an_unknown_name_or_none_at_all_is_refused() {
    let (sandbox, roots, _) = signed(0, false).await;
    let mut online = Online::new(&http(), &roots, &BTreeMap::new());
    let json = sandbox.trusted_root_json().as_bytes();

    let unknown = online.present_root("yours", json).unwrap_err();
    let malformed = online.present_root("mine", b"{}").unwrap_err();

    assert_eq!(unknown.code, "root-unknown");
    assert_eq!(malformed.code, "root-malformed");
}

#[tokio::test]
async fn a_log_without_a_usable_address_or_root_leaves_the_question_open() {
    let (sandbox, roots, signatures) = signed(1, false).await;
    let log = signatures[0].log.clone().unwrap();
    let mut lost = Roots::none();
    let json = sandbox.trusted_root_json();
    let bare = json.replace(&sandbox.url(Service::Rekor), "rekor.local");
    assert_ne!(bare, json);
    lost.add("mine", bare.as_bytes()).unwrap();
    for (roots, code) in [
        (lost, "EV-log-online-address"),
        (Roots::none(), "EV-log-online-unknown"),
    ] {
        let online = Online::new(&http(), &roots, &BTreeMap::new());
        let question = Question {
            log: Some(&log),
            times: &[],
        };
        let found = online.check("it", question).await;
        assert_eq!(found[0].outcome, Outcome::Undetermined);
        assert_eq!(found[0].code, code);
    }
    let online = Online::new(&http(), &roots, &BTreeMap::new());
    let question = Question {
        log: None,
        times: &[],
    };
    let found = online.check("it", question).await;
    assert_eq!((found.len(), found[0].outcome), (1, Outcome::NotChecked));
}

#[tokio::test]
async fn a_log_that_takes_its_time_is_given_up_once_for_all() {
    let (_sandbox, roots, signatures) = signed(2, true).await;
    let asked = Arc::new(Mutex::new(0));
    let seen = asked.clone();
    let wait = move || {
        *seen.lock().unwrap() += 1;
        tokio::time::sleep(Duration::from_secs(30))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(wait)).await });
    let id = signatures[0].log.as_ref().unwrap().log_id.clone();
    let addresses = BTreeMap::from([(id, Url::parse(&url).unwrap())]);
    let patience = Duration::from_millis(300);
    let online = Online::new(&http(), &roots, &addresses).with_patience(patience);

    for signature in &signatures {
        let found = online.check("it", signature.into()).await;
        assert_eq!(found[0].outcome, Outcome::Undetermined);
        assert_eq!(found[0].code, "EV-log-online-unreachable");
        assert!(found[0].message.contains("longer than 300ms"), "{found:?}");
    }
    assert_eq!(*asked.lock().unwrap(), 1);
}
