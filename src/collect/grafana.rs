//! Renders of a Grafana dashboard or panel, refused unless they are pictures of what was asked for.

mod error;

pub use error::GrafanaError;

use super::auth::{ServerAuth, endpoint};
use crate::appraise::dashboard::{CONTROL, DASHBOARD, DashboardRequest, RENDER, REQUEST, document};
use crate::appraise::picture::{self, PictureError};
use crate::model::limits::{DOCUMENT_BYTES, PICTURE_BYTES};
use crate::model::redact::url_without_secrets;
use crate::model::{Capture, CapturedFile, DashboardExpectation, MemberPath, Timestamp, Window};
use crate::net::http::{StatusCode, Url};
use crate::net::{Http, HttpError, Request, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A Grafana and how it is asked. Its client needs a timeout above [`RENDER_SECONDS`].
#[derive(Clone, Debug)]
pub struct GrafanaServer {
    /// Its address; a path belongs to it.
    pub url: Url,
    /// Credentials, such as a service account's token.
    pub auth: ServerAuth,
}

/// Seconds that Grafana is given for one picture.
pub const RENDER_SECONDS: u32 = 60;

/// What a Grafana says of itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GrafanaIdentity {
    /// Its version.
    pub version: Option<String>,
    /// The version of its image renderer.
    pub renderer_version: Option<String>,
}

impl GrafanaServer {
    /// Reaches the server without rendering: it answers, lets us in and has an image renderer.
    ///
    /// # Errors
    /// When one of these is not so.
    pub async fn probe(&self, http: &Http) -> Result<GrafanaIdentity, GrafanaError> {
        #[derive(Deserialize)]
        struct Health {
            version: Option<String>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Settings {
            renderer_available: Option<bool>,
            renderer_version: Option<String>,
        }
        let health: Health = self.json(http, &["api", "health"]).await?;
        let settings: Settings = self.json(http, &["api", "frontend", "settings"]).await?;
        if settings.renderer_available == Some(false) {
            return Err(GrafanaError::NoRenderer {
                url: url_without_secrets(self.url.as_str()),
            });
        }
        let short = |text: String| text.chars().take(100).collect::<String>();
        Ok(GrafanaIdentity {
            version: health.version.map(short),
            renderer_version: settings
                .renderer_version
                .map(short)
                .filter(|text| !text.is_empty()),
        })
    }

    /// The dashboard's JSON, from the API that this version has.
    async fn dashboard(&self, http: &Http, uid: &str) -> Result<Response, GrafanaError> {
        let legacy = self
            .get(
                http,
                endpoint(&self.url, &["api", "dashboards", "uid", uid]),
            )
            .await?;
        if legacy.status != StatusCode::NOT_FOUND {
            return json_answer(legacy);
        }
        let group = "dashboard.grafana.app";
        let path = [
            "apis",
            group,
            "v1beta1",
            "namespaces",
            "default",
            "dashboards",
            uid,
        ];
        let newer = self.get(http, endpoint(&self.url, &path)).await?;
        if newer.status == StatusCode::NOT_FOUND {
            return Err(GrafanaError::NotFound {
                url: url_without_secrets(self.url.as_str()),
                uid: uid.into(),
            });
        }
        json_answer(newer)
    }

    /// The answer that holds a library panel; none when the server does not have it.
    pub(super) async fn library_element(
        &self,
        http: &Http,
        uid: &str,
    ) -> Result<Option<Vec<u8>>, GrafanaError> {
        let url = endpoint(&self.url, &["api", "library-elements", uid]);
        let answer = self.get(http, url).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        json_answer(answer).map(|answer| Some(answer.body))
    }

    async fn json<T: DeserializeOwned>(
        &self,
        http: &Http,
        path: &[&str],
    ) -> Result<T, GrafanaError> {
        let response = json_answer(self.get(http, endpoint(&self.url, path)).await?)?;
        serde_json::from_slice(&response.body).map_err(|error| GrafanaError::Dashboard {
            url: url_without_secrets(response.url.as_str()),
            reason: error.to_string(),
        })
    }

    async fn get(&self, http: &Http, url: Url) -> Result<Response, GrafanaError> {
        let request = Request::get(url, DOCUMENT_BYTES).header("accept", "application/json");
        self.send(http, request).await
    }

    /// Sends it with the credentials. A redirect to a login is one wherever it leads.
    async fn send(&self, http: &Http, request: Request) -> Result<Response, GrafanaError> {
        let url = url_without_secrets(request.url.as_str());
        let response = match http.send(self.auth.apply(request)).await {
            Err(HttpError::Redirect { to, .. }) if to.contains("/login") => {
                return Err(GrafanaError::Login { url });
            }
            other => other?,
        };
        match response.status.as_u16() {
            status @ (401 | 403) => Err(GrafanaError::Denied { url, status }),
            _ => Ok(response),
        }
    }

    /// A picture, whatever is on it.
    async fn render(&self, http: &Http, url: Url) -> Result<Vec<u8>, GrafanaError> {
        let request = Request::get(url, PICTURE_BYTES).header("accept", "image/png");
        let response = self.send(http, request).await?;
        let url = url_without_secrets(response.url.as_str());
        match response.status.as_u16() {
            200 => (),
            status @ (408 | 500 | 504) => return Err(GrafanaError::RenderFailed { url, status }),
            status => return Err(GrafanaError::Status { url, status }),
        }
        let content_type = response.header("content-type").unwrap_or_default();
        let is = |wanted| essence(content_type).eq_ignore_ascii_case(wanted);
        if is("text/html") {
            return Err(GrafanaError::Login { url });
        }
        if !is("image/png") {
            return Err(wrong_type(url, content_type, "image/png"));
        }
        Ok(response.body)
    }
}

/// Captures a render over the window, with the dashboard's JSON.
///
/// Besides, a picture of a dashboard that does not exist is asked for: where that is the same picture, the server
/// renders its login page, an error or a placeholder, which no check of form can tell. Few servers refuse to render it.
///
/// # Errors
/// When the server cannot be reached or denies access, or when what comes is not a picture of what was asked for.
pub async fn capture(
    http: &Http,
    server: &GrafanaServer,
    id: &str,
    expectation: &DashboardExpectation,
    window: Window,
) -> Result<Capture, GrafanaError> {
    let identity = server.probe(http).await?;
    let json = server.dashboard(http, &expectation.uid).await?;
    let json_url = url_without_secrets(json.url.as_str());
    let found =
        document(&json.body, &expectation.uid).map_err(|reason| GrafanaError::Dashboard {
            url: json_url.clone(),
            reason,
        })?;
    if let Some(panel) = expectation.panel
        && !found
            .panels
            .iter()
            .any(|id| u64::try_from(*id) == Ok(panel))
    {
        return Err(GrafanaError::Panel {
            url: json_url,
            uid: expectation.uid.clone(),
            panel,
        });
    }
    let url = render_url(
        &server.url,
        expectation,
        window,
        &expectation.uid,
        RENDER_SECONDS,
    );
    let shown = url_without_secrets(url.as_str());
    let picture = server.render(http, url).await?;
    let form = picture::check(&picture, expectation.width, expectation.height);
    let refused = |source| GrafanaError::Picture {
        url: shown.clone(),
        source,
    };
    // This says more than what follows; of another size is what says less.
    if let Err(source @ PictureError::Blank) = form {
        return Err(refused(source));
    }
    let nothing = render_url(
        &server.url,
        expectation,
        window,
        NO_DASHBOARD,
        CONTROL_SECONDS,
    );
    // Most answers to it are errors, as they should be.
    let control = server.render(http, nothing).await.ok();
    if control.as_ref() == Some(&picture) {
        return Err(GrafanaError::Placeholder { url: shown });
    }
    form.map_err(refused)?;
    let request = DashboardRequest {
        uid: expectation.uid.clone(),
        panel: expectation.panel,
        from_ms: window.start_ms,
        to_ms: window.end_ms,
        width: expectation.width,
        height: expectation.height,
        theme: expectation.theme.clone(),
        variables: expectation.variables.clone(),
        method: "GET".into(),
        url: shown,
        version: identity.version,
        renderer_version: identity.renderer_version,
    };
    let own = serde_json::to_vec(&request).unwrap_or_default();
    let mut files = vec![
        (RENDER, "image/png", picture),
        (DASHBOARD, "application/json", json.body),
        (REQUEST, "application/json", own),
    ];
    files.extend(control.map(|bytes| (CONTROL, "image/png", bytes)));
    let mut captured = Vec::new();
    for (name, media_type, bytes) in files {
        let path = MemberPath::try_from(format!("dashboards/{id}/{name}"))?;
        if server.auth.leaks_into(&bytes, &server.url) {
            return Err(GrafanaError::Secret {
                file: path.to_string(),
            });
        }
        captured.push(CapturedFile::new(path, media_type, bytes));
    }
    Ok(Capture {
        captured: Timestamp::now(),
        window: Some(window),
        request: serde_json::to_value(&request).unwrap_or_default(),
        files: captured,
    })
}

fn render_url(
    server: &Url,
    expectation: &DashboardExpectation,
    window: Window,
    uid: &str,
    seconds: u32,
) -> Url {
    let kind = if expectation.panel.is_some() {
        "d-solo"
    } else {
        "d"
    };
    let mut url = endpoint(server, &["render", kind, uid, "_"]);
    {
        let mut query = url.query_pairs_mut();
        if let Some(panel) = expectation.panel {
            query.append_pair("panelId", &panel.to_string());
        }
        // Absolute times: with "now" the server's clock would decide.
        query
            .append_pair("from", &window.start_ms.to_string())
            .append_pair("to", &window.end_ms.to_string())
            .append_pair("width", &expectation.width.to_string())
            .append_pair("height", &expectation.height.to_string())
            .append_pair("theme", &expectation.theme)
            .append_pair("tz", "UTC")
            .append_pair("timeout", &seconds.to_string())
            .append_key_only("kiosk");
        for (name, values) in &expectation.variables {
            for value in values {
                query.append_pair(&format!("var-{name}"), value);
            }
        }
    }
    url
}

fn json_answer(response: Response) -> Result<Response, GrafanaError> {
    let url = url_without_secrets(response.url.as_str());
    if response.status != StatusCode::OK {
        let status = response.status.as_u16();
        return Err(GrafanaError::Status { url, status });
    }
    let content_type = response.header("content-type").unwrap_or_default();
    match essence(content_type).to_ascii_lowercase().as_str() {
        "application/json" => Ok(response),
        "text/html" => Err(GrafanaError::Login { url }),
        _ => Err(wrong_type(url, content_type, "application/json")),
    }
}

fn wrong_type(url: String, content_type: &str, wanted: &'static str) -> GrafanaError {
    GrafanaError::ContentType {
        url,
        content_type: content_type.chars().take(100).collect(),
        wanted,
    }
}

fn essence(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

/// A uid that no dashboard has.
const NO_DASHBOARD: &str = "evidence-no-such-dashboard";
/// Seconds for the picture that is only compared.
const CONTROL_SECONDS: u32 = 15;

#[cfg(test)]
mod tests;
