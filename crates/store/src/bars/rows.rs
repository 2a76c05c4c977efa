//! Conversion between series and rows.

use chrono::{DateTime, Utc};
use closecast_domain::{PriceBasis, RawBar, RawSeries, Symbol};
use sea_orm::ActiveValue::Set;

use super::record::{SeriesInfo, StoredSeries};
use crate::{
    StoreError,
    entity::{bar, series},
    symbols,
};

pub(super) fn stored_series(
    symbol: &Symbol,
    header: series::Model,
    rows: &[bar::Model],
) -> Result<StoredSeries, StoreError> {
    let series = RawSeries {
        symbol: symbol.clone(),
        basis: basis_of(&header)?,
        currency: header.currency,
        source: header.source,
        bars: rows.iter().map(raw_bar).collect(),
    };
    Ok(StoredSeries { series, stored_at: header.stored_at })
}

pub(super) fn header_row(delivered: &RawSeries, now: DateTime<Utc>) -> Result<series::ActiveModel, StoreError> {
    let dates = || delivered.bars.iter().map(|raw| raw.date);
    let all = dates().min().zip(dates().max());
    let Some((first, last)) = delivered.days_with_close(now.date_naive()).or(all) else {
        return Err(StoreError::NoBars(delivered.symbol.clone()));
    };
    Ok(series::ActiveModel {
        symbol: Set(delivered.symbol.to_string()),
        basis: Set(basis_name(delivered.basis).to_owned()),
        currency: Set(delivered.currency.clone()),
        source: Set(delivered.source.clone()),
        stored_at: Set(now),
        first_date: Set(first),
        last_date: Set(last),
        row_count: Set(i64::try_from(delivered.bars.len()).unwrap_or(i64::MAX)),
    })
}

pub(super) fn bar_row(symbol: &Symbol, position: i64, raw: &RawBar) -> bar::ActiveModel {
    // SQLite stores neither NaN nor infinity: such a price counts as missing, and the quality report names it.
    let number = |value: Option<f64>| Set(value.filter(|v| v.is_finite()));
    bar::ActiveModel {
        symbol: Set(symbol.to_string()),
        position: Set(position),
        date: Set(raw.date),
        open: number(raw.open),
        high: number(raw.high),
        low: number(raw.low),
        close: number(raw.close),
        adj_close: number(raw.adj_close),
        volume: number(raw.volume),
        dividend: Set(if raw.dividend.is_finite() { raw.dividend } else { 0.0 }),
        split: Set(if raw.split.is_finite() { raw.split } else { 1.0 }),
        live: Set(raw.live),
    }
}

fn raw_bar(row: &bar::Model) -> RawBar {
    RawBar {
        date: row.date,
        open: row.open,
        high: row.high,
        low: row.low,
        close: row.close,
        adj_close: row.adj_close,
        volume: row.volume,
        dividend: row.dividend,
        split: row.split,
        live: row.live,
    }
}

pub(super) fn series_info(row: series::Model) -> Result<SeriesInfo, StoreError> {
    let symbol = symbols::read("series", &row.symbol)?;
    Ok(SeriesInfo {
        symbol,
        source: row.source,
        currency: row.currency,
        first_date: row.first_date,
        last_date: row.last_date,
        rows: u64::try_from(row.row_count).unwrap_or(0),
        stored_at: row.stored_at,
    })
}

fn basis_name(basis: PriceBasis) -> &'static str {
    match basis {
        PriceBasis::Unadjusted => "unadjusted",
        PriceBasis::SplitAdjusted => "split_adjusted",
        PriceBasis::FullyAdjusted => "fully_adjusted",
    }
}

fn basis_of(row: &series::Model) -> Result<PriceBasis, StoreError> {
    [PriceBasis::Unadjusted, PriceBasis::SplitAdjusted, PriceBasis::FullyAdjusted]
        .into_iter()
        .find(|&basis| basis_name(basis) == row.basis)
        .ok_or_else(|| unreadable(&row.symbol, format!("the price basis {:?} is not known", row.basis)))
}

fn unreadable(key: &str, reason: String) -> StoreError {
    StoreError::Row { table: "series", key: key.to_owned(), reason }
}
