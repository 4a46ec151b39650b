//! Any bytes as an in-toto statement: the predicate is a part of it, a subject is found by its digest; and as a seal's.

#![no_main]

use evidence::sigstore::{Statement, seal_statement};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let read = Statement::parse(bytes);
    if let Ok(statement) = &read {
        assert!(!statement.subjects.is_empty());
        serde_json::from_str::<serde::de::IgnoredAny>(statement.predicate).unwrap();
        for (_, digest) in statement.digests() {
            assert_eq!(statement.subject(&digest).unwrap().sha256, Some(digest));
        }
    }
    if let Ok(seal) = seal_statement::parse(bytes)
        && let Ok(statement) = read
    {
        assert_eq!(statement.subjects[0].sha256, Some(seal.bundle));
        assert!(seal.images.len() < statement.subjects.len());
    }
});
