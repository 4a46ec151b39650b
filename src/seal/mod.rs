//! Signing of in-toto statements: certificate, signature, timestamp, log record, Sigstore bundle.

mod cosign_key;
mod exchange;
mod fulcio;
mod key;
mod log;
mod log_v1;
mod log_v2;
pub mod predicate;
pub mod services;
pub mod signer;
#[cfg(test)]
mod stub;
mod timestamp;
pub mod token;
mod wire;

pub use exchange::{SealError, Service};
pub use key::{KeyError, LocalKey};
pub use predicate::{StatementError, checksum_line, seal_statement};
pub use services::{Log, RekorVersion, Services, ServicesError};
pub use signer::{Credential, Signed, sign_statement};
pub use token::{IdentityToken, TokenError, ambient_token, given_token, has_ambient_token};
