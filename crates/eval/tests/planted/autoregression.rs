//! A small forecaster that keeps to everything, unless a fault is planted in it.

use std::{
    ops::Range,
    sync::atomic::{AtomicU32, Ordering},
};

use closecast_domain::{
    Cancel, Forecast, ForecastError, Forecaster, History, ModelRef, Predict, Progress, ProgressSink, Quantile,
    SessionForecast,
};

use super::Planted;

const LEVELS: [(f64, f64); 5] = [(0.05, -1.6), (0.25, -0.7), (0.5, 0.0), (0.75, 0.7), (0.95, 1.6)];
const MIN_SESSIONS: usize = 40;
const BATCHES: usize = 5;

/// Fits done so far, for a forecaster that is not to count them.
static FITS: AtomicU32 = AtomicU32::new(0);

/// Log returns as a regression on the two before, by least squares: a sine without noise is one exactly.
#[derive(Clone, Copy)]
pub(crate) struct Autoregression {
    pub(crate) horizon: usize,
    /// Moves the spread by a trifle.
    pub(crate) seed: u64,
    pub(crate) planted: Option<Planted>,
}

pub(crate) struct Model {
    weights: [f64; 2],
    spread: f64,
    horizon: usize,
    planted: Option<Planted>,
}

impl Forecaster for Autoregression {
    type Fitted = Model;

    fn fit(self, history: &History, cancel: &Cancel, progress: &dyn ProgressSink) -> Result<Model, ForecastError> {
        let is = |fault| self.planted == Some(fault);
        if is(Planted::NeverFits) {
            return Err(ForecastError::Unsuitable("no".to_owned()));
        }
        for batch in 1..=BATCHES {
            let deaf = is(Planted::NeverHearsCancel) || (is(Planted::HearsCancelBeforeTheFirstBatchOnly) && batch > 1);
            if cancel.is_cancelled() && !deaf {
                return Err(ForecastError::Cancelled);
            }
            progress.report(&Progress::Batch { epoch: 1, batch });
        }
        self.check_length(history)?;
        let returns = history.log_returns();
        let ([first, second], variance) = regression(&returns);
        if variance <= 0.0 {
            match self.planted {
                Some(Planted::DividesByNoVariance) => {}
                Some(Planted::PanicsWithoutVariance) => panic!("no variance"),
                _ => return Err(ForecastError::Unsuitable("prices stand still".to_owned())),
            }
        }
        let weights = if is(Planted::ForecastsTheLastClose) { [0.0; 2] } else { [first, second] };
        let seed = if is(Planted::ForgetsItsSeed) { 0 } else { self.seed };
        let fits = if is(Planted::CountsItsFits) { FITS.fetch_add(1, Ordering::Relaxed) } else { 0 };
        let spread = variance.sqrt() * (1.0 + 1e-6 * seed as f64 + 1e-12 * f64::from(fits));
        Ok(Model { weights, spread, horizon: self.horizon, planted: self.planted })
    }
}

impl Autoregression {
    fn check_length(&self, history: &History) -> Result<(), ForecastError> {
        let (have, symbol) = (history.len(), history.symbol().clone());
        if have >= MIN_SESSIONS {
            return Ok(());
        }
        match self.planted {
            Some(Planted::PanicsWhenShort) => panic!("short"),
            Some(Planted::NeedsMoreThanItSays) => Err(ForecastError::TooShort { symbol, have, need: have + 1 }),
            Some(Planted::CallsShortNonFinite) => {
                Err(ForecastError::NonFinite { what: "the fit".to_owned(), diagnosis: "too short".to_owned() })
            }
            _ => Err(ForecastError::TooShort { symbol, have, need: MIN_SESSIONS }),
        }
    }
}

/// Returns the weights and the variance of the returns.
fn regression(returns: &[f64]) -> ([f64; 2], f64) {
    let moment = |i: usize, j: usize| returns.windows(3).map(|r| r[2 - i] * r[2 - j]).sum::<f64>();
    let (determinant, count) = (moment(1, 1) * moment(2, 2) - moment(1, 2).powi(2), returns.len() as f64);
    let weights = [
        (moment(0, 1) * moment(2, 2) - moment(0, 2) * moment(1, 2)) / determinant,
        (moment(0, 2) * moment(1, 1) - moment(0, 1) * moment(1, 2)) / determinant,
    ];
    (weights, returns.iter().map(|r| r * r).sum::<f64>() / count)
}

impl Model {
    fn is(&self, fault: Planted) -> bool {
        self.planted == Some(fault)
    }

    fn session(&self, last: f64, log: f64, ahead: f64) -> SessionForecast {
        let price = |z: f64| last * (log + self.spread * ahead.sqrt() * z).exp();
        let quantiles = LEVELS.map(|(level, z)| Quantile { level, price: price(z) }).to_vec();
        let mut session = SessionForecast { date: chrono::NaiveDate::MIN, point: price(0.0), quantiles };
        let added = if self.is(Planted::AddsACent) { 0.01 } else { 0.0 };
        session.point += added;
        session.quantiles.iter_mut().for_each(|quantile| quantile.price += added);
        match self.planted {
            Some(Planted::SwapsTwoQuantiles) => session.quantiles[0].price = session.quantiles[1].price * 1.001,
            Some(Planted::RepeatsALevel) => session.quantiles[4].level = session.quantiles[3].level,
            Some(Planted::PutsThePointOutside) => session.point = session.quantiles[4].price,
            Some(Planted::FallsBelowZero) => session.quantiles[0].price = -0.1 * last,
            _ => {}
        }
        session
    }

    fn forecast(&self, history: &History, tomorrow: Option<f64>) -> Result<Forecast, ForecastError> {
        let (last, have) = (history.last(), history.len());
        if have < 3 {
            return Err(ForecastError::TooShort { symbol: history.symbol().clone(), have, need: 3 });
        }
        let returns = history.log_returns();
        let (mut before, mut newest, mut log) = (returns[have - 3], returns[have - 2], 0.0);
        let more = usize::from(self.is(Planted::ForecastsOneSessionMore));
        let mut sessions = Vec::new();
        for ahead in 1..=self.horizon + more {
            let mut next = self.weights[0] * newest + self.weights[1] * before;
            if self.is(Planted::PeepsAtTomorrow) && ahead == 1 {
                next += 0.01 * tomorrow.map_or(0.0, |close| (close / last.close).ln());
            }
            log += next;
            (before, newest) = (newest, next);
            sessions.push(self.session(last.raw_close, log, ahead as f64));
        }
        let dates = if self.is(Planted::ForecastsOnWeekends) {
            last.date.iter_days().skip(1).take(sessions.len()).collect()
        } else {
            history.calendar().sessions_after(last.date, sessions.len())
        };
        sessions.iter_mut().zip(dates).for_each(|(session, date)| session.date = date);
        self.finite(&sessions)?;
        Ok(Forecast {
            symbol: history.symbol().clone(),
            as_of: last.date,
            last_close: last.raw_close,
            currency: None,
            model: ModelRef { name: "autoregression".to_owned(), sha256: String::new() },
            sessions,
        })
    }

    fn finite(&self, sessions: &[SessionForecast]) -> Result<(), ForecastError> {
        let divided_by_nothing = self.is(Planted::DividesByNoVariance) && self.spread == 0.0;
        if divided_by_nothing || self.is(Planted::LetsNanThrough) {
            return Ok(());
        }
        let finite = |session: &SessionForecast| {
            session.point.is_finite() && session.quantiles.iter().all(|quantile| quantile.price.is_finite())
        };
        if sessions.iter().all(finite) {
            return Ok(());
        }
        assert!(!self.is(Planted::PanicsAtWhatIsNotFinite), "not finite");
        Err(ForecastError::NonFinite { what: "a price".to_owned(), diagnosis: "absurd prices".to_owned() })
    }
}

impl Predict for Model {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        let mut forecast = self.forecast(history, None)?;
        if self.is(Planted::PredictsApart) {
            forecast.sessions[0].point *= 1.0 + 1e-12;
        }
        Ok(forecast)
    }

    fn predict_each(&self, history: &History, origins: Range<usize>) -> Result<Vec<Forecast>, ForecastError> {
        let forecast = |(index, origin): (u32, usize)| {
            let tomorrow = history.bars().get(origin + 1).map(|bar| bar.close);
            let mut forecast = self.forecast(&history.first_bars(origin + 1).unwrap(), tomorrow)?;
            if self.is(Planted::CountsWithinABatch) {
                forecast.sessions[0].point *= 1.0 + 1e-12 * f64::from(index);
            }
            Ok(forecast)
        };
        (0..).zip(origins).map(forecast).collect()
    }
}

pub(crate) fn to_bytes(model: &mut Model) -> Result<Vec<u8>, serde_json::Error> {
    let [first, second] = model.weights;
    serde_json::to_vec(&[first, second, model.spread, model.horizon as f64])
}

pub(crate) fn from_bytes(bytes: &[u8], planted: Option<Planted>) -> Result<Model, serde_json::Error> {
    let kept = if planted == Some(Planted::CannotBeReadBack) { &bytes[1..] } else { bytes };
    let [first, second, mut spread, horizon]: [f64; 4] = serde_json::from_slice(kept)?;
    if planted == Some(Planted::RoundsWhatItKeeps) {
        spread = f64::from(spread as f32);
    }
    Ok(Model { weights: [first, second], spread, horizon: horizon as usize, planted })
}
