//! Tar headers of other kinds than a plain file's: links, devices, folders, sparse files, PAX and GNU extensions.

use super::{Row, field, more, of_tape};
use crate::tape::{Entry, LINK, MAGIC, MAJOR, NAME, TYPE, pax};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = types();
    rows.extend(extensions());
    rows
}

fn types() -> Vec<Row> {
    const LINKS: &[&str] = &["EV-archive-tar-link"];
    const DEVICES: &[&str] = &["EV-archive-tar-device"];
    const FOLDERS: &[&str] = &["EV-archive-tar-folder"];
    const TYPES: &[&str] = &["EV-archive-tar-type"];
    const SPARSE: &[&str] = &["EV-archive-tar-sparse"];
    let mut rows = vec![
        more("a symbolic link that leads out", LINKS, |mtime| {
            link(b'2', "files/history", "/etc", mtime)
        }),
        more("a symbolic link to a member", LINKS, |mtime| {
            link(b'2', "files/x", "evidence.yaml", mtime)
        }),
        more("a hard link to a member", LINKS, |mtime| {
            link(b'1', "files/x", "manifest.json", mtime)
        }),
        more("a hard link to a file of the machine", LINKS, |mtime| {
            link(b'1', "files/x", "/etc/passwd", mtime)
        }),
        field("a member that is called a hard link", LINKS, TYPE, "1"),
        more("a character device", DEVICES, |mtime| device(b'3', mtime)),
        more("a block device", DEVICES, |mtime| device(b'4', mtime)),
        more("a pipe", DEVICES, |mtime| {
            Entry::typed(b'6', "files/x", b"", mtime)
        }),
        more("a folder", FOLDERS, |mtime| {
            Entry::typed(b'5', "files", b"", mtime)
        }),
        more("a folder with a slash", FOLDERS, |mtime| {
            let mut entry = Entry::typed(b'5', "files", b"", mtime);
            entry.set(NAME, b"files/");
            entry
        }),
        field("a member that is called a folder", FOLDERS, TYPE, "5"),
        more("an old sparse file of GNU", SPARSE, |mtime| {
            Entry::typed(b'S', "files/x", b"", mtime)
        }),
    ];
    for (name, kind) in [
        ("a contiguous file", b'7'),
        ("a file by the type of old archives", 0),
        ("a type that none has, 8", b'8'),
        ("a type that none has, 9", b'9'),
        ("Solaris' extended header", b'X'),
        ("an access control list of Solaris", b'A'),
        ("an extended attribute of Solaris", b'E'),
        ("an inode of star", b'I'),
        ("a type in lower case", b'l'),
        ("a type that is no letter", 0xff),
    ] {
        rows.push(field(name, TYPES, TYPE, [kind]));
    }
    rows
}

fn link(kind: u8, name: &str, to: &str, mtime: u64) -> Entry {
    let mut entry = Entry::typed(kind, name, b"", mtime);
    entry.set(LINK, to.as_bytes());
    entry
}

fn device(kind: u8, mtime: u64) -> Entry {
    let mut entry = Entry::typed(kind, "files/x", b"", mtime);
    entry.set(MAJOR, b"0000001\0");
    entry
}

fn extensions() -> Vec<Row> {
    const PAX: &[&str] = &["EV-archive-tar-pax"];
    const GNU: &[&str] = &["EV-archive-tar-gnu"];
    let of = |what, fails, kind, records: Vec<Vec<u8>>| {
        more(what, fails, move |mtime| {
            Entry::typed(kind, "PaxHeaders/x", &records.concat(), mtime)
        })
    };
    let local = |what, records| of(what, PAX, b'x', records);
    let global = |what, records| of(what, PAX, b'g', records);
    let gnu = |what, kind, body: &'static [u8]| {
        more(what, GNU, move |mtime| {
            Entry::typed(kind, "long", body, mtime)
        })
    };
    vec![
        local(
            "a PAX name that is another",
            vec![pax("path", "evidence.yaml")],
        ),
        local(
            "a PAX name that leads elsewhere",
            vec![pax("path", "../../etc/passwd")],
        ),
        local("a PAX name with a NUL", vec![pax("path", "files/x\0y")]),
        local("a PAX size that is another", vec![pax("size", "1")]),
        local("a PAX size of nothing", vec![pax("size", "0")]),
        local("a PAX size that is negative", vec![pax("size", "-1")]),
        local("a PAX link", vec![pax("linkpath", "/etc/passwd")]),
        local("a PAX owner", vec![pax("uid", "0"), pax("uname", "root")]),
        local("a PAX time with fractions", vec![pax("mtime", "1.5")]),
        local("a PAX character set", vec![pax("hdrcharset", "BINARY")]),
        local("a PAX attribute", vec![pax("SCHILY.xattr.user.x", "y")]),
        local(
            "a PAX record that says a wrong length",
            vec![b"99 path=x\n".to_vec()],
        ),
        local("a PAX record of no length", vec![b"path=x\n".to_vec()]),
        local("a PAX header without records", vec![]),
        local("a PAX name twice", vec![pax("path", "a"), pax("path", "b")]),
        global(
            "a global PAX comment, as git archive writes it",
            vec![pax("comment", "x")],
        ),
        global("a global PAX name", vec![pax("path", "files/all-the-same")]),
        global("a global PAX size", vec![pax("size", "0")]),
        of(
            "a sparse file by PAX, version 1.0",
            PAX,
            b'x',
            vec![
                pax("GNU.sparse.major", "1"),
                pax("GNU.sparse.minor", "0"),
                pax("GNU.sparse.name", "files/x"),
                pax("GNU.sparse.realsize", "9999999999"),
            ],
        ),
        of(
            "a sparse file by PAX, version 0.1",
            PAX,
            b'x',
            vec![pax("GNU.sparse.map", "0,1"), pax("GNU.sparse.size", "9")],
        ),
        of_tape("a PAX name before the manifest", PAX, |tape| {
            let records = pax("path", "evidence.yaml");
            let entry = Entry::typed(b'x', "PaxHeaders/x", &records, tape.mtime);
            tape.entries.insert(0, entry);
        }),
        gnu("a long name of GNU", b'L', b"files/another\0"),
        gnu("a long link of GNU", b'K', b"/etc/passwd\0"),
        gnu("a volume's continuation of GNU", b'M', b""),
        gnu("a volume label of GNU", b'V', b""),
        gnu("old long names of GNU", b'N', b"Rename x to y\n"),
        gnu("a list of a folder's files of GNU", b'D', b"Yx\0\0"),
        field("GNU's magic", GNU, MAGIC, "ustar  \0"),
        more("a long name as GNU tar writes it", GNU, |mtime| {
            let mut entry = Entry::typed(b'L', "x", b"files/another\0", mtime);
            entry.set(NAME, b"././@LongLink");
            entry.set(MAGIC, b"ustar  \0");
            entry
        }),
    ]
}
