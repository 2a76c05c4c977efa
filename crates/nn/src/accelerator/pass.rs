//! Forward and backward pass of a whole network over a batch.

use burn_tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use super::attention::{Attention, AttentionTrace};
use super::layer::{Layer, LayerTrace};
use super::lstm::Extent;
use super::tensors::{Gradient, Parameters, sum_rows, upload};
use crate::batch::Batch;
use crate::kernels::{Dropout, LANES, Lanes};
use crate::network::Network;
use crate::windows::WindowSource;

/// A network with its weights on the device, for batches of one size.
pub(super) struct Pass<'a> {
    network: &'a Network,
    device: &'a Device,
    extent: Extent,
    layers: Vec<Layer<'a>>,
    attention: Option<Attention<'a>>,
    /// `[outputs, inputs]`.
    skip: Option<Tensor<2>>,
    /// `[outputs, width]`.
    head: Tensor<2>,
    /// `[1, outputs]`.
    head_bias: Tensor<2>,
}

/// What the backward pass needs.
pub(super) struct Trace {
    layers: Vec<LayerTrace>,
    attention: Option<AttentionTrace>,
    /// Input of the head, `[batch, width]`.
    seen: Tensor<2>,
    /// The inputs of the last time step, `[batch, inputs]`.
    last_input: Tensor<2>,
}

impl<'a> Pass<'a> {
    /// Takes the weights to the device. With a batch, outputs are dropped out as in training.
    pub(super) fn new(
        network: &'a Network,
        (lookback, count): (usize, usize),
        batch: Option<&Batch<'_>>,
        device: &'a Device,
    ) -> Self {
        let (spec, layout) = (network.spec(), network.layout());
        let parameters = Parameters::upload(network.parameters(), device);
        let extent = Extent { steps: lookback, batch: count, hidden: spec.hidden };
        let mask = |index: usize| {
            let drops = spec.dropout > 0.0 && index + 1 < spec.layers;
            batch.filter(|_| drops).map(|batch| mask(network, extent, batch.mask_key(index), device))
        };
        Self {
            device,
            extent,
            layers: (0..spec.layers)
                .map(|index| Layer::new(extent, (spec, index), layout, &parameters, mask(index)))
                .collect(),
            attention: layout.attention.as_ref().map(|slots| Attention::new(extent, slots, &parameters)),
            skip: layout.skip.as_ref().map(|range| parameters.matrix(range, spec.inputs)),
            head: parameters.matrix(&layout.head_weight, spec.width()),
            head_bias: parameters.row(&layout.head_bias),
            network,
        }
    }

    /// Returns the outputs, `[batch, outputs]`.
    pub(super) fn forward(&self, source: &WindowSource<'_>, origins: &[usize]) -> (Tensor<2>, Trace) {
        let Extent { steps, batch, .. } = self.extent;
        let mut values = upload(windows_by_step(source, origins), source.inputs(), self.device);
        let last_input = values.clone().narrow(0, (steps - 1) * batch, batch);
        let mut layers = Vec::new();
        for layer in &self.layers {
            let (output, trace) = layer.forward(values);
            layers.push(trace);
            values = output;
        }
        let (seen, attention) = match &self.attention {
            Some(attention) => {
                let (context, trace) = attention.forward(values);
                (context, Some(trace))
            }
            None => (values.narrow(0, (steps - 1) * batch, batch), None),
        };
        let mut outputs = seen.clone().matmul(self.head.clone().transpose()) + self.head_bias.clone();
        if let Some(skip) = &self.skip {
            outputs = outputs + last_input.clone().matmul(skip.clone().transpose());
        }
        (outputs, Trace { layers, attention, seen, last_input })
    }

    /// Returns the gradient of all parameters from the derivatives by the outputs, `[batch, outputs]`.
    pub(super) fn backward(&self, trace: Trace, slopes: Vec<f32>) -> Tensor<1> {
        let (spec, layout) = (self.network.spec(), self.network.layout());
        let slopes = upload(slopes, spec.outputs, self.device);
        let mut gradient = Gradient::default();
        if let Some(skip) = &layout.skip {
            gradient.put(skip, slopes.clone().transpose().matmul(trace.last_input));
        }
        gradient.put(&layout.head_weight, slopes.clone().transpose().matmul(trace.seen));
        gradient.put(&layout.head_bias, sum_rows(slopes.clone()));
        let of_seen = slopes.matmul(self.head.clone());
        let mut slopes = match (&self.attention, trace.attention) {
            (Some(attention), Some(trace)) => attention.backward(trace, of_seen, &mut gradient),
            _ => self.among_earlier_steps(of_seen),
        };
        for (index, (layer, trace)) in self.layers.iter().zip(trace.layers).enumerate().rev() {
            match layer.backward(trace, slopes, &mut gradient, index > 0) {
                Some(of_input) => slopes = of_input,
                None => break,
            }
        }
        gradient.into_vector()
    }

    /// Derivatives of all time steps; the input of the head is the last.
    fn among_earlier_steps(&self, last: Tensor<2>) -> Tensor<2> {
        let Extent { steps, batch, .. } = self.extent;
        if steps == 1 {
            return last;
        }
        let zeros = Tensor::zeros([(steps - 1) * batch, last.dims()[1]], self.device);
        Tensor::cat(vec![zeros, last], 0)
    }
}

/// Returns the windows as `[step·batch, inputs]`: of every time step all samples.
fn windows_by_step(source: &WindowSource<'_>, origins: &[usize]) -> Vec<f32> {
    let width = source.inputs();
    let mut out = Vec::with_capacity(source.lookback() * origins.len() * width);
    for step in 0..source.lookback() {
        for &origin in origins {
            out.extend_from_slice(&source.window(origin)[step * width..(step + 1) * width]);
        }
    }
    out
}

/// Returns the mask of a layer, the CPU's, as `[step·batch, width]`.
fn mask(network: &Network, extent: Extent, key: u64, device: &Device) -> Tensor<2> {
    let Extent { steps, batch, .. } = extent;
    let (width, isa) = (network.spec().width(), network.isa());
    let tiles = batch.div_ceil(LANES);
    let ones = vec![Lanes([1.0; LANES]); steps * width];
    let mut masks = vec![0.0; tiles * steps * width * LANES];
    masks.par_chunks_mut(steps * width * LANES).enumerate().for_each(|(tile, out)| {
        let mut lanes = ones.clone();
        let (first_row, probability) = (tile * LANES, network.spec().dropout);
        isa.run(Dropout { key, probability, first_row, source: None, out: &mut lanes });
        for (out, lanes) in out.as_chunks_mut::<LANES>().0.iter_mut().zip(&lanes) {
            *out = lanes.0;
        }
    });
    Tensor::<4>::from_data(TensorData::new(masks, [tiles, steps, width, LANES]), device)
        .permute([1, 0, 3, 2])
        .reshape([steps, tiles * LANES, width])
        .narrow(1, 0, batch)
        .reshape([steps * batch, width])
}
