//! A certificate for a fresh key and an identity token (Fulcio, `/api/v2/signingCert`).

use super::exchange::{SealError, Service, ask, bad, below, post_json, refused, require_private};
use super::key::unix_lines;
use super::token::IdentityToken;
use crate::model::limits::CHAIN_CERTIFICATES;
use crate::model::redact::Secret;
use crate::net::http::{Http, Url};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sigstore_crypto::KeyPair;
use sigstore_types::{DerCertificate, DerPublicKey};
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode};

const SERVICE: Service = Service::CertificateAuthority;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    signed_certificate_embedded_sct: Option<Signed>,
}

#[derive(Deserialize)]
struct Signed {
    chain: Chain,
}

#[derive(Deserialize)]
struct Chain {
    certificates: Vec<String>,
}

/// Asks for a certificate that binds the key to the token's identity.
///
/// The token goes to Fulcio only, in a header that is never stored or printed.
pub(super) async fn certificate(
    http: &Http,
    base: &Url,
    token: &IdentityToken,
    pair: &KeyPair,
) -> Result<DerCertificate, SealError> {
    require_private(SERVICE, base)?;
    let sign_error = |error: sigstore_crypto::Error| SealError::Sign(error.to_string());
    let key = pair.public_key_der().map_err(sign_error)?;
    let proof = pair.sign(token.identity().as_bytes()).map_err(sign_error)?;
    let body = serde_json::json!({
        "publicKeyRequest": {
            "publicKey": {"algorithm": "ECDSA", "content": unix_lines(&key.to_pem())},
            "proofOfPossession": STANDARD.encode(proof.as_bytes()),
        },
    });
    let bearer = Secret::new(format!("Bearer {}", token.raw().expose()));
    let request =
        post_json(below(base, "api/v2/signingCert"), &body).secret("authorization", bearer);
    let response = ask(http, SERVICE, request).await?;
    if !response.status.is_success() {
        return Err(refused(SERVICE, &response, Some(token.raw())));
    }
    leaf(&response.body, &key).map_err(|reason| bad(SERVICE, reason))
}

/// The first certificate of the answer, which must be for this key.
fn leaf(body: &[u8], key: &DerPublicKey) -> Result<DerCertificate, String> {
    let answer: Answer = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    // A detached SCT has no place in a Sigstore bundle.
    let chain = answer
        .signed_certificate_embedded_sct
        .ok_or("it holds no certificate with an embedded SCT")?
        .chain
        .certificates;
    if chain.len() > CHAIN_CERTIFICATES {
        return Err(format!("its chain has {} certificates", chain.len()));
    }
    let pem = chain.first().ok_or("its chain is empty")?;
    let certificate = DerCertificate::from_pem(pem).map_err(|error| error.to_string())?;
    let parsed =
        Certificate::from_der(certificate.as_bytes()).map_err(|error| error.to_string())?;
    let certified = parsed
        .tbs_certificate
        .subject_public_key_info
        .to_der()
        .map_err(|error| error.to_string())?;
    if certified != key.as_bytes() {
        return Err("the certificate is for another key".into());
    }
    Ok(certificate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;
    use crate::seal::stub::{http, serve};
    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::post;

    const ANSWER: &[u8] =
        include_bytes!("../../fixtures/sigstore/http/03-v3-sign-keyless-rekor2/fulcio-answer.json");
    const REQUEST: &[u8] = include_bytes!(
        "../../fixtures/sigstore/http/03-v3-sign-keyless-rekor2/fulcio-request.json"
    );

    fn key() -> DerPublicKey {
        let request: serde_json::Value = serde_json::from_slice(REQUEST).unwrap();
        let pem = &request["publicKeyRequest"]["publicKey"]["content"];
        DerPublicKey::from_pem(pem.as_str().unwrap()).unwrap()
    }

    fn token() -> IdentityToken {
        let raw = crate::seal::token::tests::token(r#"{"sub":"repo:x","exp":2}"#);
        IdentityToken::parse(&Secret::new(raw), Timestamp::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn a_real_answer_gives_the_certificate_for_the_key() {
        let certificate = leaf(ANSWER, &key()).unwrap();

        let info = sigstore_crypto::parse_certificate_info(&certificate).unwrap();
        assert_eq!(info.issuer.as_deref(), Some("http://127.0.0.1:8888/gha"));
    }

    #[test]
    fn a_certificate_for_another_key_is_not_used() {
        let other = KeyPair::generate_ecdsa_p256().unwrap();

        let error = leaf(ANSWER, &other.public_key_der().unwrap()).unwrap_err();

        assert_eq!(error, "the certificate is for another key");
    }

    #[test]
    fn answers_without_a_certificate_are_not_used() {
        let many = format!(
            r#"{{"signedCertificateEmbeddedSct":{{"chain":{{"certificates":[{}"x"]}}}}}}"#,
            r#""x","#.repeat(CHAIN_CERTIFICATES)
        );
        for body in [
            "",
            "{}",
            r#"{"signedCertificateDetachedSct":{"chain":{"certificates":[]}}}"#,
            r#"{"signedCertificateEmbeddedSct":{"chain":{"certificates":[]}}}"#,
            r#"{"signedCertificateEmbeddedSct":{"chain":{"certificates":["x"]}}}"#,
            &many,
        ] {
            assert!(leaf(body.as_bytes(), &key()).is_err(), "{body}");
        }
    }

    #[tokio::test]
    async fn a_refusal_is_told_in_fulcios_words_without_the_token() {
        let raw = token().raw().expose().to_owned();
        let words = format!(r#"{{"code":16,"message":"{raw} is not for me"}}"#);
        let fulcio = Router::new().route(
            "/api/v2/signingCert",
            post(move || async move { (StatusCode::UNAUTHORIZED, words) }),
        );
        let base = serve(fulcio).await;
        let pair = KeyPair::generate_ecdsa_p256().unwrap();

        let error = certificate(&http(), &base, &token(), &pair)
            .await
            .unwrap_err();

        let SealError::Refused { status, words, .. } = &error else {
            panic!("{error}")
        };
        assert_eq!(*status, 401);
        assert_eq!(words, "(secret) is not for me");
        assert!(!error.is_passing());
    }
}
