//! `evidence.yaml` and the verifier's policy: text in, plan out; everything wrong is said with line, column and hint.

pub mod choices;
mod consistency;
mod dashboards;
mod defaults;
pub mod derived;
pub mod diagnostic;
mod fields;
pub mod formula;
pub mod gates;
pub mod identity;
mod images;
mod items;
mod judged;
mod limit;
mod metrics;
pub mod model;
mod node;
mod paths;
mod phases;
mod places;
pub mod plan;
mod policy;
mod previous;
mod read;
pub mod redact;
mod resolve;
pub mod rule_source;
mod rules;
mod sbom;
mod scans;
mod servers;
mod signers;
mod statistic;
pub mod template;
#[cfg(test)]
mod tests;

pub use defaults::FILE_NAME;
pub use diagnostic::{Diagnostic, Diagnostics};
pub use model::Config;
pub use paths::member_of;
pub use plan::{Binding, Plan, PlannedItem, plan};
pub use policy::parse_policy;
pub use previous::previous_bundle;
pub use read::parse;

/// JSON Schema of `evidence.yaml`, version 1.
pub const CONFIG_SCHEMA: &str = include_str!("../../schemas/evidence-config-v1.schema.json");
/// JSON Schema of a policy, version 1.
pub const POLICY_SCHEMA: &str = include_str!("../../schemas/evidence-policy-v1.schema.json");
