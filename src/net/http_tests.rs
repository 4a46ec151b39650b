//! Time and connections of the client below all others.

use super::http::{Http, HttpError, HttpOptions, Request, Url};
use super::scripted::{Answer, Scripted, Seen};
use axum::Router;
use axum::serve::ListenerExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

fn http(options: HttpOptions) -> Http {
    Http::new(&options).unwrap()
}

fn get(host: &str) -> Request {
    Request::get(Url::parse(&format!("http://{host}/x")).unwrap(), 1_000)
}

/// A server that is open for a moment with each request, and the number of its connections.
async fn counting() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let connections = Arc::new(AtomicUsize::new(0));
    let count = connections.clone();
    let listener = listener.tap_io(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
    });
    let app = Router::new().fallback(|| async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        "body"
    });
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (host, connections)
}

#[tokio::test]
async fn connections_are_kept_for_the_next_requests_of_every_clone() {
    let (host, connections) = counting().await;
    let http = http(HttpOptions::default());

    for _ in 0..10 {
        http.clone().send(get(&host)).await.unwrap();
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);

    for _ in 0..3 {
        let mut tasks = JoinSet::new();
        for _ in 0..16 {
            let (http, request) = (http.clone(), get(&host));
            tasks.spawn(async move { http.send(request).await.unwrap() });
        }
        tasks.join_all().await;
    }
    let made = connections.load(Ordering::SeqCst);
    assert!(made <= 16, "{made} connections for 16 requests at a time");
}

#[tokio::test]
async fn a_wait_that_would_pass_the_deadline_is_not_begun() {
    let server =
        Scripted::start(|_: &Seen| Answer::new(503, "busy").with("retry-after", "20")).await;
    let start = Instant::now();

    let answer = http(HttpOptions::default().within(Duration::from_secs(5)))
        .send(get(&server.host))
        .await;

    assert_eq!(answer.unwrap().status.as_u16(), 503);
    assert_eq!(server.asked().len(), 1);
    assert!(start.elapsed() < Duration::from_secs(4));
}

#[tokio::test]
async fn a_server_is_left_alone_for_as_long_as_it_says() {
    let count = AtomicUsize::new(0);
    let count: &'static AtomicUsize = Box::leak(Box::new(count));
    let server = Scripted::start(|_: &Seen| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Answer::new(429, "").with("retry-after", "1"),
        _ => Answer::new(200, "at last"),
    })
    .await;
    let start = Instant::now();

    let answer = http(HttpOptions::default()).send(get(&server.host)).await;

    assert_eq!(answer.unwrap().body, b"at last");
    assert!(start.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn the_deadline_ends_a_try_under_way_and_a_stall_ends_it_earlier() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let soon = Duration::from_millis(300);
    for options in [
        HttpOptions {
            deadline: soon,
            ..HttpOptions::default()
        },
        HttpOptions {
            stall_timeout: soon,
            retries: 0,
            ..HttpOptions::default()
        },
    ] {
        let start = Instant::now();

        let answer = http(options).send(get(&host)).await;

        assert!(
            matches!(&answer, Err(HttpError::Unreachable { reason, .. }) if reason.starts_with("no answer in time")),
            "{answer:?}"
        );
        assert!(start.elapsed() < Duration::from_secs(5));
    }
}

#[tokio::test]
async fn tries_are_counted() {
    let server = Scripted::start(|_: &Seen| Answer::new(502, "")).await;
    let options = HttpOptions {
        retries: 2,
        longest_wait: Duration::from_millis(1),
        ..HttpOptions::default()
    };

    let answer = http(options).send(get(&server.host)).await;

    assert_eq!(answer.unwrap().status.as_u16(), 502);
    assert_eq!(server.asked().len(), 3);
}
