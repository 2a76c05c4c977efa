//! The ten largest companies of B3 by name.

use crate::{Symbol, SymbolError};

/// A company of B3 with its most traded share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct B3Company {
    /// Usual name.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// Symbol of the share, as Yahoo Finance writes it.
    pub ticker: &'static str,
}

/// The ten largest by market value in 2025, by name.
pub const B3_COMPANIES: [B3Company; 10] = [
    B3Company { name: "Ambev", aliases: &["Ambev S.A.", "Companhia de Bebidas das Américas"], ticker: "ABEV3.SA" },
    B3Company { name: "Banco do Brasil", aliases: &["BB"], ticker: "BBAS3.SA" },
    B3Company { name: "Bradesco", aliases: &["Banco Bradesco"], ticker: "BBDC4.SA" },
    B3Company { name: "BTG Pactual", aliases: &["BTG", "Banco BTG Pactual"], ticker: "BPAC11.SA" },
    B3Company { name: "Itaú Unibanco", aliases: &["Itaú", "Banco Itaú"], ticker: "ITUB4.SA" },
    B3Company { name: "Itaúsa", aliases: &["Itaúsa S.A."], ticker: "ITSA4.SA" },
    B3Company { name: "Petrobras", aliases: &["Petróleo Brasileiro"], ticker: "PETR4.SA" },
    B3Company { name: "Santander Brasil", aliases: &["Santander", "Banco Santander"], ticker: "SANB11.SA" },
    B3Company { name: "Vale", aliases: &["Vale S.A.", "Vale do Rio Doce"], ticker: "VALE3.SA" },
    B3Company { name: "WEG", aliases: &["WEG S.A."], ticker: "WEGE3.SA" },
];

impl B3Company {
    /// Returns the company with the name, alias or symbol `text` (with or without `.SA`). Case, accents, blanks and
    /// punctuation are ignored.
    ///
    /// ```
    /// use closecast_domain::B3Company;
    /// assert_eq!(B3Company::named("itau unibanco").map(|company| company.ticker), Some("ITUB4.SA"));
    /// assert_eq!(B3Company::named("petr4").map(|company| company.name), Some("Petrobras"));
    /// ```
    #[must_use]
    pub fn named(text: &str) -> Option<&'static Self> {
        let wanted = key(text);
        B3_COMPANIES.iter().find(|company| {
            let ticker = company.ticker.trim_end_matches(".SA");
            let names = [company.name, company.ticker, ticker].into_iter().chain(company.aliases.iter().copied());
            !wanted.is_empty() && names.into_iter().any(|name| key(name) == wanted)
        })
    }

    /// Returns the symbol of the share.
    ///
    /// # Errors
    /// [`SymbolError`] for none of [`B3_COMPANIES`].
    pub fn symbol(&self) -> Result<Symbol, SymbolError> {
        Symbol::new(self.ticker)
    }
}

/// Returns the letters and digits of a name in lower case, without Portuguese accents.
fn key(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(plain).filter(char::is_ascii_alphanumeric).collect()
}

fn plain(letter: char) -> char {
    match letter {
        'á' | 'à' | 'â' | 'ã' | 'ä' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::Exchange;

    #[test]
    fn named_ignores_case_accents_and_punctuation() {
        for (text, ticker) in [
            ("Petrobras", "PETR4.SA"),
            ("  PETROBRÁS ", "PETR4.SA"),
            ("itau", "ITUB4.SA"),
            ("ITAÚ UNIBANCO", "ITUB4.SA"),
            // A combining accent, as some systems send it.
            ("Itau\u{301}sa", "ITSA4.SA"),
            ("banco-do-brasil", "BBAS3.SA"),
            ("vale3.sa", "VALE3.SA"),
            ("WEGE3", "WEGE3.SA"),
        ] {
            assert_eq!(B3Company::named(text).map(|company| company.ticker), Some(ticker), "{text}");
        }
        for text in ["", " . ", "Apple", "AAPL", "Petro", "\0"] {
            assert_eq!(B3Company::named(text), None, "{text:?}");
        }
    }

    #[test]
    fn names_are_unique_and_all_companies_trade_at_b3() {
        let mut seen = BTreeSet::new();
        for company in &B3_COMPANIES {
            assert_eq!(Exchange::of(&company.symbol().unwrap()), Exchange::B3);
            let names = [company.name, company.ticker].into_iter().chain(company.aliases.iter().copied());
            for name in names.map(key).collect::<BTreeSet<_>>() {
                assert!(seen.insert(name.clone()), "{name}");
            }
        }
    }
}
