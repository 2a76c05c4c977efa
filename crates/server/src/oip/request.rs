//! A request for inference: a header of JSON, and perhaps binary tensors after it.

use serde_json::{Map, Value};

use super::{
    OipError,
    tensor::{Datatype, Tensor},
    wrong,
};
use crate::bounded_json;

/// Most tensors of a request.
const MOST_TENSORS: usize = 16;

/// Longest text that is looked at: identifiers, names.
const LONGEST_TEXT: usize = 256;

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InferRequest {
    /// Identifier of the request, to be given back.
    pub id: Option<String>,
    /// The parameter `symbol`.
    pub symbol: Option<String>,
    /// The parameter `as_of`.
    pub as_of: Option<String>,
    /// Tensors that come in.
    pub inputs: Vec<Tensor>,
    /// Tensors that are to go out; all there are when there is none.
    pub outputs: Vec<Wanted>,
    /// Whether outputs that say nothing else go out as binary data.
    pub binary_outputs: bool,
}

/// A tensor that is to go out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// Whether as binary data, where that was said.
    pub binary: Option<bool>,
}

/// Returns the request in `body`, whose header of JSON has `header_length` bytes, or all of them. That is the value of
/// `Inference-Header-Content-Length`.
///
/// # Errors
/// [`OipError`] naming the tensor or field that is wrong.
pub fn parse(header_length: Option<&str>, body: &[u8]) -> Result<InferRequest, OipError> {
    let (header, mut binary) = match header_length {
        None => (body, &body[body.len()..]),
        Some(text) => {
            let length: Option<usize> = text.trim().parse().ok();
            let split = length.and_then(|length| body.split_at_checked(length));
            split.ok_or_else(|| {
                OipError(format!(
                    "Inference-Header-Content-Length: must be a number up to {}, the length of the body",
                    body.len()
                ))
            })?
        }
    };
    let header: Value = bounded_json::read(header).map_err(|error| OipError(format!("body: {error}")))?;
    let Value::Object(header) = header else { return wrong("body: must be an object") };
    let mut request = InferRequest { id: text(&header, "id")?, ..InferRequest::default() };
    if let Some(parameters) = object(&header, "parameters", "parameters")? {
        request.symbol = text(parameters, "symbol")?;
        request.as_of = text(parameters, "as_of")?;
        request.binary_outputs = flag(parameters, "binary_data_output")?.unwrap_or(false);
    }
    for input in array(&header, "inputs")? {
        request.inputs.push(tensor(input, &mut binary)?);
    }
    if !binary.is_empty() {
        return wrong(format!("body: has {} bytes after the last tensor", binary.len()));
    }
    for output in array(&header, "outputs")? {
        request.outputs.push(wanted(output)?);
    }
    if request.inputs.is_empty() {
        return wrong("inputs: is empty or missing; send the tensor \"close\"");
    }
    Ok(request)
}

/// Reads a tensor; binary data are taken from the front of `binary`.
fn tensor(input: &Value, binary: &mut &[u8]) -> Result<Tensor, OipError> {
    let Value::Object(input) = input else { return wrong("inputs: must be an array of objects") };
    let name = required_text(input, "inputs", "name")?;
    // The name is quoted: a message is one line, whatever a client calls its tensors.
    let here = format!("input {name:?}");
    let datatype = required_text(input, &here, "datatype")?;
    let Some(datatype) = Datatype::named(&datatype) else {
        return wrong(format!("input {name:?}: datatype {datatype:?} is not one of FP64, FP32, INT64 and INT32"));
    };
    let shape = shape(input, &name)?;
    let size = match object(input, "parameters", &here)?.and_then(|parameters| parameters.get("binary_data_size")) {
        None => None,
        Some(size) => Some(
            size.as_u64()
                .and_then(|size| usize::try_from(size).ok())
                .ok_or_else(|| OipError(format!("input {name:?}: binary_data_size must be a number of bytes")))?,
        ),
    };
    match (size, input.get("data")) {
        (Some(_), Some(_)) => wrong(format!("input {name:?}: has data and binary_data_size; send one of the two")),
        (None, None) => wrong(format!("input {name:?}: has neither data nor binary_data_size")),
        (None, Some(data)) => Tensor::from_json(name, shape, data),
        (Some(size), None) => {
            let Some((bytes, rest)) = binary.split_at_checked(size) else {
                let left = binary.len();
                return wrong(format!(
                    "input {name:?}: binary_data_size is {size}, but {left} bytes are left in the body"
                ));
            };
            *binary = rest;
            Tensor::from_bytes(name, shape, datatype, bytes)
        }
    }
}

fn shape(input: &Map<String, Value>, name: &str) -> Result<Vec<usize>, OipError> {
    let axes = input.get("shape").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let read = |axis: &Value| axis.as_u64().and_then(|axis| usize::try_from(axis).ok());
    let shape: Option<Vec<usize>> = axes.iter().map(read).collect();
    match shape {
        Some(shape) if (1..=2).contains(&shape.len()) => Ok(shape),
        _ => wrong(format!("input {name:?}: shape must be [days] or [batch, days]")),
    }
}

fn wanted(output: &Value) -> Result<Wanted, OipError> {
    let Value::Object(output) = output else { return wrong("outputs: must be an array of objects") };
    let name = required_text(output, "outputs", "name")?;
    let Some(parameters) = object(output, "parameters", &format!("output {name:?}"))? else {
        return Ok(Wanted { name, binary: None });
    };
    if parameters.get("classification").is_some_and(|count| count.as_u64() != Some(0)) {
        return wrong(format!("output {name:?}: has no classes, so that classification has no meaning"));
    }
    Ok(Wanted { binary: flag(parameters, "binary_data")?, name })
}

fn array<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a [Value], OipError> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) if items.len() <= MOST_TENSORS => Ok(items),
        Some(Value::Array(items)) => {
            wrong(format!("{name}: has {} entries, at most {MOST_TENSORS} are taken", items.len()))
        }
        Some(_) => wrong(format!("{name}: must be an array")),
    }
}

fn object<'a>(
    fields: &'a Map<String, Value>,
    name: &str,
    of: &str,
) -> Result<Option<&'a Map<String, Value>>, OipError> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(found)) => Ok(Some(found)),
        Some(_) => wrong(format!("{of}: {name} must be an object")),
    }
}

fn text(fields: &Map<String, Value>, name: &str) -> Result<Option<String>, OipError> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() <= LONGEST_TEXT => Ok(Some(text.clone())),
        Some(_) => wrong(format!("{name}: must be a text of at most {LONGEST_TEXT} bytes")),
    }
}

fn required_text(fields: &Map<String, Value>, of: &str, name: &str) -> Result<String, OipError> {
    text(fields, name)?.ok_or_else(|| OipError(format!("{of}: {name} is missing")))
}

fn flag(fields: &Map<String, Value>, name: &str) -> Result<Option<bool>, OipError> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(_) => wrong(format!("{name}: must be true or false")),
    }
}

#[cfg(test)]
mod tests;
