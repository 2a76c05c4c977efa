//! Errors of the engine.

/// An error of the engine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NnError {
    /// A setting is outside its range.
    #[error("{field} is {value}, but must be {allowed}")]
    OutOfRange {
        /// The setting's name.
        field: &'static str,
        /// Its value.
        value: String,
        /// Allowed values.
        allowed: String,
    },
    /// A slice has the wrong length.
    #[error("{what} has length {found}, but {expected} is needed ({why})")]
    Length {
        /// Name of the slice.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length it must have.
        expected: usize,
        /// Origin of that number.
        why: &'static str,
    },
    /// A window starts before the first row or ends after the last.
    #[error("a window of {lookback} rows cannot end at row {origin}: origins may lie in {first}..={last}")]
    Origin {
        /// Requested row.
        origin: usize,
        /// Rows of a window.
        lookback: usize,
        /// The first row at which a window can end.
        first: usize,
        /// The last row.
        last: usize,
    },
    /// A window or a target holds NaN or infinity.
    #[error("{what} holds {value} at row {row}, column {column}: fill or drop such rows before they reach the network")]
    NonFiniteInput {
        /// `"features"` or `"targets"`.
        what: &'static str,
        /// The row.
        row: usize,
        /// The column.
        column: usize,
        /// The value.
        value: f32,
    },
    /// Training diverged.
    #[error(
        "{quantity} is no longer finite ({value}) at training step {step}; last finite gradient norm {last_gradient_norm}: \
         lower the learning rate, clip the gradient, or check the scale of the inputs"
    )]
    NonFinite {
        /// Quantity that is not finite.
        quantity: Quantity,
        /// Its value.
        value: f64,
        /// Training step, from 0.
        step: u64,
        /// Gradient norm of the last finite step, before clipping; 0 if there is none.
        last_gradient_norm: f64,
    },
    /// A weight is NaN or infinite.
    #[error(
        "element {element} of the weights {tensor} is {value}: the training that made them diverged; \
         train again with a lower learning rate or a clipped gradient"
    )]
    NonFiniteWeight {
        /// The tensor's name.
        tensor: String,
        /// Index of the element.
        element: usize,
        /// The value.
        value: f32,
    },
    /// The forward pass of a trained network gave NaN or infinity.
    #[error("the network's output {output} for origin {origin} is {value}: its weights or the inputs are too large")]
    NonFiniteOutput {
        /// The window's last row.
        origin: usize,
        /// The index of the output.
        output: usize,
        /// The value.
        value: f32,
    },
    /// The working memory would exceed the limit.
    #[error(
        "the working memory for {what} would be {bytes} bytes, more than {limit}: \
         use a shorter window, a smaller batch or fewer hidden units"
    )]
    Memory {
        /// Purpose of the memory.
        what: &'static str,
        /// Bytes needed.
        bytes: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Bytes that are not a valid safetensors file.
    #[error("not a safetensors file: {0}")]
    Safetensors(#[from] safetensors::SafeTensorError),
    /// A tensor of a weights file is missing, unknown or invalid.
    #[error("tensor {name} of the weights file: {problem}")]
    Tensor {
        /// The tensor's name.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// No accelerator is available.
    #[error("no GPU can be used: {why}")]
    NoAccelerator {
        /// Why not.
        why: String,
    },
    /// The accelerator failed.
    #[error("{name} failed: {problem}")]
    Accelerator {
        /// The accelerator's name.
        name: String,
        /// What it reported.
        problem: String,
    },
    /// The threads could not be started.
    #[error("cannot start {threads} threads: {source}")]
    Threads {
        /// Requested threads.
        threads: usize,
        /// Why not.
        source: rayon::ThreadPoolBuildError,
    },
}

/// A quantity that must be finite during training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// The loss of a batch; the network is unchanged.
    Loss,
    /// The gradient of a batch; the network is unchanged.
    Gradient,
    /// A parameter after the update; the network is unusable.
    Parameter,
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Loss => "the loss",
            Self::Gradient => "the gradient",
            Self::Parameter => "a parameter",
        })
    }
}
