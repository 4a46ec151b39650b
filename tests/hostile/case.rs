//! One case: a good registry in which one thing is wrong, and what the binary makes of it.

use crate::common::{World, evidence, text};
use crate::server::{Ask, Reply, Server, fetch};
use evidence::model::Digest;
use evidence::sandbox::{Content, Format, LocalKey, SignRequest, SignedBy};
use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The user's password, which only the registry that it is for may see.
pub(crate) const PASSWORD: &str = "pa55-s3cr3t-word";
/// `me:` and the password, in base64.
pub(crate) const BASIC: &str = "bWU6cGE1NS1zM2NyM3Qtd29yZA==";
/// A token, which only its registry may see.
pub(crate) const TOKEN: &str = "t0ken-s3cr3t-t0ken";

/// Most memory that a run may take. The debug build alone takes some 50 MiB.
const PEAK_KIB: u64 = 160 << 10;
/// What a run may take longer than its own limits, on a busy machine.
const GRACE: Duration = Duration::from_secs(20);

/// An image with a signature by a key.
pub(crate) struct Image {
    pub(crate) repository: &'static str,
    pub(crate) digest: Digest,
}

impl Image {
    /// By digest, in that registry.
    pub(crate) fn at(&self, host: &str) -> String {
        format!("{host}/{}@{}", self.repository, self.digest)
    }

    /// By tag.
    pub(crate) fn tagged(&self, host: &str) -> String {
        format!("{host}/{}:v1.4.0", self.repository)
    }
}

/// The good registry.
pub(crate) struct Good {
    pub(crate) world: World,
    /// `HOST:PORT`.
    pub(crate) host: String,
    /// Signed with a Sigstore bundle.
    pub(crate) new: Image,
    /// Signed in cosign's old format.
    pub(crate) old: Image,
}

impl Good {
    /// The one of this process.
    pub(crate) fn shared() -> &'static Self {
        static GOOD: OnceLock<Good> = OnceLock::new();
        GOOD.get_or_init(|| {
            let world = World::start();
            let key = LocalKey::generate().unwrap();
            std::fs::write(world.path("key.pub"), key.public_pem().unwrap()).unwrap();
            let signed = |repository, format| {
                let image = world.sandbox.push_image(repository, "content").unwrap();
                let request = SignRequest {
                    repository: repository.into(),
                    image: image.descriptor.clone(),
                    signer: SignedBy::Key(key.clone()),
                    format,
                    content: Content::Signature(BTreeMap::new()),
                    defect: None,
                };
                world.sandbox.sign(&request).unwrap();
                Image {
                    repository,
                    digest: image.descriptor.digest,
                }
            };
            Self {
                host: world.sandbox.registry(),
                new: signed("demo/new", Format::Bundle),
                old: signed("demo/old", Format::Legacy),
                world,
            }
        })
    }

    /// A registry with this content that wants a password and, where the function says so, does something else.
    pub(crate) fn but(
        &'static self,
        wrong: impl Fn(&Ask) -> Option<Reply> + Send + Sync + 'static,
    ) -> Server {
        Server::start(move |ask| match wrong(ask) {
            Some(reply) => reply,
            None if ask.header("authorization").is_none() => {
                Reply::error(401, "UNAUTHORIZED").with("www-authenticate", "Basic realm=\"r\"")
            }
            None => fetch(&self.host, &ask.path),
        })
    }
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) output: String,
    pub(crate) took: Duration,
    pub(crate) peak_kib: u64,
}

/// `image verify` with the good key and root; the password is for `host`.
pub(crate) fn verify(host: &str, reference: &str, seconds: u32) -> Command {
    command("verify", host, reference, seconds)
}

/// `image tree`, which reads all of an image.
pub(crate) fn tree(host: &str, reference: &str, seconds: u32) -> Command {
    command("tree", host, reference, seconds)
}

fn command(word: &str, host: &str, reference: &str, seconds: u32) -> Command {
    let good = Good::shared();
    let mut command = evidence();
    command.args(["image", word, reference, "--key"]);
    command.arg(good.world.path("key.pub"));
    command.arg("--trusted-root");
    command.arg(good.world.path("trusted_root.json"));
    command.args(["--registry-timeout", &seconds.to_string()]);
    command.env("EVIDENCE_REGISTRY", host);
    command.env("EVIDENCE_REGISTRY_USERNAME", "me");
    command.env("EVIDENCE_REGISTRY_PASSWORD", PASSWORD);
    command
}

/// Runs it, watching time and memory.
///
/// The kernel's own high-water mark is read while it runs, and its address space is limited besides: what is
/// allocated and dropped between two looks is in the mark, and what could never fit fails.
pub(crate) fn run(command: &Command) -> Run {
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -v 6291456; exec \"$0\" \"$@\""]);
    limited.arg(command.get_program()).args(command.get_args());
    limited.env_clear();
    limited.envs(command.get_envs().filter_map(|(k, v)| Some((k, v?))));
    let output = tempfile::NamedTempFile::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    limited.stdin(Stdio::null());
    limited.stdout(output.reopen().unwrap());
    // Appended, so that neither stream overwrites the other.
    let errors = std::fs::OpenOptions::new().append(true).open(output.path());
    limited.stderr(errors.unwrap());
    let start = Instant::now();
    let mut child = limited.spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0;
    let code = loop {
        let said = std::fs::read_to_string(&status).unwrap_or_default();
        let mark = said.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let mark = mark.and_then(|mark| mark.trim().trim_end_matches(" kB").parse().ok());
        peak_kib = peak_kib.max(mark.unwrap_or(0));
        if let Some(ended) = child.try_wait().unwrap() {
            break ended.code();
        }
        if start.elapsed() > Duration::from_secs(120) {
            child.kill().unwrap();
            break child.wait().unwrap().code();
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    Run {
        code,
        output: std::fs::read_to_string(output.path()).unwrap(),
        took: start.elapsed(),
        peak_kib,
    }
}

/// Runs it and checks what holds for every case; gives what was printed.
pub(crate) fn judge(name: &str, command: &Command, seconds: u32, code: i32, says: &str) -> String {
    let run = run(command);
    assert_eq!(run.code, Some(code), "{name}: {run:?}");
    assert!(run.output.contains(says), "{name}: {run:?}");
    // An image may take five times what one request may.
    let limit = Duration::from_secs(u64::from(seconds) * 5) + GRACE;
    assert!(run.took < limit, "{name}: {run:?}");
    assert!(
        run.peak_kib > 0 && run.peak_kib < PEAK_KIB,
        "{name}: {run:?}"
    );
    for secret in [PASSWORD, BASIC, TOKEN] {
        assert!(!run.output.contains(secret), "{name}: {run:?}");
    }
    run.output
}

/// A row of a table: the name, what is wrong, the exit code, words of the report.
pub(crate) type Row = (&'static str, fn(&Ask) -> Option<Reply>, i32, &'static str);

/// Judges the image by digest against each row's registry.
pub(crate) fn judge_all(image: &'static Image, seconds: u32, rows: &[Row]) {
    for (name, wrong, code, says) in rows {
        let server = Good::shared().but(*wrong);
        let command = verify(&server.host, &image.at(&server.host), seconds);
        judge(name, &command, seconds, *code, says);
        assert!(
            !server.asked().is_empty(),
            "{name}: the registry was not even asked"
        );
    }
}

/// Digest of bytes, as registries write it.
pub(crate) fn digest(bytes: &[u8]) -> String {
    Digest::of(bytes).to_string()
}

/// A path of the good world.
pub(crate) fn path(name: &str) -> String {
    text(&Good::shared().world.path(name))
}
