//! Plain bytes that other threads read, inflate and hash, in bounded memory.
//!
//! One thread reads the file, hashes it and finds the members; others inflate those of a bundle's own layout side by
//! side; one hashes the plain bytes. A stream of any other layout is inflated by the thread that reads. Whatever they
//! find, pieces and errors come in the order of the file, so that the answer does not depend on how many there are.

use super::bounds::Bounds;
use super::framing::{Framed, Framing};
use super::gunzip::GunzipError;
use super::inflate::Inflate;
use super::plain::{Meter, Piece, Plain, Totals};
use crate::model::Digest;
use sha2::{Digest as _, Sha256};
use std::io::Read;
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ScopedJoinHandle};

/// Pieces that the thread that hashes may be behind.
const BEHIND: usize = 4;

/// Plain bytes; none at the end of the stream.
type Answer = Result<Option<Vec<u8>>, GunzipError>;

/// A piece that is there or will come.
struct Slot {
    /// Compressed bytes that were taken up to its end.
    packed: u64,
    plain: Receiver<Answer>,
}

/// A member to inflate, and where its bytes go.
struct Job {
    member: Vec<u8>,
    answer: SyncSender<Answer>,
}

/// Memory that was used and can be used again.
#[derive(Default)]
struct Spare(Mutex<Vec<Vec<u8>>>);

impl Spare {
    fn take(&self) -> Vec<u8> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.pop().unwrap_or_default()
    }

    fn give(&self, memory: Vec<u8>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(memory);
    }

    fn give_piece(&self, piece: Piece) {
        // Whoever lets go of it last gives it back.
        if let Some(memory) = Arc::into_inner(piece) {
            self.give(memory);
        }
    }
}

/// The end of the threads at which pieces come out.
pub(super) struct Parallel<'scope> {
    slots: Option<Receiver<Slot>>,
    reader: Option<ScopedJoinHandle<'scope, Result<Totals, GunzipError>>>,
    hasher: Option<(SyncSender<Piece>, ScopedJoinHandle<'scope, Digest>)>,
    meter: Meter,
    spare: Arc<Spare>,
}

/// Runs `work` over the plain bytes of `inner`, with this many threads besides the calling one that inflate.
pub(super) fn with<R: Read + Send, T>(
    inner: R,
    bounds: Bounds,
    threads: NonZeroUsize,
    work: impl for<'scope> FnOnce(Parallel<'scope>) -> T,
) -> T {
    thread::scope(|scope| {
        let spare = Arc::new(Spare::default());
        let (slots, slots_out) = sync_channel::<Slot>(2 * threads.get());
        let (jobs, jobs_out) = sync_channel::<Job>(threads.get());
        let jobs_out = Arc::new(Mutex::new(jobs_out));
        for _ in 0..threads.get() {
            let (jobs, spare) = (jobs_out.clone(), spare.clone());
            scope.spawn(move || inflate(&jobs, &spare));
        }
        let reader_spare = spare.clone();
        let reader = scope.spawn(move || read(inner, &slots, &jobs, &reader_spare));
        let (pieces, pieces_out) = sync_channel::<Piece>(BEHIND);
        let hasher_spare = spare.clone();
        let hasher = scope.spawn(move || hash(&pieces_out, &hasher_spare));
        work(Parallel {
            slots: Some(slots_out),
            reader: Some(reader),
            hasher: Some((pieces, hasher)),
            meter: Meter::new(bounds),
            spare,
        })
    })
}

/// Finds members until the stream ends, breaks, or nobody listens any more; then hashes the rest of the file.
fn read<R: Read>(
    inner: R,
    slots: &SyncSender<Slot>,
    jobs: &SyncSender<Job>,
    spare: &Spare,
) -> Result<Totals, GunzipError> {
    let mut framing = Framing::new(inner);
    loop {
        let framed = framing.next(spare.take());
        let (answer, plain) = sync_channel(1);
        let packed = framing.taken();
        if slots.send(Slot { packed, plain }).is_err() {
            break;
        }
        let goes_on = match framed {
            Ok(Some(Framed::Whole(member))) => jobs.send(Job { member, answer }).is_ok(),
            Ok(Some(Framed::Plain(plain))) => answer.send(Ok(Some(plain))).is_ok(),
            Ok(None) => {
                drop(answer.send(Ok(None)));
                false
            }
            Err(GunzipError::Read(source)) => {
                // A source that failed once is not read on: what it would give is not the file.
                let kind = source.kind();
                drop(answer.send(Err(GunzipError::Read(source))));
                return Err(GunzipError::Read(kind.into()));
            }
            Err(error) => {
                drop(answer.send(Err(error)));
                false
            }
        };
        if !goes_on {
            break;
        }
    }
    let (digest, size) = framing.drain()?;
    Ok(Totals { digest, size })
}

fn inflate(jobs: &Mutex<Receiver<Job>>, spare: &Spare) {
    let mut inflate = Inflate::new();
    loop {
        let job = {
            let jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
            jobs.recv()
        };
        let Ok(Job { member, answer }) = job else {
            return;
        };
        let plain = inflate.whole(&member, spare.take());
        spare.give(member);
        // Nobody listens after an error: the reader sees that by itself.
        drop(answer.send(plain.map(Some)));
    }
}

fn hash(pieces: &Receiver<Piece>, spare: &Spare) -> Digest {
    let mut hash = Sha256::new();
    for piece in pieces {
        hash.update(piece.as_slice());
        spare.give_piece(piece);
    }
    Digest::from_raw(hash.finalize().into())
}

impl Plain for Parallel<'_> {
    fn next(&mut self, used: Piece) -> Result<Option<Piece>, GunzipError> {
        self.spare.give_piece(used);
        let slot = self.slots.as_ref().and_then(|slots| slots.recv().ok());
        let slot = slot.ok_or_else(broke_off)?;
        let Some(plain) = slot.plain.recv().map_err(|_| broke_off())?? else {
            return Ok(None);
        };
        self.meter.count(&plain, slot.packed)?;
        let piece = Arc::new(plain);
        if let Some((pieces, _)) = &self.hasher {
            // It ends when this end is dropped, and not before.
            drop(pieces.send(piece.clone()));
        }
        Ok(Some(piece))
    }

    fn digest(&mut self) -> Digest {
        let hashed = self.hasher.take().and_then(|(pieces, hasher)| {
            drop(pieces);
            hasher.join().ok()
        });
        // A thread that hashes does not panic; were it to, no digest would be equal to this one.
        hashed.unwrap_or_else(|| Digest::of(b"no digest was computed"))
    }

    fn finish(&mut self) -> Result<Totals, GunzipError> {
        self.slots = None;
        let joined = self.reader.take().and_then(|reader| reader.join().ok());
        joined.unwrap_or_else(|| Err(broke_off()))
    }
}

/// A thread ended that should not have: nothing is known of the bytes then.
fn broke_off() -> GunzipError {
    GunzipError::Read(std::io::Error::other("a thread that reads broke off"))
}
