//! From tensors to windows of prices, one a row of the batch.

use super::{OipError, request::InferRequest, tensor::Tensor, wrong};

/// Tensors that a model looks at: the first one it needs, the others tell it more.
pub const INPUTS: [&str; 5] = ["close", "open", "high", "low", "volume"];

/// Most windows of a request.
pub const MOST_WINDOWS: usize = 64;

/// Most days of a window.
pub const MOST_DAYS: usize = 20_000;

/// A day of a window. Every price is positive, the volume is not negative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Day {
    /// Closing price.
    pub close: f64,
    /// Open, high and low.
    pub range: Option<[f64; 3]>,
    /// Shares traded.
    pub volume: Option<f64>,
}

/// Returns the windows of a request, each oldest day first.
///
/// # Errors
/// [`OipError`] naming the tensor that is unknown, missing, or of another shape than `close`, or has a price that is none.
pub fn windows(request: &InferRequest) -> Result<Vec<Vec<Day>>, OipError> {
    for (place, input) in request.inputs.iter().enumerate() {
        if !INPUTS.contains(&input.name.as_str()) {
            return wrong(format!("input {:?}: is none of {}", input.name, INPUTS.join(", ")));
        }
        if request.inputs[..place].iter().any(|other| other.name == input.name) {
            return wrong(format!("input {:?}: is there twice", input.name));
        }
        check_values(input)?;
    }
    let find = |name: &str| request.inputs.iter().find(|input| input.name == name);
    let Some(close) = find("close") else { return wrong("input \"close\": is missing") };
    if let Some(other) = request.inputs.iter().find(|input| input.shape != close.shape) {
        return wrong(format!("input {:?}: has shape {:?}, but close has {:?}", other.name, other.shape, close.shape));
    }
    let days = close.shape.last().copied().unwrap_or_default().max(1);
    let batch = close.values.len() / days;
    if batch > MOST_WINDOWS || days > MOST_DAYS {
        return wrong(format!(
            "input \"close\": at most {MOST_WINDOWS} windows of {MOST_DAYS} days are taken at a time"
        ));
    }
    let range = match [find("open"), find("high"), find("low")] {
        [Some(open), Some(high), Some(low)] => Some([open, high, low]),
        [None, None, None] => None,
        _ => return wrong("inputs \"open\", \"high\" and \"low\" belong together: send all three, or none"),
    };
    let volume = find("volume");
    let day = |place: usize| Day {
        close: close.values[place],
        range: range.map(|tensors| tensors.map(|tensor| tensor.values[place])),
        volume: volume.map(|volume| volume.values[place]),
    };
    let all: Vec<Day> = (0..close.values.len()).map(day).collect();
    Ok(all.chunks_exact(days).map(<[Day]>::to_vec).collect())
}

fn check_values(input: &Tensor) -> Result<(), OipError> {
    let is_volume = input.name == "volume";
    let bad = |&value: &f64| if is_volume { value < 0.0 } else { value <= 0.0 || !value.is_normal() };
    match input.values.iter().position(bad) {
        None => Ok(()),
        Some(place) if is_volume => wrong(format!("input \"volume\": value {place} is negative")),
        Some(place) => {
            let value = input.values[place];
            wrong(format!("input {:?}: value {place} is {value}, but a price is a positive number", input.name))
        }
    }
}
