//! The Sigstore instances that are known by name.

use std::fmt;
use std::str::FromStr;

/// A Sigstore instance whose trusted root is built in.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Instance {
    /// Sigstore's public-good instance.
    PublicGood,
    /// Sigstore's staging instance.
    Staging,
    /// GitHub's own instance, for attestations of private repositories.
    GitHub,
}

/// Not the name of an instance.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no instance of that name: public-good, staging, github")]
pub struct UnknownInstance;

impl Instance {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::PublicGood, Self::Staging, Self::GitHub];

    /// Its name in flags, policies and configurations.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PublicGood => "public-good",
            Self::Staging => "staging",
            Self::GitHub => "github",
        }
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Instance {
    type Err = UnknownInstance;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|instance| instance.name() == text)
            .ok_or(UnknownInstance)
    }
}
