//! `evidence image tree`: all that is attached to an image.

use super::work::{chain, runtime};
use crate::cli::exit::{CliError, Exit};
use crate::cli::files;
use crate::cli::output::plain;
use crate::cli::registry_flags::{DEFAULT_CONCURRENCY, RegistryFlags};
use crate::cli::trust_flags::{Trust, TrustFlags};
use clap::Args;
use evidence::collect::{FetchedImage, fetch};
use evidence::model::Digest;
use evidence::oci::{Document, Found, ImageRef, Layout};
use evidence::report::text::one_line;
use evidence::sigstore::{Content, Judgement, Object, judge_image};
use std::fmt::Write as _;

/// Arguments of `image tree`.
#[derive(Args, Debug)]
pub(in crate::cli) struct TreeArgs {
    /// The image: HOST/REPOSITORY[:TAG|@sha256:…] or oci:DIR[:TAG|@sha256:…].
    #[arg(value_name = "REF")]
    reference: ImageRef,
    #[command(flatten)]
    trust: TrustFlags,
    #[command(flatten)]
    registry: RegistryFlags,
}

/// Runs the command.
pub(super) fn run(args: &TreeArgs) -> Result<Exit, CliError> {
    let trust = args.trust.build()?;
    let registry = match &args.reference {
        ImageRef::Registry(_) => Some(args.registry.registry(DEFAULT_CONCURRENCY)?),
        ImageRef::Layout { .. } => None,
    };
    let fetched = runtime(true)?
        .block_on(fetch(registry.as_ref(), &args.reference))
        .map_err(|error| {
            let exit = match error.is_undetermined() {
                true => Exit::Undetermined,
                false => Exit::Refused,
            };
            CliError::new(exit, chain(&error))
        })?;
    files::print(&plain(&tree(&fetched, &trust)))?;
    Ok(Exit::Verified)
}

fn tree(image: &FetchedImage, trust: &Trust) -> String {
    let mut text = format!("{}\n", one_line(&image.reference));
    let mut nodes = vec![Node {
        title: format!("{} {}", kind(&image.layout, &image.digest), image.digest),
        leaves: leaves(&image.digest, &image.layout, trust),
    }];
    if let Some(Ok(Document::Index(index))) = image
        .layout
        .blob(&image.digest)
        .map(|bytes| Document::parse(bytes))
    {
        nodes.extend(index.platforms().iter().map(|one| Node {
            title: format!("{one} {}", one.digest),
            leaves: leaves(&one.digest, &image.layout, trust),
        }));
    }
    for node in nodes {
        node.write(&mut text);
    }
    text += "\nThis does not check who signed: evidence image verify does.\n";
    text
}

struct Node {
    title: String,
    leaves: Vec<String>,
}

impl Node {
    fn write(&self, text: &mut String) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", self.title);
        let last = self.leaves.len().saturating_sub(1);
        for (number, leaf) in self.leaves.iter().enumerate() {
            let branch = if number == last { "└─" } else { "├─" };
            let _ = writeln!(text, "{branch} {leaf}");
        }
        if self.leaves.is_empty() {
            text.push_str("└─ nothing is attached\n");
        }
    }
}

fn kind(layout: &Layout, digest: &Digest) -> &'static str {
    match layout.blob(digest).map(|bytes| Document::parse(bytes)) {
        Some(Ok(Document::Index(_))) => "index",
        _ => "image",
    }
}

fn leaves(subject: &Digest, layout: &Layout, trust: &Trust) -> Vec<String> {
    let mut leaves: Vec<_> =
        judge_image(subject, layout, &trust.roots, &trust.keys, &trust.options)
            .iter()
            .map(leaf)
            .collect();
    let judged: Vec<Digest> = layout
        .attached(subject)
        .iter()
        .filter(|one| one.found == Found::Subject)
        .map(|one| one.manifest)
        .collect();
    for manifest in judged {
        leaves.extend(empty_referrer(layout, &manifest));
    }
    leaves
}

/// A referrer without layers, which no object stands for.
fn empty_referrer(layout: &Layout, manifest: &Digest) -> Option<String> {
    let Document::Manifest(found) = Document::parse(layout.blob(manifest)?).ok()? else {
        return None;
    };
    found.layers.is_empty().then(|| {
        let kind = found.artifact_type.unwrap_or(found.config.media_type);
        format!("referrer {} ({})", manifest.short(), one_line(&kind))
    })
}

fn leaf(object: &Object) -> String {
    let what = match &object.content {
        Content::Signature {
            annotations,
            docker_reference,
        } => {
            let mut what = format!("signature, {}", object.format);
            if let Some(name) = docker_reference {
                what += &format!(", made for {name}");
            }
            for (key, value) in annotations {
                what += &format!(", {key}={value}");
            }
            what
        }
        Content::Attestation { predicate_type, .. } => {
            format!("attestation {predicate_type}, {}", object.format)
        }
        Content::Unreadable(_) => "unreadable".into(),
        Content::Other(kind) => format!("other, {kind}"),
    };
    let says = match (&object.judgement, &object.content) {
        (Judgement::Valid(signature), _) => format!("holds, signed by {}", signature.identity),
        (_, Content::Other(_)) => "not signed".into(),
        (Judgement::Invalid(problem), _) => format!("does NOT hold: {}", problem.message),
        (Judgement::UnknownRoot(problem) | Judgement::UnknownKey(problem), _) => {
            format!("cannot be judged: {}", problem.message)
        }
    };
    one_line(&format!("{} {what}: {says}", object.source.short()))
}
