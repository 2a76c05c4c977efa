//! Prices as they are told to programs.

use chrono::{DateTime, NaiveDate, Utc};
use closecast_domain::{Bar, Exchange, History, Popular, Quote, Symbol};
use closecast_eval::Comparison;
use serde::Serialize;
use utoipa::ToSchema;

use closecast_app::use_cases::history::LoadedHistory;

/// A history as quoted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Stock)]
pub struct StockView {
    #[schema(value_type = String, example = "AAPL")]
    symbol: Symbol,
    currency: Option<String>,
    /// `united_states`, `b3`, `weekdays` or `every_day`: the calendar that the symbol follows.
    #[schema(value_type = String, example = "united_states")]
    exchange: Exchange,
    /// Source of the last delivery.
    source: String,
    stored_at: DateTime<Utc>,
    /// A session has been settled since the newest close.
    stale: bool,
    /// From 0, unusable, to 100, nothing found.
    quality_score: f64,
    current_price: QuoteView,
    /// Oldest first.
    bars: Vec<StockBarView>,
}

/// The last close, and how it compares with the one before.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CurrentPrice)]
pub struct QuoteView {
    /// Last close as quoted.
    price: f64,
    /// Its session.
    date: NaiveDate,
    /// Close of the session before, less what a split or a dividend took off it since.
    previous_close: Option<f64>,
    /// Session before.
    previous_date: Option<NaiveDate>,
    /// The price less that close.
    change: Option<f64>,
    /// The same in percent.
    change_percent: Option<f64>,
}

/// One session; `adj_close` alone accounts for splits and dividends.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StockBar)]
struct StockBarView {
    date: NaiveDate,
    open: f64,
    high: f64,
    low: f64,
    close: f64,
    adj_close: f64,
    volume: f64,
}

/// A company that many look for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PopularStock)]
pub struct PopularView {
    #[schema(value_type = String, example = "AAPL")]
    pub symbol: Symbol,
    /// Name of the company.
    #[schema(example = "Apple")]
    pub name: &'static str,
    /// The calendar that the symbol follows.
    #[schema(value_type = String, example = "united_states")]
    pub exchange: Exchange,
    /// Whether prices are stored.
    pub has_prices: bool,
    /// Whether it has a model of its own; without one it is forecast by BASE.
    pub has_model: bool,
    /// Where prices are stored.
    pub current_price: Option<QuoteView>,
}

/// Symbols side by side on the sessions that all of them have.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Comparison)]
pub struct ComparisonView {
    /// What each symbol is worth on the first session.
    #[schema(example = 100.0)]
    base: f64,
    /// Common sessions, oldest first.
    dates: Vec<NaiveDate>,
    series: Vec<ComparedView>,
    /// Pearson's correlations of daily log returns, rows and columns in the order of `series`; none where a price does not vary.
    correlations: Vec<Vec<Option<f64>>>,
    /// By what number of sessions a year volatilities were made yearly.
    sessions_per_year: u32,
}

/// One symbol beside others.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ComparedStock)]
struct ComparedView {
    #[schema(value_type = String, example = "AAPL")]
    symbol: Symbol,
    /// One a date: closes adjusted for splits and dividends, over the first one, times the base.
    values: Vec<f64>,
    /// Last value over the first, less 1, dividends included.
    total_return: f64,
    /// Yearly standard deviation of daily log returns, as a share.
    volatility: Option<f64>,
    /// Sessions left out because another symbol does not have them.
    dropped_sessions: usize,
}

impl StockView {
    /// Returns the view of `loaded` with the sessions of `selected` alone.
    pub fn new(loaded: LoadedHistory, selected: &History) -> Self {
        Self {
            symbol: loaded.history.symbol().clone(),
            currency: loaded.history.currency().map(str::to_owned),
            exchange: loaded.history.exchange(),
            source: loaded.series.source,
            stored_at: loaded.stored_at,
            stale: loaded.stale,
            quality_score: loaded.report.score,
            current_price: loaded.history.quote().into(),
            bars: selected.bars().iter().map(StockBarView::from).collect(),
        }
    }
}

impl From<Quote> for QuoteView {
    fn from(quote: Quote) -> Self {
        Self {
            price: quote.close,
            date: quote.date,
            previous_close: quote.change.map(|change| change.previous_close),
            previous_date: quote.change.map(|change| change.since),
            change: quote.change.map(|change| change.absolute),
            change_percent: quote.change.map(|change| change.percent),
        }
    }
}

impl From<&Bar> for StockBarView {
    fn from(bar: &Bar) -> Self {
        let Bar { date, open, high, low, close, volume, .. } = bar.as_quoted();
        Self { date, open, high, low, close, adj_close: bar.close, volume }
    }
}

impl PopularView {
    /// Returns the view of a company of which nothing is known yet; `None` for one without a symbol.
    pub fn new(company: Popular) -> Option<Self> {
        let symbol = company.symbol()?;
        let (name, exchange) = (company.name, Exchange::of(&symbol));
        Some(Self { symbol, name, exchange, has_prices: false, has_model: false, current_price: None })
    }
}

impl ComparisonView {
    /// Returns the view of a comparison that begins at `base`.
    pub fn new(comparison: Comparison, base: f64) -> Self {
        let series = comparison.series.into_iter().map(|series| ComparedView {
            symbol: series.symbol,
            values: series.rebased,
            total_return: series.total_return,
            volatility: series.volatility,
            dropped_sessions: series.dropped,
        });
        Self {
            base,
            dates: comparison.dates,
            series: series.collect(),
            correlations: comparison.correlations,
            sessions_per_year: comparison.sessions_of_a_year,
        }
    }
}
