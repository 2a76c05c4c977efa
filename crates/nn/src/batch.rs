//! The samples of one training step.

use crate::error::NnError;
use crate::kernels::Dropout;
use crate::loss::Loss;
use crate::spec::{CheckedNetworkSpec, within};
use crate::windows::{WindowSource, check_source};

/// Input of a training step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Batch<'a> {
    pub(crate) source: &'a WindowSource<'a>,
    /// Rows at which the windows end.
    pub(crate) origins: &'a [usize],
    /// `[origin, target]`.
    pub(crate) targets: &'a [f32],
    pub(crate) loss: &'a Loss,
    /// Seed of the dropout masks.
    pub(crate) seed: u64,
    /// Number of steps before this one.
    pub(crate) training_step: u64,
}

impl Batch<'_> {
    /// Refuses a batch that does not match the network or has more than `largest` samples, and numbers that are not finite.
    pub(crate) fn check(&self, spec: &CheckedNetworkSpec, largest: usize) -> Result<(), NnError> {
        within("the number of samples of a batch", self.origins.len(), 1, largest)?;
        self.loss.check()?;
        let (outputs, each) = (spec.outputs, self.loss.outputs_per_target());
        if outputs % each != 0 {
            return Err(NnError::OutOfRange {
                field: "outputs",
                value: outputs.to_string(),
                allowed: format!("a multiple of {each}: this loss describes every target by so many outputs"),
            });
        }
        let width = outputs / each;
        let expected = self.origins.len() * width;
        if self.targets.len() != expected {
            let why = "origins × outputs / outputs of a target";
            return Err(NnError::Length { what: "targets", found: self.targets.len(), expected, why });
        }
        if let Some(at) = self.targets.iter().position(|value| !value.is_finite()) {
            let (row, column, value) = (at / width, at % width, self.targets[at]);
            return Err(NnError::NonFiniteInput { what: "targets", row, column, value });
        }
        check_source(spec, self.source, self.origins)
    }

    /// Returns the number of targets of a sample.
    pub(crate) fn width(&self) -> usize {
        self.targets.len() / self.origins.len()
    }

    /// Returns the key of the dropout mask after layer `layer`.
    pub(crate) fn mask_key(&self, layer: usize) -> u64 {
        Dropout::key(self.seed, self.training_step, layer)
    }

    /// Returns the sum of the losses of some samples, starting at sample `first`, and writes the derivatives of the batch's mean
    /// loss with respect to their outputs; both matrices are `[sample, output]`.
    pub(crate) fn compare(&self, first: usize, outputs: &[f32], slopes: &mut [f32]) -> f64 {
        let each = self.loss.outputs_per_target();
        let share = 1.0 / self.targets.len() as f32;
        let targets = &self.targets[first * self.width()..];
        let parts = outputs.chunks_exact(each).zip(slopes.chunks_exact_mut(each));
        let mut sum = 0.0;
        for ((outputs, slopes), &target) in parts.zip(targets) {
            sum += self.loss.value_and_slopes(outputs, target, slopes);
            slopes.iter_mut().for_each(|slope| *slope *= share);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_and_layer_has_its_own_mask() {
        let source = WindowSource::new(&[0.0], 1, 1).unwrap();
        let batch = |seed, training_step| Batch {
            source: &source,
            origins: &[0],
            targets: &[0.0],
            loss: &Loss::Mse,
            seed,
            training_step,
        };
        let keys = [batch(1, 0).mask_key(0), batch(1, 0).mask_key(1), batch(1, 1).mask_key(0), batch(2, 0).mask_key(0)];
        for (at, key) in keys.iter().enumerate() {
            assert!(!keys[..at].contains(key), "{keys:?}");
        }
    }
}
