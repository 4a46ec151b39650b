use super::*;

const WINDOW: &str = "from=1795258800000&to=1795262400000";

async fn fixed(grafana: GrafanaMode) -> Sandbox {
    let clock = Clock::Fixed("2026-11-21T12:00:00Z".parse().unwrap());
    Sandbox::start(SandboxOptions {
        clock,
        grafana,
        ..options()
    })
    .await
    .unwrap()
}

struct Rendered {
    status: u16,
    media_type: String,
    bytes: Vec<u8>,
}

async fn render(sandbox: &Sandbox, path: &str) -> Rendered {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let url = format!("{}/render/{path}", sandbox.url(Service::Grafana));
    let response = client.get(url).send().await.unwrap();
    Rendered {
        status: response.status().as_u16(),
        media_type: response.headers()["content-type"]
            .to_str()
            .unwrap()
            .to_owned(),
        bytes: response.bytes().await.unwrap().to_vec(),
    }
}

/// Width, height, and the number of colours.
fn picture(png: &[u8]) -> (u32, u32, usize) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png))
        .read_info()
        .unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let colours: std::collections::BTreeSet<&[u8]> = pixels.chunks(3).collect();
    (info.width, info.height, colours.len())
}

#[tokio::test]
async fn a_dashboard_and_a_panel_render_in_the_size_asked_for() {
    let sandbox = fixed(GrafanaMode::Healthy).await;

    let dashboard = render(
        &sandbox,
        &format!("d/release/slug?{WINDOW}&width=800&height=300"),
    )
    .await;
    let panel = render(
        &sandbox,
        &format!("d-solo/release?panelId=1&{WINDOW}&width=400&height=200&scale=2"),
    )
    .await;
    let other = render(
        &sandbox,
        &format!("d-solo/release?panelId=2&{WINDOW}&width=400&height=200&scale=2"),
    )
    .await;

    assert_eq!(
        (dashboard.status, dashboard.media_type.as_str()),
        (200, "image/png")
    );
    let (width, height, colours) = picture(&dashboard.bytes);
    assert_eq!((width, height), (800, 300));
    assert!(colours > 3);
    assert_eq!(picture(&panel.bytes).0, 800);
    assert_ne!(panel.bytes, other.bytes);
}

#[tokio::test]
async fn each_mode_fails_in_its_own_way() {
    let sandbox = fixed(GrafanaMode::OneColour).await;
    let path = format!("d/release/slug?{WINDOW}&width=800&height=300");

    assert_eq!(picture(&render(&sandbox, &path).await.bytes), (800, 300, 1));
    sandbox.set_grafana_mode(GrafanaMode::WrongSize);
    assert_eq!(picture(&render(&sandbox, &path).await.bytes).0, 401);
    sandbox.set_grafana_mode(GrafanaMode::NoRenderer);
    assert_eq!(picture(&render(&sandbox, &path).await.bytes).0, 640);
    let settings = format!("{}/api/frontend/settings", sandbox.url(Service::Grafana));
    assert_eq!(get_json(&settings).await["rendererAvailable"], false);
    sandbox.set_grafana_mode(GrafanaMode::LoginRedirect);
    assert_eq!(render(&sandbox, &path).await.status, 302);
    sandbox.set_grafana_mode(GrafanaMode::LoginHtml);
    let login = render(&sandbox, &path).await;
    assert_eq!(
        (login.status, login.media_type.as_str()),
        (200, "text/html; charset=UTF-8")
    );
}

#[tokio::test]
async fn sizes_that_are_none_or_too_large_are_refused() {
    let sandbox = fixed(GrafanaMode::Healthy).await;

    for size in [
        "width=0&height=10",
        "width=x&height=10",
        "width=100000&height=100000",
    ] {
        assert_eq!(
            render(&sandbox, &format!("d/release?{WINDOW}&{size}"))
                .await
                .status,
            400
        );
    }
}

#[tokio::test]
async fn the_dashboard_names_the_queries_behind_its_panels() {
    let sandbox = fixed(GrafanaMode::Healthy).await;
    let url = sandbox.url(Service::Grafana);

    let dashboard = get_json(&format!("{url}/api/dashboards/uid/release")).await;
    let health = get_json(&format!("{url}/api/health")).await;
    let organisation = get_json(&format!("{url}/api/org")).await;

    assert_eq!(dashboard["dashboard"]["uid"], "release");
    assert_eq!(
        dashboard["dashboard"]["panels"].as_array().unwrap().len(),
        3
    );
    assert_eq!(health["database"], "ok");
    assert_eq!(organisation["name"], "DEMO");
}
