//! Models of one symbol that begin as BASE.

use std::{collections::BTreeMap, ops::Range};

use closecast_domain::{
    BaseCard, Cancel, DateRange, Forecast, ForecastError, History, PanelForecaster, Predict, ProgressSink, Symbol,
};
use closecast_nn::{Network, TrainingSession};

use super::{
    calibrate::{calibrate, calibration_start},
    ensemble::Ensemble,
    fit::Passes,
    forecaster::{BaseForecaster, BaseSpec},
    model::BaseModel,
    panel::Panel,
};
use crate::{dataset::unsuitable, epochs::engine, fingerprint::fingerprint};

/// Most passes over a symbol's windows.
const EPOCHS: usize = 8;
/// Highest learning rate: a tenth of that of BASE, whose weights are to be kept near.
const LEARNING_RATE: f64 = 3e-4;
/// One in so many of the symbol's windows, the newest of those that may be learned from, decides how many passes are kept.
const VALIDATION: usize = 5;

impl BaseModel {
    /// Returns the model trained on for `history` alone. How many passes are kept, perhaps none, is decided on the newest
    /// fifth of what may be learned from; the newest `calibration_days` sessions are left out of both, and the intervals are
    /// calibrated on them.
    ///
    /// # Errors
    /// [`ForecastError`] when the history is too short, a number becomes non-finite, or the work is cancelled.
    pub fn fine_tune(
        &self,
        history: &History,
        spec: &BaseSpec,
        (cancel, progress): (&Cancel, &dyn ProgressSink),
    ) -> Result<Self, ForecastError> {
        let need = self.fine_tuning_need(spec.calibration_days);
        if history.len() < need {
            return Err(ForecastError::TooShort { symbol: history.symbol().clone(), have: history.len(), need });
        }
        let start = calibration_start(std::slice::from_ref(history), spec.calibration_days)?;
        let learned = history.between(None, start.pred_opt()).map_err(unsuitable)?;
        let (lookback, horizon) = (self.ensemble.lookback, self.ensemble.horizon);
        let panel = Panel::of_one(&learned, self.ensemble.inputs.clone(), (lookback, horizon))?;
        let split = panel.origins.len() - panel.origins.len() / VALIDATION;
        // Targets reach `horizon` sessions ahead: those of the training windows end before the validation begins.
        let train: Vec<usize> = (0..split.saturating_sub(horizon)).collect();
        let validation: Vec<usize> = (split..panel.origins.len()).collect();
        let mut epochs = 0;
        let mut networks = Vec::new();
        for (member, network) in self.ensemble.networks.iter().enumerate() {
            let passes = Passes {
                spec: &BaseSpec { head: self.ensemble.head, ..spec.clone() },
                threads: Some(1),
                seed: spec.seed + member as u64,
                epochs: EPOCHS,
                learning_rate: LEARNING_RATE,
                epochs_before: member * EPOCHS,
            };
            let (kept, best) = best_pass(&passes, network, &panel, (&train, &validation), (cancel, progress))?;
            epochs = epochs.max(kept);
            networks.push(best);
        }
        let mut tuned = self.fine_tuned(networks, epochs, (history, &learned), spec.seed);
        // The targets of the validation windows, of which the last one ends with what is learned.
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

    /// Returns the model of the fine-tuned `networks`; one whose `epochs` are 0 forecasts what BASE does.
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

    /// Returns the sessions that fine-tuning needs, of which the newest `calibration_days` are not learned from: the fewest
    /// that leave a window to train on and one to decide with.
    fn fine_tuning_need(&self, calibration_days: usize) -> usize {
        let horizon = self.ensemble.horizon;
        let mut windows = VALIDATION;
        while windows - windows / VALIDATION <= horizon {
            windows += 1;
        }
        // The first window ends on the session `need`, and the last one `horizon` before the calibration part.
        self.ensemble.need() + windows - 1 + horizon + calibration_days
    }
}

/// Trains on, and returns the passes after which the loss on the validation windows was least, with the network as it was then.
fn best_pass(
    passes: &Passes<'_>,
    network: &Network,
    panel: &Panel,
    (train, validation): (&[usize], &[usize]),
    (cancel, progress): (&Cancel, &dyn ProgressSink),
) -> Result<(usize, Network), ForecastError> {
    let source = panel.source()?;
    let rows = panel.rows_alone(validation);
    let targets = panel.targets_of(&rows);
    let outputs = network.forward(&source, &rows).map_err(engine)?;
    let head_loss = passes.spec.head.loss();
    let mut best = (head_loss.mean(&outputs, &targets), 0, network.clone());
    let after = |epoch: usize, session: &TrainingSession| {
        let outputs = session.forward(&source, &rows).map_err(engine)?;
        let loss = head_loss.mean(&outputs, &targets);
        if loss < best.0 {
            best = (loss, epoch, session.network().clone());
        }
        Ok(())
    };
    passes.train(network.clone(), (panel, train), (cancel, progress), after)?;
    Ok((best.1, best.2))
}

/// BASE, then one fine-tuned model for each symbol that is long enough; the others keep to BASE.
#[derive(Clone, Debug, Default)]
pub struct FineTunedForecaster {
    base: BaseForecaster,
}

impl FineTunedForecaster {
    /// Returns a forecaster that fine-tunes what `base` gives.
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
        // Of two histories of a symbol the newer one comes last, and is the one to be forecast.
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
