//! The readers that people have: each lists and unpacks a `.tar.gz`.

use crate::running::variable;
use evidence::model::Digest;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// A member as a reader sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Seen {
    /// Its name.
    pub(crate) name: String,
    /// Bytes.
    pub(crate) size: u64,
    /// SHA-256 of them, hex.
    pub(crate) digest: String,
}

/// What a reader made of a file: its members in their order, or why there are none.
pub(crate) type Answer = Result<Vec<Seen>, String>;

/// Where two answers about a file are not the same, in short.
pub(crate) fn difference(theirs: &Answer, ours: &[Seen]) -> Option<String> {
    let theirs = match theirs {
        Ok(theirs) => theirs,
        Err(error) => return Some(error.clone()),
    };
    let length = theirs.len().max(ours.len());
    let at = (0..length).find(|at| theirs.get(*at) != ours.get(*at))?;
    Some(format!("{:?}, not {:?}", theirs.get(at), ours.get(at)))
}

/// A program that reads `.tar.gz` files.
pub(crate) struct Reader {
    pub(crate) name: &'static str,
    pub(crate) read: fn(&Path) -> Answer,
}

/// All of them. One that is not installed fails the test that asks it.
pub(crate) const READERS: [Reader; 8] = [
    Reader {
        name: "GNU tar",
        read: gnu_tar,
    },
    Reader {
        name: "bsdtar",
        read: bsdtar,
    },
    Reader {
        name: "7z",
        read: seven_zip,
    },
    Reader {
        name: "Python's tarfile, seeking",
        read: |file| python("seek", &[file]).remove(0),
    },
    Reader {
        name: "Python's tarfile, streaming",
        read: |file| python("stream", &[file]).remove(0),
    },
    Reader {
        name: "Go's archive/tar",
        read: |file| lines(Command::new(variable("STACK_GO_READER")).arg(file)),
    },
    Reader {
        name: "Java's GZIPInputStream",
        read: |file| java("jdk", file),
    },
    Reader {
        name: "commons-compress",
        read: |file| java("commons", file),
    },
];

/// Lists, unpacks, and reads what was unpacked.
pub(crate) fn gnu_tar(file: &Path) -> Answer {
    unpacked(
        Command::new("tar")
            .args(["--list", "--gzip", "--quoting-style=literal", "--file"])
            .arg(file),
        |folder| {
            let mut tar = Command::new("tar");
            tar.args(["--extract", "--gzip", "--keep-old-files", "--file"]);
            tar.arg(file).arg("--directory").arg(folder);
            vec![tar]
        },
    )
}

/// The same by libarchive's tar.
pub(crate) fn bsdtar(file: &Path) -> Answer {
    unpacked(Command::new("bsdtar").arg("-tf").arg(file), |folder| {
        let mut tar = Command::new("bsdtar");
        tar.arg("-xkf").arg(file).arg("-C").arg(folder);
        vec![tar]
    })
}

/// By 7z, which takes a `.tar.gz` for a file in a file.
fn seven_zip(file: &Path) -> Answer {
    let outer = tempfile::tempdir().unwrap();
    let mut gunzip = Command::new("7z");
    gunzip.args(["x", "-bd", "-y"]).arg(file);
    gunzip.arg(format!("-o{}", outer.path().display()));
    output(&mut gunzip)?;
    let tar = fs::read_dir(outer.path())
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let mut list = Command::new("7z");
    let listed = output(list.args(["l", "-slt", "-ba"]).arg(&tar))?;
    let names = listed
        .lines()
        .filter_map(|line| line.strip_prefix("Path = "));
    let names: Vec<String> = names.map(Into::into).collect();
    unpacked(Command::new("printf").arg("%s\\n").args(names), |folder| {
        let mut unpack = Command::new("7z");
        unpack.args(["x", "-bd"]).arg(&tar);
        unpack.arg(format!("-o{}", folder.display()));
        vec![unpack]
    })
}

/// By Python's own module, several files at once.
pub(crate) fn python(mode: &str, files: &[&Path]) -> Vec<Answer> {
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/interop/readers/reader.py"
    );
    let mut command = Command::new("python3");
    let text = output(command.args([script, mode]).args(files)).unwrap();
    let answers = text.lines().map(|line| {
        let answer: serde_json::Value = serde_json::from_str(line).unwrap();
        if let Some(error) = answer["error"].as_str() {
            return Err(error.to_owned());
        }
        let members = answer["members"].as_array().unwrap().iter();
        let seen = members.map(|member| Seen {
            digest: member[0].as_str().unwrap().into(),
            size: member[1].as_u64().unwrap(),
            name: member[2].as_str().unwrap().into(),
        });
        Ok(seen.collect())
    });
    answers.collect()
}

fn java(kind: &str, file: &Path) -> Answer {
    let program = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/interop/readers/Reader.java"
    );
    let mut java = Command::new("java");
    java.arg("-cp").arg(variable("STACK_COMMONS_COMPRESS"));
    lines(java.args([program, kind]).arg(file))
}

/// What a program lists as `DIGEST SIZE NAME`.
fn lines(command: &mut Command) -> Answer {
    let text = output(command)?;
    let seen = text.lines().map(|line| {
        let mut words = line.splitn(3, ' ');
        Seen {
            digest: words.next().unwrap().into(),
            size: words.next().unwrap().parse().unwrap(),
            name: words.next().unwrap().into(),
        }
    });
    Ok(seen.collect())
}

/// The names that are listed, and the bytes that were unpacked under them: neither may have more than the other.
fn unpacked(list: &mut Command, unpack: impl Fn(&Path) -> Vec<Command>) -> Answer {
    let names: Vec<String> = output(list)?.lines().map(Into::into).collect();
    let folder = tempfile::tempdir().unwrap();
    for mut command in unpack(folder.path()) {
        output(&mut command)?;
    }
    let distinct: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let found = files_below(folder.path());
    let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
    if distinct != found || distinct.len() != names.len() {
        return Err(format!("it lists {names:?} and unpacks {found:?}"));
    }
    let seen = names.iter().map(|name| {
        let body = fs::read(folder.path().join(name)).unwrap();
        Seen {
            name: name.clone(),
            size: body.len() as u64,
            digest: Digest::of(&body).hex(),
        }
    });
    Ok(seen.collect())
}

/// Standard output of a program that ends well and has nothing to complain of.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let output = command
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?} is not installed: {error}"));
    let (stdout, stderr) = (&output.stdout, String::from_utf8_lossy(&output.stderr));
    if !output.status.success() || !stderr.trim().is_empty() {
        let stdout = String::from_utf8_lossy(stdout);
        return Err(format!("{}: {stderr}{stdout}", output.status));
    }
    Ok(String::from_utf8(output.stdout).unwrap())
}

/// Paths of the plain files below a folder; nothing but files and folders may be there.
fn files_below(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![folder.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let kind = fs::symlink_metadata(&path).unwrap().file_type();
            assert!(kind.is_dir() || kind.is_file(), "{path:?}");
            match kind.is_dir() {
                true => open.push(path),
                false => {
                    let name = path.strip_prefix(folder).unwrap();
                    found.insert(name.to_str().unwrap().to_owned());
                }
            }
        }
    }
    found
}
