//! Values that someone trusted stands behind.

/// A value that someone trusted stands behind.
///
/// Three ways to one and no fourth: a signature by a trusted identity (made in this folder), a digest that a
/// verified value names, or a part of a verified value.
///
/// ```compile_fail
/// let forged: evidence::sigstore::Verified<u8> = evidence::sigstore::Verified { value: 1 };
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verified<T> {
    value: T,
}

impl<T> Verified<T> {
    /// Only a judged signature calls this.
    pub(in crate::sigstore) fn by_signature(value: T) -> Self {
        Self { value }
    }

    /// The value.
    pub fn get(&self) -> &T {
        &self.value
    }

    /// The value, given away with its proof.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// A part of the value. `part` is a plain function, so that nothing else can slip in.
    pub fn project<U>(&self, part: fn(&T) -> U) -> Verified<U> {
        Verified {
            value: part(&self.value),
        }
    }
}

impl Verified<crate::model::Digest> {
    /// The bytes that a verified digest names.
    pub fn bytes<'a>(&self, bytes: &'a [u8]) -> Option<Verified<&'a [u8]>> {
        (crate::model::Digest::of(bytes) == self.value).then_some(Verified { value: bytes })
    }
}
