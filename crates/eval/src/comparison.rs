//! Comparison of symbols on their common sessions.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use closecast_domain::{Exchange, History, Symbol};

use crate::summation::{mean, sum};

/// Sessions per year by convention, and days per year for symbols that trade every day.
const SESSIONS_OF_A_YEAR: [u32; 2] = [252, 365];

/// Standard deviation of daily log returns below which prices count as constant.
const NO_VARIATION: f64 = 1e-12;

/// Why symbols cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComparisonError {
    /// A repeated symbol.
    #[error("{0} is given twice: give each symbol once")]
    Twice(Symbol),
    /// Fewer than two.
    #[error("only one symbol is given: give at least two")]
    Alone,
    /// Fewer than two common sessions.
    #[error(
        "the symbols have {sessions} sessions in common, and 2 are needed: choose other symbols or an earlier start date"
    )]
    NothingInCommon {
        /// Common sessions.
        sessions: usize,
    },
}

/// A comparison of symbols.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Common sessions, oldest first: at least two.
    pub dates: Vec<NaiveDate>,
    /// The symbols, in the order given.
    pub series: Vec<Compared>,
    /// Pearson's correlation matrix of the daily log returns, in the same order; `None` if one of the two is constant or there are
    /// fewer than two returns.
    pub correlations: Vec<Vec<Option<f64>>>,
    /// Sessions per year used to annualise volatilities.
    pub sessions_of_a_year: u32,
}

/// One symbol of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// Symbol.
    pub symbol: Symbol,
    /// Adjusted closes on the common sessions, divided by the first of them and multiplied by the base.
    pub rebased: Vec<f64>,
    /// Last adjusted close over the first, minus 1.
    pub total_return: f64,
    /// Annualised volatility: standard deviation (divisor n − 1) of the daily log returns times the root of the sessions per year;
    /// `None` for fewer than two returns.
    pub volatility: Option<f64>,
    /// Sessions of the symbol that are not common to all.
    pub dropped: usize,
}

/// Compares histories on their common sessions, rebased to `base` on the first of them.
///
/// # Errors
/// [`ComparisonError`] without two distinct symbols with two common sessions.
pub fn compare_prices(histories: &[History], base: f64) -> Result<Comparison, ComparisonError> {
    let mut symbols = BTreeSet::new();
    if let Some(again) = histories.iter().find(|history| !symbols.insert(history.symbol())) {
        return Err(ComparisonError::Twice(again.symbol().clone()));
    }
    if histories.len() < 2 {
        return Err(ComparisonError::Alone);
    }
    let dates = common_dates(histories);
    if dates.len() < 2 {
        return Err(ComparisonError::NothingInCommon { sessions: dates.len() });
    }
    let closes: Vec<Vec<f64>> = histories.iter().map(|history| closes_on(history, &dates)).collect();
    let returns: Vec<Vec<f64>> = closes.iter().map(|closes| log_returns(closes)).collect();
    let everyday = histories.iter().all(|history| history.exchange() == Exchange::EveryDay);
    let sessions_of_a_year = SESSIONS_OF_A_YEAR[usize::from(everyday)];
    let series = histories.iter().zip(&closes).zip(&returns).map(|((history, closes), returns)| Compared {
        symbol: history.symbol().clone(),
        rebased: closes.iter().map(|close| base * (close / closes[0])).collect(),
        total_return: closes[closes.len() - 1] / closes[0] - 1.0,
        volatility: deviation(returns).map(|deviation| deviation * f64::from(sessions_of_a_year).sqrt()),
        dropped: history.len() - dates.len(),
    });
    let correlations = returns.iter().map(|a| returns.iter().map(|b| correlation(a, b)).collect()).collect();
    Ok(Comparison { series: series.collect(), correlations, sessions_of_a_year, dates })
}

/// Returns the dates that all histories have.
fn common_dates(histories: &[History]) -> Vec<NaiveDate> {
    let Some((first, others)) = histories.split_first() else { return Vec::new() };
    first.dates().filter(|&date| others.iter().all(|other| other.position(date).is_some())).collect()
}

fn closes_on(history: &History, dates: &[NaiveDate]) -> Vec<f64> {
    dates.iter().filter_map(|&date| Some(history.bars()[history.position(date)?].close)).collect()
}

fn log_returns(closes: &[f64]) -> Vec<f64> {
    closes.windows(2).map(|pair| (pair[1] / pair[0]).ln()).collect()
}

/// Returns the sample standard deviation; `None` for fewer than two values.
fn deviation(values: &[f64]) -> Option<f64> {
    let degrees = values.len().checked_sub(1).filter(|&degrees| degrees > 0)?;
    let centre = mean(values.iter().copied());
    Some((sum(values.iter().map(|value| (value - centre).powi(2))) / degrees as f64).sqrt())
}

/// Returns Pearson's correlation; `None` if it is undefined.
fn correlation(a: &[f64], b: &[f64]) -> Option<f64> {
    let (deviation_a, deviation_b) = (deviation(a)?, deviation(b)?);
    if deviation_a <= NO_VARIATION || deviation_b <= NO_VARIATION {
        return None;
    }
    let (mean_a, mean_b) = (mean(a.iter().copied()), mean(b.iter().copied()));
    let covariance = sum(a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b))) / (a.len() - 1) as f64;
    // Rounding may exceed the bounds slightly.
    Some((covariance / (deviation_a * deviation_b)).clamp(-1.0, 1.0))
}
