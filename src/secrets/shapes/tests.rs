use super::*;
use crate::secrets::{Search, What};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use std::collections::BTreeSet;

/// No real one is anywhere near these: what is drawn is drawn here, so that no other scanner finds it in this file.
fn drawn(length: usize) -> String {
    let letters = b"aB3dE5gH7jK9mN1pQ2sT4vW6yZ8";
    (0..length)
        .map(|at| char::from(letters[(at * 7 + at / 27) % letters.len()]))
        .collect()
}

fn capitals(length: usize) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    (0..length)
        .map(|at| char::from(letters[(at * 11) % letters.len()]))
        .collect()
}

fn found(text: &str) -> BTreeSet<&'static str> {
    let search = Search::new(&[]).unwrap();
    let hits = search.bytes(text.as_bytes());
    hits.into_iter()
        .map(|hit| match hit.what {
            What::Shape(name) => name,
            What::Known(name) => panic!("{name}"),
        })
        .collect()
}

fn base64(text: &str) -> String {
    STANDARD.encode(text)
}

fn url_safe(text: &str) -> String {
    URL_SAFE.encode(text).trim_end_matches('=').into()
}

fn pem(label: &str) -> String {
    let line = drawn(64);
    format!("-----BEGIN {label}-----\n{line}\n{line}\n-----END {label}-----\n")
}

fn token() -> String {
    let (header, payload) = (
        url_safe(r#"{"alg":"RS256","typ":"JWT"}"#),
        url_safe(r#"{"sub":"me","exp":1}"#),
    );
    format!("{header}.{payload}.{}", drawn(86))
}

/// Each shape with texts that hold one.
fn positives() -> Vec<(&'static str, Vec<String>)> {
    let escaped = |text: String| serde_json::to_string(&text).unwrap();
    vec![
        ("age-key", vec![format!("AGE-SECRET-KEY-1{}", "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN54KHCE")]),
        (
            "authorization-header",
            vec![
                format!("> Authorization: Bearer {}\r\n", drawn(30)),
                format!("authorization: token {}", drawn(30)),
                format!("Proxy-Authorization: Basic {}", base64("me:pw")),
                format!(r#"{{"authorization":"Bearer {}"}}"#, drawn(20)),
                format!(r#"{{"name": "Authorization", "value": "Bearer {}"}}"#, drawn(20)),
            ],
        ),
        (
            "aws-access-key",
            vec![
                format!("id = AKIA{}", capitals(16)),
                format!("\"ASIA{}\"", capitals(16)),
            ],
        ),
        (
            "aws-secret-key",
            vec![
                format!("aws_secret_access_key = {}", drawn(40)),
                format!("AWS_SECRET_KEY={}", drawn(40)),
                format!("aws_secret_key: {}", drawn(40)),
                format!("AWSSECRETACCESSKEY={}", drawn(40)),
                format!("AWS_SECRET_ACCESS_KEY={}\n", drawn(40)),
                format!(r#"{{"SecretAccessKey": "{}"}}"#, drawn(40)),
                format!(r#""{{\"secretAccessKey\":\"{}\"}}""#, drawn(40)),
            ],
        ),
        (
            "cookie-header",
            vec![
                format!("Cookie: theme=dark_mode_of_2024_x1; session={}", drawn(32)),
                format!("< set-cookie: grafana_session={}; Path=/", drawn(32)),
                format!(r#"{{"Cookie": "sid={}"}}"#, drawn(32)),
            ],
        ),
        ("docker-token", vec![format!("dckr_pat_{}", drawn(27))]),
        (
            "github-token",
            ["ghp_", "gho_", "ghs_", "ghu_", "ghr_"]
                .iter()
                .map(|prefix| format!("token {prefix}{}", drawn(36)))
                .chain([format!("github_pat_{}_{}", drawn(22), drawn(59))])
                .collect(),
        ),
        (
            "gitlab-token",
            vec![
                format!("glpat-{}", drawn(20)),
                format!("glpat-{}.01.{}", drawn(27), drawn(9)),
                format!("glcbt-64_{}", drawn(20)),
            ],
        ),
        ("google-api-key", vec![format!("key=AIza{}", drawn(35))]),
        (
            "grafana-token",
            vec![
                format!("glsa_{}_{}", drawn(32), "0a1b2c3d"),
                format!("glc_{}==", drawn(80)),
            ],
        ),
        ("jwt", vec![token(), format!(r#"{{"t":"{}"}}"#, token())]),
        (
            "kubernetes-secret",
            vec![
                r#"{"kind":"Secret","data":{"p":"c2Vj"}}"#.into(),
                r#"{"apiVersion": "v1", "stringData": {"p": "x"}, "kind" : "Secret"}"#.into(),
                r#"{"kind":"List","items":[{"kind":"ConfigMap"},{"data":{"p":"c2Vj"},"kind":"Secret","metadata":{"labels":{"a":"b"}}}]}"#.into(),
                r#"{"last-applied":"{\"data\":{\"p\":\"c2Vj\"},\"kind\":\"Secret\"}\n"}"#.into(),
                "# the secret\napiVersion: v1\nkind: Secret\nmetadata:\n  name: x\ndata:\n  p: c2Vj\n".into(),
                "kind: ConfigMap\n---\nstringData:\n  # not empty\n  p: \"pw\"\nkind: Secret\n".into(),
                "items:\n- apiVersion: v1\n  data:\n    p: c2Vj\n  kind: Secret\n".into(),
                r#"not json { "kind":"Secret","data":{"p":"c2Vj"}"#.into(),
            ],
        ),
        ("npm-token", vec![format!("//registry/:_authToken=npm_{}", drawn(36))]),
        (
            "private-key",
            vec![
                pem("RSA PRIVATE KEY"),
                pem("PRIVATE KEY"),
                pem("ENCRYPTED PRIVATE KEY"),
                pem("OPENSSH PRIVATE KEY"),
                pem("EC PRIVATE KEY"),
                pem("PGP PRIVATE KEY BLOCK"),
                escaped(pem("PRIVATE KEY")),
                format!(r#"{{"type":"service_account","private_key":{}}}"#, escaped(pem("PRIVATE KEY"))),
                format!("client-key-data: {}", base64(&pem("RSA PRIVATE KEY"))),
                // Cut off in the middle.
                pem("PRIVATE KEY")[..100].into(),
            ],
        ),
        ("pypi-token", vec![format!("pypi-AgEIcHlwaS5vcmc{}", drawn(80))]),
        (
            "slack-token",
            vec![
                format!("xoxb-123456789012-1234567890123-{}", drawn(24)),
                format!("xoxe.xoxp-1-{}", drawn(150)),
                format!("xoxp-123456789012-123456789012-123456789012-{}", drawn(32)),
                format!("xapp-1-A0123456-123456-{}", drawn(40)),
                format!("https://hooks.slack.com/services/{}", drawn(46)),
            ],
        ),
        (
            "stripe-key",
            vec![
                format!("sk_live_{}", drawn(24)),
                format!("rk_test_{}", drawn(24)),
            ],
        ),
        (
            "url-password",
            vec![
                "postgres://shop:hunter2@db:5432/shop".into(),
                "https://:t0ken@host/x".into(),
                r#"{"u":"amqp:\/\/a:b%40c@[::1]"}"#.into(),
            ],
        ),
        (
            "vault-token",
            vec![
                format!("VAULT_TOKEN=hvs.{}", drawn(90)),
                format!("hvb.{}", drawn(140)),
            ],
        ),
    ]
}

#[test]
fn each_shape_is_found_and_no_other_is_taken_for_it() {
    let positives = positives();
    let told: BTreeSet<&str> = positives.iter().map(|(name, _)| *name).collect();
    let all: BTreeSet<&str> = SHAPES.iter().map(|shape| shape.name).collect();
    assert_eq!(told, all);
    for (name, texts) in positives {
        for text in texts {
            let found = found(&text);
            assert!(found.contains(name), "{name}: {text}: {found:?}");
            assert!(found.len() <= 2, "{text}: {found:?}");
        }
    }
}

#[test]
fn what_only_looks_alike_is_no_secret() {
    let x40 = "x".repeat(40);
    for text in [
        // Documents and templates.
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "a file with -----BEGIN ENCRYPTED PRIVATE KEY----- at its top",
        "-----BEGIN RSA PRIVATE KEY-----\\n[redacted:key]\\n",
        &pem("PUBLIC KEY"),
        &pem("CERTIFICATE"),
        "Authorization: Bearer <token>",
        "Authorization: Bearer $TOKEN",
        "Authorization: Bearer your-token-goes-here",
        "authorization is needed: bearer tokens are sent by the client",
        "Authorization: Basic [redacted:auth]",
        "Cookie: name=value",
        "cookies: crumbs=everywhere",
        "https://user:password@host/",
        "https://$USER:$PASSWORD@host/",
        "https://me:***@host/",
        "https://me:[redacted:pw]@host/",
        "https://me:xxxxx@host/",
        "https://host:8080/@scope/pkg and git+ssh://git@github.com:o/r.git",
        "pkg:npm/%40a/b@1?download_url=https://host:443/x@y",
        "AKIAIOSFODNN7EXAMPLE",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "aws_secret_access_key = ${{ secrets.KEY }}",
        &format!("ghp_{x40} glpat-{x40} npm_{}", "x".repeat(36)),
        "ghp_short glpat-short npm_install sk_live_x hvs.x",
        &format!("x{}", format_args!("ghp_{}", drawn(36))),
        "AIzaThis is no key at all, it has blanks in it",
        // Base64 of JSON in Sigstore bundles, alone or beside a dot.
        &format!(
            r#"{{"payload":"{}","canonicalizedBody":"{}"}}"#,
            base64(r#"{"_type":"https://in-toto.io/Statement/v1"}"#),
            base64(r#"{"apiVersion":"0.0.1"}"#)
        ),
        &format!(
            "{}.{}.{}",
            url_safe(r#"{"alg":1,"a":"bcdef"}"#),
            url_safe(r#"{"sub":"me","x":1}"#),
            drawn(40)
        ),
        // Kinds without anything in them.
        r#"{"kind":"Secret","data":{}}"#,
        r#"{"kind":"Secret","data":null,"metadata":{"data":{"a":"b"}}}"#,
        r#"{"kind":"Secret","data":{"p":"[redacted:s]","q":""}}"#,
        r#"{"kind":"Secret","data":"[redacted:s]"}"#,
        r#"{"kind":"SealedSecret","data":{"p":"c2Vj"}}"#,
        r#"{"ref":{"kind":"Secret","name":"x"},"data":{"p":"c2Vj"}}"#,
        r#"{"type":"secret","data":{"p":"c2Vj"}}"#,
        "kind: Secret\ndata:\n  p: {{ .Values.p | b64enc }}\n",
        "kind: Secret\n---\nkind: ConfigMap\ndata:\n  p: v\n",
        "kind: SecretProviderClass\ndata:\n  p: v\n",
        "valueFrom:\n  kind: Secret\n",
    ] {
        assert_eq!(found(text), BTreeSet::new(), "{text}");
    }
}
