//! Which exchange a symbol trades on.

use serde::{Deserialize, Serialize};

use crate::Symbol;

/// Where a symbol trades, as far as its calendar is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exchange {
    /// NYSE and Nasdaq, which keep the same holidays. Symbols without a suffix, and the US indices.
    UnitedStates,
    /// B3, São Paulo. Symbols that end in `.SA`, and `^BVSP`.
    B3,
    /// Any other exchange, currencies and futures: Monday to Friday, holidays unknown.
    Weekdays,
    /// Crypto-currencies: every day.
    EveryDay,
}

/// Indices of the US markets, as Yahoo names them. Any other `^` is taken for a foreign one, since a calendar whose
/// holidays are unknown misses something, while one with the wrong holidays invents something.
const US_INDICES: [&str; 16] = [
    "^GSPC", "^SPX", "^DJI", "^DJT", "^DJU", "^IXIC", "^NDX", "^NYA", "^XAX", "^RUT", "^RUI", "^RUA", "^OEX", "^VIX",
    "^SOX", "^SP500TR",
];

/// What follows the hyphen in a pair of crypto-currencies (`BTC-USD`). Share classes have one or two letters (`BRK-B`).
const CRYPTO_QUOTES: [&str; 8] = ["USD", "USDT", "USDC", "EUR", "GBP", "BRL", "BTC", "ETH"];

impl Exchange {
    /// Returns the exchange that the form of the symbol tells.
    ///
    /// ```
    /// use closecast_domain::{Exchange, Symbol};
    /// let exchange = |text: &str| Symbol::new(text).map(|symbol| Exchange::of(&symbol));
    /// assert_eq!(exchange("AAPL")?, Exchange::UnitedStates);
    /// assert_eq!(exchange("PETR4.SA")?, Exchange::B3);
    /// assert_eq!(exchange("BTC-USD")?, Exchange::EveryDay);
    /// assert_eq!(exchange("7203.T")?, Exchange::Weekdays);
    /// # Ok::<(), closecast_domain::SymbolError>(())
    /// ```
    #[must_use]
    pub fn of(symbol: &Symbol) -> Self {
        let text = symbol.as_str();
        let quote = text.rsplit_once('-').map_or("", |(_, quote)| quote);
        if text.ends_with(".SA") || text == "^BVSP" {
            Self::B3
        } else if CRYPTO_QUOTES.contains(&quote) {
            Self::EveryDay
        } else if text.contains(['.', '=']) || (text.starts_with('^') && !US_INDICES.contains(&text)) {
            Self::Weekdays
        } else {
            Self::UnitedStates
        }
    }

    /// Returns the IANA name of the exchange's time zone; UTC where it is unknown.
    #[must_use]
    pub fn time_zone(self) -> &'static str {
        match self {
            Self::UnitedStates => "America/New_York",
            Self::B3 => "America/Sao_Paulo",
            Self::Weekdays | Self::EveryDay => "UTC",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_a_symbol_tells_its_exchange() {
        let cases = [
            (Exchange::UnitedStates, &["AAPL", "BRK-B", "BAC-PL", "^GSPC", "^VIX"][..]),
            (Exchange::B3, &["PETR4.SA", "BOVA11.SA", "^BVSP"]),
            (Exchange::Weekdays, &["4063.T", "8TRA.DE", "EURUSD=X", "ES=F", "^N225", "^FTSE"]),
            (Exchange::EveryDay, &["BTC-USD", "ETH-EUR", "ETH-BTC"]),
        ];
        for (exchange, symbols) in cases {
            for text in symbols {
                assert_eq!(Exchange::of(&Symbol::new(text).unwrap()), exchange, "{text}");
            }
        }
    }
}
