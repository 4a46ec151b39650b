//! Image references in people's files: where each stands, and whether it says by digest which image is meant.
//!
//! Files: Kubernetes manifests of every kind (YAML or JSON), kustomizations, Helm values and templates, compose files,
//! Dockerfiles, GitHub workflows. Texts inside of texts (a manifest in a `ConfigMap`, a script) are not looked into.

mod classify;
mod compose;
mod dockerfile;
mod edit;
mod error;
mod form;
mod kustomize;
mod mention;
mod split;
mod template;
mod walk;
mod workflow;
mod yaml;

#[cfg(test)]
mod tests;

pub use edit::{Edit, Fix, apply};
pub use error::FindError;
pub use form::is_candidate;
pub use mention::{Mention, Place, State, Unknown};

use crate::model::limits::{PINS_FILE_BYTES, PINS_MENTIONS};
use form::Form;
use mention::Mentions;

/// All image references of one file, in the order in which they stand in it.
///
/// `name` is the file's path, or `-`: its form is told by name and content. Stages of a Dockerfile and `scratch` are no
/// references. Time and memory grow with the file's size and no faster, aliases included.
///
/// # Errors
/// When the file is too large, is no UTF-8, is malformed, or holds one key twice in a map: then nothing is known about
/// it.
pub fn find(name: &str, text: &[u8]) -> Result<Vec<Mention>, FindError> {
    if u64::try_from(text.len()).map_or(true, |size| size > PINS_FILE_BYTES) {
        return Err(FindError::TooLarge {
            limit: PINS_FILE_BYTES,
        });
    }
    if form::is_data(name) && !may_have_images(text) {
        return Ok(Vec::new());
    }
    let text = std::str::from_utf8(text).map_err(|error| FindError::NotUtf8 {
        line: line_at(text, error.valid_up_to()),
    })?;
    let mut found = Mentions::new(PINS_MENTIONS);
    match form::of(name, text) {
        Form::Dockerfile => dockerfile::find(text, &mut found)?,
        Form::Template => template::find(text, &mut found),
        Form::Yaml => {
            match form::yaml(name, text, &mut found) {
                // What is no YAML because of template actions is still to be read line by line.
                Err(FindError::Malformed { .. }) if text.contains("{{") => {
                    found = Mentions::new(PINS_MENTIONS);
                    template::find(text, &mut found);
                }
                other => other?,
            }
        }
    }
    found.finish()
}

/// Whether any word of a reference's key stands in the text. Most YAML and JSON of a repository has none of them, and
/// some of that is no YAML (comments in `tsconfig.json`).
fn may_have_images(bytes: &[u8]) -> bool {
    // An escape can spell any word, and so can UTF-16, whose ASCII has zeros between.
    let words: [&[u8]; 6] = [
        b"image",
        b"repository",
        b"container",
        b"docker",
        b"\\",
        b"\0",
    ];
    words.iter().any(|word| {
        bytes
            .windows(word.len())
            .any(|part| part.eq_ignore_ascii_case(word))
    })
}

/// Number of the line that holds this byte, from 1.
fn line_at(text: &[u8], offset: usize) -> u32 {
    let before = text.iter().take(offset).filter(|byte| **byte == b'\n');
    u32::try_from(before.count()).map_or(u32::MAX, |line| line.saturating_add(1))
}
