//! Stories against real servers, for `tests/interop/stack with cargo test --features interop --test interop`.

// The hostile archives, which are judged by a test of their own; here others read what of them is accepted.
#[cfg(test)]
#[path = "../archives/corpus/mod.rs"]
#[allow(dead_code, reason = "nothing is sealed here")]
mod corpus;
#[cfg(test)]
mod gates;
#[cfg(test)]
#[path = "../archives/gz.rs"]
mod gz;
#[cfg(test)]
mod images;
#[cfg(test)]
mod matrix;
#[cfg(test)]
mod metrics;
#[cfg(test)]
#[path = "../archives/mutate.rs"]
mod mutate;
#[cfg(test)]
mod online;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod project;
#[cfg(test)]
mod prometheus;
#[cfg(test)]
mod readers;
#[cfg(test)]
mod recompute;
#[cfg(test)]
mod release;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod running;
#[cfg(test)]
#[path = "../archives/sample.rs"]
#[allow(dead_code, reason = "nothing is sealed here")]
mod sample;
#[cfg(test)]
mod sboms;
#[cfg(test)]
mod seal;
#[cfg(test)]
#[path = "../archives/tape.rs"]
mod tape;
#[cfg(test)]
mod tripwire;
