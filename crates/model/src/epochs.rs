//! The training loop: batches, validation, learning-rate schedule, early stopping, best checkpoint.

use closecast_domain::{Cancel, ForecastError, Progress, ProgressSink};
use closecast_nn::{
    Loss, Network, NnError, OptimiserKind, OptimiserSpec, TrainingSession, TrainingSpec, WindowSource, shuffled,
};
use serde::{Deserialize, Serialize};

use crate::{
    dataset::{Dataset, unsuitable},
    spec::{CheckedSpec, ModelSpec},
};

/// Epochs without improvement after which the learning rate is halved.
const PLATEAU: usize = 3;
/// The learning rate is not halved below this share of the first one.
const LEAST_SHARE: f64 = 1.0 / 64.0;

/// One pass over the training windows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochLog {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Mean training loss, with dropout.
    pub train_loss: f64,
    /// Mean validation loss, without dropout.
    pub validation_loss: f64,
    /// Learning rate.
    pub learning_rate: f64,
}

/// Why training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// All epochs were run.
    Epochs,
    /// The validation loss did not improve for as many epochs as the patience.
    Patience,
}

/// What happened in a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainLog {
    /// Every epoch.
    pub epochs: Vec<EpochLog>,
    /// Epoch whose weights were kept, from 1.
    pub best_epoch: usize,
    /// Why it ended.
    pub stopped: StopReason,
}

/// Trains a network on the training part and keeps the weights of the best validation loss.
pub(crate) fn train(
    spec: &CheckedSpec,
    threads: Option<usize>,
    dataset: &Dataset,
    cancel: &Cancel,
    progress: &dyn ProgressSink,
) -> Result<(Network, TrainLog), ForecastError> {
    let settings = spec.spec();
    let source = dataset.source()?;
    let network = Network::init(spec.network(), settings.seed);
    let mut session = TrainingSession::new(network, training_spec(settings, threads)).map_err(engine)?;
    let train_origins: Vec<usize> = dataset.split.train.clone().collect();
    progress.report(&Progress::TrainingStarted {
        epochs: settings.epochs,
        batches_per_epoch: train_origins.len().div_ceil(settings.batch_size),
    });
    let mut best = Best { network: session.network().clone(), epoch: 0, loss: f64::INFINITY };
    let mut log = TrainLog { epochs: Vec::new(), best_epoch: 0, stopped: StopReason::Epochs };
    let mut learning_rate = settings.learning_rate;
    for epoch in 1..=settings.epochs {
        let order = shuffled(&train_origins, settings.seed, epoch as u64);
        let pass = Pass { dataset, source: &source, cancel, progress, epoch, learning_rate };
        let train_loss = pass.run(&mut session, &order, settings)?;
        let validation_loss = validation_loss(session.network(), &source, dataset, &settings.recipe.loss())?;
        let improved = validation_loss < best.loss;
        if improved {
            best = Best { network: session.network().clone(), epoch, loss: validation_loss };
        }
        progress.report(&Progress::Epoch { epoch, train_loss, validation_loss, learning_rate, improved });
        log.epochs.push(EpochLog { epoch, train_loss, validation_loss, learning_rate });
        let waited = epoch - best.epoch;
        if waited >= settings.patience {
            log.stopped = StopReason::Patience;
            break;
        }
        if waited > 0 && waited.is_multiple_of(PLATEAU) {
            learning_rate = (learning_rate / 2.0).max(settings.learning_rate * LEAST_SHARE);
        }
    }
    if best.epoch == 0 {
        return Err(ForecastError::NonFinite {
            what: "the validation loss".to_owned(),
            diagnosis: format!("it was {} after every epoch: lower the learning rate or check the prices", best.loss),
        });
    }
    log.best_epoch = best.epoch;
    Ok((best.network, log))
}

struct Best {
    network: Network,
    epoch: usize,
    loss: f64,
}

/// One pass over the training windows.
struct Pass<'a> {
    dataset: &'a Dataset,
    source: &'a WindowSource<'a>,
    cancel: &'a Cancel,
    progress: &'a dyn ProgressSink,
    epoch: usize,
    learning_rate: f64,
}

impl Pass<'_> {
    /// Returns the mean loss over all windows of the pass.
    fn run(&self, session: &mut TrainingSession, order: &[usize], spec: &ModelSpec) -> Result<f64, ForecastError> {
        let mut total = 0.0;
        for (batch, origins) in order.chunks(spec.batch_size).enumerate() {
            if self.cancel.is_cancelled() {
                return Err(ForecastError::Cancelled);
            }
            let targets = self.dataset.targets_of(origins);
            let report = session
                .step(self.source, origins, &targets, &spec.recipe.loss(), self.learning_rate)
                .map_err(engine)?;
            total += report.loss * origins.len() as f64;
            self.progress.report(&Progress::Batch { epoch: self.epoch, batch: batch + 1 });
        }
        Ok(total / order.len() as f64)
    }
}

fn training_spec(spec: &ModelSpec, threads: Option<usize>) -> TrainingSpec {
    let kind = if spec.weight_decay > 0.0 { OptimiserKind::AdamW } else { OptimiserKind::Adam };
    TrainingSpec {
        optimiser: OptimiserSpec { kind, weight_decay: spec.weight_decay, ..OptimiserSpec::default() },
        batch_size: spec.batch_size,
        clip_norm: Some(spec.gradient_clip),
        seed: spec.seed,
        threads,
    }
}

/// Returns the mean loss over the validation windows, without dropout.
fn validation_loss(
    network: &Network,
    source: &WindowSource<'_>,
    dataset: &Dataset,
    loss: &Loss,
) -> Result<f64, ForecastError> {
    let origins: Vec<usize> = dataset.split.validation.clone().collect();
    let outputs = network.forward(source, &origins).map_err(engine)?;
    Ok(loss.mean(&outputs, &dataset.targets_of(&origins)))
}

/// Words an error of the engine for whoever trains.
pub(crate) fn engine(error: NnError) -> ForecastError {
    match error {
        NnError::NonFinite { quantity, .. } => {
            ForecastError::NonFinite { what: quantity.to_string(), diagnosis: error.to_string() }
        }
        NnError::NonFiniteOutput { .. } => {
            ForecastError::NonFinite { what: "the forecast".to_owned(), diagnosis: error.to_string() }
        }
        other => unsuitable(other),
    }
}
