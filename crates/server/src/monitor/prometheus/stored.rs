//! Figures from the database: prices, models, errors, jobs.

use std::{sync::Arc, time::Duration};

use chrono::{NaiveDate, NaiveTime};
use closecast_eval::{Outcome, evaluate};
use closecast_store::{SettledFilter, StoreError, StoredForecast};

use super::exposition::TextEncoder;
use crate::monitor::stored_figures::StoredFigures;
use crate::state::ServerState;
use closecast_app::{metrics::MOST_SYMBOLS, state::Health};

/// How long the figures are given again: prices and models change once a day.
const AGE: Duration = Duration::from_secs(30);

/// Most open alerts that are counted.
const MOST_ALERTS: u64 = 10_000;

/// Writes what the database tells, and that it does not answer if it does not.
pub(super) async fn write(text: &mut TextEncoder, app: &ServerState) {
    let gathered = app.monitor.stored.get(AGE, gather(app)).await;
    let work = work(app).await;
    let up = gathered.is_ok() && work.is_ok();
    text.gauge("closecast_database_up", "1 when the database answers, else 0.").figure(&[], u8::from(up));
    match gathered {
        Ok(figures) => prices_and_models(text, &figures),
        Err(error) => tracing::warn!(%error, "the database does not tell its figures"),
    }
    if let Ok((jobs, alerts)) = work {
        let mut by_state = text.gauge("closecast_jobs", "Jobs by state; ended ones are forgotten after a while.");
        jobs.iter().for_each(|(state, count)| _ = by_state.figure(&[("state", state)], count));
        text.gauge("closecast_alerts_open", "Alerts that nobody has closed.").figure(&[], alerts);
    }
    healths(text, &app.healths.newest(MOST_SYMBOLS));
}

type Work = (std::collections::BTreeMap<&'static str, u64>, usize);

async fn work(app: &ServerState) -> Result<Work, StoreError> {
    Ok((app.store.jobs().counts().await?, app.store.alerts().list(true, MOST_ALERTS).await?.len()))
}

async fn gather(app: &ServerState) -> Result<StoredFigures, StoreError> {
    let mut series = app.store.bars().list().await?;
    series.truncate(MOST_SYMBOLS);
    let champions =
        app.store.models().champions(&closecast_store::ModelFilter::default(), None, MOST_SYMBOLS as u64).await?;
    let mut errors = Vec::new();
    for info in &series {
        let newest = app.store.forecasts().settled(&info.symbol, &SettledFilter::default(), 1).await?;
        let error = newest.first().and_then(absolute_errors);
        errors.extend(error.map(|(model, naive)| (info.symbol.clone(), model, naive)));
    }
    Ok(StoredFigures { series, champions, errors })
}

/// Returns the absolute errors of a settled forecast and of naive on that day.
fn absolute_errors(settled: &StoredForecast) -> Option<(f64, f64)> {
    let StoredForecast { target_date: date, last_close, point, realised_close, .. } = *settled;
    let part = evaluate(&[Outcome { date, last_close, actual: realised_close?, point }]).ok()?;
    Some((part.model.mae, part.naive.mae))
}

fn prices_and_models(text: &mut TextEncoder, figures: &Arc<StoredFigures>) {
    let help = "Day of the newest stored bar, at midnight, in seconds since 1970.";
    let mut newest = text.gauge("closecast_data_last_bar_timestamp_seconds", help);
    for info in &figures.series {
        newest.figure(&[("symbol", info.symbol.as_str())], midnight(info.last_date));
    }
    let help = "Absolute error of the newest settled forecast, in the price's currency.";
    let mut absolute = text.gauge("model_prediction_error_absolute", help);
    for (symbol, model, _) in &figures.errors {
        absolute.figure(&[("symbol", symbol.as_str())], model);
    }
    let mut absolute = text.gauge("closecast_naive_error_absolute", "The same of the naive forecast on that day.");
    for (symbol, _, naive) in &figures.errors {
        absolute.figure(&[("symbol", symbol.as_str())], naive);
    }
    let evaluated = || {
        let evaluated = figures.champions.iter().filter_map(|version| {
            Some((version.card.symbol()?.as_str(), version.name.as_str(), version.card.evaluation()?.test))
        });
        evaluated.map(|(symbol, name, test)| ([("symbol", symbol), ("model", name)], test))
    };
    let help = "Mean absolute error on the test part of the training, in the price's currency.";
    let mut errors = text.gauge("model_mae", help);
    evaluated().for_each(|(labels, test)| _ = errors.figure(&labels, test.model.mae));
    let mut errors = text.gauge("closecast_naive_mae", "The same of the naive forecast on those days.");
    evaluated().for_each(|(labels, test)| _ = errors.figure(&labels, test.naive.mae));
    let mut versions = text.gauge("closecast_model_version", "Version of each model that is in service.");
    for version in &figures.champions {
        versions.figure(&[("model", &version.name)], version.version);
    }
    let help = "Last session that each model in service was fitted on, at midnight, in seconds since 1970.";
    let mut trained = text.gauge("closecast_model_trained_timestamp_seconds", help);
    for version in &figures.champions {
        trained.figure(&[("model", &version.name)], midnight(version.card.trained_on().end));
    }
}

fn healths(text: &mut TextEncoder, healths: &[Arc<Health>]) {
    let mut scores = text.gauge("closecast_model_health_score", "Health from 0 to 100, as it was last looked at.");
    for health in healths {
        let labels = [("symbol", health.symbol.as_str()), ("model", health.served.version.name.as_str())];
        scores.known(&labels, health.health.score);
    }
}

fn midnight(date: NaiveDate) -> i64 {
    date.and_time(NaiveTime::MIN).and_utc().timestamp()
}
