use super::*;
use crate::appraise::dashboard;
use crate::collect::replay::{Received, Replay, client};
use crate::metrics::fixture::body;
use crate::model::Status;
use crate::model::redact::Secret;
use std::collections::BTreeMap;

macro_rules! recorded {
    ($name:literal) => {
        include_bytes!(concat!("../../../fixtures/grafana/http/", $name, ".resp")).as_slice()
    };
}

const WINDOW: Window = Window {
    start_ms: 1_758_466_800_000,
    end_ms: 1_758_474_000_000,
};

fn expectation() -> DashboardExpectation {
    DashboardExpectation {
        grafana: "main".into(),
        uid: "api-overview".into(),
        panel: None,
        window_ms: 7_200_000,
        width: 1_000,
        height: 500,
        theme: "dark".into(),
        variables: BTreeMap::from([("job".into(), vec!["a b".into(), "c".into()])]),
        data: None,
    }
}

/// A Grafana with a renderer; what it gives for a dashboard, for its render and for one of a dashboard that it lacks.
#[derive(Clone, Copy)]
struct Answers {
    settings: &'static [u8],
    legacy: &'static [u8],
    newer: &'static [u8],
    render: &'static [u8],
    control: &'static [u8],
}

const GOOD: Answers = Answers {
    settings: recorded!("api-frontend-settings-renderer"),
    legacy: recorded!("dashboard-legacy"),
    newer: recorded!("api-dashboard-not-found-404"),
    render: recorded!("render-ok"),
    control: recorded!("render-failed-500"),
};

impl Answers {
    fn serve(self) -> Replay {
        Replay::start(move |request: &Received| {
            let line = &request.line;
            let answer = match () {
                () if line.contains(NO_DASHBOARD) => self.control,
                () if line.contains("/render/") => self.render,
                () if line.contains("/api/health") => recorded!("api-health"),
                () if line.contains("/api/frontend/settings") => self.settings,
                () if line.contains("/api/dashboards/uid/") => self.legacy,
                () => self.newer,
            };
            answer.to_vec()
        })
    }

    async fn capture(self, expectation: &DashboardExpectation) -> Result<Capture, GrafanaError> {
        let replay = self.serve();
        let server = GrafanaServer {
            url: replay.url.clone(),
            auth: ServerAuth::default(),
        };
        capture(&client(), &server, "overview", expectation, WINDOW).await
    }

    async fn failure(self) -> GrafanaError {
        self.capture(&expectation()).await.unwrap_err()
    }
}

fn rendered(render: &'static [u8]) -> Answers {
    Answers { render, ..GOOD }
}

#[tokio::test]
async fn a_render_is_captured_with_its_dashboard_and_recorded() {
    let found = GOOD.capture(&expectation()).await.unwrap();

    assert_eq!(
        &*found.file(RENDER).unwrap().bytes,
        body(recorded!("render-ok"))
    );
    assert_eq!(
        &*found.file(DASHBOARD).unwrap().bytes,
        body(recorded!("dashboard-legacy"))
    );
    assert!(found.file(CONTROL).is_none());
    let claim = dashboard(&found, &expectation()).claim;
    assert_eq!(
        (claim.status(), claim.met()),
        (Status::Recorded, Some(true)),
        "{claim:?}"
    );
    assert_eq!(found.request["rendererVersion"], "5.0.0");
}

#[tokio::test]
async fn the_render_is_asked_for_with_absolute_times_and_every_variable() {
    let replay = GOOD.serve();
    let server = GrafanaServer {
        url: replay.url.clone(),
        auth: ServerAuth::default(),
    };

    capture(&client(), &server, "overview", &expectation(), WINDOW)
        .await
        .unwrap();

    let lines = replay.lines();
    let render = lines.iter().find(|line| line.contains("/render/")).unwrap();
    assert_eq!(
        render,
        "GET /render/d/api-overview/_?from=1758466800000&to=1758474000000&width=1000&height=500\
         &theme=dark&tz=UTC&timeout=60&kiosk&var-job=a+b&var-job=c"
    );
}

#[tokio::test]
async fn a_panel_is_rendered_alone_and_must_exist() {
    let with = |panel| DashboardExpectation {
        panel: Some(panel),
        ..expectation()
    };
    let replay = GOOD.serve();
    let server = GrafanaServer {
        url: replay.url.clone(),
        auth: ServerAuth::default(),
    };
    let panels = document(&body(recorded!("dashboard-legacy")), "api-overview")
        .unwrap()
        .panels;
    let panel = u64::try_from(panels[0]).unwrap();

    capture(&client(), &server, "overview", &with(panel), WINDOW)
        .await
        .unwrap();
    let missing = capture(&client(), &server, "overview", &with(999), WINDOW).await;

    let lines = replay.lines();
    let solo = format!("GET /render/d-solo/api-overview/_?panelId={panel}&from=");
    assert!(
        lines.iter().any(|line| line.starts_with(&solo)),
        "{lines:?}"
    );
    assert!(matches!(
        missing,
        Err(GrafanaError::Panel { panel: 999, .. })
    ));
}

#[tokio::test]
async fn the_newer_api_is_asked_where_the_older_one_is_gone() {
    let newer = Answers {
        legacy: recorded!("api-dashboard-not-found-404"),
        newer: recorded!("dashboard-v1beta1"),
        ..GOOD
    };

    let found = newer.capture(&expectation()).await.unwrap();

    assert_eq!(
        &*found.file(DASHBOARD).unwrap().bytes,
        body(recorded!("dashboard-v1beta1"))
    );
}

#[tokio::test]
async fn each_way_to_fail_is_an_error_of_its_own() {
    use GrafanaError::{Denied, Http, Login, NoRenderer, NotFound, Picture, RenderFailed, Status};
    let no_renderer = Answers {
        settings: recorded!("api-frontend-settings-no-renderer"),
        ..GOOD
    };
    assert!(matches!(no_renderer.failure().await, NoRenderer { .. }));
    let denied = Answers {
        legacy: recorded!("api-invalid-key-401"),
        ..GOOD
    };
    assert!(matches!(denied.failure().await, Denied { status: 401, .. }));
    let unknown = Answers {
        legacy: recorded!("api-dashboard-not-found-404"),
        ..GOOD
    };
    assert!(matches!(unknown.failure().await, NotFound { .. }));
    let redirect = rendered(recorded!("render-login-redirect-302"))
        .failure()
        .await;
    assert!(matches!(redirect, Login { .. }), "{redirect:?}");
    let page = rendered(recorded!("render-login-html-200")).failure().await;
    assert!(matches!(page, Login { .. }), "{page:?}");
    let failed = rendered(recorded!("render-failed-500")).failure().await;
    assert!(matches!(failed, RenderFailed { status: 500, .. }) && failed.is_temporary());
    let bad = rendered(recorded!("render-bad-width-400")).failure().await;
    assert!(matches!(bad, Status { status: 400, .. }));
    let cut = rendered(recorded!("render-truncated")).failure().await;
    assert!(
        matches!(cut, Http(HttpError::Unreachable { .. })),
        "{cut:?}"
    );
    for other_size in [
        recorded!("render-wrong-size"),
        recorded!("render-renderer-not-installed-200"),
        recorded!("render-concurrency-limit-200"),
    ] {
        let size = rendered(other_size).failure().await;
        assert!(
            matches!(
                size,
                Picture {
                    source: PictureError::Size { .. },
                    ..
                }
            ),
            "{size:?}"
        );
    }
}

#[tokio::test]
async fn what_is_rendered_for_any_dashboard_is_a_placeholder() {
    for picture in [
        recorded!("render-login-page-as-png"),
        recorded!("render-renderer-not-installed-200"),
        recorded!("render-concurrency-limit-200"),
    ] {
        let same = Answers {
            render: picture,
            control: picture,
            ..GOOD
        };
        let found = same.failure().await;
        assert!(
            matches!(found, GrafanaError::Placeholder { .. }),
            "{found:?}"
        );
    }
    let other = Answers {
        control: recorded!("render-login-page-as-png"),
        ..GOOD
    };
    let found = other.capture(&expectation()).await.unwrap();
    assert!(found.file(CONTROL).is_some());
    assert_eq!(dashboard(&found, &expectation()).claim.met(), Some(true));
}

#[tokio::test]
async fn credentials_are_sent_and_stand_in_no_stored_byte() {
    let replay = GOOD.serve();
    let server = |token: &str| GrafanaServer {
        url: replay.url.clone(),
        auth: ServerAuth {
            bearer: Some(Secret::new(token)),
            ..ServerAuth::default()
        },
    };

    let found = capture(
        &client(),
        &server("glsa-123456"),
        "overview",
        &expectation(),
        WINDOW,
    )
    .await
    .unwrap();
    // A token that stands in the dashboard's own JSON.
    let leaked = capture(
        &client(),
        &server("API overview"),
        "overview",
        &expectation(),
        WINDOW,
    )
    .await;

    let received = replay.received.lock().unwrap();
    assert!(
        received
            .iter()
            .all(|one| one.head.contains("authorization: bearer "))
    );
    let is_clean =
        |file: &CapturedFile| !String::from_utf8_lossy(&file.bytes).contains("glsa-123456");
    assert!(found.files.iter().all(is_clean));
    assert!(matches!(leaked, Err(GrafanaError::Secret { .. })));
}
