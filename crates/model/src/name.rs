//! Names of models.

/// Returns whether a model name is valid: 1 to 64 letters, digits and `. - _ ^ =`, not starting with `.` or `-`.
#[must_use]
pub fn is_model_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '^' | '=');
    !name.is_empty() && name.len() <= 64 && name.chars().all(allowed) && !name.starts_with(['.', '-'])
}
