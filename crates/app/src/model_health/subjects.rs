//! Which models serve which symbols.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use crate::{error::AppError, services::Services, state::Subject};

/// Most champions that are looked at.
const MOST_CHAMPIONS: u64 = 5000;

/// A symbol that nobody asked about for this long is not looked after.
const LATELY: TimeDelta = TimeDelta::days(30);

/// Returns what is in service, by symbol: every model made for a symbol, and every symbol forecast lately by the model of all
/// symbols.
///
/// # Errors
/// [`AppError::Store`] when the database cannot be read.
pub async fn subjects(app: &Services) -> Result<Vec<Subject>, AppError> {
    let champions =
        app.store.models().champions(&closecast_store::ModelFilter::default(), None, MOST_CHAMPIONS).await?;
    let mut found: BTreeSet<Subject> = champions
        .into_iter()
        .filter_map(|version| {
            let symbol = version.card.symbol()?.clone();
            // The one named like its symbol is the one that serves it.
            let model = (version.name != symbol.as_str()).then_some(version.name);
            Some(Subject { symbol, model })
        })
        .collect();
    let lately = app.store.forecasts().symbols_since(app.clock.now() - LATELY).await?;
    found.extend(lately.into_iter().map(|symbol| Subject { symbol, model: None }));
    Ok(found.into_iter().collect())
}
