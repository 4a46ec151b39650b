//! Everybody's readers open a bundle, and see in it what `evidence` sees.

mod alike;
mod packed;
mod programs;

use evidence::bundle::{Listing, list};
use evidence::model::Digest;
use packed::packed;
use programs::{READERS, Seen, difference, output};
use std::fs::File;
use std::process::{Command, Stdio};

#[test]
fn a_bundle_of_several_mib_is_opened_by_every_reader_to_the_same_bytes() {
    let packed = packed();
    let listing = list(File::open(&packed.bundle).unwrap()).unwrap();

    let ours = seen(&listing);

    assert_eq!(listing.summary.defects, []);
    let size = listing.summary.file.size;
    assert!(size > 4 << 20 && listing.summary.plain > 6 << 20, "{size}");
    for (name, bytes) in &packed.files {
        let digest = Digest::of(bytes).hex();
        assert!(ours.iter().any(|member| member.digest == digest), "{name}");
    }
    for reader in &READERS {
        let found = (reader.read)(&packed.bundle);
        assert_eq!(difference(&found, &ours), None, "{}", reader.name);
    }
}

#[test]
fn gzip_and_pigz_take_a_bundle_for_one_sound_stream() {
    let packed = packed();
    let listing = list(File::open(&packed.bundle).unwrap()).unwrap();
    for program in ["gzip", "pigz"] {
        output(Command::new(program).arg("-t").arg(&packed.bundle)).unwrap();

        let tar = digest_of(Command::new(program).arg("-dc").arg(&packed.bundle));

        assert_eq!(Some(tar), listing.summary.tar, "{program}");
    }
}

/// What `evidence` sees.
pub(crate) fn seen(listing: &Listing) -> Vec<Seen> {
    let members = listing.members.iter();
    members
        .map(|member| Seen {
            name: member.path.to_string(),
            size: member.size,
            digest: member.sha256.hex(),
        })
        .collect()
}

/// Digest of what a program prints, when it ends well.
fn digest_of(command: &mut Command) -> Digest {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    assert!(output.stderr.is_empty(), "{command:?}");
    Digest::of(&output.stdout)
}
