//! Images that the real cosigns signed, in both kinds of registry.

use super::running::{
    Image, Ran, by_key, evidence, image, run, shared, trusted_root, variable, workflow,
};

/// The registry with the referrers API, and the one without it.
const REGISTRIES: [&str; 2] = ["STACK_REGISTRY", "STACK_REGISTRY_PLAIN"];

#[test]
fn signatures_of_both_cosigns_keyless_and_by_key_are_verified_from_both_registries() {
    let _servers = shared();
    for registry in REGISTRIES {
        assert_verified(&image(registry, "api"), &workflow());
        assert_verified(&image(registry, "client"), &workflow());
        assert_verified(&image(registry, "gateway"), &by_key("alice"));
        assert_verified(&image(registry, "legacy-key"), &by_key("alice"));
    }
}

#[test]
fn attested_sboms_of_both_cosigns_are_verified_from_both_registries() {
    let _servers = shared();
    for registry in REGISTRIES {
        for (name, kind, whom) in [
            ("api", "spdx", workflow()),
            ("client", "spdx", workflow()),
            ("client", "cyclonedx", workflow()),
            ("gateway", "spdx", by_key("alice")),
        ] {
            let whom = [whom, vec!["--attestation".into(), kind.into()]].concat();
            assert_verified(&image(registry, name), &whom);
        }
    }
}

#[test]
fn an_image_is_verified_by_its_digest_as_well() {
    let _servers = shared();
    let api = image("STACK_REGISTRY", "api");
    let reference = format!("{}/shop/api@{}", variable("STACK_REGISTRY"), api.digest);
    let by_digest = Image { reference, ..api };

    assert_verified(&by_digest, &workflow());
}

#[test]
fn another_key_is_refused() {
    let _servers = shared();
    for registry in REGISTRIES {
        assert_refused(&image(registry, "gateway"), &by_key("bob"));
        assert_refused(&image(registry, "legacy-key"), &by_key("bob"));
    }
}

#[test]
fn another_identity_is_refused_and_the_signer_is_named() {
    let _servers = shared();
    let whom = [
        format!("--certificate-identity={}x", variable("STACK_IDENTITY")),
        format!("--certificate-oidc-issuer={}", variable("STACK_GHA_ISSUER")),
    ];
    for registry in REGISTRIES {
        for name in ["api", "client"] {
            let said = assert_refused(&image(registry, name), &whom);
            assert!(said.contains(&variable("STACK_IDENTITY")), "{said}");
        }
    }
}

#[test]
fn another_issuer_is_refused() {
    let _servers = shared();
    let whom = [
        format!("--certificate-identity={}", variable("STACK_IDENTITY")),
        format!(
            "--certificate-oidc-issuer={}",
            variable("STACK_EMAIL_ISSUER")
        ),
    ];

    assert_refused(&image("STACK_REGISTRY", "client"), &whom);
}

#[test]
fn an_unsigned_image_is_refused() {
    let _servers = shared();
    for registry in REGISTRIES {
        assert_refused(&image(registry, "unsigned"), &workflow());
        assert_refused(&image(registry, "unsigned"), &by_key("alice"));
    }
}

#[test]
fn an_attestation_of_another_type_is_not_enough() {
    let _servers = shared();
    let whom = [workflow(), vec!["--attestation=cyclonedx".into()]].concat();
    for registry in REGISTRIES {
        assert_refused(&image(registry, "api"), &whom);
    }
}

#[test]
fn a_signature_under_a_root_that_the_verifier_lacks_is_undetermined() {
    let _servers = shared();
    for name in ["api", "client"] {
        let reference = image("STACK_REGISTRY", name).reference;

        let ran = run(evidence()
            .args([
                "image",
                "verify",
                &reference,
                "--trusted-root",
                "public-good",
            ])
            .args(workflow()));

        ran.exits(3);
    }
}

#[test]
fn many_images_are_judged_at_once_and_one_refusal_hides_no_other_answer() {
    let _servers = shared();
    let mut command = evidence();
    command.args(["image", "verify", "--output", "json"]);
    for name in ["api", "client", "unsigned"] {
        command.arg(image("STACK_REGISTRY_PLAIN", name).reference);
    }

    let ran = run(command
        .args(["--trusted-root", &trusted_root()])
        .args(workflow()))
    .exits(1);

    let json = ran.json();
    let verdicts = json["images"].as_array().unwrap().iter();
    let verdicts: Vec<_> = verdicts.map(|image| &image["verdict"]).collect();
    assert_eq!(verdicts, ["verified", "verified", "refused"]);
}

/// `evidence image verify` under the stack's trusted root.
pub(crate) fn verify(image: &Image, whom: &[String]) -> Ran {
    run(evidence()
        .args(["image", "verify", "--output", "json", &image.reference])
        .args(["--trusted-root", &trusted_root()])
        .args(whom))
}

#[track_caller]
fn assert_verified(image: &Image, whom: &[String]) {
    let json = verify(image, whom).exits(0).json();

    assert_eq!(json["images"][0]["verdict"], "verified", "{json:#}");
    assert_eq!(json["images"][0]["digest"], *image.digest, "{json:#}");
}

#[track_caller]
fn assert_refused(image: &Image, whom: &[String]) -> String {
    let ran = verify(image, whom).exits(1);

    assert_eq!(ran.json()["images"][0]["verdict"], "refused");
    ran.stdout
}
