//! Repositories that do not answer, or do not stop answering: exit 3, bounded, and the cache keeps what it had.

use crate::stage::{Stage, image};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

fn unheard(stage: &Stage, url: &str, why: &str) {
    let before = stage.both();

    let run = stage.update_from(url);

    assert_eq!(run.code, Some(3), "{why}: {}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains(why), "{why}: {}", run.stderr);
    assert!(stage.both() == before, "{why}: the cache has changed");
    let verified = stage.run(&image(&["--trusted-root", "tuf:mine"]));
    assert_eq!(verified.code, Some(0), "{why}: {}", verified.stderr);
}

#[test]
fn an_unreachable_repository_leaves_the_cache_in_use() {
    let mut stage = Stage::updated();
    let url = stage.repository.url();
    stage.runtime.block_on(stage.repository.stop());

    unheard(&stage, &url, "cannot be reached");
}

#[test]
fn metadata_that_is_missing_or_too_large_is_not_taken() {
    for (name, bytes, why) in [
        ("timestamp.json", None, "timestamp.json not found"),
        ("2.root.json", Some(600_000), "larger than 512000 bytes"),
        ("timestamp.json", Some(20_000), "larger than 16384 bytes"),
    ] {
        let stage = Stage::updated();
        let mut files = stage.repository.files();
        match bytes {
            Some(length) => files.insert(name.into(), vec![b' '; length]),
            None => files.remove(name),
        };
        stage.repository.set_files(files);

        unheard(&stage, &stage.repository.url(), why);
    }
}

#[test]
fn an_endless_answer_is_cut_off_at_the_limit() {
    let stage = Stage::updated();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let sent = Arc::new(AtomicU64::new(0));
    let count = sent.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
            let chunk = [b"4000\r\n", &[b' '; 0x4000][..], b"\r\n"].concat();
            let mut sending = stream.write_all(head);
            while sending.is_ok() {
                sending = stream.write_all(&chunk);
                count.fetch_add(chunk.len() as u64, Ordering::SeqCst);
            }
        }
    });
    let start = Instant::now();

    unheard(&stage, &url, "larger than 512000 bytes");

    assert!(start.elapsed() < Duration::from_secs(20));
    // What is on its way in the sockets' buffers has been sent, not taken.
    assert!(sent.load(Ordering::SeqCst) < 32_000_000);
}

#[test]
fn more_new_roots_than_anyone_makes_are_not_followed_to_the_end() {
    let stage = Stage::updated();
    for _ in 0..32 {
        stage.repository.rotate(None).unwrap();
    }

    unheard(
        &stage,
        &stage.repository.url(),
        "exceeded 32 root rotations",
    );
}
