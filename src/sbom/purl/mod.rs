//! Package URLs: [the purl specification](https://github.com/package-url/purl-spec), read without copying.

mod identity;
mod text;

pub use identity::{Identified, Identity};
pub(crate) use text::decoded;
pub(super) use text::shown;

use std::borrow::Cow;
use std::{fmt, mem};
use text::{encode, lower};

/// A package URL in its normal form, borrowed from its text wherever that is in normal form already.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PackageUrl<'a> {
    /// The ecosystem, such as `npm`, in lower case.
    pub kind: Cow<'a, str>,
    /// Parts split by `/`, empty when there are none.
    pub namespace: Cow<'a, str>,
    /// Never empty.
    pub name: Cow<'a, str>,
    /// Never empty.
    pub version: Option<Cow<'a, str>>,
    /// Keys in lower case and their values, neither empty, sorted.
    pub qualifiers: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// Parts split by `/`, empty when there are none.
    pub subpath: Cow<'a, str>,
}

/// Why a text is no package URL.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PurlError {
    /// It does not begin with `pkg:`.
    #[error("no scheme \"pkg\"")]
    Scheme,
    /// No type, or one with characters that a type cannot have.
    #[error("no type")]
    Type,
    /// No name.
    #[error("no name")]
    Name,
    /// A qualifier whose key has characters that a key cannot have, or that is there twice.
    #[error("a qualifier that is none")]
    Qualifier,
    /// Percent-encoded bytes that are not UTF-8.
    #[error("not UTF-8")]
    Encoding,
}

impl<'a> PackageUrl<'a> {
    /// Parses and normalises (purl specification, "How to parse a purl string" and its types).
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &'a str) -> Result<Self, PurlError> {
        let rest = match text.split_at_checked(4) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("pkg:") => rest,
            _ => return Err(PurlError::Scheme),
        };
        let (rest, subpath) = rest.rsplit_once('#').unwrap_or((rest, ""));
        // The specification splits at the last one, but real values hold URLs that are not encoded; a name cannot.
        let (rest, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
        let rest = rest.trim_matches('/');
        let (kind, rest) = rest.split_once('/').ok_or(PurlError::Type)?;
        if !is_type(kind) {
            return Err(PurlError::Type);
        }
        let (rest, version) = without_version(rest);
        let rest = rest.trim_matches('/');
        let (namespace, name) = rest.rsplit_once('/').unwrap_or(("", rest));
        if name.is_empty() {
            return Err(PurlError::Name);
        }
        let version = Some(decoded(version)?).filter(|version| !version.is_empty());
        let mut purl = Self {
            kind: lower(Cow::Borrowed(kind)),
            namespace: parts(namespace, |_| true)?,
            name: decoded(name)?,
            version,
            qualifiers: parse_qualifiers(qualifiers)?,
            // A subpath leads nowhere but down.
            subpath: parts(subpath, |part| !matches!(part, "." | ".."))?,
        };
        purl.normalise();
        Ok(purl)
    }

    /// What the types ask for (purl specification, "Known purl types").
    fn normalise(&mut self) {
        let (is_lower_namespace, is_lower_name) = match self.kind.as_ref() {
            "alpm" | "apk" | "bitbucket" | "composer" | "deb" | "github" | "golang" | "hex"
            | "npm" => (true, true),
            "bitnami" | "oci" | "pub" | "pypi" => (false, true),
            "qpkg" | "rpm" => (true, false),
            _ => (false, false),
        };
        if is_lower_namespace {
            self.namespace = lower(mem::take(&mut self.namespace));
        }
        if is_lower_name {
            self.name = lower(mem::take(&mut self.name));
        }
        if self.kind == "pypi" && self.name.contains('_') {
            self.name = Cow::Owned(self.name.replace('_', "-"));
        }
    }

    /// The value of a qualifier.
    pub fn qualifier(&self, key: &str) -> Option<&str> {
        let found = self.qualifiers.iter().find(|(known, _)| known == key);
        found.map(|(_, value)| value.as_ref())
    }

    /// The same, without a text that it borrows from.
    pub fn into_owned(self) -> PackageUrl<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        let pairs = self.qualifiers.into_iter();
        PackageUrl {
            kind: owned(self.kind),
            namespace: owned(self.namespace),
            name: owned(self.name),
            version: self.version.map(owned),
            qualifiers: pairs.map(|(k, v)| (owned(k), owned(v))).collect(),
            subpath: owned(self.subpath),
        }
    }
}

/// Percent-encoded (purl specification, "How to build a purl string").
impl fmt::Display for PackageUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pkg:{}/", self.kind)?;
        for part in self.namespace.split('/').filter(|part| !part.is_empty()) {
            encode(f, part)?;
            f.write_str("/")?;
        }
        encode(f, &self.name)?;
        if let Some(version) = &self.version {
            f.write_str("@")?;
            encode(f, version)?;
        }
        for (place, (key, value)) in self.qualifiers.iter().enumerate() {
            f.write_str(if place == 0 { "?" } else { "&" })?;
            write!(f, "{key}=")?;
            encode(f, value)?;
        }
        let parts = self.subpath.split('/').filter(|part| !part.is_empty());
        for (place, part) in parts.enumerate() {
            f.write_str(if place == 0 { "#" } else { "/" })?;
            encode(f, part)?;
        }
        Ok(())
    }
}

/// Letters, digits, `.`, `+` and `-`, a letter first.
fn is_type(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b".+-".contains(&byte))
}

/// Splits the version off at the last `@`; one that begins a part with others after it belongs to a scope that is not
/// encoded: `@scope/name`.
fn without_version(text: &str) -> (&str, &str) {
    match text.rsplit_once('@') {
        Some((rest, after)) => {
            match after.contains('/') && (rest.is_empty() || rest.ends_with('/')) {
                true => (text, ""),
                false => (rest, after),
            }
        }
        None => (text, ""),
    }
}

/// Parts split by `/`, those that are empty or not wanted left out.
fn parts(text: &str, is_wanted: fn(&str) -> bool) -> Result<Cow<'_, str>, PurlError> {
    let text = text.trim_matches('/');
    let is_kept = |part: &str| !part.is_empty() && is_wanted(part);
    if !text.contains('%') && (text.is_empty() || text.split('/').all(is_kept)) {
        return Ok(Cow::Borrowed(text));
    }
    // Before it is split: a part holds no slash, encoded or not.
    let text = decoded(text)?;
    let mut out = String::with_capacity(text.len());
    for part in text.split('/').filter(|part| is_kept(part)) {
        if !out.is_empty() {
            out.push('/');
        }
        out.push_str(part);
    }
    Ok(Cow::Owned(out))
}

type Qualifiers<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

fn parse_qualifiers(text: &str) -> Result<Qualifiers<'_>, PurlError> {
    let mut qualifiers = Vec::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let is_key = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        if key.is_empty() || !key.bytes().all(is_key) {
            return Err(PurlError::Qualifier);
        }
        let value = decoded(value)?;
        if !value.is_empty() {
            qualifiers.push((lower(Cow::Borrowed(key)), value));
        }
    }
    qualifiers.sort();
    let is_twice =
        |pair: &[(Cow<'_, str>, Cow<'_, str>)]| matches!(pair, [(a, _), (b, _)] if a == b);
    match qualifiers.windows(2).any(is_twice) {
        true => Err(PurlError::Qualifier),
        false => Ok(qualifiers),
    }
}

#[cfg(test)]
mod tests;
