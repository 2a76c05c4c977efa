//! The training loop: batches, validation, learning-rate schedule, early stopping, best checkpoint.

use closecast_domain::{Cancel, ForecastError, Progress, ProgressSink};
use closecast_nn::{
    Accelerator, Loss, Network, OptimiserKind, OptimiserSpec, Schedule, TrainingSession, TrainingSpec, WindowSource,
    shuffled, training_memory,
};
use serde::{Deserialize, Serialize};

use crate::{
    dataset::Dataset,
    error::{engine_error, into_forecast_error},
    spec::{CheckedSpec, ModelSpec},
};

/// One pass over the training windows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochLog {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Mean training loss, with dropout.
    pub train_loss: f64,
    /// Mean validation loss, without dropout.
    pub validation_loss: f64,
    /// Learning rate of its first step.
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

/// Log of a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainLog {
    /// All epochs.
    pub epochs: Vec<EpochLog>,
    /// Epoch whose weights were kept, counted from 1.
    pub best_epoch: usize,
    /// Why training ended.
    pub stopped: StopReason,
    /// Instruction set of the CPU or name of the accelerator. Empty in models of earlier versions.
    #[serde(default)]
    pub processor: String,
}

/// Resources that a training may use.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resources {
    /// Threads; all cores if `None`.
    pub(crate) threads: Option<usize>,
    /// Used instead of the CPU.
    pub(crate) accelerator: Option<Accelerator>,
    /// Concurrent trainings that share the memory limit; 0 counts as one.
    pub(crate) concurrent: usize,
    /// Epochs after which training stops. The epochs before are the same as without this limit.
    pub(crate) epochs: Option<usize>,
}

/// A trained network in its session, on the same threads or accelerator.
pub(crate) struct Trained {
    pub(crate) session: TrainingSession,
    pub(crate) log: TrainLog,
}

/// Trains a network on the training part and keeps the weights of the best validation loss.
pub(crate) fn train(
    spec: &CheckedSpec,
    resources: Resources,
    dataset: &Dataset,
    cancel: &Cancel,
    progress: &dyn ProgressSink,
) -> Result<Trained, ForecastError> {
    let settings = spec.spec();
    if resources.accelerator.is_none() {
        spec.check_memory(resources.concurrent).map_err(into_forecast_error)?;
    }
    let source = dataset.source()?;
    let network = Network::init(spec.network(), settings.seed);
    let training = training_spec(settings, resources.threads);
    let processor = match &resources.accelerator {
        Some(accelerator) => accelerator.name().to_owned(),
        None => network.instruction_set().name().to_owned(),
    };
    let mut session = match resources.accelerator {
        Some(accelerator) => TrainingSession::on_accelerator(network, training, accelerator),
        None => TrainingSession::new(network, training)
            .map(|session| session.memory_limit(training_memory(resources.concurrent))),
    }
    .map_err(engine_error)?;
    let train_origins: Vec<usize> = dataset.split.train.clone().collect();
    let batches = train_origins.len().div_ceil(settings.batch_size);
    progress.report(&Progress::TrainingStarted { epochs: settings.epochs, batches_per_epoch: batches });
    let mut best = Best { network: session.network().clone(), epoch: 0, loss: f64::INFINITY };
    let mut log = TrainLog { epochs: Vec::new(), best_epoch: 0, stopped: StopReason::Epochs, processor };
    let steps = (settings.epochs * batches) as u64;
    let mut schedule = Schedule::new(settings.schedule, settings.learning_rate, steps).map_err(engine_error)?;
    for epoch in 1..=resources.epochs.unwrap_or(settings.epochs).min(settings.epochs) {
        let order = shuffled(&train_origins, settings.seed, epoch as u64);
        let pass = Pass { dataset, source: &source, cancel, progress, epoch };
        let learning_rate = schedule.learning_rate();
        let train_loss = pass.run(&mut session, &mut schedule, &order, settings)?;
        let validation_loss = validation_loss(&session, &source, dataset, &settings.recipe.loss())?;
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
        schedule.epoch_done(improved);
    }
    if best.epoch == 0 {
        return Err(ForecastError::NonFinite {
            what: "the validation loss".to_owned(),
            diagnosis: format!("it is {} after every epoch: lower the learning rate or check the prices", best.loss),
        });
    }
    log.best_epoch = best.epoch;
    Ok(Trained { session: session.with_network(best.network), log })
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
}

impl Pass<'_> {
    /// Returns the mean loss over all windows of the pass.
    fn run(
        &self,
        session: &mut TrainingSession,
        schedule: &mut Schedule,
        order: &[usize],
        spec: &ModelSpec,
    ) -> Result<f64, ForecastError> {
        let mut total = 0.0;
        for (batch, origins) in order.chunks(spec.batch_size).enumerate() {
            if self.cancel.is_cancelled() {
                return Err(ForecastError::Cancelled);
            }
            let targets = self.dataset.targets_of(origins);
            let report = session
                .step(self.source, origins, &targets, &spec.recipe.loss(), schedule.learning_rate())
                .map_err(engine_error)?;
            schedule.step_done();
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
    session: &TrainingSession,
    source: &WindowSource<'_>,
    dataset: &Dataset,
    loss: &Loss,
) -> Result<f64, ForecastError> {
    let origins: Vec<usize> = dataset.split.validation.clone().collect();
    let outputs = session.forward(source, &origins).map_err(engine_error)?;
    Ok(loss.mean(&outputs, &dataset.targets_of(&origins)))
}
