use super::points::milliseconds;
use super::*;
use crate::metrics::fixture::body;

fn error(text: &str) -> AnswerError {
    Answer::parse(text.as_bytes()).unwrap_err()
}

fn vector(result: &str) -> String {
    format!(r#"{{"status":"success","data":{{"resultType":"vector","result":{result}}}}}"#)
}

#[test]
fn each_kind_of_recorded_answer_is_told_apart() {
    let parse = |bytes: &[u8]| Answer::parse(&body(bytes)).unwrap();
    let at = |name: &[u8]| parse(name).data;

    let Data::Matrix(p95) = at(include_bytes!(
        "../../../fixtures/prometheus/http/prometheus-3.15/range-p95-15s.resp"
    )) else {
        panic!("a matrix");
    };
    assert_eq!((p95.len(), p95[0].samples.len()), (1, 241));
    assert_eq!(p95[0].samples[0].ms, 1_758_466_800_000);
    let Data::Vector(three) = at(include_bytes!(
        "../../../fixtures/prometheus/http/prometheus-3.15/instant-inf.resp"
    )) else {
        panic!("a vector");
    };
    // Sorted by label: ninf, nan, pinf.
    assert!(three[0].samples[0].value.is_nan());
    assert_eq!(three[1].samples[0].value, f64::NEG_INFINITY);
    assert_eq!(three[2].samples[0].value, f64::INFINITY);
    assert_eq!(
        at(include_bytes!(
            "../../../fixtures/prometheus/http/prometheus-3.15/instant-scalar.resp"
        )),
        Data::Scalar(Sample {
            ms: 1_758_468_600_000,
            value: 2.0
        })
    );
    assert_eq!(
        at(include_bytes!(
            "../../../fixtures/prometheus/http/prometheus-3.15/instant-string.resp"
        )),
        Data::String
    );
    let infos = parse(include_bytes!(
        "../../../fixtures/prometheus/http/prometheus-3.15/infos-not-a-counter.resp"
    ));
    assert_eq!((infos.infos.len(), infos.warnings.len()), (1, 0));
    let warned = parse(include_bytes!(
        "../../../fixtures/prometheus/http/prometheus-3.15/warnings-remote-read-down-range.resp"
    ));
    assert_eq!((warned.infos.len(), warned.warnings.len()), (0, 1));
}

#[test]
fn native_histograms_are_counted_and_never_numbers() {
    let Data::Matrix(mixed) = Answer::parse(&body(include_bytes!(
        "../../../fixtures/prometheus/http/prometheus-3.15/native-histogram-mixed.resp"
    )))
    .unwrap()
    .data
    else {
        panic!("a matrix");
    };

    let counts: Vec<_> = mixed
        .iter()
        .map(|s| (s.samples.len(), s.histograms))
        .collect();
    assert!(
        counts.contains(&(3, 0)) && counts.contains(&(0, 3)),
        "{counts:?}"
    );
}

#[test]
fn times_are_read_without_a_float() {
    for (text, ms) in [
        ("1758468600", Some(1_758_468_600_000)),
        ("1758468600.250", Some(1_758_468_600_250)),
        ("1758466807.5", Some(1_758_466_807_500)),
        ("0.001", Some(1)),
        ("-1.5", Some(-1_500)),
        ("9007199254740993.001", Some(9_007_199_254_740_993_001)),
        ("1.0010", Some(1_001)),
        ("1.0001", None),
        ("1e9", None),
        ("99999999999999999999", None),
        ("\"1\"", None),
        ("null", None),
    ] {
        assert_eq!(milliseconds(text), ms, "{text}");
    }
}

#[test]
fn a_value_that_is_no_number_of_the_api_is_refused() {
    for value in ["", "x", "infinity", "nan", "1e999", "0x10", "1 "] {
        let body = vector(&format!(r#"[{{"metric":{{}},"value":[1,"{value}"]}}]"#));
        assert!(matches!(error(&body), AnswerError::Json(_)), "{value}");
    }
    let bare = vector(r#"[{"metric":{},"value":[1,2]}]"#);
    assert!(matches!(error(&bare), AnswerError::Json(_)));
}

#[test]
fn doubled_series_labels_and_times_are_refused() {
    let twice =
        vector(r#"[{"metric":{"a":"1"},"value":[1,"2"]},{"metric":{"a":"1"},"value":[1,"3"]}]"#);
    assert!(matches!(error(&twice), AnswerError::Twice(_)));
    let label = vector(r#"[{"metric":{"a":"1","a":"2"},"value":[1,"2"]}]"#);
    assert!(matches!(error(&label), AnswerError::Json(_)));
    let order = vector(r#"[{"metric":{},"values":[[2,"2"],[2,"3"]]}]"#);
    assert!(matches!(error(&order), AnswerError::Order(_)));
}

#[test]
fn what_is_no_whole_success_is_an_error_of_its_own() {
    let bad = body(include_bytes!(
        "../../../fixtures/prometheus/http/prometheus-3.15/error-bad-promql.resp"
    ));
    assert!(
        matches!(Answer::parse(&bad).unwrap_err(), AnswerError::Server { kind, .. } if kind == "bad_data")
    );
    let login = body(include_bytes!(
        "../../../fixtures/prometheus/http/nginx-1.22/login-page-200.resp"
    ));
    assert!(matches!(
        Answer::parse(&login).unwrap_err(),
        AnswerError::Html
    ));
    let whole = vector("[]");
    for length in 0..whole.len() {
        assert!(
            Answer::parse(&whole.as_bytes()[..length]).is_err(),
            "{length}"
        );
    }
    for text in [
        r#"{"status":"success"}"#,
        r#"{"status":"success","data":{}}"#,
        r#"{"status":"success","data":{"resultType":"streams","result":[]}}"#,
    ] {
        assert!(matches!(error(text), AnswerError::ResultType(_)), "{text}");
    }
    assert!(matches!(
        error(r#"{"status":"success","data":[]}"#),
        AnswerError::Json(_)
    ));
}

#[test]
fn more_series_than_are_judged_are_refused_by_name() {
    let list: Vec<_> = (0..=SERIES)
        .map(|n| format!(r#"{{"metric":{{"n":"{n}"}},"value":[1,"2"]}}"#))
        .collect();

    let found = error(&vector(&format!("[{}]", list.join(","))));

    assert!(matches!(found, AnswerError::TooManySeries));
}

#[test]
fn series_before_their_type_are_read_the_same() {
    let first = vector(r#"[{"metric":{"a":"1"},"value":[1,"2"]}]"#);
    let last = r#"{"data":{"result":[{"metric":{"a":"1"},"value":[1,"2"]}],"resultType":"vector"},"status":"success"}"#;

    assert_eq!(
        Answer::parse(first.as_bytes()).unwrap(),
        Answer::parse(last.as_bytes()).unwrap()
    );
}

#[test]
fn a_member_that_comes_twice_is_refused() {
    for text in [
        r#"{"status":"success","status":"success","data":{"resultType":"vector","result":[]}}"#,
        r#"{"status":"success","data":{"resultType":"vector","result":[]},"data":{"resultType":"vector","result":[]}}"#,
        r#"{"status":"success","data":{"resultType":"vector","result":[],"result":[]}}"#,
        r#"{"status":"success","data":{"resultType":"vector","resultType":"matrix","result":[]}}"#,
    ] {
        assert!(matches!(error(text), AnswerError::Json(_)), "{text}");
    }
}

#[test]
fn a_partial_answer_of_a_cluster_is_a_warning() {
    let text =
        r#"{"status":"success","isPartial":true,"data":{"resultType":"vector","result":[]}}"#;

    assert_eq!(Answer::parse(text.as_bytes()).unwrap().warnings.len(), 1);
}

proptest::proptest! {
    #[test]
    fn any_bytes_give_an_answer_or_an_error(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let _ = Answer::parse(&bytes);
    }
}
