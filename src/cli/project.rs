//! The release at hand: configuration, tag, plan, capture store.

use super::exit::{CliError, Exit};
use super::files;
use super::roots;
use super::secrets;
use super::trust_flags::warn;
use super::unwritten::store_error;
use crate::cli::output::plain;
use evidence::appraise;
use evidence::collect::configuration::{self, ConfigurationSource};
use evidence::collect::git::{self, GitError, ResolvedTag};
use evidence::collect::store::{Store, StoreHead};
use evidence::config::model::RootSource;
use evidence::config::{self, Binding, Config, Plan};
use evidence::git::Commit;
use evidence::model::{Digest, Expectation, Instance, Producer, Release, limits};
use evidence::sigstore::identity::check_rule;
use evidence::sigstore::trust::Roots;
use std::path::{Path, PathBuf};

/// Which release, of which configuration.
#[derive(Debug, clap::Args)]
pub(crate) struct ProjectFlags {
    /// The tag that is released.
    #[arg(long, env = "EVIDENCE_TAG")]
    pub(crate) tag: String,
    /// The configuration.
    #[arg(
        long,
        value_name = "FILE",
        default_value = "evidence.yaml",
        env = "EVIDENCE_CONFIG"
    )]
    pub(crate) config: PathBuf,
    /// Which bundle in the release's chain is made: a stage of evidence.yaml, or `tag`.
    #[arg(
        long,
        value_name = "NAME",
        default_value = STAGE,
        env = "EVIDENCE_STAGE"
    )]
    pub(crate) stage: String,
    /// The capture store [default: .evidence/TAG in the repository's root; .evidence/TAG.STAGE for another stage than
    /// `tag`].
    #[arg(long, value_name = "DIR", env = "EVIDENCE_STORE")]
    pub(crate) store: Option<PathBuf>,
}

/// A loaded project.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    pub(crate) config: Config,
    pub(crate) plan: Plan,
    pub(crate) tag: ResolvedTag,
    pub(crate) repository: PathBuf,
    pub(crate) configuration: ConfigurationSource,
    pub(crate) commit_time: i64,
    pub(crate) roots: Roots,
    pub(crate) store_dir: PathBuf,
    pub(crate) stage: String,
}

/// What is sealed for the tag itself.
pub(crate) const STAGE: &str = "tag";

impl Project {
    pub(crate) async fn load(flags: &ProjectFlags) -> Result<Self, CliError> {
        let text = files::read_named(&flags.config, limits::CONFIG_BYTES).map_err(|error| {
            error.hint(
                "run it where evidence.yaml is, or name the file with --config; `evidence schema config` prints its format",
            )
        })?;
        let name = flags.config.display().to_string();
        let config =
            config::parse(&text, &name).map_err(|diagnostics| wrong(&diagnostics.to_string()))?;
        let config_file = std::path::absolute(&flags.config)
            .map_err(|error| CliError::usage(format!("cannot find {name}: {error}")))?;
        let folder = config_file.parent().unwrap_or(Path::new(".")).to_owned();
        let repository = git::root(&folder)
            .await
            .map_err(|error| CliError::from_error(Exit::Usage, &error))?;
        let tag = git::resolve(&repository, &flags.tag)
            .await
            .map_err(|error| not_resolved(&error, &flags.tag))?;
        let config_path = git::path_in_repository(&repository, &config_file);
        let binding = Binding {
            tag: flags.tag.clone(),
            commit: tag.commit.clone(),
            version: None,
            stage: flags.stage.clone(),
            config_path: config_path.clone(),
        };
        let mut read = |path: &str| files::read(&folder.join(path), limits::CONFIG_BYTES).ok();
        let plan = config::plan(&config, &binding, &mut read)
            .map_err(|diagnostics| wrong(&diagnostics.to_string()))?;
        warn_about(&plan);
        let mut config_files = Vec::new();
        for path in &plan.config_files {
            let bytes = files::read_named(&folder.join(path), limits::CONFIG_BYTES)?;
            config_files.push((path.clone(), bytes));
        }
        let roots = roots(&config, &config_files)?;
        let store_dir = flags
            .store
            .clone()
            .unwrap_or_else(|| repository.join(".evidence").join(store_name(flags)));
        let commit_time = commit_time(&repository, &tag).await?;
        let project = Self {
            config,
            plan,
            tag,
            repository,
            configuration: ConfigurationSource {
                file: config_file,
                path: config_path,
                bytes: text,
                named: config_files,
            },
            commit_time,
            roots,
            store_dir,
            stage: flags.stage.clone(),
        };
        secrets::learn_all(&project.config);
        project.warn_of_another_configuration().await;
        Ok(project)
    }

    /// What is judged by another configuration than the commit's is judged by other rules: said before anything is.
    async fn warn_of_another_configuration(&self) {
        let source = &self.configuration;
        let captured = configuration::capture(&self.repository, &self.tag, source).await;
        // Whatever keeps it from being captured, the item itself says.
        let Ok(captured) = captured else { return };
        let release = self.release();
        let found = appraise::configuration(&captured, source.path.as_deref(), &release);
        let warnings: Vec<String> = (found.claim.problems().iter())
            .map(|problem| format!("{}: a bundle will say so, and not be met", problem.message))
            .collect();
        warn(&warnings);
    }

    /// The same with a store of its own for looks at how it is now, which no release is made of.
    pub(crate) fn live(&self) -> Self {
        let mut store = self.store_dir.clone().into_os_string();
        store.push(".live");
        Self {
            store_dir: store.into(),
            ..self.clone()
        }
    }

    /// The release as manifest and seal name it.
    pub(crate) fn release(&self) -> Release {
        Release {
            repository: self.plan.repository.clone(),
            tag: self.tag.tag.clone(),
            tag_object: self.tag.tag_object.clone(),
            commit: self.tag.commit.clone(),
            version: self.plan.version.clone(),
            previous: self.plan.previous.clone(),
        }
    }

    /// Opens the capture store for this run alone, or starts it.
    pub(crate) fn open_store(&self) -> Result<Store, CliError> {
        Store::open_or_create(&self.store_dir, self.head()).map_err(|error| store_error(&error))
    }

    /// Opens the capture store that was filled before, which no run writes meanwhile.
    pub(crate) fn filled_store(&self) -> Result<Store, CliError> {
        Store::open(&self.store_dir, &self.head()).map_err(|error| store_error(&error))
    }

    fn head(&self) -> StoreHead {
        StoreHead {
            version: 1,
            release: self.release(),
            stage: self.stage.clone(),
            producer: producer(),
            commit_time: self.commit_time,
            package: self.plan.package.clone(),
        }
    }
}

/// Captures of one stage are about another plan than those of another.
fn store_name(flags: &ProjectFlags) -> String {
    match flags.stage.as_str() {
        STAGE => flags.tag.clone(),
        stage => format!("{}.{stage}", flags.tag),
    }
}

/// Warns of signers that the configuration accepts and hardly means, or that nobody can be.
fn warn_about(plan: &Plan) {
    let signers = plan
        .items
        .iter()
        .filter_map(|item| match &item.expectation {
            Expectation::Image { signed_by, .. } | Expectation::Sbom { signed_by, .. } => {
                Some(signed_by)
            }
            _ => None,
        });
    let mut warnings = Vec::new();
    for rule in signers.flat_map(|signers| signers.rules()) {
        match check_rule(rule) {
            Ok(found) => warnings.extend(found.iter().map(ToString::to_string)),
            Err(error) => warnings.push(format!("{rule} cannot sign: {error}")),
        }
    }
    warn(&warnings);
}

/// Clones of one commit, as CI makes them, lack tags, or have the commit in an annotated tag's place.
fn not_resolved(error: &GitError, tag: &str) -> CliError {
    let wrong = CliError::from_error(Exit::Usage, error);
    match error {
        GitError::TagAbsent(_) | GitError::ObjectAbsent(_) => wrong.hint(format!(
            "a shallow clone lacks tags: `git fetch --force origin tag {tag}`, or in CI check out with fetch-depth: 0"
        )),
        _ => wrong,
    }
}

/// Seconds since 1970: the time of every member of the bundle.
async fn commit_time(repository: &Path, tag: &ResolvedTag) -> Result<i64, CliError> {
    let failed = |error: &dyn std::error::Error| CliError::from_error(Exit::Usage, error);
    let files = git::objects_for_paths(repository, &tag.commit, &[])
        .await
        .map_err(|error| failed(&error))?;
    let commit = files
        .iter()
        .find(|file| file.path.as_str().ends_with(&tag.commit))
        .ok_or_else(|| CliError::usage("the tag's commit is not in the clone"))?;
    let commit = Commit::parse(&commit.bytes).map_err(|error| failed(&error))?;
    Ok(commit.committer.when.as_second())
}

fn wrong(diagnostics: &str) -> CliError {
    let mut lines = diagnostics.lines();
    let mut error = CliError::usage(plain(lines.next().unwrap_or("the configuration is wrong")));
    error.details = lines.map(|line| plain(line.trim_start())).collect();
    error
}

/// Roots that the configuration names; the public-good one when it names none.
fn roots(config: &Config, config_files: &[(String, Vec<u8>)]) -> Result<Roots, CliError> {
    let mut found = Roots::none();
    if config.trusted_roots.is_empty() {
        roots::add_instance(&mut found, Instance::PublicGood)?;
    }
    for source in &config.trusted_roots {
        match source {
            RootSource::Instance(instance) => roots::add_instance(&mut found, *instance)?,
            RootSource::File(path) => {
                let bytes = config_files
                    .iter()
                    .find(|(name, _)| *name == path.value)
                    .map(|(_, bytes)| bytes);
                let bytes =
                    bytes.ok_or_else(|| CliError::usage(format!("{} is not there", path.value)))?;
                files::add_root(&mut found, &path.value, bytes)?;
            }
        }
    }
    Ok(found)
}

/// What collects: this program, and the CI run that it is part of.
fn producer() -> Producer {
    let binary = std::env::current_exe()
        .ok()
        .and_then(|path| std::fs::read(path).ok())
        .map(|bytes| Digest::of(&bytes));
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let github = || {
        let (server, repository, run) = (
            variable("GITHUB_SERVER_URL")?,
            variable("GITHUB_REPOSITORY")?,
            variable("GITHUB_RUN_ID")?,
        );
        Some(format!("{server}/{repository}/actions/runs/{run}"))
    };
    Producer {
        name: "evidence".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        binary,
        run: github().or_else(|| variable("CI_JOB_URL")),
        clock_offset_ms: None,
    }
}
