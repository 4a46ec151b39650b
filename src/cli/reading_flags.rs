//! Flags about how a bundle is read: which of it, by how many threads, and within which bounds.

use super::exit::CliError;
use evidence::bundle::Bounds;
use evidence::model::Kind;
use evidence::verify::{ReadOptions, Selection};
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::{Duration, Instant};

/// Within which bounds a bundle is read, and by how many threads.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Reading")]
pub(crate) struct ReadingFlags {
    #[command(flatten)]
    bounds: BoundFlags,
    #[command(flatten)]
    threads: ThreadFlags,
}

/// Which items of a bundle are judged.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct SelectFlags {
    /// Judge only items of these kinds, such as `images,sbom`; what is passed over is said.
    #[arg(long, value_name = "KIND", env = "EVIDENCE_ONLY", value_delimiter = ',', value_parser = kind)]
    only: Vec<Kind>,
    /// Judge only this item; repeatable.
    #[arg(
        long = "item",
        value_name = "ID",
        env = "EVIDENCE_ITEM",
        value_delimiter = ','
    )]
    items: Vec<String>,
}

impl SelectFlags {
    /// What is judged.
    pub(crate) fn selection(&self) -> Selection {
        Selection {
            kinds: self.only.iter().copied().collect(),
            ids: self.items.iter().cloned().collect(),
        }
    }
}

/// How many threads work.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(crate) struct ThreadFlags {
    /// Threads that compress, inflate and judge; the result does not depend on it [default: one for each core].
    #[arg(long, value_name = "N", env = "EVIDENCE_THREADS")]
    threads: Option<NonZeroUsize>,
}

impl ThreadFlags {
    /// How many; more than some dozens would only cost memory.
    pub(crate) fn count(self) -> NonZeroUsize {
        const MOST: NonZeroUsize = NonZeroUsize::MIN.saturating_add(63);
        let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.threads.unwrap_or_else(cores).min(MOST)
    }
}

/// Bounds on what a bundle may ask of its reader.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct BoundFlags {
    /// Bytes that a bundle may unpack to.
    #[arg(long, value_name = "BYTES", env = "EVIDENCE_MAX_PLAIN_BYTES", default_value_t = Bounds::DEFAULT.plain_bytes)]
    max_plain_bytes: u64,
    /// Bytes that a bundle may unpack to for each of its own, beyond 64 MiB.
    #[arg(long, value_name = "N", env = "EVIDENCE_MAX_RATIO", default_value_t = Bounds::DEFAULT.ratio)]
    max_ratio: u64,
    /// Members of a bundle.
    #[arg(long, value_name = "N", env = "EVIDENCE_MAX_MEMBERS", default_value_t = Bounds::DEFAULT.members)]
    max_members: usize,
    /// Bytes of one member.
    #[arg(long, value_name = "BYTES", env = "EVIDENCE_MAX_MEMBER_BYTES", default_value_t = Bounds::DEFAULT.member_bytes)]
    max_member_bytes: u64,
    /// Bytes of the manifest.
    #[arg(long, value_name = "BYTES", env = "EVIDENCE_MAX_MANIFEST_BYTES", default_value_t = Bounds::DEFAULT.manifest_bytes)]
    max_manifest_bytes: u64,
    /// Items of the manifest.
    #[arg(long, value_name = "N", env = "EVIDENCE_MAX_ITEMS", default_value_t = Bounds::DEFAULT.items)]
    max_items: usize,
    /// Bytes of members that are held in memory at once, until their items can be judged.
    #[arg(long, value_name = "BYTES", env = "EVIDENCE_MAX_HELD_BYTES", default_value_t = Bounds::DEFAULT.held_bytes)]
    max_held_bytes: u64,
    /// Seconds that reading a bundle may take [default: no bound].
    #[arg(long, value_name = "N", env = "EVIDENCE_MAX_SECONDS")]
    max_seconds: Option<u64>,
}

impl BoundFlags {
    /// The bounds.
    pub(crate) fn bounds(&self) -> Bounds {
        let mut bounds = Bounds::DEFAULT;
        bounds.plain_bytes = self.max_plain_bytes;
        bounds.ratio = self.max_ratio;
        bounds.members = self.max_members;
        bounds.member_bytes = self.max_member_bytes;
        bounds.manifest_bytes = self.max_manifest_bytes;
        bounds.items = self.max_items;
        bounds.held_bytes = self.max_held_bytes;
        bounds
    }

    /// The file, or standard input for `-`, which fails when the time is over.
    pub(crate) fn open(&self, path: &Path) -> Result<Box<dyn Read + Send>, CliError> {
        let source: Box<dyn Read + Send> = if is_stdin(path) {
            Box::new(io::stdin())
        } else {
            Box::new(std::fs::File::open(path).map_err(|error| {
                CliError::unreachable(format!("cannot open {}: {error}", path.display()))
            })?)
        };
        Ok(match self.max_seconds {
            None => source,
            Some(seconds) => Box::new(Until {
                source,
                begun: Instant::now(),
                seconds,
            }),
        })
    }
}

impl ReadingFlags {
    /// The file, or standard input for `-`.
    pub(crate) fn open(&self, path: &Path) -> Result<Box<dyn Read + Send>, CliError> {
        self.bounds.open(path)
    }

    /// How it is read.
    pub(crate) fn options(&self, select: Selection) -> ReadOptions {
        ReadOptions {
            bounds: self.bounds.bounds(),
            threads: self.threads.count(),
            select,
        }
    }
}

/// Whether `-` was given.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// A kind by its name, in the singular or plural.
fn kind(text: &str) -> Result<Kind, String> {
    let of = |name: &str| serde_json::from_value(name.into()).ok();
    of(text)
        .or_else(|| of(text.strip_suffix('s')?))
        .ok_or_else(|| {
            "no kind of item: configuration, release, image, sbom, drift, scan, metric, derived, gate, dashboard, file, command"
                .into()
        })
}

/// A source that fails once its time is over.
struct Until {
    source: Box<dyn Read + Send>,
    begun: Instant,
    seconds: u64,
}

impl Read for Until {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.begun.elapsed() >= Duration::from_secs(self.seconds) {
            let message = format!("it took longer than {} s (--max-seconds)", self.seconds);
            return Err(io::Error::new(io::ErrorKind::TimedOut, message));
        }
        self.source.read(buffer)
    }
}
