//! The passes over the windows.

use closecast_domain::{Cancel, ForecastError, Progress, ProgressSink};
use closecast_nn::{
    Network, OptimiserKind, OptimiserSpec, Schedule, ScheduleSpec, TrainingSession, TrainingSpec, shuffled,
};

use super::{forecaster::BaseSpec, panel::Panel};
use crate::epochs::engine;

/// How one network is trained.
pub(super) struct Passes<'a> {
    pub(super) spec: &'a BaseSpec,
    pub(super) threads: Option<usize>,
    pub(super) seed: u64,
    pub(super) epochs: usize,
    pub(super) learning_rate: f64,
    /// Passes of the networks before this one, for the progress.
    pub(super) epochs_before: usize,
}

impl Passes<'_> {
    /// Trains `network` on `origins` of the panel, positions in [`Panel::origins`]; `after_epoch` sees it after each pass.
    pub(super) fn train(
        &self,
        network: Network,
        (panel, origins): (&Panel, &[usize]),
        (cancel, progress): (&Cancel, &dyn ProgressSink),
        mut after_epoch: impl FnMut(usize, &TrainingSession) -> Result<(), ForecastError>,
    ) -> Result<Network, ForecastError> {
        let &BaseSpec { batch_size, weight_decay, .. } = self.spec;
        let optimiser = OptimiserSpec { kind: OptimiserKind::AdamW, weight_decay, ..OptimiserSpec::default() };
        let training =
            TrainingSpec { optimiser, batch_size, clip_norm: Some(1.0), seed: self.seed, threads: self.threads };
        let mut session = TrainingSession::new(network, training).map_err(engine)?;
        let steps = (self.epochs * origins.len().div_ceil(batch_size)) as u64;
        let mut schedule = Schedule::new(ScheduleSpec::cosine(), self.learning_rate, steps).map_err(engine)?;
        let source = panel.source()?;
        for epoch in 1..=self.epochs {
            for (batch, chosen) in (1..).zip(shuffled(origins, self.seed, epoch as u64).chunks(batch_size)) {
                if cancel.is_cancelled() {
                    return Err(ForecastError::Cancelled);
                }
                let rows = panel.rows(chosen, self.seed, epoch as u64);
                let targets = panel.targets_of(&rows);
                let rate = schedule.learning_rate();
                session.step(&source, &rows, &targets, &self.spec.head.loss(), rate).map_err(engine)?;
                schedule.step_done();
                progress.report(&Progress::Batch { epoch: self.epochs_before + epoch, batch });
            }
            after_epoch(epoch, &session)?;
        }
        Ok(session.into_network())
    }
}
