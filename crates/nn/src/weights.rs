//! Serialisation of weights as safetensors.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use safetensors::tensor::{Dtype, Metadata, TensorView};
use safetensors::{SafeTensorError, SafeTensors};

use crate::error::NnError;
use crate::network::Network;
use crate::parameters::ParameterLayout;
use crate::spec::{CheckedNetworkSpec, NetworkSpec};

/// Metadata entry of the dropout probability.
const DROPOUT: &str = "dropout";
/// Metadata entry of a network with residual connections.
const RESIDUAL: &str = "residual";
/// Prefix of the tensor names of an ensemble, followed by the member's number and a dot.
const MEMBER: &str = "member.";
/// Maximum number of networks in one file.
const MAX_MEMBERS: usize = 64;
/// Maximum bytes of a header; that of the largest model has some hundred kilobytes.
const MAX_HEADER: u64 = 4 << 20;

impl Network {
    /// Serialises the network as a safetensors file. That of a base network is the `state_dict` of a PyTorch module with an
    /// `nn.LSTM` named `lstm` and an `nn.Linear` named `head`; the README lists the other names. The same network and metadata
    /// give the same bytes.
    ///
    /// The dropout probability is added to the metadata as `dropout`, and `residual` if there are such connections.
    ///
    /// # Errors
    /// [`NnError::OutOfRange`] if `metadata` has an entry of that name, [`NnError::NonFiniteWeight`] if a weight is NaN or infinite.
    pub fn to_safetensors(&self, metadata: BTreeMap<String, String>) -> Result<Vec<u8>, NnError> {
        write(&[("".to_owned(), self)], metadata)
    }

    /// Serialises several networks of one shape as one file: as [`to_safetensors`](Self::to_safetensors) for a single one,
    /// otherwise with the prefixes `member.0.`, `member.1.` …
    ///
    /// # Errors
    /// [`NnError::OutOfRange`] and [`NnError::NonFiniteWeight`] as above, and the former for an empty slice or different shapes.
    pub fn ensemble_to_safetensors(networks: &[Self], metadata: BTreeMap<String, String>) -> Result<Vec<u8>, NnError> {
        if networks.is_empty() || networks.iter().any(|network| network.spec() != networks[0].spec()) {
            let (value, allowed) = (networks.len().to_string(), "one or more networks of one shape".into());
            return Err(NnError::OutOfRange { field: "members", value, allowed });
        }
        let prefix = |member: usize| if networks.len() == 1 { String::new() } else { format!("{MEMBER}{member}.") };
        let named: Vec<(String, &Self)> =
            networks.iter().enumerate().map(|(member, network)| (prefix(member), network)).collect();
        write(&named, metadata)
    }

    /// Reads a network and its metadata from a safetensors file; a file without `dropout` and `residual` in its
    /// metadata gives a network without them.
    ///
    /// # Errors
    /// [`NnError::Safetensors`] if the bytes are not a safetensors file, [`NnError::Tensor`] if a tensor is missing, not
    /// part of such a network, not `F32`, of the wrong shape or not finite, [`NnError::OutOfRange`] if the network the
    /// shapes describe is outside the ranges of [`NetworkSpec`].
    pub fn from_safetensors(bytes: &[u8]) -> Result<(Self, BTreeMap<String, String>), NnError> {
        let (mut networks, metadata) = Self::ensemble_from_safetensors(bytes)?;
        match networks.pop() {
            Some(network) if networks.is_empty() => Ok((network, metadata)),
            _ => Err(problem(MEMBER, "the file holds several networks, where one is needed")),
        }
    }

    /// Reads one or several networks of one shape, and their metadata.
    ///
    /// # Errors
    /// Those of [`from_safetensors`](Self::from_safetensors).
    pub fn ensemble_from_safetensors(bytes: &[u8]) -> Result<(Vec<Self>, BTreeMap<String, String>), NnError> {
        // A parsed header takes up to forty times its length.
        if bytes.first_chunk().is_some_and(|length| u64::from_le_bytes(*length) > MAX_HEADER) {
            return Err(NnError::Safetensors(SafeTensorError::HeaderTooLarge));
        }
        let (_, header) = SafeTensors::read_metadata(bytes)?;
        let tensors = SafeTensors::deserialize(bytes)?;
        let mut metadata = read_metadata(&header);
        let prefixes = prefixes(&tensors);
        let spec = read_spec(&tensors, &prefixes[0], &mut metadata)?;
        let layout = ParameterLayout::new(&spec);
        let names =
            |prefix: &String| layout.slots.iter().map(|slot| format!("{prefix}{}", slot.name)).collect::<Vec<_>>();
        let known: BTreeSet<String> = prefixes.iter().flat_map(names).collect();
        if let Some(name) = tensors.names().into_iter().filter(|name| !known.contains(*name)).min() {
            return Err(problem(name, "this network has no such tensor"));
        }
        let member = |prefix: &String| {
            let layout = ParameterLayout::new(&spec);
            let parameters = read_parameters(&tensors, &layout, prefix)?;
            Ok(Self::from_parts(spec.clone(), layout, parameters))
        };
        let networks: Result<Vec<Self>, NnError> = prefixes.iter().map(member).collect();
        Ok((networks?, metadata))
    }
}

/// Returns the prefixes of the networks' tensor names.
fn prefixes(tensors: &SafeTensors<'_>) -> Vec<String> {
    let names = tensors.names();
    let of_member = |member: usize| format!("{MEMBER}{member}.");
    let members =
        (0..MAX_MEMBERS).take_while(|&member| names.contains(&format!("{}head.weight", of_member(member)).as_str()));
    let prefixes: Vec<String> = members.map(of_member).collect();
    if prefixes.is_empty() { vec![String::new()] } else { prefixes }
}

/// Returns the values of one network in the order of its layout.
fn read_parameters(tensors: &SafeTensors<'_>, layout: &ParameterLayout, prefix: &str) -> Result<Vec<f32>, NnError> {
    let mut parameters = Vec::new();
    for slot in &layout.slots {
        let name = format!("{prefix}{}", slot.name);
        let tensor = find(tensors, &name)?;
        if tensor.shape() != slot.shape {
            return Err(problem(&name, &format!("shape {:?}, but {:?} is needed", tensor.shape(), slot.shape)));
        }
        let start = parameters.len();
        parameters.extend(tensor.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)));
        if let Some(at) = parameters[start..].iter().position(|value| !value.is_finite()) {
            return Err(problem(&name, &format!("element {at} is {}", parameters[start + at])));
        }
    }
    parameters.shrink_to_fit();
    Ok(parameters)
}

/// Writes networks of one shape, each with its prefix.
fn write(networks: &[(String, &Network)], mut metadata: BTreeMap<String, String>) -> Result<Vec<u8>, NnError> {
    let Some((_, first)) = networks.first() else { return Ok(Vec::new()) };
    let residual = first.spec().residual.then(|| (RESIDUAL, "true".to_owned()));
    for (field, value) in [(DROPOUT, first.spec().dropout.to_string())].into_iter().chain(residual) {
        if let Some(value) = metadata.insert(field.into(), value) {
            let allowed = "absent: the network writes this entry of the metadata itself".into();
            return Err(NnError::OutOfRange { field, value, allowed });
        }
    }
    for (prefix, network) in networks {
        network.require_finite_weights().map_err(|error| match error {
            NnError::NonFiniteWeight { tensor, element, value } => {
                NnError::NonFiniteWeight { tensor: format!("{prefix}{tensor}"), element, value }
            }
            other => other,
        })?;
    }
    let mut header = header(networks, &metadata);
    // The format requires tensors aligned to 8 bytes, and allows spaces after the header.
    header.push_str(&" ".repeat(header.len().next_multiple_of(8) - header.len()));
    let mut bytes = Vec::with_capacity(8 + header.len() + 4 * networks.len() * first.parameter_count());
    bytes.extend((header.len() as u64).to_le_bytes());
    bytes.extend(header.as_bytes());
    for (_, network) in networks {
        bytes.extend(network.parameters().iter().flat_map(|value| value.to_le_bytes()));
    }
    Ok(bytes)
}

/// The JSON header. It is written here because the safetensors crate keeps the metadata in a hash map, whose order
/// changes from run to run and would change the file's hash.
fn header(networks: &[(String, &Network)], metadata: &BTreeMap<String, String>) -> String {
    let mut header = String::from("{\"__metadata__\":{");
    for (index, (key, value)) in metadata.iter().enumerate() {
        header.push_str(if index == 0 { "" } else { "," });
        write_json_string(&mut header, key);
        header.push(':');
        write_json_string(&mut header, value);
    }
    header.push('}');
    let mut start = 0;
    let tensors = networks.iter().flat_map(|(prefix, network)| network.tensors().map(move |tensor| (prefix, tensor)));
    for (prefix, tensor) in tensors {
        let end = start + 4 * tensor.values.len();
        // Writing to a String cannot fail.
        let _ = write!(
            header,
            ",\"{prefix}{}\":{{\"dtype\":\"F32\",\"shape\":{:?},\"data_offsets\":[{start},{end}]}}",
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
    prefix: &str,
    metadata: &mut BTreeMap<String, String>,
) -> Result<CheckedNetworkSpec, NnError> {
    let dropout = read_entry(metadata, DROPOUT, 0.0, "a number in the file's metadata")?;
    let residual = read_entry(metadata, RESIDUAL, false, "true or false in the file's metadata")?;
    let [gates, inputs] = matrix(tensors, &format!("{prefix}lstm.weight_ih_l0"))?;
    let [outputs, _] = matrix(tensors, &format!("{prefix}head.weight"))?;
    if gates % 4 != 0 {
        return Err(problem("lstm.weight_ih_l0", &format!("{gates} rows cannot be the four gates of each unit")));
    }
    let names = tensors.names();
    let has = |name: &str| names.contains(&format!("{prefix}{name}").as_str());
    let layers = (0..=8).take_while(|layer| has(&format!("lstm.weight_ih_l{layer}"))).count();
    let bidirectional = has("lstm.weight_ih_l0_reverse");
    NetworkSpec {
        inputs,
        hidden: gates / 4,
        layers,
        bidirectional,
        layer_norm: has("norm.0.weight"),
        residual,
        attention: has("attention.0.weight"),
        skip: has("skip.weight"),
        dropout,
        outputs,
    }
    .check()
}

/// Removes an entry from the metadata; returns `default` without it.
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
    // A malicious file may have names of megabytes.
    NnError::Tensor { name: name.chars().take(80).collect(), problem: problem.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_with_a_non_finite_weight_is_not_written() {
        let mut network = Network::init(&NetworkSpec { hidden: 3, ..NetworkSpec::base(2, 1) }.check().unwrap(), 1);
        assert!(network.to_safetensors(BTreeMap::new()).is_ok());
        network.parameters_mut()[5] = f32::NAN;
        let error = network.to_safetensors(BTreeMap::new()).unwrap_err().to_string();
        assert!(error.starts_with("element 5 of the weights lstm.weight_ih_l0 is NaN: the training"), "{error}");
    }
}
