//! One HTTP service on loopback, which can be stopped and started again at the same address.

use super::SandboxError;
use crate::model::limits;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, header};
use axum::response::Response;
use serde_json::Value;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How long a stopping service may finish the answers it has begun.
const GRACE: Duration = Duration::from_secs(2);

/// A service and, while it runs, its task.
#[derive(Debug)]
pub(super) struct Running {
    address: SocketAddr,
    router: Router,
    task: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

/// A free address on loopback.
pub(super) async fn listen() -> Result<(TcpListener, SocketAddr), SandboxError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .map_err(SandboxError::Listen)?;
    let address = listener.local_addr().map_err(SandboxError::Listen)?;
    Ok((listener, address))
}

impl Running {
    /// Serves until it is stopped or dropped.
    pub(super) fn serve(listener: TcpListener, address: SocketAddr, router: Router) -> Self {
        let router = router.layer(DefaultBodyLimit::max(limits::SANDBOX_REQUEST_BYTES));
        let task = Some(spawn(listener, router.clone()));
        Self {
            address,
            router,
            task,
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes the listener and every connection; returns when nothing answers any more.
    pub(super) async fn stop(&mut self) {
        if let Some((stop, mut task)) = self.task.take() {
            // A receiver that is gone means a task that has ended already.
            let _ = stop.send(());
            if tokio::time::timeout(GRACE, &mut task).await.is_err() {
                task.abort();
            }
        }
    }

    /// Serves again at the same address.
    pub(super) async fn start(&mut self) -> Result<(), SandboxError> {
        if self.task.is_none() {
            let listener = TcpListener::bind(self.address)
                .await
                .map_err(SandboxError::Listen)?;
            self.task = Some(spawn(listener, self.router.clone()));
        }
        Ok(())
    }
}

fn spawn(listener: TcpListener, router: Router) -> (oneshot::Sender<()>, JoinHandle<()>) {
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(async move {
        // Dropping the sender ends the service as well: a sandbox that goes away leaves nothing behind.
        let served = axum::serve(listener, router).with_graceful_shutdown(async move {
            let _ = stopped.await;
        });
        let _ = served.await;
    });
    (stop, task)
}

/// An answer of this status, media type and body.
pub(super) fn answer(status: u16, media_type: &str, body: impl Into<Bytes>) -> Response {
    answer_with(status, &[(header::CONTENT_TYPE.as_str(), media_type)], body)
}

/// An answer with these headers. A header that HTTP does not allow makes it a 500.
pub(super) fn answer_with(
    status: u16,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Response {
    let mut builder = Response::builder().status(status);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder
        .body(Body::from(body.into()))
        .unwrap_or_else(|_| internal())
}

/// A JSON answer.
pub(super) fn json(status: u16, value: &Value) -> Response {
    answer(status, "application/json", value.to_string())
}

fn internal() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}
