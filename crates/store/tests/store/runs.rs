//! Runs.

use closecast_store::{NewRun, RunFilter, RunLog, RunMetric, RunOutcome, RunState};
use serde_json::json;

use crate::{place::places, samples::now};

fn training(name: &str) -> NewRun {
    NewRun {
        name: name.into(),
        symbol: Some("AAPL".into()),
        kind: "train".into(),
        parameters: json!({ "lookback": 60, "learning_rate": 1e-3 }),
        code_version: "0.1.0".into(),
        job_id: None,
    }
}

#[tokio::test]
async fn run_stores_spec_metrics_and_log() {
    for place in places().await {
        let runs = place.store.runs();
        let id = runs.begin(training("AAPL"), &serde_json::Value::Null, now()).await.unwrap();
        assert_eq!(runs.get(&id).await.unwrap().unwrap().state, RunState::Running);
        let loss = |step, value| RunMetric { key: "validation_loss".into(), step, value };
        runs.record(&id, &[loss(1, 0.5), loss(2, 0.25), loss(3, f64::NAN)]).await.unwrap();
        runs.record(&id, &[loss(2, 0.2)]).await.unwrap();
        assert_eq!(runs.metrics(&id).await.unwrap(), [loss(1, 0.5), loss(2, 0.2)]);
        let line = RunLog { at: now(), level: "info".into(), message: "epoch 2 is the best".into() };
        runs.log(&id, line.clone()).await.unwrap();
        assert_eq!(runs.logs(&id).await.unwrap(), [line]);
        let end = RunOutcome {
            metrics: json!({ "mae": 1.5 }),
            system: json!({ "seconds": 2.5 }),
            data_fingerprint: Some("ab".into()),
            model_version: Some(3),
            error: None,
        };
        runs.end(&id, RunState::Succeeded, end.clone(), now()).await.unwrap();
        let run = runs.get(&id).await.unwrap().unwrap();
        assert_eq!((run.state, run.spec, run.outcome), (RunState::Succeeded, training("AAPL"), end));
    }
}

#[tokio::test]
async fn list_pages_runs_newest_first() {
    for place in places().await {
        let runs = place.store.runs();
        let mut ids = Vec::new();
        for name in ["AAPL", "IBM", "AAPL"] {
            ids.push(runs.begin(training(name), &serde_json::Value::Null, now()).await.unwrap());
        }
        let listed = async |name: Option<&str>, before| {
            let filter = RunFilter { name: name.map(str::to_owned), ..RunFilter::default() };
            runs.list(&filter, before, 10).await.unwrap().into_iter().map(|run| run.id).collect::<Vec<_>>()
        };
        assert_eq!(listed(None, None).await, [ids[2].clone(), ids[1].clone(), ids[0].clone()]);
        assert_eq!(listed(Some("AAPL"), None).await, [ids[2].clone(), ids[0].clone()]);
        assert_eq!(listed(None, Some(&ids[1])).await, [ids[0].clone()]);
        runs.end(&ids[0], RunState::Failed, RunOutcome::default(), now()).await.unwrap();
        let filters = [
            (RunFilter { state: Some(RunState::Failed), ..RunFilter::default() }, 1),
            (RunFilter { state: Some(RunState::Running), name: Some("AAPL".into()), ..RunFilter::default() }, 1),
            (RunFilter { symbol: Some("AAPL".into()), kind: Some("train".into()), ..RunFilter::default() }, 3),
            (RunFilter { symbol: Some("IBM".into()), ..RunFilter::default() }, 0),
            (RunFilter { kind: Some("tune".into()), ..RunFilter::default() }, 0),
        ];
        for (filter, found) in filters {
            assert_eq!(runs.list(&filter, None, 10).await.unwrap().len(), found, "{filter:?}");
        }
    }
}

#[tokio::test]
async fn record_stores_a_thousand_epochs() {
    for place in places().await {
        let runs = place.store.runs();
        let id = runs.begin(training("AAPL"), &serde_json::Value::Null, now()).await.unwrap();
        let many: Vec<_> = (0..9000).map(|step| RunMetric { key: "loss".into(), step, value: 0.5 }).collect();
        runs.record(&id, &many).await.unwrap();
        assert_eq!(runs.metrics(&id).await.unwrap().len(), 9000);
    }
}

#[tokio::test]
async fn run_of_dead_worker_is_closed_when_its_job_is_reclaimed_or_restarted() {
    for place in places().await {
        let (runs, jobs) = (place.store.runs(), place.store.jobs());
        let others = runs.begin(training("AAPL"), &serde_json::Value::Null, now()).await.unwrap();
        let job = jobs.enqueue(crate::jobs::training("AAPL"), now()).await.unwrap().job.id;
        let of_job = || NewRun { job_id: Some(job.clone()), ..training("AAPL") };
        jobs.claim("one", now()).await.unwrap().unwrap();
        let abandoned = runs.begin(of_job(), &serde_json::Value::Null, now()).await.unwrap();
        let seen = jobs.running().await.unwrap();
        assert!(jobs.reclaim(&seen[0], now()).await.unwrap());
        let run = runs.get(&abandoned).await.unwrap().unwrap();
        assert_eq!((run.state, run.ended_at), (RunState::Failed, Some(now())));
        assert_eq!(run.outcome.error.as_deref(), Some("its worker one ended without a word"));
        let unended = runs.begin(of_job(), &serde_json::Value::Null, now()).await.unwrap();
        let last = runs.begin(of_job(), &serde_json::Value::Null, now()).await.unwrap();
        let state = async |id: &str| runs.get(id).await.unwrap().unwrap().state;
        assert_eq!((state(&unended).await, state(&last).await), (RunState::Failed, RunState::Running));
        assert_eq!(state(&others).await, RunState::Running, "no other run is touched");
    }
}

#[tokio::test]
async fn delete_before_removes_old_runs_with_metrics_and_logs() {
    for place in places().await {
        let runs = place.store.runs();
        let mut ids = Vec::new();
        for name in ["AAPL", "IBM", "MSFT"] {
            let id = runs.begin(training(name), &serde_json::Value::Null, now()).await.unwrap();
            runs.record(&id, &[RunMetric { key: "loss".into(), step: 1, value: 0.5 }]).await.unwrap();
            runs.log(&id, RunLog { at: now(), level: "info".into(), message: "begun".into() }).await.unwrap();
            ids.push(id);
        }
        for id in &ids[..2] {
            runs.end(id, RunState::Succeeded, RunOutcome::default(), now()).await.unwrap();
        }
        let later = now() + chrono::TimeDelta::days(1);
        assert_eq!(runs.delete_before(later, 1).await.unwrap(), 1);
        assert_eq!(runs.delete_before(later, 10).await.unwrap(), 1, "what has not ended stays");
        assert_eq!(runs.list(&RunFilter::default(), None, 10).await.unwrap().len(), 1);
        assert!(runs.metrics(&ids[0]).await.unwrap().is_empty() && runs.logs(&ids[1]).await.unwrap().is_empty());
        assert_eq!(runs.metrics(&ids[2]).await.unwrap().len(), 1);
    }
}
