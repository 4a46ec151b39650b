//! What is written is read, and whatever is not as `pack` writes it is refused.

use super::*;
use crate::bundle::gzip::GzipWriter;
use crate::bundle::header::header;
use proptest::prelude::*;
use std::io::Write;

fn gz(plain: &[u8]) -> Vec<u8> {
    let mut writer = GzipWriter::new(Vec::new());
    writer.write_all(plain).unwrap();
    writer.finish().unwrap()
}

/// As any gzip writes it: one member, no extra field.
fn stock_gzip(plain: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(plain).unwrap();
    writer.finish().unwrap()
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, body) in members {
        out.extend_from_slice(&header(name, body.len() as u64, 7).unwrap());
        out.extend_from_slice(body);
        out.resize(out.len() + padding(body.len() as u64), 0);
    }
    out.resize(out.len() + 2 * BLOCK, 0);
    out
}

type Members = Vec<(String, Vec<u8>)>;

/// Reads all members, and what only the end tells.
struct Everything;

impl Reading for Everything {
    type Output = (Result<Members, ArchiveError>, Option<Digest>, Totals);

    fn read<P: Plain>(self, mut archive: Archive<P>) -> Self::Output {
        let members = all(&mut archive);
        let tar = archive.tar();
        (members, tar, archive.finish().unwrap())
    }
}

fn all<P: Plain>(archive: &mut Archive<P>) -> Result<Members, ArchiveError> {
    let mut members = Vec::new();
    while let Some(head) = archive.next_member()? {
        let mut body = Vec::new();
        archive.read_body(&mut |piece| body.extend_from_slice(piece))?;
        members.push((head.path.to_string(), body));
    }
    Ok(members)
}

fn read(file: &[u8]) -> Result<Members, ArchiveError> {
    all(&mut Archive::new(file))
}

/// What one reader finds, as text that can be compared.
fn found(file: &[u8], threads: usize) -> String {
    let threads = NonZeroUsize::new(threads).unwrap();
    let (members, tar, totals) = read_with(file, Bounds::DEFAULT, threads, Everything);
    let members = match members {
        Ok(members) => format!(
            "{} members, {}",
            members.len(),
            Digest::of(format!("{members:?}").as_bytes())
        ),
        Err(error) => format!("{}: {error}", error.code()),
    };
    format!("{members}, tar {tar:?}, {totals:?}")
}

fn body(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at * at / 7 * 31 % 251) as u8).collect()
}

proptest! {
    #[test]
    fn what_was_written_is_read(sizes in prop::collection::vec(0usize..3_000_000, 0..6)) {
        let bodies: Vec<Vec<u8>> =
            sizes.iter().map(|size| (0..*size).map(|at| (at * 31 % 251) as u8).collect()).collect();
        let names: Vec<String> = (0..sizes.len()).map(|number| format!("files/a/{number}")).collect();
        let members: Vec<_> = names.iter().zip(&bodies).map(|(n, b)| (n.as_str(), b.as_slice())).collect();

        let file = gz(&tar(&members));
        let found = read(&file).unwrap();

        prop_assert_eq!(found.len(), members.len());
        for ((name, body), (found_name, found_body)) in members.iter().zip(&found) {
            prop_assert_eq!(*name, found_name.as_str());
            prop_assert!(*body == found_body.as_slice());
        }
        prop_assert_eq!(Archive::new(file.as_slice()).finish().unwrap().digest, Digest::of(&file));
    }

    #[test]
    fn however_many_threads_read_they_find_the_same(
        sizes in prop::collection::vec(0usize..1_500_000, 0..5),
        foreign in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        let bodies: Vec<Vec<u8>> = sizes.iter().map(|size| body(*size)).collect();
        let names: Vec<String> = (0..sizes.len()).map(|number| format!("files/a/{number}")).collect();
        let members: Vec<_> = names.iter().zip(&bodies).map(|(n, b)| (n.as_str(), b.as_slice())).collect();
        let plain = tar(&members);
        let mut file = if foreign { stock_gzip(&plain) } else { gz(&plain) };
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }

        let alone = found(&file, 1);

        for threads in [2, 5] {
            prop_assert_eq!(&alone, &found(&file, threads));
        }
    }

    #[test]
    fn any_bytes_give_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let _ = read(&bytes);
        let _ = read(&gz(&bytes));
    }
}

#[test]
fn a_flipped_bit_anywhere_in_the_file_is_seen() {
    let file = gz(&tar(&[(
        "files/a/x",
        b"some bytes that compress, some bytes that compress",
    )]));
    // The time, the extra flags and the system of a gzip header say nothing and are free.
    for at in (0..file.len()).filter(|at| !(4..10).contains(at)) {
        let mut bad = file.clone();
        bad[at] ^= 1;
        let same = read(&bad).is_ok_and(|found| found == read(&file).unwrap());
        assert!(!same, "byte {at}");
    }
}

#[test]
fn links_devices_owners_and_foreign_extensions_are_refused() {
    let good = tar(&[("files/a/x", b"body")]);
    for (at, byte) in [
        (156, b'2'),
        (156, b'5'),
        (156, b'x'),
        (156, b'L'),
        (157, b'y'),
        (265, b'r'),
        (345, b'p'),
    ] {
        let mut bad = good.clone();
        bad[at] = byte;
        let mut fixed = tar::Header::from_byte_slice(&bad[..BLOCK]).clone();
        fixed.set_cksum();
        bad[..BLOCK].copy_from_slice(fixed.as_bytes());
        assert!(
            matches!(read(&gz(&bad)), Err(ArchiveError::Header { .. })),
            "{at} {byte}"
        );
    }
}

#[test]
fn data_after_the_end_or_a_missing_end_is_refused() {
    let good = tar(&[("files/a/x", b"body")]);
    let mut longer = good.clone();
    longer.push(0);
    assert!(matches!(read(&gz(&longer)), Err(ArchiveError::Trailing)));
    assert!(matches!(
        read(&gz(&good[..good.len() - 1])),
        Err(ArchiveError::CutOff { .. })
    ));
    let mut tailed = gz(&good);
    tailed.extend_from_slice(b"tail");
    assert!(matches!(
        read(&tailed),
        Err(ArchiveError::Gunzip(GunzipError::Trailing))
    ));
}

#[test]
fn a_bomb_is_refused_long_before_it_has_unpacked() {
    let mut writer = GzipWriter::new(Vec::new());
    writer
        .write_all(&header("files/a/x", 3 << 30, 7).unwrap())
        .unwrap();
    for _ in 0..200 {
        writer.write_all(&vec![0; 1 << 20]).unwrap();
    }
    let bomb = writer.finish().unwrap();

    let refused = read(&bomb);

    assert!(matches!(
        refused,
        Err(ArchiveError::Gunzip(GunzipError::Ratio { .. }))
    ));
}
