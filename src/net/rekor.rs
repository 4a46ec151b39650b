//! What a transparency log is asked when somebody wants to know whether it still says what it said.
//!
//! Answers are bytes: what follows from them is judged elsewhere. What does not change within a run, or must not, is asked
//! once: all signatures of a log are held against one present state of it.

use super::http::{Http, HttpError, Request, Response, Url};
use crate::model::limits;
use crate::model::redact::url_without_secrets;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{Mutex, OnceCell};

/// Hashes of a whole tile.
const WIDTH: u16 = 256;
/// Bytes of a hash.
const HASH_BYTES: u64 = 32;

/// Why the log gave no answer. URLs are without secrets.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RekorError {
    /// No connection, or no whole answer within the limits of time and size.
    #[error("{0}")]
    Unreachable(String),
    /// It says that it has no such thing.
    #[error("{url} is not there (status {status})")]
    Missing {
        /// What was asked for.
        url: String,
        /// HTTP status: 404 or 410.
        status: u16,
    },
    /// Any other status than success.
    #[error("{url} answered with status {status}")]
    Refused {
        /// What was asked for.
        url: String,
        /// HTTP status.
        status: u16,
    },
}

/// An answer that several signatures may wait for.
type Shared = Arc<OnceCell<Result<Arc<[u8]>, RekorError>>>;

/// A log at an address.
#[derive(Debug)]
pub struct Rekor {
    http: Http,
    base: Url,
    kept: Mutex<BTreeMap<String, Shared>>,
    kept_bytes: AtomicU64,
    /// Where a tiled log serves its files below the address.
    folder: OnceCell<Result<&'static str, RekorError>>,
}

impl Rekor {
    /// The log at this address, `http` or `https`.
    pub fn new(http: Http, base: Url) -> Self {
        Self {
            http,
            base,
            kept: Mutex::default(),
            kept_bytes: AtomicU64::new(0),
            folder: OnceCell::new(),
        }
    }

    /// The address, without secrets.
    pub fn address(&self) -> String {
        let url = url_without_secrets(self.base.as_str());
        url.trim_end_matches('/').to_owned()
    }

    /// Rekor v1: the log's trees with a signed checkpoint each. Asked once.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn trees(&self) -> Result<Arc<[u8]>, RekorError> {
        self.once("api/v1/log", "", limits::LOG_ANSWER_BYTES).await
    }

    /// Rekor v1: the proof that a tree grew from one size to another. Asked once for each pair.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn growth(&self, tree: u64, old: u64, new: u64) -> Result<Arc<[u8]>, RekorError> {
        let query = format!("firstSize={old}&lastSize={new}&treeID={tree}");
        self.once("api/v1/log/proof", &query, limits::LOG_ANSWER_BYTES)
            .await
    }

    /// Rekor v1: an entry by its index over all trees, with a fresh proof.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn entry_at(&self, index: u64) -> Result<Arc<[u8]>, RekorError> {
        let query = format!("logIndex={index}");
        self.get("api/v1/log/entries", &query, limits::LOG_ANSWER_BYTES)
            .await
    }

    /// Rekor v1: an entry by its UUID, with a fresh proof.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn entry(&self, uuid: &str) -> Result<Arc<[u8]>, RekorError> {
        let path = format!("api/v1/log/entries/{uuid}");
        self.get(&path, "", limits::LOG_ANSWER_BYTES).await
    }

    /// A tiled log: its signed checkpoint. Asked once.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn checkpoint(&self) -> Result<Arc<[u8]>, RekorError> {
        let folder = self.folder().await?;
        let path = format!("{folder}checkpoint");
        self.once(&path, "", limits::LOG_ANSWER_BYTES).await
    }

    /// A tiled log: the hashes of a tile (<https://c2sp.org/tlog-tiles>). Asked once.
    ///
    /// A log may drop a tile of fewer than 256 hashes once there is the whole one, which is then the answer.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn tile(&self, level: u8, index: u64, width: u16) -> Result<Arc<[u8]>, RekorError> {
        let limit = u64::from(WIDTH) * HASH_BYTES;
        self.part(&level.to_string(), index, width, limit).await
    }

    /// A tiled log: the bundle with entries `256 * index` and on, of which there are `width`; or the whole one.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn entries(&self, index: u64, width: u16) -> Result<Arc<[u8]>, RekorError> {
        self.part("entries", index, width, limits::LOG_ENTRIES_BYTES)
            .await
    }

    async fn part(
        &self,
        row: &str,
        index: u64,
        width: u16,
        limit: u64,
    ) -> Result<Arc<[u8]>, RekorError> {
        let whole = format!("{}tile/{row}/{}", self.folder().await?, number(index));
        if width < WIDTH {
            let path = format!("{whole}.p/{width}");
            match self.once(&path, "", limit).await {
                Err(RekorError::Missing { .. }) => {}
                answer => return answer,
            }
        }
        self.once(&whole, "", limit).await
    }

    /// Rekor v2 serves its files below `api/v2/`; a bare file server has them at its root.
    async fn folder(&self) -> Result<&'static str, RekorError> {
        let find = || async {
            let limit = limits::LOG_ANSWER_BYTES;
            match self.once("api/v2/checkpoint", "", limit).await {
                Ok(_) => Ok("api/v2/"),
                // A Rekor v2 that leaves reading to another server answers that it is not implemented.
                Err(
                    RekorError::Missing { .. }
                    | RekorError::Refused {
                        status: 405 | 501, ..
                    },
                ) => Ok(""),
                Err(error) => Err(error),
            }
        };
        self.folder.get_or_init(find).await.clone()
    }

    async fn once(&self, path: &str, query: &str, limit: u64) -> Result<Arc<[u8]>, RekorError> {
        let cell = {
            let mut kept = self.kept.lock().await;
            let bytes = self.kept_bytes.load(Ordering::Relaxed);
            if kept.len() >= limits::LOG_ANSWERS_KEPT || bytes > limits::LOG_BYTES_KEPT {
                kept.clear();
                self.kept_bytes.store(0, Ordering::Relaxed);
            }
            kept.entry(format!("{path}?{query}")).or_default().clone()
        };
        let fetch = || async {
            let answer = self.get(path, query, limit).await;
            let bytes = answer.as_ref().map_or(0, |body| body.len() as u64);
            self.kept_bytes.fetch_add(bytes, Ordering::Relaxed);
            answer
        };
        cell.get_or_init(fetch).await.clone()
    }

    async fn get(&self, path: &str, query: &str, limit: u64) -> Result<Arc<[u8]>, RekorError> {
        let mut url = self.base.clone();
        url.set_path(&format!(
            "{}/{path}",
            self.base.path().trim_end_matches('/')
        ));
        url.set_query((!query.is_empty()).then_some(query));
        let request = Request::get(url, limit).header("accept", "application/json, */*");
        match self.http.send(request).await {
            Ok(response) => body(response),
            Err(error) => Err(RekorError::Unreachable(words(&error))),
        }
    }
}

fn body(response: Response) -> Result<Arc<[u8]>, RekorError> {
    let status = response.status.as_u16();
    let url = url_without_secrets(response.url.as_str());
    match status {
        200 => Ok(response.body.into()),
        404 | 410 => Err(RekorError::Missing { url, status }),
        _ => Err(RekorError::Refused { url, status }),
    }
}

fn words(error: &HttpError) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| {
        error.source()
    });
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

/// A tile's index as its path has it: groups of three digits, all but the last with an `x` before them.
fn number(index: u64) -> String {
    let mut text = format!("{:03}", index % 1_000);
    let mut rest = index / 1_000;
    while rest > 0 {
        text = format!("x{:03}/{text}", rest % 1_000);
        rest /= 1_000;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tiles_number_is_written_in_groups_of_three_digits() {
        for (index, path) in [
            (0, "000"),
            (67, "067"),
            (999, "999"),
            (1_000, "x001/000"),
            (1_234_067, "x001/x234/067"),
            (u64::MAX, "x018/x446/x744/x073/x709/x551/615"),
        ] {
            assert_eq!(number(index), path);
        }
    }
}
