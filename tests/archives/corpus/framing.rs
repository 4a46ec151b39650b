//! The gzip framing: headers, data, checksums, sizes, ends, and what unpacks to more than anybody wants.

use super::{Row, of_file, of_members};
use crate::gz::{self, Member, NOTHING};
use crate::sample::good;
use crate::tape::{Entry, Tape};
use evidence::bundle::header::header;

/// One deflate block of a kind that there is none of.
const RESERVED_BLOCK: [u8; 1] = [0b111];
/// One deflate block whose first code repeats the three bytes before it, of which there are none.
const FROM_BEFORE: [u8; 3] = [3, 2, 0];

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = headers();
    rows.extend(extra_fields());
    rows.extend(data());
    rows.extend(ends());
    rows.extend(bombs());
    rows
}

fn headers() -> Vec<Row> {
    const FAILS: &[&str] = &["EV-archive-gzip-header"];
    let mut rows = vec![
        of_file("no gzip at all, but the plain tar", FAILS, <[u8]>::to_vec),
        of_file("a zip archive's magic", FAILS, |_| {
            b"PK\x03\x04".repeat(100)
        }),
        of_file("zstd's magic", FAILS, |_| b"\x28\xb5\x2f\xfd".repeat(100)),
        of_file("xz's magic", FAILS, |_| b"\xfd7zXZ\0".repeat(100)),
        of_file("compress's magic", FAILS, |_| b"\x1f\x9d\x90\0".repeat(100)),
        of_file("a zlib stream", FAILS, |tar| {
            [&[0x78, 0x9c][..], &gz::deflate(tar, 6)].concat()
        }),
        of_file("a raw deflate stream", FAILS, |tar| gz::deflate(tar, 6)),
        of_members("zeros before the first gzip member", FAILS, |members| {
            members[0].fixed = [0; 10];
        }),
    ];
    for (name, at, byte) in [
        ("another first byte of the gzip magic", 0, 0x1e),
        ("another second byte of the gzip magic", 1, 0x8c),
        ("gzip method 0", 2, 0),
        ("gzip method 7", 2, 7),
        ("gzip method 9", 2, 9),
    ] {
        let change =
            move |members: &mut Vec<Member>| members[0] = members[0].clone().fixed(at, byte);
        rows.push(of_members(name, FAILS, change));
    }
    for (name, flag, bytes) in [
        ("a gzip member that says it is text", 1, &b""[..]),
        ("a gzip member with a file name", 8, b"evil.tar\0"),
        (
            "a gzip member whose file name leads elsewhere",
            8,
            b"../../etc/passwd\0",
        ),
        ("a gzip member with a comment", 16, b"a second reading\0"),
        ("a gzip member with a name and a comment", 24, b"x\0y\0"),
        ("a gzip member with the first reserved flag", 32, b""),
        ("a gzip member with the second reserved flag", 64, b""),
        ("a gzip member with the third reserved flag", 128, b""),
    ] {
        rows.push(of_file(name, FAILS, move |tar| {
            Member::of(tar).flag(flag, bytes).bytes()
        }));
    }
    rows.push(of_file(
        "a gzip member with a checksum of its header",
        FAILS,
        |tar| {
            let member = Member::of(tar).fixed(3, 2);
            let mut crc = flate2::Crc::new();
            crc.update(&member.fixed);
            let sum = (crc.sum() as u16).to_le_bytes();
            member.flag(2, &sum).bytes()
        },
    ));
    rows.push(of_members(
        "a later gzip member with a file name",
        FAILS,
        |members| {
            members[2] = Member::of(&good().tar()[2 * (64 << 10)..3 * (64 << 10)]).flag(8, b"x\0");
        },
    ));
    rows
}

fn extra_fields() -> Vec<Row> {
    const FAILS: &[&str] = &["EV-archive-gzip-extra"];
    const LIES: &[&str] = &["EV-archive-gzip-member-size"];
    let with = |name, extra: Vec<u8>| {
        of_file(name, FAILS, move |tar| {
            Member::of(tar).extra(&extra).bytes()
        })
    };
    let lies = |name, off| of_file(name, LIES, move |tar| Member::of(tar).sized(off).bytes());
    vec![
        with("an empty extra field", vec![]),
        with("an extra field of another", b"AB\x02\0xy".to_vec()),
        with("bgzip's extra field", b"BC\x02\0\xff\xff".to_vec()),
        with("a size of three bytes", b"IG\x03\0xyz".to_vec()),
        with(
            "a size that is longer than its field",
            b"IG\x08\0xyzx".to_vec(),
        ),
        with(
            "a size and another field",
            b"IG\x04\0\0\0\0\0AB\0\0".to_vec(),
        ),
        with("two sizes", b"IG\x04\0\0\0\0\0IG\x04\0\0\0\0\0".to_vec()),
        with("an extra field of 64 KiB", vec![b'x'; 65_535]),
        lies("a stated member size that is one too small", -1),
        lies("a stated member size that is one too large", 1),
        of_file("a stated member size of nothing", LIES, |tar| {
            Member::of(tar).extra(b"IG\x04\0\0\0\0\0").bytes()
        }),
        of_file("a stated member size of 4 GiB", LIES, |tar| {
            Member::of(tar).extra(b"IG\x04\0\xff\xff\xff\xff").bytes()
        }),
        of_members(
            "a stated size that skips the next member",
            LIES,
            |members| {
                let next = members[2].bytes().len() as i64;
                members[1] = Member::of(&good().tar()[64 << 10..2 * (64 << 10)]).sized(next);
            },
        ),
        of_members(
            "a later member that states one byte too much",
            LIES,
            |members| {
                members[1] = Member::of(&good().tar()[64 << 10..2 * (64 << 10)]).sized(1);
            },
        ),
    ]
}

fn data() -> Vec<Row> {
    const BROKEN: &[&str] = &["EV-archive-gzip-data"];
    const SUM: &[&str] = &["EV-archive-gzip-checksum"];
    const SIZE: &[&str] = &["EV-archive-gzip-size"];
    let broken = |name, data: &'static [u8]| {
        of_file(name, BROKEN, move |tar| {
            Member::raw(tar, data.to_vec()).bytes()
        })
    };
    vec![
        broken("a deflate block of the reserved kind", &RESERVED_BLOCK),
        broken(
            "a stored block whose length is not its complement",
            &[1, 5, 0, 5, 0, 1, 2, 3, 4, 5],
        ),
        broken("a repetition of what was never there", &FROM_BEFORE),
        broken(
            "codes of which there are too many",
            &[5, 0xe0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255],
        ),
        of_members("a repetition of the member before", BROKEN, |members| {
            members.insert(1, Member::raw(b"\0\0\0", FROM_BEFORE.to_vec()).sized(0));
        }),
        of_members("another checksum", SUM, |members| members[0].crc ^= 1),
        of_members("no checksum", SUM, |members| members[0].crc = 0),
        of_members("another checksum of the last member", SUM, |members| {
            members.last_mut().unwrap().crc ^= 1 << 31;
        }),
        of_file("a byte between the data and their checksum", SUM, |tar| {
            let mut member = Member::of(tar);
            member.deflated.push(0);
            member.bytes()
        }),
        of_members("checksum and size in each other's place", SUM, |members| {
            let first = &mut members[0];
            std::mem::swap(&mut first.crc, &mut first.size);
        }),
        of_members("another size", SIZE, |members| members[0].size += 1),
        of_members("a size of nothing", SIZE, |members| members[1].size = 0),
        of_members("another size of the last member", SIZE, |members| {
            members.last_mut().unwrap().size -= 1;
        }),
    ]
}

fn ends() -> Vec<Row> {
    const CUT: &[&str] = &["EV-archive-gzip-cut"];
    const TRAILING: &[&str] = &["EV-archive-gzip-trailing"];
    const TAR_TRAILING: &[&str] = &["EV-archive-tar-trailing"];
    const EMPTY: &[&str] = &["EV-archive-gzip-empty"];
    let cut = |name, keep: fn(&[u8]) -> usize| {
        of_file(name, CUT, move |tar| {
            let mut file = gz::file(&gz::members(tar, 64 << 10));
            file.truncate(keep(&file));
            file
        })
    };
    let tailed = |name, fails, tail: Vec<u8>| {
        of_file(name, fails, move |tar| {
            [gz::file(&gz::members(tar, 64 << 10)), tail.clone()].concat()
        })
    };
    let empties = |count: usize| vec![Member::raw(b"", NOTHING.to_vec()); count];
    vec![
        cut("cut within the magic", |_| 1),
        cut("cut within the fixed header", |_| 9),
        cut("cut within the length of the extra field", |_| 11),
        cut("cut within the extra field", |_| 17),
        cut("cut before the data", |_| 20),
        cut("cut within the data", |file| file.len() / 2),
        cut("cut within the last checksum", |file| file.len() - 6),
        cut("cut by the last byte", |file| file.len() - 1),
        of_file("data without a last block", CUT, |tar| {
            let mut member = Member::raw(tar, gz::stored(tar, 1_000, 0));
            // The last block says that it is not the last.
            let at = member.deflated.len() - 5;
            member.deflated[at] = 0;
            let mut bytes = member.bytes();
            bytes.truncate(bytes.len() - 8);
            bytes
        }),
        of_file("the header of one more member and no more", CUT, |tar| {
            let file = gz::file(&gz::members(tar, 64 << 10));
            [&file[..], &file[..20]].concat()
        }),
        tailed("a word after the last member", TRAILING, b"tail".to_vec()),
        tailed("one zero after the last member", TRAILING, vec![0]),
        tailed("zeros after the last member", TRAILING, vec![0; 10_240]),
        tailed(
            "a shell script after the last member",
            TRAILING,
            b"\n#!/bin/sh\nrm -rf /\n".to_vec(),
        ),
        tailed(
            "a zip archive after the last member",
            TRAILING,
            b"PK\x05\x06".repeat(6),
        ),
        tailed("a plain tar after the last member", TRAILING, good().tar()),
        tailed(
            "a second bundle after the first",
            TAR_TRAILING,
            good().pack(),
        ),
        tailed(
            "a second tar in a second gzip stream",
            TAR_TRAILING,
            second_tar(),
        ),
        tailed(
            "a word in one more gzip member",
            TAR_TRAILING,
            Member::of(b"more").bytes(),
        ),
        of_file("a gzip member of nothing", &["EV-archive-tar-cut"], |_| {
            Member::of(b"").bytes()
        }),
        of_file(
            "a bundle in gzip twice",
            &["EV-archive-tar-checksum"],
            |tar| Member::of(&Member::of(tar).bytes()).bytes(),
        ),
        of_file("nothing but zeros", TAR_TRAILING, |_| {
            Member::of(&vec![0; 80 << 20]).bytes()
        }),
        tailed(
            "zeros in one more gzip member",
            TAR_TRAILING,
            Member::of(&[0; 10_240]).bytes(),
        ),
        of_members(
            "100,000 empty members before the first",
            EMPTY,
            move |members| {
                members.splice(0..0, empties(100_000));
            },
        ),
        of_members("100,000 empty members in between", EMPTY, move |members| {
            members.splice(1..1, empties(100_000));
        }),
        of_members(
            "100,000 empty members after the last",
            EMPTY,
            move |members| {
                members.extend(empties(100_000));
            },
        ),
    ]
}

/// An archive of its own whose only member has the name of one of ours.
fn second_tar() -> Vec<u8> {
    let mut tape = Tape::of(good());
    let body = b"version: 1\n# another configuration\n";
    tape.entries = vec![Entry::plain("evidence.yaml", body, tape.mtime)];
    Member::of(&tape.bytes()).bytes()
}

fn bombs() -> Vec<Row> {
    // The size in its header is not the listed one, either: that is seen before a byte of it is taken.
    const RATIO: &[&str] = &["EV-archive-ratio", "EV-member-digest-size"];
    vec![
        of_file(
            "zeros that unpack to a thousand times as much",
            RATIO,
            |tar| {
                let mib = Member::of(&vec![0; 1 << 20]).sized(0).bytes();
                [head_of_a_giant(tar), mib.repeat(80)].concat()
            },
        ),
        of_file("the same in one gzip member", RATIO, |tar| {
            let head = head_of_a_giant(tar);
            [head, Member::of(&vec![0; 80 << 20]).bytes()].concat()
        }),
    ]
}

/// Everything before the last member, and the header of one of 400 MiB in its place.
fn head_of_a_giant(tar: &[u8]) -> Vec<u8> {
    let mut tape = Tape::of(good());
    tape.entries.pop();
    tape.end = header(&good().members.last().unwrap().0, 400 << 20, tape.mtime)
        .unwrap()
        .to_vec();
    let plain = tape.bytes();
    assert!(plain.len() < tar.len());
    gz::file(&gz::members(&plain, 64 << 10))
}
