//! Matches header labels by meaning: case, accents, punctuation and language differ from source to source.

use closecast_domain::Symbol;

use super::synonyms::{Field, SYNONYMS};

/// Maximum length of a label in bytes: the longest synonym with a symbol and decoration. A line split at the wrong
/// separator is one cell of many words; searching each for a symbol would take quadratic time.
const MAX_LABEL_BYTES: usize = 120;

/// Currencies that follow the field in headers.
const CURRENCIES: [&str; 6] = [" usd", " brl", " eur", " gbp", " jpy", " cad"];

/// Returns the field of a label and its rank among the synonyms of that field, 0 being the plainest.
pub(super) fn field_of(label: &str) -> Option<(Field, usize)> {
    if label.len() > MAX_LABEL_BYTES {
        return None;
    }
    let normal = normalise(label);
    SYNONYMS.iter().find_map(|(field, texts)| {
        let rank = texts.iter().position(|text| *text == normal)?;
        Some((*field, rank))
    })
}

/// Returns field, rank and symbol of a label such as `AAPL.Open`, `Adj Close_AAPL` or `('Close', 'AAPL')`.
pub(super) fn field_and_symbol_of(label: &str) -> Option<(Field, usize, Symbol)> {
    if label.len() > MAX_LABEL_BYTES || field_of(label).is_some() {
        return None;
    }
    let bare: String = label.chars().filter(|c| !matches!(c, '(' | ')' | '\'' | '"')).collect();
    let separators = bare.char_indices().filter(|(_, c)| matches!(c, '.' | '_' | ' ' | ',' | '|'));
    for (at, c) in separators {
        let (left, right) = (&bare[..at], &bare[at + c.len_utf8()..]);
        for (field, symbol, in_front) in [(left, right, false), (right, left, true)] {
            let (Some((field, rank)), Some(symbol)) = (field_of(field), symbol_of(symbol)) else { continue };
            // quantmod's LOW.Open is the open of Lowe's.
            let is_symbol = field_of(symbol.as_str()).is_none() || (in_front && c == '.');
            if is_symbol && !matches!(field, Field::Date | Field::Symbol | Field::Other | Field::Change) {
                return Some((field, rank, symbol));
            }
        }
    }
    None
}

/// Returns the symbol in Yahoo's spelling: `aapl.us` (Stooq) is `AAPL`, `BRK.B` and `BRK/B` are `BRK-B`.
pub(super) fn symbol_of(text: &str) -> Option<Symbol> {
    let text = text.trim().to_ascii_uppercase();
    let text = text.strip_suffix(".US").unwrap_or(&text);
    // Yahoo has no exchange suffix A or B: these are share classes.
    let share_class = ["/A", "/B", ".A", ".B"].iter().find(|class| text.ends_with(*class));
    match share_class {
        Some(class) => Symbol::new(&format!("{}-{}", &text[..text.len() - 2], &class[1..])).ok(),
        None => Symbol::new(text).ok(),
    }
}

/// Returns `label` in lower case, without accents, with every run of other characters than letters as one space, and
/// without leading (`1. open`) or trailing numbers (`Unnamed: 0`).
fn normalise(label: &str) -> String {
    let mut normal = String::with_capacity(label.len());
    for c in label.chars().flat_map(char::to_lowercase).map(without_accent) {
        if c.is_alphabetic() {
            normal.push(c);
        } else if !normal.is_empty() && !normal.ends_with(' ') {
            normal.push(' ');
        }
    }
    normal.truncate(normal.trim_end().len());
    // `Close (USD)`: a currency, not a symbol.
    if let Some(start) = CURRENCIES.iter().find_map(|code| normal.strip_suffix(code)).map(str::len) {
        normal.truncate(start);
    }
    normal
}

fn without_accent(c: char) -> char {
    match c {
        'á' | 'à' | 'â' | 'ã' | 'ä' | 'ą' => 'a',
        'ç' | 'ć' => 'c',
        'é' | 'è' | 'ê' | 'ë' | 'ę' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' => 'n',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' => 'o',
        'ś' => 's',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ź' | 'ż' => 'z',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_of_recognises_common_headers() {
        let field = |label| field_of(label).map(|(field, _)| field);
        for (label, expected) in [
            ("Adj Close", Field::AdjClose),
            ("adj_close", Field::AdjClose),
            ("<CLOSE>", Field::Close),
            ("Close/Last", Field::Close),
            ("Último", Field::Close),
            ("Máxima", Field::High),
            ("Najwyższy", Field::High),
            ("1. open", Field::Open),
            ("Vol.", Field::Volume),
            ("Var%", Field::Change),
            ("Change %", Field::Change),
            ("split_coefficient", Field::Split),
            ("Repaired?", Field::Other),
            ("Unnamed: 0", Field::Other),
            ("Close (USD)", Field::Close),
        ] {
            assert_eq!(field(label), Some(expected), "{label}");
        }
        assert_eq!(field("direction"), None);
        assert_eq!(field(""), None);
    }

    #[test]
    fn field_and_symbol_of_splits_headers() {
        for (label, expected, symbol) in [
            ("AAPL.Open", Field::Open, "AAPL"),
            ("AAPL.Adjusted", Field::AdjClose, "AAPL"),
            ("LOW.Open", Field::Open, "LOW"),
            ("PETR4.SA.Close", Field::Close, "PETR4.SA"),
            ("Adj Close_BRK-B", Field::AdjClose, "BRK-B"),
            ("('Adj Close', 'MSFT')", Field::AdjClose, "MSFT"),
            ("Volume ^GSPC", Field::Volume, "^GSPC"),
        ] {
            let (field, _, found) = field_and_symbol_of(label).unwrap_or_else(|| panic!("{label}"));
            assert_eq!((field, found.as_str()), (expected, symbol), "{label}");
        }
        for label in ["Open Interest", "mavg", "Adj. High", "Date.x", "", "._,"] {
            assert_eq!(field_and_symbol_of(label), None, "{label}");
        }
    }

    #[test]
    fn symbol_of_uses_yahoo_spelling() {
        for (text, symbol) in
            [("aapl.us", "AAPL"), ("BRK.B", "BRK-B"), ("BF/B", "BF-B"), ("VOD.L", "VOD.L"), ("petr4.sa", "PETR4.SA")]
        {
            assert_eq!(symbol_of(text).unwrap().as_str(), symbol);
        }
        assert_eq!(symbol_of("Apple Inc."), None);
    }
}
