//! Repositories: as a CI's certificate names them, and those of registries that a pattern means.

/// `github.com/OWNER/REPO`, however it is written: with or without `https://`, `.git`, a slash at its end.
pub fn plain_repository(text: &str) -> &str {
    let text = text.strip_prefix("https://").unwrap_or(text);
    let text = text.strip_suffix('/').unwrap_or(text);
    text.strip_suffix(".git").unwrap_or(text)
}

/// Which image repositories are meant: `HOST/REPOSITORY`, a part of which may be `*`, the last one also `**`.
///
/// `*` stands for one part between slashes, `**` for one or more.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct RepositoryGlob(String);

impl RepositoryGlob {
    /// The pattern, if it is one: a host that is written out, then at least one part.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let host = parts.next()?;
        let is_host = (host.contains(['.', ':']) || host == "localhost")
            && host
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b".:-[]".contains(&b));
        let parts: Vec<&str> = parts.collect();
        let (last, before) = parts.split_last()?;
        let is_part = |part: &str| {
            part == "*"
                || (!part.is_empty()
                    && part.bytes().all(|b| {
                        b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b)
                    }))
        };
        let is_plain = before.iter().all(|part| is_part(part));
        (is_host && is_plain && (is_part(last) || *last == "**")).then(|| Self(text.into()))
    }

    /// Whether `HOST/REPOSITORY` is meant.
    pub fn matches(&self, repository: &str) -> bool {
        let mut wanted = self.0.split('/').peekable();
        let mut found = repository.split('/');
        loop {
            match (wanted.next(), found.next()) {
                (None, None) => return true,
                (Some("**"), Some(_)) if wanted.peek().is_none() => return true,
                (Some("*"), Some(part)) if !part.is_empty() => {}
                (Some(part), Some(found)) if part == found => {}
                _ => return false,
            }
        }
    }

    /// How much is written out: of two that match, the one with more is the better.
    pub(super) fn precision(&self) -> (usize, usize) {
        let parts = || self.0.split('/');
        let stars = parts().filter(|part| part.contains('*')).count();
        (
            parts().count() - stars,
            usize::from(!self.0.ends_with("**")),
        )
    }
}

impl std::fmt::Display for RepositoryGlob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_the_same_however_it_is_written() {
        for text in [
            "github.com/o/r",
            "https://github.com/o/r",
            "https://github.com/o/r.git",
            "https://github.com/o/r/",
        ] {
            assert_eq!(plain_repository(text), "github.com/o/r");
        }
        assert_ne!(plain_repository("http://github.com/o/r"), "github.com/o/r");
    }

    #[test]
    fn a_star_is_one_part_and_two_are_one_or_more() {
        for (pattern, yes, no) in [
            ("ghcr.io/o/api", "ghcr.io/o/api", "ghcr.io/o/api2"),
            ("ghcr.io/o/*", "ghcr.io/o/api", "ghcr.io/o/team/api"),
            ("ghcr.io/o/*", "ghcr.io/o/web", "ghcr.io/o"),
            ("ghcr.io/*/api", "ghcr.io/o/api", "ghcr.io/o/web"),
            ("ghcr.io/o/**", "ghcr.io/o/team/api", "ghcr.io/o"),
            ("localhost:5000/a", "localhost:5000/a", "localhost:5001/a"),
            (
                "ghcr.io/o/**",
                "ghcr.io/o/api",
                "ghcr.io.evil.example/o/api",
            ),
        ] {
            let glob = RepositoryGlob::parse(pattern).unwrap();

            assert!(glob.matches(yes), "{pattern} {yes}");
            assert!(!glob.matches(no), "{pattern} {no}");
        }
    }

    #[test]
    fn what_could_mean_any_host_or_is_no_repository_is_no_pattern() {
        for text in [
            "*/o/api",
            "*",
            "ghcr.io",
            "ghcr.io/",
            "ghcr.io//api",
            "ghcr.io/**/api",
            "ghcr.io/o/api:v1",
            "ghcr.io/o/a*",
            "api",
            "https://ghcr.io/o/api",
        ] {
            assert_eq!(RepositoryGlob::parse(text), None, "{text}");
        }
    }
}
