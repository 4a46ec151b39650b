//! The headers of plain files: names, owners, modes, times, numbers; padding and ends.

use super::{AT, Row, field, of_tape};
use crate::tape::{
    CHECKSUM, Entry, GID, GNAME, LINK, MAGIC, MAJOR, MODE, MTIME, NAME, PREFIX, REST, SIZE, Tape,
    UID, UNAME,
};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = names();
    rows.extend(fields());
    rows.extend(ends());
    rows
}

fn names() -> Vec<Row> {
    const NAMES: &[&str] = &["EV-archive-tar-name"];
    const PREFIXES: &[&str] = &["EV-archive-tar-prefix"];
    let name = |what, text: &'static str| field(what, NAMES, NAME, text);
    vec![
        name("an absolute name", "/etc/passwd"),
        name("a name that begins with ..", "../evidence.yaml"),
        name("a name with .. in the middle", "files/../../evidence.yaml"),
        name("a name that ends in ..", "files/.."),
        name("a name that begins with .", "./evidence.yaml"),
        name("a name with . in the middle", "files/./x"),
        name("a name with two slashes", "files//x"),
        name("a name that ends in a slash", "files/x/"),
        name("a name with backslashes", "files\\..\\x"),
        name("a name with a drive", "C:files/x"),
        name("a name of a stream beside a file", "files/x:hidden"),
        name("a name with a blank", "files/a b"),
        name("a name with a line feed", "files/a\nb"),
        name("a name that steers a terminal", "files/\u{1b}[2Jx"),
        name("a name with a composed letter", "files/\u{e9}"),
        name("a name with a decomposed letter", "files/e\u{301}"),
        name("a name with fullwidth dots", "files/\u{ff0e}\u{ff0e}/x"),
        name("a name that turns letters around", "files/\u{202e}fdp.exe"),
        name("a name with an invisible letter", "files/x\u{200b}"),
        name("no name", ""),
        field("a name that is no UTF-8", NAMES, NAME, b"files/\xff\xfe"),
        field("a name in Latin-1", NAMES, NAME, b"files/\xe9"),
        of_tape("a manifest with an absolute name", NAMES, |tape| {
            tape.entries[0].set(NAME, b"/manifest.json");
        }),
        of_tape("a manifest whose name begins with .", NAMES, |tape| {
            tape.entries[0].set(NAME, b"./manifest.json");
        }),
        field("a name split in prefix and rest", PREFIXES, PREFIX, "files"),
        field("a prefix that leads elsewhere", PREFIXES, PREFIX, "../.."),
        of_tape("the right name in two parts", PREFIXES, |tape| {
            let last = tape.entries.last_mut().unwrap();
            last.set(NAME, b"values.yaml");
            last.set(PREFIX, b"files/values/deploy");
        }),
    ]
}

fn fields() -> Vec<Row> {
    const MAGICS: &[&str] = &["EV-archive-tar-magic"];
    const SUMS: &[&str] = &["EV-archive-tar-checksum"];
    const OWNERS: &[&str] = &["EV-archive-tar-owner"];
    const MODES: &[&str] = &["EV-archive-tar-mode"];
    const TIMES: &[&str] = &["EV-archive-tar-time"];
    const NUMBERS: &[&str] = &["EV-archive-tar-number"];
    const STRAY: &[&str] = &["EV-archive-tar-header"];
    const BYTES: &[&str] = &["EV-archive-member-bytes"];
    let unmended = |name, at: usize, byte: u8| {
        of_tape(name, SUMS, move |tape| tape.entries[AT].head[at] ^= byte)
    };
    vec![
        field("no magic, as before POSIX", MAGICS, MAGIC, ""),
        field("another version of the magic", MAGICS, MAGIC, "ustar\x0001"),
        field("another magic", MAGICS, MAGIC, "USTAR\x0000"),
        unmended("a header that its checksum does not know", 0, 1),
        unmended("another checksum of a header", CHECKSUM.start + 5, 1),
        of_tape("no checksum in a header", SUMS, |tape| {
            tape.entries[AT].head[CHECKSUM].fill(0);
        }),
        field("an owner by number", OWNERS, UID, "0001750\0"),
        field("a group by number", OWNERS, GID, "0000144\0"),
        field("an owner by name", OWNERS, UNAME, "root"),
        field("a group by name", OWNERS, GNAME, "wheel"),
        field("a program's mode", MODES, MODE, "0000755\0"),
        field(
            "a mode that lends the owner's rights",
            MODES,
            MODE,
            "0004644\0",
        ),
        field("a mode that anybody may write", MODES, MODE, "0000666\0"),
        field("a mode that nobody may read", MODES, MODE, "0000000\0"),
        field(
            "a mode with the kind of file in it",
            MODES,
            MODE,
            "0100644\0",
        ),
        field(
            "another time than the first member's",
            TIMES,
            MTIME,
            "00000000001\0",
        ),
        field(
            "a size in base 256",
            NUMBERS,
            SIZE,
            b"\x80\0\0\0\0\0\0\0\0\0\0\x01",
        ),
        field("a negative size in base 256", NUMBERS, SIZE, [0xff; 12]),
        field("a size with blanks", NUMBERS, SIZE, "         12 \0"),
        field("a size with a sign", NUMBERS, SIZE, "-0000000012\0"),
        field(
            "a size in hexadecimal digits",
            NUMBERS,
            SIZE,
            "000000000af\0",
        ),
        field("a size of no digits", NUMBERS, SIZE, ""),
        field(
            "a time in base 256",
            NUMBERS,
            MTIME,
            b"\x80\0\0\0\0\0\0\0\0\0\0\x01",
        ),
        field("a time that is no number", NUMBERS, MTIME, "0000000000x\0"),
        field("a mode that is no number", NUMBERS, MODE, "000064x\0"),
        field(
            "an owner in base 256",
            NUMBERS,
            UID,
            b"\x80\0\0\0\0\0\x07\xd0",
        ),
        field(
            "a name after the name",
            STRAY,
            NAME,
            b"evidence.yaml\0evil.yaml",
        ),
        field(
            "the name of a link's target in a plain file",
            STRAY,
            LINK,
            "/etc/passwd",
        ),
        field("a device number in a plain file", STRAY, MAJOR, "0000001\0"),
        field(
            "star's mark in the last bytes",
            STRAY,
            REST,
            b"\0\0\0\0\0\0\0\0tar\0",
        ),
        field("one byte in the last ones", STRAY, REST, b"x"),
        of_tape("a member of 5 GiB", BYTES, |tape| {
            let size = format!("{:011o}\0", 5_u64 << 30);
            tape.entries[AT].set(SIZE, size.as_bytes());
        }),
    ]
}

fn ends() -> Vec<Row> {
    const PADDING: &[&str] = &["EV-archive-tar-padding"];
    const CUT: &[&str] = &["EV-archive-tar-cut"];
    const TRAILING: &[&str] = &["EV-archive-tar-trailing"];
    let tailed = |name, tail: Vec<u8>| {
        of_tape(name, TRAILING, move |tape| {
            tape.end.extend_from_slice(&tail)
        })
    };
    let hidden = |tape: &Tape| {
        let entry = Entry::plain("files/hidden", b"hidden", tape.mtime);
        [&entry.head[..], &entry.body, &entry.padding].concat()
    };
    vec![
        of_tape("a byte in the padding", PADDING, |tape| {
            *tape.entries[AT].padding.last_mut().unwrap() = 1;
        }),
        of_tape("a text in the padding", PADDING, |tape| {
            let padding = &mut tape.entries[AT].padding;
            padding[..6].copy_from_slice(b"hidden");
        }),
        of_tape("a byte in the padding of the manifest", PADDING, |tape| {
            tape.entries[0].padding[0] = 1;
        }),
        of_tape("an empty file", CUT, |tape| {
            tape.entries.clear();
            tape.end.clear();
        }),
        of_tape("no end of the archive", CUT, |tape| tape.end.clear()),
        of_tape("half an end of the archive", CUT, |tape| {
            tape.end.truncate(512)
        }),
        of_tape("an end that lacks a byte", CUT, |tape| {
            tape.end.truncate(1_023)
        }),
        of_tape("cut within a header", CUT, |tape| {
            tape.end = tape.entries.pop().unwrap().head[..100].to_vec();
        }),
        of_tape("cut within a body", CUT, |tape| {
            let last = tape.entries.last_mut().unwrap();
            last.body.pop();
            last.padding.clear();
            tape.end.clear();
        }),
        of_tape("cut within the padding", CUT, |tape| {
            tape.entries.last_mut().unwrap().padding.pop();
            tape.end.clear();
        }),
        tailed("a third block of zeros", vec![0; 512]),
        tailed("zeros up to GNU tar's record", vec![0; 10_240]),
        tailed("one zero after the end", vec![0]),
        tailed("a text after the end", b"hidden".to_vec()),
        of_tape("a member after the end", TRAILING, move |tape| {
            let more = hidden(tape);
            tape.end.extend_from_slice(&more);
            tape.end.extend_from_slice(&[0; 1_024]);
        }),
        of_tape(
            "a member after the first block of the end",
            TRAILING,
            move |tape| {
                let more = hidden(tape);
                tape.end.truncate(512);
                tape.end.extend_from_slice(&more);
                tape.end.extend_from_slice(&[0; 1_024]);
            },
        ),
        of_tape("a block of zeros between two members", TRAILING, |tape| {
            tape.entries[AT].padding.extend_from_slice(&[0; 512]);
        }),
    ]
}
