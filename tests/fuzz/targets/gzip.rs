//! Any bytes as a gzip stream: what is taken, however it is cut into reads, is what another reader unpacks.
//!
//! With an odd first byte the target puts right the checksum of the last member, so that what lies behind it is reached.

#![no_main]

use evidence::bundle::gunzip::{Gunzip, GunzipError};
use flate2::read::MultiGzDecoder;
use libfuzzer_sys::fuzz_target;
use std::io::{self, Read};

fuzz_target!(|bytes: &[u8]| {
    let [choice, rest @ ..] = bytes else { return };
    let mut stream = rest.to_vec();
    if choice & 1 == 1 {
        set_right(&mut stream);
    }
    let whole = unpack(&*stream);
    let byte_by_byte = unpack(Single(&stream));
    match (&whole, &byte_by_byte) {
        (Ok(one), Ok(other)) => assert_eq!(one, other),
        (Err(_), Err(_)) => {}
        _ => panic!("{whole:?} at once, {byte_by_byte:?} byte by byte"),
    }
    // To the other reader no member at all is no stream; to `Archive` it is one that ends too early.
    if let Ok(plain) = whole
        && !stream.is_empty()
    {
        let mut others = Vec::new();
        MultiGzDecoder::new(&*stream)
            .read_to_end(&mut others)
            .unwrap();
        assert_eq!(plain, others);
    }
});

fn unpack(stream: impl Read) -> Result<Vec<u8>, GunzipError> {
    let mut gunzip = Gunzip::new(stream);
    let mut plain = Vec::new();
    let mut piece = [0; 700];
    loop {
        match gunzip.fill(&mut piece)? {
            0 => return Ok(plain),
            filled => plain.extend_from_slice(&piece[..filled]),
        }
        // Everything up to the limit of the ratio is unpacked elsewhere; here it only takes time.
        if plain.len() > 1 << 20 {
            return Ok(plain);
        }
    }
}

/// Writes the checksum and size of what the first member holds behind its data.
fn set_right(stream: &mut Vec<u8>) {
    let Some(deflated) = stream.get(10..) else {
        return;
    };
    let mut inflate = flate2::Decompress::new(false);
    let mut plain = vec![0; 1 << 16];
    let status = inflate.decompress(deflated, &mut plain, flate2::FlushDecompress::None);
    if !matches!(status, Ok(flate2::Status::StreamEnd)) {
        return;
    }
    let mut crc = flate2::Crc::new();
    crc.update(&plain[..inflate.total_out() as usize]);
    let at = 10 + inflate.total_in() as usize;
    if stream.len() < at + 8 {
        stream.resize(at + 8, 0);
    }
    stream[at..at + 4].copy_from_slice(&crc.sum().to_le_bytes());
    stream[at + 4..at + 8].copy_from_slice(&crc.amount().to_le_bytes());
}

struct Single<'a>(&'a [u8]);

impl Read for Single<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = into.len().min(1);
        self.0.read(&mut into[..most])
    }
}
