//! Layout of all tensors in the flat parameter vector, with PyTorch's names and layout.

use std::ops::Range;

use crate::spec::CheckedNetworkSpec;

/// One named tensor.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Slot {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) range: Range<usize>,
    pub(crate) start: Initializer,
}

/// Initial values of a tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Initializer {
    /// Uniform in ± this value.
    Uniform(f32),
    /// Constant.
    Constant(f32),
}

impl Initializer {
    /// PyTorch's default for linear layers and LSTMs: uniform in ±1/√fan.
    fn fan(fan: usize) -> Self {
        Self::Uniform(1.0 / (fan as f32).sqrt())
    }
}

/// A named tensor of a network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tensor<'a> {
    /// PyTorch's name, such as `lstm.weight_ih_l0`.
    pub name: &'a str,
    /// Its dimensions, rows first.
    pub shape: &'a [usize],
    /// Its values, row by row.
    pub values: &'a [f32],
}

/// The tensors of one layer and direction: gates in the order i, f, g, o.
#[derive(Clone, Debug)]
pub(crate) struct DirectionSlots {
    /// Inputs of the layer.
    pub(crate) inputs: usize,
    /// `[4·hidden, inputs]`.
    pub(crate) weight_ih: Range<usize>,
    /// `[4·hidden, hidden]`.
    pub(crate) weight_hh: Range<usize>,
    /// `[4·hidden]`.
    pub(crate) bias_ih: Range<usize>,
    /// `[4·hidden]`.
    pub(crate) bias_hh: Range<usize>,
}

/// The tensors of one layer's norm, `[width]` each.
#[derive(Clone, Debug)]
pub(crate) struct NormSlots {
    pub(crate) weight: Range<usize>,
    pub(crate) bias: Range<usize>,
}

/// The tensors of the attention over time.
#[derive(Clone, Debug)]
pub(crate) struct AttentionSlots {
    /// `[hidden, width]`.
    pub(crate) weight: Range<usize>,
    /// `[hidden]`.
    pub(crate) bias: Range<usize>,
    /// `[1, hidden]`.
    pub(crate) score: Range<usize>,
}

/// The layout of all parameters of a network.
#[derive(Clone, Debug)]
pub(crate) struct ParameterLayout {
    /// All tensors in the order of the flat vector.
    pub(crate) slots: Vec<Slot>,
    /// `[layer][direction]`, flattened.
    pub(crate) directions: Vec<DirectionSlots>,
    /// One for every layer, or none.
    pub(crate) norms: Vec<NormSlots>,
    pub(crate) attention: Option<AttentionSlots>,
    /// `[outputs, inputs]`: from the inputs of the last time step to the outputs.
    pub(crate) skip: Option<Range<usize>>,
    /// `[outputs, width]`.
    pub(crate) head_weight: Range<usize>,
    /// `[outputs]`.
    pub(crate) head_bias: Range<usize>,
}

impl ParameterLayout {
    /// Returns the bytes of the layout itself.
    pub(crate) fn memory_bytes(&self) -> usize {
        let slot = |slot: &Slot| size_of::<Slot>() + slot.name.len() + size_of_val(slot.shape.as_slice());
        self.slots.iter().map(slot).sum::<usize>()
            + size_of_val(self.directions.as_slice())
            + size_of_val(self.norms.as_slice())
    }

    /// Lays out the tensors consecutively, in the order of PyTorch's `state_dict`.
    pub(crate) fn new(spec: &CheckedNetworkSpec) -> Self {
        let mut slots = Vec::new();
        let mut next = 0;
        let mut place = |name: String, shape: Vec<usize>, start: Initializer| {
            let range = next..next + shape.iter().product::<usize>();
            next = range.end;
            slots.push(Slot { name, shape, range: range.clone(), start });
            range
        };
        let mut directions = Vec::new();
        let (hidden, gates, width) = (spec.hidden, 4 * spec.hidden, spec.width());
        let drawn = Initializer::fan(hidden);
        for layer in 0..spec.layers {
            for suffix in ["", "_reverse"].iter().take(spec.directions()) {
                let name = |kind: &str| format!("lstm.{kind}_l{layer}{suffix}");
                let inputs = spec.layer_inputs(layer);
                directions.push(DirectionSlots {
                    inputs,
                    weight_ih: place(name("weight_ih"), vec![gates, inputs], drawn),
                    weight_hh: place(name("weight_hh"), vec![gates, hidden], drawn),
                    bias_ih: place(name("bias_ih"), vec![gates], drawn),
                    bias_hh: place(name("bias_hh"), vec![gates], drawn),
                });
            }
        }
        let normed = if spec.layer_norm { spec.layers } else { 0 };
        let norms = (0..normed).map(|layer| NormSlots {
            weight: place(format!("norm.{layer}.weight"), vec![width], Initializer::Constant(1.0)),
            bias: place(format!("norm.{layer}.bias"), vec![width], Initializer::Constant(0.0)),
        });
        let norms = norms.collect();
        let attention = spec.attention.then(|| AttentionSlots {
            weight: place("attention.0.weight".into(), vec![hidden, width], Initializer::fan(width)),
            bias: place("attention.0.bias".into(), vec![hidden], Initializer::fan(width)),
            score: place("attention.2.weight".into(), vec![1, hidden], Initializer::fan(hidden)),
        });
        // Zero, so that a network with a skip connection starts as the same network without it.
        let skip =
            spec.skip.then(|| place("skip.weight".into(), vec![spec.outputs, spec.inputs], Initializer::Constant(0.0)));
        let head_weight = place("head.weight".into(), vec![spec.outputs, width], Initializer::fan(width));
        let head_bias = place("head.bias".into(), vec![spec.outputs], Initializer::fan(width));
        Self { slots, directions, norms, attention, skip, head_weight, head_bias }
    }

    /// Returns the named tensors of a vector with this layout.
    pub(crate) fn tensors<'a>(&'a self, values: &'a [f32]) -> impl Iterator<Item = Tensor<'a>> {
        self.slots.iter().map(|slot| Tensor {
            name: &slot.name,
            shape: &slot.shape,
            values: &values[slot.range.clone()],
        })
    }

    /// Returns the length of the flat vector.
    pub(crate) fn total(&self) -> usize {
        self.head_bias.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::NetworkSpec;

    #[test]
    fn names_and_shapes_are_those_of_pytorch() {
        let spec = NetworkSpec { hidden: 5, bidirectional: true, ..NetworkSpec::base(3, 2) };
        let spec = spec.check().unwrap();
        let layout = ParameterLayout::new(&spec);
        let found: Vec<_> = layout.slots.iter().map(|s| (s.name.as_str(), s.shape.as_slice())).collect();
        assert_eq!(found[0], ("lstm.weight_ih_l0", &[20, 3][..]));
        assert_eq!(found[5], ("lstm.weight_hh_l0_reverse", &[20, 5][..]));
        assert_eq!(found[8], ("lstm.weight_ih_l1", &[20, 10][..]));
        assert_eq!(found[15], ("lstm.bias_hh_l1_reverse", &[20][..]));
        assert_eq!(found[16], ("head.weight", &[2, 10][..]));
        assert_eq!(found[17], ("head.bias", &[2][..]));
        assert_eq!(layout.total(), spec.parameter_count());
    }
}
