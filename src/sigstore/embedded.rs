//! The trusted roots that are built in, and how old they are.

use crate::model::{Instance, Timestamp};
use sigstore_trust_root::SigstoreInstance;

/// The day on which the built-in roots were fetched from their TUF repositories: 2026-10-23, the release of
/// `sigstore-trust-root` 0.15.1 (its change log: "refresh embedded TUF data").
pub const EMBEDDED_ON: Timestamp = Timestamp::constant(1_792_713_600, 0);

/// The built-in `trusted_root.json` of an instance.
pub fn embedded_root(instance: Instance) -> &'static str {
    match instance {
        Instance::PublicGood => SigstoreInstance::PublicGood,
        Instance::Staging => SigstoreInstance::Staging,
        Instance::GitHub => SigstoreInstance::GitHub,
    }
    .embedded_trusted_root_json()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Digest;

    #[test]
    fn the_date_is_that_of_these_very_roots() {
        let digests = Instance::ALL.map(|one| Digest::of(embedded_root(one).as_bytes()).hex());

        assert_eq!(EMBEDDED_ON.to_string(), "2026-10-23T00:00:00Z");
        // When one differs, the crate brings other roots: look up when they were fetched, change EMBEDDED_ON too, and copy
        // its `repository/tuf_*root.json` to `src/net/tuf_roots`, where the refresh begins.
        assert_eq!(
            digests,
            [
                "6494e21ea73fa7ee769f85f57d5a3e6a08725eae1e38c755fc3517c9e6bc0b66",
                "44deb991d4bbf2150751ccee235d9810bce4434383c26d8898c1bcadbace6ed8",
                "484cdfe1a7c65479c5ba2a22193d1be90f0020db1997de696ab207434c62fbb7",
            ]
        );
    }
}
