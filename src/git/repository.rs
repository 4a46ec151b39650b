//! A set of raw objects, and what it proves. An object is found only under the id that its bytes have.

use super::{
    Commit, Entry, ObjectError, ObjectFormat, ObjectId, ObjectKind, PathGlob, Tag, Tree, glob::Walk,
};
use crate::model::{CapturedFile, MemberPath, MemberPathError, limits};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Media type of a raw object.
pub const MEDIA_TYPE: &str = "application/x-git-object";
/// Folder of raw objects in a bundle.
pub const FOLDER: &str = "git";
/// Tags that may point at tags.
const NESTED_TAGS: usize = 5;
/// Directories in one path.
const DEPTH: usize = 64;

/// Raw objects, each under the id that was computed from its bytes.
#[derive(Clone, Debug, Default)]
pub struct Repository {
    objects: BTreeMap<ObjectId, (ObjectKind, Arc<[u8]>)>,
}

/// The tag objects that lead from a tag's name to a commit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TagChain {
    /// The tag that was named first, then those that it points at.
    pub tags: Vec<Tag>,
    /// Id of the commit at the end.
    pub commit: ObjectId,
}

/// Why a set of objects does not prove something.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// An object on the way is not there.
    #[error("{kind} {id} is not there")]
    Missing {
        /// Its kind.
        kind: ObjectKind,
        /// Its id.
        id: ObjectId,
    },
    /// An object's bytes have another id than its name says.
    #[error("{member} has the id {computed}")]
    Renamed {
        /// The member.
        member: MemberPath,
        /// What its bytes give.
        computed: ObjectId,
    },
    /// A member of the folder that names no object.
    #[error("{0} names no git object")]
    Unnamed(MemberPath),
    /// More bytes than a git object may have here.
    #[error(
        "{member} has {found} bytes, more than {} bytes",
        limits::GIT_OBJECT_BYTES
    )]
    TooLarge {
        /// The member.
        member: MemberPath,
        /// Bytes.
        found: u64,
    },
    /// An object that is malformed.
    #[error("object {id}")]
    Malformed {
        /// Its id.
        id: ObjectId,
        /// What is wrong.
        #[source]
        source: ObjectError,
    },
    /// An object is of another kind than the one that points at it says.
    #[error("{id} is a {found}, expected a {expected}")]
    Kind {
        /// Its id.
        id: ObjectId,
        /// What it should be.
        expected: ObjectKind,
        /// What it is.
        found: ObjectKind,
    },
    /// The tag object has another name.
    #[error("the tag object's own name is {found:?}, expected {expected:?}")]
    TagName {
        /// The name asked for.
        expected: String,
        /// The object's own.
        found: String,
    },
    /// A chain of tags that is longer than five, or directories nested deeper than 64.
    #[error("{0} are nested too deep")]
    Nesting(&'static str),
    /// More entries in the trees on the way than are looked at.
    #[error("more than {} entries in the trees on the way", limits::GIT_ENTRIES)]
    TooMany,
}

impl Repository {
    /// No objects.
    pub fn new() -> Self {
        Self::default()
    }

    /// The objects among the files of a capture: those below `git/`, named `<kind>-<id>`.
    ///
    /// # Errors
    /// When one is named otherwise, is too large, or has bytes of another id.
    pub fn from_files(files: &[CapturedFile]) -> Result<Self, ProofError> {
        let mut repository = Self::new();
        for file in files.iter().filter(|file| file.path.is_under(FOLDER)) {
            let (kind, id) =
                named(&file.path).ok_or_else(|| ProofError::Unnamed(file.path.clone()))?;
            let found = file.bytes.len() as u64;
            if found > limits::GIT_OBJECT_BYTES {
                let member = file.path.clone();
                return Err(ProofError::TooLarge { member, found });
            }
            let computed = repository.insert(id.format(), kind, Arc::clone(&file.bytes));
            if computed != id {
                let member = file.path.clone();
                return Err(ProofError::Renamed { member, computed });
            }
        }
        Ok(repository)
    }

    /// Adds an object's contents (without the `kind size\0` header) and returns its id.
    pub fn insert(
        &mut self,
        format: ObjectFormat,
        kind: ObjectKind,
        contents: impl Into<Arc<[u8]>>,
    ) -> ObjectId {
        let contents = contents.into();
        let id = ObjectId::of(format, kind, &contents);
        self.objects.insert(id, (kind, contents));
        id
    }

    /// The objects as members of a bundle, `git/<kind>-<id>`, ascending by id.
    ///
    /// # Errors
    /// Never for ids of 40 or 64 digits, which are the only ones.
    pub fn to_files(&self) -> Result<Vec<CapturedFile>, MemberPathError> {
        let files = self.objects.iter().map(|(id, (kind, contents))| {
            let path = MemberPath::try_from(format!("{FOLDER}/{kind}-{id}"))?;
            Ok(CapturedFile::new(path, MEDIA_TYPE, Arc::clone(contents)))
        });
        files.collect()
    }

    /// The contents of an object, if it is there.
    pub fn contents(&self, id: &ObjectId) -> Option<(ObjectKind, &Arc<[u8]>)> {
        self.objects.get(id).map(|(kind, bytes)| (*kind, bytes))
    }

    /// The commit with that id.
    ///
    /// # Errors
    /// When it is not there, no commit, or malformed.
    pub fn commit(&self, id: &ObjectId) -> Result<Commit, ProofError> {
        let contents = self.get(id, ObjectKind::Commit)?;
        Commit::parse(contents).map_err(|source| ProofError::Malformed { id: *id, source })
    }

    /// Follows an annotated tag to its commit; the object's own name must be `name`, and the commit must be there.
    ///
    /// # Errors
    /// When an object on the way is missing, malformed or of another kind, or the name is another one.
    pub fn tag_names_commit(&self, name: &str, tag: &ObjectId) -> Result<TagChain, ProofError> {
        let mut tags: Vec<Tag> = Vec::new();
        let mut id = *tag;
        while tags.len() < NESTED_TAGS {
            let contents = self.get(&id, ObjectKind::Tag)?;
            let tag =
                Tag::parse(contents).map_err(|source| ProofError::Malformed { id, source })?;
            if tags.is_empty() && tag.name != name {
                return Err(ProofError::TagName {
                    expected: name.into(),
                    found: tag.name,
                });
            }
            let (next, kind) = (tag.object, tag.kind);
            tags.push(tag);
            match kind {
                ObjectKind::Tag => id = next,
                _ => {
                    self.commit(&next)?;
                    return Ok(TagChain { tags, commit: next });
                }
            }
        }
        Err(ProofError::Nesting("tags"))
    }

    /// The blob that stands as a regular file at `path` in that commit; none when no file does.
    ///
    /// # Errors
    /// When the commit or a tree on the way is missing or malformed.
    pub fn blob_at(&self, commit: &ObjectId, path: &str) -> Result<Option<ObjectId>, ProofError> {
        let mut id = self.commit(commit)?.tree;
        let mut names = path.split('/').peekable();
        while let Some(name) = names.next() {
            match (self.tree(&id)?.entry(name.as_bytes()), names.peek()) {
                (Some(Entry::File(blob)), None) => return Ok(Some(blob)),
                (Some(Entry::Tree(next)), Some(_)) => id = next,
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Every regular file of that commit that `glob` means, with its blob; links and submodules are no files.
    ///
    /// Bytes of a name that are no UTF-8 are replaced.
    ///
    /// # Errors
    /// When the commit or a tree on the way is missing or malformed.
    pub fn files_matching(
        &self,
        commit: &ObjectId,
        glob: &PathGlob,
    ) -> Result<BTreeMap<String, ObjectId>, ProofError> {
        let mut search = Search::default();
        let root = self.commit(commit)?.tree;
        self.search(&root, "", &glob.walk(), 0, &mut search)?;
        match search.missing.first() {
            Some(id) => Err(ProofError::Missing {
                kind: ObjectKind::Tree,
                id: *id,
            }),
            None => Ok(search.files),
        }
    }

    /// The trees that [`Repository::files_matching`] still lacks; adding them may show that more are needed.
    ///
    /// # Errors
    /// When the commit is missing, or an object on the way is malformed.
    pub fn missing_trees(
        &self,
        commit: &ObjectId,
        globs: &[PathGlob],
    ) -> Result<BTreeSet<ObjectId>, ProofError> {
        let mut search = Search::default();
        let root = self.commit(commit)?.tree;
        for glob in globs {
            self.search(&root, "", &glob.walk(), 0, &mut search)?;
        }
        Ok(search.missing)
    }

    fn search(
        &self,
        id: &ObjectId,
        prefix: &str,
        walk: &Walk<'_>,
        depth: usize,
        search: &mut Search,
    ) -> Result<(), ProofError> {
        if depth > DEPTH {
            return Err(ProofError::Nesting("directories"));
        }
        let tree = match self.tree(id) {
            Err(ProofError::Missing { id, .. }) => {
                search.missing.insert(id);
                return Ok(());
            }
            other => other?,
        };
        for (name, entry) in tree.entries() {
            // Trees may share subtrees: what is walked can be far more than what is there.
            search.visited += 1;
            if search.visited > limits::GIT_ENTRIES {
                return Err(ProofError::TooMany);
            }
            let name = String::from_utf8_lossy(name);
            let Some(next) = walk.enter(&name) else {
                continue;
            };
            match entry {
                Entry::File(blob) if next.is_match() => {
                    search.files.insert(format!("{prefix}{name}"), blob);
                }
                Entry::Tree(below) if next.goes_on() => {
                    self.search(
                        &below,
                        &format!("{prefix}{name}/"),
                        &next,
                        depth + 1,
                        search,
                    )?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn tree(&self, id: &ObjectId) -> Result<Tree, ProofError> {
        let contents = self.get(id, ObjectKind::Tree)?;
        Tree::parse(id.format(), contents)
            .map_err(|source| ProofError::Malformed { id: *id, source })
    }

    fn get(&self, id: &ObjectId, expected: ObjectKind) -> Result<&Arc<[u8]>, ProofError> {
        match self.objects.get(id) {
            Some((kind, contents)) if *kind == expected => Ok(contents),
            Some((kind, _)) => Err(ProofError::Kind {
                id: *id,
                expected,
                found: *kind,
            }),
            None => Err(ProofError::Missing {
                kind: expected,
                id: *id,
            }),
        }
    }
}

#[derive(Default)]
struct Search {
    files: BTreeMap<String, ObjectId>,
    missing: BTreeSet<ObjectId>,
    visited: usize,
}

fn named(member: &MemberPath) -> Option<(ObjectKind, ObjectId)> {
    let name = member.as_str().strip_prefix(FOLDER)?.strip_prefix('/')?;
    let (kind, id) = name.split_once('-')?;
    Some((ObjectKind::from_name(kind)?, id.parse().ok()?))
}

#[cfg(test)]
mod tests;
