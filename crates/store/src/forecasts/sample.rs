//! Checks that stored forecasts are readable.

use sea_orm::{EntityTrait, QueryOrder, QuerySelect};

use super::{record::stored, store::ForecastStore};
use crate::{StoreError, entity::forecast};

/// Result of reading some forecasts.
#[derive(Debug)]
pub struct ForecastSample {
    /// Number of forecasts read.
    pub looked_at: usize,
    /// Errors of unreadable rows.
    pub unreadable: Vec<StoreError>,
}

impl ForecastStore<'_> {
    /// Reads the newest `limit` forecasts.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn sample(&self, limit: u64) -> Result<ForecastSample, StoreError> {
        let rows = forecast::Entity::find().order_by_desc(forecast::Column::Id).limit(limit).all(self.database).await?;
        let looked_at = rows.len();
        Ok(ForecastSample { looked_at, unreadable: rows.into_iter().filter_map(|row| stored(row).err()).collect() })
    }
}
