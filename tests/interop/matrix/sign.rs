//! The ways in which the two cosigns sign, and who does.

use crate::running::{Ran, by_key, run, stack_file, token_of, trusted_root, variable, workflow};
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

/// The address that the e-mail issuer's tokens are about.
const ADDRESS: &str = "release@example.test";
/// A repository of somebody else, with a workflow of the same name.
const FORK: &str = "evil-fork/shop";

static WORKFLOW_TOKEN: LazyLock<String> = LazyLock::new(|| {
    let (repository, reference) = (variable("STACK_REPOSITORY"), variable("STACK_REF"));
    token_of(&["gha", &repository, &reference])
});
static EMAIL_TOKEN: LazyLock<String> = LazyLock::new(|| token_of(&["email", ADDRESS]));
static FORK_TOKEN: LazyLock<String> =
    LazyLock::new(|| token_of(&["gha", FORK, &variable("STACK_REF")]));
static RSA: LazyLock<tempfile::TempDir> = LazyLock::new(rsa_key);

/// Who signs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Signer {
    /// A P-256 key of the stack, `alice` or `bob`.
    Key(&'static str),
    /// An RSA-2048 key.
    Rsa,
    /// The release workflow, keyless.
    Workflow,
    /// Somebody with an e-mail address, keyless.
    Email,
    /// The workflow of the same name in a fork, keyless.
    Fork,
}

impl Signer {
    pub(crate) fn is_keyless(self) -> bool {
        matches!(self, Self::Workflow | Self::Email | Self::Fork)
    }

    /// Flags by which all verifiers accept this signer.
    pub(crate) fn accepted(self) -> Vec<String> {
        match self {
            Self::Key(name) => by_key(name),
            Self::Rsa => vec![format!("--key={}", rsa("pub"))],
            Self::Workflow => workflow(),
            Self::Email => identity(ADDRESS, "STACK_EMAIL_ISSUER"),
            Self::Fork => identity(&fork_identity(), "STACK_GHA_ISSUER"),
        }
    }

    /// Flags by which somebody of the same kind is accepted, and not this signer.
    pub(crate) fn another(self) -> Vec<String> {
        match self {
            Self::Key("bob") => by_key("alice"),
            Self::Key(_) | Self::Rsa => by_key("bob"),
            Self::Workflow | Self::Fork => {
                identity(&(variable("STACK_IDENTITY") + "0"), "STACK_GHA_ISSUER")
            }
            Self::Email => identity("someone@example.test", "STACK_EMAIL_ISSUER"),
        }
    }

    /// The identity, and an issuer that did not vouch for it.
    pub(crate) fn by_other_issuer(self) -> Vec<String> {
        match self {
            Self::Email => identity(ADDRESS, "STACK_GHA_ISSUER"),
            _ => identity(&variable("STACK_IDENTITY"), "STACK_EMAIL_ISSUER"),
        }
    }

    /// The certificate's subject, keyless.
    pub(crate) fn subject(self) -> String {
        match self {
            Self::Email => ADDRESS.into(),
            Self::Fork => fork_identity(),
            _ => variable("STACK_IDENTITY"),
        }
    }

    /// The flag with a certificate's issuer.
    pub(crate) fn issuer_flag(self) -> String {
        let name = match self {
            Self::Email => "STACK_EMAIL_ISSUER",
            _ => "STACK_GHA_ISSUER",
        };
        format!("--certificate-oidc-issuer={}", variable(name))
    }

    fn signing(self) -> Vec<String> {
        let token = match self {
            Self::Key(name) => {
                return vec![format!("--key={}", stack_file(&format!("keys/{name}.key")))];
            }
            Self::Rsa => return vec![format!("--key={}", rsa("key"))],
            Self::Workflow => &WORKFLOW_TOKEN,
            Self::Email => &EMAIL_TOKEN,
            Self::Fork => &FORK_TOKEN,
        };
        vec![format!("--identity-token={}", token.as_str())]
    }
}

/// How it is signed: the tool, the format, and where it is recorded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Way {
    /// cosign 2, legacy tag, Rekor v1.
    Legacy,
    /// The same, with an RFC 3161 timestamp besides.
    LegacyTimestamped,
    /// cosign 2, legacy tag, no log.
    LegacyUnlogged,
    /// cosign 3, legacy tag, Rekor v1.
    LegacyByThree,
    /// cosign 2, Sigstore bundle, Rekor v1.
    BundleByTwo,
    /// cosign 3, Sigstore bundle, by that signing configuration of the stack.
    Bundle(&'static str),
    /// cosign 2, the same.
    BundleByTwoTo(&'static str),
}

/// A way of signing, and the signer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) name: &'static str,
    pub(crate) signer: Signer,
    pub(crate) way: Way,
}

impl Style {
    pub(crate) fn sign(self, image: &str, more: &[&str]) {
        insist(|| run(self.command("sign").args(more).arg(image)));
    }

    /// Attests with cosign's short name of a predicate type, or a URI.
    pub(crate) fn attest(self, image: &str, kind: &str, predicate: &Path) {
        insist(|| {
            let mut command = self.command("attest");
            command.args(["--type", kind, "--predicate"]).arg(predicate);
            run(command.arg(image))
        });
    }

    /// Whether no log recorded it.
    pub(crate) fn is_unlogged(self) -> bool {
        self.way == Way::LegacyUnlogged || matches!(self.configuration(), Some("tsa" | "none"))
    }

    /// Whether only a timestamp says when it was signed.
    pub(crate) fn is_timed_by_authority(self) -> bool {
        self.signer.is_keyless() && matches!(self.configuration(), Some("tsa" | "rekor2_tsa"))
    }

    /// The signing configuration, where one is used.
    pub(crate) fn configuration(self) -> Option<&'static str> {
        match self.way {
            Way::Bundle(name) | Way::BundleByTwoTo(name) => Some(name),
            _ => None,
        }
    }

    /// Whether it is in cosign's tags, not in Sigstore bundles.
    pub(crate) fn is_legacy(self) -> bool {
        self.way != Way::BundleByTwo && self.configuration().is_none()
    }

    /// Flags by which all verifiers accept it.
    pub(crate) fn accepted(self) -> Vec<String> {
        let mut flags = self.signer.accepted();
        if self.is_unlogged() {
            flags.push("--insecure-ignore-tlog".into());
        }
        flags
    }

    fn command(self, verb: &str) -> Command {
        let mut command = match self.way {
            Way::Bundle(config) => by_configuration("cosign-v3", verb, config),
            Way::BundleByTwoTo(config) => by_configuration("cosign-v2", verb, config),
            Way::LegacyByThree => {
                let mut command = self.by_addresses("cosign-v3", verb);
                command.args(["--use-signing-config=false", "--new-bundle-format=false"]);
                command
            }
            _ => self.by_addresses("cosign-v2", verb),
        };
        match self.way {
            Way::LegacyTimestamped => {
                let authority = variable("STACK_TSA_URL");
                command.args(["--timestamp-server-url", &authority]);
            }
            Way::LegacyUnlogged => {
                command.arg("--tlog-upload=false");
            }
            Way::BundleByTwo | Way::BundleByTwoTo(_) => {
                command.arg("--new-bundle-format");
            }
            _ => {}
        }
        command.args(self.signer.signing());
        command
    }

    /// With the flags and variables that cosign 2 is told by where to sign.
    fn by_addresses(self, program: &str, verb: &str) -> Command {
        let mut command = Command::new(program);
        command.args([verb, "--rekor-url", &variable("STACK_REKOR1_URL")]);
        if self.signer.is_keyless() {
            command.args(["--fulcio-url", &variable("STACK_FULCIO_URL")]);
            command.envs(roots_by_variables());
        }
        command
    }
}

/// Signs once more when it failed: cosign does not ask again where a server closes a connection that was kept open
/// just when it is used, which the timestamp authority does at times.
fn insist(sign: impl Fn() -> Ran) {
    let first = sign();
    if first.exit != Some(0) {
        eprintln!("signing again, since it failed: {}", first.stderr);
        sign().exits(0);
    }
}

fn by_configuration(program: &str, verb: &str, name: &str) -> Command {
    let configuration = stack_file(&format!("trust/signing_config_{name}.json"));
    let mut command = Command::new(program);
    command.args([verb, "--signing-config", &configuration]);
    command.args(["--trusted-root", &trusted_root()]);
    command
}

/// The roots as cosign 2 wants them where it does not take a trusted root.
pub(crate) fn roots_by_variables() -> [(&'static str, String); 3] {
    [
        (
            "SIGSTORE_CT_LOG_PUBLIC_KEY_FILE",
            stack_file("trust/ct.pub"),
        ),
        ("SIGSTORE_ROOT_FILE", stack_file("trust/fulcio_chain.pem")),
        ("SIGSTORE_REKOR_PUBLIC_KEY", stack_file("trust/rekor1.pub")),
    ]
}

pub(crate) fn identity(subject: &str, issuer: &str) -> Vec<String> {
    vec![
        format!("--certificate-identity={subject}"),
        format!("--certificate-oidc-issuer={}", variable(issuer)),
    ]
}

fn fork_identity() -> String {
    variable("STACK_IDENTITY").replace(&variable("STACK_REPOSITORY"), FORK)
}

fn rsa(extension: &str) -> String {
    let path = RSA.path().join(format!("rsa.{extension}"));
    path.to_str().unwrap().to_owned()
}

/// cosign makes no such keys, but imports them.
fn rsa_key() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let options = [
        "-algorithm",
        "RSA",
        "-pkeyopt",
        "rsa_keygen_bits:2048",
        "-out",
        "rsa.pem",
    ];
    let mut openssl = Command::new("openssl");
    run(openssl.arg("genpkey").args(options).current_dir(&folder)).exits(0);
    let mut cosign = Command::new("cosign-v3");
    cosign.args([
        "import-key-pair",
        "--key=rsa.pem",
        "--output-key-prefix=rsa",
    ]);
    run(cosign.current_dir(&folder)).exits(0);
    folder
}
