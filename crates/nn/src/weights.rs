//! Weights as safetensors: the only form in which a network leaves or enters memory.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, Metadata, TensorView};

use crate::error::NnError;
use crate::network::Network;
use crate::parameters::ParameterLayout;
use crate::spec::{CheckedNetworkSpec, NetworkSpec};

/// The metadata entry that holds the dropout probability, which no tensor shows.
const DROPOUT: &str = "dropout";
/// The metadata entry of a network with residual connections, which have no tensors either.
const RESIDUAL: &str = "residual";

impl Network {
    /// Returns the network as a safetensors file. That of a base network is the `state_dict` of a PyTorch module with an
    /// `nn.LSTM` named `lstm` and an `nn.Linear` named `head`; the README has the names of the other parts. The same network and metadata give the same bytes.
    ///
    /// The dropout probability is added to the metadata as `dropout`, and `residual` if there are such connections.
    ///
    /// # Errors
    /// [`NnError::OutOfRange`] if `metadata` has an entry of that name.
    pub fn to_safetensors(&self, mut metadata: BTreeMap<String, String>) -> Result<Vec<u8>, NnError> {
        let residual = self.spec().residual.then(|| (RESIDUAL, "true".to_owned()));
        for (field, value) in [(DROPOUT, self.spec().dropout.to_string())].into_iter().chain(residual) {
            if let Some(value) = metadata.insert(field.into(), value) {
                let allowed = "absent: the network writes this entry of the metadata itself".into();
                return Err(NnError::OutOfRange { field, value, allowed });
            }
        }
        let mut header = header(self, &metadata);
        // The format asks for tensors aligned to 8 bytes, and allows spaces after the header.
        header.push_str(&" ".repeat(header.len().next_multiple_of(8) - header.len()));
        let mut bytes = Vec::with_capacity(8 + header.len() + 4 * self.parameter_count());
        bytes.extend((header.len() as u64).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(self.parameters().iter().flat_map(|value| value.to_le_bytes()));
        Ok(bytes)
    }

    /// Reads a network and its metadata from a safetensors file; a file without `dropout` and `residual` in its
    /// metadata gives a network without them.
    ///
    /// # Errors
    /// [`NnError::Safetensors`] if the bytes are not a safetensors file, [`NnError::Tensor`] if a tensor is missing, not
    /// part of such a network, not `F32`, of the wrong shape or not finite, [`NnError::OutOfRange`] if the network the
    /// shapes describe is outside the ranges of [`NetworkSpec`].
    pub fn from_safetensors(bytes: &[u8]) -> Result<(Self, BTreeMap<String, String>), NnError> {
        let (_, header) = SafeTensors::read_metadata(bytes)?;
        let tensors = SafeTensors::deserialize(bytes)?;
        let mut metadata = read_metadata(&header);
        let spec = read_spec(&tensors, &mut metadata)?;
        let layout = ParameterLayout::new(&spec);
        let known: BTreeSet<&str> = layout.slots.iter().map(|slot| slot.name.as_str()).collect();
        if let Some(name) = tensors.names().into_iter().filter(|name| !known.contains(name)).min() {
            return Err(problem(name, "this network has no such tensor"));
        }
        let mut parameters = Vec::with_capacity(layout.total().min(bytes.len() / 4));
        for slot in &layout.slots {
            let tensor = find(&tensors, &slot.name)?;
            if tensor.shape() != slot.shape {
                return Err(problem(
                    &slot.name,
                    &format!("shape {:?}, but {:?} is needed", tensor.shape(), slot.shape),
                ));
            }
            let values = tensor.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
            for (at, value) in values.enumerate() {
                if !value.is_finite() {
                    return Err(problem(&slot.name, &format!("element {at} is {value}")));
                }
                parameters.push(value);
            }
        }
        Ok((Self::from_parts(spec, layout, parameters), metadata))
    }
}

/// The JSON header. It is written here because the safetensors crate keeps the metadata in a hash map, whose order
/// changes from run to run and would change the file's hash.
fn header(network: &Network, metadata: &BTreeMap<String, String>) -> String {
    let mut header = String::from("{\"__metadata__\":{");
    for (index, (key, value)) in metadata.iter().enumerate() {
        header.push_str(if index == 0 { "" } else { "," });
        write_json_string(&mut header, key);
        header.push(':');
        write_json_string(&mut header, value);
    }
    header.push('}');
    let mut start = 0;
    for tensor in network.tensors() {
        let end = start + 4 * tensor.values.len();
        // Writing to a String cannot fail.
        let _ = write!(
            header,
            ",\"{}\":{{\"dtype\":\"F32\",\"shape\":{:?},\"data_offsets\":[{start},{end}]}}",
            tensor.name, tensor.shape
        );
        start = end;
    }
    header.push('}');
    header
}

/// Appends a JSON string (RFC 8259, section 7).
fn write_json_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            control if control < ' ' => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

fn read_metadata(header: &Metadata) -> BTreeMap<String, String> {
    header.metadata().iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The network's shape, from the shapes of its tensors.
fn read_spec(
    tensors: &SafeTensors<'_>,
    metadata: &mut BTreeMap<String, String>,
) -> Result<CheckedNetworkSpec, NnError> {
    let dropout = read_entry(metadata, DROPOUT, 0.0, "a number in the file's metadata")?;
    let residual = read_entry(metadata, RESIDUAL, false, "true or false in the file's metadata")?;
    let [gates, inputs] = matrix(tensors, "lstm.weight_ih_l0")?;
    let [outputs, _] = matrix(tensors, "head.weight")?;
    if gates % 4 != 0 {
        return Err(problem("lstm.weight_ih_l0", &format!("{gates} rows cannot be the four gates of each unit")));
    }
    let names = tensors.names();
    let layers = (0..=8).take_while(|layer| names.contains(&format!("lstm.weight_ih_l{layer}").as_str())).count();
    let bidirectional = names.contains(&"lstm.weight_ih_l0_reverse");
    NetworkSpec {
        inputs,
        hidden: gates / 4,
        layers,
        bidirectional,
        layer_norm: names.contains(&"norm.0.weight"),
        residual,
        attention: names.contains(&"attention.0.weight"),
        skip: names.contains(&"skip.weight"),
        dropout,
        outputs,
    }
    .check()
}

/// Takes an entry out of the metadata; without it the value is `default`.
fn read_entry<T: std::str::FromStr>(
    metadata: &mut BTreeMap<String, String>,
    field: &'static str,
    default: T,
    allowed: &str,
) -> Result<T, NnError> {
    let Some(value) = metadata.remove(field) else { return Ok(default) };
    value.parse().map_err(|_| NnError::OutOfRange { field, value, allowed: allowed.into() })
}

fn matrix(tensors: &SafeTensors<'_>, name: &str) -> Result<[usize; 2], NnError> {
    let tensor = find(tensors, name)?;
    <[usize; 2]>::try_from(tensor.shape())
        .map_err(|_| problem(name, &format!("shape {:?}, but a matrix is needed", tensor.shape())))
}

fn find<'data>(tensors: &SafeTensors<'data>, name: &str) -> Result<TensorView<'data>, NnError> {
    let tensor = tensors.tensor(name).map_err(|_| problem(name, "missing"))?;
    match tensor.dtype() {
        Dtype::F32 => Ok(tensor),
        other => Err(problem(name, &format!("type {other:?}, but F32 is needed"))),
    }
}

fn problem(name: &str, problem: &str) -> NnError {
    // A hostile file may have names of megabytes.
    NnError::Tensor { name: name.chars().take(80).collect(), problem: problem.into() }
}
