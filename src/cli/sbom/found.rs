//! What a target has: documents that count, and what stands against it.

use crate::cli::exit::{Exit, chain};
use evidence::appraise::image_sboms::ImageSbom;
use evidence::collect::bundled::BundledScan;
use evidence::model::expectation::SbomFormat;
use evidence::model::policy::SbomDemand;
use evidence::model::{Digest, Identity, Problem, Timestamp};
use evidence::report::sbom::{Binding, Origin, PassedOver, Standing, TargetKind};
use evidence::sbom;
use evidence::sbom::binding::{self, Agreement};
use evidence::sbom::document::Sbom;
use std::sync::Arc;

/// What a target has.
#[derive(Debug)]
pub(in crate::cli) struct Found {
    pub(in crate::cli) name: String,
    pub(in crate::cli) kind: TargetKind,
    pub(in crate::cli) image: Option<Digest>,
    /// Whether no signature was asked for where there could be one.
    pub(in crate::cli) unverified: bool,
    /// Documents that count.
    pub(in crate::cli) documents: Vec<FoundSbom>,
    pub(in crate::cli) passed_over: Vec<PassedOver>,
    /// What stands against it, and how it stands for that.
    pub(in crate::cli) problems: Vec<Problem>,
    pub(in crate::cli) standing: Standing,
    pub(in crate::cli) notes: Vec<String>,
    /// Whose signatures hold, for who names nobody.
    pub(in crate::cli) signers: Vec<Identity>,
    /// Digests by which others may name the image.
    pub(in crate::cli) digests: Vec<Digest>,
    /// The scans of a bundle.
    pub(in crate::cli) scans: Vec<BundledScan>,
}

/// A document that counts.
#[derive(Clone, Debug)]
pub(in crate::cli) struct FoundSbom {
    pub(super) origin: Origin,
    /// The format that is stated beside it: by its predicate type.
    pub(in crate::cli) format: Option<SbomFormat>,
    pub(super) bytes: Held,
    /// What the policy demands of it.
    pub(super) demands: Vec<SbomDemand>,
    /// Of several the greatest stands for a platform: signed last, made last.
    pub(in crate::cli) rank: Option<(Option<Timestamp>, Option<String>, Digest)>,
}

/// A document's own bytes: those of a file are neither copied nor read twice, however large it is.
#[derive(Clone, Debug)]
pub(super) enum Held {
    File(Vec<u8>),
    Part(Arc<[u8]>),
}

impl Found {
    pub(super) fn new(name: &str, kind: TargetKind) -> Self {
        Self {
            name: name.into(),
            kind,
            image: None,
            unverified: false,
            documents: Vec::new(),
            passed_over: Vec::new(),
            problems: Vec::new(),
            standing: Standing::Met,
            notes: Vec::new(),
            signers: Vec::new(),
            digests: Vec::new(),
            scans: Vec::new(),
        }
    }

    pub(super) fn unreachable(name: &str, kind: TargetKind, message: String) -> Self {
        let mut found = Self::new(name, kind);
        found.standing = Standing::Undetermined;
        found.problems.push(Problem::new("unreachable", message));
        found
    }

    /// Adds what is wrong with it.
    pub(super) fn refuse(&mut self, code: &str, message: String) {
        self.standing = Standing::Refused;
        self.problems.push(Problem::new(code, message));
    }

    /// Its exit, as far as its documents do not decide.
    pub(in crate::cli) fn exit(standing: Standing) -> Exit {
        match standing {
            Standing::Met => Exit::Verified,
            Standing::Undetermined => Exit::Undetermined,
            Standing::Unmet => Exit::Unmet,
            Standing::Refused => Exit::Refused,
        }
    }
}

impl FoundSbom {
    /// One that is attested for an image.
    pub(super) fn attested(
        one: &ImageSbom,
        bytes: Arc<[u8]>,
        origin: Origin,
        demands: &[SbomDemand],
    ) -> Self {
        Self {
            demands: demands.to_vec(),
            rank: Some((one.signed_at, one.created.clone(), one.source)),
            format: Some(one.format),
            bytes: Held::Part(bytes),
            origin,
        }
    }

    /// The document's own bytes.
    pub(in crate::cli) fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Held::File(bytes) => bytes,
            Held::Part(bytes) => bytes,
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// When it is malformed, or of another format than is stated beside it.
    pub(in crate::cli) fn parse(&self) -> Result<Sbom<'_>, Problem> {
        let wrong = |message| Problem::new("sbom-unreadable", message);
        let document = sbom::parse(self.bytes()).map_err(|error| wrong(chain(&error)))?;
        match self.format {
            Some(stated) if stated != document.format => Err(wrong(format!(
                "the predicate type says {stated}, the document is {}",
                document.format
            ))),
            _ => Ok(document),
        }
    }

    /// Where it was found.
    pub(in crate::cli) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Where it was found, with what it says itself once it is read.
    pub(in crate::cli) fn origin_of(&self, document: &Sbom<'_>) -> Origin {
        let mut origin = self.origin.clone();
        if self.rank.is_some() {
            return origin;
        }
        origin.named = binding::named(document);
        let agreements = origin.attested_for.iter();
        origin.binding = agreements
            .map(|one| binding::agrees(&origin.named, *one, &[]))
            .map(|one| binding_of(&one))
            // One that agrees is enough: a statement may be about an image and its platforms.
            .fold(Binding::Unattested, |best, one| match best {
                Binding::Agrees => best,
                _ => one,
            });
        origin
    }
}

fn binding_of(agreement: &Agreement) -> Binding {
    match agreement {
        Agreement::Names { .. } => Binding::Agrees,
        Agreement::Silent => Binding::Silent,
        Agreement::Other { .. } => Binding::Other,
    }
}
