//! Open Inference Protocol, version 2, with the extension for binary tensors: requests from bytes, answers to bytes. What the numbers
//! mean is not known here but for their names.

pub mod batch;
pub mod request;
pub mod response;
pub mod tensor;

use std::fmt;

/// What is wrong with a request, with the tensor or field named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OipError(pub String);

impl fmt::Display for OipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns an error of that text.
pub fn wrong<T>(text: impl Into<String>) -> Result<T, OipError> {
    Err(OipError(text.into()))
}
