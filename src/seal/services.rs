//! Where to sign: which certificate authority, log and timestamp authorities.

use crate::model::Timestamp;
use crate::net::http::Url;
use sigstore_trust_root::SigningConfig;
use sigstore_trust_root::signing_config::{
    SIGSTORE_PRODUCTION_SIGNING_CONFIG, ServiceConfiguration, ServiceEndpoint, ServiceSelector,
};

/// Versions of Rekor's API.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum RekorVersion {
    /// `/api/v1`: entries are indexed by digest and dated by the log.
    V1,
    /// `/api/v2`: tiles; a timestamp authority gives the time.
    V2,
}

impl RekorVersion {
    fn major(self) -> u32 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
        }
    }
}

/// A transparency log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Log {
    /// Its address, without `/api/…`.
    pub url: Url,
    /// Its API.
    pub version: RekorVersion,
}

/// The services that sign, as a Sigstore instance's signing config or flags give them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Services {
    /// Fulcio's address; needed without a key only.
    pub fulcio: Option<Url>,
    /// The log; none signs without a public record.
    pub rekor: Option<Log>,
    /// RFC 3161 timestamp authorities, the whole URL that takes queries; each of them is asked.
    pub timestamp: Vec<Url>,
}

/// Why a signing config gives no services.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServicesError {
    /// No signing config.
    #[error("not a signing config of version 0.2: {0}")]
    Malformed(String),
    /// An address that is none, or neither http nor https.
    #[error("{url:?} is no address of a service")]
    Url {
        /// The text.
        url: String,
    },
    /// The log is not offered in this version now.
    #[error("the signing config offers no Rekor log of version {wanted} at this time")]
    Version {
        /// The version that was asked for.
        wanted: u32,
    },
    /// A selector that cannot be followed.
    #[error("the signing config asks for {asked} of {offered} {what}, which is not done")]
    Selector {
        /// Logs or timestamp authorities.
        what: &'static str,
        /// The selector.
        asked: String,
        /// How many are valid now.
        offered: usize,
    },
}

impl Services {
    /// From a signing config (`application/vnd.dev.sigstore.signingconfig.v0.2+json`), what is valid `now`.
    ///
    /// Takes Rekor v1 while it is offered, unless `wanted` says otherwise: its records can be searched by digest.
    ///
    /// # Errors
    /// When the text is no signing config, or asks for what is not offered or not done.
    pub fn from_signing_config(
        json: &[u8],
        wanted: Option<RekorVersion>,
        now: Timestamp,
    ) -> Result<Self, ServicesError> {
        let text = std::str::from_utf8(json)
            .map_err(|error| ServicesError::Malformed(error.to_string()))?;
        let config = SigningConfig::from_json(text)
            .map_err(|error| ServicesError::Malformed(error.to_string()))?;
        let fulcio = valid(&config.ca_urls, 1, now)
            .first()
            .map(|e| url(e))
            .transpose()?;
        let authorities = valid(&config.tsa_urls, 1, now);
        let timestamp = select(&config.tsa_config, authorities, "timestamp authorities")?
            .into_iter()
            .map(url)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            fulcio,
            rekor: log(&config, wanted, now)?,
            timestamp,
        })
    }

    /// The public-good instance (sigstore.dev), from the signing config that is built in.
    ///
    /// # Errors
    /// When it does not offer the wanted version.
    pub fn public_good(
        wanted: Option<RekorVersion>,
        now: Timestamp,
    ) -> Result<Self, ServicesError> {
        Self::from_signing_config(SIGSTORE_PRODUCTION_SIGNING_CONFIG.as_bytes(), wanted, now)
    }
}

fn log(
    config: &SigningConfig,
    wanted: Option<RekorVersion>,
    now: Timestamp,
) -> Result<Option<Log>, ServicesError> {
    let versions = match wanted {
        Some(version) => vec![version],
        None => vec![RekorVersion::V1, RekorVersion::V2],
    };
    for version in versions {
        let logs = valid(&config.rekor_tlog_urls, version.major(), now);
        let offered = logs.len();
        let chosen = select(&config.rekor_tlog_config, logs, "transparency logs")?;
        match chosen.as_slice() {
            [] => {}
            [endpoint] => {
                let url = url(endpoint)?;
                return Ok(Some(Log { url, version }));
            }
            // A bundle with one record is judged in one way by everybody.
            _ => {
                return Err(selector(
                    "transparency logs",
                    &config.rekor_tlog_config,
                    offered,
                ));
            }
        }
    }
    match wanted {
        Some(version) => Err(ServicesError::Version {
            wanted: version.major(),
        }),
        None => Ok(None),
    }
}

/// Endpoints of this version that are valid now, the newest first.
fn valid(endpoints: &[ServiceEndpoint], major: u32, now: Timestamp) -> Vec<&ServiceEndpoint> {
    let mut found: Vec<_> = endpoints
        .iter()
        .filter(|endpoint| endpoint.major_api_version == major && endpoint.valid_for.contains(now))
        .collect();
    found.sort_by_key(|endpoint| std::cmp::Reverse(endpoint.valid_for.start));
    found
}

/// What the selector takes of them (`ServiceSelector` in protobuf-specs).
fn select<'a>(
    configuration: &ServiceConfiguration,
    mut endpoints: Vec<&'a ServiceEndpoint>,
    what: &'static str,
) -> Result<Vec<&'a ServiceEndpoint>, ServicesError> {
    let offered = endpoints.len();
    if offered == 0 {
        return Ok(endpoints);
    }
    let count = match configuration.selector {
        ServiceSelector::All => offered,
        ServiceSelector::Any => 1,
        ServiceSelector::Exact => configuration.count.unwrap_or(0) as usize,
        _ => 0,
    };
    if count == 0 || count > offered {
        return Err(selector(what, configuration, offered));
    }
    endpoints.truncate(count);
    Ok(endpoints)
}

fn selector(
    what: &'static str,
    configuration: &ServiceConfiguration,
    offered: usize,
) -> ServicesError {
    let asked = match configuration.selector {
        ServiceSelector::All => "all".into(),
        ServiceSelector::Exact => format!("exactly {}", configuration.count.unwrap_or(0)),
        _ => "an undefined number".into(),
    };
    ServicesError::Selector {
        what,
        asked,
        offered,
    }
}

fn url(endpoint: &ServiceEndpoint) -> Result<Url, ServicesError> {
    Url::parse(&endpoint.url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| ServicesError::Url {
            url: endpoint.url.chars().take(200).collect(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: &str = include_str!("../../fixtures/sigstore/trust/signing_config_both.json");

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    fn read(json: &str, wanted: Option<RekorVersion>) -> Result<Services, ServicesError> {
        Services::from_signing_config(json.as_bytes(), wanted, now())
    }

    #[test]
    fn version_1_is_taken_while_it_is_offered_and_version_2_when_asked_for() {
        let unasked = read(BOTH, None).unwrap();
        let asked = read(BOTH, Some(RekorVersion::V2)).unwrap();

        assert_eq!(unasked.rekor.unwrap().version, RekorVersion::V1);
        assert_eq!(asked.rekor.clone().unwrap().version, RekorVersion::V2);
        assert_eq!(asked.rekor.unwrap().url.port(), Some(3003));
        assert_eq!(asked.fulcio.unwrap().as_str(), "http://127.0.0.1:5555/");
        let timestamp: Vec<_> = asked.timestamp.iter().map(Url::as_str).collect();
        assert_eq!(timestamp, ["http://127.0.0.1:3004/api/v1/timestamp"]);
    }

    #[test]
    fn version_2_is_taken_when_it_is_all_that_is_offered() {
        let only_2 = BOTH.replace(r#""majorApiVersion":1,"validFor":{"start":"2026-01-01T00:00:00Z"},"operator":"evidence.test"},{"url":"http://127.0.0.1:3003""#,
            r#""majorApiVersion":1,"validFor":{"start":"2026-01-01T00:00:00Z","end":"2026-02-01T00:00:00Z"},"operator":"evidence.test"},{"url":"http://127.0.0.1:3003""#);
        assert_ne!(only_2, BOTH);

        let services = read(&only_2, None).unwrap();

        assert_eq!(services.rekor.unwrap().version, RekorVersion::V2);
        let error = read(&only_2, Some(RekorVersion::V1)).unwrap_err();
        assert!(matches!(error, ServicesError::Version { wanted: 1 }));
    }

    #[test]
    fn the_built_in_services_are_those_of_the_public_good_instance() {
        let services = Services::public_good(None, now()).unwrap();

        let rekor = services.rekor.unwrap();
        assert_eq!(rekor.url.as_str(), "https://rekor.sigstore.dev/");
        assert_eq!(rekor.version, RekorVersion::V1);
        assert_eq!(services.timestamp.len(), 1);
    }

    #[test]
    fn nothing_is_valid_before_its_time() {
        let early = "2020-01-01T00:00:00Z".parse().unwrap();

        let services = Services::from_signing_config(BOTH.as_bytes(), None, early).unwrap();

        assert_eq!(services, Services::default());
    }

    #[test]
    fn a_selector_that_cannot_be_followed_is_an_error() {
        let two = BOTH.replace(
            "http://127.0.0.1:3003\",\"majorApiVersion\":2",
            "http://127.0.0.1:3009\",\"majorApiVersion\":1",
        );
        let undefined = BOTH.replace(
            r#"{"selector":"ANY"}"#,
            r#"{"selector":"SERVICE_SELECTOR_UNDEFINED"}"#,
        );
        let three = BOTH.replace(r#"{"selector":"ANY"}"#, r#"{"selector":"EXACT","count":3}"#);

        for json in [two, undefined, three] {
            assert_ne!(json, BOTH);
            let error = read(&json, None).unwrap_err();
            assert!(matches!(error, ServicesError::Selector { .. }), "{error}");
        }
    }

    #[test]
    fn other_documents_and_addresses_are_refused() {
        for (from, to) in [
            ("v0.2", "v0.1"),
            ("{", "["),
            ("http://127.0.0.1:5555", "file:///etc"),
        ] {
            let json = BOTH.replacen(from, to, 1);
            assert!(read(&json, None).is_err(), "{to}");
        }
    }
}
