//! Ticker symbols as Yahoo Finance writes them: `AAPL`, `BRK-B`, `PETR4.SA`, `^GSPC`, `EURUSD=X`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Maximum length of a symbol. The longest in use have about 20 characters.
pub const MAX_SYMBOL_LENGTH: usize = 24;

/// Regular expression of a symbol in any case, up to its length.
pub const SYMBOL_PATTERN: &str = r"^(?=.*[A-Za-z0-9])[A-Za-z0-9^=_][A-Za-z0-9^=_-]*(\.[A-Za-z0-9^=_-]+)*$";

/// A ticker symbol: 1 to 24 characters of `A–Z 0–9 . - ^ = _`, upper case, with at least one letter or digit.
///
/// A symbol becomes part of URLs and file names, so anything that could change the meaning of a path (`/`, `\`, `..`, a
/// leading dot) is rejected here, once, for every entry point.
///
/// ```
/// use closecast_domain::Symbol;
/// assert_eq!("petr4.sa".parse::<Symbol>()?.as_str(), "PETR4.SA");
/// assert!("../etc/passwd".parse::<Symbol>().is_err());
/// # Ok::<(), closecast_domain::SymbolError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Symbol(String);

/// Why a text is not a valid symbol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SymbolError {
    /// Empty or white space.
    #[error("the symbol is empty: give one such as AAPL or PETR4.SA")]
    Empty,
    /// More than [`MAX_SYMBOL_LENGTH`] characters.
    #[error("the symbol has {length} characters, at most {MAX_SYMBOL_LENGTH} are allowed")]
    TooLong {
        /// Number of characters given.
        length: usize,
    },
    /// An invalid character, or punctuation only.
    #[error("the symbol {symbol:?} is not valid: letters, digits and . - ^ = _ are allowed, such as AAPL or PETR4.SA")]
    Invalid {
        /// The text, shortened.
        symbol: String,
    },
}

impl Symbol {
    /// Returns the symbol of `text`, trimmed and in upper case.
    ///
    /// # Errors
    /// [`SymbolError`] when the text is empty, too long, or contains another character than `A–Z 0–9 . - ^ = _`.
    pub fn new(text: &str) -> Result<Self, SymbolError> {
        let trimmed = text.trim();
        let length = trimmed.chars().count();
        if length == 0 {
            return Err(SymbolError::Empty);
        }
        if length > MAX_SYMBOL_LENGTH {
            return Err(SymbolError::TooLong { length });
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '^' | '=' | '_');
        let named = trimmed.chars().any(|c| c.is_ascii_alphanumeric());
        let path_like = trimmed.starts_with(['.', '-']) || trimmed.ends_with('.') || trimmed.contains("..");
        if !trimmed.chars().all(allowed) || !named || path_like {
            return Err(SymbolError::Invalid { symbol: trimmed.to_owned() });
        }
        Ok(Self(trimmed.to_ascii_uppercase()))
    }

    /// Returns the symbol as text, for example `PETR4.SA`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Symbol {
    type Err = SymbolError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl TryFrom<String> for Symbol {
    type Error = SymbolError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(&text)
    }
}

impl From<Symbol> for String {
    fn from(symbol: Symbol) -> Self {
        symbol.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_accepts_symbols_of_all_markets() {
        for text in ["AAPL", "BRK-B", "PETR4.SA", "^GSPC", "EURUSD=X", "BTC-USD", "0P000071W8.TO", "4063.T", "M_X"] {
            assert_eq!(Symbol::new(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn new_trims_and_upper_cases() {
        assert_eq!(Symbol::new("  aapl \n").unwrap().as_str(), "AAPL");
    }

    #[test]
    fn new_rejects_path_and_option_characters() {
        for text in
            ["", "  ", "..", ".", "A/B", "A\\B", "A..B", ".A", "A.", "-rf", "A B", "A\0", "ação", "^", &"A".repeat(25)]
        {
            assert!(Symbol::new(text).is_err(), "{text:?} must be refused");
        }
    }
}
