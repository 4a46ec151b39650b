//! A timestamp over a signature (RFC 3161).

use super::exchange::{SealError, Service, ask, bad, refused};
use crate::model::Digest;
use crate::model::limits::SEAL_ANSWER_BYTES;
use crate::net::http::{Http, Request, Url};
use cms::signed_data::SignedData;
use crypto_secretbox::aead::OsRng;
use crypto_secretbox::aead::rand_core::RngCore as _;
use x509_cert::der::asn1::{Any, Int, ObjectIdentifier, OctetString, Uint};
use x509_cert::der::{Decode, Encode};
use x509_cert::spki::AlgorithmIdentifier;
use x509_tsp::{MessageImprint, TimeStampReq, TimeStampResp, TspVersion, TstInfo};

const SERVICE: Service = Service::TimestampAuthority;
const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// Asks the authority when it saw these bytes. Returns its whole answer (`TimeStampResp`), which is what a Sigstore
/// bundle holds.
pub(super) async fn timestamp(http: &Http, url: &Url, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
    let imprint = Digest::of(bytes);
    let mut nonce = [0; 8];
    OsRng
        .try_fill_bytes(&mut nonce)
        .map_err(|error| SealError::Sign(error.to_string()))?;
    let nonce = Uint::new(&nonce).map_err(|error| SealError::Sign(error.to_string()))?;
    let nonce = Int::from(nonce);
    let query = query(&imprint, &nonce).map_err(|error| SealError::Sign(error.to_string()))?;
    let request = Request::post(
        url.clone(),
        "application/timestamp-query",
        query,
        SEAL_ANSWER_BYTES,
    )
    .header("accept", "application/timestamp-reply");
    let response = ask(http, SERVICE, request).await?;
    if !response.status.is_success() {
        return Err(refused(SERVICE, &response, None));
    }
    check(&response.body, &imprint, &nonce).map_err(|reason| bad(SERVICE, reason))?;
    Ok(response.body)
}

/// `TimeStampReq` (section 2.4.1), with the authority's certificate asked for: stock `openssl ts` needs it.
fn query(imprint: &Digest, nonce: &Int) -> x509_cert::der::Result<Vec<u8>> {
    TimeStampReq {
        version: TspVersion::V1,
        message_imprint: MessageImprint {
            hash_algorithm: AlgorithmIdentifier {
                oid: SHA_256,
                parameters: Some(Any::null()),
            },
            hashed_message: OctetString::new(imprint.as_raw().as_slice())?,
        },
        req_policy: None,
        nonce: Some(nonce.clone()),
        cert_req: true,
        extensions: None,
    }
    .to_der()
}

/// Whether the answer grants a timestamp for this query. The authority's signature is judged with the trusted root.
fn check(answer: &[u8], imprint: &Digest, nonce: &Int) -> Result<(), String> {
    let der = |error: x509_cert::der::Error| format!("it is no timestamp: {error}");
    let response = TimeStampResp::from_der(answer).map_err(der)?;
    let status = response.status.status as u8;
    // 0 is granted, 1 granted with modifications (section 2.4.2).
    if status > 1 {
        return Err(format!(
            "the timestamp was not granted (PKI status {status})"
        ));
    }
    let token = response
        .time_stamp_token
        .ok_or("it holds no timestamp token")?;
    if token.content_type != SIGNED_DATA {
        return Err("its token is not signed data".into());
    }
    let signed: SignedData = token.content.decode_as().map_err(der)?;
    let content = &signed.encap_content_info;
    if content.econtent_type != TST_INFO {
        return Err("its token holds no timestamp".into());
    }
    let content = content
        .econtent
        .as_ref()
        .ok_or("its token holds no timestamp")?;
    let info = TstInfo::from_der(content.value()).map_err(der)?;
    let stamped = &info.message_imprint;
    if stamped.hash_algorithm.oid != SHA_256
        || stamped.hashed_message.as_bytes() != imprint.as_raw()
    {
        return Err("it is a timestamp of something else".into());
    }
    if info.nonce.as_ref() != Some(nonce) {
        return Err("it answers another question: the nonce differs".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::stub::{http, serve};
    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::post;

    // What cosign 2 asked, and timestamp-authority 2.1.3 answered.
    const QUERY: &[u8] =
        include_bytes!("../../fixtures/sigstore/http/01-v2-sign-keyless/timestamp-query.der");
    const REPLY: &[u8] =
        include_bytes!("../../fixtures/sigstore/http/01-v2-sign-keyless/timestamp-reply.der");

    fn asked() -> (Digest, Int) {
        let query = TimeStampReq::from_der(QUERY).unwrap();
        let imprint = query.message_imprint.hashed_message.as_bytes();
        (
            Digest::from_raw(imprint.try_into().unwrap()),
            query.nonce.unwrap(),
        )
    }

    #[test]
    fn a_query_is_that_of_cosign() {
        let (imprint, nonce) = asked();

        assert_eq!(query(&imprint, &nonce).unwrap(), QUERY);
    }

    #[test]
    fn a_real_answer_to_this_query_is_taken() {
        let (imprint, nonce) = asked();

        assert_eq!(check(REPLY, &imprint, &nonce), Ok(()));
    }

    #[test]
    fn an_answer_to_another_query_is_not_taken() {
        let (imprint, nonce) = asked();
        let other_nonce = Int::new(&[1]).unwrap();

        let other = check(REPLY, &Digest::of(b""), &nonce).unwrap_err();
        let replayed = check(REPLY, &imprint, &other_nonce).unwrap_err();

        assert!(other.contains("something else"));
        assert!(replayed.contains("nonce"));
    }

    #[test]
    fn a_refusal_and_anything_else_is_not_taken() {
        let (imprint, nonce) = asked();
        // SEQUENCE { SEQUENCE { INTEGER 2 } }: rejection.
        let rejection = check(&[0x30, 5, 0x30, 3, 2, 1, 2], &imprint, &nonce).unwrap_err();
        let granted_nothing = check(&[0x30, 5, 0x30, 3, 2, 1, 0], &imprint, &nonce).unwrap_err();

        assert!(rejection.contains("PKI status 2"));
        assert!(granted_nothing.contains("no timestamp token"));
        for bytes in [&REPLY[..REPLY.len() - 1], b"", b"<html>"] {
            assert!(check(bytes, &imprint, &nonce).is_err());
        }
    }

    #[tokio::test]
    async fn two_queries_have_two_nonces() {
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        let authority = Router::new().route(
            "/",
            post(move |body: axum::body::Bytes| async move {
                sender.send(TimeStampReq::from_der(&body).unwrap()).unwrap();
                StatusCode::BAD_REQUEST
            }),
        );
        let url = serve(authority).await;

        for _ in 0..2 {
            let error = timestamp(&http(), &url, b"signature").await.unwrap_err();
            assert!(matches!(error, SealError::Refused { status: 400, .. }));
        }

        let (first, second) = (
            receiver.recv().await.unwrap(),
            receiver.recv().await.unwrap(),
        );
        assert_ne!(first.nonce, second.nonce);
        assert_eq!(first.message_imprint, second.message_imprint);
    }
}
