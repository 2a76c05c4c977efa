//! Refreshing the stored prices of a symbol from the data provider.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use closecast_data::{
    provider::{FetchRange, ProviderError},
    refresh::{Merge, RefreshPlan, StoredSpan, merge, plan},
};
use closecast_domain::{Exchange, RawSeries, Symbol, TradingCalendar};

use crate::{
    error::AppError,
    services::Services,
    use_cases::{history::market_day, settle::settle_of},
};

/// First session asked for when nothing is stored and no start is given.
const DEFAULT_START: Option<NaiveDate> = NaiveDate::from_ymd_opt(2000, 1, 1);

/// What a refresh did.
pub struct Fetched {
    /// Bars in the store that were not there before.
    pub added: usize,
    /// Bars in the store.
    pub rows: usize,
    /// Newest session in the store.
    pub last_date: Option<NaiveDate>,
    /// Why the stored prices could not be refreshed; they stay as they were.
    pub stale: Option<ProviderError>,
}

/// Fetches what is missing of `symbol` between `start` and `end` (both included) and stores it. No stored session is lost:
/// what is stored already reaches as far as it does, whatever `end` says. When the provider is down, what is stored stays and
/// is marked stale.
///
/// # Errors
/// [`AppError::Provider`] when the provider fails and nothing is stored, [`AppError::Fewer`] when it delivers less than is
/// stored, [`AppError::Store`] when the store fails.
pub async fn fetch(
    app: &Services,
    symbol: &Symbol,
    start: Option<NaiveDate>,
    end: Option<NaiveDate>,
) -> Result<Fetched, AppError> {
    let stored = app.store.bars().load(symbol).await?.map(|stored| stored.series);
    match refreshed(app, symbol, stored.as_ref(), start, end).await {
        Ok(Some(series)) => {
            if let Some(stored) = &stored {
                refuse_losses(stored, &series)?;
            }
            app.store.bars().replace(&series, app.clock.now()).await?;
            settle_of(app, &[symbol]).await;
            let before = stored.map_or(0, |series| series.bars.len());
            Ok(Fetched { added: series.bars.len().saturating_sub(before), ..summary(&series) })
        }
        Ok(None) => Ok(stored.as_ref().map_or(Fetched { added: 0, rows: 0, last_date: None, stale: None }, summary)),
        Err(error) => match stored {
            Some(series) => Ok(Fetched { stale: Some(error), ..summary(&series) }),
            None => Err(error.into()),
        },
    }
}

/// Stored sessions that may be missing from a new delivery: sources do drop a doubtful day.
const MAY_BE_LOST: usize = 5;

/// Refuses to replace what is stored by a delivery that lacks many of its sessions.
fn refuse_losses(stored: &RawSeries, delivered: &RawSeries) -> Result<(), AppError> {
    let delivered: BTreeSet<NaiveDate> = delivered.bars.iter().map(|bar| bar.date).collect();
    let sessions: BTreeSet<NaiveDate> = stored.bars.iter().map(|bar| bar.date).collect();
    let lost = sessions.difference(&delivered).count();
    if lost > MAY_BE_LOST {
        return Err(AppError::Fewer { symbol: stored.symbol.clone(), lost, stored: sessions.len() });
    }
    Ok(())
}

fn summary(series: &RawSeries) -> Fetched {
    let last_date = series.bars.iter().map(|bar| bar.date).max();
    Fetched { added: 0, rows: series.bars.len(), last_date, stale: None }
}

/// Returns the series to store, or `None` when what is stored is complete.
async fn refreshed(
    app: &Services,
    symbol: &Symbol,
    stored: Option<&RawSeries>,
    start: Option<NaiveDate>,
    end: Option<NaiveDate>,
) -> Result<Option<RawSeries>, ProviderError> {
    let market = market_day(app, Exchange::of(symbol));
    let span = stored.and_then(|series| {
        let (covers_from, last_settled) = series.days_with_close(market.today)?;
        Some(StoredSpan { covers_from, last_settled })
    });
    let wanted = start.or(span.map(|span| span.covers_from)).or(DEFAULT_START).unwrap_or(market.today);
    if let (Some(span), Some(last)) = (span, end)
        && last <= span.last_settled
        && wanted >= span.covers_from
    {
        return Ok(None);
    }
    let end = end.map(|end| span.map_or(end, |span| end.max(span.last_settled)));
    let calendar = TradingCalendar::new(Exchange::of(symbol));
    let planned = plan(span, wanted, market, calendar);
    let Some(range) = planned.range() else { return Ok(None) };
    let fetched = settled(fetch_until(app, symbol, range, end).await?);
    let (Some(stored), Some(span), RefreshPlan::Append { .. }) = (stored, span, &planned) else {
        return Ok(Some(fetched));
    };
    match merge(stored, &fetched) {
        Merge::Appended(merged) => Ok(Some(merged.series)),
        Merge::Rewritten(reason) => {
            tracing::info!(%symbol, ?reason, "the past was rewritten: fetching the whole history again");
            let whole = RefreshPlan::after_rewrite(span, wanted, market, reason);
            let range = whole.range().unwrap_or(range);
            Ok(Some(settled(fetch_until(app, symbol, range, end).await?)))
        }
    }
}

async fn fetch_until(
    app: &Services,
    symbol: &Symbol,
    range: FetchRange,
    end: Option<NaiveDate>,
) -> Result<RawSeries, ProviderError> {
    let day_after = end.and_then(|date| date.succ_opt()).unwrap_or(range.end);
    app.provider.fetch(symbol, FetchRange::new(range.start, range.end.min(day_after))).await
}

/// Drops the bar of a session that was still trading: a close that is not settled is never stored.
fn settled(mut series: RawSeries) -> RawSeries {
    series.bars.retain(|bar| !bar.live);
    series
}
