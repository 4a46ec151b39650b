//! The only sockets.

mod auth;
mod credential_helper;
pub mod credentials;
pub mod http;
mod push;
mod referrers;
pub mod registry;
mod registry_error;
pub mod rekor;
mod session;

pub use credentials::{Credential, Credentials, CredentialsError};
pub use http::{Http, HttpError, HttpOptions, Request, Response};
pub use push::Pushed;
pub use registry::{ErrorCode, Fetched, Registry, RegistryError, RegistryOptions};
pub use rekor::{Rekor, RekorError};

#[cfg(test)]
#[cfg(feature = "sandbox")]
mod referrers_tests;
#[cfg(test)]
#[cfg(feature = "sandbox")]
mod registry_tests;
#[cfg(test)]
#[cfg(feature = "sandbox")]
pub(crate) mod scripted;
