//! What the panels of a Grafana dashboard ask a Prometheus, as its JSON says: panels walked, variables filled in,
//! steps computed as Grafana does. Imitates what its source does; no server of any version was compared with.

mod interpolate;
mod interval;
mod layout;
mod panel;
mod resolve;
mod source;
mod variable;
mod wire;

pub use resolve::{Asked, DashboardPanel, PanelQuery, library_panels, resolve};

#[cfg(test)]
mod tests;
