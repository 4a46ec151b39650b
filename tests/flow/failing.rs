//! Sources that fail: each says what and where, and hides no other.

use crate::common::finish;
use crate::common::project::Project;
use crate::stage::{Stage, collect, command, fared, line, metric, those};
use evidence::sandbox::{GrafanaMode, Service};
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;

#[test]
fn a_metrics_server_that_is_down_hides_no_other_source() {
    let mut stage = Stage::new();
    let project = Project::new(&stage.world);
    let url = stage.world.sandbox.url(Service::Prometheus);
    stage.stop(Service::Prometheus);

    let first = collect(&project);
    let packed = finish(command("pack", &project).arg("--out-dir").arg(&project.out));
    stage.restart(Service::Prometheus);
    let second = collect(&project);

    assert_eq!(first.code, Some(3), "{}", first.stderr);
    assert_eq!(those(&first, "captured").len(), 12, "{}", first.stderr);
    // Grafana draws from what the metrics server's own process knows; the picture is its business.
    assert!(line(&first, "api_p95").starts_with(&format!("failed    api_p95: {url}/api/v1/")));
    assert!(
        first.stderr.contains("1 source(s) failed: run again"),
        "{}",
        first.stderr
    );
    assert_eq!(packed.code, Some(3), "{}", packed.stderr);
    assert!(
        packed.stderr.contains("not captured yet: api_p95"),
        "{}",
        packed.stderr
    );
    assert_eq!(second.code, Some(0), "{}", second.stderr);
    assert_eq!(those(&second, "captured"), those(&first, "failed"));
    assert_eq!(those(&second, "kept"), those(&first, "captured"));
}

#[test]
fn a_registry_that_is_down_fails_the_images_and_nothing_else() {
    let mut stage = Stage::new();
    let project = Project::new(&stage.world);
    let registry = stage.world.sandbox.registry();
    stage.stop(Service::Registry);

    let run = collect(&project);

    assert_eq!(run.code, Some(3), "{}", run.stderr);
    assert_eq!(those(&run, "failed").len(), 6, "{}", run.stderr);
    for id in ["api", "client", "gateway"] {
        assert!(line(&run, id).contains(&registry), "{}", run.stderr);
        assert_eq!(fared(&run)[id], "failed");
    }
    assert_eq!(fared(&run)["api_p95"], "captured");
}

#[test]
fn each_way_in_which_a_dashboard_is_no_picture_has_words_of_its_own() {
    let stage = Stage::new();
    let url = stage.world.sandbox.url(Service::Grafana);
    let project = stage.project(&format!(
        "grafana: {{main: {{url: \"{url}\"}}}}\n\
         dashboards: [{{id: overview, grafana: main, uid: shop-overview, window: 2h, width: 400, height: 200}}]\n"
    ));
    let mut said = BTreeSet::new();
    for (mode, words) in [
        (GrafanaMode::NoRenderer, "has no image renderer"),
        (GrafanaMode::LoginRedirect, "access is denied (HTTP 401)"),
        (GrafanaMode::LoginHtml, "access is denied (HTTP 401)"),
        (GrafanaMode::OneColour, "the picture has a single colour"),
        (GrafanaMode::WrongSize, "pixels"),
    ] {
        stage.world.sandbox.set_grafana_mode(mode);

        let run = collect(&project);

        assert_eq!(run.code, Some(3), "{}", run.stderr);
        let line = line(&run, "overview");
        assert!(
            line.starts_with(&format!("failed    overview: {url}")),
            "{line}"
        );
        assert!(line.contains(words), "{mode:?}: {line}");
        said.insert(line.to_owned());
    }
    // A server that lets nobody in says the same whichever page a browser would see.
    assert_eq!(said.len(), 4, "{said:#?}");

    stage.world.sandbox.set_grafana_mode(GrafanaMode::Healthy);
    assert_eq!(collect(&project).code, Some(0));
}

#[test]
fn a_login_page_in_the_place_of_a_dashboard_is_named_as_one() {
    let stage = Stage::new();
    for status in ["302 Found\r\nlocation: /login", "200 OK"] {
        let login = serve(status, "text/html", |_| "<form>Who are you?</form>".into());
        let project = stage.project(&format!(
            "grafana: {{main: {{url: \"http://{login}\"}}}}\n\
             dashboards: [{{id: overview, grafana: main, uid: shop-overview, window: 2h}}]\n"
        ));

        let run = collect(&project);

        assert_eq!(run.code, Some(3), "{}", run.stderr);
        let line = line(&run, "overview");
        assert!(line.contains("answers with a login page"), "{line}");
    }
}

#[test]
fn a_query_that_the_server_refuses_fails_with_the_servers_words() {
    let stage = Stage::new();
    let sections = stage.metric().replace("queue_lag{", "rate(queue_lag{");
    let project = stage.project(&sections);

    let run = collect(&project);

    assert_eq!(run.code, Some(3), "{}", run.stderr);
    assert!(
        line(&run, "up").contains("the query failed: the server answers bad_data: "),
        "{}",
        run.stderr
    );
}

#[test]
fn a_program_that_is_not_there_fails_and_one_that_says_no_is_a_record() {
    let stage = Stage::new();
    let absent = stage.project("commands: [{id: scan, run: [no-such-program-here]}]\n");
    let saying_no = stage.project("commands: [{id: scan, run: [sh, -c, exit 3]}]\n");

    let not_run = collect(&absent);
    let said_no = collect(&saying_no);

    assert_eq!(not_run.code, Some(3), "{}", not_run.stderr);
    assert!(
        line(&not_run, "scan").starts_with("failed    scan: no-such-program-here cannot be run: ")
    );
    assert_eq!(said_no.code, Some(4), "{}", said_no.stderr);
    assert!(
        line(&said_no, "scan").starts_with("captured  scan: NOT MET, "),
        "{}",
        said_no.stderr
    );
}

#[test]
fn servers_that_deny_access_or_talk_nonsense_are_named() {
    let stage = Stage::new();
    let denying = serve("401 Unauthorized", "text/plain", |_| "who are you?".into());
    let babbling = serve("200 OK", "application/json", |_| "\u{1}]{garbage".into());
    for (address, metric_words, image_words) in [
        (&denying, "access is denied (HTTP 401)", "401"),
        (&babbling, "the query failed: ", "api:v1.4.0"),
    ] {
        let sections = metric(&format!("http://{address}"), "")
            + &format!("images: [{{name: api, reference: \"{address}/demo/api:v1.4.0\"}}]\n");
        let project = stage.project(&sections);

        let run = collect(&project);

        assert_eq!(run.code, Some(3), "{}", run.stderr);
        assert_eq!(
            those(&run, "failed"),
            ["api", "up"].into(),
            "{}",
            run.stderr
        );
        let (about_metric, about_image) = (line(&run, "up"), line(&run, "api"));
        assert!(about_metric.contains(metric_words), "{about_metric}");
        assert!(about_image.contains(image_words), "{about_image}");
        assert!(about_metric.contains(address.as_str()), "{about_metric}");
        assert!(about_image.contains(address.as_str()), "{about_image}");
        assert!(!run.stderr.contains('\u{1}'), "{}", run.stderr);
    }
}

/// A server that gives every request the same status, and a body made of the request's head. Gives host and port.
pub(crate) fn serve(
    status: &'static str,
    media_type: &'static str,
    body: impl Fn(&str) -> String + Send + Sync + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let body = Arc::new(body);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, body) = (stream.unwrap(), body.clone());
            std::thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut head = String::new();
                while reader.read_line(&mut head).unwrap_or(0) > 2 {}
                let length = head.to_lowercase();
                let length = length
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: "));
                let length: u64 = length.map_or(0, |length| length.trim().parse().unwrap());
                std::io::copy(&mut reader.take(length), &mut std::io::sink()).unwrap();
                let body = body(&head);
                let answer = format!(
                    "HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                stream.write_all(answer.as_bytes()).ok();
            });
        }
    });
    address
}
