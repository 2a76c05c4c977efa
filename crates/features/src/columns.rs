//! Computation of each [`FeatureKind`] from a history.

use chrono::NaiveDate;
use closecast_domain::History;

use crate::{
    FeatureKind,
    indicators::{
        calendar::{days_to_next_session, sessions_weeks_before_next, weekday_on_circle},
        har::{har_component, log_daily_volatility},
        macd::{Macd, macd},
        momentum::{rate_of_change, relative_strength_index},
        moving_average::simple_moving_average,
        range_volatility::{garman_klass, parkinson, rogers_satchell, yang_zhang},
        returns::{log_ranges, log_returns, overnight_gaps},
        volatility::{MIN_VOLATILITY, capped_ewma_volatility, ewma_volatility, rolling_volatility, scaling_volatility},
        volume::{volume_surprise, volume_trend, volume_z_score},
    },
    rolling::rolling_maximum,
};

/// Days of the rolling volatilities and of the volume's past.
const MONTH: usize = 20;
/// Days of the drawdown: a year.
const YEAR: usize = 252;
/// Minimum mean absolute scaled return: below it, the price is constant and tails are undefined.
const MIN_SIZE: f64 = 1e-3;
/// Decay of the slow volatility: a half-life of 69 days; a decay of 0.94 has 11 days.
const SLOW_DECAY: f64 = 0.99;
/// Minimum number of returns for the slow volatility.
const SLOW_MIN_RETURNS: usize = 60;

/// Intermediate results that several features share.
pub(crate) struct Inputs<'a> {
    history: &'a History,
    dates: Vec<NaiveDate>,
    closes: Vec<f64>,
    returns: Vec<f64>,
    sigma: Vec<f64>,
}

impl<'a> Inputs<'a> {
    pub(crate) fn new(history: &'a History) -> Self {
        let bars = history.bars();
        let closes: Vec<f64> = bars.iter().map(|bar| bar.close).collect();
        let returns = log_returns(&closes);
        let sigma = scaling_volatility(&returns);
        Self { history, dates: bars.iter().map(|bar| bar.date).collect(), closes, returns, sigma }
    }

    pub(crate) fn dates(&self) -> &[NaiveDate] {
        &self.dates
    }

    /// Returns the feature on every day; NaN before its [`warm_up`](FeatureKind::warm_up).
    pub(crate) fn column(&self, kind: FeatureKind) -> Vec<f64> {
        let bars = self.history.bars();
        match kind {
            FeatureKind::Close => self.closes.clone(),
            FeatureKind::LogReturn => self.returns.clone(),
            FeatureKind::ScaledReturn => self.in_sigmas(&self.returns, 1.0),
            FeatureKind::ScaledGap => self.in_sigmas(&overnight_gaps(bars), 1.0),
            FeatureKind::ScaledRange => self.in_sigmas(&log_ranges(bars), 1.0),
            FeatureKind::LogVolatility => self.sigma.iter().map(|sigma| sigma.ln()).collect(),
            FeatureKind::VolatilityTrend => self.volatility_trend(),
            FeatureKind::RollingRatio => self.log_ratio(&rolling_volatility(&self.returns, MONTH)),
            FeatureKind::ParkinsonRatio => self.log_ratio(&parkinson(bars, MONTH)),
            FeatureKind::GarmanKlassRatio => self.log_ratio(&garman_klass(bars, MONTH)),
            FeatureKind::RogersSatchellRatio => self.log_ratio(&rogers_satchell(bars, MONTH)),
            FeatureKind::YangZhangRatio => self.log_ratio(&yang_zhang(bars, MONTH)),
            FeatureKind::Har1 => self.har(1),
            FeatureKind::Har5 => self.har(5),
            FeatureKind::Har22 => self.har(22),
            FeatureKind::Rsi14 => self.strength(14),
            FeatureKind::Macd => self.in_closes_and_sigmas(&self.macd().line),
            FeatureKind::MacdSignal => self.in_closes_and_sigmas(&self.macd().signal),
            FeatureKind::MacdHistogram => self.in_closes_and_sigmas(&self.macd().histogram),
            FeatureKind::Roc5 => self.change(5),
            FeatureKind::Roc10 => self.change(10),
            FeatureKind::Roc20 => self.change(20),
            FeatureKind::Ma7 => self.distance_to_mean(7),
            FeatureKind::Ma30 => self.distance_to_mean(30),
            FeatureKind::Ma90 => self.distance_to_mean(90),
            FeatureKind::ReturnVolatility3 => self.span_ratio(&self.returns, 3, kind.warm_up()),
            FeatureKind::ReturnVolatility9 => self.span_ratio(&self.returns, 9, kind.warm_up()),
            FeatureKind::ReturnVolatility66 => self.span_ratio(&self.returns, 66, kind.warm_up()),
            FeatureKind::ReturnVolatility132 => self.span_ratio(&self.returns, 132, kind.warm_up()),
            FeatureKind::ReturnVolatility333 => self.span_ratio(&self.returns, 333, kind.warm_up()),
            FeatureKind::RangeVolatility3 => self.span_ratio(&self.daily_volatility(), 3, kind.warm_up()),
            FeatureKind::RangeVolatility7 => self.span_ratio(&self.daily_volatility(), 7, kind.warm_up()),
            FeatureKind::RangeVolatility16 => self.span_ratio(&self.daily_volatility(), 16, kind.warm_up()),
            FeatureKind::RangeVolatility33 => self.span_ratio(&self.daily_volatility(), 33, kind.warm_up()),
            FeatureKind::RangeVolatility66 => self.span_ratio(&self.daily_volatility(), 66, kind.warm_up()),
            FeatureKind::RangeVolatility132 => self.span_ratio(&self.daily_volatility(), 132, kind.warm_up()),
            FeatureKind::RangeVolatility333 => self.span_ratio(&self.daily_volatility(), 333, kind.warm_up()),
            FeatureKind::GapVolatility7 => self.span_ratio(&overnight_gaps(bars), 7, kind.warm_up()),
            FeatureKind::GapVolatility33 => self.span_ratio(&overnight_gaps(bars), 33, kind.warm_up()),
            FeatureKind::GapVolatility132 => self.span_ratio(&overnight_gaps(bars), 132, kind.warm_up()),
            FeatureKind::CappedVolatility => self.log_ratio(&capped_ewma_volatility(&self.returns)),
            FeatureKind::Echo13Weeks => self.echo(13),
            FeatureKind::Echo26Weeks => self.echo(26),
            FeatureKind::Echo39Weeks => self.echo(39),
            FeatureKind::Echo52Weeks => self.echo(52),
            FeatureKind::AbsoluteReturn => absolute(self.in_sigmas(&self.returns, 1.0)),
            FeatureKind::AbsoluteGap => absolute(self.in_sigmas(&overnight_gaps(bars), 1.0)),
            FeatureKind::Roc60 => self.change(60),
            FeatureKind::Drawdown => self.drawdown(),
            FeatureKind::VolumeTrend => volume_trend(&self.volumes(), 5, 60),
            FeatureKind::TailWeight => self.tail_weight(),
            FeatureKind::VolumeSurprise => volume_surprise(&self.volumes(), MONTH),
            FeatureKind::VolumeZScore => volume_z_score(&self.volumes(), MONTH),
            FeatureKind::WeekdaySin => weekday_on_circle(&self.dates).0,
            FeatureKind::WeekdayCos => weekday_on_circle(&self.dates).1,
            FeatureKind::DaysToNext => self.days_to_next(),
        }
    }

    /// Returns `value_t / (σ_t · unit)`, clipped.
    fn in_sigmas(&self, values: &[f64], unit: f64) -> Vec<f64> {
        values.iter().zip(&self.sigma).map(|(value, sigma)| cut_off(value / (sigma * unit))).collect()
    }

    fn in_closes_and_sigmas(&self, values: &[f64]) -> Vec<f64> {
        let relative: Vec<f64> = values.iter().zip(&self.closes).map(|(value, close)| value / close).collect();
        self.in_sigmas(&relative, 1.0)
    }

    /// Returns `ln(volatility_t / σ_t)`, both no smaller than [`MIN_VOLATILITY`].
    fn log_ratio(&self, volatility: &[f64]) -> Vec<f64> {
        let floored = |value: f64| if value < MIN_VOLATILITY { MIN_VOLATILITY } else { value };
        volatility.iter().zip(&self.sigma).map(|(&value, sigma)| (floored(value) / sigma).ln()).collect()
    }

    fn volatility_trend(&self) -> Vec<f64> {
        let slow = ewma_volatility(&self.returns, SLOW_DECAY, SLOW_MIN_RETURNS);
        self.log_ratio(&slow).into_iter().map(|slow_over_fast| -slow_over_fast).collect()
    }

    /// Returns `ln(EWMA volatility of the span / σ_t)` of values with mean 0.
    fn span_ratio(&self, values: &[f64], span: usize, warm_up: usize) -> Vec<f64> {
        let decay = 1.0 - 2.0 / (span as f64 + 1.0);
        self.log_ratio(&ewma_volatility(values, decay, warm_up))
    }

    /// Returns the volatility of each single day, from its range and overnight gap.
    fn daily_volatility(&self) -> Vec<f64> {
        log_daily_volatility(self.history.bars()).into_iter().map(f64::exp).collect()
    }

    fn drawdown(&self) -> Vec<f64> {
        let highest = rolling_maximum(&self.closes, YEAR);
        let logs: Vec<f64> = highest.iter().zip(&self.closes).map(|(highest, close)| (highest / close).ln()).collect();
        self.in_sigmas(&logs, (YEAR as f64).sqrt())
    }

    fn tail_weight(&self) -> Vec<f64> {
        let before = std::iter::once(&f64::NAN).chain(&self.sigma);
        let sizes: Vec<f64> = self.returns.iter().zip(before).map(|(r, sigma)| cut_off(r / sigma).abs()).collect();
        let roots: Vec<f64> = sizes.iter().map(|size| size.sqrt()).collect();
        let slow = |values: &[f64]| ewma_volatility(values, SLOW_DECAY, MONTH);
        // The EWMA of squared roots is the EWMA of the absolute values.
        let (square, mean) = (slow(&sizes), slow(&roots));
        let ratio = |(square, mean): (f64, f64)| (square.max(MIN_SIZE) / (mean * mean).max(MIN_SIZE)).ln();
        square.into_iter().zip(mean).map(ratio).collect()
    }

    /// Returns the absolute return in σ of the session `weeks` before the next one.
    fn echo(&self, weeks: u64) -> Vec<f64> {
        let size = |session: Option<usize>| {
            let size = session.and_then(|day| Some((self.returns[day] / self.sigma[day.checked_sub(1)?]).abs()));
            size.filter(|size| size.is_finite()).map_or(0.0, cut_off)
        };
        sessions_weeks_before_next(&self.dates, &self.history.calendar(), weeks).into_iter().map(size).collect()
    }

    fn har(&self, period: usize) -> Vec<f64> {
        let component = har_component(self.history.bars(), period);
        component.iter().zip(&self.sigma).map(|(value, sigma)| value - sigma.ln()).collect()
    }

    fn strength(&self, period: usize) -> Vec<f64> {
        let index = relative_strength_index(&self.closes, period);
        index.into_iter().map(|value| (value - 50.0) / 50.0).collect()
    }

    fn macd(&self) -> Macd {
        macd(&self.closes, 12, 26, 9)
    }

    fn change(&self, period: usize) -> Vec<f64> {
        let logs: Vec<f64> =
            rate_of_change(&self.closes, period).into_iter().map(|percent| (percent / 100.0).ln_1p()).collect();
        self.in_sigmas(&logs, (period as f64).sqrt())
    }

    fn distance_to_mean(&self, period: usize) -> Vec<f64> {
        let means = simple_moving_average(&self.closes, period);
        let logs: Vec<f64> = self.closes.iter().zip(means).map(|(close, mean)| (close / mean).ln()).collect();
        self.in_sigmas(&logs, random_walk_distance(period))
    }

    fn volumes(&self) -> Vec<f64> {
        self.history.bars().iter().map(|bar| bar.volume).collect()
    }

    fn days_to_next(&self) -> Vec<f64> {
        days_to_next_session(&self.dates, &self.history.calendar()).into_iter().map(f64::ln).collect()
    }
}

fn absolute(values: Vec<f64>) -> Vec<f64> {
    values.into_iter().map(f64::abs).collect()
}

/// Returns the standard deviation of the distance of a random walk with unit steps from its mean over the last `n` days:
/// `√(Σ_{i=1}^{n−1} (i/n)²) = √((n − 1)(2n − 1)/(6n))`.
fn random_walk_distance(period: usize) -> f64 {
    let n = period as f64;
    ((n - 1.0) * (2.0 * n - 1.0) / (6.0 * n)).sqrt()
}

/// Clips a value to ±[`FeatureKind::CUT_OFF`]. NaN and infinity are kept, to be reported.
fn cut_off(value: f64) -> f64 {
    if value.is_finite() { value.clamp(-FeatureKind::CUT_OFF, FeatureKind::CUT_OFF) } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clipping_keeps_infinity() {
        assert_eq!(cut_off(1e9), 10.0);
        assert_eq!(cut_off(-1e9), -10.0);
        assert_eq!(cut_off(f64::INFINITY), f64::INFINITY);
        assert!(cut_off(f64::NAN).is_nan());
    }
}
