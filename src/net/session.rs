//! What the requests to all registries share: tokens, what each registry asks for, and the limit of requests.

use super::auth::{Challenge, Token, basic, lacks_scope, token_request};
use super::credentials::{Credential, Credentials};
use super::http::{Http, HttpError, Request, Response, StatusCode, Url};
use super::mirror::Mirror;
use super::registry::RegistryOptions;
use super::registry_error::{RegistryError, expect};
use super::used::Used;
use crate::model::limits;
use crate::model::redact::Secret;
use crate::oci::Reference;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex as AsyncMutex, Semaphore};

/// Redirects that are followed for content: registries keep blobs, and some all they have, elsewhere. What comes
/// back is checked by digest, or was the registry's word anyway; credentials stay behind.
const REDIRECTS: u8 = 5;

/// What all requests share.
#[derive(Debug)]
pub(super) struct Session {
    http: Http,
    credentials: Credentials,
    pub(super) used: Used,
    plain_http: BTreeSet<String>,
    mirrors: Vec<Mirror>,
    pub(super) image_deadline: Duration,
    permits: Semaphore,
    /// What each registry asks for; none while unknown.
    challenges: Mutex<BTreeMap<String, Slot<Option<Challenge>>>>,
    /// Registries that could not be reached at all, and why: five hundred images need not find that out one by one.
    down: Mutex<BTreeMap<String, String>>,
    /// The token of each registry and scope.
    tokens: Mutex<BTreeMap<(String, String), Slot<Token>>>,
    /// Registries without the referrers API.
    without_referrers: Mutex<BTreeSet<String>>,
    /// Mirrors that could not be reached: asking each of them for everything would take longer than doing without.
    unreachable_mirrors: Mutex<BTreeSet<String>>,
}

/// A value that one task makes while the others wait for it.
type Slot<T> = Arc<AsyncMutex<Option<T>>>;

/// What a request is for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Action {
    Pull,
    Push,
}

impl Session {
    pub(super) fn new(http: Http, credentials: Credentials, options: RegistryOptions) -> Self {
        Self {
            http,
            credentials,
            used: Used::default(),
            plain_http: options.plain_http,
            mirrors: options.mirrors,
            image_deadline: options.image_deadline,
            permits: Semaphore::new(options.concurrency.max(1)),
            challenges: Mutex::default(),
            down: Mutex::default(),
            tokens: Mutex::default(),
            without_referrers: Mutex::default(),
            unreachable_mirrors: Mutex::default(),
        }
    }

    /// Where the repository's content may be had, besides the registry itself.
    pub(super) fn mirrors(&self, reference: &Reference, to_resolve: bool) -> Vec<Reference> {
        let places = self.mirrors.iter();
        let mut places: Vec<_> = places
            .filter_map(|mirror| mirror.place(reference, to_resolve))
            .collect();
        let unreachable = lock(&self.unreachable_mirrors);
        places.retain(|place| !unreachable.contains(&place.registry));
        places
    }

    /// Notes that a mirror did not help; gives the failure back.
    pub(super) fn mirror_failed(&self, place: &Reference, error: RegistryError) -> RegistryError {
        if matches!(error, RegistryError::Unreachable { .. }) {
            lock(&self.unreachable_mirrors).insert(place.registry.clone());
        }
        error
    }

    /// Whether the registry is known to have no referrers API.
    pub(super) fn lacks_referrers(&self, reference: &Reference) -> bool {
        lock(&self.without_referrers).contains(&reference.registry)
    }

    /// Notes that the registry has no referrers API.
    pub(super) fn remember_without_referrers(&self, reference: &Reference) {
        lock(&self.without_referrers).insert(reference.registry.clone());
    }

    /// The address of something in the repository.
    pub(super) fn url(&self, reference: &Reference, path: &str) -> Result<Url, RegistryError> {
        let error = || RegistryError::Address {
            reference: reference.to_string(),
        };
        self.base(reference)
            .ok_or_else(error)?
            .join(&format!("/v2/{}/{path}", reference.repository))
            .map_err(|_| error())
    }

    fn base(&self, reference: &Reference) -> Option<Url> {
        let host = match reference.registry.as_str() {
            "docker.io" | "index.docker.io" => "registry-1.docker.io",
            other => other,
        };
        let is_plain = reference.is_loopback() || self.plain_http.contains(host);
        let scheme = if is_plain { "http" } else { "https" };
        Url::parse(&format!("{scheme}://{host}/")).ok()
    }

    /// Sends a request with what the registry wants to see, once more when its token was no longer good.
    pub(super) async fn request(
        &self,
        reference: &Reference,
        what: &str,
        action: Action,
        request: Request,
    ) -> Result<Response, RegistryError> {
        // Another server's address (a page, an upload) gets no credentials of this registry.
        let own = self.base(reference).map(|base| base.origin());
        if own != Some(request.url.origin()) {
            return self.send(what, request).await;
        }
        let challenge = self.challenge(reference, what).await?;
        let first = self
            .authorization(reference, what, action, challenge.as_ref(), None)
            .await?;
        let response = self
            .send(what, with(request.clone(), first.as_ref()))
            .await?;
        // A challenge from where a redirect led is not the registry's.
        let from_here = own == Some(response.url.origin());
        if response.status != StatusCode::UNAUTHORIZED || !from_here {
            return enough(what, response);
        }
        let Some(challenge) = Challenge::of(&response) else {
            return Ok(response);
        };
        let slot = slot(&self.challenges, reference.registry.clone());
        *slot.lock().await = Some(Some(challenge.clone()));
        let second = self
            .authorization(reference, what, action, Some(&challenge), first.as_ref())
            .await?;
        let changed = second.as_ref().map(Secret::expose) != first.as_ref().map(Secret::expose);
        if !changed {
            return enough(what, response);
        }
        enough(what, self.send(what, with(request, second.as_ref())).await?)
    }

    async fn send(&self, what: &str, request: Request) -> Result<Response, RegistryError> {
        let sent = self.exchange(request).await;
        sent.map_err(|source| match source {
            HttpError::TooLarge { limit, .. } => RegistryError::TooLarge {
                reference: what.into(),
                limit,
            },
            source => RegistryError::Unreachable {
                reference: what.into(),
                source,
            },
        })
    }

    /// Asks what says nothing about the content: too large an answer means that it could not be read.
    async fn ask(&self, what: &str, request: Request) -> Result<Response, RegistryError> {
        let sent = self.exchange(request).await;
        sent.map_err(|source| RegistryError::Unreachable {
            reference: what.into(),
            source,
        })
    }

    async fn exchange(&self, request: Request) -> Result<Response, HttpError> {
        // The semaphore is never closed.
        let _permit = self.permits.acquire().await.ok();
        self.http.send(request).await
    }

    /// What the registry asks for, found out once (distribution spec, "Determining Support").
    async fn challenge(
        &self,
        reference: &Reference,
        what: &str,
    ) -> Result<Option<Challenge>, RegistryError> {
        let slot = slot(&self.challenges, reference.registry.clone());
        let mut known = slot.lock().await;
        if let Some(challenge) = known.as_ref() {
            return Ok(challenge.clone());
        }
        let Some(url) = self.base(reference).and_then(|base| base.join("/v2/").ok()) else {
            return Ok(None);
        };
        if let Some(reason) = lock(&self.down).get(&reference.registry) {
            return Err(RegistryError::Down {
                reference: what.into(),
                reason: reason.clone(),
            });
        }
        let response = self
            .ask(what, content(url.clone(), limits::REGISTRY_ANSWER_BYTES))
            .await
            .inspect_err(|error| {
                if let RegistryError::Unreachable { source, .. } = error {
                    lock(&self.down).insert(reference.registry.clone(), source.to_string());
                }
            })?;
        let asks =
            response.status == StatusCode::UNAUTHORIZED && response.url.origin() == url.origin();
        let challenge = asks.then(|| Challenge::of(&response)).flatten();
        *known = Some(challenge.clone());
        Ok(challenge)
    }

    /// The header for a challenge. `stale` was just refused.
    async fn authorization(
        &self,
        reference: &Reference,
        what: &str,
        action: Action,
        challenge: Option<&Challenge>,
        stale: Option<&Secret>,
    ) -> Result<Option<Secret>, RegistryError> {
        let (realm, service) = match challenge {
            None => return Ok(None),
            Some(Challenge::Basic) => {
                let found = self.credential(reference, what).await?;
                return Ok(found.and_then(|credential| match credential {
                    Credential::Password { username, password } => {
                        Some(basic(&username, &password))
                    }
                    Credential::IdentityToken(_) => None,
                }));
            }
            Some(Challenge::Bearer { realm, service }) => (realm, service.as_deref()),
        };
        let actions = match action {
            Action::Pull => "pull",
            Action::Push => "pull,push",
        };
        let scope = format!("repository:{}:{actions}", reference.repository);
        let key = (reference.registry.clone(), scope.clone());
        let slot = slot(&self.tokens, key);
        let mut token = slot.lock().await;
        if let Some(token) = token
            .as_ref()
            .filter(|token| token.is_fresh(Instant::now()))
        {
            let header = token.header();
            if stale.is_none_or(|stale| stale.expose() != header.expose()) {
                return Ok(Some(header));
            }
        }
        let error = |source| RegistryError::Token {
            reference: what.into(),
            source,
        };
        let base = self.base(reference).ok_or_else(|| RegistryError::Address {
            reference: what.into(),
        })?;
        let credential = self.credential(reference, what).await?;
        let request =
            token_request(&base, realm, service, &scope, credential.as_ref()).map_err(error)?;
        let response = self.ask(what, request).await?;
        let response = expect(StatusCode::OK, what, response)?;
        let fresh = Token::parse(&response.body, Instant::now()).map_err(error)?;
        self.used.note_token(&reference.registry, &fresh.text);
        let header = fresh.header();
        *token = Some(fresh);
        Ok(Some(header))
    }

    async fn credential(
        &self,
        reference: &Reference,
        what: &str,
    ) -> Result<Option<Credential>, RegistryError> {
        let found = self
            .credentials
            .find(&reference.registry, &reference.repository)
            .await
            .map_err(|source| RegistryError::Credentials {
                reference: what.into(),
                source,
            })?;
        if let Some(credential) = &found {
            self.used.note(&reference.registry, credential);
        }
        Ok(found)
    }
}

/// A GET that follows redirects. Takes what a registry says when it has no content, also where the content is small.
pub(super) fn content(url: Url, max_bytes: u64) -> Request {
    Request {
        redirects: REDIRECTS,
        ..Request::get(url, max_bytes.max(limits::REGISTRY_ANSWER_BYTES))
    }
}

/// The answer, unless it says that the token allows too little.
fn enough(what: &str, response: Response) -> Result<Response, RegistryError> {
    if matches!(response.status.as_u16(), 401 | 403) && lacks_scope(&response) {
        return Err(RegistryError::Scope {
            reference: what.into(),
            status: response.status,
        });
    }
    Ok(response)
}

fn with(request: Request, authorization: Option<&Secret>) -> Request {
    match authorization {
        Some(secret) => request.secret("authorization", secret.clone()),
        None => request,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn slot<K: Ord, T>(all: &Mutex<BTreeMap<K, Slot<T>>>, key: K) -> Slot<T> {
    lock(all).entry(key).or_default().clone()
}
