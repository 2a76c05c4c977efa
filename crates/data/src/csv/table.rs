//! Converts lines below the header to bars, by symbol.

use std::collections::HashMap;

use closecast_domain::{RawBar, Symbol};

use super::{
    bad_rows::{BadRow, BadRows},
    bar::{bar, has_price},
    columns::Group,
    date::DateAndTime,
    label::symbol_of,
    layout::Layout,
    number::is_missing,
    order::DateEvidence,
    record::split,
    row::{Row, Rows},
};
use crate::import::{ImportError, ImportNote, ImportOptions, Notes, RowProblem, SymbolsFound, excerpt, same_symbol};

/// Collects the bars of a file line by line.
pub(super) struct Table<'a> {
    layout: &'a Layout,
    options: &'a ImportOptions,
    pub(super) series: Vec<Rows>,
    /// Evidence on the date order by symbol, including unwanted ones: the order belongs to the file.
    pub(super) dates: Vec<DateEvidence>,
    /// By cell of the symbol column, as written.
    places: HashMap<String, Place>,
    /// By symbol.
    places_by_symbol: HashMap<Symbol, Place>,
    seen: SymbolsFound,
    pub(super) notes: Notes,
    bad: BadRows,
    good: usize,
    bars: usize,
    null_rows: Option<(usize, usize)>,
    second_bars_of_a_day: usize,
    cells: Vec<String>,
}

/// Destination of a symbol's rows.
#[derive(Clone, Copy)]
struct Place {
    /// Index in `series`; `None` for an unwanted symbol.
    series: Option<usize>,
    /// Index in `dates`.
    dates: usize,
}

/// Maximum number of cached cells of the symbol column.
const MAX_SPELLINGS: usize = 20_000;

/// Number of second bars of a day with another time that make a file intraday. One or two are Yahoo's live quote.
const MIN_INTRADAY_BARS: usize = 3;

impl<'a> Table<'a> {
    pub(super) fn new(layout: &'a Layout, options: &'a ImportOptions) -> Self {
        let mut table = Self {
            layout,
            options,
            series: Vec::new(),
            dates: Vec::new(),
            places: HashMap::new(),
            places_by_symbol: HashMap::new(),
            seen: SymbolsFound::default(),
            notes: Notes::default(),
            bad: BadRows::default(),
            good: 0,
            bars: 0,
            null_rows: None,
            second_bars_of_a_day: 0,
            cells: Vec::new(),
        };
        let unknown = layout.columns.unknown_labels();
        if !unknown.is_empty() {
            table.notes.push(ImportNote::ColumnsIgnored { names: unknown });
        }
        if layout.columns.symbol.is_none() {
            for group in &layout.columns.groups {
                table.series.push(Rows { symbol: group.symbol.clone(), rows: Vec::new(), last: None });
                table.dates.push(DateEvidence::default());
                group.symbol.iter().for_each(|symbol| table.seen.insert(symbol));
            }
        }
        table
    }

    /// Reads one line.
    pub(super) fn take(&mut self, line: usize, text: &str) -> Result<(), ImportError> {
        if text.trim().is_empty() {
            return Ok(());
        }
        let mut cells = std::mem::take(&mut self.cells);
        split(text, self.layout.delimiter, &mut cells);
        let result = if cells.iter().map(String::as_str).eq(self.layout.columns.labels()) {
            self.notes.push(ImportNote::HeaderRepeated { line });
            Ok(())
        } else if cells.iter().all(|cell| is_missing(cell)) {
            Ok(())
        } else {
            match self.row(line, &cells) {
                Ok(date) => self.good_row(line, date, &cells),
                Err(problem) => {
                    let limit = self.options.limits.bad_rows_in_a_row;
                    self.bad.take(BadRow { line, problem, text }, self.good, limit, &mut self.notes)
                }
            }
        };
        self.cells = cells;
        result
    }

    /// Returns the date of a row that has all cells and at least one readable price or missing mark.
    fn row(&mut self, line: usize, cells: &[String]) -> Result<(DateAndTime, Option<Place>), RowProblem> {
        let columns = &self.layout.columns;
        if !columns.fit(cells) {
            return Err(RowProblem::CellCount { found: cells.len(), expected: columns.width() });
        }
        let date = DateAndTime::parse(&cells[columns.date]).ok_or(RowProblem::Date)?;
        let readable = |column: usize| self.layout.decimal.parse(&cells[column]).is_ok();
        if !columns.groups.iter().flat_map(Group::prices).any(readable) {
            return Err(RowProblem::Prices);
        }
        let place = match columns.symbol {
            Some(column) => Some(self.place_of(&cells[column]).ok_or(RowProblem::Symbol)?),
            None => None,
        };
        self.note_unreadable_cells(line, cells);
        Ok((date, place))
    }

    /// Returns the destination of the symbol in a cell; `None` if the cell holds no symbol.
    fn place_of(&mut self, cell: &str) -> Option<Place> {
        if let Some(place) = self.places.get(cell) {
            return Some(*place);
        }
        let symbol = symbol_of(cell)?;
        self.seen.insert(&symbol);
        let place = self.places_by_symbol.get(&symbol).copied().unwrap_or_else(|| self.new_place(symbol));
        // A symbol has many spellings: those beyond the limit are parsed each time.
        if self.places.len() < MAX_SPELLINGS {
            self.places.insert(cell.to_owned(), place);
        }
        Some(place)
    }

    fn new_place(&mut self, symbol: Symbol) -> Place {
        let wanted = self.options.symbol.as_ref().is_none_or(|wanted| same_symbol(wanted, &symbol));
        let place = Place { series: wanted.then_some(self.series.len()), dates: self.dates.len() };
        self.dates.push(DateEvidence::default());
        if wanted {
            self.series.push(Rows { symbol: Some(symbol.clone()), rows: Vec::new(), last: None });
        }
        self.places_by_symbol.insert(symbol, place);
        place
    }

    fn note_unreadable_cells(&mut self, line: usize, cells: &[String]) {
        for group in &self.layout.columns.groups {
            for column in group.prices().chain(group.volume) {
                if self.layout.decimal.parse(&cells[column]).is_err() {
                    let (column, text) = (self.layout.columns.shown(column), excerpt(&cells[column]));
                    self.notes.push(ImportNote::CellUnreadable { line, column, text });
                }
            }
        }
    }

    fn good_row(
        &mut self,
        line: usize,
        (date, place): (DateAndTime, Option<Place>),
        cells: &[String],
    ) -> Result<(), ImportError> {
        self.bad.end_run(&mut self.notes);
        self.good += 1;
        let columns = &self.layout.columns;
        let bars: Vec<RawBar> = columns.groups.iter().map(|group| bar(group, self.layout.decimal, cells)).collect();
        let priced = bars.iter().any(has_price);
        if !priced {
            let (count, first_line) = self.null_rows.unwrap_or((0, line));
            self.null_rows = Some((count + 1, first_line));
        }
        for (i, bar) in bars.into_iter().enumerate() {
            let at = if columns.symbol.is_some() { place } else { Some(Place { series: Some(i), dates: i }) };
            // Side by side, a symbol has empty cells on days when only others traded.
            let absent = columns.groups.len() > 1 && priced && !has_price(&bar);
            let Some(at) = at.filter(|_| !absent) else { continue };
            if let Some(dates) = self.dates.get_mut(at.dates) {
                dates.take(line, date.date);
            }
            if let Some(rows) = at.series.and_then(|at| self.series.get_mut(at)) {
                let day = (date.date, date.time);
                let again = rows.last.is_some_and(|last| last.0 == day.0 && last.1 != day.1);
                self.second_bars_of_a_day += usize::from(again);
                rows.last = Some(day);
                rows.rows.push(Row { line, date: date.date, bar });
                self.bars += 1;
            }
        }
        self.options.limits.check_symbols(self.series.len(), self.dates.len())?;
        if self.second_bars_of_a_day >= MIN_INTRADAY_BARS {
            return Err(ImportError::Intraday { line });
        }
        if self.bars > self.options.limits.rows {
            return Err(ImportError::TooManyRows { limit: self.options.limits.rows });
        }
        Ok(())
    }

    /// Finishes reading; fails if there are no bars.
    pub(super) fn end(&mut self) -> Result<(), ImportError> {
        self.bad.end_run(&mut self.notes);
        if let Some((count, first_line)) = self.null_rows {
            self.notes.push(ImportNote::NullRows { count, first_line });
        }
        if self.good == 0 {
            return Err(std::mem::take(&mut self.bad).into_error());
        }
        self.keep_wanted()
    }

    /// Keeps the wanted symbol only, under its requested name, and names the series of a file without symbols.
    fn keep_wanted(&mut self) -> Result<(), ImportError> {
        let Some(wanted) = &self.options.symbol else {
            return Ok(());
        };
        let exact = self.series.iter().any(|rows| rows.symbol.as_ref() == Some(wanted));
        self.series.retain(|rows| match &rows.symbol {
            Some(symbol) if exact => symbol == wanted,
            Some(symbol) => same_symbol(wanted, symbol),
            None => !exact,
        });
        if self.series.is_empty() {
            return Err(self.seen.missing(wanted));
        }
        for rows in &mut self.series {
            rows.symbol = Some(wanted.clone());
        }
        Ok(())
    }
}
