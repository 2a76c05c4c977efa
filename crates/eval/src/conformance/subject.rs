//! Description of a forecaster to check.

use std::ops::Range;

use closecast_domain::{Cancel, Forecast, ForecastError, Forecaster, History, PanelForecaster, Predict, ProgressSink};

use super::Check;

type Fit<M> = Box<dyn Fn(u64, &History, &Cancel, &dyn ProgressSink) -> Result<M, ForecastError>>;
type Save<M> = Box<dyn Fn(&mut M) -> Result<Vec<u8>, String>>;
type Load<M> = Box<dyn Fn(&[u8]) -> Result<M, String>>;

/// A forecaster with the fitted form `M`, and its claims.
pub struct Subject<M> {
    pub(super) name: String,
    pub(super) horizon: usize,
    pub(super) history: History,
    pub(super) fit: Fit<M>,
    pub(super) kept: Option<(Save<M>, Load<M>)>,
    pub(super) learned: Option<(History, Fit<M>)>,
    seeded: bool,
    scale_free: bool,
}

impl<M: Predict> Subject<M> {
    /// Returns a subject without claims. `fit` fits a new forecaster with a seed, which forecasts `horizon` sessions; `history`
    /// is an ordinary one, long enough for training.
    pub fn new(
        name: impl Into<String>,
        horizon: usize,
        history: History,
        fit: impl Fn(u64, &History, &Cancel, &dyn ProgressSink) -> Result<M, ForecastError> + 'static,
    ) -> Self {
        let (kept, learned) = (None, None);
        Self {
            name: name.into(),
            horizon,
            history,
            fit: Box::new(fit),
            kept,
            learned,
            seeded: false,
            scale_free: false,
        }
    }

    /// Returns a subject whose forecaster `build` makes from a seed.
    pub fn forecaster<F>(
        name: impl Into<String>,
        horizon: usize,
        history: History,
        build: impl Fn(u64) -> F + 'static,
    ) -> Self
    where
        F: Forecaster<Fitted = M>,
    {
        Self::new(name, horizon, history, move |seed, history, cancel, progress| {
            build(seed).fit(history, cancel, progress)
        })
    }

    /// Claims that the seed matters.
    #[must_use]
    pub fn seeded(mut self) -> Self {
        self.seeded = true;
        self
    }

    /// Claims that prices in another unit give the same forecasts in that unit.
    #[must_use]
    pub fn scale_free(mut self) -> Self {
        self.scale_free = true;
        self
    }

    /// Claims that a model can be saved as bytes and loaded.
    #[must_use]
    pub fn kept<S, L>(
        mut self,
        save: impl Fn(&mut M) -> Result<Vec<u8>, S> + 'static,
        load: impl Fn(&[u8]) -> Result<M, L> + 'static,
    ) -> Self
    where
        S: std::error::Error,
        L: std::error::Error,
    {
        let save: Save<M> = Box::new(move |model| save(model).map_err(|error| error.to_string()));
        let load: Load<M> = Box::new(move |bytes| load(bytes).map_err(|error| error.to_string()));
        self.kept = Some((save, load));
        self
    }

    /// Claims that a direction is learned: by the forecaster that `build` makes, which may be larger than that of the other
    /// checks, on `sine`, a history whose log close is a sine.
    #[must_use]
    pub fn learns<F>(mut self, sine: History, build: impl Fn(u64) -> F + 'static) -> Self
    where
        F: Forecaster<Fitted = M>,
    {
        let fit: Fit<M> = Box::new(move |seed, history, cancel, progress| build(seed).fit(history, cancel, progress));
        self.learned = Some((sine, fit));
        self
    }

    pub(super) fn claims(&self, check: Check) -> bool {
        match check {
            Check::SineIsLearned => self.learned.is_some(),
            Check::OtherSeedOtherBits => self.seeded,
            Check::SavedAndLoadedSameBits => self.kept.is_some(),
            Check::ScaleInvariance => self.scale_free,
            _ => true,
        }
    }
}

/// The model of a [`PanelForecaster`], as a sized type.
pub struct PanelModel(Box<dyn Predict + Send + Sync>);

impl Predict for PanelModel {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        self.0.predict(history)
    }

    fn predict_each(&self, history: &History, origins: Range<usize>) -> Result<Vec<Forecast>, ForecastError> {
        self.0.predict_each(history, origins)
    }
}

impl Subject<PanelModel> {
    /// Returns a subject whose panel forecaster `build` makes from a seed. It is fitted to one history at a time.
    pub fn panel<P>(
        name: impl Into<String>,
        horizon: usize,
        history: History,
        build: impl Fn(u64) -> P + 'static,
    ) -> Self
    where
        P: PanelForecaster,
    {
        Self::new(name, horizon, history, move |seed, history, cancel, progress| {
            build(seed).fit_panel(std::slice::from_ref(history), cancel, progress).map(PanelModel)
        })
    }
}
