//! What can go wrong in the engine.

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
        /// What it may be.
        allowed: String,
    },
    /// Two lengths that belong together differ.
    #[error("{what} has length {found}, but {expected} is needed ({why})")]
    Length {
        /// The slice in question.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length it must have.
        expected: usize,
        /// Where that number comes from.
        why: &'static str,
    },
    /// A window would begin before the first row or end after the last.
    #[error("a window of {lookback} rows cannot end at row {origin}: origins may lie in {first}..={last}")]
    Origin {
        /// The row asked for.
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
        /// What is not finite.
        quantity: Quantity,
        /// The offending value.
        value: f64,
        /// The training step, counted from 0.
        step: u64,
        /// The gradient norm of the last step that was finite, before clipping; 0 if there was none.
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
        /// Which of its elements.
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
    /// The working memory would be unreasonable.
    #[error(
        "the working memory for {what} would be {bytes} bytes, more than {limit}: \
         use a shorter window, a smaller batch or fewer hidden units"
    )]
    Memory {
        /// What it is for.
        what: &'static str,
        /// Bytes needed.
        bytes: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Bytes that should be a safetensors file are not one.
    #[error("not a safetensors file: {0}")]
    Safetensors(#[from] safetensors::SafeTensorError),
    /// A tensor of a weights file is missing, unknown, or not as it should be.
    #[error("tensor {name} of the weights file: {problem}")]
    Tensor {
        /// The tensor's name.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// There is no accelerator to run on.
    #[error("no GPU can be used: {why}")]
    NoAccelerator {
        /// Why not.
        why: String,
    },
    /// The accelerator failed at its work.
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
        /// Threads asked for.
        threads: usize,
        /// Why not.
        source: rayon::ThreadPoolBuildError,
    },
}

/// A quantity that must stay finite during training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// The loss of a batch; the network is unchanged.
    Loss,
    /// The gradient of a batch; the network is unchanged.
    Gradient,
    /// A parameter after the update; the network is spoilt.
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
