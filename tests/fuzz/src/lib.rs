//! What targets share: archives and streams that get an input to the reader behind them, and a bundle that is sealed.

pub mod archive;
pub mod sealed;
