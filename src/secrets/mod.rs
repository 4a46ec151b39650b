//! Finds secrets in bytes: the credentials of a run in each form in which they travel, and what has the shape of one.
//!
//! Pure: all texts are looked for at once, at the speed of memory, and only where one stands is looked closer. What is found
//! is told by kind and place; no part of it is in any message.

mod forms;
mod kubernetes;
mod looks;
mod place;
mod search;
mod shapes;
mod texts;

pub use place::Place;
pub use search::{Hit, Search, What};
pub use shapes::{SHAPES, Shape, is_shape};

use crate::model::redact::Secret;

/// A credential of a run.
#[derive(Clone, Debug)]
pub struct Known {
    /// Whose it is, in words for people: `bearer token of prometheus main`.
    pub name: String,
    /// The credential.
    pub secret: Secret,
}

impl Known {
    /// A credential with its name.
    pub fn new(name: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            secret: Secret::new(secret),
        }
    }
}
