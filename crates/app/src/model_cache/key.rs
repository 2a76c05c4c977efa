//! The key of a loaded model.

/// One version of a model. Versions never change, so neither does what is kept under a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModelKey {
    /// Name of the model.
    pub name: String,
    /// SHA-256 of the artifact.
    pub sha256: String,
}
