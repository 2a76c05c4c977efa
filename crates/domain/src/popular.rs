//! Companies that many look for, by the names that people know them by.

use crate::Symbol;

/// A company that many look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Popular {
    symbol: &'static str,
    /// Name of the company.
    pub name: &'static str,
}

impl Popular {
    /// Returns the symbol, or `None` if the table has a text that is none; a test sees to it that it has not.
    #[must_use]
    pub fn symbol(&self) -> Option<Symbol> {
        Symbol::new(self.symbol).ok()
    }
}

/// Returns all of them: those of the United States first, then those of B3.
pub fn popular() -> impl Iterator<Item = Popular> {
    UNITED_STATES.into_iter().chain(B3).map(|(symbol, name)| Popular { symbol, name })
}

const UNITED_STATES: [(&str, &str); 20] = [
    ("AAPL", "Apple"),
    ("GOOGL", "Alphabet"),
    ("MSFT", "Microsoft"),
    ("AMZN", "Amazon"),
    ("META", "Meta Platforms"),
    ("NVDA", "NVIDIA"),
    ("TSLA", "Tesla"),
    ("JPM", "JPMorgan Chase"),
    ("V", "Visa"),
    ("BRK-B", "Berkshire Hathaway"),
    ("AVGO", "Broadcom"),
    ("LLY", "Eli Lilly"),
    ("WMT", "Walmart"),
    ("MA", "Mastercard"),
    ("XOM", "Exxon Mobil"),
    ("JNJ", "Johnson & Johnson"),
    ("COST", "Costco Wholesale"),
    ("NFLX", "Netflix"),
    ("KO", "Coca-Cola"),
    ("DIS", "Walt Disney"),
];

/// The ten largest companies of B3.
const B3: [(&str, &str); 10] = [
    ("PETR4.SA", "Petrobras"),
    ("ITUB4.SA", "Itaú Unibanco"),
    ("VALE3.SA", "Vale"),
    ("BPAC11.SA", "BTG Pactual"),
    ("ABEV3.SA", "Ambev"),
    ("WEGE3.SA", "WEG"),
    ("BBAS3.SA", "Banco do Brasil"),
    ("BBDC4.SA", "Bradesco"),
    ("ITSA4.SA", "Itaúsa"),
    ("SANB11.SA", "Santander Brasil"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::Exchange;

    #[test]
    fn every_entry_is_a_symbol_of_its_exchange_and_stands_there_once() {
        let symbols: Vec<Symbol> = popular().map(|company| company.symbol().unwrap()).collect();
        assert_eq!(symbols.iter().collect::<BTreeSet<_>>().len(), symbols.len());
        assert_eq!(symbols.iter().filter(|symbol| Exchange::of(symbol) == Exchange::B3).count(), 10);
        assert!(symbols.iter().all(|symbol| matches!(Exchange::of(symbol), Exchange::UnitedStates | Exchange::B3)));
        assert!(popular().all(|company| !company.name.is_empty()));
    }
}
