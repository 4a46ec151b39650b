//! Real documents of many producers, against what independent tools say about them (`fixtures/sbom/README.md`).

#![cfg(test)]

mod counts;
mod drift;
mod index;
mod quality;
mod scans;
