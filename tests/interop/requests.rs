//! What a spot check asks of a registry, counted by the registry: no more than the answer takes.

use super::running::{by_key, evidence, run, shared, stack_file, trusted_root, variable};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

const IMAGES: usize = 10;
/// The question whether a token is wanted, and one look into the wrong place.
const FOR_THE_REGISTRY: usize = 2;

#[test]
fn a_legacy_signature_takes_two_requests() {
    let _servers = shared();
    let registry = Registry::start();
    let images = registry.images(|image| registry.sign_legacy(image));

    registry.assert_takes(2, &images, &[]);
}

#[test]
fn a_bundle_takes_three_requests() {
    let _servers = shared();
    let registry = Registry::start();
    let images = registry.images(|image| registry.sign(image));

    registry.assert_takes(3, &images, &[]);
}

#[test]
fn a_bundle_beside_an_attested_sbom_takes_five_requests() {
    let _servers = shared();
    let registry = Registry::start();
    let images = registry.images(|image| {
        registry.sign(image);
        registry.attest(image);
    });

    registry.assert_takes(5, &images, &[]);
    registry.assert_takes(5, &images, &["--attestation", "spdx"]);
}

#[test]
fn cosign_asks_at_least_as_much() {
    let _servers = shared();
    let registry = Registry::start();
    let images = registry.images(|image| registry.sign(image));

    let (seen, _) = registry.counted(|| {
        let mut cosign = Command::new("cosign-v3");
        cosign.args(["verify", "--insecure-ignore-tlog"]);
        run(cosign.args(by_key("alice")).args(&images)).exits(0);
    });

    assert!(seen.len() >= IMAGES * 3, "{}", seen.join("\n"));
}

/// A registry with the referrers API for this test alone, so that nobody else is counted.
struct Registry {
    server: Child,
    address: String,
    folder: tempfile::TempDir,
}

impl Registry {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Command::new(variable("STACK_REGISTRY_PROGRAM"))
            .args(["-port", "0", "-dir"])
            .arg(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut address = String::new();
        let stdout = server.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut address).unwrap();
        Self {
            server,
            address: address.trim().into(),
            folder,
        }
    }

    /// Images by digest, each made ready.
    fn images(&self, make_ready: impl Fn(&str)) -> Vec<String> {
        let image = |number| {
            let tag = format!("{}/shop/image-{number}:v1", self.address);
            let layer = stack_file("images/api.tar");
            let mut append = Command::new("crane");
            append.args(["append", "--oci-empty-base", "--new_layer", &layer]);
            run(append.args(["--new_tag", &tag])).exits(0);
            // The same layer gives the same digest; a label of its own gives each its own.
            let label = format!("number={number}");
            let mut mutate = Command::new("crane");
            mutate.args(["mutate", "--label", &label, "--tag", &tag, &tag]);
            let reference = run(&mut mutate).exits(0).stdout.trim().to_owned();
            make_ready(&reference);
            reference
        };
        (0..IMAGES).map(image).collect()
    }

    fn sign(&self, image: &str) {
        run(by_alice("cosign-v3", "sign").arg(image)).exits(0);
    }

    fn attest(&self, image: &str) {
        let predicate = self.folder.path().join("predicate.json");
        fs::write(&predicate, r#"{"spdxVersion": "SPDX-2.3"}"#).unwrap();
        let mut command = by_alice("cosign-v3", "attest");
        command.args(["--type=spdxjson", "--predicate"]);
        run(command.arg(predicate).arg(image)).exits(0);
    }

    fn sign_legacy(&self, image: &str) {
        let mut command = Command::new("cosign-v2");
        let key = format!("--key={}", stack_file("keys/alice.key"));
        command.args(["sign", "--tlog-upload=false", &key, image]);
        run(&mut command).exits(0);
    }

    /// Verifies the images in one go.
    #[track_caller]
    fn assert_takes(&self, requests: usize, images: &[String], flags: &[&str]) {
        let (seen, json) = self.counted(|| {
            let mut command = evidence();
            command.args(["image", "verify", "--output", "json"]);
            command.args(["--insecure-ignore-tlog", "--trusted-root", &trusted_root()]);
            command.args(by_key("alice")).args(flags).args(images);
            run(&mut command).exits(0).json()
        });

        assert_eq!(json["images"].as_array().unwrap().len(), IMAGES);
        assert!(
            seen.len() <= IMAGES * requests + FOR_THE_REGISTRY,
            "{} requests:\n{}",
            seen.len(),
            seen.join("\n")
        );
    }

    /// The requests that came meanwhile, METHOD PATH each.
    fn counted<R>(&self, work: impl FnOnce() -> R) -> (Vec<String>, R) {
        let url = format!("http://{}/_requests", self.address);
        let ask = |method| {
            let mut curl = Command::new("curl");
            curl.args(["--noproxy", "*", "-fsS", "-X", method, &url]);
            run(&mut curl).exits(0)
        };
        ask("DELETE");
        let result = work();
        let counted = ask("GET").json();
        let requests = counted["requests"].as_object().unwrap();
        let seen = requests
            .iter()
            .flat_map(|(request, count)| {
                let times = usize::try_from(count.as_u64().unwrap()).unwrap();
                std::iter::repeat_n(request.clone(), times)
            })
            .collect();
        (seen, result)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// By a key, and in no log: the registry is all that there is.
pub(crate) fn by_alice(program: &str, verb: &str) -> Command {
    let mut command = Command::new(program);
    let config = stack_file("trust/signing_config_none.json");
    command.args([verb, "--signing-config", &config]);
    command.args(["--trusted-root", &trusted_root()]);
    command.arg(format!("--key={}", stack_file("keys/alice.key")));
    command
}
