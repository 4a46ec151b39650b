//! What manifest and archive say of each other: members too many, too few, twice, elsewhere, with other bytes.

use super::{Hostile, Row, of_sample};
use crate::gz::{self, Member};
use crate::sample::{Sample, good};
use crate::tape::{Entry, Tape};

const STDOUT: &str = "files/history/stdout";

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = members();
    rows.extend(lists());
    rows.extend(bodies());
    rows
}

fn members() -> Vec<Row> {
    const UNLISTED: &[&str] = &["EV-closed-world-unlisted"];
    const DOUBLED: &[&str] = &["EV-closed-world-doubled"];
    const MISSING: &[&str] = &["EV-closed-world-missing"];
    const ORDER: &[&str] = &["EV-member-order"];
    let unlisted = |name, path: &'static str| {
        of_sample(name, UNLISTED, move |mut sample| {
            sample.members.push((path.into(), b"more".to_vec()));
            sample
        })
    };
    vec![
        unlisted("a member that nobody lists", "files/zz"),
        unlisted("a hidden member", ".htaccess"),
        unlisted("a member for the reader's shell", ".bashrc"),
        unlisted("a listed name in capitals", "EVIDENCE.yaml"),
        unlisted("a second manifest by another case", "MANIFEST.JSON"),
        unlisted("a report", "report.html"),
        of_sample(
            "an unlisted member in the second place",
            UNLISTED,
            |mut sample| {
                sample
                    .members
                    .insert(1, ("evidence.yml".into(), b"x".to_vec()));
                sample
            },
        ),
        of_sample("a second manifest", UNLISTED, |mut sample| {
            sample.members.push(sample.members[0].clone());
            sample
        }),
        of_sample("a member twice", DOUBLED, |mut sample| {
            sample.members.insert(2, sample.members[1].clone());
            sample
        }),
        of_sample(
            "a member twice, with other bytes at the end",
            DOUBLED,
            |mut sample| {
                sample
                    .members
                    .push(("evidence.yaml".into(), b"version: 1\n".to_vec()));
                sample
            },
        ),
        of_sample("a member less", MISSING, |mut sample| {
            sample.members.remove(sample.position(STDOUT));
            sample
        }),
        of_sample("nothing but the manifest", MISSING, |mut sample| {
            sample.members.truncate(1);
            sample
        }),
        of_sample("a member in the next one's place", ORDER, |mut sample| {
            let last = sample.members.len() - 1;
            sample.members.swap(last, last - 1);
            sample
        }),
        of_sample("members backwards", ORDER, |mut sample| {
            sample.members[1..].reverse();
            sample
        }),
        of_sample(
            "members in an order that the manifest has, and no bundle",
            ORDER,
            |sample| {
                let mut sample = sample.edit_manifest(|manifest| {
                    let files = manifest["files"].as_array_mut().unwrap();
                    files.swap(56, 55);
                });
                sample.members.swap(57, 56);
                sample
            },
        ),
        Row {
            name: "200,001 members",
            fails: &["EV-archive-members", "EV-closed-world-unlisted"],
            make: Box::new(|| Hostile {
                file: many_members(200_001),
                sealed: good().clone(),
            }),
        },
    ]
}

/// The good members, then empty ones.
fn many_members(count: usize) -> Vec<u8> {
    let mut tape = Tape::of(good());
    let ours = tape.entries.len();
    let more = (ours..count).map(|at| Entry::plain(&format!("files/z/{at:06}"), b"", tape.mtime));
    let more: Vec<Entry> = more.collect();
    tape.entries.extend(more);
    gz::file(&gz::members(&tape.bytes(), 1 << 20))
}

fn lists() -> Vec<Row> {
    const DOUBLED: &[&str] = &["EV-closed-world-doubled"];
    const NEEDED: &[&str] = &["EV-closed-world-needed"];
    const UNUSED: &[&str] = &["EV-closed-world-unused"];
    const CASE: &[&str] = &["EV-closed-world-case"];
    const FOLDER: &[&str] = &["EV-closed-world-folder"];
    let with = |name, fails, path: &'static str| {
        of_sample(name, fails, move |sample| {
            sample.with(path, b"x\n", "history").restate()
        })
    };
    vec![
        of_sample("a file that is listed twice", DOUBLED, |sample| {
            sample.edit_manifest(|manifest| {
                let files = manifest["files"].as_array_mut().unwrap();
                files.insert(4, files[3].clone());
            })
        }),
        of_sample("an item with a file that is not listed", NEEDED, |sample| {
            sample.edit_manifest(|manifest| {
                let items = manifest["items"].as_array_mut().unwrap();
                let files = items[13]["files"].as_array_mut().unwrap();
                files.push("files/history/zz".into());
            })
        }),
        of_sample("a member that no item has", UNUSED, |sample| {
            sample.with("files/zz", b"x\n", "")
        }),
        with("names that differ by case", CASE, "files/history/STDOUT"),
        with(
            "names whose folders differ by case",
            CASE,
            "files/History/stdout",
        ),
        with(
            "a name that is a folder of another",
            FOLDER,
            "files/history/stdout/x",
        ),
    ]
}

fn bodies() -> Vec<Row> {
    const DIGEST: &[&str] = &["EV-member-digest"];
    const SIZE: &[&str] = &["EV-member-digest-size"];
    const HELD: &[&str] = &["EV-archive-size"];
    let changed = |name, fails, change: fn(&mut Vec<u8>)| {
        of_sample(name, fails, move |sample| sample.edit(STDOUT, change))
    };
    vec![
        changed("another bit in a member", DIGEST, |body| body[0] ^= 1),
        changed("other bytes of the same length", DIGEST, |body| {
            body.fill(b'x')
        }),
        changed("a byte more in a member", SIZE, |body| body.push(b'x')),
        changed("a byte less in a member", SIZE, |body| body.truncate(71)),
        changed("a member without bytes", SIZE, Vec::clear),
        of_sample("a listed size that is another", SIZE, |sample| {
            sample.edit_manifest(|manifest| {
                let size = manifest["files"][0]["size"].as_u64().unwrap();
                manifest["files"][0]["size"] = (size + 1).into();
            })
        }),
        of_sample("a listed size of 4 PiB", SIZE, |sample| {
            sample.edit_manifest(|manifest| manifest["files"][0]["size"] = (1_u64 << 52).into())
        }),
        of_sample("a listed digest that is another", DIGEST, |sample| {
            sample.edit_manifest(|manifest| {
                let digest = evidence::model::Digest::of(b"another");
                manifest["files"][0]["sha256"] = digest.to_string().into();
            })
        }),
        of_sample("two members in each other's place", DIGEST, |mut sample| {
            // Of the same length, so that nothing but their digests tells.
            let (left, right) = of_one_length(&sample);
            let body = std::mem::take(&mut sample.members[left].1);
            sample.members[left].1 = std::mem::replace(&mut sample.members[right].1, body);
            sample
        }),
        of_sample(
            "a configuration that is larger than any may be",
            HELD,
            |sample| {
                let sample = sample.edit("evidence.yaml", |body| {
                    body.extend(std::iter::repeat_n(b'#', 1 << 20));
                });
                sample.relist()
            },
        ),
        Row {
            name: "a member whose bytes end before its header says",
            fails: &["EV-archive-tar-padding"],
            make: Box::new(|| {
                let mut tape = Tape::of(good());
                tape.entries[5].body.clear();
                tape.entries[5].padding.clear();
                Hostile {
                    file: Member::of(&tape.bytes()).bytes(),
                    sealed: good().clone(),
                }
            }),
        },
    ]
}

fn of_one_length(sample: &Sample) -> (usize, usize) {
    let members = &sample.members;
    let pairs = (1..members.len())
        .flat_map(|left| (left + 1..members.len()).map(move |right| (left, right)));
    let mut same = pairs.filter(|(left, right)| {
        let (left, right) = (&members[*left].1, &members[*right].1);
        left.len() == right.len() && left != right
    });
    same.next().unwrap()
}
