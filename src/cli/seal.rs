//! `evidence seal`: signs a bundle, has it timestamped and logged, verifies that, and only then writes the seal.

use super::exit::{CliError, Exit};
use super::files;
use super::output::plain;
use super::roots;
use super::runtime;
use super::secrets;
use evidence::bundle::{COMPRESSOR, Inspected, inspect};
use evidence::collect::secrets::of_private_key;
use evidence::model::identity::Pattern;
use evidence::model::predicate::{ResourceDescriptor, SealPredicate, SealedItem, SealedRelease};
use evidence::model::redact::Secret;
use evidence::model::{Digest, Expectation, IdentityRule, Instance, Manifest, Timestamp, limits};
use evidence::net::{Http, HttpOptions};
use evidence::seal::{
    Credential, IdentityToken, LocalKey, RekorVersion, SealError, Services, Signed, TokenError,
    ambient_token, given_token, has_ambient_token, seal_statement, sign_statement,
};
use evidence::sigstore::trust::{Key, Roots};
use evidence::sigstore::{Artifact, Judgement, Options, judge_bundle};
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
    pub(crate) path: PathBuf,
    pub(crate) signer: IdentityRule,
    pub(crate) key: Option<Key>,
    pub(crate) roots: Roots,
}

pub(crate) fn run(args: &Args) -> Result<Exit, CliError> {
    let sealer = Sealer::new(&args.seal)?;
    runtime::block_on(seal(&args.bundle, sealer))??;
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
pub(crate) async fn seal(bundle: &Path, sealer: Sealer) -> Result<Sealed, CliError> {
    let Sealer {
        who,
        services,
        roots,
        http,
    } = sealer;
    let inspected = open(bundle)?;
    let name = files::name(bundle);
    let images = images(&inspected.manifest);
    let predicate = predicate(&inspected);
    let statement = seal_statement((&name, &inspected.packed.digest), &images, &predicate)
        .map_err(|error| CliError::from_error(Exit::Usage, &error))?;
    let (credential, key) = credential(who, &http, bundle).await?;
    let signed = sign_statement(&http, &services, &credential, &statement)
        .await
        .map_err(|error| failed(&error, bundle))?;
    let keys: Vec<Key> = key.iter().cloned().collect();
    let artifact = Artifact::Digest(inspected.packed.digest);
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
    let path = files::sidecar(bundle, ".sigstore.json");
    files::write(&path, &signed.bundle_json)?;
    files::print(&summary(
        &name,
        &inspected.packed.digest,
        &signed,
        &signature.identity.to_string(),
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
    Ok(Sealed {
        path,
        signer,
        key,
        roots,
    })
}

fn open(bundle: &Path) -> Result<Inspected, CliError> {
    let open = || {
        File::open(bundle)
            .map_err(|error| CliError::usage(format!("cannot open {}: {error}", bundle.display())))
    };
    inspect(open()?, open()?).map_err(|error| {
        CliError::from_error(Exit::Refused, &error).detail(bundle.display().to_string())
    })
}

fn summary(name: &str, digest: &Digest, signed: &Signed, signer: &str, path: &Path) -> String {
    let mut text = format!(
        "sealed     {name}\nsha256     {}\nsigner     {signer}\n",
        digest.hex()
    );
    if let Some(log) = &signed.log {
        text.push_str(&format!(
            "log index  {}\nlog id     {}\n",
            log.index, log.log_id
        ));
    }
    if let Some(uuid) = &signed.uuid {
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

/// Images of the bundle as subjects, so that a release's evidence is found from an image's digest.
fn images(manifest: &Manifest) -> Vec<(String, Digest)> {
    manifest
        .items
        .iter()
        .filter(|item| matches!(item.expectation, Expectation::Image { .. }))
        .filter_map(|item| {
            let digest = item.request.get("digest")?.as_str()?.parse().ok()?;
            Some((item.id.clone(), digest))
        })
        .collect()
}

fn predicate(inspected: &Inspected) -> SealPredicate {
    let manifest = &inspected.manifest;
    let release = &manifest.release;
    SealPredicate {
        release: SealedRelease {
            repository: release.repository.clone(),
            tag: release.tag.clone(),
            version: release.version.clone(),
            commit: ResourceDescriptor::with(&release.repository, "gitCommit", &release.commit),
            tag_object: release
                .tag_object
                .as_ref()
                .map(|object| ResourceDescriptor::with(&release.tag, "gitTag", object)),
        },
        stage: manifest.stage.clone(),
        sequence: manifest.sequence,
        previous: manifest
            .previous
            .map(|digest| ResourceDescriptor::sha256("previous", &digest)),
        manifest: ResourceDescriptor::sha256(
            evidence::bundle::MANIFEST,
            &inspected.packed.manifest,
        ),
        tar: ResourceDescriptor::sha256("tar", &inspected.packed.tar),
        compressor: COMPRESSOR.into(),
        gates: manifest.gates_word(),
        items: manifest
            .items
            .iter()
            .map(|item| SealedItem {
                id: item.id.clone(),
                kind: item.expectation.kind(),
                status: item.claim.status,
                met: item.claim.met,
            })
            .collect(),
    }
}
