//! Mistakes of form, one at a time.

use super::{CONFIG_SCHEMA, HEAD, accepts, said};

/// Mistakes of form: code and schema refuse them.
const MALFORMED: &[(&str, &str)] = &[
    (
        "images: [{name: a, reference: x, signed-by: []}]",
        "3:45: the list is empty",
    ),
    (
        "images: [{name: a}]",
        "3:10: the key \"reference\" is missing",
    ),
    (
        "images: [{name: a, reference: 3}]",
        "3:31: expected a text, found the number 3\n  hint: put it in quotes: \"3\"",
    ),
    (
        "images: [{name: a, reference: x, sbom: {}}]",
        "3:40: the key \"format\" is missing",
    ),
    (
        "images: [{name: a, reference: x, sbom: {format: swid}}]",
        "3:49: expected spdx or cyclonedx, found \"swid\"",
    ),
    ("images: {}", "3:9: expected a list, found a map"),
    ("images:", "3:7: expected a list, found nothing"),
    (
        "identities: {a: {issuer: x}}",
        "3:17: an identity needs \"subject\" or \"subject-regexp\"\n  hint: a signer is known by issuer and subject together, by issuer and claims.repository, or by {key: PATH}",
    ),
    (
        "identities: {a: {issuer: x, subject: y, subject-regexp: z}}",
        "3:57: \"subject\" and \"subject-regexp\" exclude each other",
    ),
    (
        "identities: {a: {key: k.pub, issuer: x}}",
        "3:23: an identity is a key or a certificate's issuer and subject, not both",
    ),
    ("identities: {A: {key: k.pub}}", "3:14: \"A\" is no id"),
    (
        "identities: {a: {certificate-identity: x}}",
        "3:17: an identity is {issuer: …, subject: …} or {key: PATH}\nevidence.yaml:3:18: unknown key \"certificate-identity\"",
    ),
    ("trusted-roots: []", "3:16: the list is empty"),
    ("prometheus: {m: {}}", "3:17: the key \"url\" is missing"),
    (
        "prometheus: {m: {url: 'http://me:pw@h'}}",
        "3:23: the url holds a user or password\n  hint: secrets are never written here: use basic: {username: …, password-env: …} or bearer-env",
    ),
    (
        "prometheus: {m: {url: 'http://h?token=pw'}}",
        "3:23: a server's url has no query and no fragment",
    ),
    (
        "prometheus: {m: {url: 'h:9090'}}",
        "3:23: a url begins with https:// or http://",
    ),
    (
        "prometheus: {m: {url: 'http://h', bearer: pw}}",
        "3:35: unknown key \"bearer\"\n  hint: secrets are never written here: name an environment variable with \"bearer-env\" or a file with \"bearer-file\"",
    ),
    (
        "prometheus: {m: {url: 'http://h', bearer-env: A, bearer-file: b}}",
        "3:63: \"bearer-env\" and \"bearer-file\" exclude each other",
    ),
    (
        "prometheus: {m: {url: 'http://h', bearer-env: ey.J}}",
        "3:47: this is no name of an environment variable",
    ),
    (
        "prometheus: {m: {url: 'http://h', basic: {username: u, password: pw}}}",
        "3:42: basic needs \"password-env\" or \"password-file\"\nevidence.yaml:3:56: unknown key \"password\"\n  hint: secrets are never written here: name an environment variable with \"password-env\" or a file with \"password-file\"",
    ),
    (
        "prometheus: {m: {url: 'http://h', basic: {username: u, password-env: P}, bearer-env: T}}",
        "3:42: a server takes bearer or basic credentials, not both",
    ),
    (
        "prometheus: {m: {url: 'http://h', headers: {X-A: {}}}}",
        "3:50: a header's value is a text, {env: NAME} or {file: PATH}",
    ),
    (
        "prometheus: {m: {url: 'http://h', headers: {'X A': b}}}",
        "3:45: \"X A\" is no header name",
    ),
    (
        "prometheus: {m: {url: 'http://h', chunk-points: 11001}}",
        "3:49: expected a whole number from 1 to 11000, found the number 11001",
    ),
    (
        "grafana: {m: {url: 'http://h', chunk-points: 10}}",
        "3:32: unknown key \"chunk-points\"",
    ),
    (
        "dashboards: [{id: d, uid: u}]\ngrafana: {m: {url: 'http://h'}}",
        "3:14: the key \"window\" is missing",
    ),
    (
        "files: [{id: f, path: ''}]",
        "3:23: expected a text, found an empty one",
    ),
    (
        "files: [{id: f, path: /etc/passwd}]",
        "3:23: \"/etc/passwd\" is no path inside the repository",
    ),
    (
        "files: [{id: f, path: a, media-type: json}]",
        "3:38: \"json\" is no media type",
    ),
    (
        "commands: [{id: c, run: []}]",
        "3:25: a command has at least its program",
    ),
    (
        "commands: [{id: c, run: kubectl get pods}]",
        "3:25: expected a list, found the text \"kubectl get pods\"",
    ),
    (
        "commands: [{id: c, run: [ls], exit-code: 256}]",
        "3:42: expected a whole number from 0 to 255, found the number 256",
    ),
    (
        "commands: [{id: c, run: [ls], env: ['A=b']}]",
        "3:37: this is no name of an environment variable",
    ),
    (
        "commands: [{id: c, run: [true]}]",
        "3:26: expected a text, found true or false\n  hint: put it in quotes: \"true\"",
    ),
    (
        "gates: {cutover: []}",
        "3:18: a gate without checks judges nothing",
    ),
    ("pinned: []", "3:1: unknown key \"pinned\""),
];

#[test]
fn a_mistake_of_form_is_refused_at_its_place_and_by_the_schema() {
    for (section, expected) in MALFORMED {
        let text = format!("{HEAD}{section}\n");
        let said = said(&text);
        assert!(
            said.starts_with(&format!("evidence.yaml:{expected}")),
            "{section}\nsaid: {said}"
        );
        assert!(!said.contains("pw"), "{said}");
        assert!(
            !accepts(CONFIG_SCHEMA, &text),
            "the schema accepts {section}"
        );
    }
}
