//! The async runtime, for commands that open sockets.

use super::exit::{CliError, Exit};

/// Runs the future to its end, or until Ctrl-C: what was captured by then is kept.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| CliError::unreachable(format!("cannot start: {error}")))?;
    runtime.block_on(async {
        tokio::select! {
            done = future => Ok(done),
            _ = tokio::signal::ctrl_c() => {
                Err(CliError::new(Exit::Interrupted, "interrupted").hint("what was captured is kept: run again to go on"))
            }
        }
    })
}
