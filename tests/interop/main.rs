//! Stories against real servers, for `tests/interop/stack with cargo test --features interop --test interop`.

#[cfg(test)]
mod gates;
#[cfg(test)]
mod images;
#[cfg(test)]
mod matrix;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod online;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod project;
#[cfg(test)]
mod prometheus;
#[cfg(test)]
mod recompute;
#[cfg(test)]
mod release;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod running;
#[cfg(test)]
mod sboms;
#[cfg(test)]
mod seal;
#[cfg(test)]
mod tripwire;
