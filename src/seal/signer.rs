//! From a statement to a Sigstore bundle v0.3.

use super::exchange::SealError;
use super::fulcio;
use super::key::LocalKey;
use super::log::{Proposal, Verifier, record};
use super::predicate::STATEMENT_TYPE;
use super::services::{RekorVersion, Services};
use super::timestamp::timestamp;
use super::token::IdentityToken;
use super::wire::{Bundle, Envelope, PAYLOAD_TYPE};
use crate::model::limits::DOCUMENT_BYTES;
use crate::model::redact::Secret;
use crate::model::report::LogRecord;
use crate::model::{Digest, Timestamp};
use crate::net::http::{Http, Url};
use serde::Deserialize;
use sigstore_crypto::KeyPair;
use sigstore_types::pae;

/// Who signs.
#[derive(Debug)]
pub enum Credential {
    /// A key from a file.
    Key(LocalKey),
    /// Whoever the token names, with a key that is forgotten after the signature.
    Keyless {
        /// An OIDC identity token.
        token: Secret,
    },
}

/// A signed statement. The signatures of log, authorities and timestamps are yet to be judged with a trusted root.
#[derive(Clone, Debug)]
pub struct Signed {
    /// A Sigstore bundle v0.3, as cosign writes it.
    pub bundle_json: Vec<u8>,
    /// The log's record; none without a log.
    pub log: Option<LogRecord>,
    /// Rekor v1's UUID of the record, with the tree's id.
    pub uuid: Option<String>,
}

/// Signs an in-toto statement (DSSE), has the signature timestamped and the statement recorded in the log.
///
/// The answers are checked to be about this very signature, and the log's inclusion proof to lead to its checkpoint.
/// Nothing is kept of an attempt that fails: a second one signs anew.
///
/// # Errors
/// [`SealError::is_passing`] tells a service that is down from everything else.
pub async fn sign_statement(
    http: &Http,
    services: &Services,
    credential: &Credential,
    statement: &[u8],
) -> Result<Signed, SealError> {
    check_statement(statement)?;
    require_time(services, credential)?;
    match credential {
        Credential::Key(key) => {
            let pair = key.pair();
            let verifier = Verifier::Key(pair.public_key_der().map_err(sign_error)?);
            finish(http, services, pair, verifier, statement).await
        }
        Credential::Keyless { token } => {
            let base = services
                .fulcio
                .as_ref()
                .ok_or(SealError::NoCertificateAuthority)?;
            let token = IdentityToken::parse(token, Timestamp::now()).map_err(SealError::Token)?;
            let pair = KeyPair::generate_ecdsa_p256().map_err(sign_error)?;
            let certificate = fulcio::certificate(http, base, &token, &pair).await?;
            let verifier = Verifier::Certificate(certificate);
            finish(http, services, &pair, verifier, statement).await
        }
    }
}

async fn finish(
    http: &Http,
    services: &Services,
    pair: &KeyPair,
    verifier: Verifier,
    statement: &[u8],
) -> Result<Signed, SealError> {
    let signed_bytes = pae(PAYLOAD_TYPE, statement);
    let signature = pair.sign(&signed_bytes).map_err(sign_error)?.into_bytes();
    let envelope = Envelope::new(statement, &signature);
    let proposal = Proposal {
        envelope: serde_json::to_string(&envelope).map_err(json_error)?,
        payload: Digest::of(statement),
        pae: Digest::of(&signed_bytes),
        signature,
        verifier,
    };
    let (timestamps, recorded) = tokio::try_join!(
        timestamps(http, &services.timestamp, &proposal.signature),
        async {
            match &services.rekor {
                Some(log) => record(http, log, &proposal).await.map(Some),
                None => Ok(None),
            }
        },
    )?;
    let bundle = Bundle::new(&proposal.verifier, &timestamps, recorded.as_ref(), envelope);
    let bundle_json = serde_json::to_vec(&bundle).map_err(json_error)?;
    let (log, uuid) = recorded.map_or((None, None), |found| (Some(found.record), found.uuid));
    Ok(Signed {
        bundle_json,
        log,
        uuid,
    })
}

async fn timestamps(
    http: &Http,
    urls: &[Url],
    signature: &[u8],
) -> Result<Vec<Vec<u8>>, SealError> {
    let mut found = Vec::new();
    for url in urls {
        found.push(timestamp(http, url, signature).await?);
    }
    Ok(found)
}

/// Only statements are signed: a signature over anything else could be taken for something that it is not.
fn check_statement(statement: &[u8]) -> Result<(), SealError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Head {
        #[serde(rename = "_type")]
        kind: String,
        subject: Vec<serde::de::IgnoredAny>,
        #[serde(rename = "predicateType")]
        _predicate_type: String,
    }
    let refuse = |reason: String| Err(SealError::Statement(reason));
    if statement.len() as u64 > DOCUMENT_BYTES {
        return refuse(format!("it is larger than {DOCUMENT_BYTES} bytes"));
    }
    match serde_json::from_slice::<Head>(statement) {
        Err(error) => refuse(error.to_string()),
        Ok(head) if head.kind != STATEMENT_TYPE => refuse(format!("its type is {:.80}", head.kind)),
        Ok(head) if head.subject.is_empty() => refuse("it has no subject".into()),
        Ok(_) => Ok(()),
    }
}

/// Rekor v1 dates its records; otherwise a timestamp authority must, or the certificate proves nothing.
fn require_time(services: &Services, credential: &Credential) -> Result<(), SealError> {
    let is_keyless = matches!(credential, Credential::Keyless { .. });
    let needs_authority = match services.rekor.as_ref().map(|log| log.version) {
        Some(RekorVersion::V1) => false,
        Some(RekorVersion::V2) => true,
        None => is_keyless,
    };
    if needs_authority && services.timestamp.is_empty() {
        return Err(SealError::NoTrustedTime);
    }
    Ok(())
}

fn sign_error(error: sigstore_crypto::Error) -> SealError {
    SealError::Sign(error.to_string())
}

fn json_error(error: serde_json::Error) -> SealError {
    SealError::Sign(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::exchange::Service;
    use crate::seal::services::Log;
    use crate::seal::stub::{http, log_of_one, nobody, serve};
    use axum::Router;
    use axum::http::StatusCode;
    use sigstore_types::bundle::SignatureContent;

    const STATEMENT: &[u8] = br#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"b","digest":{"sha256":"00"}}],"predicateType":"https://example.org/p","predicate":{}}"#;
    const ALICE: &[u8] = include_bytes!("../../fixtures/sigstore/test-keys/alice.key");
    const COSIGNS: &str = include_str!(
        "../../fixtures/sigstore/blobs/b11-v3-attest-blob-key-rekor1/bundle.sigstore.json"
    );

    fn alice() -> Credential {
        Credential::Key(LocalKey::parse(ALICE, None).unwrap())
    }

    fn services(version: RekorVersion, log: Url) -> Services {
        Services {
            fulcio: None,
            rekor: Some(Log { url: log, version }),
            timestamp: vec![],
        }
    }

    fn refusing(status: StatusCode) -> Router {
        Router::new().fallback(move || async move { (status, "not today") })
    }

    #[tokio::test]
    async fn a_statement_signed_with_a_key_verifies_and_names_its_record() {
        let log = serve(log_of_one()).await;
        let services = services(RekorVersion::V1, log);

        let signed = sign_statement(&http(), &services, &alice(), STATEMENT)
            .await
            .unwrap();

        let json = std::str::from_utf8(&signed.bundle_json).unwrap();
        let bundle = sigstore_types::Bundle::from_json(json).unwrap();
        let SignatureContent::DsseEnvelope(envelope) = &bundle.content else {
            panic!("{json}")
        };
        let Credential::Key(key) = alice() else {
            panic!()
        };
        let key = key.pair().public_key_der().unwrap();
        sigstore_crypto::VerificationKey::from_spki(&key)
            .unwrap()
            .verify(envelope.pae(), &envelope.signature.sig)
            .unwrap();
        assert_eq!(envelope.payload.as_bytes(), STATEMENT);
        assert_eq!(bundle.verification_material.tlog_entries.len(), 1);
        let log = signed.log.unwrap();
        assert_eq!(log.index, 41);
        let uuid = signed.uuid.unwrap();
        assert_eq!(uuid, format!("00000000000000aa{}", log.leaf_hash));
    }

    #[tokio::test]
    async fn a_bundle_has_the_keys_of_cosigns_bundles_in_their_order() {
        let log = serve(log_of_one()).await;
        let services = services(RekorVersion::V1, log);

        let signed = sign_statement(&http(), &services, &alice(), STATEMENT)
            .await
            .unwrap();

        let ours = keys(std::str::from_utf8(&signed.bundle_json).unwrap());
        assert_eq!(ours, keys(COSIGNS));
        let hint = r#""hint":"D0nDpiwLheFz64TkC/dYTl8qBmPDCxPm4gwI7JqADGU=""#;
        assert!(COSIGNS.contains(hint));
        assert!(
            String::from_utf8(signed.bundle_json)
                .unwrap()
                .contains(hint)
        );
    }

    /// The keys of a JSON text in the order in which they stand there.
    fn keys(json: &str) -> Vec<&str> {
        let quoted: Vec<_> = json.split('"').collect();
        quoted
            .windows(2)
            .filter(|pair| pair[1].starts_with(':'))
            .map(|pair| pair[0])
            .collect()
    }

    #[tokio::test]
    async fn a_log_that_is_down_is_a_passing_error_of_the_log() {
        let unreachable = services(RekorVersion::V1, nobody().await);
        let busy = serve(refusing(StatusCode::SERVICE_UNAVAILABLE)).await;
        let busy = services(RekorVersion::V1, busy);

        for services in [unreachable, busy] {
            let error = sign_statement(&http(), &services, &alice(), STATEMENT)
                .await
                .unwrap_err();
            assert_eq!(error.service(), Some(Service::Log));
            assert!(error.is_passing(), "{error}");
        }
    }

    #[tokio::test]
    async fn a_log_that_says_no_is_quoted_and_is_no_passing_error() {
        let log = serve(refusing(StatusCode::BAD_REQUEST)).await;
        let services = services(RekorVersion::V1, log);

        let error = sign_statement(&http(), &services, &alice(), STATEMENT)
            .await
            .unwrap_err();

        assert!(
            error.to_string().ends_with("status 400: not today"),
            "{error}"
        );
        assert!(!error.is_passing());
    }

    #[tokio::test]
    async fn a_timestamp_authority_that_is_down_fails_the_signing_under_its_own_name() {
        let mut services = services(RekorVersion::V1, serve(log_of_one()).await);
        services.timestamp = vec![nobody().await];

        let error = sign_statement(&http(), &services, &alice(), STATEMENT)
            .await
            .unwrap_err();

        assert_eq!(error.service(), Some(Service::TimestampAuthority));
        assert!(error.is_passing());
    }

    #[tokio::test]
    async fn without_a_trusted_time_nothing_is_asked_for() {
        let keyless = Credential::Keyless {
            token: Secret::new("never read"),
        };
        let v2 = services(RekorVersion::V2, nobody().await);

        for (services, credential) in [
            (&v2, &alice()),
            (&v2, &keyless),
            (&Services::default(), &keyless),
        ] {
            let error = sign_statement(&http(), services, credential, STATEMENT)
                .await
                .unwrap_err();
            assert!(matches!(error, SealError::NoTrustedTime), "{error}");
        }
    }

    #[tokio::test]
    async fn keyless_needs_a_certificate_authority_and_a_token_that_is_still_valid() {
        let keyless = Credential::Keyless {
            token: Secret::new(crate::seal::token::tests::token(r#"{"sub":"x","exp":1}"#)),
        };
        let mut services = services(RekorVersion::V1, nobody().await);

        let without = sign_statement(&http(), &services, &keyless, STATEMENT).await;
        services.fulcio = Some(nobody().await);
        let expired = sign_statement(&http(), &services, &keyless, STATEMENT).await;

        assert!(matches!(without, Err(SealError::NoCertificateAuthority)));
        assert!(matches!(expired, Err(SealError::Token(_))));
    }

    #[tokio::test]
    async fn only_in_toto_statements_are_signed() {
        let services = Services::default();
        for wrong in [
            "",
            "{}",
            r#"{"_type":"https://in-toto.io/Statement/v0.1","subject":[{}],"predicateType":"p"}"#,
            r#"{"_type":"https://in-toto.io/Statement/v1","subject":[],"predicateType":"p"}"#,
            r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{}]}"#,
        ] {
            let error = sign_statement(&http(), &services, &alice(), wrong.as_bytes())
                .await
                .unwrap_err();
            assert!(matches!(error, SealError::Statement(_)), "{wrong}: {error}");
        }
    }

    #[tokio::test]
    async fn with_a_key_and_no_services_the_bundle_holds_the_signature_alone() {
        let signed = sign_statement(&http(), &Services::default(), &alice(), STATEMENT)
            .await
            .unwrap();

        let json = String::from_utf8(signed.bundle_json).unwrap();
        assert!(!json.contains("tlogEntries") && !json.contains("timestamp"));
        assert!(sigstore_types::Bundle::from_json(&json).is_ok());
        assert_eq!((signed.log, signed.uuid), (None, None));
    }
}
