//! `evidence.yaml` and the verifier's policy: text in, plan out; everything wrong is said with line, column and hint.

mod defaults;
pub mod diagnostic;
mod fields;
pub mod identity;
mod images;
mod items;
mod limit;
mod metrics;
pub mod model;
mod node;
mod paths;
pub mod plan;
mod policy;
mod read;
mod sbom;
mod scans;
mod servers;
mod signers;
pub mod template;
#[cfg(test)]
mod tests;

pub use defaults::FILE_NAME;
pub use diagnostic::{Diagnostic, Diagnostics};
pub use model::Config;
pub use paths::member_of;
pub use plan::{Binding, Plan, PlannedItem, plan, previous_bundle};
pub use policy::parse_policy;
pub use read::parse;

/// JSON Schema of `evidence.yaml`, version 1.
pub const CONFIG_SCHEMA: &str = include_str!("../../schemas/evidence-config-v1.schema.json");
/// JSON Schema of a policy, version 1.
pub const POLICY_SCHEMA: &str = include_str!("../../schemas/evidence-policy-v1.schema.json");
