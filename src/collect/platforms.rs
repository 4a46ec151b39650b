//! Which images of an index are asked about.

use super::image::ImageError;
use crate::oci::{Listed, Platform};
use std::fmt;

/// Which of an index's platforms are asked about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Platforms {
    /// What the reference names, whatever it is.
    Itself,
    /// One platform of the index that it names.
    One(Platform),
    /// Each of its platforms.
    All,
}

/// Whether an image's configuration says that it runs there (OCI image spec, "Image Configuration").
pub fn says_platform(config: &[u8], wanted: &Platform) -> bool {
    serde_json::from_slice::<Platform>(config).is_ok_and(|own| wanted.covers(&own))
}

/// The platforms that are asked about, by what the index lists.
///
/// # Errors
/// When a platform is asked for that is not listed.
pub fn choose(
    reference: &impl fmt::Display,
    listed: &[Listed],
    platforms: &Platforms,
) -> Result<Vec<Listed>, ImageError> {
    match platforms {
        Platforms::Itself => Ok(Vec::new()),
        Platforms::All => Ok(listed.to_vec()),
        Platforms::One(wanted) => {
            let fits = |one: &&Listed| one.platform.as_ref().is_some_and(|it| wanted.covers(it));
            let found: Vec<_> = listed.iter().filter(fits).cloned().collect();
            match found.as_slice() {
                [] => Err(ImageError::NoPlatform {
                    reference: reference.to_string(),
                    wanted: wanted.to_string(),
                    listed: listed.iter().map(ToString::to_string).collect(),
                }),
                _ => Ok(found),
            }
        }
    }
}
