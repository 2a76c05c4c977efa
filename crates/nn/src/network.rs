//! A network: its shape, its weights, and its forward pass.

use std::sync::{Mutex, OnceLock, PoisonError};

use rayon::prelude::*;

use crate::error::NnError;
use crate::inference::{InferenceNetwork, InferenceTiles};
use crate::instruction_set::InstructionSet;
use crate::kernels::{Isa, LANES};
use crate::memory_limit::forward_memory;
use crate::packed::{ForwardWeights, Purpose};
use crate::parameters::{Initializer, ParameterLayout, Tensor};
use crate::random::{SplitMix64, combine};
use crate::single::{PlainParameters, SinglePass};
use crate::spec::CheckedNetworkSpec;
use crate::tile::TileWeights;
use crate::windows::{WindowSource, check_source};

/// Maximum number of windows that are forecast one by one: in a tile, most lanes would be idle.
const MAX_SINGLE_WINDOWS: usize = 8;

/// Stacked LSTM layers and a linear head.
///
/// Parameters have PyTorch's names and layout (see [`Network::tensors`]), including both bias vectors.
#[derive(Clone, Debug)]
pub struct Network {
    spec: CheckedNetworkSpec,
    layout: ParameterLayout,
    parameters: Vec<f32>,
    isa: Isa,
    packed: OnceLock<ForwardWeights>,
    single: OnceLock<SinglePass>,
    /// Index of the first non-finite parameter, if any.
    non_finite: OnceLock<Option<usize>>,
}

impl Network {
    /// Initialises the weights as PyTorch does: uniform in ±1/√hidden for every tensor of the LSTM, in ±1/√inputs for the linear
    /// layers of attention and head; a layer norm starts as the identity. The forget gate's bias is initialised like the others,
    /// without an added 1.
    pub fn init(spec: &CheckedNetworkSpec, seed: u64) -> Self {
        let layout = ParameterLayout::new(spec);
        let mut parameters = vec![0.0; layout.total()];
        for (index, slot) in layout.slots.iter().enumerate() {
            let bound = match slot.start {
                Initializer::Uniform(bound) => bound,
                Initializer::Constant(value) => {
                    parameters[slot.range.clone()].fill(value);
                    continue;
                }
            };
            let mut generator = SplitMix64::new(combine(&[seed, index as u64]));
            for parameter in &mut parameters[slot.range.clone()] {
                *parameter = bound * (2.0 * generator.unit() - 1.0);
            }
        }
        Self::from_parts(spec.clone(), layout, parameters)
    }

    /// Builds a network from parameters in the order of `layout`.
    pub(crate) fn from_parts(spec: CheckedNetworkSpec, layout: ParameterLayout, parameters: Vec<f32>) -> Self {
        Self {
            spec,
            layout,
            parameters,
            isa: Isa::best(),
            packed: OnceLock::new(),
            single: OnceLock::new(),
            non_finite: OnceLock::new(),
        }
    }

    /// Returns the shape of the network.
    pub fn spec(&self) -> &CheckedNetworkSpec {
        &self.spec
    }

    /// Returns the instruction set of its kernels.
    pub fn instruction_set(&self) -> InstructionSet {
        InstructionSet(self.isa)
    }

    /// Returns the network with kernels for another instruction set.
    #[must_use]
    pub fn with_instruction_set(mut self, set: InstructionSet) -> Self {
        self.isa = set.0;
        self.packed.take();
        self.single.take();
        self
    }

    /// Returns the number of parameters.
    pub fn parameter_count(&self) -> usize {
        self.parameters.len()
    }

    /// Returns the memory of the network after forecasts, in bytes: its parameters and two packed layouts, one for a few windows
    /// and one for many. Each is made by the first forecast that needs it.
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>()
            + self.parameters.len() * size_of::<f32>()
            + self.layout.memory_bytes()
            + ForwardWeights::memory_bytes(&self.layout)
            + SinglePass::memory_bytes(&self.layout)
    }

    /// Returns all tensors in the order of PyTorch's `state_dict`: for every layer (and direction, suffix `_reverse`)
    /// `lstm.weight_ih_l{k}` `[4·hidden, inputs]`, `lstm.weight_hh_l{k}` `[4·hidden, hidden]`, `lstm.bias_ih_l{k}` and
    /// `lstm.bias_hh_l{k}` `[4·hidden]`, gates in the order i, f, g, o; then, if there are any, `norm.{k}.weight` and
    /// `norm.{k}.bias` `[width]`, `attention.0.weight` `[hidden, width]`, `attention.0.bias` `[hidden]` and
    /// `attention.2.weight` `[1, hidden]`, and `skip.weight` `[outputs, inputs]`; then `head.weight` `[outputs, width]` and
    /// `head.bias` `[outputs]`.
    pub fn tensors(&self) -> impl Iterator<Item = Tensor<'_>> {
        self.layout.tensors(&self.parameters)
    }

    /// Returns the outputs for the windows that end at `origins`, as `[origin, outputs]`, without dropout.
    ///
    /// On one instruction set, a window's outputs are bit-identical in any batch and with any number of threads. Runs on the
    /// current rayon pool.
    ///
    /// # Errors
    /// [`NnError::Length`] if the source has another number of inputs, [`NnError::Origin`] and
    /// [`NnError::NonFiniteInput`] for a window that cannot be used,
    /// [`NnError::NonFiniteWeight`] for a network with a non-finite weight, and [`NnError::NonFiniteOutput`] if an output overflows.
    pub fn forward(&self, source: &WindowSource<'_>, origins: &[usize]) -> Result<Vec<f32>, NnError> {
        self.forward_tiles(source, origins, origins.len() > LANES)
    }

    /// Forward pass on the current rayon pool, or on this thread only.
    pub(crate) fn forward_tiles(
        &self,
        source: &WindowSource<'_>,
        origins: &[usize],
        parallel: bool,
    ) -> Result<Vec<f32>, NnError> {
        check_source(&self.spec, source, origins)?;
        self.require_finite_weights()?;
        let (steps, outputs) = (source.lookback(), self.spec.outputs);
        let threads = if parallel { rayon::current_num_threads() } else { 1 };
        let bytes = InferenceTiles::bytes(&self.spec, steps);
        let (workers, together) = self.partition(origins.len(), threads, forward_memory() / bytes);
        let mut predictions = vec![0.0; origins.len() * outputs];
        let windows = together * LANES;
        let parts = Mutex::new(predictions.chunks_mut(windows * outputs).zip(origins.chunks(windows)));
        let work = |_| {
            let mut tiles = None;
            loop {
                let part = parts.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((out, origins)) = part else { break };
                if origins.len() <= MAX_SINGLE_WINDOWS {
                    tiles = None;
                    self.predict_singly(source, origins, out);
                } else {
                    let tiles = tiles.get_or_insert_with(|| InferenceTiles::new(&self.spec, steps, together));
                    tiles.run(self.for_inference(), source, origins, out);
                }
            }
        };
        match workers {
            1 => work(0),
            _ => (0..workers).into_par_iter().with_max_len(1).for_each(work),
        }
        self.require_finite(&predictions, origins)?;
        Ok(predictions)
    }

    /// Refuses non-finite weights: a gate may hide them from the outputs.
    pub(crate) fn require_finite_weights(&self) -> Result<(), NnError> {
        let first = || self.parameters.iter().position(|value| !value.is_finite());
        let Some(at) = *self.non_finite.get_or_init(first) else { return Ok(()) };
        let slot = self.layout.slots.iter().find(|slot| slot.range.contains(&at));
        let (tensor, start) = slot.map_or_else(Default::default, |slot| (slot.name.clone(), slot.range.start));
        Err(NnError::NonFiniteWeight { tensor, element: at - start, value: self.parameters[at] })
    }

    /// Refuses non-finite outputs, `[origin, outputs]`.
    pub(crate) fn require_finite(&self, predictions: &[f32], origins: &[usize]) -> Result<(), NnError> {
        let outputs = self.spec.outputs;
        match predictions.iter().position(|value| !value.is_finite()) {
            None => Ok(()),
            Some(at) => Err(NnError::NonFiniteOutput {
                origin: origins[at / outputs],
                output: at % outputs,
                value: predictions[at],
            }),
        }
    }

    /// Returns the number of workers and the number of tiles that each runs together, given at most `most` tiles in total. It is
    /// one tile if more would leave threads idle.
    fn partition(&self, windows: usize, threads: usize, most: usize) -> (usize, usize) {
        let wanted = if windows > LANES * threads { self.isa.blocking().infer_tiles } else { 1 };
        let together = wanted.min(most).max(1);
        (threads.min(windows.div_ceil(LANES * together)).min(most / together).max(1), together)
    }

    /// The network with its weights packed for many windows.
    fn for_inference(&self) -> InferenceNetwork<'_> {
        let pack = || ForwardWeights::new(&self.layout, &self.parameters, self.isa.blocking(), Purpose::Inference);
        let forward = self.packed.get_or_init(pack);
        let weights = TileWeights { layout: &self.layout, plain: &self.parameters, forward, backward: None };
        InferenceNetwork { isa: self.isa, spec: &self.spec, weights }
    }

    /// Predicts windows one by one.
    fn predict_singly(&self, source: &WindowSource<'_>, origins: &[usize], out: &mut [f32]) {
        let plain = PlainParameters { layout: &self.layout, values: &self.parameters };
        let pass = self.single.get_or_init(|| SinglePass::new(self.isa, plain));
        let skip = self.layout.skip.as_ref().map_or(&[][..], |range| &self.parameters[range.clone()]);
        let head = &self.parameters[self.layout.head_weight.clone()];
        let bias = &self.parameters[self.layout.head_bias.clone()];
        for (&origin, out) in origins.iter().zip(out.chunks_exact_mut(self.spec.outputs)) {
            let seen = pass.run(self.isa, &self.spec, plain, source.window(origin));
            for ((out, weights), &bias) in out.iter_mut().zip(head.chunks_exact(seen.len())).zip(bias) {
                *out = seen.iter().zip(weights).fold(bias, |sum, (value, weight)| sum + weight * value);
            }
            let last_input = &source.window(origin)[(source.lookback() - 1) * source.inputs()..];
            for (out, weights) in out.iter_mut().zip(skip.chunks_exact(last_input.len())) {
                *out = last_input.iter().zip(weights).fold(*out, |sum, (value, weight)| sum + weight * value);
            }
        }
    }

    /// Returns the layout of the parameters.
    pub(crate) fn layout(&self) -> &ParameterLayout {
        &self.layout
    }

    /// Returns all parameters.
    pub(crate) fn parameters(&self) -> &[f32] {
        &self.parameters
    }

    /// Returns the parameters for modification and drops everything derived from them.
    pub(crate) fn parameters_mut(&mut self) -> &mut [f32] {
        self.non_finite.take();
        self.packed.take();
        self.single.take();
        &mut self.parameters
    }

    /// Returns the instruction set of its kernels.
    pub(crate) fn isa(&self) -> Isa {
        self.isa
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::NetworkSpec;

    #[test]
    fn initial_weights_fill_their_range_and_depend_on_the_seed() {
        let spec = NetworkSpec { hidden: 25, bidirectional: true, ..NetworkSpec::base(3, 2) };
        let spec = spec.check().unwrap();
        let network = Network::init(&spec, 1);
        for tensor in network.tensors() {
            let bound = if tensor.name.starts_with("head") { 1.0 / 50f32.sqrt() } else { 0.2 };
            let largest = tensor.values.iter().fold(0f32, |largest, value| largest.max(value.abs()));
            assert!(largest <= bound, "{}", tensor.name);
            if tensor.values.len() >= 100 {
                assert!(largest > 0.95 * bound, "{}: {largest}", tensor.name);
                let mean = tensor.values.iter().sum::<f32>() / tensor.values.len() as f32;
                assert!(mean.abs() < 3.0 * bound / (3.0 * tensor.values.len() as f32).sqrt(), "{}", tensor.name);
            }
        }
        let improved = Network::init(&NetworkSpec::improved(3, 2).check().unwrap(), 1);
        for tensor in improved.tensors() {
            let largest = tensor.values.iter().fold(0f32, |largest, value| largest.max(value.abs()));
            let fan =
                if tensor.name.starts_with("lstm") || tensor.name == "attention.2.weight" { 64f32 } else { 128.0 };
            let expected = match tensor.name.strip_prefix("norm.") {
                Some(name) if name.ends_with("weight") => 1.0..=1.0,
                Some(_) => 0.0..=0.0,
                None => 0.5 / fan.sqrt()..=1.0 / fan.sqrt(),
            };
            assert!(expected.contains(&largest), "{}: {largest}", tensor.name);
        }
        assert_eq!(network.parameters(), Network::init(&spec, 1).parameters());
        assert_ne!(network.parameters(), Network::init(&spec, 2).parameters());
    }

    #[test]
    fn alone_and_in_a_tile_have_the_same_bits_on_every_instruction_set() {
        let plain =
            [(1, 1, false), (16, 2, true), (23, 3, true), (50, 2, false)].map(|(hidden, layers, bidirectional)| {
                NetworkSpec { hidden, layers, bidirectional, ..NetworkSpec::base(5, 2) }
            });
        let improved = NetworkSpec { hidden: 23, ..NetworkSpec::improved(5, 2) };
        let normed = NetworkSpec { attention: false, residual: false, ..improved.clone() };
        let added = NetworkSpec { layer_norm: false, attention: false, ..improved.clone() };
        let skipping = NetworkSpec { skip: true, ..improved.clone() };
        for spec in plain.into_iter().chain([improved, normed, added, skipping]) {
            let hidden = spec.hidden;
            let mut network = Network::init(&spec.check().unwrap(), 3);
            if let Some(skip) = network.layout.skip.clone() {
                network.parameters_mut()[skip].iter_mut().zip(1..).for_each(|(w, i)| *w = 0.1 * i as f32);
            }
            let features: Vec<f32> = (0..80 * 5).map(|i| (i as f32 * 0.7).sin()).collect();
            let source = WindowSource::new(&features, 5, 19).unwrap();
            // Two tiles, part of a tile and some alone; windows that share their rows, and windows in disorder.
            let following: Vec<usize> = (18..18 + 2 * LANES + 11).collect();
            let scattered: Vec<usize> = (0..3 * LANES + 3).map(|i| 18 + i * 17 % 59).collect();
            for isa in Isa::available() {
                let network = network.clone().with_instruction_set(InstructionSet(isa));
                for origins in [&following, &scattered, &following[..LANES].to_vec()] {
                    let together = network.forward_tiles(&source, origins, false).unwrap();
                    assert_eq!(together, network.forward(&source, origins).unwrap(), "{} in parallel", isa.name());
                    for (origin, expected) in origins.iter().zip(together.chunks_exact(2)) {
                        let alone = network.forward(&source, &[*origin]).unwrap();
                        assert_eq!(alone, expected, "{} with {hidden} units", isa.name());
                    }
                }
            }
        }
    }

    #[test]
    fn partition_respects_the_memory_limit() {
        let network = Network::init(&NetworkSpec::base(1, 1).check().unwrap(), 1);
        for isa in Isa::available() {
            let network = network.clone().with_instruction_set(InstructionSet(isa));
            for windows in [1, 16, 17, 100, 5000] {
                for threads in [1, 2, 16] {
                    for most in [1, 2, 3, 7, 1000] {
                        let (workers, together) = network.partition(windows, threads, most);
                        assert!(workers >= 1 && together >= 1 && workers * together <= most);
                        assert!(workers <= threads && (workers - 1) * together * LANES < windows);
                    }
                }
            }
            assert_eq!(network.partition(5000, 4, 1000).0, 4);
            assert_eq!(network.partition(30, 2, 1000), (2, 1), "one tile for each thread");
        }
    }

    #[test]
    fn non_finite_weight_is_reported_even_behind_a_closed_gate() {
        let spec = NetworkSpec { bidirectional: true, hidden: 3, ..NetworkSpec::base(2, 1) }.check().unwrap();
        let network = Network::init(&spec, 1);
        let features = vec![0.5; 80];
        for (lookback, origins) in [(1, vec![20]), (5, vec![20]), (5, (10..35).collect())] {
            let source = WindowSource::new(&features, 2, lookback).unwrap();
            for slot in &network.layout.slots {
                for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::from_bits(0x7fc0_0001)] {
                    let mut network = network.clone();
                    assert!(network.forward(&source, &origins).is_ok());
                    network.parameters_mut()[slot.range.start] = value;
                    let error = network.forward(&source, &origins).unwrap_err();
                    assert!(
                        matches!(&error, NnError::NonFiniteWeight { tensor, element: 0, .. } if *tensor == slot.name)
                    );
                }
            }
        }
    }

    #[test]
    fn every_instruction_set_gives_the_same_outputs_but_for_rounding() {
        let spec = NetworkSpec { hidden: 23, layers: 2, ..NetworkSpec::improved(5, 3) };
        let network = Network::init(&spec.check().unwrap(), 3);
        let features: Vec<f32> = (0..40 * 5).map(|i| (i as f32 * 0.7).sin()).collect();
        let source = WindowSource::new(&features, 5, 9).unwrap();
        let origins: Vec<usize> = (8..40).collect();
        let expected = network.forward(&source, &origins).unwrap();
        for isa in Isa::available() {
            let found = network.clone().with_instruction_set(InstructionSet(isa)).forward(&source, &origins).unwrap();
            for (a, b) in found.iter().zip(&expected) {
                assert!((a - b).abs() < 1e-6, "{}: {a} {b}", isa.name());
            }
        }
    }
}
