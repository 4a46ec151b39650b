//! JSON pointers (RFC 6901) in which `*` is any key or index.

/// A pointer with stars. A key that is itself `*` is meant by a star, too.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pattern(Vec<Part>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Part {
    Any,
    Key(String),
}

/// Why a text is no pointer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PointerError {
    /// RFC 6901, section 3.
    #[error("a JSON pointer is empty or begins with /")]
    Start,
    /// RFC 6901, section 3.
    #[error("in a JSON pointer ~ is written ~0, and / inside of a key ~1")]
    Escape,
}

impl Pattern {
    /// Reads a pointer.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, PointerError> {
        if text.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let parts = text.strip_prefix('/').ok_or(PointerError::Start)?;
        let parts: Result<Vec<Part>, PointerError> = parts.split('/').map(part).collect();
        Ok(Self(parts?))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether its part at that depth means the key or index.
    pub(super) fn fits(&self, depth: usize, key: &str) -> bool {
        match self.0.get(depth) {
            Some(Part::Any) => true,
            Some(Part::Key(wanted)) => wanted == key,
            None => false,
        }
    }
}

fn part(text: &str) -> Result<Part, PointerError> {
    if text == "*" {
        return Ok(Part::Any);
    }
    let mut tildes = text.split('~').skip(1);
    if !tildes.all(|after| after.starts_with(['0', '1'])) {
        return Err(PointerError::Escape);
    }
    Ok(Part::Key(text.replace("~1", "/").replace("~0", "~")))
}

/// A key as a part of a pointer.
pub(super) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_unescaped_once() {
        let pattern = Pattern::parse("/a~1b/~01/*/").unwrap();

        assert!(pattern.fits(0, "a/b") && pattern.fits(1, "~1") && pattern.fits(2, "x"));
        assert!(pattern.fits(3, "") && !pattern.fits(4, ""));
        assert_eq!(escaped("~/"), "~0~1");
    }

    #[test]
    fn what_is_no_pointer_is_refused() {
        assert_eq!(Pattern::parse("a"), Err(PointerError::Start));
        assert_eq!(Pattern::parse("/a~"), Err(PointerError::Escape));
        assert_eq!(Pattern::parse("/a~2"), Err(PointerError::Escape));
    }
}
