//! Fine-tuning of BASE for one symbol.

use std::{collections::BTreeMap, ops::Range};

use closecast_domain::{
    BaseCard, Cancel, DateRange, Forecast, ForecastError, History, PanelForecaster, Predict, ProgressSink, Symbol,
};
use closecast_nn::{Network, TrainingSession};

use super::{
    calibrate::{calibrate, calibration_start},
    ensemble::Ensemble,
    forecaster::BaseForecaster,
    head::loss,
    member_training::MemberTraining,
    model::BaseModel,
    panel::Panel,
    spec::CheckedBaseSpec,
};
use crate::{
    error::{engine_error, into_forecast_error},
    fingerprint::fingerprint,
};

/// Maximum number of epochs.
const MAX_EPOCHS: usize = 8;
/// Maximum learning rate: a tenth of that of BASE, so that the weights stay close to its own.
const MAX_LEARNING_RATE: f64 = 3e-4;
/// One in this many windows, the newest ones before the calibration part, is used for validation.
const VALIDATION_DIVISOR: usize = 5;

impl BaseModel {
    /// Returns the model fine-tuned on `history`. The number of epochs, possibly 0, is chosen on the newest fifth of the windows
    /// before the calibration part. The newest `calibration_days` sessions are used to calibrate the intervals only.
    ///
    /// # Errors
    /// [`ForecastError`] when the history is too short, a number becomes non-finite, or the work is cancelled.
    pub fn fine_tune(
        &self,
        history: &History,
        spec: &CheckedBaseSpec,
        (cancel, progress): (&Cancel, &dyn ProgressSink),
    ) -> Result<Self, ForecastError> {
        let (calibration_days, seed) = (spec.spec().calibration_days, spec.spec().seed);
        let need = self.fine_tuning_need(calibration_days);
        if history.len() < need {
            return Err(ForecastError::TooShort { symbol: history.symbol().clone(), have: history.len(), need });
        }
        let start = calibration_start(std::slice::from_ref(history), calibration_days)?;
        let learned = history.between(None, start.pred_opt()).map_err(into_forecast_error)?;
        let (lookback, horizon) = (self.ensemble.lookback, self.ensemble.horizon);
        let panel = Panel::of_one(&learned, self.ensemble.inputs.clone(), (lookback, horizon))?;
        let split = panel.origins.len() - panel.origins.len() / VALIDATION_DIVISOR;
        // Targets reach `horizon` sessions ahead: training targets end before the validation part begins.
        let train: Vec<usize> = (0..split.saturating_sub(horizon)).collect();
        let validation: Vec<usize> = (split..panel.origins.len()).collect();
        let mut epochs = 0;
        let mut networks = Vec::new();
        for (member, network) in self.ensemble.networks.iter().enumerate() {
            let training = MemberTraining {
                spec,
                head: self.ensemble.head,
                threads: Some(1),
                seed: seed + member as u64,
                epochs: MAX_EPOCHS,
                learning_rate: MAX_LEARNING_RATE,
                epochs_before: member * MAX_EPOCHS,
            };
            let (kept, best) =
                train_to_best_epoch(&training, network, &panel, (&train, &validation), (cancel, progress))?;
            epochs = epochs.max(kept);
            networks.push(best);
        }
        let mut tuned = self.fine_tuned(networks, epochs, (history, &learned), seed);
        // First session of the validation targets.
        let chosen_from = learned.len() - horizon - validation.len() + 1;
        tuned.description.card.passes_chosen_on =
            Some(DateRange { start: learned.bars()[chosen_from].date, end: learned.last().date });
        if epochs > 0 {
            let calibrated = calibrate(&tuned.ensemble, std::slice::from_ref(history), start)?;
            tuned.description.factors = calibrated.factors;
            tuned.description.card.calibrated_on = calibrated.days;
            tuned.description.card.coverage = calibrated.coverage;
        }
        Ok(tuned)
    }

    /// Returns the model of the fine-tuned `networks`; with 0 `epochs` its forecasts equal those of BASE.
    fn fine_tuned(
        &self,
        networks: Vec<Network>,
        epochs: usize,
        (history, learned): (&History, &History),
        seed: u64,
    ) -> Self {
        let symbol = history.symbol().clone();
        let mut description = self.description.clone();
        if epochs > 0 {
            let (first, last) = (learned.bars()[0].date, learned.last().date);
            description.known_until = last.max(description.known_until);
            let known = description.card.trained_on;
            description.card.trained_on = DateRange { start: first.min(known.start), end: last.max(known.end) };
        }
        description.card = BaseCard {
            name: symbol.to_string(),
            fine_tuned_for: Some(symbol),
            data_fingerprint: fingerprint(history),
            epochs,
            seed,
            code_version: env!("CARGO_PKG_VERSION").to_owned(),
            ..description.card
        };
        Self::new(Ensemble { networks, ..self.ensemble.clone() }, description)
    }

    /// Returns the minimum number of sessions for fine-tuning: at least one training window and one validation window before
    /// the `calibration_days`.
    fn fine_tuning_need(&self, calibration_days: usize) -> usize {
        let horizon = self.ensemble.horizon;
        let mut windows = VALIDATION_DIVISOR;
        while windows - windows / VALIDATION_DIVISOR <= horizon {
            windows += 1;
        }
        // The first window ends on the session `need`, and the last one `horizon` before the calibration part.
        self.ensemble.need() + windows - 1 + horizon + calibration_days
    }
}

/// Trains a copy of `network`; returns the epoch with the lowest validation loss, 0 for none, and the network of that epoch.
fn train_to_best_epoch(
    training: &MemberTraining<'_>,
    network: &Network,
    panel: &Panel,
    (train, validation): (&[usize], &[usize]),
    (cancel, progress): (&Cancel, &dyn ProgressSink),
) -> Result<(usize, Network), ForecastError> {
    let source = panel.source()?;
    let rows = panel.rows_alone(validation);
    let targets = panel.targets_of(&rows);
    let outputs = network.forward(&source, &rows).map_err(engine_error)?;
    let head_loss = loss(training.head);
    let mut best = (head_loss.mean(&outputs, &targets), 0, network.clone());
    let after = |epoch: usize, session: &TrainingSession| {
        let outputs = session.forward(&source, &rows).map_err(engine_error)?;
        let loss = head_loss.mean(&outputs, &targets);
        if loss < best.0 {
            best = (loss, epoch, session.network().clone());
        }
        Ok(())
    };
    training.train(network.clone(), (panel, train), (cancel, progress), after)?;
    Ok((best.1, best.2))
}

/// Trains BASE and fine-tunes it for each symbol with a long enough history; other symbols use BASE.
#[derive(Clone, Debug, Default)]
pub struct FineTunedForecaster {
    base: BaseForecaster,
}

impl FineTunedForecaster {
    /// Returns a forecaster that fine-tunes the model of `base`.
    #[must_use]
    pub fn new(base: BaseForecaster) -> Self {
        Self { base }
    }
}

impl PanelForecaster for FineTunedForecaster {
    fn fit_panel(
        &self,
        histories: &[History],
        cancel: &Cancel,
        progress: &dyn ProgressSink,
    ) -> Result<Box<dyn Predict + Send + Sync>, ForecastError> {
        let base = self.base.fit_base(histories, cancel, progress)?;
        let mut by_symbol: BTreeMap<Symbol, BaseModel> = BTreeMap::new();
        // Of two histories of a symbol, the one that ends later is kept.
        let mut ordered: Vec<&History> = histories.iter().collect();
        ordered.sort_by_key(|history| history.last().date);
        for history in ordered {
            match base.fine_tune(history, self.base.spec(), (cancel, progress)) {
                Ok(model) => {
                    by_symbol.insert(history.symbol().clone(), model);
                }
                Err(ForecastError::TooShort { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Box::new(FineTuned { base, by_symbol }))
    }
}

struct FineTuned {
    base: BaseModel,
    by_symbol: BTreeMap<Symbol, BaseModel>,
}

impl FineTuned {
    fn of(&self, history: &History) -> &BaseModel {
        self.by_symbol.get(history.symbol()).unwrap_or(&self.base)
    }
}

impl Predict for FineTuned {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        self.of(history).predict(history)
    }

    fn predict_each(&self, history: &History, origins: Range<usize>) -> Result<Vec<Forecast>, ForecastError> {
        self.of(history).predict_each(history, origins)
    }
}
