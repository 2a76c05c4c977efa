//! Track record of a model's settled forecasts: errors relative to naive, bias and interval coverage.

use chrono::NaiveDate;
use closecast_domain::{PartEvaluation, Quantile};
use serde::{Deserialize, Serialize};

use crate::{
    distribution::{CENTRAL_LEVELS, MultiCoverage, PitHistogram, pit_of_quantiles},
    error::{EvalError, representable},
    evaluate::{Outcome, evaluate},
    significance::{Bias, Z_95, wilson_interval},
    summation::{mean, sum},
};

/// Minimum number of settled forecasts for an evaluation: a month of sessions.
pub const MIN_RECORD_DAYS: usize = 20;

/// A forecast of one session with its realised close. Prices are in the units of the forecast.
#[derive(Clone, Debug, PartialEq)]
pub struct SettledForecast {
    /// Session forecast.
    pub date: NaiveDate,
    /// Close known when it was made.
    pub last_close: f64,
    /// Point forecast.
    pub point: f64,
    /// Quantiles in ascending order of level; empty for a point forecast.
    pub quantiles: Vec<Quantile>,
    /// Realised close.
    pub close: f64,
}

/// A settled forecast in log returns from the last close.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SettledDay {
    /// Session forecast.
    pub date: NaiveDate,
    /// `ln(point / last close)`.
    pub forecast_return: f64,
    /// `ln(close / last close)`.
    pub realised_return: f64,
    /// Probability integral transform of the close, in (0, 1).
    pub pit: Option<f64>,
}

/// Summary statistics of returns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Standard deviation with divisor n − 1; 0 for a single day.
    pub standard_deviation: f64,
    /// Minimum.
    pub least: f64,
    /// Maximum.
    pub greatest: f64,
}

/// Coverage of one central interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct IntervalRecord {
    /// Nominal probability of the interval.
    pub level: f64,
    /// Days counted.
    pub days: usize,
    /// Days with the close inside.
    pub inside: usize,
    /// Share of them.
    pub share: f64,
    /// Lower end of the 95 % Wilson interval of the share.
    pub lower: f64,
    /// Upper end of it.
    pub upper: f64,
}

/// Evaluation of settled forecasts.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackRecord {
    /// All days, oldest first.
    pub days: Vec<SettledDay>,
    /// Errors of the model and of the naive forecast on the same days, in the currency of the prices.
    pub errors: PartEvaluation,
    /// Mean of `ln(close / point)`: above 0 if closes are higher than forecast. `None` for too few days.
    pub bias: Option<Bias>,
    /// Forecast returns.
    pub forecast_returns: Spread,
    /// Realised returns.
    pub realised_returns: Spread,
    /// Central intervals covered by the quantiles, in ascending order of level.
    pub intervals: Vec<IntervalRecord>,
    /// Histogram of the probability integral transform; `None` if the quantiles do not reach the outer ventiles.
    pub pit: Option<PitHistogram>,
}

impl TrackRecord {
    /// Evaluates `settled`, one forecast per day, oldest first.
    ///
    /// # Errors
    /// [`EvalError`] without forecasts, when a price is not finite and positive, dates are not ascending, or quantiles descend.
    pub fn of(settled: &[SettledForecast]) -> Result<Self, EvalError> {
        check_prices(settled)?;
        let outcomes: Vec<Outcome> = settled
            .iter()
            .map(|f| Outcome { date: f.date, last_close: f.last_close, actual: f.close, point: f.point })
            .collect();
        let errors = evaluate(&outcomes)?;
        let days: Vec<SettledDay> = settled.iter().map(settled_day).collect::<Result<_, EvalError>>()?;
        let leaning: Vec<f64> = days.iter().map(|day| day.realised_return - day.forecast_return).collect();
        let bias = match Bias::of(&leaning) {
            Ok(bias) => Some(bias),
            Err(EvalError::TooFew { .. }) => None,
            Err(error) => return Err(error),
        };
        let (coverage, pit) = distribution(settled)?;
        Ok(Self {
            errors,
            bias,
            forecast_returns: spread(days.iter().map(|day| day.forecast_return))?,
            realised_returns: spread(days.iter().map(|day| day.realised_return))?,
            intervals: coverage.map_or_else(|| Ok(Vec::new()), intervals)?,
            pit,
            days,
        })
    }

    /// Returns the record of the interval of `level`.
    #[must_use]
    pub fn interval(&self, level: f64) -> Option<&IntervalRecord> {
        self.intervals.iter().find(|interval| (interval.level - level).abs() < 1e-9)
    }
}

fn check_prices(settled: &[SettledForecast]) -> Result<(), EvalError> {
    for (index, forecast) in settled.iter().enumerate() {
        for (what, value) in [("last_close", forecast.last_close), ("point", forecast.point), ("close", forecast.close)]
        {
            if !value.is_finite() {
                return Err(EvalError::NonFinite { what, index });
            }
            if value <= 0.0 {
                return Err(EvalError::NotPositive { what, index, value });
            }
        }
    }
    Ok(())
}

fn settled_day(forecast: &SettledForecast) -> Result<SettledDay, EvalError> {
    let (levels, prices) = listed(&forecast.quantiles);
    let pit = match levels.as_slice() {
        [] => None,
        levels => Some(pit_of_quantiles(levels, &prices, forecast.close)?),
    };
    Ok(SettledDay {
        date: forecast.date,
        forecast_return: (forecast.point / forecast.last_close).ln(),
        realised_return: (forecast.close / forecast.last_close).ln(),
        pit,
    })
}

fn listed(quantiles: &[Quantile]) -> (Vec<f64>, Vec<f64>) {
    quantiles.iter().map(|quantile| (quantile.level, quantile.price)).unzip()
}

/// Counts day by day, because the levels may differ between days. Days without quantiles are left out.
fn distribution(settled: &[SettledForecast]) -> Result<(Option<MultiCoverage>, Option<PitHistogram>), EvalError> {
    let (mut coverage, mut pit): (Option<MultiCoverage>, Option<PitHistogram>) = (None, None);
    for forecast in settled.iter().filter(|forecast| !forecast.quantiles.is_empty()) {
        let (levels, prices) = listed(&forecast.quantiles);
        let (forecasts, realised) = ([prices], [forecast.close]);
        let one = MultiCoverage::of(&levels, &forecasts, &realised)?;
        match &mut coverage {
            Some(all) => all.merge(&one),
            None => coverage = Some(one),
        }
        if let Some(one) = PitHistogram::of(&levels, &forecasts, &realised)? {
            pit.get_or_insert_default().merge(&one);
        }
    }
    Ok((coverage, pit))
}

fn intervals(coverage: MultiCoverage) -> Result<Vec<IntervalRecord>, EvalError> {
    let days = coverage.days;
    let reached = CENTRAL_LEVELS.into_iter().zip(coverage.inside).filter_map(|(level, inside)| Some((level, inside?)));
    reached
        .map(|(level, inside)| {
            let (lower, upper) = wilson_interval(inside, days, Z_95)?;
            Ok(IntervalRecord { level, days, inside, share: inside as f64 / days as f64, lower, upper })
        })
        .collect()
}

fn spread(returns: impl ExactSizeIterator<Item = f64> + Clone) -> Result<Spread, EvalError> {
    let count = returns.len();
    let centre = representable("the mean return", mean(returns.clone()))?;
    let squares = sum(returns.clone().map(|value| (value - centre) * (value - centre)));
    let variance = if count > 1 { squares / (count - 1) as f64 } else { 0.0 };
    Ok(Spread {
        mean: centre,
        standard_deviation: variance.sqrt(),
        least: returns.clone().fold(f64::INFINITY, f64::min),
        greatest: returns.fold(f64::NEG_INFINITY, f64::max),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(day: u32, close: f64) -> SettledForecast {
        let quantile = |(level, price)| Quantile { level, price };
        SettledForecast {
            date: NaiveDate::from_ymd_opt(2024, 1, day).unwrap(),
            last_close: 100.0,
            point: 101.0,
            quantiles: [(0.05, 95.0), (0.5, 101.0), (0.95, 107.0)].map(quantile).to_vec(),
            close,
        }
    }

    #[test]
    fn three_days_worked_by_hand() {
        let record = TrackRecord::of(&[settled(2, 101.0), settled(3, 110.0), settled(4, 98.0)]).unwrap();
        assert!((record.errors.model.mae - 4.0).abs() < 1e-12, "0, 9 and 3");
        assert!((record.errors.naive.mae - 13.0 / 3.0).abs() < 1e-12, "1, 10 and 2");
        assert_eq!(record.bias, None, "three days are too few");
        let ninety = record.interval(0.9).unwrap();
        assert_eq!((ninety.days, ninety.inside), (3, 2));
        assert!(ninety.lower < 2.0 / 3.0 && 2.0 / 3.0 < ninety.upper);
        assert!(record.interval(0.95).is_none(), "nothing is extrapolated");
        let pits: Vec<Option<f64>> = record.days.iter().map(|day| day.pit).collect();
        assert_eq!(pits, [Some(0.5), Some(0.975), Some(0.275)]);
        assert_eq!(record.pit.unwrap().days(), 3);
        assert!((record.forecast_returns.mean - 1.01_f64.ln()).abs() < 1e-15);
        assert_eq!(record.forecast_returns.standard_deviation, 0.0);
    }

    #[test]
    fn point_forecasts_have_only_errors() {
        let bare = SettledForecast { quantiles: Vec::new(), ..settled(2, 99.0) };
        let record = TrackRecord::of(&[bare, settled(3, 100.0)]).unwrap();
        assert_eq!((record.days[0].pit, record.interval(0.9).unwrap().days), (None, 1));
    }

    #[test]
    fn refuses_invalid_prices() {
        assert!(matches!(TrackRecord::of(&[settled(2, 0.0)]), Err(EvalError::NotPositive { .. })));
        assert!(TrackRecord::of(&[settled(2, f64::NAN)]).is_err());
        assert!(TrackRecord::of(&[]).is_err());
        assert!(TrackRecord::of(&[settled(3, 1.0), settled(2, 1.0)]).is_err());
    }
}
