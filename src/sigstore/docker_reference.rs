//! Where a signer met the image. It proves nothing: what is signed is the digest.

use crate::oci::{ImageRef, Reference};

/// Whether the docker-reference of a signature names the repository of the reference that was asked for.
///
/// None when there is nothing to compare: a signature that names no place, or an image on disk.
pub fn fits(docker_reference: &str, asked: &str) -> Option<bool> {
    if docker_reference.is_empty() {
        return None;
    }
    let Ok(ImageRef::Registry(asked)) = asked.parse() else {
        return None;
    };
    // What is no reference names no image that anybody asked for.
    Some(
        docker_reference
            .parse::<Reference>()
            .is_ok_and(|found| place(&found) == place(&asked)),
    )
}

fn place(reference: &Reference) -> (&str, &str) {
    let registry = match reference.registry.as_str() {
        "index.docker.io" | "registry-1.docker.io" => "docker.io",
        other => other,
    };
    (registry, &reference.repository)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_alone_is_compared() {
        for same in ["ghcr.io/o/api", "ghcr.io/o/api:v2"] {
            assert_eq!(fits(same, "ghcr.io/o/api:v1"), Some(true));
        }
        for other in [
            "ghcr.io/o/web",
            "quay.io/o/api",
            "ghcr.io/o/api/x",
            "no reference",
        ] {
            assert_eq!(fits(other, "ghcr.io/o/api:v1"), Some(false), "{other}");
        }
        assert_eq!(fits("index.docker.io/library/nginx", "nginx:1"), Some(true));
    }

    #[test]
    fn what_cannot_be_compared_is_neither() {
        assert_eq!(fits("", "ghcr.io/o/api"), None);
        assert_eq!(fits("ghcr.io/o/api", "oci:layouts/api"), None);
    }
}
