//! Training of BASE.

use closecast_domain::{Cancel, ForecastError, History, PanelForecaster, Predict, ProgressSink};
use closecast_features::FeatureSet;
use closecast_nn::{
    Loss, Network, NetworkSpec, OptimiserKind, OptimiserSpec, Schedule, ScheduleSpec, TrainingSession, TrainingSpec,
    shuffled,
};

use super::{model::BaseModel, panel::Panel};
use crate::{dataset::unsuitable, epochs::engine};

/// What is trained. The defaults were chosen on days before those of any figure that is told.
#[derive(Clone, Debug, PartialEq)]
pub struct BaseSpec {
    /// Days in a window.
    pub lookback: usize,
    /// Sessions forecast in one pass.
    pub horizon: usize,
    /// Units of the one LSTM layer.
    pub hidden_size: usize,
    /// Passes over all windows.
    pub epochs: usize,
    /// Windows of one step.
    pub batch_size: usize,
    /// Highest learning rate, of a cosine with a warm-up.
    pub learning_rate: f64,
    /// Decoupled weight decay.
    pub weight_decay: f64,
    /// Seed of the first network.
    pub seed: u64,
    /// Networks trained from different seeds, whose quantiles are averaged.
    pub seeds: usize,
}

impl Default for BaseSpec {
    fn default() -> Self {
        Self {
            lookback: 30,
            horizon: 1,
            hidden_size: 32,
            epochs: 3,
            batch_size: 512,
            learning_rate: 3e-3,
            weight_decay: 1e-3,
            seed: 42,
            seeds: 1,
        }
    }
}

/// BASE, to be trained on many symbols at once.
#[derive(Clone, Debug, Default)]
pub struct BaseForecaster {
    spec: BaseSpec,
    threads: Option<usize>,
}

impl BaseForecaster {
    /// Returns a forecaster that will train `spec`.
    #[must_use]
    pub fn new(spec: BaseSpec) -> Self {
        Self { spec, threads: None }
    }

    /// Sets the number of threads. It changes the time taken, never the result.
    #[must_use]
    pub fn threads(mut self, threads: Option<usize>) -> Self {
        self.threads = threads;
        self
    }

    /// Trains all networks.
    ///
    /// # Errors
    /// [`ForecastError`] when no history is long enough, a number becomes non-finite, or the work is cancelled.
    pub fn fit_base(&self, histories: &[History], cancel: &Cancel) -> Result<BaseModel, ForecastError> {
        let set = FeatureSet::volatility();
        let panel = Panel::new(histories, &set, (self.spec.lookback, self.spec.horizon))?;
        if panel.origins.is_empty() {
            return Err(ForecastError::Unsuitable("no history is long enough for a window of BASE".to_owned()));
        }
        let network = NetworkSpec {
            inputs: set.kinds().len(),
            hidden: self.spec.hidden_size,
            layers: 1,
            skip: true,
            dropout: 0.0,
            ..NetworkSpec::base(1, 2 * self.spec.horizon)
        };
        let network = network.check().map_err(unsuitable)?;
        let seeds = (0..self.spec.seeds as u64).map(|seed| self.spec.seed + seed);
        let networks = seeds
            .map(|seed| self.train(Network::init(&network, seed), &panel, seed, cancel))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(BaseModel::new(set, panel.scaler, networks, (self.spec.lookback, self.spec.horizon)))
    }

    fn train(&self, network: Network, panel: &Panel, seed: u64, cancel: &Cancel) -> Result<Network, ForecastError> {
        let BaseSpec { epochs, batch_size, learning_rate, weight_decay, .. } = self.spec;
        let optimiser = OptimiserSpec { kind: OptimiserKind::AdamW, weight_decay, ..OptimiserSpec::default() };
        let training = TrainingSpec { optimiser, batch_size, clip_norm: Some(1.0), seed, threads: self.threads };
        let mut session = TrainingSession::new(network, training).map_err(engine)?;
        let steps = (epochs * panel.origins.len().div_ceil(batch_size)) as u64;
        let mut schedule = Schedule::new(ScheduleSpec::cosine(), learning_rate, steps).map_err(engine)?;
        let source = panel.source()?;
        for epoch in 1..=epochs {
            for origins in shuffled(&panel.origins, seed, epoch as u64).chunks(batch_size) {
                if cancel.is_cancelled() {
                    return Err(ForecastError::Cancelled);
                }
                let targets = panel.targets_of(origins);
                let rate = schedule.learning_rate();
                session.step(&source, origins, &targets, &Loss::CentredStudentT, rate).map_err(engine)?;
                schedule.step_done();
            }
        }
        Ok(session.into_network())
    }
}

impl PanelForecaster for BaseForecaster {
    fn fit_panel(
        &self,
        histories: &[History],
        cancel: &Cancel,
        _progress: &dyn ProgressSink,
    ) -> Result<Box<dyn Predict + Send + Sync>, ForecastError> {
        Ok(Box::new(self.fit_base(histories, cancel)?))
    }
}
