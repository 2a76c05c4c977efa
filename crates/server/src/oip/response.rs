//! The answer to a request for inference.

use serde_json::{Map, Value, json};

use super::{
    OipError,
    request::{InferRequest, Wanted},
    wrong,
};

/// A tensor that goes out, of 64-bit floats.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Its name.
    pub name: &'static str,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its values, the last axis fastest.
    pub values: Vec<f64>,
}

/// An answer as it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoded {
    /// The header of JSON, and binary tensors after it.
    pub body: Vec<u8>,
    /// Bytes of the header, where binary tensors follow.
    pub header_length: Option<usize>,
}

/// Which model answers.
#[derive(Clone, Copy, Debug)]
pub struct Answering<'a> {
    /// Its name.
    pub model: &'a str,
    /// Its version.
    pub version: u64,
}

/// Writes the outputs that were asked for.
///
/// # Errors
/// [`OipError`] when one was asked for that there is not.
pub fn encode(
    request: &InferRequest,
    answering: Answering<'_>,
    parameters: &Map<String, Value>,
    outputs: &[Output],
) -> Result<Encoded, OipError> {
    let all = || outputs.iter().map(|output| Wanted { name: output.name.to_owned(), binary: None }).collect();
    let wanted: Vec<Wanted> = if request.outputs.is_empty() { all() } else { request.outputs.clone() };
    let (mut described, mut binary) = (Vec::new(), Vec::new());
    for Wanted { name, binary: as_binary } in &wanted {
        let Some(output) = outputs.iter().find(|output| output.name == name) else {
            let names: Vec<&str> = outputs.iter().map(|output| output.name).collect();
            return wrong(format!("output {name:?}: is none of {}{}", names.join(", "), why_no_spread(name)));
        };
        let mut tensor = json!({"name": output.name, "datatype": "FP64", "shape": output.shape});
        if as_binary.unwrap_or(request.binary_outputs) {
            tensor["parameters"] = json!({"binary_data_size": size_of::<f64>() * output.values.len()});
            binary.extend(output.values.iter().flat_map(|value| value.to_le_bytes()));
        } else {
            tensor["data"] = json!(output.values);
        }
        described.push(tensor);
    }
    let mut header = json!({
        "model_name": answering.model,
        "model_version": answering.version.to_string(),
        "parameters": parameters,
        "outputs": described,
    });
    if let Some(id) = &request.id {
        header["id"] = json!(id);
    }
    let mut body = header.to_string().into_bytes();
    let header_length = (!binary.is_empty()).then_some(body.len());
    body.extend(binary);
    Ok(Encoded { body, header_length })
}

fn why_no_spread(name: &str) -> &'static str {
    match name {
        "quantiles" | "levels" => ": closes alone do not tell this model the spread; send open, high and low too",
        _ => "",
    }
}
