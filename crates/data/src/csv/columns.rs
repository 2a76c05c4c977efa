//! Maps the header of a file to columns.

use closecast_domain::Symbol;

use super::{
    date::DateAndTime,
    label::{field_and_symbol_of, field_of, symbol_of},
    synonyms::Field,
};
use crate::import::{ImportError, excerpt};

/// Where a file names its symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SymbolSource {
    /// Nowhere.
    Nowhere,
    /// In a column: long form.
    Column,
    /// In a separate header line: yfinance's `Ticker` line.
    HeaderRow,
    /// In each label: `AAPL.Open`.
    EachLabel,
}

/// The columns of one symbol.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Group {
    pub(super) symbol: Option<Symbol>,
    pub(super) open: Option<usize>,
    pub(super) high: Option<usize>,
    pub(super) low: Option<usize>,
    pub(super) close: Option<usize>,
    pub(super) adj_close: Option<usize>,
    pub(super) volume: Option<usize>,
    pub(super) dividend: Option<usize>,
    pub(super) split: Option<usize>,
}

impl Group {
    /// Returns the price columns.
    pub(super) fn prices(&self) -> impl Iterator<Item = usize> {
        [self.open, self.high, self.low, self.close, self.adj_close].into_iter().flatten()
    }

    fn all(&self) -> impl Iterator<Item = usize> {
        self.prices().chain([self.volume, self.dividend, self.split].into_iter().flatten())
    }

    fn slot(&mut self, field: Field) -> Option<&mut Option<usize>> {
        match field {
            Field::Open => Some(&mut self.open),
            Field::High => Some(&mut self.high),
            Field::Low => Some(&mut self.low),
            Field::Close => Some(&mut self.close),
            Field::AdjClose => Some(&mut self.adj_close),
            Field::Volume => Some(&mut self.volume),
            Field::Dividend => Some(&mut self.dividend),
            Field::Split => Some(&mut self.split),
            Field::Date | Field::Symbol | Field::Change | Field::Other => None,
        }
    }
}

/// Meaning of each column. A file with several symbols side by side has several groups.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    pub(super) date: usize,
    pub(super) symbol: Option<usize>,
    pub(super) groups: Vec<Group>,
    pub(super) symbols: SymbolSource,
    header: Vec<String>,
    fields: Vec<Option<Field>>,
}

/// Field of a label, rank among synonyms, and symbol.
type Meaning = Option<(Field, usize, Option<Symbol>)>;

impl Columns {
    /// Returns the columns of `header`. `others` are the surrounding header lines, `first_row` is the first row.
    pub(super) fn new(
        mut header: Vec<String>,
        mut others: Vec<Vec<String>>,
        first_row: &[String],
    ) -> Result<Self, ImportError> {
        if lacks_index_label(&header, first_row) {
            header.insert(0, String::new());
            others.iter_mut().for_each(|row| row.insert(0, String::new()));
        }
        let mut meanings: Vec<Meaning> = header.iter().map(|label| meaning_of(label)).collect();
        let date = date_column(&header, &meanings, &others, first_row)
            .ok_or_else(|| ImportError::MissingColumn { missing: "date", header: excerpt(&header.join(",")) })?;
        if let Some(meaning) = meanings.get_mut(date) {
            *meaning = None;
        }
        let symbol = symbol_column(&meanings, first_row);
        let tickers = others.iter().find_map(|row| tickers_of(row, date));
        let symbols = match (symbol, &tickers) {
            (Some(_), _) => SymbolSource::Column,
            (None, Some(_)) => SymbolSource::HeaderRow,
            (None, None) if meanings.iter().flatten().any(|(.., symbol)| symbol.is_some()) => SymbolSource::EachLabel,
            (None, None) => SymbolSource::Nowhere,
        };
        if let Some(tickers) = tickers.filter(|_| symbols == SymbolSource::HeaderRow) {
            for (meaning, ticker) in meanings.iter_mut().zip(tickers) {
                if let Some((_, _, symbol)) = meaning {
                    *symbol = ticker;
                }
            }
        }
        let groups: Vec<Group> =
            groups_of(&meanings).into_iter().filter(|group| group.close.or(group.adj_close).is_some()).collect();
        if groups.is_empty() {
            return Err(ImportError::MissingColumn { missing: "closing price", header: excerpt(&header.join(",")) });
        }
        let fields = meanings.iter().map(|meaning| meaning.as_ref().map(|(field, ..)| *field)).collect();
        Ok(Self { date, symbol, groups, symbols, header, fields })
    }

    /// Returns whether any column has this field.
    pub(super) fn has(&self, field: Field) -> bool {
        self.fields.contains(&Some(field))
    }

    /// Returns the labels of the header line.
    pub(super) fn labels(&self) -> impl Iterator<Item = &str> {
        self.header.iter().map(String::as_str)
    }

    /// Returns the label of a column.
    pub(super) fn label(&self, column: usize) -> &str {
        self.header.get(column).map_or("", String::as_str)
    }

    /// Returns the label of a column for a message: shortened, without control characters.
    pub(super) fn shown(&self, column: usize) -> String {
        excerpt(&self.label(column).replace(char::is_control, "\u{fffd}"))
    }

    /// Returns whether the symbol precedes the date.
    pub(super) fn symbol_first(&self) -> bool {
        self.symbol.is_some_and(|symbol| symbol < self.date)
    }

    /// Returns the number of labels.
    pub(super) fn width(&self) -> usize {
        self.header.len()
    }

    /// Returns whether a row of `cells` has every required column, and nothing after the last label.
    pub(super) fn fit(&self, cells: &[String]) -> bool {
        let last_read = self.groups.iter().flat_map(Group::all).chain(self.symbol).fold(self.date, usize::max);
        cells.len() > last_read && cells.iter().skip(self.width()).all(String::is_empty)
    }

    /// Returns the labels without a known field, for a message.
    pub(super) fn unknown_labels(&self) -> Vec<String> {
        let unknown =
            |column: usize| self.fields[column].is_none() && column != self.date && !self.header[column].is_empty();
        (0..self.width()).filter(|&column| unknown(column)).map(|column| self.shown(column)).collect()
    }
}

/// R's `write.table` writes no label above the row names, so the header is one cell short.
fn lacks_index_label(header: &[String], first_row: &[String]) -> bool {
    let first = first_row.first().map_or("", String::as_str);
    let index = DateAndTime::parse(first).is_some() || first.parse::<u64>().is_ok();
    header.len() + 1 == first_row.len() && index && first_row.last().is_some_and(|cell| !cell.is_empty())
}

fn meaning_of(label: &str) -> Meaning {
    let plain = field_of(label).map(|(field, rank)| (field, rank, None));
    plain.or_else(|| field_and_symbol_of(label).map(|(field, rank, symbol)| (field, rank, Some(symbol))))
}

/// Returns the column that holds dates and whose label in any header line means a date, or is blank as pandas writes
/// it.
fn date_column(header: &[String], meanings: &[Meaning], others: &[Vec<String>], first_row: &[String]) -> Option<usize> {
    let holds_date = |column: &usize| first_row.get(*column).is_some_and(|cell| DateAndTime::parse(cell).is_some());
    let labelled = |column: usize| {
        let above = meanings[column].as_ref().filter(|(field, ..)| *field == Field::Date).map(|(_, rank, _)| *rank);
        let beside =
            || others.iter().filter_map(|row| field_of(row.get(column)?)).find(|(field, _)| *field == Field::Date);
        above.or_else(|| beside().map(|(_, rank)| rank))
    };
    let by_label = (0..header.len()).filter(holds_date).filter_map(|column| Some((labelled(column)?, column))).min();
    let unlabelled = |column: &usize| {
        matches!(meanings[*column], None | Some((Field::Other | Field::Symbol, ..))) || header[*column] == "Price"
    };
    by_label.map(|(_, column)| column).or_else(|| (0..header.len()).filter(holds_date).find(unlabelled))
}

/// Returns the symbol column. A column called `Name` may hold company names; it counts only if its first cell is a
/// valid symbol.
fn symbol_column(meanings: &[Meaning], first_row: &[String]) -> Option<usize> {
    let candidates = meanings.iter().enumerate().filter_map(|(column, meaning)| match meaning {
        Some((Field::Symbol, rank, _)) => Some((*rank, column)),
        _ => None,
    });
    let holds_symbol = |column: usize| first_row.get(column).is_some_and(|cell| symbol_of(cell).is_some());
    candidates.filter(|&(_, column)| holds_symbol(column)).min().map(|(_, column)| column)
}

/// Returns the symbols of a header line, one per column, if it contains nothing else.
fn tickers_of(row: &[String], date: usize) -> Option<Vec<Option<Symbol>>> {
    let symbols: Vec<_> =
        row.iter().enumerate().map(|(i, cell)| (i != date).then(|| symbol_of(cell)).flatten()).collect();
    let all_blank_or_symbols = row
        .iter()
        .zip(&symbols)
        .enumerate()
        .all(|(i, (cell, symbol))| i == date || cell.is_empty() || symbol.is_some());
    (all_blank_or_symbols && symbols.iter().any(Option::is_some)).then_some(symbols)
}

/// Groups the columns by symbol. Of two columns with the same field, the one with the plainer label is used (`Close`
/// rather than `Last`).
fn groups_of(meanings: &[Meaning]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let rank_of = |column: usize| meanings[column].as_ref().map_or(usize::MAX, |(_, rank, _)| *rank);
    for (column, meaning) in meanings.iter().enumerate() {
        let Some((field, rank, symbol)) = meaning else { continue };
        if Group::default().slot(*field).is_none() {
            continue;
        }
        let at = groups.iter().position(|group| group.symbol == *symbol).unwrap_or_else(|| {
            groups.push(Group { symbol: symbol.clone(), ..Group::default() });
            groups.len() - 1
        });
        if let Some(slot) = groups[at].slot(*field).filter(|slot| slot.is_none_or(|taken| *rank < rank_of(taken))) {
            *slot = Some(column);
        }
    }
    groups
}
