//! A store with rows in every table, and the contents of its backup.

use std::{collections::BTreeMap, fs::File, io::Read, path::Path};

use bytes::Bytes;
use closecast_domain::{RawBar, Symbol};
use closecast_store::{Alert, NewJob, NewRun, Origin, RunLog, RunMetric, RunOutcome, RunState, Store};
use serde_json::json;

use crate::samples::{card, day, forecast, now, series};

pub(crate) fn alert(subject: &str) -> Alert {
    Alert {
        kind: "forecast_error".into(),
        severity: "warning".into(),
        subject: subject.into(),
        message: "the error has grown".into(),
        recommendation: "train again".into(),
        value: Some(1.5),
        threshold: None,
    }
}

fn job(symbol: &str) -> NewJob {
    NewJob {
        kind: "train_model".into(),
        payload: json!({ "symbol": symbol, "name": "a \"quoted\"\nname" }),
        dedup_key: Some(format!("train {symbol}")),
        priority: 0,
        max_attempts: 1,
        requested_by: None,
    }
}

/// Fills every table, bars with more than a page. Three jobs: running, running with cancellation requested, ended.
pub(crate) async fn fill(store: &Store) {
    let mut long = series("AAPL", &[2]);
    long.bars =
        day(2).iter_days().take(2500).map(|day| RawBar { close: Some(0.1 + 0.2), ..RawBar::empty(day) }).collect();
    store.bars().replace(&long, now()).await.unwrap();
    for bytes in ["one", "two"] {
        store.models().publish(&card("AAPL"), Bytes::from(bytes), Origin::default(), now()).await.unwrap();
    }
    let evidence = json!({ "days": 60 });
    store.models().promote(("AAPL", 2), Some(1), (Some(&evidence), false), Some("ana"), now()).await.unwrap();
    for target in [8, 9] {
        store.forecasts().record(&forecast("AAPL", "one", target), now()).await.unwrap();
    }
    let waiting = store.forecasts().unsettled(&Symbol::new("AAPL").unwrap(), day(8), None, 10).await.unwrap();
    store.forecasts().settle(&[(waiting[0].id, Some(102.5))], now()).await.unwrap();
    fill_jobs(store).await;
    let parameters = json!({ "learning_rate": 1e-3 });
    let run = NewRun {
        name: "AAPL".into(),
        symbol: Some("AAPL".into()),
        kind: "train".into(),
        parameters,
        code_version: "0.1.0".into(),
        job_id: None,
    };
    let id = store.runs().begin(run, &serde_json::Value::Null, now()).await.unwrap();
    store.runs().record(&id, &[RunMetric { key: "loss".into(), step: 1, value: 1.0 / 3.0 }]).await.unwrap();
    store.runs().log(&id, RunLog { at: now(), level: "info".into(), message: "época 1 ✓".into() }).await.unwrap();
    store.runs().end(&id, RunState::Succeeded, RunOutcome::default(), now()).await.unwrap();
    store.alerts().raise(alert("AAPL"), now()).await.unwrap();
    store.keys().add("ana", "admin", "hash", now()).await.unwrap();
    store.audit().write(crate::audit::entry(Some("ana"), "POST /train"), now()).await.unwrap();
}

async fn fill_jobs(store: &Store) {
    let jobs = store.jobs();
    jobs.enqueue(job("AAPL"), now()).await.unwrap();
    let (_, lease) = jobs.claim("one", now()).await.unwrap().unwrap();
    jobs.heartbeat(&lease, Some(&json!({ "epoch": 3 }))).await.unwrap();
    jobs.enqueue(job("IBM"), now()).await.unwrap();
    let (to_cancel, _) = jobs.claim("two", now()).await.unwrap().unwrap();
    jobs.cancel(&to_cancel.id, now()).await.unwrap();
    jobs.enqueue_firing("nightly", now(), job("MSFT"), now()).await.unwrap().unwrap();
    let (_, lease) = jobs.claim("three", now()).await.unwrap().unwrap();
    jobs.succeed(&lease, &json!({ "version": 1 }), now()).await.unwrap();
}

/// Returns the entries of a backup.
pub(crate) fn entries(file: &Path) -> Vec<(String, Vec<u8>)> {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(File::open(file).unwrap()));
    let entry = |entry: std::io::Result<tar::Entry<'_, _>>| {
        let mut entry = entry.unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        (entry.path().unwrap().to_str().unwrap().to_owned(), bytes)
    };
    archive.entries().unwrap().map(entry).collect()
}

/// Returns the rows by table. Databases sort names differently.
pub(crate) fn sorted_rows(entries: &[(String, Vec<u8>)]) -> BTreeMap<String, Vec<String>> {
    let mut tables: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (path, bytes) in entries {
        if let Some(table) = path.strip_prefix("tables/").and_then(|rest| rest.split('/').next()) {
            let lines = str::from_utf8(bytes).unwrap().lines().map(str::to_owned);
            tables.entry(table.to_owned()).or_default().extend(lines);
        }
    }
    tables.values_mut().for_each(|rows| rows.sort());
    tables
}
