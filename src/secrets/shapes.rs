//! What has the shape of a secret. Each shape has literals that an automaton looks for, and a closer look at what stands
//! around one. The formats are those that issuers publish and that the rules of gitleaks (github.com/gitleaks/gitleaks)
//! know under the names given.

use super::kubernetes;
use super::looks::{self, form, group, is, is_mixed, part, starts_word};

/// A kind of secret that is known by its form.
#[derive(Debug)]
pub struct Shape {
    /// Its name in `secrets.allow`.
    pub name: &'static str,
    /// What it is, for people.
    pub words: &'static str,
    /// Texts of which one stands in each secret of this shape. None of any shape begins with another, or in another.
    pub(super) literals: &'static [&'static str],
    /// Bytes before the literal at which it begins, such as a letter of either case.
    pub(super) back: usize,
    /// Whether what stands at this offset is one.
    pub(super) is_one: fn(&[u8], usize) -> bool,
}

/// Whether there is a shape of this name.
pub fn is_shape(name: &str) -> bool {
    SHAPES.iter().any(|shape| shape.name == name)
}

/// Bytes before a literal, and from it on, that a shape looks at.
pub(super) const BEFORE: usize = 4 << 10;
/// See [`BEFORE`].
pub(super) const AFTER: usize = 64 << 10;

/// All of them.
pub const SHAPES: &[Shape] = &[
    Shape {
        name: "age-key",
        words: "a secret key of age",
        // gitleaks: age-secret-key.
        literals: &["AGE-SECRET-KEY-1"],
        back: 0,
        is_one: |bytes, at| {
            let form = form!(r"^AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}");
            starts_word(bytes, at) && is(form, bytes, at)
        },
    },
    Shape {
        name: "authorization-header",
        words: "an Authorization header",
        // RFC 9110, 11.6.2; gitleaks: curl-auth-header.
        literals: &["uthorization", "UTHORIZATION"],
        back: 1,
        is_one: looks::authorization,
    },
    Shape {
        name: "aws-access-key",
        words: "an access key id of AWS",
        // gitleaks: aws-access-token. Keys of AWS' own documentation end in EXAMPLE.
        literals: &["AKIA", "ASIA", "ABIA", "ACCA"],
        back: 0,
        is_one: |bytes, at| {
            let form = form!(r"^(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?:[^A-Za-z0-9+/=_]|$)");
            starts_word(bytes, at)
                && is(form, bytes, at)
                && !part(bytes, at, 20).ends_with(b"EXAMPLE")
        },
    },
    Shape {
        name: "aws-secret-key",
        words: "a secret access key of AWS",
        // In context alone: 40 characters of base64 are anything. Keys of AWS' own documentation end in EXAMPLEKEY.
        literals: &[
            "ecret_access_key",
            "ECRET_ACCESS_KEY",
            "ecretAccessKey",
            "ecretaccesskey",
            "ECRETACCESSKEY",
            "ws_secret_key",
            "WS_SECRET_KEY",
        ],
        back: 1,
        is_one: |bytes, at| {
            let form = form!(
                r#"(?i-u)^[a-z_]{14,17}\\?["']?\s{0,8}(?:[:=]|=>|:=)\s{0,8}\\?["']?([a-z0-9/+]{40})(?:[^a-z0-9/+=]|$)"#
            );
            group(form, bytes, at).is_some_and(|key| !key.ends_with(b"EXAMPLEKEY") && is_mixed(key))
        },
    },
    Shape {
        name: "cookie-header",
        words: "a Cookie header",
        // RFC 6265, 4.1 and 4.2.
        literals: &["ookie", "OOKIE"],
        back: 1,
        is_one: looks::cookie,
    },
    Shape {
        name: "docker-token",
        words: "a personal access token of Docker Hub",
        literals: &["dckr_pat_", "dckr_oat_"],
        back: 0,
        is_one: |bytes, at| {
            let form = form!(r"^dckr_(?:pat|oat)_[A-Za-z0-9_-]{27,64}");
            starts_word(bytes, at) && is(form, bytes, at)
        },
    },
    Shape {
        name: "github-token",
        words: "a token of GitHub",
        // gitleaks: github-pat, -oauth, -app-token, -refresh-token, -fine-grained-pat.
        literals: &["ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_"],
        back: 0,
        is_one: |bytes, at| {
            let form = form!(
                r"^(?:gh[posur]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})"
            );
            starts_word(bytes, at) && is(form, bytes, at) && is_mixed(part(bytes, at, 40))
        },
    },
    Shape {
        name: "gitlab-token",
        words: "a token of GitLab",
        // gitleaks: gitlab-pat, -pat-routable, -deploy-token, -rrt, -cicd-job-token, -ptt and their like.
        literals: &[
            "glpat-", "gldt-", "glrt-", "glrtr-", "glcbt-", "glptt-", "glft-", "glsoat-", "glimt-",
            "glagent-", "gloas-",
        ],
        back: 0,
        is_one: |bytes, at| {
            let form =
                form!(r"^gl(?:pat|dt|rt|rtr|cbt|ptt|ft|soat|imt|agent|oas)-[A-Za-z0-9_-]{20,300}");
            starts_word(bytes, at) && is(form, bytes, at) && is_mixed(part(bytes, at, 40))
        },
    },
    Shape {
        name: "google-api-key",
        words: "an API key of Google",
        // gitleaks: gcp-api-key.
        literals: &["AIza"],
        back: 0,
        is_one: |bytes, at| {
            let form = form!(r"^AIza[A-Za-z0-9_-]{35}(?:[^A-Za-z0-9_-]|$)");
            starts_word(bytes, at) && is(form, bytes, at)
        },
    },
    Shape {
        name: "grafana-token",
        words: "a token of Grafana",
        // gitleaks: grafana-service-account-token, grafana-cloud-api-token.
        literals: &["glsa_", "glc_"],
        back: 0,
        is_one: |bytes, at| {
            let form =
                form!(r"^(?:glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}|glc_[A-Za-z0-9+/]{32,400}={0,2})");
            starts_word(bytes, at) && is(form, bytes, at)
        },
    },
    Shape {
        name: "jwt",
        words: "a JSON Web Token",
        // RFC 7519; gitleaks: jwt. Three parts, of which the first is a header (RFC 7515): base64 of JSON alone, as in
        // Sigstore bundles, is none.
        literals: &["eyJ"],
        back: 0,
        is_one: looks::jwt,
    },
    Shape {
        name: kubernetes::NAME,
        words: "a Secret of Kubernetes with data",
        // gitleaks: kubernetes-secret-yaml. A Secret may stand in a list, or in an annotation as a text.
        literals: kubernetes::LITERALS,
        back: 0,
        is_one: kubernetes::is_kind,
    },
    Shape {
        name: "npm-token",
        words: "a token of npm",
        // gitleaks: npm-access-token.
        literals: &["npm_"],
        back: 0,
        is_one: |bytes, at| {
            let form = form!(r"^npm_[A-Za-z0-9]{36}(?:[^A-Za-z0-9_]|$)");
            starts_word(bytes, at) && is(form, bytes, at) && is_mixed(part(bytes, at, 40))
        },
    },
    Shape {
        name: "private-key",
        words: "a private key",
        // RFC 7468; gitleaks: private-key. A header with nothing behind it, as documents have it, is none.
        literals: &["PRIVATE KEY", "LS0tLS1CRUdJTi"],
        back: 0,
        is_one: looks::private_key,
    },
    Shape {
        name: "pypi-token",
        words: "an upload token of PyPI",
        // gitleaks: pypi-upload-token.
        literals: &["pypi-Ag"],
        back: 0,
        is_one: |bytes, at| {
            let form =
                form!(r"^pypi-Ag(?:EIcHlwaS5vcmc|ENdGVzdC5weXBpLm9yZw)[A-Za-z0-9_-]{50,1000}");
            starts_word(bytes, at) && is(form, bytes, at)
        },
    },
    Shape {
        name: "slack-token",
        words: "a token or hook of Slack",
        // gitleaks: slack-bot-token, -user-token, -app-token, -config-access-token, -legacy-token, -webhook-url.
        literals: &[
            "xoxa-",
            "xoxb-",
            "xoxe-",
            "xoxe.",
            "xoxo-",
            "xoxp-",
            "xoxr-",
            "xoxs-",
            "xapp-",
            "hooks.slack.com/",
        ],
        back: 0,
        is_one: |bytes, at| {
            let form = form!(
                r"^(?:xox[abeoprs]-[0-9]{8,14}-[A-Za-z0-9-]{10,250}|xoxe(?:\.xox[bp])?-[0-9]-[A-Za-z0-9]{100,200}|xapp-[0-9]-[A-Z0-9]+-[0-9]+-[A-Za-z0-9]{16,}|hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{40,64})"
            );
            (starts_word(bytes, at) || bytes.get(at) == Some(&b'h')) && is(form, bytes, at)
        },
    },
    Shape {
        name: "stripe-key",
        words: "a secret key of Stripe",
        // gitleaks: stripe-access-token.
        literals: &["k_live_", "k_test_", "k_prod_"],
        back: 1,
        is_one: |bytes, at| {
            let form = form!(r"^[sr]k_(?:live|test|prod)_[A-Za-z0-9]{16,255}");
            starts_word(bytes, at) && is(form, bytes, at) && is_mixed(part(bytes, at, 40))
        },
    },
    Shape {
        name: "url-password",
        words: "a URL with a password",
        // RFC 3986, 3.2.1; gitleaks: curl-auth-user knows half of it.
        literals: &["://", ":\\/\\/"],
        back: 0,
        is_one: looks::url_password,
    },
    Shape {
        name: "vault-token",
        words: "a token of HashiCorp Vault",
        // gitleaks: vault-service-token, vault-batch-token.
        literals: &["hvs.", "hvb.", "hvr."],
        back: 0,
        is_one: |bytes, at| {
            let form = form!(r"^hv[sbr]\.[A-Za-z0-9_-]{24,300}");
            starts_word(bytes, at) && is(form, bytes, at) && is_mixed(part(bytes, at, 40))
        },
    },
];

#[cfg(test)]
mod tests;
