use super::*;
use crate::metrics::Data;
use crate::metrics::fixture::{body, plain_body};
use crate::metrics::promql::{Expr, is_stale_marker, parse};
use proptest::prelude::*;

const KAFKA: (&[u8], &[u8]) = (
    include_bytes!(
        "../../../fixtures/prometheus/cutover/raw/prometheus-3.15/remote-read-kafka-consumer-lag-sum.req"
    ),
    include_bytes!(
        "../../../fixtures/prometheus/cutover/raw/prometheus-3.15/remote-read-kafka-consumer-lag-sum.resp"
    ),
);
const QUEUE: &[u8] = include_bytes!(
    "../../../fixtures/prometheus/cutover/raw/prometheus-3.15/remote-read-queue-depth.resp"
);
const OPA: &[u8] = include_bytes!(
    "../../../fixtures/prometheus/cutover/raw/prometheus-2.42/remote-read-opa-decision-duration-seconds-last.resp"
);

fn matchers(selector: &str) -> Vec<Matcher> {
    let Ok(Expr::Instant(selector)) = parse(selector) else {
        panic!("{selector} is no selector");
    };
    selector.selector.matchers().to_vec()
}

fn packed(message: &[u8]) -> Vec<u8> {
    snap::raw::Encoder::new().compress_vec(message).unwrap()
}

fn unpacked(bytes: &[u8]) -> Vec<u8> {
    snap::raw::Decoder::new().decompress_vec(bytes).unwrap()
}

/// An answer with one series of one label and these samples.
fn response(samples: &[(i64, f64)]) -> Vec<u8> {
    let mut label = Vec::new();
    put_bytes(&mut label, 1, b"__name__");
    put_bytes(&mut label, 2, b"x");
    let mut series = Vec::new();
    put_bytes(&mut series, 1, &label);
    for (ms, value) in samples {
        let mut sample = vec![9];
        sample.extend_from_slice(&value.to_le_bytes());
        put_number(&mut sample, 2, ms.cast_unsigned());
        put_bytes(&mut series, 2, &sample);
    }
    let mut result = Vec::new();
    put_bytes(&mut result, 1, &series);
    let mut message = Vec::new();
    put_bytes(&mut message, 1, &result);
    message
}

#[test]
fn a_request_asks_for_what_the_recorded_one_asks_for() {
    let recorded = unpacked(&body(KAFKA.0));
    let (from_ms, to_ms) = times(&recorded);

    let made = encode_request(&matchers("kafka_consumer_lag_sum"), from_ms, to_ms).unwrap();

    let mut without_types = unpacked(&made);
    assert!(without_types.ends_with(&[0x12, 1, 0]));
    without_types.truncate(without_types.len() - 3);
    assert_eq!(without_types, without_zero_type(&recorded, from_ms, to_ms));
}

/// The times of the query of a request.
fn times(request: &[u8]) -> (i64, i64) {
    let queries = (Fields { rest: request }).messages(1).unwrap();
    let mut fields = Fields { rest: queries[0] };
    let mut time = || match fields.next().unwrap() {
        Some((_, Value::Number(ms))) => ms.cast_signed(),
        _ => panic!("no time"),
    };
    (time(), time())
}

/// The same request with the matcher's type written out, and without the accepted types.
fn without_zero_type(request: &[u8], from_ms: i64, to_ms: i64) -> Vec<u8> {
    let queries = (Fields { rest: request }).messages(1).unwrap();
    let matchers = (Fields { rest: queries[0] }).messages(3);
    let matcher = matchers.unwrap()[0];
    let mut full = Vec::new();
    if matcher[0] != 8 {
        put_number(&mut full, 1, 0);
    }
    full.extend_from_slice(matcher);
    let mut query = Vec::new();
    put_number(&mut query, 1, from_ms.cast_unsigned());
    put_number(&mut query, 2, to_ms.cast_unsigned());
    put_bytes(&mut query, 3, &full);
    let mut request = Vec::new();
    put_bytes(&mut request, 1, &query);
    request
}

#[test]
fn a_recorded_answer_has_the_samples_that_a_query_gives_too() {
    let by_query =
        include_bytes!("../../../fixtures/prometheus/cutover/raw/prometheus-3.15/kafka-lag.resp");
    let text = plain_body(by_query);
    let Data::Matrix(by_query) = crate::metrics::Answer::parse(&text).unwrap().data else {
        panic!("no matrix");
    };

    let found = decode_response(&body(KAFKA.1)).unwrap();

    assert_eq!(found.len(), by_query.len());
    let (found, by_query) = (&found[0], &by_query[0]);
    assert!(found.samples.len() > 10);
    assert!(
        found
            .samples
            .iter()
            .all(|one| by_query.samples.contains(one))
    );
    let added = found
        .labels
        .0
        .iter()
        .filter(|pair| !by_query.labels.0.contains_key(pair.0));
    let added: Vec<_> = added
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(added, ["cluster=prod-us-east", "replica=a"]);
}

#[test]
fn stale_markers_are_told_from_nan() {
    let stale = |answer| {
        let found = decode_response(&body(answer)).unwrap();
        let values = found
            .iter()
            .flat_map(|one| &one.samples)
            .map(|one| one.value);
        let nan: Vec<f64> = values.filter(|value| value.is_nan()).collect();
        (
            nan.len(),
            nan.iter().filter(|value| is_stale_marker(**value)).count(),
        )
    };

    let (queue, opa) = (stale(QUEUE), stale(OPA));

    assert!(queue.0 > 0 && queue.0 == queue.1, "{queue:?}");
    assert!(opa.0 > 0 && opa.1 == 0, "{opa:?}");
}

#[test]
fn an_answer_that_would_unpack_to_too_much_is_refused_before_it_is() {
    // A block's length stands at its start: 4 GiB less one byte, of which nothing follows.
    let bomb = [0xff, 0xff, 0xff, 0xff, 0x0f, 0];

    assert!(matches!(
        decode_response(&bomb),
        Err(RemoteReadError::TooLarge { found: 0xffff_ffff })
    ));
}

#[test]
fn each_defect_is_refused_by_its_name() {
    let twice = [response(&[(1, 1.0)]), response(&[(2, 1.0)])].concat();
    let mut label = Vec::new();
    put_bytes(&mut label, 1, b"a");
    let label_twice = wrapped(|series| {
        put_bytes(series, 1, &label);
        put_bytes(series, 1, &label);
    });
    let cut = response(&[(1, 1.0)]);
    let cut = &cut[..cut.len() - 1];

    let refused = |message: &[u8]| decode_response(&packed(message)).unwrap_err();

    assert!(matches!(refused(&twice), RemoteReadError::Twice(_)));
    assert!(matches!(
        refused(&response(&[(2, 1.0), (1, 1.0)])),
        RemoteReadError::Order(_)
    ));
    assert!(matches!(
        refused(&label_twice),
        RemoteReadError::LabelTwice { .. }
    ));
    assert!(matches!(refused(cut), RemoteReadError::Message));
    assert!(matches!(
        refused(&wrapped(|series| put_number(series, 2, 7))),
        RemoteReadError::Message
    ));
    assert!(matches!(
        decode_response(b"no snappy").unwrap_err(),
        RemoteReadError::Snappy(_) | RemoteReadError::Message
    ));
}

fn wrapped(fill: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let (mut series, mut result, mut message) = (Vec::new(), Vec::new(), Vec::new());
    fill(&mut series);
    put_bytes(&mut result, 1, &series);
    put_bytes(&mut message, 1, &result);
    message
}

#[test]
fn native_histograms_are_counted_and_unknown_fields_skipped() {
    let message = wrapped(|series| {
        put_bytes(series, 4, &[]);
        put_bytes(series, 3, b"exemplar");
        put_number(series, 9, 300);
    });

    let found = decode_response(&packed(&message)).unwrap();

    assert_eq!((found.len(), found[0].histograms), (1, 1));
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_to_the_bit(
        values in proptest::collection::btree_map(any::<i64>(), any::<u64>(), 0..20)
    ) {
        let samples: Vec<(i64, f64)> = values.iter().map(|(ms, bits)| (*ms, f64::from_bits(*bits))).collect();

        let found = decode_response(&packed(&response(&samples))).unwrap();

        let bits: Vec<(i64, u64)> = found[0].samples.iter().map(|one| (one.ms, one.value.to_bits())).collect();
        prop_assert_eq!(bits, values.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode_response(&bytes);
        let _ = decode_response(&packed(&bytes));
    }
}
