//! Names of models.

/// Returns whether a model name is valid: 1 to 64 letters, digits and `. - _ ^ =`, not starting with `.` or `-`.
#[must_use]
pub fn is_model_name(name: &str) -> bool {
    closecast_domain::ModelName::is_valid(name)
}
