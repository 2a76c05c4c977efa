//! Targets of the network, and their conversion to log returns.

use std::ops::Range;

use chrono::NaiveDate;
use closecast_domain::History;
use serde::{Deserialize, Serialize};

use crate::indicators::{
    returns::log_returns,
    volatility::{RISKMETRICS_MIN_RETURNS, scaling_volatility},
};

/// Why targets cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// A horizon of 0 days.
    #[error("a horizon of 0 days forecasts nothing: use at least 1")]
    NoHorizon,
    /// Too few sessions for the first origin and its targets.
    #[error("the history has {have} sessions and targets {horizon} days ahead need {need}: start it earlier")]
    TooShort {
        /// Sessions of the history.
        have: usize,
        /// Sessions needed.
        need: usize,
        /// Forecast horizon in days.
        horizon: usize,
    },
    /// A target that is NaN or infinite, or too large for 32 bits.
    #[error("the target of {date} is not finite: the prices after that date are unusable, check the data")]
    NonFinite {
        /// Session of the origin.
        date: NaiveDate,
    },
}

/// Kind of target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// `y_{t,k} = ln(close_{t+k} / close_t) / (σ_t √k)` with σ of the origin ([`scaling_volatility`], never below 1
    /// basis point): of standard deviation 1 for every symbol, day and step when returns are independent.
    #[default]
    ScaledLogReturn,
    /// `y_{t,k} = close_{t+k}`, adjusted: to be scaled to [0, 1], for comparison with systems that forecast prices.
    PriceLevel,
}

/// Scale of the targets of one origin, known at its close.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OriginScale {
    kind: TargetKind,
    horizon: usize,
    /// `None` on the first days; price levels can be forecast from them all the same.
    sigma: Option<f64>,
    close: f64,
}

impl OriginScale {
    /// Returns the σ of the daily log return; `None` during the warm-up.
    #[must_use]
    pub fn sigma(&self) -> Option<f64> {
        self.sigma
    }

    /// Converts a target `value` to the log return to the close `step` days later; `None` for a `step` outside 1 to horizon, and
    /// for a price level that is not positive.
    #[must_use]
    pub fn unscale(&self, step: usize, value: f64) -> Option<f64> {
        if !(1..=self.horizon).contains(&step) {
            return None;
        }
        let log_return = match self.kind {
            TargetKind::ScaledLogReturn => value * self.sigma? * (step as f64).sqrt(),
            TargetKind::PriceLevel => (value / self.close).ln(),
        };
        log_return.is_finite().then_some(log_return)
    }
}

/// Targets of every origin, `[day, horizon]`. Targets after the end of the history are unknown and cannot be read.
#[derive(Clone, Debug)]
pub struct Targets {
    kind: TargetKind,
    horizon: usize,
    first_valid: usize,
    closes: Vec<f64>,
    sigma: Vec<f64>,
    /// Row-major `[known, horizon]`.
    values: Vec<f32>,
}

/// Returns [`TargetKind::ScaledLogReturn`] targets for 1 to `horizon` days ahead.
///
/// # Errors
/// Those of [`Targets::compute`].
pub fn scaled_log_return(history: &History, horizon: usize) -> Result<Targets, TargetError> {
    Targets::compute(TargetKind::ScaledLogReturn, history, horizon)
}

/// Returns [`TargetKind::PriceLevel`] targets for 1 to `horizon` days ahead.
///
/// # Errors
/// Those of [`Targets::compute`].
pub fn price_level(history: &History, horizon: usize) -> Result<Targets, TargetError> {
    Targets::compute(TargetKind::PriceLevel, history, horizon)
}

impl Targets {
    /// Computes the targets for 1 to `horizon` days ahead.
    ///
    /// A history that ends before the first known target is no error: it can be used for forecasts but not for training
    /// ([`known_origins`](Self::known_origins) is empty).
    ///
    /// # Errors
    /// [`TargetError::NoHorizon`] for 0, [`TargetError::TooShort`] when no day has a σ, [`TargetError::NonFinite`]
    /// for a target that 32 bits cannot hold.
    pub fn compute(kind: TargetKind, history: &History, horizon: usize) -> Result<Self, TargetError> {
        if horizon == 0 {
            return Err(TargetError::NoHorizon);
        }
        let first_valid = match kind {
            TargetKind::ScaledLogReturn => RISKMETRICS_MIN_RETURNS,
            TargetKind::PriceLevel => 0,
        };
        let have = history.len();
        if have <= first_valid {
            return Err(TargetError::TooShort { have, need: first_valid + 1, horizon });
        }
        let closes: Vec<f64> = history.bars().iter().map(|bar| bar.close).collect();
        let sigma = scaling_volatility(&log_returns(&closes));
        let mut targets = Self { kind, horizon, first_valid, closes, sigma, values: Vec::new() };
        let unusable = |&day: &usize| targets.steps(day).any(|value| !value.is_finite());
        if let Some(day) = (first_valid..have).find(unusable) {
            return Err(TargetError::NonFinite { date: history.bars()[day].date });
        }
        let known = 0..have.saturating_sub(horizon);
        targets.values = known.flat_map(|day| targets.steps(day)).collect();
        Ok(targets)
    }

    /// Returns the kind of target.
    #[must_use]
    pub fn kind(&self) -> TargetKind {
        self.kind
    }

    /// Returns the horizon in days.
    #[must_use]
    pub fn horizon(&self) -> usize {
        self.horizon
    }

    /// Returns the number of days of the history.
    #[must_use]
    pub fn n_days(&self) -> usize {
        self.closes.len()
    }

    /// Returns the origins with known targets: those with a σ and `horizon` sessions after them. May be empty.
    #[must_use]
    pub fn known_origins(&self) -> Range<usize> {
        let end = self.n_days().saturating_sub(self.horizon);
        self.first_valid.min(end)..end
    }

    /// Returns the targets of one origin, `[horizon]`; `None` outside [`known_origins`](Self::known_origins).
    #[must_use]
    pub fn row(&self, origin: usize) -> Option<&[f32]> {
        let known = self.known_origins().contains(&origin);
        known.then(|| &self.values[origin * self.horizon..(origin + 1) * self.horizon])
    }

    /// Returns the target `step` days (1 to horizon) after `origin`; `None` if it is unknown or `step` is out of range.
    #[must_use]
    pub fn get(&self, origin: usize, step: usize) -> Option<f32> {
        let valid = origin >= self.first_valid && (1..=self.horizon).contains(&step);
        if valid { self.steps(origin).nth(step - 1) } else { None }
    }

    /// Returns the σ of the daily log return at an origin; `None` during the warm-up and after the last day.
    #[must_use]
    pub fn sigma(&self, origin: usize) -> Option<f64> {
        self.sigma.get(origin).copied().filter(|sigma| sigma.is_finite())
    }

    /// Converts a target `value` to the log return from the close of `origin` to the close `step` days later. It depends on days
    /// `≤ origin` only, so the targets need not be known.
    ///
    /// `None` outside the valid days, for a `step` outside 1 to horizon, and for a price level that is not positive.
    #[must_use]
    pub fn unscale(&self, origin: usize, step: usize, value: f64) -> Option<f64> {
        self.origin_scale(origin)?.unscale(step, value)
    }

    /// Returns the scale of the targets of an origin; `None` outside the valid days.
    #[must_use]
    pub fn origin_scale(&self, origin: usize) -> Option<OriginScale> {
        let valid = origin >= self.first_valid;
        let (sigma, close) = (self.sigma(origin), *self.closes.get(origin)?);
        valid.then_some(OriginScale { kind: self.kind, horizon: self.horizon, sigma, close })
    }

    /// Returns the known targets of `origin`, nearest first.
    fn steps(&self, origin: usize) -> impl Iterator<Item = f32> + '_ {
        let later = self.closes.iter().skip(origin.saturating_add(1)).take(self.horizon);
        later.zip(1..).map(move |(&close, step): (&f64, usize)| match self.kind {
            TargetKind::ScaledLogReturn => {
                let unit = self.sigma[origin] * (step as f64).sqrt();
                ((close / self.closes[origin]).ln() / unit) as f32
            }
            TargetKind::PriceLevel => close as f32,
        })
    }
}
