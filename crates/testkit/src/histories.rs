//! Synthetic price histories.

use chrono::NaiveDate;
use closecast_domain::{Bar, Exchange, History, Symbol, TradingCalendar};

use crate::random::SplitMix64;

/// Returns `days` sessions of a geometric random walk from 2015-01-02 on, with a daily volatility of about 1.5 %.
///
/// # Panics
/// When `days` is 0 or `symbol` is not a symbol.
#[must_use]
pub fn random_walk(symbol: &str, days: usize, seed: u64) -> History {
    from_returns(symbol, &{
        let mut random = SplitMix64::new(seed);
        (0..days).map(|_| 0.015 * random.normal()).collect::<Vec<_>>()
    })
}

/// Returns `days` sessions whose log close is a sine of `period` days, which a network must be able to learn.
///
/// # Panics
/// When `days` is 0 or `symbol` is not a symbol.
#[must_use]
pub fn sine(symbol: &str, days: usize, period: f64) -> History {
    let level = |day: usize| 0.2 * (std::f64::consts::TAU * day as f64 / period).sin();
    from_returns(symbol, &(0..days).map(|day| level(day + 1) - level(day)).collect::<Vec<_>>())
}

/// Returns one session per log return, starting from a close of 100.
///
/// # Panics
/// When `returns` is empty or `symbol` is not a symbol.
#[must_use]
pub fn from_returns(symbol: &str, returns: &[f64]) -> History {
    let symbol = Symbol::new(symbol).expect("a valid symbol");
    let start = NaiveDate::from_ymd_opt(2015, 1, 1).expect("a valid date");
    let dates = TradingCalendar::new(Exchange::of(&symbol)).sessions_after(start, returns.len());
    let mut random = SplitMix64::new(7);
    let mut last = 100.0_f64;
    let bars = dates
        .into_iter()
        .zip(returns)
        .map(|(date, log_return)| {
            let open = last * (0.002 * random.normal()).exp();
            let close = last * log_return.exp();
            let spread = 1.0 + 0.004 * random.uniform();
            last = close;
            Bar {
                date,
                open,
                high: open.max(close) * spread,
                low: open.min(close) / spread,
                close,
                raw_close: close,
                volume: (1e6 * (0.3 * random.normal()).exp()).round(),
            }
        })
        .collect();
    History::from_checked(symbol, Some("USD".to_owned()), bars).expect("at least one bar")
}
