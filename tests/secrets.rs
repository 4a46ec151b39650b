//! Over all fixtures, what real tools wrote and signed has no shape of a secret, but for the secrets among them.

#![cfg(test)]
#![allow(
    clippy::unwrap_used,
    reason = "a test whose files cannot be read has failed"
)]

use evidence::secrets::Search;

#[test]
fn of_all_that_others_signed_and_tools_wrote_only_secrets_look_like_some() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut folders = vec![root.clone()];
    let mut looked = 0;
    let search = Search::new(&[]).unwrap();
    let mut wrong = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            looked += 1;
            let name = path.strip_prefix(&root).unwrap().display().to_string();
            for hit in search.bytes(&std::fs::read(&path).unwrap()) {
                wrong.push(format!("{name} {} {}", hit.place, hit.what));
            }
        }
    }
    assert!(looked > 100, "{looked}");
    wrong.sort();
    // What they found is there: requests with credentials, an answer with a cookie, a private key.
    assert_eq!(
        wrong,
        [
            "grafana/http/render-login-redirect-302.resp 11:5 a Cookie header (cookie-header)",
            "prometheus/http/nginx-1.22/basic-auth-wrong-401.req 6:1 an Authorization header (authorization-header)",
            "prometheus/http/prometheus-3.15-auth/basic-auth-ok-200.req 6:1 an Authorization header (authorization-header)",
            "prometheus/http/prometheus-3.15-auth/basic-auth-wrong-401.req 6:1 an Authorization header (authorization-header)",
            "sigstore/test-keys/alice.key 1:31 a private key (private-key)",
        ]
    );
}
