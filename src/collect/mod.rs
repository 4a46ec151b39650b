//! Captures: from sources to the store.

pub mod assemble;
pub mod attachment;
pub mod auth;
pub mod bundled;
pub mod commands;
pub mod configuration;
pub mod files;
pub mod git;
pub mod grafana;
pub mod image;
pub mod layout_dir;
pub mod look;
pub mod moments;
pub mod online;
pub mod panels;
pub mod previous;
pub mod prometheus;
mod redaction;
pub mod run;
pub mod secrets;
pub mod servers;
pub mod settled;
pub mod store;

mod habit;
mod in_order;
pub mod judged;
pub mod judged_gates;
mod kept;
mod kubeconfig;
mod layout_files;
mod oci_files;
mod platforms;
mod process;
mod repository;
mod scan;
mod store_error;

pub use image::{FetchedImage, ImageError, fetch, fetch_image};
pub use layout_dir::read_image_layout;

#[cfg(test)]
#[cfg(feature = "sandbox")]
mod image_tests;
#[cfg(test)]
mod replay;
