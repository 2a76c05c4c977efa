//! Names of models.

/// Returns whether a model can have that name: 1 to 64 letters, digits and `. - _ ^ =`, of which `.` and `-` do not come first.
#[must_use]
pub fn is_model_name(name: &str) -> bool {
    closecast_domain::ModelName::is_valid(name)
}
