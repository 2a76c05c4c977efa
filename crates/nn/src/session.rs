//! Training sessions: a step is forward pass, loss, backward pass, clipping and update.

use serde::{Deserialize, Serialize};

use crate::accelerator::Accelerator;
use crate::batch::Batch;
use crate::cpu::Cpu;
use crate::error::{NnError, Quantity};
use crate::loss::Loss;
use crate::network::Network;
use crate::optimiser::{Optimiser, OptimiserSpec, clip_factor, non_finite, norm};
use crate::parameters::Tensor;
use crate::spec::within;
use crate::windows::WindowSource;

/// Maximum gradient norm after clipping: its square is far from the largest `f32`.
const MAX_NORM: f64 = 1e18;

/// Maximum number of threads of a training.
pub const MAX_THREADS: usize = 256;

/// Settings of a training.
///
/// | field | range |
/// |---|---|
/// | `batch_size` | 1 ..= 65536 |
/// | `clip_norm` | none, or 1e-9 ..= 1e9 |
/// | `threads` | none (the current rayon pool), or 1 ..= [`MAX_THREADS`] |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingSpec {
    /// The optimiser.
    pub optimiser: OptimiserSpec,
    /// Maximum number of samples per step.
    pub batch_size: usize,
    /// Maximum gradient norm; larger gradients are scaled down.
    pub clip_norm: Option<f64>,
    /// Seed of the dropout masks.
    pub seed: u64,
    /// Threads. The result does not depend on their number.
    pub threads: Option<usize>,
}

impl TrainingSpec {
    fn check(&self) -> Result<(), NnError> {
        self.optimiser.check()?;
        within("batch_size", self.batch_size, 1, 65_536)?;
        self.clip_norm.map_or(Ok(()), |norm| within("clip_norm", norm, 1e-9, 1e9))?;
        self.threads.map_or(Ok(()), |threads| within("threads", threads, 1, MAX_THREADS))
    }
}

/// Result of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepReport {
    /// The mean loss over samples and outputs, before the update, with dropout.
    pub loss: f64,
    /// The norm of the gradient, before clipping.
    pub gradient_norm: f64,
}

/// A network in training, with the optimiser's state and all working memory.
#[derive(Debug)]
pub struct TrainingSession {
    network: Network,
    spec: TrainingSpec,
    optimiser: Optimiser,
    processor: Processor,
    gradient: Vec<f32>,
    step: u64,
    last_norm: f64,
}

/// Processor that computes loss and gradient. The rest of a step is the same on both.
#[derive(Debug)]
enum Processor {
    Cpu(Box<Cpu>),
    Accelerator(Accelerator),
}

impl TrainingSession {
    /// Starts training `network` on the CPU.
    ///
    /// # Errors
    /// [`NnError::OutOfRange`] for a setting outside its range, [`NnError::Threads`] if the threads cannot be started.
    pub fn new(network: Network, spec: TrainingSpec) -> Result<Self, NnError> {
        spec.check()?;
        let cpu = Cpu::new(&network, spec.batch_size, spec.threads)?;
        Ok(Self::start(network, spec, Processor::Cpu(Box::new(cpu))))
    }

    /// Starts training `network` on `accelerator`, with the same weights, masks, losses and updates: results differ from those
    /// of the CPU only by rounding. `threads` of the spec has no effect.
    ///
    /// # Errors
    /// [`NnError::OutOfRange`] for a setting outside its range.
    pub fn on_accelerator(network: Network, spec: TrainingSpec, accelerator: Accelerator) -> Result<Self, NnError> {
        spec.check()?;
        Ok(Self::start(network, spec, Processor::Accelerator(accelerator)))
    }

    /// Limits the memory of the training, in bytes; no effect on an accelerator.
    #[must_use]
    pub fn memory_limit(mut self, bytes: usize) -> Self {
        if let Processor::Cpu(cpu) = &mut self.processor {
            cpu.max_bytes = bytes;
        }
        self
    }

    fn start(network: Network, spec: TrainingSpec, processor: Processor) -> Self {
        let parameters = network.parameter_count();
        Self {
            optimiser: Optimiser::new(spec.optimiser, parameters),
            processor,
            gradient: vec![0.0; parameters],
            step: 0,
            last_norm: 0.0,
            network,
            spec,
        }
    }

    /// Trains on the windows that end at `origins`, whose targets are `targets`, `[origin, target]`; a network has
    /// [`Loss::outputs_per_target`] outputs for every target.
    ///
    /// # Errors
    /// Those of [`Network::forward`]; [`NnError::OutOfRange`] for an empty batch, one larger than the batch size, or a
    /// learning rate outside 0 ..= 10; [`NnError::Length`] and [`NnError::NonFiniteInput`] for the targets;
    /// [`NnError::NonFinite`] if training diverged: the network is unchanged unless a parameter overflowed;
    /// [`NnError::Accelerator`] if the accelerator failed, the network being unchanged.
    pub fn step(
        &mut self,
        source: &WindowSource<'_>,
        origins: &[usize],
        targets: &[f32],
        loss: &Loss,
        learning_rate: f64,
    ) -> Result<StepReport, NnError> {
        within("learning_rate", learning_rate, 0.0, 10.0)?;
        let (seed, training_step) = (self.spec.seed, self.step);
        let batch = Batch { source, origins, targets, loss, seed, training_step };
        batch.check(self.network.spec(), self.spec.batch_size)?;
        let mean_loss = match &mut self.processor {
            Processor::Cpu(cpu) => cpu.differentiate(&self.network, &batch, &mut self.gradient)?,
            Processor::Accelerator(device) => device.differentiate(&self.network, &batch, &mut self.gradient)?,
        };
        self.require_finite(Quantity::Loss, mean_loss)?;
        let gradient_norm = norm(&self.gradient);
        self.require_finite(Quantity::Gradient, gradient_norm)?;
        let scale = clip_factor(gradient_norm, self.spec.clip_norm);
        // Otherwise the optimiser's second moment would become infinite, and the parameters would never change again.
        if gradient_norm * f64::from(scale) > MAX_NORM {
            self.require_finite(Quantity::Gradient, f64::INFINITY)?;
        }
        let isa = self.network.isa();
        self.optimiser.update(isa, self.network.parameters_mut(), &self.gradient, scale, learning_rate);
        if let Some(value) = non_finite(self.network.parameters()) {
            self.require_finite(Quantity::Parameter, f64::from(value))?;
        }
        self.step += 1;
        self.last_norm = gradient_norm;
        if let Processor::Cpu(cpu) = &mut self.processor {
            cpu.repack(&self.network);
        }
        Ok(StepReport { loss: mean_loss, gradient_norm })
    }

    /// Returns the current network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Replaces the network with one of the same shape, such as an earlier state, for forecasts.
    #[must_use]
    pub fn with_network(mut self, network: Network) -> Self {
        self.network = network;
        if let Processor::Cpu(cpu) = &mut self.processor {
            cpu.repack(&self.network);
        }
        self
    }

    /// Ends the training and returns the network.
    pub fn into_network(self) -> Network {
        self.network
    }

    /// Returns the number of finished steps.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// Returns the gradient of the last step's loss before clipping, under the names of [`Network::tensors`].
    pub fn gradients(&self) -> impl Iterator<Item = Tensor<'_>> {
        self.network.layout().tensors(&self.gradient)
    }

    /// Returns the outputs as [`Network::forward`] does, on the processor of this session.
    ///
    /// # Errors
    /// Those of [`Network::forward`]; [`NnError::Accelerator`] if the accelerator failed.
    pub fn forward(&self, source: &WindowSource<'_>, origins: &[usize]) -> Result<Vec<f32>, NnError> {
        match &self.processor {
            Processor::Cpu(cpu) => cpu.forward(&self.network, source, origins),
            Processor::Accelerator(device) => device.forward(&self.network, source, origins),
        }
    }

    fn require_finite(&self, quantity: Quantity, value: f64) -> Result<(), NnError> {
        if value.is_finite() {
            return Ok(());
        }
        Err(NnError::NonFinite { quantity, value, step: self.step, last_gradient_norm: self.last_norm })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instruction_set::InstructionSet;
    use crate::kernels::Isa;
    use crate::spec::NetworkSpec;

    /// The portable kernels are the reference for the others; sizes leave remainders in every kind of block.
    #[test]
    fn every_instruction_set_gives_the_same_gradients_but_for_rounding() {
        let spec = NetworkSpec { hidden: 31, layers: 2, ..NetworkSpec::improved(7, 2) };
        let network = Network::init(&spec.check().unwrap(), 5);
        let features: Vec<f32> = (0..70 * 7).map(|i| (i as f32 * 0.37).sin()).collect();
        let source = WindowSource::new(&features, 7, 37).unwrap();
        let origins: Vec<usize> = (36..69).collect();
        let targets: Vec<f32> = (0..66).map(|i| (i as f32).cos()).collect();
        let spec = TrainingSpec {
            optimiser: OptimiserSpec::default(),
            batch_size: 33,
            clip_norm: None,
            seed: 1,
            threads: Some(1),
        };
        let gradient = |isa| {
            let mut session =
                TrainingSession::new(network.clone().with_instruction_set(InstructionSet(isa)), spec.clone()).unwrap();
            session.step(&source, &origins, &targets, &Loss::Mse, 0.0).unwrap();
            session.gradient
        };
        let mut gradients: Vec<_> = Isa::available().map(|isa| (isa.name(), gradient(isa))).collect();
        let (_, reference) = gradients.pop().unwrap();
        let largest = reference.iter().fold(0f32, |largest, value| largest.max(value.abs()));
        for (name, gradient) in gradients {
            for (a, b) in gradient.iter().zip(&reference) {
                assert!((a - b).abs() < 5e-6 * largest, "{name}: {a} {b}");
            }
        }
    }
}
