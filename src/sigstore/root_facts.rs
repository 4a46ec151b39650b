//! What a trusted root holds: authorities, logs, and when each is to be trusted.

use super::trust::{RootError, parse_roots};
use crate::model::{Digest, Timestamp};
use serde::Serialize;
use sigstore_trust_root::{CertificateAuthority, TimestampAuthority, TrustedRoot};
use sigstore_types::TimeRange;
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::time::Time;

/// What one trusted root holds, in the root's own order.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RootFacts {
    /// Its name: of a `.jsonl`, the file's name with `#` and the number of the line.
    #[serde(skip)]
    pub name: String,
    /// Certificate authorities (Fulcio).
    pub certificate_authorities: Vec<AuthorityFacts>,
    /// Transparency logs (Rekor).
    pub transparency_logs: Vec<LogFacts>,
    /// Certificate transparency logs.
    pub certificate_logs: Vec<LogFacts>,
    /// Timestamp authorities (RFC 3161).
    pub timestamp_authorities: Vec<AuthorityFacts>,
}

/// An authority with its chain.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorityFacts {
    /// Its address; none where the root gives none.
    pub url: Option<String>,
    /// When the root trusts it.
    #[serde(flatten)]
    pub window: ValidFor,
    /// Its certificates, in the order of the root.
    pub certificates: Vec<CertificateFacts>,
}

/// A certificate.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateFacts {
    /// Its subject (RFC 4514).
    pub subject: String,
    /// SHA-256 of its DER.
    pub digest: Digest,
    /// When it is valid.
    #[serde(flatten)]
    pub window: ValidFor,
}

/// A log.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogFacts {
    /// Its address.
    pub url: String,
    /// Its id, hex.
    pub log_id: String,
    /// Kind of its key, by the name that protobuf-specs gives (`PKIX_ECDSA_P256_SHA_256`).
    pub key: String,
    /// When the root trusts it.
    #[serde(flatten)]
    pub window: ValidFor,
}

/// A window; both ends belong to it, and what is none is open.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct ValidFor {
    /// First moment.
    pub start: Option<Timestamp>,
    /// Last moment.
    pub end: Option<Timestamp>,
}

/// Where a moment lies by a window.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WindowState {
    /// Before it.
    NotYet,
    /// In it.
    Open,
    /// After it: what was signed within it still holds.
    Over,
}

impl ValidFor {
    /// Where `now` lies by this window.
    pub fn state(&self, now: Timestamp) -> WindowState {
        if self.start.is_some_and(|start| now < start) {
            WindowState::NotYet
        } else if self.end.is_some_and(|end| now > end) {
            WindowState::Over
        } else {
            WindowState::Open
        }
    }
}

impl From<Option<TimeRange>> for ValidFor {
    fn from(range: Option<TimeRange>) -> Self {
        Self {
            start: range.map(|range| range.start),
            end: range.and_then(|range| range.end),
        }
    }
}

/// What a `trusted_root.json`, or each line of a `.jsonl`, holds.
///
/// # Errors
/// When it is over the limit or malformed.
pub fn root_facts(name: &str, json: &[u8]) -> Result<Vec<RootFacts>, RootError> {
    parse_roots(name, json)?
        .into_iter()
        .map(|(name, root)| {
            facts(&name, &root).map_err(|reason| RootError::Malformed {
                name: name.clone(),
                reason,
            })
        })
        .collect()
}

fn facts(name: &str, root: &TrustedRoot) -> Result<RootFacts, String> {
    let authority = |one: &CertificateAuthority| {
        Ok(AuthorityFacts {
            url: Some(one.uri.clone()),
            window: one.valid_for.into(),
            certificates: certificates(&one.cert_chain)?,
        })
    };
    let timestamper = |one: &TimestampAuthority| {
        Ok(AuthorityFacts {
            url: one.uri.clone(),
            window: one.valid_for.into(),
            certificates: certificates(&one.cert_chain)?,
        })
    };
    let authorities = root.certificate_authorities.iter().map(authority);
    let timestampers = root.timestamp_authorities.iter().map(timestamper);
    let tlogs = root.tlogs.iter().map(|log| LogFacts {
        url: log.base_url.clone(),
        log_id: hex::encode(log.log_id.key_id.as_bytes()),
        key: log.public_key.key_details.to_string(),
        window: log.public_key.valid_for.into(),
    });
    let ctlogs = root.ctlogs.iter().map(|log| LogFacts {
        url: log.base_url.clone(),
        log_id: hex::encode(log.log_id.key_id.as_bytes()),
        key: log.public_key.key_details.to_string(),
        window: log.public_key.valid_for.into(),
    });
    Ok(RootFacts {
        name: name.into(),
        certificate_authorities: authorities.collect::<Result<_, String>>()?,
        transparency_logs: tlogs.collect(),
        certificate_logs: ctlogs.collect(),
        timestamp_authorities: timestampers.collect::<Result<_, String>>()?,
    })
}

fn certificates(
    chain: &sigstore_trust_root::trusted_root::CertChain,
) -> Result<Vec<CertificateFacts>, String> {
    chain
        .certificates
        .iter()
        .map(|entry| {
            let der = entry.raw_bytes.as_bytes();
            let certificate = Certificate::from_der(der).map_err(|error| error.to_string())?;
            let validity = &certificate.tbs_certificate.validity;
            Ok(CertificateFacts {
                subject: certificate.tbs_certificate.subject.to_string(),
                digest: Digest::of(der),
                window: ValidFor {
                    start: moment(&validity.not_before),
                    end: moment(&validity.not_after),
                },
            })
        })
        .collect()
}

/// The time of a certificate; none where it lies beyond the calendar.
fn moment(time: &Time) -> Option<Timestamp> {
    Timestamp::from_second(time.to_unix_duration().as_secs().try_into().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::super::embedded::embedded_root;
    use super::*;
    use crate::model::Instance;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_public_good_root_shows_its_logs_and_the_windows_of_its_authorities() {
        let json = embedded_root(Instance::PublicGood).as_bytes();

        let roots = root_facts("public-good", json).unwrap();

        let [root] = &roots[..] else { panic!() };
        let first = &root.certificate_authorities[0];
        assert_eq!(first.certificates[0].subject, "CN=sigstore,O=sigstore.dev");
        assert_eq!(
            first.window.state(at("2026-01-01T00:00:00Z")),
            WindowState::Over
        );
        // SHA-256 of the key of rekor.sigstore.dev, as its entries have named it since 2021.
        assert_eq!(
            root.transparency_logs[0].log_id,
            "c0d23d6ad406973f9559f3ba2d1ca01f84147d8ffc5b8445c224f98b9591801d"
        );
        assert!(!root.certificate_logs.is_empty() && !root.timestamp_authorities.is_empty());
    }

    #[test]
    fn both_ends_belong_to_a_window_and_a_missing_end_is_open() {
        let window = ValidFor {
            start: Some(at("2026-01-01T00:00:00Z")),
            end: Some(at("2026-02-01T00:00:00Z")),
        };
        for (time, state) in [
            ("2025-12-31T23:59:59.999Z", WindowState::NotYet),
            ("2026-01-01T00:00:00Z", WindowState::Open),
            ("2026-02-01T00:00:00Z", WindowState::Open),
            ("2026-02-01T00:00:00.001Z", WindowState::Over),
        ] {
            assert_eq!(window.state(at(time)), state, "{time}");
        }
        let open = ValidFor::default();
        assert_eq!(open.state(at("1970-01-01T00:00:00Z")), WindowState::Open);
    }

    #[test]
    fn a_root_whose_certificate_is_none_is_malformed() {
        let json = embedded_root(Instance::PublicGood).replace("\"MII", "\"MIJ");

        assert!(root_facts("x", json.as_bytes()).is_err());
    }
}
