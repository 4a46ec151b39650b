//! What has the shape of a secret. Each shape has literals that an automaton looks for, and a closer look at what stands
//! around one. The formats are those that issuers publish and that the rules of gitleaks (github.com/gitleaks/gitleaks)
//! know under the names given.

use super::kubernetes;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use regex::bytes::Regex;
use std::sync::LazyLock;

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

/// A pattern that is compiled when it is first needed. One that does not compile, which tests rule out, finds nothing.
macro_rules! form {
    ($pattern:literal) => {{
        static FORM: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new($pattern).ok());
        FORM.as_ref()
    }};
}

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
        is_one: authorization,
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
        is_one: cookie,
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
        is_one: jwt,
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
        is_one: private_key,
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
        is_one: url_password,
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

fn authorization(bytes: &[u8], at: usize) -> bool {
    let form = form!(
        r#"(?i-u)^authorization(?:\\?["']?\s{0,4}[:=]\s{0,4}|\\?["']\s{0,4},\s{0,40}\\?["']value\\?["']\s{0,4}:\s{0,4})\\?["']?(bearer|token|basic)\s{1,4}([a-z0-9._~+/=-]{8,})"#
    );
    let found = form.and_then(|form| form.captures(bytes.get(at..)?));
    let found = found.and_then(|found| Some((found.get(1)?.as_bytes(), found.get(2)?.as_bytes())));
    match found {
        Some((scheme, pair)) if scheme.eq_ignore_ascii_case(b"basic") => {
            let plain = decode(&STANDARD_NO_PAD, pair.trim_ascii_end());
            let plain = plain.or_else(|| STANDARD.decode(pair).ok());
            plain.is_some_and(|plain| {
                let colon = plain.iter().position(|byte| *byte == b':');
                colon.is_some_and(|colon| plain.len() > colon + 1)
            })
        }
        Some((_, token)) => token.len() >= 16 && is_mixed(token),
        None => false,
    }
}

fn cookie(bytes: &[u8], at: usize) -> bool {
    let form = form!(
        r#"(?i-u)^cookie\\?["']?\s{0,4}:\s{0,4}\\?["']?[a-z0-9!#$%&'*+.^_`|~-]{1,128}=([a-z0-9!#$%&'()*+./:<=>?@^_`{|}~-]{16,})"#
    );
    let before = bytes.get(..at).unwrap_or_default();
    let is_set = before
        .len()
        .checked_sub(4)
        .and_then(|start| before.get(start..))
        .is_some_and(|word| word.eq_ignore_ascii_case(b"set-"));
    let length = before.len() - if is_set { 4 } else { 0 };
    let before = before.get(..length).unwrap_or_default();
    let is_header = before
        .last()
        .is_none_or(|byte| b"\r\n\"' \t><".contains(byte));
    is_header && group(form, bytes, at).is_some_and(is_mixed)
}

fn jwt(bytes: &[u8], at: usize) -> bool {
    let form = form!(r"^(eyJ[A-Za-z0-9_-]{8,})\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}");
    if !starts_word(bytes, at) {
        return false;
    }
    let window = bytes.get(..bytes.len().min(at + AFTER)).unwrap_or(bytes);
    let header = group(form, window, at).and_then(|header| decode(&URL_SAFE, header));
    let header = header.and_then(|json| serde_json::from_slice::<serde_json::Value>(&json).ok());
    header.is_some_and(|header| header.get("alg").is_some_and(serde_json::Value::is_string))
}

fn private_key(bytes: &[u8], at: usize) -> bool {
    if bytes.get(at) != Some(&b'P') {
        // The beginning of one in base64, as kubeconfig files hold it.
        let form = form!(r"^LS0tLS1CRUdJTi[A-Za-z0-9+/]{64}");
        return is(form, bytes, at)
            && decode(&STANDARD_NO_PAD, part(bytes, at, 72))
                .is_some_and(|text| text.windows(11).any(|part| part == b"PRIVATE KEY"));
    }
    let form = form!(r"^PRIVATE KEY(?: BLOCK)?-----");
    let begin = b"-----BEGIN ";
    let before = bytes.get(at.saturating_sub(64)..at).unwrap_or_default();
    let is_begun = (before.windows(begin.len()).rev())
        .position(|part| part == begin)
        .and_then(|back| before.get(before.len() - back..))
        .is_some_and(|label| {
            label
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || *byte == b' ')
        });
    // Behind the dashes that end the label.
    let body = part(bytes, at + 22, 1_024);
    let end = body
        .windows(5)
        .position(|part| part == b"-----")
        .unwrap_or(body.len());
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    let body = body.get(..end).unwrap_or_default();
    let mut runs = body.split(|byte| !is_base64(byte));
    is_begun && is(form, bytes, at) && runs.any(|run| run.len() >= 32 && is_mixed(run))
}

fn url_password(bytes: &[u8], at: usize) -> bool {
    let form = form!(
        r#"(?-u)^:\\?/\\?/[^\s/?\#@:"'<>\\`]{0,256}:([^\s/?\#@"'<>\\`]{3,256})@[A-Za-z0-9\[]"#
    );
    let is_scheme = |byte: &u8| byte.is_ascii_alphanumeric();
    let before = bytes.get(..at).and_then(<[u8]>::last);
    if !before.is_some_and(is_scheme) || !has_user(bytes, at) {
        return false;
    }
    group(form, bytes, at).is_some_and(|password| {
        let stands_for_one = password
            .first()
            .is_some_and(|byte| b"$[{(*%".contains(byte));
        let word = password.to_ascii_lowercase();
        let is_word = [
            &b"password"[..],
            b"pass",
            b"passwd",
            b"pwd",
            b"secret",
            b"token",
            b"redacted",
        ]
        .contains(&word.as_slice());
        let is_one_character = password.iter().all(|byte| Some(byte) == password.first());
        !stands_for_one && !is_word && !is_one_character
    })
}

/// Whether an `@` stands before the authority's end: most texts have many URLs, and hardly one has.
fn has_user(bytes: &[u8], at: usize) -> bool {
    let slashes = bytes.get(at + 1..).unwrap_or_default();
    let slashes = slashes
        .iter()
        .take_while(|byte| b"/\\".contains(byte))
        .count();
    let authority = part(bytes, at + 1 + slashes, 600);
    let is_end = |byte: &&u8| matches!(byte, 0..=b' ' | b'/' | b'@' | b'"' | b'<' | b'>' | b'\\');
    authority.iter().find(is_end) == Some(&b'@')
}

/// Base64 for URLs, whatever its last bits are: a part of a longer text has others.
const URL_SAFE: GeneralPurpose = lenient(&alphabet::URL_SAFE);

const fn lenient(alphabet: &alphabet::Alphabet) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(alphabet, config)
}

fn decode(engine: &impl base64::Engine, text: &[u8]) -> Option<Vec<u8>> {
    engine.decode(text).ok()
}

/// No letter, digit or `_` stands before it.
fn starts_word(bytes: &[u8], at: usize) -> bool {
    let before = bytes.get(..at).and_then(<[u8]>::last);
    before.is_none_or(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'))
}

fn is(form: Option<&Regex>, bytes: &[u8], at: usize) -> bool {
    let rest = bytes.get(at..).unwrap_or_default();
    form.is_some_and(|form| form.is_match(rest))
}

/// The first group of the match.
fn group<'b>(form: Option<&Regex>, bytes: &'b [u8], at: usize) -> Option<&'b [u8]> {
    let found = form?.captures(bytes.get(at..)?)?;
    found.get(1).map(|group| group.as_bytes())
}

fn part(bytes: &[u8], at: usize, length: usize) -> &[u8] {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.get(..length).unwrap_or(rest)
}

/// Whether it has letters and digits, as what was drawn by lot has, and documents' `xxxx` and `your-token-here` have not.
fn is_mixed(text: &[u8]) -> bool {
    text.iter().any(u8::is_ascii_alphabetic) && text.iter().any(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests;
