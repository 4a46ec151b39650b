//! The only sockets.

mod auth;
mod clients;
mod credential_helper;
pub mod credentials;
pub mod http;
mod http_error;
mod mirror;
mod push;
mod referrers;
pub mod registry;
mod registry_error;
pub mod rekor;
mod retry;
mod session;
pub mod tuf;
mod tuf_store;
mod used;

pub use credentials::{Credential, Credentials, CredentialsError};
pub use http::{Http, HttpError, HttpOptions, Request, Response};
pub use mirror::{Mirror, MirrorError};
pub use push::Pushed;
pub use referrers::Listing;
pub use registry::{ErrorCode, Fetched, Registry, RegistryError, RegistryOptions};
pub use rekor::{Rekor, RekorError};

#[cfg(test)]
#[cfg(feature = "sandbox")]
mod http_tests;
#[cfg(test)]
#[cfg(feature = "sandbox")]
mod referrers_tests;
#[cfg(test)]
#[cfg(feature = "sandbox")]
mod registry_tests;
#[cfg(test)]
#[cfg(feature = "sandbox")]
pub(crate) mod scripted;
