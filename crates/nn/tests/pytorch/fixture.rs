//! Reads the files that `fixtures/lstm.py` writes.

use std::collections::HashMap;

use closecast_nn::{Network, WindowSource};
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;

/// A batch with PyTorch's results.
pub(crate) struct Fixture {
    tensors: HashMap<String, (Vec<usize>, Vec<f32>)>,
    metadata: HashMap<String, String>,
}

impl Fixture {
    pub(crate) fn read(name: &str) -> Self {
        let path = format!("{}/fixtures/{name}.safetensors", env!("CARGO_MANIFEST_DIR"));
        let bytes = std::fs::read(path).unwrap();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let floats = |tensor: &TensorView<'_>| {
            tensor.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
        };
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let tensors = file.iter().map(|(name, tensor)| (name.to_owned(), (tensor.shape().to_vec(), floats(&tensor))));
        Self { tensors: tensors.collect(), metadata: header.metadata().clone().unwrap_or_default() }
    }

    pub(crate) fn values(&self, name: &str) -> Vec<f32> {
        self.tensors[name].1.clone()
    }

    pub(crate) fn metadata(&self, key: &str) -> &str {
        &self.metadata[key]
    }

    /// The samples one after the other, so that the window of sample b ends at row (b + 1)·steps − 1.
    pub(crate) fn source(&self) -> WindowSource<'_> {
        let (shape, values) = &self.tensors["x"];
        WindowSource::new(values, shape[2], shape[1]).unwrap()
    }

    pub(crate) fn origins(&self) -> Vec<usize> {
        let shape = &self.tensors["x"].0;
        (0..shape[0]).map(|sample| (sample + 1) * shape[1] - 1).collect()
    }

    pub(crate) fn network(&self) -> Network {
        let named = self.tensors.iter().filter_map(|(name, tensor)| Some((name.strip_prefix("parameter.")?, tensor)));
        let bytes: Vec<(&str, &Vec<usize>, Vec<u8>)> = named
            .map(|(name, (shape, values))| (name, shape, values.iter().flat_map(|v| v.to_le_bytes()).collect()))
            .collect();
        let views = bytes.iter().map(|(name, shape, bytes)| {
            (*name, TensorView::new(safetensors::Dtype::F32, (*shape).clone(), bytes).unwrap())
        });
        // No tensor shows whether there are residual connections.
        let residual = self.metadata.get("residual").map(|value| ("residual".to_owned(), value.clone()));
        let bytes = safetensors::serialize(views, Some(residual.into_iter().collect())).unwrap();
        Network::from_safetensors(&bytes).unwrap().0
    }
}
