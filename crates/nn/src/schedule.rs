//! Learning-rate schedules.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use crate::error::NnError;
use crate::spec::within;

/// A learning-rate schedule, relative to the initial learning rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ScheduleSpec {
    /// Constant.
    Constant,
    /// Multiplied by `factor` whenever the validation loss has not improved for `patience` more epochs, never below
    /// `floor`: PyTorch's `ReduceLROnPlateau(patience = patience − 1, threshold = 0)`.
    Plateau {
        /// Epochs: 1 ..= 10000.
        patience: usize,
        /// 0.01 ..= 1.
        factor: f64,
        /// 0 ..= 1.
        floor: f64,
    },
    /// Rises linearly to 1 during the first `warm_up` of all steps, then falls along half a cosine to `floor` (Loshchilov
    /// & Hutter 2017, without restarts): PyTorch's `LinearLR` followed by `CosineAnnealingLR`.
    Cosine {
        /// Share of all steps: 0 ..= 0.9.
        warm_up: f64,
        /// 0 ..= 1.
        floor: f64,
    },
}

impl ScheduleSpec {
    /// Returns the default plateau schedule: halved after 3 epochs without improvement, down to 1/64.
    pub fn plateau() -> Self {
        Self::Plateau { patience: 3, factor: 0.5, floor: 1.0 / 64.0 }
    }

    /// Returns the default cosine schedule: a warm-up of 5 % of the steps, down to 1 %.
    pub fn cosine() -> Self {
        Self::Cosine { warm_up: 0.05, floor: 0.01 }
    }

    /// Checks the ranges.
    ///
    /// # Errors
    /// [`NnError::OutOfRange`] names the field.
    pub fn check(&self) -> Result<(), NnError> {
        match *self {
            Self::Constant => Ok(()),
            Self::Plateau { patience, factor, floor } => {
                within("schedule.patience", patience, 1, 10_000)?;
                within("schedule.factor", factor, 0.01, 1.0)?;
                within("schedule.floor", floor, 0.0, 1.0)
            }
            Self::Cosine { warm_up, floor } => {
                within("schedule.warm_up", warm_up, 0.0, 0.9)?;
                within("schedule.floor", floor, 0.0, 1.0)
            }
        }
    }
}

impl Default for ScheduleSpec {
    fn default() -> Self {
        Self::plateau()
    }
}

/// Learning rate of a running training.
#[derive(Clone, Debug)]
pub struct Schedule {
    spec: ScheduleSpec,
    first: f64,
    /// Total number of steps.
    total: u64,
    step: u64,
    /// Share of the initial learning rate after plateaus.
    share: f64,
    /// Epochs since the last improvement.
    waited: usize,
}

impl Schedule {
    /// Returns the schedule of a training of `total` steps with the initial learning rate `first`.
    ///
    /// # Errors
    /// [`NnError::OutOfRange`] names the field outside its range.
    pub fn new(spec: ScheduleSpec, first: f64, total: u64) -> Result<Self, NnError> {
        spec.check()?;
        within("learning_rate", first, 0.0, 10.0)?;
        Ok(Self { spec, first, total, step: 0, share: 1.0, waited: 0 })
    }

    /// Returns the learning rate of the next step.
    pub fn learning_rate(&self) -> f64 {
        let share = match self.spec {
            ScheduleSpec::Constant | ScheduleSpec::Plateau { .. } => self.share,
            ScheduleSpec::Cosine { warm_up, floor } => cosine(self.step, self.total, warm_up, floor),
        };
        self.first * share
    }

    /// Counts a finished step.
    pub fn step_done(&mut self) {
        self.step += 1;
    }

    /// Counts a finished epoch; `improved` if its validation loss is the best so far.
    pub fn epoch_done(&mut self, improved: bool) {
        self.waited = if improved { 0 } else { self.waited + 1 };
        if let ScheduleSpec::Plateau { patience, factor, floor } = self.spec
            && self.waited > 0
            && self.waited.is_multiple_of(patience)
        {
            self.share = (self.share * factor).max(floor);
        }
    }
}

/// Steps after the last one stay at the floor.
fn cosine(step: u64, total: u64, warm_up: f64, floor: f64) -> f64 {
    let rising = (warm_up * total as f64).round();
    let step = step as f64;
    if step < rising {
        return (step + 1.0) / rising;
    }
    let falling = (total as f64 - rising).max(1.0);
    let done = ((step - rising) / falling).min(1.0);
    floor + (1.0 - floor) * 0.5 * (1.0 + (PI * done).cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_beyond_the_last_stay_at_the_floor_and_a_short_training_has_no_warm_up() {
        let mut schedule = Schedule::new(ScheduleSpec::cosine(), 2.0, 3).unwrap();
        assert_eq!(schedule.learning_rate(), 2.0);
        for _ in 0..5 {
            schedule.step_done();
        }
        assert!((schedule.learning_rate() - 0.02).abs() < 1e-12);
        let empty = Schedule::new(ScheduleSpec::cosine(), 1.0, 0).unwrap();
        assert!(empty.learning_rate().is_finite());
    }

    #[test]
    fn field_outside_its_range_is_named() {
        let bad = [
            ScheduleSpec::Plateau { patience: 0, factor: 0.5, floor: 0.0 },
            ScheduleSpec::Plateau { patience: 1, factor: f64::NAN, floor: 0.0 },
            ScheduleSpec::Cosine { warm_up: 1.0, floor: 0.0 },
            ScheduleSpec::Cosine { warm_up: 0.0, floor: -1.0 },
        ];
        for spec in bad {
            let message = spec.check().unwrap_err().to_string();
            assert!(message.starts_with("schedule."), "{message}");
        }
        assert!(Schedule::new(ScheduleSpec::Constant, f64::INFINITY, 1).is_err());
    }
}
