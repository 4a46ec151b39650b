//! Which failures are worth another try, and how long to wait for it.

use super::http::{HttpOptions, Response};
use super::http_error::HttpError;
use jiff::Timestamp;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// Wait before the second try, at most; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// When to try again.
#[derive(Clone, Debug)]
pub(super) struct Retry {
    retries: u32,
    longest_wait: Duration,
}

impl Retry {
    pub(super) fn new(options: &HttpOptions) -> Self {
        Self {
            retries: options.retries,
            longest_wait: options.longest_wait,
        }
    }

    /// How long to wait after `tries` tries of which this is the last one's outcome; none when it is final.
    ///
    /// A server's `Retry-After` counts up to the longest wait. Without one the wait is between half and all of 200 ms,
    /// doubled with each try: clients that failed together must not come back together.
    pub(super) fn wait(
        &self,
        tries: u32,
        outcome: &Result<Response, HttpError>,
        now: Timestamp,
    ) -> Option<Duration> {
        if tries > self.retries {
            return None;
        }
        let stated = match outcome {
            Ok(response) if is_passing(response.status.as_u16(), tries) => {
                retry_after(response.header("retry-after"), now)
            }
            Err(HttpError::Unreachable { .. }) => None,
            _ => return None,
        };
        let wait = stated.unwrap_or_else(|| {
            let most = FIRST_WAIT * 2_u32.saturating_pow(tries.saturating_sub(1).min(10));
            most / 2 + random_part(most / 2)
        });
        Some(wait.min(self.longest_wait))
    }
}

/// Whether the same request may fare better soon. A 500 is often about the request itself: once more, then no more.
fn is_passing(status: u16, tries: u32) -> bool {
    matches!(status, 408 | 429 | 502 | 503 | 504) || (status == 500 && tries == 1)
}

/// `Retry-After` (RFC 9110, 10.2.3): seconds, or a date; none when it is neither. A date gone by is now.
fn retry_after(header: Option<&str>, now: Timestamp) -> Option<Duration> {
    let text = header?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number holds are still a number of seconds.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
}

/// Between none and all of it.
fn random_part(of: Duration) -> Duration {
    // The standard library's only source of chance: the keys of its hash maps.
    let chance = RandomState::new().build_hasher().finish() % 1_001;
    of * u32::try_from(chance).unwrap_or_default() / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::StatusCode;
    use reqwest::header::HeaderMap;

    fn answer(status: u16, retry_after: Option<&str>) -> Result<Response, HttpError> {
        let mut headers = HeaderMap::new();
        if let Some(text) = retry_after {
            headers.insert("retry-after", text.parse().unwrap());
        }
        Ok(Response {
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: Vec::new(),
            url: "http://registry.example/".parse().unwrap(),
            certificate: None,
        })
    }

    fn wait(tries: u32, outcome: Result<Response, HttpError>) -> Option<Duration> {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        Retry::new(&HttpOptions::default()).wait(tries, &outcome, now)
    }

    #[test]
    fn busy_and_broken_are_tried_again_and_nothing_else() {
        let broken = || {
            Err(HttpError::Unreachable {
                url: String::new(),
                reason: String::new(),
            })
        };
        for status in [408, 429, 500, 502, 503, 504] {
            assert!(wait(1, answer(status, None)).is_some(), "{status}");
        }
        assert!(wait(1, broken()).is_some());
        for status in [200, 301, 400, 401, 403, 404, 416, 501, 505] {
            assert!(wait(1, answer(status, Some("1"))).is_none(), "{status}");
        }
        assert!(wait(2, answer(500, None)).is_none(), "500 once more only");
        let wrong = HttpError::Certificate {
            url: String::new(),
            reason: String::new(),
        };
        assert!(wait(1, Err(wrong)).is_none());
        assert!(wait(4, answer(503, None)).is_none(), "tries are counted");
        assert!(wait(4, broken()).is_none());
    }

    #[test]
    fn waits_double_and_differ_within_their_half() {
        for (tries, most) in [(1, 200), (2, 400), (3, 800)] {
            let waits: Vec<_> = (0..50)
                .map(|_| wait(tries, answer(503, None)).unwrap())
                .collect();
            let (half, most) = (Duration::from_millis(most / 2), Duration::from_millis(most));
            assert!(waits.iter().all(|wait| (half..=most).contains(wait)));
            assert!(waits.iter().any(|wait| wait != &waits[0]));
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_never_more_than_the_longest_wait() {
        let seconds = |text| wait(1, answer(429, Some(text))).map(|wait| wait.as_secs());

        assert_eq!(seconds("7"), Some(7));
        assert_eq!(seconds("Thu, 01 Jan 2026 00:00:09 GMT"), Some(9));
        assert_eq!(seconds("Wed, 31 Dec 2025 23:00:00 GMT"), Some(0));
        assert_eq!(seconds("1000000000"), Some(30));
        assert_eq!(seconds("99999999999999999999999999"), Some(30));
        assert_eq!(seconds("Fri, 01 Jan 2100 00:00:00 GMT"), Some(30));
        for neither in ["", "-5", "soon", "1.5", "\t"] {
            let wait = wait(1, answer(429, Some(neither))).unwrap();
            assert!(wait <= FIRST_WAIT, "{neither:?}");
        }
    }
}
