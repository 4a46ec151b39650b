//! `evidence demo`: the whole flow on this machine, against in-process services with trust made for this run alone.

mod project;

use super::collect::CaptureFlags;
use super::exit::{CliError, Exit};
use super::files;
use super::project::ProjectFlags;
use super::reading_flags::ThreadFlags;
use super::registry_flags::RegistryFlags;
use super::release::{self, page, release};
use super::runtime;
use super::seal::SealFlags;
use evidence::sandbox::{Caller, Claims, Sandbox, SandboxError, SandboxOptions, Workflow};
use std::fs;
use std::path::{Path, PathBuf};

const REPOSITORY: &str = "intelgraph/demo-shop";
const TAG: &str = "v1.4.0";
/// Says that a folder is a demonstration's and may be started afresh.
const MARKER: &str = ".evidence-demo";

/// Runs the whole flow on this machine, against in-process services, and leaves a bundle to play with.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder for everything that the demonstration writes; one that an earlier demonstration wrote is started afresh.
    #[arg(long, value_name = "DIR", default_value = "evidence-demo")]
    dir: PathBuf,
}

pub(crate) fn run(args: &Args) -> Result<Exit, CliError> {
    let dir = fresh(&args.dir)?;
    runtime::block_on(demo(&dir, &args.dir))?
}

async fn demo(dir: &Path, shown: &Path) -> Result<Exit, CliError> {
    eprintln!("starting a registry, a Sigstore, a Prometheus and a Grafana in this process …");
    let nobody = "0".repeat(40);
    let mut sandbox = Sandbox::start(SandboxOptions::release(REPOSITORY, TAG, &nobody))
        .await
        .map_err(|error| broken(&error))?;
    let commit = project::write(dir, &sandbox)?;
    let workflow = Workflow::release(REPOSITORY, TAG, &commit);
    sandbox.set_workflow(workflow.clone());
    let images = sandbox.publish_images().map_err(|error| broken(&error))?;
    let key = images
        .gateway_key
        .public_pem()
        .map_err(|error| broken(&error))?;
    let commit = project::commit_key(dir, &key)?;
    let workflow = Workflow { commit, ..workflow };
    let token = sandbox
        .identity_token(&Claims::of(Caller::Workflow(workflow)))
        .map_err(|error| broken(&error))?;
    project::write_policy(dir, &sandbox, &key)?;
    let args = release::Args {
        project: ProjectFlags {
            tag: TAG.into(),
            config: dir.join("repository/evidence.yaml"),
            stage: "tag".into(),
            store: None,
        },
        t0: None,
        capture: CaptureFlags {
            at: None,
            registry: RegistryFlags::default(),
        },
        seal: SealFlags {
            signing_key: None,
            identity_token: Some(token),
            signing_config: Some(dir.join("signing_config.json")),
            rekor_version: None,
            trusted_root: vec![dir.join("trusted_root.json")],
        },
        out_dir: dir.to_owned(),
        threads: ThreadFlags::default(),
    };
    let released = release(&args).await?;
    files::print(&farewell(shown, &released.bundle))?;
    Ok(released.exit)
}

/// An empty folder: a new one, or what an earlier demonstration left, emptied.
fn fresh(dir: &Path) -> Result<PathBuf, CliError> {
    let error = |error: std::io::Error| {
        CliError::unreachable(format!("cannot use {}: {error}", dir.display()))
    };
    if dir.exists() {
        let is_empty = fs::read_dir(dir).map_err(error)?.next().is_none();
        if !is_empty && !dir.join(MARKER).is_file() {
            return Err(CliError::usage(format!(
                "{} holds files that no demonstration wrote",
                dir.display()
            ))
            .hint("name another folder with --dir"));
        }
        fs::remove_dir_all(dir).map_err(error)?;
    }
    fs::create_dir_all(dir).map_err(error)?;
    fs::write(
        dir.join(MARKER),
        "made by `evidence demo`; emptied by the next one\n",
    )
    .map_err(error)?;
    dir.canonicalize().map_err(error)
}

fn broken(error: &SandboxError) -> CliError {
    CliError::from_error(Exit::Undetermined, error)
}

fn farewell(dir: &Path, bundle: &Path) -> String {
    let at = |path: &str| dir.join(path).display().to_string();
    let name = files::name(bundle);
    let (bundle, page, policy) = (
        at(&name),
        at(&files::name(&page(bundle))),
        at("policy.yaml"),
    );
    let other = at("policy-other-tag.yaml");
    format!(
        "\nVerify it, as an auditor would, offline:\n\
         \n  evidence verify {bundle} --policy {policy}\n\
         \nLook at it:\n\
         \n  xdg-open {page}     (or `open` on macOS; any browser will do)\n\
         \nTry to break it; each of these is refused, and the report says by which check:\n\
         \n  evidence verify {bundle} --policy {policy} --tag v1.5.0    # another release\n\
         \x20 evidence verify {bundle} --policy {other}    # another identity\n\
         \nOr damage one byte, and verify as above:\n\
         \n  printf x | dd of={bundle} bs=1 seek=5000 conv=notrunc\n\
         \n(Everything here is a DEMO: its trust was made for this run and proves nothing elsewhere.)\n"
    )
}
