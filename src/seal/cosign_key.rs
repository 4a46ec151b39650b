//! cosign's encrypted key file: scrypt, then NaCl's secretbox, around PKCS#8.
//!
//! The format is secure-systems-lab's `go-securesystemslib/encrypted`, as cosign writes it.

use super::key::{KeyError, malformed};
use crate::model::limits::SCRYPT_COST;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crypto_secretbox::aead::Aead;
use crypto_secretbox::{Key, KeyInit, Nonce, XSalsa20Poly1305};
use serde::Deserialize;

const NONCE_BYTES: usize = 24;

#[derive(Deserialize)]
struct Encrypted {
    kdf: Kdf,
    cipher: Cipher,
    ciphertext: String,
}

#[derive(Deserialize)]
struct Kdf {
    name: String,
    params: Params,
    salt: String,
}

#[derive(Deserialize)]
struct Params {
    #[serde(rename = "N")]
    n: u64,
    r: u32,
    p: u32,
}

#[derive(Deserialize)]
struct Cipher {
    name: String,
    nonce: String,
}

/// The PKCS#8 bytes inside.
pub(super) fn open(json: &[u8], password: &str) -> Result<Vec<u8>, KeyError> {
    let file: Encrypted = serde_json::from_slice(json).map_err(malformed)?;
    if file.kdf.name != "scrypt" || file.cipher.name != "nacl/secretbox" {
        return Err(malformed(
            "it is not encrypted with scrypt and nacl/secretbox",
        ));
    }
    let params = bounded(&file.kdf.params)?;
    let salt = decode(&file.kdf.salt)?;
    let nonce: [u8; NONCE_BYTES] = decode(&file.cipher.nonce)?
        .try_into()
        .map_err(|_| malformed("the nonce is not 24 bytes"))?;
    let ciphertext = decode(&file.ciphertext)?;
    let mut key = [0; 32];
    scrypt::scrypt(password.as_bytes(), &salt, &params, &mut key).map_err(malformed)?;
    XSalsa20Poly1305::new(&Key::from(key))
        .decrypt(&Nonce::from(nonce), ciphertext.as_slice())
        .map_err(|_| KeyError::Password)
}

/// The file chooses the work, so the work is weighed before it is done.
fn bounded(params: &Params) -> Result<scrypt::Params, KeyError> {
    let Params { n, r, p } = *params;
    let cost = n
        .checked_mul(r.into())
        .and_then(|cost| cost.checked_mul(p.into()));
    let is_bounded = cost.is_some_and(|cost| cost > 0 && cost <= SCRYPT_COST);
    if !is_bounded || !n.is_power_of_two() || n < 2 {
        return Err(KeyError::Cost { n, r, p });
    }
    // A power of two up to 2^23 has at most 23 trailing zeros.
    let log_n = u8::try_from(n.trailing_zeros()).map_err(malformed)?;
    scrypt::Params::new(log_n, r, p).map_err(malformed)
}

fn decode(text: &str) -> Result<Vec<u8>, KeyError> {
    STANDARD.decode(text).map_err(malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::redact::Secret;
    use crate::seal::LocalKey;

    const ALICE: &[u8] = include_bytes!("../../fixtures/sigstore/test-keys/alice.key");
    const ALICE_PUBLIC: &str = include_str!("../../fixtures/sigstore/test-keys/alice.pub");

    fn alice_json() -> serde_json::Value {
        let body: String = std::str::from_utf8(ALICE)
            .unwrap()
            .lines()
            .filter(|line| !line.starts_with('-'))
            .collect();
        serde_json::from_slice(&STANDARD.decode(body).unwrap()).unwrap()
    }

    fn open_changed(change: impl Fn(&mut serde_json::Value)) -> KeyError {
        let mut json = alice_json();
        change(&mut json);
        open(json.to_string().as_bytes(), "").unwrap_err()
    }

    #[test]
    fn a_key_file_written_by_cosign_opens_to_its_public_key() {
        for password in [None, Some(Secret::new(""))] {
            let key = LocalKey::parse(ALICE, password.as_ref()).unwrap();
            assert_eq!(key.public_pem().unwrap(), ALICE_PUBLIC);
        }
        let older = String::from_utf8(ALICE.to_vec())
            .unwrap()
            .replace("SIGSTORE", "COSIGN");
        assert!(LocalKey::parse(older.as_bytes(), None).is_ok());
    }

    #[test]
    fn a_wrong_password_is_said_to_be_one_and_not_shown() {
        let wrong = Secret::new("hunter2");

        let error = LocalKey::parse(ALICE, Some(&wrong)).unwrap_err();

        assert!(matches!(error, KeyError::Password));
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }

    #[test]
    fn work_beyond_the_limit_is_refused_before_it_is_done() {
        for (n, r, p) in [
            (1_u64 << 21, 8, 1),
            (1 << 40, 1, 1),
            (u64::MAX, u32::MAX, u32::MAX),
            (65_536, 8, 1_000),
            (65_535, 8, 1),
            (0, 8, 1),
            (1, 8, 1),
            (65_536, 0, 1),
            (65_536, 8, 0),
        ] {
            let error = open_changed(|json| {
                json["kdf"]["params"] = serde_json::json!({"N": n, "r": r, "p": p});
            });
            assert!(
                matches!(error, KeyError::Cost { .. }),
                "{n} {r} {p}: {error}"
            );
        }
    }

    #[test]
    fn other_schemes_and_broken_fields_are_malformed() {
        let changes: [fn(&mut serde_json::Value); 6] = [
            |json| json["kdf"]["name"] = "pbkdf2".into(),
            |json| json["cipher"]["name"] = "aes".into(),
            |json| json["cipher"]["nonce"] = "AAAA".into(),
            |json| json["cipher"]["nonce"] = "not base64".into(),
            |json| json["ciphertext"] = serde_json::Value::Null,
            |json| json["kdf"]["salt"] = "*".into(),
        ];
        for change in changes {
            assert!(matches!(open_changed(change), KeyError::Malformed(_)));
        }
    }
}
