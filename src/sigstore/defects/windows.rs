//! Whatever a root trusts counts in its own window, and in no other.

use super::*;

/// The fixtures' root with an edit.
fn root(edit: impl Fn(&mut Value)) -> Roots {
    let mut json: Value = serde_json::from_slice(ROOT).unwrap();
    edit(&mut json);
    let mut roots = Roots::none();
    roots.add("edited", json.to_string().as_bytes()).unwrap();
    roots
}

fn close(items: &mut Value, window: fn(&mut Value) -> &mut Value) {
    for item in items.as_array_mut().unwrap() {
        *window(item) = json!({"start": "2020-01-01T00:00:00Z", "end": "2020-01-02T00:00:00Z"});
    }
}

fn under((artifact, bundle): Blob, roots: &Roots) -> Judgement {
    let artifact = Artifact::Bytes(artifact);
    judge_bundle(bundle, artifact, roots, &keys(), &Options::STRICT).judgement
}

const OF_KEY: fn(&mut Value) -> &mut Value = |log| &mut log["publicKey"]["validFor"];
const OF_AUTHORITY: fn(&mut Value) -> &mut Value = |authority| &mut authority["validFor"];

#[test]
fn a_logs_key_counts_at_the_time_of_the_entry() {
    let over = root(|json| close(&mut json["tlogs"], OF_KEY));

    for blob in [BY_KEY, KEYLESS, REKOR_2, KEY_REKOR_2] {
        assert!(under(blob, &roots()).valid().is_some());
        assert_eq!(code(&under(blob, &over)), "log-window");
    }
}

#[test]
fn a_certificate_logs_key_counts_at_the_time_of_its_promise() {
    let over = root(|json| close(&mut json["ctlogs"], OF_KEY));

    assert_eq!(code(&under(KEYLESS, &over)), "certificate-log-window");
}

#[test]
fn a_timestamp_authority_counts_at_the_time_that_it_states() {
    let over = root(|json| close(&mut json["timestampAuthorities"], OF_AUTHORITY));

    for blob in [REKOR_2, KEY_REKOR_2] {
        assert_eq!(code(&under(blob, &over)), "timestamp-window");
    }
}

#[test]
fn a_certificate_authority_counts_at_the_time_of_signing() {
    let over = root(|json| close(&mut json["certificateAuthorities"], OF_AUTHORITY));
    let beside_another = root(|json| {
        let authorities = &mut json["certificateAuthorities"];
        close(authorities, OF_AUTHORITY);
        let github = sigstore_trust_root::SIGSTORE_GITHUB_TRUSTED_ROOT;
        let mut github: Value = serde_json::from_str(github).unwrap();
        let mut other = github["certificateAuthorities"][0].take();
        other["validFor"] = json!({"start": "2020-01-01T00:00:00Z"});
        authorities.as_array_mut().unwrap().push(other);
    });

    for roots in [over, beside_another] {
        let judged = under(KEYLESS, &roots);
        assert_eq!(code(&judged), "certificate-authority-window");
    }
}
