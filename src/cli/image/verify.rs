//! `evidence image verify`: who signed these images?

use super::asked::{AllAsked, Asked};
use super::demands::{Flags, demand, held_against};
use super::work::{Job, Work, point_out_doubles, runtime};
use crate::cli::exit::{CliError, Exit};
use crate::cli::format::Output;
use crate::cli::online::OnlineFlags;
use crate::cli::registry_flags::RegistryFlags;
use crate::cli::spot_check::demand::Kind;
use crate::cli::spot_check::{self, Format, SpotCheck, predicate_type};
use crate::cli::trust_flags::{Trust, TrustFlags, missing_identity};
use clap::Args;
use evidence::collect::look::{Known, Platforms, Question};
use evidence::net::Registry;
use evidence::oci::ImageRef;
use evidence::sigstore::statement::PredicateType;
use evidence::sigstore::{Content, Object, judge_image};
use std::path::PathBuf;
use std::sync::Arc;

/// Arguments of `image verify`.
#[derive(Args, Debug)]
pub(in crate::cli) struct VerifyArgs {
    /// Images: HOST/REPOSITORY[:TAG|@sha256:…] or oci:DIR[:TAG|@sha256:…].
    #[arg(value_name = "REF")]
    references: Vec<ImageRef>,
    /// Verify the images that this file lists, one a line; `-` is standard input; repeatable.
    #[arg(short, long = "file", value_name = "FILE")]
    file: Vec<PathBuf>,
    /// Verify the images that these files mention: Kubernetes manifests, Helm values, rendered charts, compose files,
    /// Dockerfiles; a folder stands for those in it; repeatable.
    #[arg(long, value_name = "PATH")]
    manifests: Vec<PathBuf>,
    /// Demand that this was signed with the image; repeatable.
    #[arg(short, long = "annotation", value_name = "KEY=VALUE", value_parser = key_value)]
    annotations: Vec<(String, String)>,
    /// Verify the attestation of this type: spdx, cyclonedx, slsaprovenance, slsaprovenance1, vuln, openvex, or a URI.
    #[arg(long, value_name = "TYPE", value_parser = predicate_type, env = "EVIDENCE_ATTESTATION")]
    attestation: Option<PredicateType>,
    /// Verify this platform of an index, such as linux/arm64, or `all` of them. A signature on the index covers
    /// the images that it names.
    #[arg(long, value_name = "OS/ARCH", value_parser = platforms, env = "EVIDENCE_PLATFORM")]
    platform: Option<Platforms>,
    /// Judge all that is attached, also where an accepted signature was found before.
    #[arg(long, env = "EVIDENCE_ALL")]
    all: bool,
    /// End at the first image that is not verified.
    #[arg(long, env = "EVIDENCE_FAIL_FAST")]
    fail_fast: bool,
    /// Requests under way at the same time.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 16,
        value_parser = clap::value_parser!(u16).range(1..=256),
        env = "EVIDENCE_CONCURRENCY"
    )]
    concurrency: u16,
    /// Format of the result, and a file for it: text, json, sarif or junit, as FORMAT[=PATH]; repeatable [default: text].
    #[arg(long, short, value_name = "FORMAT[=PATH]", env = "EVIDENCE_OUTPUT")]
    output: Vec<Output<Format>>,
    #[command(flatten)]
    trust: TrustFlags,
    #[command(flatten)]
    registry: RegistryFlags,
    #[command(flatten)]
    online: OnlineFlags,
}

/// Runs the command.
pub(super) fn run(args: &VerifyArgs) -> Result<Exit, CliError> {
    if args.attestation.is_some() && !args.annotations.is_empty() {
        return Err(CliError::usage(
            "--annotation is for signatures, --attestation for attestations: give one of them",
        ));
    }
    let outputs = Output::all(&args.output, Format::Text)?;
    let mut asked = AllAsked::default();
    asked.add_named(&args.references);
    for file in &args.file {
        asked.add_listed(file)?;
    }
    asked.add_manifests(&args.manifests)?;
    let asked = asked.finish()?;
    let trust = Arc::new(args.trust.build()?);
    if let Some(policy) = &trust.policy {
        let parts = policy.beyond_images().join(", ");
        eprintln!("note: of the policy, a spot check judges images only; not judged: {parts}");
    }
    let known = Arc::default();
    let jobs: Vec<_> = asked
        .into_iter()
        .map(|one| args.job(one, &trust, &known))
        .collect();
    let work = Work {
        registry: args.open_registry(&jobs)?,
        online: args.online.build(&trust.roots)?.map(Arc::new),
        concurrency: args.concurrency.into(),
        fail_fast: args.fail_fast,
    };
    let mut checks = runtime(jobs.len() > 1)?.block_on(work.run(jobs))?;
    if trust.signers.is_empty() && trust.policy.is_none() {
        return Err(missing_identity(&signers(&checks)));
    }
    point_out_doubles(&mut checks);
    for output in outputs {
        spot_check::write(&output, "images", &checks)?;
    }
    Ok(spot_check::exit(&checks))
}

impl VerifyArgs {
    fn job(&self, asked: Asked, trust: &Arc<Trust>, known: &Arc<Known>) -> Job {
        let flags = Flags {
            attestation: self.attestation.as_ref(),
            annotations: &self.annotations,
        };
        let (demand, refusal) = match demand(&flags, &asked, trust) {
            Ok(demand) => (Arc::new(demand), None),
            Err(reason) => (Arc::default(), Some(reason)),
        };
        let name = asked.name.clone();
        let (judge, enough) = (trust.clone(), demand.clone());
        let asked_of = demand.clone();
        let question = Question {
            signatures: demand.wants.iter().any(|want| want.kind == Kind::Signature),
            attestations: demand
                .wants
                .iter()
                .filter_map(|want| match &want.kind {
                    Kind::Attestation(kind) => Some(kind.clone()),
                    Kind::Signature => None,
                })
                .collect(),
            everything: self.all,
            platforms: self.platform.clone().unwrap_or(Platforms::Itself),
            judge: Arc::new(move |image, layout| {
                judge_image(image, layout, &judge.roots, &judge.keys, &judge.options)
                    .into_iter()
                    .map(|object| held_against(object, image, layout, &asked_of.sboms))
                    .map(without_statement)
                    .collect()
            }),
            known: known.clone(),
            enough: Arc::new(move |objects| enough.is_met_by(&name, objects)),
        };
        Job {
            asked,
            demand,
            refusal,
            question,
        }
    }

    fn open_registry(&self, jobs: &[Job]) -> Result<Option<Registry>, CliError> {
        let is_remote = |job: &Job| matches!(job.asked.image, Ok(ImageRef::Registry(_)));
        if !jobs.iter().any(is_remote) {
            return Ok(None);
        }
        self.registry.registry(self.concurrency.into()).map(Some)
    }
}

/// What an attestation says was judged, and is not asked about here: of five hundred images it would fill the memory.
fn without_statement(mut object: Object) -> Object {
    if let Content::Attestation {
        statement,
        subjects,
        ..
    } = &mut object.content
    {
        *statement = Arc::from([]);
        *subjects = Vec::new();
    }
    object
}

fn signers(checks: &[SpotCheck]) -> Vec<(String, evidence::model::Identity)> {
    let of = |check: &SpotCheck| {
        let named = |identity| (check.reference.clone(), identity);
        check.signers.iter().cloned().map(named).collect::<Vec<_>>()
    };
    checks.iter().flat_map(of).collect()
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.into(), value.into())),
        _ => Err("expected KEY=VALUE".into()),
    }
}

fn platforms(text: &str) -> Result<Platforms, String> {
    match text {
        "all" => Ok(Platforms::All),
        _ => text.parse().map(Platforms::One).map_err(
            |error: evidence::oci::descriptor::PlatformError| format!("{error}, or `all`"),
        ),
    }
}
