//! The recursion of exponential smoothing with additive errors.

/// Kind of trend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EtsTrend {
    /// ETS(A,N,N): a level alone, simple exponential smoothing.
    None,
    /// ETS(A,A,N): a level and a slope, Holt's method.
    Additive,
    /// ETS(A,Ad,N): a level and a slope that fades.
    Damped,
}

/// Level and slope at the end of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EtsState {
    /// Level `l`, log of the close over the history's first.
    pub level: f64,
    /// Slope `b` a session; 0 without a trend.
    pub slope: f64,
}

/// A model of the family: `y(t) = l(t−1) + φ·b(t−1) + e(t)`, `l(t) = l(t−1) + φ·b(t−1) + α·e(t)`,
/// `b(t) = φ·b(t−1) + β·e(t)` (Hyndman et al. 2008, table 2.2), `y` the log of the close over the history's first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EtsParameters {
    /// Kind of trend.
    pub trend: EtsTrend,
    /// Weight `α` of an error in the level.
    pub alpha: f64,
    /// Weight `β` of an error in the slope; 0 without a trend.
    pub beta: f64,
    /// Damping factor `φ` of the slope per session; 1 unless the trend is damped.
    pub phi: f64,
    /// State before the first session.
    pub initial: EtsState,
}

impl EtsParameters {
    /// Returns the error of the observation `log` after `state`.
    pub(super) fn error(&self, state: EtsState, log: f64) -> f64 {
        log - (state.level + self.phi * state.slope)
    }

    /// Returns the state after the observation `log`.
    pub(super) fn after(&self, state: EtsState, log: f64) -> EtsState {
        let error = self.error(state, log);
        let slope = self.phi * state.slope;
        EtsState { level: state.level + slope + self.alpha * error, slope: slope + self.beta * error }
    }

    /// Returns the forecasts of the next `count` sessions: `l + (φ + φ² + … + φʰ)·b`.
    pub(super) fn levels_after(&self, state: EtsState, count: usize) -> Vec<f64> {
        let levels = std::iter::successors(Some((state.level, self.phi * state.slope)), |&(level, step)| {
            Some((level + step, self.phi * step))
        });
        levels.skip(1).take(count).map(|(level, _)| level).collect()
    }

    /// Returns the variance of the forecast error of each of `count` sessions over that of the first: `1 + Σ cⱼ²` over
    /// `j < h`, `cⱼ = α + β·(φ + … + φʲ)` (Hyndman et al. 2008, table 6.1).
    pub(super) fn relative_variances(&self, count: usize) -> Vec<f64> {
        let (mut total, mut weight, mut power) = (1.0, self.alpha, 1.0);
        let mut variances = Vec::with_capacity(count);
        for _ in 0..count {
            variances.push(total);
            power *= self.phi;
            weight += self.beta * power;
            total += weight * weight;
        }
        variances
    }
}
