//! Training: one step is forward, loss, backward, clipping and an update.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{NnError, Quantity};
use crate::group::{Group, StepInput};
use crate::kernels::LANES;
use crate::loss::Loss;
use crate::network::{Network, check_source, limit};
use crate::optimiser::{Optimiser, OptimiserSpec, clip_factor, non_finite, norm};
use crate::packed::{BackwardWeights, ForwardWeights};
use crate::parameters::Tensor;
use crate::spec::within;
use crate::windows::WindowSource;

/// The most tiles that are worked on at the same time; more tiles than that share memory, in a fixed order.
const MAX_GROUPS: usize = 16;

/// The most bytes of working memory of a session.
const MAX_BYTES: usize = 4 << 30;

/// How a network is trained.
///
/// | field | range |
/// |---|---|
/// | `batch_size` | 1 ..= 65536 |
/// | `clip_norm` | none, or 1e-9 ..= 1e9 |
/// | `threads` | none (the current rayon pool), or 1 ..= 256 |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingSpec {
    /// The optimiser.
    pub optimiser: OptimiserSpec,
    /// The most samples of a step; a step may have fewer.
    pub batch_size: usize,
    /// The norm to which the gradient is scaled down if it is larger.
    pub clip_norm: Option<f64>,
    /// The seed of the dropout masks.
    pub seed: u64,
    /// Threads. The result has the same bits with any number.
    pub threads: Option<usize>,
}

impl TrainingSpec {
    fn check(&self) -> Result<(), NnError> {
        self.optimiser.check()?;
        within("batch_size", self.batch_size, 1, 65_536)?;
        self.clip_norm.map_or(Ok(()), |norm| within("clip_norm", norm, 1e-9, 1e9))?;
        self.threads.map_or(Ok(()), |threads| within("threads", threads, 1, 256))
    }
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepReport {
    /// The mean loss over samples and outputs, before the update, with dropout.
    pub loss: f64,
    /// The norm of the gradient, before clipping.
    pub gradient_norm: f64,
}

/// A network in training, with the optimiser's memory and all working memory.
#[derive(Debug)]
pub struct TrainingSession {
    network: Network,
    spec: TrainingSpec,
    optimiser: Optimiser,
    forward: ForwardWeights,
    backward: BackwardWeights,
    groups: Vec<Group>,
    /// The window length that `groups` is made for.
    lookback: usize,
    gradient: Vec<f32>,
    step: u64,
    last_norm: f64,
    pool: Option<rayon::ThreadPool>,
}

impl TrainingSession {
    /// Starts training `network`.
    ///
    /// # Errors
    /// [`NnError::OutOfRange`] for a setting outside its range, [`NnError::Threads`] if the threads cannot be started.
    pub fn new(network: Network, spec: TrainingSpec) -> Result<Self, NnError> {
        spec.check()?;
        let pool = match spec.threads {
            None | Some(1) => None,
            Some(threads) => {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
                Some(pool.map_err(|source| NnError::Threads { threads, source })?)
            }
        };
        let (layout, parameters, blocking) = (network.layout(), network.parameters(), network.isa().blocking());
        Ok(Self {
            optimiser: Optimiser::new(spec.optimiser, parameters.len()),
            forward: ForwardWeights::new(layout, parameters, blocking),
            backward: BackwardWeights::new(layout, parameters, blocking, network.spec().directions()),
            groups: Vec::new(),
            lookback: 0,
            gradient: vec![0.0; parameters.len()],
            step: 0,
            last_norm: 0.0,
            pool,
            network,
            spec,
        })
    }

    /// Trains on the windows that end at `origins`, whose targets are `targets`, `[origin, target]`; a network has
    /// [`Loss::outputs_per_target`] outputs for every target.
    ///
    /// # Errors
    /// Those of [`Network::forward`]; [`NnError::OutOfRange`] for an empty batch, one larger than the batch size, or a
    /// learning rate outside 0 ..= 10; [`NnError::Length`] and [`NnError::NonFiniteInput`] for the targets;
    /// [`NnError::NonFinite`] if training diverged: the network is unchanged unless a parameter is what overflowed.
    pub fn step(
        &mut self,
        source: &WindowSource<'_>,
        origins: &[usize],
        targets: &[f32],
        loss: &Loss,
        learning_rate: f64,
    ) -> Result<StepReport, NnError> {
        within("learning_rate", learning_rate, 0.0, 10.0)?;
        let mean_loss = self.differentiate(source, origins, targets, loss)?;
        self.require_finite(Quantity::Loss, mean_loss)?;
        let gradient_norm = norm(&self.gradient);
        self.require_finite(Quantity::Gradient, gradient_norm)?;
        self.last_norm = gradient_norm;
        let scale = clip_factor(gradient_norm, self.spec.clip_norm);
        let isa = self.network.isa();
        self.optimiser.update(isa, self.network.parameters_mut(), &self.gradient, scale, learning_rate);
        if let Some(value) = non_finite(self.network.parameters()) {
            self.require_finite(Quantity::Parameter, f64::from(value))?;
        }
        self.step += 1;
        self.repack();
        Ok(StepReport { loss: mean_loss, gradient_norm })
    }

    /// Returns the network as trained so far.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Ends the training.
    pub fn into_network(self) -> Network {
        self.network
    }

    /// Returns the number of steps done.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// Returns the gradient of the last step's loss before clipping, under the names of [`Network::tensors`].
    pub fn gradients(&self) -> impl Iterator<Item = Tensor<'_>> {
        self.network.layout().tensors(&self.gradient)
    }

    /// Returns the outputs as [`Network::forward`] does, on this session's threads.
    ///
    /// # Errors
    /// Those of [`Network::forward`].
    pub fn forward(&self, source: &WindowSource<'_>, origins: &[usize]) -> Result<Vec<f32>, NnError> {
        match (&self.pool, self.spec.threads) {
            (Some(pool), _) if origins.len() > LANES => pool.install(|| self.network.forward(source, origins)),
            (_, Some(_)) => self.network.forward_tiles(source, origins, false),
            (_, None) => self.network.forward(source, origins),
        }
    }

    /// Computes the mean loss of a batch and leaves its gradient in `self.gradient`.
    fn differentiate(
        &mut self,
        source: &WindowSource<'_>,
        origins: &[usize],
        targets: &[f32],
        loss: &Loss,
    ) -> Result<f64, NnError> {
        self.check_batch(source, origins, targets, loss)?;
        self.allocate(source.lookback())?;
        let tiles = origins.len().div_ceil(LANES);
        let active = tiles.min(self.groups.len());
        let stride = self.groups.len();
        let input = StepInput {
            network: &self.network,
            weights: (&self.forward, &self.backward),
            source,
            origins,
            targets,
            loss,
            width: self.targets_of_a_sample(loss),
            seed: self.spec.seed,
            training_step: self.step,
        };
        let groups = &mut self.groups[..active];
        let work = |(index, group): (usize, &mut Group)| group.run(&input, (index..tiles).step_by(stride));
        match (&self.pool, self.spec.threads) {
            (Some(pool), _) => pool.install(|| groups.par_iter_mut().enumerate().with_max_len(1).for_each(work)),
            (None, Some(_)) => groups.iter_mut().enumerate().for_each(work),
            (None, None) => groups.par_iter_mut().enumerate().with_max_len(1).for_each(work),
        }
        // Always in the order of the groups, so that the sum does not depend on which thread came first.
        if let Some((first, rest)) = groups.split_first_mut() {
            let isa = self.network.isa();
            rest.iter().for_each(|group| first.sums.add(isa, &group.sums));
            first.sums.write(isa, self.network.layout(), &mut self.gradient);
        }
        Ok(groups.iter().map(|group| group.loss).sum::<f64>() / targets.len() as f64)
    }

    fn check_batch(
        &self,
        source: &WindowSource<'_>,
        origins: &[usize],
        targets: &[f32],
        loss: &Loss,
    ) -> Result<(), NnError> {
        within("the number of samples of a batch", origins.len(), 1, self.spec.batch_size)?;
        loss.check()?;
        let (outputs, each) = (self.network.spec().outputs, loss.outputs_per_target());
        if outputs % each != 0 {
            return Err(NnError::OutOfRange {
                field: "outputs",
                value: outputs.to_string(),
                allowed: format!("a multiple of {each}: this loss describes every target by so many outputs"),
            });
        }
        let width = self.targets_of_a_sample(loss);
        let expected = origins.len() * width;
        if targets.len() != expected {
            let why = "origins × outputs / outputs of a target";
            return Err(NnError::Length { what: "targets", found: targets.len(), expected, why });
        }
        if let Some(at) = targets.iter().position(|value| !value.is_finite()) {
            let (row, column, value) = (at / width, at % width, targets[at]);
            return Err(NnError::NonFiniteInput { what: "targets", row, column, value });
        }
        check_source(self.network.spec(), source, origins)
    }

    fn targets_of_a_sample(&self, loss: &Loss) -> usize {
        self.network.spec().outputs / loss.outputs_per_target()
    }

    /// Makes the working memory for windows of `lookback` steps, unless it is there.
    fn allocate(&mut self, lookback: usize) -> Result<(), NnError> {
        if lookback == self.lookback {
            return Ok(());
        }
        let (spec, layout) = (self.network.spec(), self.network.layout());
        let count = self.spec.batch_size.div_ceil(LANES).min(MAX_GROUPS);
        limit("training", count * Group::bytes(spec, lookback), MAX_BYTES)?;
        self.groups.clear();
        self.groups.extend((0..count).map(|_| Group::new(spec, layout, lookback)));
        self.lookback = lookback;
        Ok(())
    }

    fn repack(&mut self) {
        let (network, forward, backward) = (&self.network, &mut self.forward, &mut self.backward);
        let (layout, parameters, blocking) = (network.layout(), network.parameters(), network.isa().blocking());
        let mut forward = || forward.repack(layout, parameters, blocking);
        let mut backward = || backward.repack(layout, parameters, blocking);
        match (&self.pool, self.spec.threads) {
            (Some(pool), _) => _ = pool.join(forward, backward),
            (None, Some(_)) => {
                forward();
                backward();
            }
            (None, None) => _ = rayon::join(forward, backward),
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
