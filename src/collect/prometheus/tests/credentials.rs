//! Credentials go to the server and nowhere else.

use super::*;
use crate::model::redact::Secret;

#[tokio::test]
async fn credentials_are_sent_and_stand_in_no_stored_byte() {
    let replay = serve(|_| recorded!("prometheus-3.15/range-p95-15s").to_vec());
    let auth = ServerAuth {
        basic: Some(("me".into(), Secret::new("hunter22"))),
        headers: vec![("X-Scope-OrgID".into(), Secret::new("team-alpha"))],
        ..ServerAuth::default()
    };
    let server = PrometheusServer::new(replay.url.clone(), auth, 11_000);

    let found = capture(&client(), &server, "p95", &expectation(), WINDOW)
        .await
        .unwrap();

    let received = replay.received.lock().unwrap();
    assert!(
        received
            .iter()
            .all(|one| one.head.contains("authorization: basic bwu6ahvudgvymji="))
    );
    assert!(
        received
            .iter()
            .all(|one| one.head.contains("x-scope-orgid: team-alpha"))
    );
    for file in &found.files {
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        assert!(
            !text.contains("hunter22") && !text.contains("bWU6aHVudGVyMjI="),
            "{}",
            file.path
        );
    }
}

#[tokio::test]
async fn an_answer_that_repeats_a_credential_is_not_kept() {
    let json = br#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"token":"glsa-123456"},"values":[]}]}}"#;
    let replay = serve(move |_| response("200 OK", "application/json", json));
    let auth = ServerAuth {
        bearer: Some(Secret::new("glsa-123456")),
        ..ServerAuth::default()
    };
    let server = PrometheusServer::new(replay.url.clone(), auth, 11_000);

    let error = capture(&client(), &server, "p95", &expectation(), WINDOW)
        .await
        .unwrap_err();

    assert!(
        matches!(&error, PrometheusError::Secret { file } if file == "metrics/p95/chunk-000.json")
    );
}
