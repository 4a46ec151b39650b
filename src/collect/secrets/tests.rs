use super::*;
use std::collections::BTreeMap;

fn exposed(known: &[Known]) -> BTreeMap<&str, Vec<&str>> {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in known {
        (found.entry(one.name.as_str()).or_default()).push(one.secret.expose());
    }
    found
}

fn variables(pairs: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> + use<> {
    let pairs: BTreeMap<String, String> = (pairs.iter())
        .map(|(name, value)| ((*name).into(), (*value).into()))
        .collect();
    move |name| pairs.get(name).cloned()
}

#[test]
fn own_variables_and_the_passwords_of_proxies_are_known() {
    let environment = variables(&[
        ("COSIGN_PASSWORD", "p4ssword"),
        ("EVIDENCE_IDENTITY_TOKEN", "Cargo.toml"),
        ("HTTPS_PROXY", "http://me:s%40cret@proxy:3128"),
        ("http_proxy", "http://proxy:3128"),
        ("PROM_TOKEN", "not ours"),
    ]);

    let known = of_environment(&environment);

    assert_eq!(
        exposed(&known),
        BTreeMap::from([
            (
                "password in the URL of proxy of HTTPS_PROXY",
                vec!["s@cret", "s%40cret"]
            ),
            ("variable COSIGN_PASSWORD", vec!["p4ssword"]),
        ])
    );
}

#[test]
fn what_a_kubeconfig_holds_is_known_when_a_command_is_configured() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".kube");
    std::fs::create_dir(&folder).unwrap();
    let key = "-----BEGIN EC PRIVATE KEY-----\nAAAA\nBBBB\n-----END EC PRIVATE KEY-----\n";
    let data = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, key);
    std::fs::write(folder.join("token"), "t0ken-of-file\n").unwrap();
    std::fs::write(
        folder.join("config"),
        format!(
            "apiVersion: v1\nclusters: [{{name: c, cluster: {{server: 'https://c', certificate-authority-data: UFVC}}}}]\n\
             users:\n- name: a\n  user: {{token: t0ken-of-a, password: p4ss-of-a}}\n\
             - name: b\n  user:\n    client-key-data: {data}\n    tokenFile: token\n    client-certificate-data: UFVC\n\
             - name: c\n  user: {{auth-provider: {{name: oidc, config: {{id-token: t0ken-of-c, issuer: 'https://i'}}}}}}\n"
        ),
    )
    .unwrap();
    let environment = variables(&[
        ("HOME", home.path().to_str().unwrap()),
        ("DB_COOKIE", "c00kie"),
    ]);
    let config = |text: &str| {
        let text = format!("version: 1\nrelease: {{repository: github.com/o/r}}\n{text}");
        crate::config::parse(text.as_bytes(), "evidence.yaml").unwrap()
    };
    let with = config("commands: [{id: c, run: [kubectl], env: [DB_COOKIE, LANG]}]\n");

    let known = of_commands(&with, &environment);

    let found = exposed(&known);
    assert_eq!(found["variable DB_COOKIE"], ["c00kie"]);
    assert_eq!(found["token of \"a\" in the kubeconfig"], ["t0ken-of-a"]);
    assert_eq!(found["password of \"a\" in the kubeconfig"], ["p4ss-of-a"]);
    assert_eq!(found["token of \"b\" in the kubeconfig"], ["t0ken-of-file"]);
    assert_eq!(
        found["client key of \"b\" in the kubeconfig"],
        [data.as_str(), key.trim(), "AAAABBBB"]
    );
    assert_eq!(found["id-token of \"c\" in the kubeconfig"], ["t0ken-of-c"]);
    assert_eq!(found.len(), 6);
    assert!(of_commands(&config(""), &environment).is_empty());
}

#[test]
fn a_kubeconfig_that_cannot_be_read_gives_nothing_and_says_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    std::fs::write(&path, "users: [{user: {token: [s3cr3t]}}]").unwrap();

    assert!(super::super::kubeconfig::credentials(&path).is_empty());
    assert!(super::super::kubeconfig::credentials(folder.path()).is_empty());
}

#[test]
fn what_is_learnt_later_is_searched_for_and_taken_out_of_words() {
    let secrets = RunSecrets::new(vec![Known::new("a", "first-s3cr3t")]);
    let before = secrets.search().unwrap();

    secrets.learn([
        Known::new("b", "second-s3cr3t"),
        Known::new("c", "first-s3cr3t"),
    ]);

    assert_eq!(secrets.count(), 2);
    assert!(!before.is_in(b"second-s3cr3t"));
    assert!(secrets.search().unwrap().is_in(b"second-s3cr3t"));
    assert_eq!(
        secrets.scrubbed("first-s3cr3t, second-s3cr3t"),
        "(secret), (secret)"
    );
    assert!(!format!("{secrets:?}").contains("s3cr3t"));
}

#[test]
fn names_that_speak_of_a_secret_are_told_from_others() {
    for name in [
        "GITHUB_TOKEN",
        "db_password",
        "AWS_SECRET_ACCESS_KEY",
        "NPM_AUTH",
        "SESSION_COOKIE",
    ] {
        assert!(speaks_of_a_secret(name), "{name}");
    }
    for name in ["KUBECONFIG", "RUST_LOG", "CI"] {
        assert!(!speaks_of_a_secret(name), "{name}");
    }
}

#[test]
fn more_credentials_than_are_searched_for_let_nothing_be_stored_or_said() {
    let many = (0..=limits::SECRETS).map(|at| Known::new("k", format!("s3cr3t-{at}")));

    let secrets = RunSecrets::new(many.collect());

    assert!(secrets.search().is_err());
    assert!(!secrets.scrubbed("s3cr3t-7").contains("s3cr3t-7"));
}
