//! Training of BASE.

use closecast_domain::{
    BaseCard, Cancel, DateRange, ForecastError, History, PanelForecaster, Predict, Progress, ProgressSink,
};
use closecast_features::FeatureSet;
use closecast_nn::{Network, NetworkSpec, training_bytes, training_memory};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    calibrate::{Calibrated, calibrate, calibration_start},
    ensemble::Ensemble,
    fit::Passes,
    head::Head,
    model::{BaseModel, Description},
    panel::Panel,
};
use crate::{
    dataset::unsuitable,
    fingerprint::{fingerprint, hex},
    spec::{SpecError, memory_error, within},
};

/// What is trained. The defaults were chosen on days before those of any figure that is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BaseSpec {
    /// Days in a window.
    pub lookback: usize,
    /// Sessions forecast in one pass.
    pub horizon: usize,
    /// The distribution that is learned.
    #[serde(default)]
    pub head: Head,
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
    /// Newest sessions that no weight is trained on: the intervals are calibrated on them.
    pub calibration_days: usize,
    /// Seed of the first network.
    pub seed: u64,
    /// Networks trained from different seeds, whose quantiles are averaged.
    pub members: usize,
}

impl Default for BaseSpec {
    fn default() -> Self {
        Self {
            lookback: 30,
            horizon: 1,
            head: Head::default(),
            hidden_size: 32,
            epochs: 3,
            batch_size: 512,
            learning_rate: 3e-3,
            weight_decay: 1e-3,
            calibration_days: 63,
            seed: 42,
            members: 1,
        }
    }
}

impl BaseSpec {
    /// Checks every field.
    ///
    /// # Errors
    /// [`SpecError`] names the first field outside its range.
    pub fn check(&self) -> Result<(), SpecError> {
        within("lookback", self.lookback, 2, 1000)?;
        within("horizon", self.horizon, 1, 60)?;
        within("hidden_size", self.hidden_size, 1, 2048)?;
        within("epochs", self.epochs, 1, 10_000)?;
        within("batch_size", self.batch_size, 1, 4096)?;
        within("learning_rate", self.learning_rate, 1e-9, 1.0)?;
        within("weight_decay", self.weight_decay, 0.0, 1.0)?;
        within("calibration_days", self.calibration_days, 0, 10_000)?;
        within("members", self.members, 1, 64)
    }
}

/// BASE, to be trained on many symbols at once.
#[derive(Clone, Debug, Default)]
pub struct BaseForecaster {
    spec: BaseSpec,
    threads: Option<usize>,
    sources: String,
}

impl BaseForecaster {
    /// Returns a forecaster that will train `spec`.
    #[must_use]
    pub fn new(spec: BaseSpec) -> Self {
        Self { spec, threads: None, sources: String::new() }
    }

    /// Returns what will be trained.
    #[must_use]
    pub fn spec(&self) -> &BaseSpec {
        &self.spec
    }

    /// Sets the number of threads. It changes the time taken, never the result.
    #[must_use]
    pub fn threads(mut self, threads: Option<usize>) -> Self {
        self.threads = threads;
        self
    }

    /// Says where the prices come from, for the card.
    #[must_use]
    pub fn sources(mut self, sources: impl Into<String>) -> Self {
        self.sources = sources.into();
        self
    }

    /// Trains all networks on what lies before the calibration part, and calibrates the intervals on it.
    ///
    /// # Errors
    /// [`ForecastError`] when no history is long enough, a number becomes non-finite, or the work is cancelled.
    pub fn fit_base(
        &self,
        histories: &[History],
        cancel: &Cancel,
        progress: &dyn ProgressSink,
    ) -> Result<BaseModel, ForecastError> {
        let spec = &self.spec;
        spec.check().map_err(unsuitable)?;
        let start = calibration_start(histories, spec.calibration_days)?;
        let before = |history: &History| history.between(None, start.pred_opt()).ok();
        let learned: Vec<History> = histories.iter().filter_map(before).collect();
        check_table(&learned, spec.horizon).map_err(unsuitable)?;
        let panel = Panel::new(&learned, FeatureSet::volatility(), (spec.lookback, spec.horizon))?;
        if panel.origins.is_empty() {
            return Err(unsuitable("no history is long enough for a window of BASE"));
        }
        self.check_memory(&panel).map_err(unsuitable)?;
        let networks = self.networks(&panel, cancel, progress)?;
        let known_until = panel.known_until;
        let trained_on = DateRange { start: panel.known_from, end: known_until };
        let symbols = panel.symbols;
        let inputs = panel.inputs;
        let ensemble = Ensemble { inputs, networks, lookback: spec.lookback, horizon: spec.horizon, head: spec.head };
        let calibrated = calibrate(&ensemble, histories, start)?;
        let card = self.card(&ensemble, (histories, symbols), trained_on, &calibrated);
        let description = Description {
            card,
            head: spec.head,
            inputs: ensemble.inputs.clone(),
            factors: calibrated.factors,
            known_until,
        };
        Ok(BaseModel::new(ensemble, description))
    }

    /// Refuses a training that does not fit into the memory beside the table of all days.
    fn check_memory(&self, panel: &Panel) -> Result<(), SpecError> {
        let BaseSpec { hidden_size, lookback, batch_size, .. } = self.spec;
        let Ok(network) = self.network_spec(panel).check() else { return Ok(()) };
        let bytes = training_bytes(&network, batch_size, lookback);
        let most = training_memory(1).saturating_sub(panel.bytes());
        memory_error(bytes, most, "hidden_size, lookback, batch_size", || {
            format!("{hidden_size}, {lookback}, {batch_size}")
        })
    }

    fn network_spec(&self, panel: &Panel) -> NetworkSpec {
        let BaseSpec { horizon, head, hidden_size, .. } = self.spec;
        NetworkSpec {
            inputs: panel.inputs.width(),
            hidden: hidden_size,
            layers: 1,
            skip: true,
            dropout: 0.0,
            ..NetworkSpec::base(1, head.loss().outputs_per_target() * horizon)
        }
    }

    fn networks(
        &self,
        panel: &Panel,
        cancel: &Cancel,
        progress: &dyn ProgressSink,
    ) -> Result<Vec<Network>, ForecastError> {
        let BaseSpec { epochs, members, batch_size, seed, learning_rate, .. } = self.spec;
        let network = self.network_spec(panel).check().map_err(unsuitable)?;
        let origins: Vec<usize> = (0..panel.origins.len()).collect();
        let batches_per_epoch = origins.len().div_ceil(batch_size);
        progress.report(&Progress::TrainingStarted { epochs: epochs * members, batches_per_epoch });
        let member = |member: usize| {
            let seed = seed + member as u64;
            let epochs_before = member * epochs;
            let passes = Passes { spec: &self.spec, threads: self.threads, seed, epochs, learning_rate, epochs_before };
            passes.train(Network::init(&network, seed), (panel, &origins), (cancel, progress), |_, _| Ok(()))
        };
        (0..members).map(member).collect()
    }

    fn card(
        &self,
        ensemble: &Ensemble,
        (histories, symbols): (&[History], usize),
        trained_on: DateRange,
        calibrated: &Calibrated,
    ) -> BaseCard {
        let spec = &self.spec;
        BaseCard {
            name: "BASE".to_owned(),
            fine_tuned_for: None,
            head: spec.head.name().to_owned(),
            lookback: spec.lookback,
            horizon: spec.horizon,
            features: ensemble.inputs.names(),
            market_features: ensemble.inputs.market_names(),
            symbols,
            trained_on,
            passes_chosen_on: None,
            calibrated_on: calibrated.days,
            coverage: calibrated.coverage.clone(),
            data_fingerprint: fingerprint_of_all(histories),
            seed: spec.seed,
            members: spec.members,
            parameters: ensemble.networks.first().map_or(0, Network::parameter_count),
            epochs: spec.epochs,
            sources: self.sources.clone(),
            code_version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// Refuses histories whose features do not fit into the memory, before these are computed: a table of them alone, and two views of it
/// with targets.
fn check_table(histories: &[History], horizon: usize) -> Result<(), SpecError> {
    let days: usize = histories.iter().map(History::len).sum();
    let a_day = 3 * FeatureSet::volatility().kinds().len() + 2 * horizon;
    let bytes = days * a_day * size_of::<f32>();
    memory_error(bytes, training_memory(1), "the number of days of all symbols", || days.to_string())
}

/// Returns the SHA-256 of the fingerprints of all histories.
fn fingerprint_of_all(histories: &[History]) -> String {
    let mut hash = Sha256::new();
    histories.iter().for_each(|history| hash.update(fingerprint(history)));
    hex(&hash.finalize())
}

impl PanelForecaster for BaseForecaster {
    fn fit_panel(
        &self,
        histories: &[History],
        cancel: &Cancel,
        progress: &dyn ProgressSink,
    ) -> Result<Box<dyn Predict + Send + Sync>, ForecastError> {
        Ok(Box::new(self.fit_base(histories, cancel, progress)?))
    }
}
