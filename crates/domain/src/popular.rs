//! Well-known companies by name.

use crate::{B3_COMPANIES, Symbol};

/// A well-known company.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Popular {
    symbol: &'static str,
    /// Name of the company.
    pub name: &'static str,
}

impl Popular {
    /// Returns the symbol; `None` for an invalid entry of the table, which a test excludes.
    #[must_use]
    pub fn symbol(&self) -> Option<Symbol> {
        Symbol::new(self.symbol).ok()
    }
}

/// Returns all companies: first those of the United States, then those of B3.
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
    fn popular_companies_have_valid_unique_symbols() {
        let symbols: Vec<Symbol> = popular().map(|company| company.symbol().unwrap()).collect();
        assert_eq!(symbols.iter().collect::<BTreeSet<_>>().len(), symbols.len());
        assert_eq!(symbols.iter().filter(|symbol| Exchange::of(symbol) == Exchange::B3).count(), 10);
        assert!(symbols.iter().all(|symbol| matches!(Exchange::of(symbol), Exchange::UnitedStates | Exchange::B3)));
        assert!(popular().all(|company| !company.name.is_empty()));
    }
}
