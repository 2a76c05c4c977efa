//! Between flat vectors of numbers and tensors.

use std::ops::Range;

use burn_tensor::{Device, Tensor, TensorData};

/// Puts `values` on the device as a matrix of `columns`.
pub(super) fn upload(values: Vec<f32>, columns: usize, device: &Device) -> Tensor<2> {
    let rows = values.len() / columns;
    Tensor::from_data(TensorData::new(values, [rows, columns]), device)
}

/// All parameters of a network, on the device.
pub(super) struct Parameters(Tensor<1>);

impl Parameters {
    pub(super) fn upload(values: &[f32], device: &Device) -> Self {
        Self(Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), device))
    }

    /// Returns the parameters of `range` as a matrix of `columns`.
    pub(super) fn matrix(&self, range: &Range<usize>, columns: usize) -> Tensor<2> {
        self.0.clone().narrow(0, range.start, range.len()).reshape([range.len() / columns, columns])
    }

    /// Returns the parameters of `range` as one row.
    pub(super) fn row(&self, range: &Range<usize>) -> Tensor<2> {
        self.matrix(range, range.len())
    }
}

/// The gradient, tensor by tensor, in any order.
#[derive(Default)]
pub(super) struct Gradient(Vec<(usize, Tensor<1>)>);

impl Gradient {
    /// Takes the gradient of the parameters of `range`.
    pub(super) fn put(&mut self, range: &Range<usize>, value: Tensor<2>) {
        self.0.push((range.start, value.reshape([range.len()])));
    }

    /// Returns the whole, in the order of the parameters.
    pub(super) fn into_vector(mut self) -> Tensor<1> {
        self.0.sort_by_key(|part| part.0);
        Tensor::cat(self.0.into_iter().map(|part| part.1).collect(), 0)
    }
}

/// Returns the sum over all rows, as one row.
pub(super) fn sum_rows(matrix: Tensor<2>) -> Tensor<2> {
    matrix.sum_dim(0)
}
