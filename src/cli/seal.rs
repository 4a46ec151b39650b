//! `evidence seal`: signs a bundle, has it timestamped and logged, verifies that, and only then writes the seal.

use super::bundle_files::BundleFiles;
use super::exit::{CliError, Exit};
use super::files;
use super::output::plain;
use super::roots;
use super::runtime;
use super::seal_predicate::{images, predicate};
use super::secrets;
use super::trust_flags::warn;
use evidence::bundle::{Inspected, inspect};
use evidence::collect::secrets::of_private_key;
use evidence::model::identity::Pattern;
use evidence::model::redact::Secret;
use evidence::model::{Digest, IdentityRule, Instance, LogRecord, Timestamp, limits};
use evidence::net::{Http, HttpOptions};
use evidence::seal::{
    Credential, IdentityToken, LocalKey, RekorVersion, SealError, Services, TokenError,
    ambient_token, given_token, has_ambient_token, seal_statement, sign_statement,
};
use evidence::sigstore::trust::{Key, Roots};
use evidence::sigstore::{Artifact, Judgement, Options, Signature, judge_bundle};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Seals a bundle: signature, timestamp, log entry. Writes `BUNDLE.sigstore.json`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The bundle.
    bundle: PathBuf,
    #[command(flatten)]
    seal: SealFlags,
}

/// Who seals, and with which services.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SealFlags {
    /// Private key to seal with (PEM, or cosign's encrypted key with its password in COSIGN_PASSWORD); without one the
    /// CI's identity token is used.
    #[arg(
        long = "signing-key",
        value_name = "FILE",
        env = "EVIDENCE_SIGNING_KEY"
    )]
    pub(crate) signing_key: Option<PathBuf>,
    /// OIDC identity token, or a file that holds it [default: the CI job's own].
    #[arg(
        long,
        value_name = "TOKEN|FILE",
        env = "EVIDENCE_IDENTITY_TOKEN",
        hide_env_values = true
    )]
    pub(crate) identity_token: Option<String>,
    /// Services of a private Sigstore instance (`signing_config.json`) [default: the public-good ones].
    #[arg(long, value_name = "FILE", env = "EVIDENCE_SIGNING_CONFIG")]
    pub(crate) signing_config: Option<PathBuf>,
    /// Version of Rekor to log to [default: 1 while it is offered].
    #[arg(long, value_name = "1|2", env = "EVIDENCE_REKOR_VERSION")]
    pub(crate) rekor_version: Option<u8>,
    /// Trusted root that the seal is verified with before it is written (`trusted_root.json`, or `public-good`, `staging`, `github`, `tuf:NAME`); repeatable.
    #[arg(
        long = "seal-trusted-root",
        value_name = "FILE",
        env = "EVIDENCE_SEAL_TRUSTED_ROOT"
    )]
    pub(crate) trusted_root: Vec<PathBuf>,
}

/// A seal that was verified and written.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) signer: IdentityRule,
    pub(crate) key: Option<Key>,
    pub(crate) roots: Roots,
}

pub(crate) fn run(args: &Args) -> Result<Exit, CliError> {
    let sealer = Sealer::new(&args.seal)?;
    // Before anything is signed and logged: is it there, and can a seal be put beside it?
    open(&args.bundle)?;
    let files = BundleFiles::take(&args.bundle)?;
    runtime::block_on(seal(&files, sealer))??;
    Ok(Exit::Verified)
}

/// Who seals, and with what: read and checked, before anything is captured or asked for.
#[derive(Debug)]
pub(crate) struct Sealer {
    who: Who,
    services: Services,
    roots: Roots,
    http: Http,
}

#[derive(Debug)]
enum Who {
    Key(LocalKey, Key),
    Given(Secret),
    /// The CI job's token is asked for when it is needed: it is good for minutes.
    Ambient,
}

impl Sealer {
    pub(crate) fn new(flags: &SealFlags) -> Result<Self, CliError> {
        let http = Http::new(&HttpOptions::default())
            .map_err(|error| CliError::from_error(Exit::Usage, &error))?;
        Ok(Self {
            who: who(flags)?,
            services: services(flags)?,
            roots: trusted(&flags.trusted_root)?,
            http,
        })
    }
}

/// Seals the bundle and prints what can be looked up: SHA-256, log index, log id, entry UUID.
///
/// A seal by the same key that says the same is kept: another entry in the log would say nothing new. Certificates are
/// made anew for each signature, so that a seal by one is made again.
pub(crate) async fn seal(files: &BundleFiles, sealer: Sealer) -> Result<Sealed, CliError> {
    let bundle = files.bundle();
    let Sealer {
        who,
        services,
        roots,
        http,
    } = sealer;
    let inspected = inspected(bundle)?;
    let name = files::name(bundle);
    let images = images(&inspected.manifest);
    let predicate = predicate(&inspected);
    let statement = seal_statement((&name, &inspected.packed.digest), &images, &predicate)
        .map_err(|error| CliError::from_error(Exit::Usage, &error))?;
    let path = files.seal();
    let digest = inspected.packed.digest;
    if let Who::Key(_, key) = &who
        && let Some(signature) = same_seal(&path, &statement, digest, key, &roots)
    {
        eprintln!(
            "{}",
            plain(&format!(
                "kept      {}: it seals this bundle by this key; remove it to seal anew",
                path.display()
            ))
        );
        files::print(&summary(
            &name,
            &digest,
            signature.log.as_ref(),
            None,
            &signature,
            &path,
        ))?;
        return Ok(Sealed {
            signer: IdentityRule::Key { pem: key.pem() },
            key: Some(key.clone()),
            roots,
        });
    }
    let (credential, key) = credential(who, &http, bundle).await?;
    let signed = sign_statement(&http, &services, &credential, &statement)
        .await
        .map_err(|error| failed(&error, bundle))?;
    let keys: Vec<Key> = key.iter().cloned().collect();
    let artifact = Artifact::Digest(digest);
    let judged = judge_bundle(
        &signed.bundle_json,
        artifact,
        &roots,
        &keys,
        &Options::STRICT,
    );
    let signature = match judged.judgement {
        Judgement::Valid(signature) => signature,
        Judgement::Invalid(problem)
        | Judgement::UnknownRoot(problem)
        | Judgement::UnknownKey(problem) => {
            return Err(CliError::unreachable(
                "the seal was made but does not verify, so it is not written",
            )
            .detail(plain(&problem.message))
            .hint("give the trusted root of the services with --seal-trusted-root"));
        }
    };
    say_replaced(files, &digest);
    files::write(&path, &signed.bundle_json)?;
    files::print(&summary(
        &name,
        &digest,
        signed.log.as_ref(),
        signed.uuid.as_deref(),
        &signature,
        &path,
    ))?;
    let signer = match (&signature.identity, &key) {
        (_, Some(key)) => IdentityRule::Key { pem: key.pem() },
        (evidence::model::Identity::Certificate { subject, issuer }, None) => {
            IdentityRule::certificate(
                Pattern::Exact(subject.clone()),
                Pattern::Exact(issuer.clone()),
            )
        }
        (evidence::model::Identity::Key { .. }, None) => {
            return Err(CliError::unreachable(
                "the seal names a key that was not used",
            ));
        }
    };
    Ok(Sealed { signer, key, roots })
}

/// The signature of the seal that is there, if it holds under these roots, is by this key, and says the same.
fn same_seal(
    path: &Path,
    statement: &[u8],
    digest: Digest,
    key: &Key,
    roots: &Roots,
) -> Option<Box<Signature>> {
    let seal = files::read(path, limits::SIGNATURE_BYTES).ok()?;
    let keys = [key.clone()];
    let artifact = Artifact::Digest(digest);
    let judged = judge_bundle(&seal, artifact, roots, &keys, &Options::STRICT);
    match judged.judgement {
        Judgement::Valid(signature)
            if judged.statement.as_deref() == Some(statement)
                && matches!(signature.identity, evidence::model::Identity::Key { .. }) =>
        {
            Some(signature)
        }
        _ => None,
    }
}

/// Says so when a seal of other bytes than these gives way to the new one: whoever needs it has a copy, or the log.
fn say_replaced(files: &BundleFiles, digest: &Digest) {
    if let Some(other) = files.sealed().filter(|sealed| sealed != digest) {
        let path = files.seal();
        warn(&[format!(
            "{} sealed another bundle, {other}, which is not there any more: the new seal takes its place",
            path.display()
        )]);
    }
}

fn open(bundle: &Path) -> Result<File, CliError> {
    File::open(bundle)
        .map_err(|error| CliError::usage(format!("cannot open {}: {error}", bundle.display())))
}

fn inspected(bundle: &Path) -> Result<Inspected, CliError> {
    inspect(open(bundle)?).map_err(|error| {
        CliError::from_error(Exit::Refused, &error).detail(bundle.display().to_string())
    })
}

fn summary(
    name: &str,
    digest: &Digest,
    log: Option<&LogRecord>,
    uuid: Option<&str>,
    signature: &Signature,
    path: &Path,
) -> String {
    let mut text = format!(
        "sealed     {name}\nsha256     {}\nsigner     {}\n",
        digest.hex(),
        signature.identity
    );
    if let Some(log) = log {
        text.push_str(&format!(
            "log index  {}\nlog id     {}\n",
            log.index, log.log_id
        ));
    }
    if let Some(uuid) = uuid {
        text.push_str(&format!("entry uuid {uuid}\n"));
    }
    text.push_str(&format!("seal       {}\n", path.display()));
    plain(&text)
}

/// A service that is down leaves the bundle as it is; sealing can be done again at any time.
fn failed(error: &SealError, bundle: &Path) -> CliError {
    let exit = if error.is_passing() {
        Exit::Undetermined
    } else {
        Exit::Usage
    };
    let error = CliError::from_error(exit, error);
    if exit == Exit::Undetermined {
        error.hint(format!(
            "the bundle is intact: run `evidence seal {}` with the same flags when the service is back",
            bundle.display()
        ))
    } else {
        error
    }
}

fn who(flags: &SealFlags) -> Result<Who, CliError> {
    let usage = |error: &dyn std::error::Error| CliError::from_error(Exit::Usage, error);
    if let Some(path) = &flags.signing_key {
        let pem = files::read_named(path, limits::CONFIG_BYTES)?;
        secrets::ours().learn(of_private_key(
            "the signing key",
            &String::from_utf8_lossy(&pem),
        ));
        let password = ["EVIDENCE_PASSWORD", "COSIGN_PASSWORD"]
            .iter()
            .find_map(|name| std::env::var(name).ok())
            .map(Secret::new);
        if let Some(password) = &password {
            secrets::learn("password of the signing key", password.expose());
        }
        let key = LocalKey::parse(&pem, password.as_ref()).map_err(|error| usage(&error))?;
        let public = key.public_pem().map_err(|error| usage(&error))?;
        let public = Key::parse(public.as_bytes()).map_err(|error| usage(&error))?;
        return Ok(Who::Key(key, public));
    }
    let wrong = |error: &TokenError| {
        CliError::usage("the identity token cannot be used").detail(error.to_string())
    };
    if let Some(text) = &flags.identity_token {
        let token = given_token(text).map_err(|error| wrong(&error))?;
        secrets::learn("the identity token", token.expose());
        IdentityToken::parse(&token, Timestamp::now()).map_err(|error| wrong(&error))?;
        return Ok(Who::Given(token));
    }
    match has_ambient_token(|name| std::env::var(name).ok()) {
        Ok(true) => Ok(Who::Ambient),
        Ok(false) => Err(nobody()),
        Err(error) => Err(wrong(&error)),
    }
}

fn nobody() -> CliError {
    CliError::usage("nobody to seal as: there is no CI identity token here").hint(
        "pass --signing-key FILE or --identity-token TOKEN; in GitHub Actions give the job `id-token: write`",
    )
}

async fn credential(
    who: Who,
    http: &Http,
    bundle: &Path,
) -> Result<(Credential, Option<Key>), CliError> {
    let token = match who {
        Who::Key(key, public) => return Ok((Credential::Key(key), Some(public))),
        Who::Given(token) => token,
        Who::Ambient => ambient_token(http, |name| std::env::var(name).ok())
            .await
            .map_err(|error| failed(&error, bundle))?
            .ok_or_else(nobody)?,
    };
    secrets::learn("the identity token", token.expose());
    Ok((Credential::Keyless { token }, None))
}

fn services(flags: &SealFlags) -> Result<Services, CliError> {
    let wanted = match flags.rekor_version {
        None => None,
        Some(1) => Some(RekorVersion::V1),
        Some(2) => Some(RekorVersion::V2),
        Some(other) => {
            return Err(CliError::usage(format!(
                "--rekor-version is 1 or 2, not {other}"
            )));
        }
    };
    let now = Timestamp::now();
    match &flags.signing_config {
        Some(path) => Services::from_signing_config(
            &files::read_named(path, limits::DOCUMENT_BYTES)?,
            wanted,
            now,
        ),
        None => Services::public_good(wanted, now),
    }
    .map_err(|error| CliError::from_error(Exit::Usage, &error))
}

fn trusted(paths: &[PathBuf]) -> Result<Roots, CliError> {
    let mut found = Roots::none();
    for path in paths {
        roots::add_named(&mut found, path)?;
    }
    if paths.is_empty() {
        roots::add_instance(&mut found, Instance::PublicGood)?;
    }
    Ok(found)
}
