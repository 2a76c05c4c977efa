//! Names of models in the registry: `BASE`, `AAPL`, `PETR4.SA`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Maximum length of a model name.
pub const MAX_MODEL_NAME_LENGTH: usize = 64;

/// Regular expression of a model name. Every [`Symbol`](crate::Symbol) is a valid model name.
pub const MODEL_NAME_PATTERN: &str = "^[A-Za-z0-9_^=][A-Za-z0-9._^=-]{0,63}$";

/// A model name: 1 to 64 characters of `A–Z a–z 0–9 . - _ ^ =`, not starting with `.` or `-`.
///
/// ```
/// use closecast_domain::ModelName;
/// assert_eq!("BASE".parse::<ModelName>()?.as_str(), "BASE");
/// assert!("../BASE".parse::<ModelName>().is_err());
/// # Ok::<(), closecast_domain::ModelNameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelName(String);

/// The text is not a valid model name. It is not repeated, since it may be long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a model name has 1 to 64 characters: letters, digits and . - _ ^ =, not starting with . or -; such as BASE")]
pub struct ModelNameError;

impl ModelName {
    /// Returns whether `text` is a valid model name, which is when it matches [`MODEL_NAME_PATTERN`].
    #[must_use]
    pub fn is_valid(text: &str) -> bool {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '^' | '=');
        (1..=MAX_MODEL_NAME_LENGTH).contains(&text.len()) && text.chars().all(allowed) && !text.starts_with(['.', '-'])
    }

    /// Returns the model name `text`.
    ///
    /// # Errors
    /// [`ModelNameError`] when the text is not a valid name.
    pub fn new(text: &str) -> Result<Self, ModelNameError> {
        if Self::is_valid(text) { Ok(Self(text.to_owned())) } else { Err(ModelNameError) }
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for ModelName {
    type Err = ModelNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl TryFrom<String> for ModelName {
    type Error = ModelNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(&text)
    }
}

impl From<ModelName> for String {
    fn from(name: ModelName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn new_rejects_other_characters_and_lengths() {
        for text in ["", ".A", "-A", "A B", "A/B", "é", "A\0", &"A".repeat(65)] {
            assert_eq!(ModelName::new(text), Err(ModelNameError), "{text:?}");
        }
        assert!(ModelName::is_valid(&"A".repeat(64)));
    }

    proptest! {
        #[test]
        fn texts_that_match_the_pattern_are_valid(text in MODEL_NAME_PATTERN.trim_matches(['^', '$'])) {
            prop_assert!(ModelName::is_valid(&text), "{text}");
        }
    }
}
