//! Companies that many look for, by the names that people know them by.

use crate::{B3_COMPANIES, Symbol};

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
    let brazil = B3_COMPANIES.iter().map(|company| (company.ticker, company.name));
    UNITED_STATES.into_iter().chain(brazil).map(|(symbol, name)| Popular { symbol, name })
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
