//! A look at one image of a registry that ends as soon as enough was found: as few requests as a verdict takes.
//!
//! Each object is judged on its own. What could not be read is told beside what could, so that nothing that somebody
//! else attached hides a good signature; and what was not looked at is told too.

pub use super::habit::{Turn, Turns};
pub use super::platforms::{Platforms, choose, says_platform};

use super::habit::Place;
use super::image::ImageError;
use super::repository::{Part, Repository};
use crate::model::{Digest, limits};
use crate::net::Registry;
use crate::oci::attached::tag_of;
use crate::oci::{Descriptor, Document, Found, Layout, Listed, Reference, Selector};
use crate::sigstore::Object;
use crate::sigstore::statement::{COSIGN_SIGN, PredicateType};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;
use tokio::task::JoinSet;

/// What cosign 3 writes beside a Sigstore bundle: which predicate is in it. A hint of where to look first.
const PREDICATE_HINT: &str = "dev.sigstore.bundle.predicateType";

/// Judges all that a layout holds about an image.
pub type Judge = Arc<dyn Fn(&Digest, &Layout) -> Vec<Object> + Send + Sync>;
/// Whether objects answer the question.
pub type Enough = Arc<dyn Fn(&[Object]) -> bool + Send + Sync>;

/// What is asked about an image. Judging is the caller's.
#[derive(Clone)]
pub struct Question {
    /// Whether signatures are looked for.
    pub signatures: bool,
    /// Attestations that are looked for.
    pub attestations: Vec<PredicateType>,
    /// Whether all that is attached is looked at, also when enough was found.
    pub everything: bool,
    /// Which of an index's platforms are asked about.
    pub platforms: Platforms,
    /// Judges all that a layout holds about an image.
    pub judge: Judge,
    /// Whether these objects answer the question.
    pub enough: Enough,
    /// What was seen before: an image with two names is looked at once.
    pub known: Arc<Known>,
}

/// What was seen of each image, by its repository and digest.
#[derive(Debug, Default)]
pub struct Known(Mutex<BTreeMap<(String, Digest), Looking>>);

/// A look that one name begins and others wait for.
type Looking = Arc<OnceCell<Arc<Seen>>>;

impl Known {
    fn place(&self, reference: &Reference, digest: &Digest) -> Looking {
        let repository = format!("{}/{}", reference.registry, reference.repository);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry((repository, *digest)).or_default().clone()
    }
}

/// What a look found.
#[derive(Debug)]
pub struct Looked {
    /// What the reference names.
    pub digest: Digest,
    /// The platforms of an index, as far as its bytes were read.
    pub listed: Vec<Listed>,
    /// What is attached to what the reference names.
    pub own: Arc<Seen>,
    /// The platforms that were asked about. One that is not looked at is covered by the index that names it.
    pub chosen: Vec<(Listed, Seen)>,
}

/// What was seen of one manifest's attachments.
#[derive(Debug, Default)]
pub struct Seen {
    /// Judged, each on its own.
    pub objects: Vec<Object>,
    /// What could not be read.
    pub troubles: Vec<ImageError>,
    /// What was not looked at, and why.
    pub skipped: Vec<String>,
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question").finish_non_exhaustive()
    }
}

/// Looks at an image.
///
/// A tag is resolved once; a digest is not even asked for unless its platforms are.
///
/// # Errors
/// When the image itself could not be read, is none, or has no such platform; when it takes longer than the registry
/// client's time for one image.
pub async fn look(
    registry: &Registry,
    reference: &Reference,
    turn: Turn,
    question: &Question,
) -> Result<Looked, ImageError> {
    let limit = registry.image_deadline();
    let looked = tokio::time::timeout(limit, look_at(registry, reference, turn, question)).await;
    looked.unwrap_or_else(|_| {
        Err(ImageError::Late {
            reference: reference.to_string(),
            seconds: limit.as_secs(),
        })
    })
}

async fn look_at(
    registry: &Registry,
    reference: &Reference,
    turn: Turn,
    question: &Question,
) -> Result<Looked, ImageError> {
    let look = Look {
        repository: Repository::new(registry, reference),
        question,
    };
    let (digest, listed, is_the_platform) = look.resolve(reference).await?;
    let chosen = match is_the_platform {
        true => Vec::new(),
        false => choose(reference, &listed, &question.platforms)?,
    };
    let place = question.known.place(reference, &digest);
    let own = place
        .get_or_init(|| async { Arc::new(look.at(&digest, turn, &[]).await) })
        .await
        .clone();
    let is_bare = own.objects.is_empty() && own.troubles.is_empty();
    if is_bare && reference.digest.is_some() {
        // Nothing is attached to what does not exist, which is another answer than "nobody signed it".
        look.repository.image(&reference.selector()).await?;
    }
    let mut seen = Vec::new();
    for child in chosen {
        let found = if (question.enough)(&own.objects) && !question.everything {
            Seen {
                skipped: vec![unseen(&format!(
                    "what is attached to {} itself",
                    child.digest.short()
                ))],
                ..Seen::default()
            }
        } else {
            look.at(
                &child.digest,
                Turns::default().next(reference),
                &own.objects,
            )
            .await
        };
        seen.push((child, found));
    }
    Ok(Looked {
        digest,
        listed,
        own,
        chosen: seen,
    })
}

struct Look<'a> {
    repository: Repository,
    question: &'a Question,
}

impl Look<'_> {
    /// What the reference names, the platforms of an index, and whether it is itself the platform that is asked about.
    async fn resolve(
        &self,
        reference: &Reference,
    ) -> Result<(Digest, Vec<Listed>, bool), ImageError> {
        let select = reference.selector();
        if let (Selector::Digest(digest), Platforms::Itself) = (&select, &self.question.platforms) {
            return Ok((*digest, Vec::new(), false));
        }
        let root = self.repository.image(&select).await?;
        let listed = match self.repository.keep(&mut Layout::new(), &root)? {
            Document::Index(index) => index.platforms(),
            Document::Manifest(manifest) => {
                let is_it = match &self.question.platforms {
                    Platforms::One(wanted) => {
                        let repository = self.repository.clone();
                        let config = repository.blob(manifest.config, limits::DOCUMENT_BYTES);
                        says_platform(&config.await?, wanted)
                    }
                    _ => false,
                };
                return Ok((root.digest, Vec::new(), is_it));
            }
        };
        if listed.len() > limits::PLATFORMS && self.question.platforms != Platforms::Itself {
            let limit = limits::PLATFORMS as u64;
            return Err(self.repository.too_many("platforms", limit));
        }
        Ok((root.digest, listed, false))
    }

    /// Looks at the likelier place first, where one is known.
    async fn at(&self, subject: &Digest, mut turn: Turn, before: &[Object]) -> Seen {
        let habit = match self.question.everything {
            true => None,
            false => turn.habit().await,
        };
        let first = match habit {
            Some(Place::Referrers) => self.referrers(subject, before).await,
            Some(Place::Tags) => self.tags(subject).await,
            None => {
                let (mut tags, referrers) =
                    tokio::join!(self.tags(subject), self.referrers(subject, before));
                turn.teach(self.lesson(&tags, &referrers));
                tags.add(referrers);
                return tags;
            }
        };
        let place = match habit {
            Some(Place::Tags) => "the referrers",
            _ => "cosign's tags",
        };
        let mut seen = first;
        if self.is_enough(before, &seen) {
            seen.skipped
                .push(unseen(&format!("{place} of {}", subject.short())));
            return seen;
        }
        let known = [before, &seen.objects].concat();
        seen.add(match habit {
            Some(Place::Tags) => self.referrers(subject, &known).await,
            _ => self.tags(subject).await,
        });
        seen
    }

    fn lesson(&self, tags: &Seen, referrers: &Seen) -> Option<Place> {
        let enough = &self.question.enough;
        if enough(&referrers.objects) {
            Some(Place::Referrers)
        } else if enough(&tags.objects) {
            Some(Place::Tags)
        } else {
            None
        }
    }

    fn is_enough(&self, before: &[Object], seen: &Seen) -> bool {
        !self.question.everything && (self.question.enough)(&[before, &seen.objects].concat())
    }

    async fn tags(&self, subject: &Digest) -> Seen {
        let wanted = Found::TAGS.into_iter().filter(|(_, found)| match found {
            Found::SignatureTag => self.question.signatures || self.question.everything,
            Found::AttestationTag => {
                !self.question.attestations.is_empty() || self.question.everything
            }
            _ => self.question.everything,
        });
        let work = wanted.map(|(suffix, _)| {
            let repository = self
                .repository
                .afresh(limits::ATTACHED_BYTES, self.layer_bytes());
            repository.tag(tag_of(subject) + suffix)
        });
        self.judged(subject, gather(work).await)
    }

    /// The likely referrers first; in batches, so that a crowd of strangers delays a signature and never hides it.
    async fn referrers(&self, subject: &Digest, before: &[Object]) -> Seen {
        let (listed, flaws) = match self.repository.listed(subject).await {
            Ok(found) => found,
            Err(error) => {
                return Seen {
                    troubles: vec![error],
                    ..Seen::default()
                };
            }
        };
        let (likely, others): (Vec<_>, Vec<_>) =
            listed.into_iter().partition(|one| self.is_likely(one));
        let mut batches: Vec<Vec<Descriptor>> = Vec::new();
        for some in [likely, others] {
            batches.extend(some.chunks(self.batch()).map(<[Descriptor]>::to_vec));
        }
        let mut seen = Seen {
            troubles: flaws,
            ..Seen::default()
        };
        let mut left = batches.into_iter();
        for batch in left.by_ref() {
            // A room of its own for each: what strangers fill takes none from others.
            let room = self.layer_bytes() + 2 * limits::OCI_MANIFEST_BYTES;
            let work = batch.into_iter().map(|one| {
                let repository = self.repository.afresh(room, self.layer_bytes());
                repository.referrer(one)
            });
            seen.add(self.judged(subject, gather(work).await));
            if self.is_enough(before, &seen) {
                break;
            }
        }
        let left = left.map(|batch| batch.len()).sum::<usize>();
        if left > 0 {
            seen.skipped.push(unseen(&format!(
                "{left} more referrers of {}",
                subject.short()
            )));
        }
        seen
    }

    /// So many referrers fit into the room, however large they are.
    fn batch(&self) -> usize {
        let room = limits::ATTACHED_BYTES / self.layer_bytes();
        usize::try_from(room)
            .unwrap_or(usize::MAX)
            .clamp(1, limits::REFERRERS_AT_ONCE)
    }

    /// A signature is small; an attestation may hold a whole SBOM.
    fn layer_bytes(&self) -> u64 {
        if self.question.attestations.is_empty() && !self.question.everything {
            limits::SIGNATURE_BYTES
        } else {
            limits::ATTESTATION_BYTES
        }
    }

    /// A list without hints makes every referrer likely.
    fn is_likely(&self, listed: &Descriptor) -> bool {
        match listed.annotations.get(PREDICATE_HINT) {
            None => true,
            Some(kind) if kind == COSIGN_SIGN => self.question.signatures,
            Some(kind) => self
                .question
                .attestations
                .iter()
                .any(|one| one.matches(kind)),
        }
    }

    fn judged(&self, subject: &Digest, parts: Vec<Part>) -> Seen {
        let mut layout = Layout::new();
        let mut seen = Seen::default();
        for part in parts {
            layout.merge(part.layout);
            seen.troubles.extend(part.troubles);
            seen.skipped.extend(part.skipped);
        }
        seen.objects = (self.question.judge)(subject, &layout);
        seen
    }
}

impl Seen {
    fn add(&mut self, other: Self) {
        self.objects.extend(other.objects);
        self.troubles.extend(other.troubles);
        self.skipped.extend(other.skipped);
    }
}

fn unseen(what: &str) -> String {
    format!("not looked at, since enough was found before: {what}")
}

/// All parts in the order of the work, which is done at the same time.
async fn gather(
    work: impl IntoIterator<Item = impl Future<Output = Part> + Send + 'static>,
) -> Vec<Part> {
    let mut tasks = JoinSet::new();
    for (number, one) in work.into_iter().enumerate() {
        tasks.spawn(async move { (number, one.await) });
    }
    let mut done = Vec::new();
    while let Some(finished) = tasks.join_next().await {
        done.push(finished.unwrap_or_else(|_| {
            let reference = "a part of it".into();
            let mut part = Part::default();
            part.troubles.push(ImageError::Interrupted { reference });
            (usize::MAX, part)
        }));
    }
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, part)| part).collect()
}
