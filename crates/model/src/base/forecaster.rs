//! Training of BASE on many symbols.

use closecast_domain::{
    BaseCard, Cancel, DateRange, ForecastError, History, PanelForecaster, Predict, Progress, ProgressSink,
};
use closecast_features::FeatureSet;
use closecast_nn::{Network, NetworkSpec, training_bytes, training_memory};
use sha2::{Digest, Sha256};

use super::{
    calibrate::{Calibrated, calibrate, calibration_start},
    ensemble::Ensemble,
    head::loss,
    member_training::MemberTraining,
    model::{BaseModel, Description},
    panel::Panel,
    spec::{BaseSpec, CheckedBaseSpec},
};
use crate::{
    error::{into_forecast_error, unsuitable},
    fingerprint::{fingerprint, hex},
    spec::{SpecError, memory_error},
};

/// Trains BASE on many symbols.
#[derive(Clone, Debug, Default)]
pub struct BaseForecaster {
    spec: CheckedBaseSpec,
    threads: Option<usize>,
    sources: String,
}

impl BaseForecaster {
    /// Returns a forecaster that trains `spec`.
    #[must_use]
    pub fn new(spec: CheckedBaseSpec) -> Self {
        Self { spec, threads: None, sources: String::new() }
    }

    /// Returns the spec.
    #[must_use]
    pub fn spec(&self) -> &CheckedBaseSpec {
        &self.spec
    }

    /// Sets the number of threads. The result does not depend on it.
    #[must_use]
    pub fn threads(mut self, threads: Option<usize>) -> Self {
        self.threads = threads;
        self
    }

    /// Sets the source of the prices, for the card.
    #[must_use]
    pub fn sources(mut self, sources: impl Into<String>) -> Self {
        self.sources = sources.into();
        self
    }

    /// Trains all networks on the sessions before the calibration part and calibrates the intervals on it.
    ///
    /// # Errors
    /// [`ForecastError`] when no history is long enough, a number becomes non-finite, or the work is cancelled.
    pub fn fit_base(
        &self,
        histories: &[History],
        cancel: &Cancel,
        progress: &dyn ProgressSink,
    ) -> Result<BaseModel, ForecastError> {
        let spec = self.spec.spec();
        let start = calibration_start(histories, spec.calibration_days)?;
        let before = |history: &History| history.between(None, start.pred_opt()).ok();
        let learned: Vec<History> = histories.iter().filter_map(before).collect();
        check_table(&learned, spec.horizon).map_err(into_forecast_error)?;
        let panel = Panel::new(&learned, FeatureSet::volatility(), (spec.lookback, spec.horizon))?;
        if panel.origins.is_empty() {
            return Err(unsuitable("no history is long enough for a window of BASE"));
        }
        self.check_memory(&panel).map_err(into_forecast_error)?;
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

    /// Refuses a training that does not fit into memory together with the feature table.
    fn check_memory(&self, panel: &Panel) -> Result<(), SpecError> {
        let &BaseSpec { hidden_size, lookback, batch_size, .. } = self.spec.spec();
        let Ok(network) = self.network_spec(panel).check() else { return Ok(()) };
        let bytes = training_bytes(&network, batch_size, lookback);
        let most = training_memory(1).saturating_sub(panel.bytes());
        memory_error(bytes, most, "hidden_size, lookback, batch_size", || {
            format!("{hidden_size}, {lookback}, {batch_size}")
        })
    }

    fn network_spec(&self, panel: &Panel) -> NetworkSpec {
        let &BaseSpec { horizon, head, hidden_size, .. } = self.spec.spec();
        NetworkSpec {
            inputs: panel.inputs.width(),
            hidden: hidden_size,
            layers: 1,
            skip: true,
            dropout: 0.0,
            ..NetworkSpec::base(1, loss(head).outputs_per_target() * horizon)
        }
    }

    fn networks(
        &self,
        panel: &Panel,
        cancel: &Cancel,
        progress: &dyn ProgressSink,
    ) -> Result<Vec<Network>, ForecastError> {
        let &BaseSpec { epochs, members, batch_size, seed, learning_rate, head, .. } = self.spec.spec();
        let network = self.network_spec(panel).check().map_err(into_forecast_error)?;
        let origins: Vec<usize> = (0..panel.origins.len()).collect();
        let batches_per_epoch = origins.len().div_ceil(batch_size);
        progress.report(&Progress::TrainingStarted { epochs: epochs * members, batches_per_epoch });
        let member = |member: usize| {
            let seed = seed + member as u64;
            let epochs_before = member * epochs;
            let (spec, threads) = (&self.spec, self.threads);
            let training = MemberTraining { spec, head, threads, seed, epochs, learning_rate, epochs_before };
            training.train(Network::init(&network, seed), (panel, &origins), (cancel, progress), |_, _| Ok(()))
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
        let spec = self.spec.spec();
        BaseCard {
            name: "BASE".to_owned(),
            fine_tuned_for: None,
            head: spec.head,
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

/// Refuses histories whose features do not fit into memory, before computing them: one table of features, and two scaled views
/// with targets.
fn check_table(histories: &[History], horizon: usize) -> Result<(), SpecError> {
    let days: usize = histories.iter().map(History::len).sum();
    let a_day = 3 * FeatureSet::volatility().kinds().len() + 2 * horizon;
    let bytes = days * a_day * size_of::<f32>();
    memory_error(bytes, training_memory(1), "the total number of days of all symbols", || days.to_string())
}

/// Returns the SHA-256 over the fingerprints of all histories.
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
