//! The file itself: flipped bytes, cut ends, tails, bombs, and files that are no bundle or cannot be read.

use crate::bundle::gzip;
use crate::common::{run, text};
use crate::sample::{Sample, Verdict, good, world};
use evidence::bundle::header::{BLOCK, header};
use evidence::model::identity::Pattern;
use evidence::model::{IdentityRule, Outcome, Verdict as Answer};
use evidence::sigstore::{Options, Roots};
use evidence::verify::{AskedRelease, Trust};
use std::io::{self, Read};

#[test]
pub(crate) fn a_flipped_byte_anywhere_in_the_file_is_refused_by_the_sealed_digest() {
    let size = good().file.len();
    // Head, extra field, data, checksum and length of a gzip member, and data all over the file.
    let all_over = (1..12).map(|part| size * part / 12);
    for at in [0, 2, 3, 11, 13, 17, 20, size - 1, size - 5]
        .into_iter()
        .chain(all_over)
    {
        let mut file = good().file.clone();
        file[at] ^= 1;

        let verdict = good().with_file(file).verify();

        let failed = verdict.checks(|finding| finding["outcome"] == "fail");
        assert!(failed.contains(&"seal-subject"), "byte {at}: {failed:?}");
        assert!(failed.contains(&"archive"), "byte {at}: {failed:?}");
        assert_eq!(verdict.report["verdict"], "refused");
        assert_eq!(verdict.code, Some(1));
    }
}

#[test]
pub(crate) fn a_byte_that_gzip_does_not_mind_is_refused_by_the_sealed_digest() {
    let mut file = good().file.clone();
    file[9] = 3;

    good()
        .with_file(file)
        .verify()
        .is_refused_by(&["seal-subject"]);
}

#[test]
pub(crate) fn a_file_that_is_cut_off_is_refused_by_its_form() {
    let file = &good().file;
    for size in [0, 1, 10, 100, file.len() / 2, file.len() - 1] {
        sealed(file[..size].to_vec())
            .verify()
            .is_refused_by(&["archive"]);
    }
}

#[test]
pub(crate) fn a_tail_after_the_archive_is_refused_by_its_form() {
    let file = &good().file;
    let mut more_zeros = good().bundle().tar();
    more_zeros.resize(more_zeros.len() + BLOCK, 0);
    for tailed in [
        [file.as_slice(), b"tail"].concat(),
        [file.as_slice(), &[0; 512]].concat(),
        [file.clone(), gzip(b"more")].concat(),
        [file.as_slice(), file].concat(),
        gzip(&more_zeros),
    ] {
        sealed(tailed).verify().is_refused_by(&["archive"]);
    }
}

#[test]
pub(crate) fn files_that_are_no_gzip_are_refused_by_their_form() {
    for file in [
        good().bundle().tar(),
        b"PK\x03\x04".to_vec(),
        vec![0; 10_000],
    ] {
        sealed(file).verify().is_refused_by(&["archive"]);
    }
}

#[test]
pub(crate) fn a_bomb_is_refused_by_its_form() {
    let mut tar = good().bundle().tar();
    let (path, body) = good().bundle().members.pop().unwrap();
    let at = tar.len() - 2 * BLOCK - body.len().next_multiple_of(BLOCK) - BLOCK;
    let mtime = tar::Header::from_byte_slice(&tar[..BLOCK]).mtime().unwrap();
    tar.truncate(at);
    tar.extend_from_slice(&header(&path, 3 << 30, mtime).unwrap());
    tar.resize(tar.len() + (200 << 20), 0);

    sealed(gzip(&tar))
        .verify()
        .is_refused_by(&["archive", "member-digest"]);
}

#[test]
pub(crate) fn a_link_in_the_archive_is_refused_by_its_form() {
    let mut tar = good().bundle().tar();
    let mut link = tar::Header::from_byte_slice(&tar[..BLOCK]).clone();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_link_name("/etc/passwd").unwrap();
    link.set_size(0);
    link.set_cksum();
    let end = tar.len() - 2 * BLOCK;
    tar.splice(end..end, link.as_bytes().iter().copied());

    let verdict = sealed(gzip(&tar)).verify();

    verdict.is_refused_by(&["archive"]);
}

#[test]
pub(crate) fn a_path_that_cannot_be_read_is_undetermined_and_never_refused() {
    let folder = world().new_folder();
    let seal = folder.join("evidence.tar.gz.sigstore.json");
    std::fs::write(&seal, good().seal.as_ref().unwrap()).unwrap();
    std::fs::create_dir(folder.join("evidence.tar.gz")).unwrap();

    let no_file = Verdict::of(&folder.join("evidence.tar.gz"), &world().trust_args());
    let mut args = vec!["verify".into(), text(&folder.join("nowhere.tar.gz"))];
    args.extend(world().trust_args());
    let nowhere = run(&args);

    no_file.is("undetermined", 3, &[]);
    no_file.says("EV-archive-unreadable");
    assert_eq!(nowhere.code, Some(3), "{}", nowhere.stderr);
}

/// No command line reaches this: a disk that fails in the middle of a file.
#[test]
pub(crate) fn a_source_that_fails_in_the_middle_is_undetermined_and_never_refused() {
    let mut roots = Roots::none();
    let root = world().sandbox.trusted_root_json();
    roots.add("sandbox", root.as_bytes()).unwrap();
    let trust = Trust {
        roots,
        seal: vec![IdentityRule::certificate(
            Pattern::Exact(good().workflow().identity()),
            Pattern::Exact(world().sandbox.issuer_url().into()),
        )],
        keys: Vec::new(),
        options: Options::STRICT,
        policy: None,
        asked: AskedRelease::default(),
    };
    let file = &good().file;
    for size in [0, 5_000, file.len() / 2, file.len() - 1] {
        let source = file[..size].chain(Broken);

        let report = evidence::verify::verify(source, "b.tar.gz", good().seal.as_deref(), &trust);

        assert_eq!(report.failed(), [], "after {size} bytes");
        assert_eq!(report.verdict(), Answer::Undetermined, "after {size} bytes");
        assert_eq!(report.exit_code(), 3);
        let passed = |check: &str| {
            let all = report.findings.iter();
            all.clone()
                .any(|one| one.outcome == Outcome::Pass && one.check.to_string() == check)
        };
        assert!(!passed("closed-world") && !passed("member-digest") && !passed("seal-subject"));
    }
}

struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("the disk is gone"))
    }
}

/// The file under a seal of the trusted signer that names its digest and the good manifest's.
fn sealed(file: Vec<u8>) -> Sample {
    let manifest = good().bundle().body("manifest.json").to_vec();
    good().with_file(file).sealed_for(&manifest)
}
