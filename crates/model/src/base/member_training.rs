//! Training of one network of the ensemble.

use closecast_domain::{Cancel, ForecastError, Head, Progress, ProgressSink};
use closecast_nn::{
    Network, OptimiserKind, OptimiserSpec, Schedule, ScheduleSpec, TrainingSession, TrainingSpec, shuffled,
};

use super::{head::loss, panel::Panel, spec::CheckedBaseSpec};
use crate::error::engine_error;

/// Settings of the training of one network.
pub(super) struct MemberTraining<'a> {
    pub(super) spec: &'a CheckedBaseSpec,
    pub(super) head: Head,
    pub(super) threads: Option<usize>,
    pub(super) seed: u64,
    pub(super) epochs: usize,
    pub(super) learning_rate: f64,
    /// Epochs of the networks before this one, for the progress report.
    pub(super) epochs_before: usize,
}

impl MemberTraining<'_> {
    /// Trains `network` on `origins`, indices into [`Panel::origins`]; calls `after_epoch` after each epoch.
    pub(super) fn train(
        &self,
        network: Network,
        (panel, origins): (&Panel, &[usize]),
        (cancel, progress): (&Cancel, &dyn ProgressSink),
        mut after_epoch: impl FnMut(usize, &TrainingSession) -> Result<(), ForecastError>,
    ) -> Result<Network, ForecastError> {
        let (batch_size, weight_decay) = (self.spec.spec().batch_size, self.spec.spec().weight_decay);
        let optimiser = OptimiserSpec { kind: OptimiserKind::AdamW, weight_decay, ..OptimiserSpec::default() };
        let training =
            TrainingSpec { optimiser, batch_size, clip_norm: Some(1.0), seed: self.seed, threads: self.threads };
        let mut session = TrainingSession::new(network, training).map_err(engine_error)?;
        let steps = (self.epochs * origins.len().div_ceil(batch_size)) as u64;
        let mut schedule = Schedule::new(ScheduleSpec::cosine(), self.learning_rate, steps).map_err(engine_error)?;
        let source = panel.source()?;
        for epoch in 1..=self.epochs {
            for (batch, chosen) in (1..).zip(shuffled(origins, self.seed, epoch as u64).chunks(batch_size)) {
                if cancel.is_cancelled() {
                    return Err(ForecastError::Cancelled);
                }
                let rows = panel.rows(chosen, self.seed, epoch as u64);
                let targets = panel.targets_of(&rows);
                let rate = schedule.learning_rate();
                session.step(&source, &rows, &targets, &loss(self.head), rate).map_err(engine_error)?;
                schedule.step_done();
                progress.report(&Progress::Batch { epoch: self.epochs_before + epoch, batch });
            }
            after_epoch(epoch, &session)?;
        }
        Ok(session.into_network())
    }
}
