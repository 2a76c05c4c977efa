//! Training of a model of one symbol.

use closecast_domain::{Cancel, DateRange, ForecastError, Forecaster, History, ModelCard, ProgressSink};
use closecast_nn::Accelerator;

use crate::{
    assessment::{INTERVAL_LEVEL, assess},
    dataset::Dataset,
    epochs::{Resources, Trained, train},
    fingerprint::fingerprint,
    model::LstmModel,
    spec::CheckedSpec,
};

/// Trains an LSTM network on one symbol.
#[derive(Clone, Debug)]
pub struct LstmForecaster {
    name: String,
    spec: CheckedSpec,
    resources: Resources,
}

impl LstmForecaster {
    /// Returns a forecaster that trains `spec` under the name `name`.
    #[must_use]
    pub fn new(name: impl Into<String>, spec: CheckedSpec) -> Self {
        Self { name: name.into(), spec, resources: Resources::default() }
    }

    /// Sets the number of threads. The result does not depend on it.
    #[must_use]
    pub fn threads(mut self, threads: Option<usize>) -> Self {
        self.resources.threads = threads;
        self
    }

    /// Sets the number of concurrent trainings; they share the memory of one training.
    #[must_use]
    pub fn concurrent(mut self, trainings: usize) -> Self {
        self.resources.concurrent = trainings;
        self
    }

    /// Sets the accelerator to train on; without one it is the CPU. Results differ by rounding.
    #[must_use]
    pub fn accelerator(mut self, accelerator: Option<Accelerator>) -> Self {
        self.resources.accelerator = accelerator;
        self
    }
}

impl Forecaster for LstmForecaster {
    type Fitted = LstmModel;

    fn fit(self, history: &History, cancel: &Cancel, progress: &dyn ProgressSink) -> Result<LstmModel, ForecastError> {
        let dataset = Dataset::new(&self.spec, history)?;
        let Trained { session, log } = train(&self.spec, self.resources, &dataset, cancel, progress)?;
        let assessment = assess(&session, &dataset, history)?;
        let network = session.into_network();
        let dates = history.bars();
        let spec = self.spec.spec();
        let range = |start: usize, end: usize| DateRange { start: dates[start].date, end: dates[end].date };
        let card = ModelCard {
            name: self.name,
            symbol: history.symbol().clone(),
            architecture: spec.arch.name().to_owned(),
            lookback: spec.lookback,
            horizon: spec.horizon,
            features: spec.recipe.features().names(),
            exchange: history.exchange(),
            trained_on: range(dataset.split.train.start, dataset.split.train.end - 1 + spec.horizon),
            data_range: range(0, dates.len() - 1),
            data_fingerprint: fingerprint(history),
            seed: spec.seed,
            epochs_run: log.epochs.len(),
            best_epoch: log.best_epoch,
            parameters: network.parameter_count(),
            evaluation: assessment.evaluation,
            interval_level: INTERVAL_LEVEL,
            interval_coverage: assessment.coverage,
            code_version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let description = crate::model::Description {
            card,
            spec: self.spec.spec().clone(),
            scaler: dataset.scaler,
            target_scale: dataset.scale,
            residuals: assessment.residuals,
            log,
        };
        Ok(LstmModel::new(network, description))
    }
}
