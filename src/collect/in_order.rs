//! Work on one image that is done at the same time and told in order.

use super::image::ImageError;
use crate::oci::Reference;
use std::future::Future;
use tokio::task::JoinSet;

/// All results in the order of the work, which is done at the same time. The first error in that order is told, not the
/// first in time, so that equal answers give equal words.
pub(super) async fn in_order<T: Send + 'static>(
    reference: &Reference,
    work: impl IntoIterator<Item = impl Future<Output = Result<T, ImageError>> + Send + 'static>,
) -> Result<Vec<T>, ImageError> {
    let mut tasks = JoinSet::new();
    for (number, one) in work.into_iter().enumerate() {
        tasks.spawn(async move { (number, one.await) });
    }
    let mut done = Vec::new();
    while let Some(finished) = tasks.join_next().await {
        done.push(finished.map_err(|_| ImageError::Interrupted {
            reference: reference.to_string(),
        })?);
    }
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}
