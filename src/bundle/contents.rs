//! What a bundle holds, member by member, without judging: for lists, and for taking members out.

use super::archive::{Archive, ArchiveError};
use super::header::{BLOCK, padding};
use super::inspect::InspectError;
use super::plain::{Inline, Totals};
use super::{MANIFEST, canonical, names};
use crate::model::{Digest, FileEntry, Manifest, MemberPath, Problem, limits};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

/// A bundle read once, front to back, by whoever wants its members. Nothing of it is verified.
pub struct Contents<R> {
    archive: Archive<Inline<R>>,
    manifest: Manifest,
    /// The first member, until it was given.
    first: Option<Member>,
    /// The bytes of the first member, while it is at hand.
    json: Option<Vec<u8>>,
    /// Where in `files[]` a path is listed.
    listed: BTreeMap<MemberPath, usize>,
    seen: BTreeSet<MemberPath>,
    plain: u64,
    defects: Vec<Defect>,
    is_whole: bool,
}

/// A member, and what the manifest lists under its path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Member {
    /// Its path.
    pub path: MemberPath,
    /// Bytes, as its header says.
    pub size: u64,
    /// Its entry; none for the manifest itself, for what is not listed, and for what was there before.
    pub entry: Option<FileEntry>,
}

/// Something about a bundle that is not as its manifest says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Defect {
    /// The member, or `bundle`.
    pub subject: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What is known when all was read.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Digest and size of the file.
    pub file: Totals,
    /// Bytes of the plain tar, as far as it was read.
    pub plain: u64,
    /// Digest of the plain tar; none when it was not read to its end.
    pub tar: Option<Digest>,
    /// What is not as the manifest says, in the order found.
    pub defects: Vec<Defect>,
}

impl<R: Read> Contents<R> {
    /// Reads the manifest, which is the first member.
    ///
    /// # Errors
    /// When there is none that can be read.
    pub fn open(bundle: R) -> Result<Self, InspectError> {
        let mut archive = Archive::new(bundle);
        let head = archive
            .next_member()?
            .filter(|head| head.path.as_str() == MANIFEST && head.size <= limits::MANIFEST_BYTES)
            .ok_or(InspectError::NoManifest)?;
        let mut json = Vec::new();
        archive.read_body(&mut |piece| json.extend_from_slice(piece))?;
        let manifest = canonical::parse(&json)?;
        let mut contents = Self {
            archive,
            json: Some(json),
            listed: BTreeMap::new(),
            seen: BTreeSet::from([head.path.clone()]),
            plain: in_tar(head.size),
            first: Some(Member {
                path: head.path,
                size: head.size,
                entry: None,
            }),
            defects: Vec::new(),
            is_whole: false,
            manifest,
        };
        contents.index();
        Ok(contents)
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What was found until now that is not as the manifest says.
    pub fn defects(&self) -> &[Defect] {
        &self.defects
    }

    /// The next member, beginning with the manifest; none after the last. What was not read of the one before is skipped.
    ///
    /// # Errors
    /// When the archive is malformed or cannot be read.
    pub fn next_member(&mut self) -> Result<Option<Member>, ArchiveError> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        self.json = None;
        let Some(head) = self.archive.next_member()? else {
            self.plain += 2 * BLOCK as u64;
            self.is_whole = true;
            return Ok(None);
        };
        self.plain += in_tar(head.size);
        let at = self.listed.get(&head.path).copied();
        let mut entry = at.and_then(|at| self.manifest.files.get(at)).cloned();
        if !self.seen.insert(head.path.clone()) {
            entry = None;
            self.defect(
                head.path.as_str(),
                "doubled",
                "the member is there twice".into(),
            );
        } else if entry.is_none() {
            let message = "the manifest does not list this member".into();
            self.defect(head.path.as_str(), "unlisted", message);
        }
        Ok(Some(Member {
            path: head.path,
            size: head.size,
            entry,
        }))
    }

    /// Gives the bytes of the member at hand to `sink`, piece by piece, and compares them with what is listed.
    ///
    /// # Errors
    /// When the archive is malformed or cannot be read.
    pub fn read(
        &mut self,
        member: &Member,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<Digest, ArchiveError> {
        if let Some(json) = self.json.take() {
            sink(&json);
            return Ok(Digest::of(&json));
        }
        let mut hash = Sha256::new();
        self.archive.read_body(&mut |piece| {
            hash.update(piece);
            sink(piece);
        })?;
        let found = Digest::from_raw(hash.finalize().into());
        if let Some(entry) = &member.entry
            && (entry.sha256 != found || entry.size != member.size)
        {
            let message = format!(
                "it has {found} and {} bytes, the manifest lists {} and {}",
                member.size, entry.sha256, entry.size
            );
            self.defect(member.path.as_str(), "changed", message);
        }
        Ok(found)
    }

    /// Says that the archive could not be read on, which leaves open what else it holds.
    pub fn broken(&mut self, error: &ArchiveError) {
        self.defect("bundle", "archive", error.to_string());
    }

    /// Reads what is left, and says which members did not come.
    ///
    /// # Errors
    /// When the source fails.
    pub fn finish(mut self) -> Result<Summary, ArchiveError> {
        if self.is_whole {
            let is_missing = |path: &&MemberPath| !self.seen.contains(*path);
            let missing: Vec<MemberPath> = self.listed.keys().filter(is_missing).cloned().collect();
            for path in missing {
                let message = "the member is listed and not there".into();
                self.defect(path.as_str(), "missing", message);
            }
        }
        let tar = self.archive.tar();
        Ok(Summary {
            file: self.archive.finish()?,
            plain: self.plain,
            tar,
            defects: self.defects,
        })
    }

    /// Remembers where each path is listed. Names that a file system could take for each other are defects.
    fn index(&mut self) {
        for (at, file) in self.manifest.files.iter().enumerate() {
            let is_manifest = file.path.as_str() == MANIFEST;
            let message = match self.listed.insert(file.path.clone(), at) {
                Some(_) => "the manifest lists the member twice",
                None if is_manifest => "the manifest lists itself",
                None => continue,
            };
            self.defects.push(Defect {
                subject: file.path.to_string(),
                problem: Problem::new("doubled", message),
            });
        }
        for (path, code, message) in names::colliding(&self.listed) {
            self.defect(path.as_str(), code, message);
        }
    }

    fn defect(&mut self, subject: &str, code: &str, message: String) {
        self.defects.push(Defect {
            subject: subject.into(),
            problem: Problem::new(code, message),
        });
    }
}

/// Bytes that a member takes of a tar.
fn in_tar(size: u64) -> u64 {
    BLOCK as u64 + size + padding(size) as u64
}
