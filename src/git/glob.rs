//! Which paths of a repository a glob of the configuration means.

use globset::{GlobBuilder, GlobMatcher};
use std::collections::BTreeSet;
use std::fmt;

/// A glob over paths relative to a repository's root, matched part by part.
///
/// `*`, `?`, `[…]` and `{a,b}` stay within one part; `**` stands for any number of directories, at the end for
/// everything below. A name that begins with a dot is matched only by a part that begins with one; `.git` never.
#[derive(Clone, Debug)]
pub struct PathGlob {
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    /// `**`
    Any,
    One {
        matcher: GlobMatcher,
        hidden: bool,
    },
    Literal(String),
}

/// How far a path has been matched: the parts that may match next.
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    glob: &'a PathGlob,
    /// `parts.len()` means that the whole glob has matched.
    at: BTreeSet<usize>,
}

/// Why a text is no glob.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GlobError {
    /// Empty or longer than 1,000 bytes.
    #[error("a path of {found} bytes: expected 1 to {} bytes", PathGlob::MAX_BYTES)]
    Length {
        /// Bytes.
        found: usize,
    },
    /// A part that is empty or leaves the repository.
    #[error("{0:?} is no part of a path relative to the repository")]
    Part(String),
    /// A part with malformed wildcards.
    #[error("{part:?} is no glob")]
    Malformed {
        /// The part.
        part: String,
        /// Why.
        #[source]
        source: globset::Error,
    },
}

impl PathGlob {
    /// Longest glob in bytes.
    pub const MAX_BYTES: usize = 1_000;

    /// Parses a glob. A leading `./` is dropped.
    ///
    /// # Errors
    /// When a part is empty, `.`, `..` or `.git`, or a wildcard is malformed.
    pub fn parse(text: &str) -> Result<Self, GlobError> {
        Self::from_parts(text, |part| {
            if part == "**" {
                return Ok(Part::Any);
            }
            let builder = GlobBuilder::new(part)
                .literal_separator(true)
                .backslash_escape(true)
                .build();
            let glob = builder.map_err(|source| GlobError::Malformed {
                part: part.into(),
                source,
            })?;
            Ok(Part::One {
                matcher: glob.compile_matcher(),
                hidden: part.starts_with('.'),
            })
        })
    }

    /// Exactly this path; nothing in it is a wildcard.
    ///
    /// # Errors
    /// When it is no path inside a repository.
    pub fn literal(path: &str) -> Result<Self, GlobError> {
        Self::from_parts(path, |part| Ok(Part::Literal(part.into())))
    }

    fn from_parts(
        text: &str,
        one: impl Fn(&str) -> Result<Part, GlobError>,
    ) -> Result<Self, GlobError> {
        let text = text.strip_prefix("./").unwrap_or(text);
        if text.is_empty() || text.len() > Self::MAX_BYTES {
            return Err(GlobError::Length { found: text.len() });
        }
        let parts = text.split('/').map(|part| match part {
            "" | "." | ".." => Err(GlobError::Part(part.into())),
            _ if part.eq_ignore_ascii_case(".git") || part.contains('\0') => {
                Err(GlobError::Part(part.into()))
            }
            _ => one(part),
        });
        Ok(Self {
            parts: parts.collect::<Result<_, _>>()?,
            text: text.into(),
        })
    }

    /// The glob as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it means this path.
    pub fn is_match(&self, path: &str) -> bool {
        let mut walk = self.walk();
        path.split('/').all(|name| match walk.enter(name) {
            Some(next) => {
                walk = next;
                true
            }
            None => false,
        }) && walk.is_match()
    }

    /// Starts at the repository's root.
    pub fn walk(&self) -> Walk<'_> {
        let mut walk = Walk {
            glob: self,
            at: BTreeSet::from([0]),
        };
        walk.skip_any();
        walk
    }
}

impl Walk<'_> {
    /// Goes on to a name in the directory reached; none when nothing at or below it can match.
    pub fn enter(&self, name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case(".git") {
            return None;
        }
        let is_hidden = name.starts_with('.');
        let mut next = Self {
            glob: self.glob,
            at: BTreeSet::new(),
        };
        for &index in &self.at {
            match self.glob.parts.get(index) {
                Some(Part::Any) if !is_hidden => {
                    next.at.insert(index);
                    // A last `**` means everything below: one name is enough.
                    if index + 1 == self.glob.parts.len() {
                        next.at.insert(index + 1);
                    }
                }
                Some(Part::One { matcher, hidden })
                    if (*hidden || !is_hidden) && matcher.is_match(name) =>
                {
                    next.at.insert(index + 1);
                }
                Some(Part::Literal(literal)) if literal == name => {
                    next.at.insert(index + 1);
                }
                _ => {}
            }
        }
        next.skip_any();
        (!next.at.is_empty()).then_some(next)
    }

    /// Whether the path so far is one that the glob means.
    pub fn is_match(&self) -> bool {
        self.at.contains(&self.glob.parts.len())
    }

    /// Whether something below the directory reached can match.
    pub fn goes_on(&self) -> bool {
        self.at.iter().any(|index| *index < self.glob.parts.len())
    }

    /// `**` may stand for no directory at all, but for a last one.
    fn skip_any(&mut self) {
        let parts = &self.glob.parts;
        for at in self.at.clone() {
            let mut at = at;
            while matches!(parts.get(at), Some(Part::Any)) && at + 1 < parts.len() {
                at += 1;
                if !self.at.insert(at) {
                    break;
                }
            }
        }
    }
}

impl fmt::Display for PathGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stay_within_a_part_and_two_stars_cross_directories() {
        for (glob, yes, no) in [
            ("docs/*.md", vec!["docs/a.md"], vec!["docs/x/a.md", "a.md"]),
            (
                "docs/**",
                vec!["docs/a", "docs/x/y"],
                vec!["docs", "other/a", "docs/.hidden", "docs/.x/a"],
            ),
            (
                "charts/**/values*.yaml",
                vec!["charts/values.yaml", "charts/a/b/values-prod.yaml"],
                vec!["charts/a/b.yaml", "values.yaml"],
            ),
            (
                "**",
                vec!["a", "a/b"],
                vec![".env", ".github/x", ".git/config"],
            ),
            ("**/**/a", vec!["a", "x/a", "x/y/z/a"], vec!["b"]),
            (".github/*", vec![".github/x"], vec![".github/.y"]),
            ("{a,b}/[xy]", vec!["a/x", "b/y"], vec!["c/x", "a/z"]),
            ("./a", vec!["a"], vec!["a/b"]),
        ] {
            let glob = PathGlob::parse(glob).unwrap();
            for path in yes {
                assert!(glob.is_match(path), "{glob} should mean {path}");
            }
            for path in no {
                assert!(!glob.is_match(path), "{glob} should not mean {path}");
            }
        }
    }

    #[test]
    fn many_stars_do_not_make_matching_slow() {
        let glob = PathGlob::parse(&"**/a/".repeat(100)[..499]).unwrap();

        assert!(!glob.is_match(&"a/".repeat(5_000)));
    }

    #[test]
    fn a_literal_path_has_no_wildcards() {
        let glob = PathGlob::literal("a/[x]*").unwrap();

        assert!(glob.is_match("a/[x]*"));
        assert!(!glob.is_match("a/x1"));
        assert!(PathGlob::literal("**").unwrap().is_match("**"));
        assert!(!PathGlob::literal("**").unwrap().is_match("a"));
    }

    #[test]
    fn a_glob_that_leaves_the_repository_or_enters_its_store_is_refused() {
        for bad in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "a/",
            ".git/config",
            "a/.GIT",
        ] {
            assert!(PathGlob::parse(bad).is_err(), "{bad}");
        }
        assert!(PathGlob::parse("a/{b").is_err());
        assert!(PathGlob::parse(&"a".repeat(1_001)).is_err());
    }
}
