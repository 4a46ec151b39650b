//! Appraisals beside the reading: other threads judge an item while the next one is read, in bounded memory.

use super::members::AppraisedItem;
use super::{Trust, claims};
use crate::model::{Capture, Manifest};
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Scope};

/// Bytes of captures that other threads have in hand; what would be more is judged by the thread that reads.
const IN_HAND: u64 = 32 << 20;

/// Whoever appraises.
pub(super) struct Appraisals<'env> {
    trust: &'env Trust,
    others: Option<Others>,
    done: Vec<(usize, AppraisedItem)>,
}

struct Others {
    jobs: SyncSender<Job>,
    done: Receiver<(usize, u64, AppraisedItem)>,
    in_hand: u64,
}

struct Job {
    at: usize,
    capture: Capture,
    manifest: Arc<Manifest>,
}

impl Job {
    fn run(&self, trust: &Trust) -> Option<AppraisedItem> {
        let item = self.manifest.items.get(self.at)?;
        Some(claims::appraise(
            item,
            &self.capture,
            &self.manifest.release,
            trust,
        ))
    }

    fn size(&self) -> u64 {
        let sizes = self
            .capture
            .files
            .iter()
            .map(|file| file.bytes.len() as u64);
        sizes.sum()
    }
}

/// Runs `work` with appraisals by this many threads, the calling one among them.
pub(super) fn with<'env, T>(
    trust: &'env Trust,
    threads: NonZeroUsize,
    work: impl FnOnce(&mut Appraisals<'env>) -> T,
) -> T {
    let mut appraisals = Appraisals {
        trust,
        others: None,
        done: Vec::new(),
    };
    thread::scope(|scope| {
        appraisals.others = Others::start(scope, trust, threads.get() - 1);
        let result = work(&mut appraisals);
        // They end when nothing more can come.
        appraisals.others = None;
        result
    })
}

impl Others {
    fn start<'scope, 'env>(
        scope: &'scope Scope<'scope, 'env>,
        trust: &'env Trust,
        threads: usize,
    ) -> Option<Self> {
        if threads == 0 {
            return None;
        }
        let (jobs, queue) = sync_channel(threads);
        let (finished, done) = channel();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..threads {
            let (queue, finished) = (queue.clone(), finished.clone());
            scope.spawn(move || judge(&queue, &finished, trust));
        }
        Some(Self {
            jobs,
            done,
            in_hand: 0,
        })
    }

    fn collect(&mut self, into: &mut Vec<(usize, AppraisedItem)>) {
        while let Ok((at, size, appraised)) = self.done.try_recv() {
            self.in_hand = self.in_hand.saturating_sub(size);
            into.push((at, appraised));
        }
    }
}

fn judge(
    queue: &Mutex<Receiver<Job>>,
    finished: &Sender<(usize, u64, AppraisedItem)>,
    trust: &Trust,
) {
    loop {
        let job = {
            let queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.recv()
        };
        let Ok(job) = job else { return };
        if let Some(appraised) = job.run(trust) {
            drop(finished.send((job.at, job.size(), appraised)));
        }
    }
}

impl Appraisals<'_> {
    /// Appraises the item at this place of the manifest, here or elsewhere.
    pub(super) fn appraise(&mut self, at: usize, capture: Capture, manifest: &Arc<Manifest>) {
        let manifest = manifest.clone();
        let mut job = Job {
            at,
            capture,
            manifest,
        };
        if let Some(others) = &mut self.others {
            others.collect(&mut self.done);
            let size = job.size();
            if others.in_hand.saturating_add(size) <= IN_HAND {
                match others.jobs.try_send(job) {
                    Ok(()) => {
                        others.in_hand += size;
                        return;
                    }
                    Err(back) => {
                        job = match back {
                            std::sync::mpsc::TrySendError::Full(job)
                            | std::sync::mpsc::TrySendError::Disconnected(job) => job,
                        };
                    }
                }
            }
        }
        self.done
            .extend(job.run(self.trust).map(|appraised| (at, appraised)));
    }

    /// All that was appraised, once nothing more is to come. An item whose appraisal broke off is not among them.
    pub(super) fn finish(&mut self) -> Vec<(usize, AppraisedItem)> {
        if let Some(Others { jobs, done, .. }) = self.others.take() {
            drop(jobs);
            self.done
                .extend(done.iter().map(|(at, _, appraised)| (at, appraised)));
        }
        std::mem::take(&mut self.done)
    }
}
