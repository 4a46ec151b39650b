//! `evidence verify`: judges bundles offline.

use super::exit::{CliError, Exit};
use super::files;
use super::format::{Format, Output};
#[cfg(feature = "net")]
use super::online::OnlineFlags;
use super::reading_flags::{ReadingFlags, SelectFlags, is_stdin};
use super::trust_flags::TrustFlags;
use crate::cli::output;
#[cfg(feature = "net")]
use evidence::collect::online::{Online, Question};
use evidence::model::{Report, limits};
#[cfg(feature = "net")]
use evidence::verify::LOG_CONSISTENCY;
use evidence::verify::{AskedRelease, SealedBy, Selection, Trust, sealed_by};
use std::path::{Path, PathBuf};

#[cfg_attr(
    feature = "net",
    doc = "Verifies evidence bundles: seal, release, every member, every claim. Opens no socket, but for --online."
)]
#[cfg_attr(
    not(feature = "net"),
    doc = "Verifies evidence bundles: seal, release, every member, every claim. Opens no socket."
)]
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The bundles (`.tar.gz`); each seal is looked for beside its bundle. `-` reads standard input, with --seal.
    #[arg(required = true)]
    bundles: Vec<PathBuf>,
    /// Format of the result: text, json, html, markdown or statements, each with `=PATH` to write a file; repeatable [default: text].
    #[arg(
        long,
        short,
        value_name = "FORMAT[=PATH]",
        env = "EVIDENCE_OUTPUT",
        value_delimiter = ','
    )]
    output: Vec<Output<Format>>,
    #[command(flatten)]
    select: SelectFlags,
    #[command(flatten)]
    judge: JudgeFlags,
}

/// What a bundle is judged by; shared with `evidence report`.
#[derive(Debug, clap::Args)]
pub(crate) struct JudgeFlags {
    /// The seal, when it is not `BUNDLE.sigstore.json`.
    #[arg(long, value_name = "FILE", env = "EVIDENCE_SEAL")]
    seal: Option<PathBuf>,
    /// Open no socket. The default.
    #[arg(long)]
    #[cfg_attr(feature = "net", arg(conflicts_with = "online"))]
    offline: bool,
    /// The tag whose evidence this must be.
    #[arg(long, env = "EVIDENCE_TAG", help_heading = "Release")]
    tag: Option<String>,
    /// The repository whose evidence this must be, such as `github.com/OWNER/REPO`.
    #[arg(long, env = "EVIDENCE_REPOSITORY", help_heading = "Release")]
    repository: Option<String>,
    /// The commit whose evidence this must be.
    #[arg(long, env = "EVIDENCE_COMMIT", help_heading = "Release")]
    commit: Option<String>,
    #[command(flatten)]
    reading: ReadingFlags,
    #[command(flatten)]
    trust: TrustFlags,
    #[cfg(feature = "net")]
    #[command(flatten)]
    online: OnlineFlags,
}

pub(crate) fn run(args: &Args) -> Result<Exit, CliError> {
    if args.bundles.len() > 1 && args.judge.seal.is_some() {
        return Err(CliError::usage(
            "--seal names one seal, several bundles were given",
        ));
    }
    let outputs = Output::all(&args.output, Format::Text)?;
    if args.bundles.len() > 1 && outputs.iter().any(|output| output.path.is_some()) {
        return Err(CliError::usage(
            "--output FORMAT=PATH takes one bundle, several were given",
        ));
    }
    let mut exit = Exit::Verified;
    for bundle in &args.bundles {
        match judge(bundle, &args.judge, args.select.selection()) {
            Ok(report) => {
                for output in &outputs {
                    output.write(&report)?;
                }
                exit = exit.worse(Exit::from_report(&report));
            }
            Err(error) if error.exit == Exit::Undetermined => {
                // What cannot be read takes nothing from what is said of the others.
                error.print();
                exit = exit.worse(error.exit);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(exit)
}

/// Judges one bundle by the flags.
pub(crate) fn judge(
    bundle: &Path,
    flags: &JudgeFlags,
    select: Selection,
) -> Result<Report, CliError> {
    let trust = flags.trust()?;
    let name = files::name(bundle);
    let file = flags.reading.open(bundle)?;
    let seal = seal_of(bundle, flags.seal.as_deref())?;
    if trust.seal.is_empty() {
        return Err(no_identity(seal.as_deref(), &trust));
    }
    #[cfg_attr(not(feature = "net"), expect(unused_mut, reason = "nothing is added"))]
    let mut report = evidence::verify::verify_with(
        file,
        &name,
        seal.as_deref(),
        &trust,
        &flags.reading.options(select),
    );
    #[cfg(feature = "net")]
    if let Some(online) = flags.online.build(&trust.roots)? {
        ask_log(&online, &mut report)?;
    }
    Ok(report)
}

/// Asks the log of the seal, and says what it says in place of that it was not asked.
#[cfg(feature = "net")]
fn ask_log(online: &Online, report: &mut Report) -> Result<(), CliError> {
    let question = Question {
        log: report.log.as_ref(),
        times: &report.sealed_at,
    };
    let found = super::runtime::block_on(online.check("seal", question))?;
    report
        .findings
        .retain(|finding| finding.subject != LOG_CONSISTENCY);
    report.findings.extend(found);
    Ok(())
}

impl JudgeFlags {
    fn trust(&self) -> Result<Trust, CliError> {
        let flags = self.trust.build()?;
        // Whoever names a signer on the command line means that one, whatever else the policy accepts.
        let seal = flags.file_signers().rules().cloned().collect();
        let asked = AskedRelease {
            tag: self.tag.clone(),
            repository: self.repository.clone(),
            commit: self.commit.clone(),
        };
        Ok(Trust {
            roots: flags.roots,
            seal,
            keys: flags.keys,
            options: flags.options,
            policy: flags.policy,
            asked,
        })
    }
}

fn seal_of(bundle: &Path, named: Option<&Path>) -> Result<Option<Vec<u8>>, CliError> {
    let path = match named {
        Some(path) => path.to_owned(),
        None if is_stdin(bundle) => return Ok(None),
        None => {
            let beside = files::sidecar(bundle, ".sigstore.json");
            if !beside.exists() {
                return Ok(None);
            }
            beside
        }
    };
    files::read(&path, limits::SIGNATURE_BYTES).map(Some)
}

/// Whoever names no identity is told who sealed, and that this is no recommendation.
fn no_identity(seal: Option<&[u8]>, trust: &Trust) -> CliError {
    let error = CliError::usage("whose seal is accepted? no identity, key or policy was given")
        .hint(
            "pass --certificate-identity and --certificate-oidc-issuer, or --key, or --policy FILE",
        );
    match seal.map(|seal| sealed_by(seal, trust)) {
        Some(SealedBy::Signer(signature)) => error.detail(format!(
            "the seal verifies and was made by {}; that is no recommendation to trust it",
            output::plain(&signature.identity.to_string())
        )),
        Some(SealedBy::Unknown(why)) => {
            error.detail(format!("the seal could not be verified: {why}"))
                .hint("pass --certificate-identity and --certificate-oidc-issuer, or --key, or --policy FILE; for a private Sigstore also --trusted-root")
        }
        None => error.detail("there is no seal beside the bundle"),
    }
}
