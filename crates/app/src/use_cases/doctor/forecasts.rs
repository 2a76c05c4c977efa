//! Forecasts that were kept.

use super::{Finding, or_unread};
use crate::{error::AppError, plural::counted, services::Services};

const NAME: &str = "forecasts";

/// How many of the newest are looked at.
const SAMPLE: u64 = 1000;

pub(super) async fn findings(app: &Services) -> Vec<Finding> {
    or_unread(NAME, look(app).await)
}

async fn look(app: &Services) -> Result<Vec<Finding>, AppError> {
    let sample = app.store.forecasts().sample(SAMPLE).await?;
    let newest = counted(sample.looked_at, "forecast");
    Ok(vec![match sample.unreadable.first() {
        None => Finding::ok(NAME, format!("the newest {newest} can be read")),
        Some(first) => {
            let count = sample.unreadable.len();
            Finding::error(NAME, format!("{count} of the newest {newest} cannot be read; one of them: {first}"))
                .remedy("restore the database from a backup")
        }
    }])
}
