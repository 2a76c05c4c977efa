//! The exchange of a symbol.

use serde::{Deserialize, Serialize};

use crate::Symbol;

/// Exchange of a symbol, as far as its calendar is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exchange {
    /// NYSE and Nasdaq, which share their holidays. Symbols without a suffix, and US indices.
    UnitedStates,
    /// B3, São Paulo. Symbols that end in `.SA`, and `^BVSP`.
    B3,
    /// Any other exchange, currencies and futures: Monday to Friday, holidays unknown.
    Weekdays,
    /// Cryptocurrencies: every day.
    EveryDay,
}

/// US indices in Yahoo's spelling. Any other `^` counts as foreign: a calendar with unknown holidays misses defects,
/// one with wrong holidays invents them.
const US_INDICES: [&str; 16] = [
    "^GSPC", "^SPX", "^DJI", "^DJT", "^DJU", "^IXIC", "^NDX", "^NYA", "^XAX", "^RUT", "^RUI", "^RUA", "^OEX", "^VIX",
    "^SOX", "^SP500TR",
];

/// Quote currencies of cryptocurrency pairs (`BTC-USD`). Share classes have one or two letters (`BRK-B`).
const CRYPTO_QUOTES: [&str; 8] = ["USD", "USDT", "USDC", "EUR", "GBP", "BRL", "BTC", "ETH"];

impl Exchange {
    /// Returns the exchange that the form of the symbol implies.
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
    fn exchange_follows_from_form_of_symbol() {
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
