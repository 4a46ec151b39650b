//! A log entry as cosign stored it beside signatures: a promise of the log, without a proof.

use super::base64_of;
use crate::model::{Problem, Timestamp};
use crate::sigstore::log::OldEntry;
use crate::sigstore::{json, problem::problem};
use serde::Deserialize;
use sigstore_types::bundle::LogId;
use sigstore_types::{
    CanonicalizedBody, InclusionPromise, KindVersion, LogIndex, LogKeyId, SignedTimestamp,
    TransparencyLogEntry,
};

pub(super) enum Entry {
    /// A Sigstore bundle can hold it.
    Known(Box<TransparencyLogEntry>),
    /// Only cosign 1 and `--rekor-entry-type intoto` made these.
    Old(OldEntry),
}

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "SignedEntryTimestamp")]
    promise: String,
    #[serde(rename = "Payload")]
    payload: WirePayload,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePayload {
    body: String,
    integrated_time: i64,
    log_index: i64,
    #[serde(rename = "logID")]
    log_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireBody {
    kind: String,
    api_version: String,
}

pub(super) fn parse(text: &str) -> Result<Entry, Problem> {
    read(text).map_err(|message| problem("log-entry-malformed", message))
}

fn read(text: &str) -> Result<Entry, String> {
    json::refuse_duplicate_keys(text.as_bytes()).map_err(|error| error.to_string())?;
    let wire: Wire = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let body = base64_of(&wire.payload.body)?;
    json::refuse_duplicate_keys(&body).map_err(|error| error.to_string())?;
    let kind: WireBody = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
    let integrated =
        Timestamp::from_second(wire.payload.integrated_time).map_err(|error| error.to_string())?;
    let index = LogIndex::try_from(wire.payload.log_index).map_err(|error| error.to_string())?;
    let log_id = hex::decode(&wire.payload.log_id).map_err(|error| error.to_string())?;
    let promise = base64_of(&wire.promise)?;
    if (kind.kind.as_str(), kind.api_version.as_str()) == ("intoto", "0.0.1") {
        return Ok(Entry::Old(OldEntry {
            body,
            integrated,
            index: index.get(),
            log_id,
            promise,
        }));
    }
    let kind: KindVersion = serde_json::from_value(serde_json::json!({
        "kind": kind.kind, "version": kind.api_version,
    }))
    .map_err(|error| error.to_string())?;
    let entry = TransparencyLogEntry::new(
        index,
        LogId::new(LogKeyId::new(log_id)),
        kind,
        CanonicalizedBody::new(body),
    )
    .with_integrated_time(integrated)
    .with_inclusion_promise(InclusionPromise::new(SignedTimestamp::new(promise)));
    Ok(Entry::Known(Box::new(entry)))
}
